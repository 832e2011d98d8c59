// A lock file: who holds it, when its holder counts as gone, and that nobody removes another's.
import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { hostname, uptime } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { type Claim, FileLock } from "../../../src/store/file-lock.ts";
import { OddFileError } from "../../../src/store/regular-file.ts";
import { systemError } from "../../support/fake-disk.ts";
import { makeTempFolder } from "./exchange/temp-folder.ts";

const NONCE = "00112233aabbccdd";
const OURS = { pid: process.pid, host: hostname(), command: "offer", birth: "", nonce: NONCE };

/** The pid of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ["-e", "0"]).pid;
}

async function pathOf(content?: Partial<Claim> | string): Promise<string> {
  const path = join(await makeTempFolder(), "lock");
  if (typeof content === "string") await writeFile(path, content);
  else if (content !== undefined) await writeFile(path, JSON.stringify({ ...OURS, ...content }));
  return path;
}

async function take(path: string): Promise<FileLock> {
  const lock = await FileLock.acquire(path, "answer");
  if (!(lock instanceof FileLock)) throw new Error("is held");
  return lock;
}

describe("a lock", () => {
  test("is held until it is released, and says by whom", async () => {
    const path = await pathOf();
    expect(await FileLock.holder(path)).toBeUndefined();
    const lock = await take(path);
    const holder = await FileLock.holder(path);
    expect(holder).toMatchObject({ pid: process.pid, host: hostname(), command: "answer" });
    expect(await FileLock.acquire(path, "offer")).toEqual(holder);
    await lock.release();
    expect([await FileLock.holder(path), await readdir(join(path, ".."))]).toEqual([undefined, []]);
    await (await take(path)).release();
  });

  test("that somebody else has taken since is not removed by its release", async () => {
    const path = await pathOf();
    const lock = await take(path);
    const other = JSON.stringify({ pid: process.pid, host: hostname(), command: "x", birth: "", nonce: NONCE });
    await writeFile(path, other);
    await lock.release();
    expect(await readFile(path, "utf8")).toBe(other);
  });

  test.each<[string, Partial<Claim>]>([
    ["of another machine", { host: "elsewhere", pid: 4_000_000 }],
    ["of a process that runs, where the system tells no birth", { birth: "", pid: process.ppid }],
  ])("%s counts as held", async (_what, claim) => {
    const path = await pathOf(claim);
    expect(await FileLock.acquire(path, "answer")).toMatchObject(claim);
    expect(await FileLock.holder(path)).toMatchObject({ nonce: NONCE });
    expect(await readdir(join(path, ".."))).toEqual(["lock"]);
  });

  test.each<[string, Partial<Claim> | string]>([
    ["of a process with the same number, born at another time", { birth: "some boot 1" }],
    ["without a process", { pid: 0 }],
    ["of half a process", { pid: 1.5 }],
    ["without a nonce of ours", { nonce: "x" }],
    ["with a longer nonce", { nonce: `${NONCE}0` }],
    ["whose nonce is a number", JSON.stringify({ ...OURS, nonce: 1_234_567_890_123_456 })],
    ["that is empty", ""],
    ["that is cut off", '{"pid":'],
    ["that is nothing", "null"],
    ["of a pid in words", '{"pid":"1","host":"h","command":"","birth":"","nonce":"00112233aabbccdd"}'],
    ["without a command", '{"pid":1,"host":"h","birth":"","nonce":"00112233aabbccdd"}'],
    ["without a host", '{"pid":1,"command":"","birth":"","nonce":"00112233aabbccdd"}'],
    ["without a birth", '{"pid":1,"host":"h","command":"","nonce":"00112233aabbccdd"}'],
  ])("%s is replaced", async (_what, content) => {
    const path = await pathOf(content);
    expect(await FileLock.holder(path)).toBeUndefined();
    const lock = await take(path);
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ pid: process.pid, command: "answer" });
    expect(await readdir(join(path, ".."))).toEqual(["lock"]);
    await lock.release();
  });

  test("of a killed process is replaced, and so is what it left of a replacement", async () => {
    const pid = deadPid();
    const path = await pathOf({ pid });
    const left = { pid, host: hostname(), command: "offer", birth: "", nonce: "ffeeddccbbaa9988" };
    await writeFile(`${path}.${NONCE}`, JSON.stringify(left));
    const lock = await take(path);
    expect(await readdir(join(path, ".."))).toEqual(["lock"]);
    await lock.release();
  });

  test("that another process is replacing is that process's", async () => {
    const path = await pathOf({ pid: deadPid() });
    const replacing = { ...OURS, pid: process.ppid, nonce: "ffeeddccbbaa9988" };
    await writeFile(`${path}.${NONCE}`, JSON.stringify(replacing));
    expect(await FileLock.acquire(path, "answer")).toEqual(replacing);
    expect((await readdir(join(path, ".."))).sort()).toEqual(["lock", `lock.${NONCE}`]);
  });

  test("goes to one of many who find it left behind", async () => {
    const path = await pathOf({ pid: deadPid() });
    const taken = await Promise.all(Array.from({ length: 8 }, () => FileLock.acquire(path, "answer")));
    expect(taken.filter((one) => one instanceof FileLock)).toHaveLength(1);
    expect(await readdir(join(path, ".."))).toEqual(["lock"]);
  });
});

test("the first process of a machine may hold a lock, and one of another user too", async () => {
  const path = await pathOf({ pid: 1 });
  expect(await FileLock.acquire(path, "answer")).toMatchObject({ pid: 1, nonce: NONCE });
  const kill = vi.spyOn(process, "kill").mockImplementation(() => {
    throw systemError("EPERM");
  });
  expect(await FileLock.acquire(path, "answer")).toMatchObject({ pid: 1, nonce: NONCE });
  kill.mockImplementation(() => {
    throw systemError("ESRCH");
  });
  expect(await FileLock.acquire(path, "answer")).toBeInstanceOf(FileLock);
});

test.runIf(process.platform === "linux")("a process is known by the boot of its machine and its start", async () => {
  const path = await pathOf();
  await take(path);
  const { birth } = (await FileLock.holder(path)) ?? { birth: "" };
  expect(birth).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12} \d+$/);
  // In hundredths of a second since the boot, as the clocks of processes are shown on all machines.
  const startedAfterSeconds = Number(birth.split(" ")[1]) / 100;
  expect(Math.abs(startedAfterSeconds - (uptime() - process.uptime()))).toBeLessThan(60);
});

test("what this program would not have made is not taken for a lock, and not removed", async () => {
  const folder = await makeTempFolder();
  const [dir, link, large] = ["dir", "link", "large"].map((name) => join(folder, name)) as [string, string, string];
  await mkdir(dir);
  await symlink("nowhere", link);
  await writeFile(large, "x".repeat(4_097));
  for (const path of [dir, link, large]) {
    await expect(FileLock.acquire(path, "answer")).rejects.toThrow(OddFileError);
    expect(await FileLock.holder(path)).toBeUndefined();
  }
  expect((await readdir(folder)).sort()).toEqual(["dir", "large", "link"]);
});
