import { spawnSync } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { P2pError } from "../../../../src/lib/errors/p2p-error.ts";
import { FolderLock } from "../../../../src/store/exchange/folder-lock.ts";
import { makeTempFolder } from "./temp-folder.ts";

const LOCK = ".p2p-lock";

/** The pid of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ["-e", "0"]).pid;
}

interface Claim {
  pid: number;
  host: string;
  command: string;
  birth: string;
  nonce: string;
}

function claim(changes: Partial<Claim>): string {
  return JSON.stringify({
    pid: 1,
    host: hostname(),
    command: "offer",
    birth: "",
    nonce: "00112233aabbccdd",
    ...changes,
  });
}

/** What `acquire` throws. */
async function refusal(dir: string): Promise<P2pError> {
  const error: unknown = await FolderLock.acquire(dir, "answer").then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof P2pError)) throw new Error("was locked");
  return error;
}

describe("a folder lock", () => {
  test("names pid, host and command, and goes on release", async () => {
    const dir = await makeTempFolder();
    const lock = await FolderLock.acquire(dir, "offer");
    expect(JSON.parse(await readFile(join(dir, LOCK), "utf8"))).toMatchObject({
      pid: process.pid,
      host: hostname(),
      command: "offer",
    });
    expect(await readdir(dir)).toEqual([LOCK]);
    await lock.release();
    await lock.release();
    expect(await readdir(dir)).toEqual([]);
  });

  test("keeps others out, and says who and what to do", async () => {
    const dir = await makeTempFolder();
    const lock = await FolderLock.acquire(dir, "offer");
    const error = await refusal(dir);
    expect(error.code).toBe("FOLDER_IN_USE");
    expect(error.exit).toBe(8);
    expect(error.message).toBe(`p2p offer (pid ${process.pid}) is already working in ${dir}`);
    expect(error.hint).toContain("two people need two folders");
    await lock.release();
    await (await FolderLock.acquire(dir, "answer")).release();
  });

  test("does not remove the lock of a successor", async () => {
    const dir = await makeTempFolder();
    const lock = await FolderLock.acquire(dir, "offer");
    await writeFile(join(dir, LOCK), claim({}));
    await lock.release();
    expect(await readdir(dir)).toEqual([LOCK]);
  });

  test.each<[string, () => string]>([
    ["of a process that was killed", () => claim({ pid: deadPid() })],
    ["of an earlier process with a pid of today", () => claim({ pid: process.pid, birth: "another-boot 42" })],
    ["that is empty", () => ""],
    ["that is no claim", () => "[1]"],
    ["with a pid that means many processes", () => claim({ pid: -1 })],
  ])("%s is replaced", async (_name, content) => {
    const dir = await makeTempFolder();
    await writeFile(join(dir, LOCK), content());
    const lock = await FolderLock.acquire(dir, "answer");
    expect(JSON.parse(await readFile(join(dir, LOCK), "utf8"))).toMatchObject({ pid: process.pid, command: "answer" });
    expect(await readdir(dir)).toEqual([LOCK]);
    await lock.release();
  });

  test("that is stale is replaced also after a killed attempt to replace it", async () => {
    const dir = await makeTempFolder();
    await writeFile(join(dir, LOCK), claim({ pid: deadPid() }));
    await writeFile(join(dir, `${LOCK}.00112233aabbccdd`), claim({ pid: deadPid(), nonce: "ffeeddccbbaa0011" }));
    const lock = await FolderLock.acquire(dir, "answer");
    expect(await readdir(dir)).toEqual([LOCK]);
    await lock.release();
  });

  test("of another machine is believed, and the hint names the file to delete", async () => {
    const dir = await makeTempFolder();
    await writeFile(join(dir, LOCK), claim({ pid: deadPid(), host: "elsewhere.example" }));
    const error = await refusal(dir);
    expect(error.message).toContain("on elsewhere.example) is already working in");
    expect(error.hint).toContain(`delete ${join(dir, LOCK)}`);
  });

  test("goes to exactly one of many who come at once, free or stale", async () => {
    for (const isStale of [false, true]) {
      const dir = await makeTempFolder();
      if (isStale) await writeFile(join(dir, LOCK), claim({ pid: deadPid() }));
      const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => FolderLock.acquire(dir, "offer")));
      const codes = outcomes.map((outcome) =>
        outcome.status === "fulfilled" ? "locked" : (outcome.reason as P2pError).code,
      );
      expect(codes.filter((code) => code === "locked")).toHaveLength(1);
      expect(codes.filter((code) => code === "FOLDER_IN_USE")).toHaveLength(11);
      expect(await readdir(dir)).toEqual([LOCK]);
    }
  });

  test("needs the folder", async () => {
    const dir = join(await makeTempFolder(), "no");
    const error = await refusal(dir);
    expect(error.code).toBe("FOLDER_UNUSABLE");
    expect(error.message).toBe(`cannot use the folder ${dir}: ENOENT: no such file or directory`);
    expect(error.hint).toBe("make it, or name another one with --dir");
  });

  test.runIf(process.platform === "linux")(
    "says of a folder that is there, and takes no files, that it is so",
    async () => {
      const error = await refusal("/proc");
      expect(error.message).toMatch(/^cannot use the folder \/proc: no file can be made in it \(E/);
      expect(error.hint).toBe("name another one with --dir");
    },
  );
});
