import { constants } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdaptiveDisk, flushFolder, plainDisk } from "../../../../src/store/transfer/disk.ts";
import { errnoOf, nodeFileSystem } from "../../../../src/store/file-system.ts";
import { makePipe } from "../../../support/odd-files.ts";
import { makeTempDir, removeTempDir } from "../../../support/transfer-pair.ts";

let dir: string;

beforeEach(async () => {
  dir = await makeTempDir();
});

afterEach(async () => {
  await removeTempDir(dir);
});

const NEW_FILE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;

/** A disk on which each call takes `callMs` on its own clock: the clock is read before and after a call. */
function diskWith(callMs: () => number): { disk: AdaptiveDisk; pass: (ms: number) => void } {
  let nowMs = 0;
  const disk = new AdaptiveDisk(() => {
    nowMs += callMs();
    return nowMs;
  });
  return {
    disk,
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

it("a pipe in the place of a folder that is flushed hangs nothing", async () => {
  const pipe = join(dir, "pipe");
  makePipe(pipe);
  await flushFolder(plainDisk(nodeFileSystem).pick(), pipe);
  await flushFolder(new AdaptiveDisk().pick(), pipe);
});

describe("AdaptiveDisk", () => {
  it("opens, writes, flushes, names and reads without leaving the turn, as the pool does", async () => {
    const disk = new AdaptiveDisk();
    const fs = disk.pick();
    expect(fs).not.toBe(disk.pooled);
    const [part, name] = [join(dir, "part"), join(dir, "name")];
    const handle = await fs.open(part, NEW_FILE, 0o600);
    expect(await handle.writev([Buffer.from("small"), Buffer.from(" file")], 0)).toEqual({ bytesWritten: 10 });
    expect(await handle.write(Buffer.from("F"), 0, 1, 6)).toEqual({ bytesWritten: 1 });
    const into = new Uint8Array(4);
    expect(await handle.read(into, 0, 4, 6)).toEqual({ bytesRead: 4 });
    expect(Buffer.from(into).toString()).toBe("File");
    await handle.sync();
    await handle.close();
    await fs.link(part, name);
    await fs.unlink(part);
    expect(await readFile(name, "utf8")).toBe("small File");
    expect((await fs.lstat(name)).size).toBe(10);
    await fs.rename(name, part);
    expect(errnoOf(await fs.lstat(name).catch((error: unknown) => error))).toBe("ENOENT");
  });

  it("throws nothing: what the system refuses is a rejection", async () => {
    const fs = new AdaptiveDisk().pick();
    const refused = fs.open(join(dir, "not", "there"), constants.O_RDONLY);
    expect(errnoOf(await refused.catch((error: unknown) => error))).toBe("ENOENT");
  });

  it("flushes what is open at the same time together, and tells each its own failure", async () => {
    const fs = new AdaptiveDisk().pick();
    const [a, none, b] = await Promise.all([
      fs.open(join(dir, "a"), NEW_FILE),
      // Nothing that can be flushed.
      fs.open("/dev/null", constants.O_RDWR),
      fs.open(join(dir, "b"), NEW_FILE),
    ]);
    const handles = [a, none, b];
    const ended: number[] = [];
    const flushes = handles.map((handle, at) => handle.sync().finally(() => ended.push(at)));
    const outcomes = await Promise.allSettled(flushes);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(ended).toHaveLength(3);
    await Promise.all(handles.map((handle) => handle.close()));
  });

  it("takes the pool after a slow call, for twenty times as long as the call took", async () => {
    let callMs = 0;
    const { disk, pass } = diskWith(() => callMs);
    await disk.pick().lstat(dir);
    expect(disk.pick()).not.toBe(disk.pooled);
    callMs = 10;
    await disk.pick().lstat(dir);
    callMs = 0;
    expect(disk.pick()).toBe(disk.pooled);
    pass(190);
    expect(disk.pick()).toBe(disk.pooled);
    pass(11);
    expect(disk.pick()).not.toBe(disk.pooled);
  });
});

describe("plainDisk", () => {
  it("is one file system for everything", () => {
    const disk = plainDisk(nodeFileSystem);
    expect(disk.pick()).toBe(disk.pooled);
  });
});
