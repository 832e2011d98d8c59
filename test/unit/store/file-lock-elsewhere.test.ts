// Lock files on disks without hard links, and on systems without /proc.
import type * as fs from "node:fs/promises";
import { readdir, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { FileLock } from "../../../src/store/file-lock.ts";
import { systemError } from "../../support/fake-disk.ts";
import { makeTempFolder } from "./exchange/temp-folder.ts";

vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof fs>();
  return {
    ...real,
    link: () => Promise.reject(systemError("EPERM")),
    readFile: (path: string, encoding: "utf8") =>
      path.startsWith("/proc/") ? Promise.reject(systemError("ENOENT")) : real.readFile(path, encoding),
  };
});

test("a lock is held by one at a time, and its process is known by its number alone", async () => {
  const dir = await makeTempFolder();
  const path = join(dir, "lock");
  const lock = await FileLock.acquire(path, "offer");
  if (!(lock instanceof FileLock)) throw new Error("is held");
  expect(await readdir(dir)).toEqual(["lock"]);
  expect(await FileLock.acquire(path, "answer")).toMatchObject({ pid: process.pid, birth: "", command: "offer" });
  await lock.release();
  expect(await readdir(dir)).toEqual([]);
});

test("of many who want it at once one gets it", async () => {
  const path = join(await makeTempFolder(), "lock");
  const taken = await Promise.all(Array.from({ length: 5 }, () => FileLock.acquire(path, "offer").catch(() => "late")));
  expect(taken.filter((one) => one instanceof FileLock)).toHaveLength(1);
});

test("a folder that is not there is told", async () => {
  const path = join(await makeTempFolder(), "gone", "lock");
  await expect(FileLock.acquire(path, "offer")).rejects.toMatchObject({ code: "ENOENT" });
});

describe("a lock where the system tells no birth of a process", () => {
  const CLAIM = {
    pid: process.ppid,
    host: hostname(),
    command: "offer",
    birth: "",
    nonce: "00112233aabbccdd",
    beats: true,
  };

  afterEach(() => {
    vi.useRealTimers();
  });

  async function left(claim: object, touchedSecondsAgo = 0): Promise<string> {
    const path = join(await makeTempFolder(), "lock");
    await writeFile(path, JSON.stringify(claim));
    const touched = Date.now() / 1_000 - touchedSecondsAgo;
    await utimes(path, touched, touched);
    return path;
  }

  /** Lets time pass, second by second, until the promise settles. */
  async function inTime<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = promise.finally(() => {
      isSettled = true;
    });
    while (!isSettled) {
      await turn();
      vi.advanceTimersByTime(1_000);
    }
    return await settled;
  }

  test("is touched as long as it is held", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const path = join(await makeTempFolder(), "lock");
    const lock = await FileLock.acquire(path, "offer");
    if (!(lock instanceof FileLock)) throw new Error("is held");
    await utimes(path, 1, 1);
    vi.advanceTimersByTime(5_000);
    await vi.waitUntil(async () => (await stat(path)).mtimeMs > 1_000, { timeout: 15_000 });
    await lock.release();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("that somebody else has taken is not touched", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const [path, other] = [await left(CLAIM), join(await makeTempFolder(), "other")];
    const locks = [await FileLock.acquire(`${path}.own`, "offer"), await FileLock.acquire(other, "offer")];
    await writeFile(`${path}.own`, JSON.stringify(CLAIM));
    for (const file of [`${path}.own`, other]) await utimes(file, 1, 1);
    vi.advanceTimersByTime(5_000);
    await vi.waitUntil(async () => (await stat(other)).mtimeMs > 1_000, { timeout: 15_000 });
    expect((await stat(`${path}.own`)).mtimeMs).toBe(1_000);
    for (const lock of locks) if (lock instanceof FileLock) await lock.release();
  });

  test("is replaced when it has our number and is none of ours", async () => {
    const path = await left({ ...CLAIM, pid: process.pid });
    const lock = await FileLock.acquire(path, "answer");
    expect(lock).toBeInstanceOf(FileLock);
    if (lock instanceof FileLock) await lock.release();
  });

  test("is replaced when its number runs but nobody touches it", async () => {
    const path = await left(CLAIM, 61);
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const lock = await inTime(FileLock.acquire(path, "answer"));
    expect(lock).toBeInstanceOf(FileLock);
    if (lock instanceof FileLock) await lock.release();
  });

  test("is held when it was touched, or is again once the computer is awake", async () => {
    expect(await FileLock.acquire(await left(CLAIM, 20), "answer")).toEqual(CLAIM);
    const path = await left(CLAIM, 3_600);
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const taken = FileLock.acquire(path, "answer");
    await vi.waitUntil(() => vi.getTimerCount() > 0, { timeout: 15_000 });
    await utimes(path, new Date(), new Date());
    expect(await inTime(taken)).toEqual(CLAIM);
  });

  test("of a program that does not touch it is held as long as its number runs", async () => {
    const { beats: _, ...silent } = CLAIM;
    expect(await FileLock.acquire(await left(silent, 3_600), "answer")).toEqual(silent);
  });
});
