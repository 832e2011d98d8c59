// Modes and times of what is received, on disks that keep them and on disks that do not.
import { chmod, lstat, mkdir, readFile, rename, stat, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FileSystem, mtimeUs, nodeFileSystem } from "../../../../src/store/file-system.ts";
import type { LostAttribute } from "../../../../src/transfer/storing.ts";
import { FOLDER_FLAGS, NO_FOLLOW } from "../../../../src/store/open-flags.ts";
import { FileSink } from "../../../../src/store/transfer/file-sink.ts";
import type { Entry } from "../../../../src/transfer/frames.ts";
import { entryOf, folderOf, received, sha256, symlinkOf } from "../../../support/engine-pair.ts";
import { systemError } from "../../../support/fake-disk.ts";
import { makeTempDir, removeTempDir, turnsUntil } from "../../../support/transfer-pair.ts";

/** A folder is opened so to have its mode and its time set; flushing follows links, which do no harm there. */
const SETTING_FLAGS = FOLDER_FLAGS | NO_FOLLOW;
const YEAR_1960_US = -315_619_199_999_999;

let out: string;

beforeEach(async () => {
  out = await makeTempDir();
});

afterEach(async () => {
  await removeTempDir(out);
});

/** Receives these entries, each file with its content. @returns what was told, and the errors */
async function receive(
  entries: readonly Entry[],
  contents: Record<string, Uint8Array>,
  disk: Partial<FileSystem> = {},
): Promise<{ lost: LostAttribute[]; errors: string[] }> {
  const lost: LostAttribute[] = [];
  const errors: string[] = [];
  let stored = 0;
  const sink = new FileSink({
    outputDir: out,
    conflict: "rename",
    rules: "posix",
    manifest: received(entries),
    fileSystem: { ...nodeFileSystem, umask: () => 0o022, ...disk },
    events: {
      onWritten: () => {},
      onStored: (_, result) => {
        stored += 1;
        if (!result.ok) errors.push(result.error.code);
      },
      onLost: (one) => lost.push(one),
    },
  });
  await sink.prepare();
  for (const [index, { path }] of entries.entries()) {
    const content = contents[path];
    if (content === undefined) continue;
    for (let at = 0; at < content.length; at += 65_536) sink.write(index, content.subarray(at, at + 65_536), at);
    sink.store(index, sha256(content));
  }
  await turnsUntil(() => stored === Object.keys(contents).length);
  errors.push(...(await sink.finish()).map(({ failure }) => failure.error.code));
  return { lost, errors };
}

const found = async (path: string): Promise<{ mode: number; us: number }> => {
  const stats = await lstat(join(out, path));
  return { mode: stats.mode & 0o7777, us: mtimeUs(stats) };
};

const one = Buffer.from("1");

describe("the mode", () => {
  it("is the sender's under the umask of the receiver", async () => {
    const entries = [
      { ...folderOf("d"), mode: 0o777 },
      { ...entryOf("d/f", 1), mode: 0o777 },
    ];
    await receive(entries, { "d/f": one }, { umask: () => 0o077 });
    expect([(await found("d")).mode, (await found("d/f")).mode]).toEqual([0o700, 0o700]);
  });

  it("of a sender that has none is that of anything new here", async () => {
    const entries = [
      { ...folderOf("d"), mode: undefined },
      { ...entryOf("d/f", 1), mode: undefined },
    ];
    await receive(entries, { "d/f": one }, { umask: () => 0o027 });
    expect([(await found("d")).mode, (await found("d/f")).mode]).toEqual([0o750, 0o640]);
  });

  it("that a folder has while it is filled is told from that of another's folder", async () => {
    await mkdir(join(out, "d"));
    await chmod(join(out, "d"), 0o1777);
    await receive([{ ...folderOf("d"), mode: 0o777 }], {});
    expect((await found("d")).mode).toBe(0o1777);
  });
});

describe("the time", () => {
  it.each([
    ["before 1970", YEAR_1960_US],
    ["a microsecond before 1970", -1],
    ["1970", 0],
    ["with microseconds", 1_234_567_890_123_456],
  ])("%s is kept for files, folders and links", async (_, us) => {
    const at = { mtimeUs: us };
    const entries = [
      { ...folderOf("d"), ...at },
      { ...entryOf("d/f", 1), ...at },
      { ...symlinkOf("d/l", "f"), ...at },
    ];
    expect(await receive(entries, { "d/f": one })).toEqual({ lost: [], errors: [] });
    for (const path of ["d", "d/f", "d/l"]) expect((await found(path)).us).toBe(us);
  });

  it.each([
    ["that ends in zeros", [new Uint8Array(100_000).fill(1), new Uint8Array(200_000)]],
    ["of zeros only", [new Uint8Array(300_000)]],
    ["with a hole in the middle", [new Uint8Array(70_000).fill(1), new Uint8Array(200_000), one]],
  ])("of a file %s is set after its last byte is there", async (_, pieces) => {
    const content = Buffer.concat(pieces);
    await receive([{ ...entryOf("f", content.length), mtimeUs: YEAR_1960_US }], { f: content });
    expect((await found("f")).us).toBe(YEAR_1960_US);
    expect((await readFile(join(out, "f"))).equals(content)).toBe(true);
  });

  it("that the disk moves is told once, and costs nothing", async () => {
    const late = { mtimeUs: 32_503_680_000_000_000 };
    const entries = [
      { ...entryOf("a", 1), ...late },
      { ...entryOf("b", 1), ...late },
    ];
    const fstatSync: FileSystem["fstatSync"] = (fd) =>
      Object.assign(nodeFileSystem.fstatSync(fd), { mtimeMs: 15_032_385_535_000 });
    const { lost, errors } = await receive(entries, { a: one, b: one }, { fstatSync });
    expect(errors).toEqual([]);
    // Either may be finished first.
    expect(lost).toEqual([{ what: "time", path: expect.stringMatching(/^[ab]$/) as string }]);
  });

  it("that the disk rounds to 2 s is kept well enough", async () => {
    const fstatSync: FileSystem["fstatSync"] = (fd) => Object.assign(nodeFileSystem.fstatSync(fd), { mtimeMs: 2_000 });
    expect(await receive([{ ...entryOf("a", 1), mtimeUs: 3_999_999 }], { a: one }, { fstatSync })).toEqual({
      lost: [],
      errors: [],
    });
  });
});

it("a disk that refuses modes and times keeps all that is received, and says so once for each", async () => {
  const refuse = (): never => {
    throw systemError("EPERM");
  };
  const entries = [folderOf("d"), entryOf("d/a", 1), entryOf("d/b", 1), symlinkOf("d/l", "a")].map((entry) => ({
    ...entry,
    mode: 0o705,
  }));
  const { lost, errors } = await receive(
    entries,
    { "d/a": one, "d/b": one },
    {
      fchmodSync: refuse,
      futimesSync: refuse,
      chmod: async () => refuse(),
      utimes: async () => refuse(),
      lutimes: async () => refuse(),
    },
  );
  expect(errors).toEqual([]);
  // Either file may be finished first.
  const first = lost[0]?.path;
  expect(["d/a", "d/b"]).toContain(first);
  expect(lost).toEqual([
    { what: "mode", path: first },
    { what: "time", path: first },
  ]);
  expect(await readFile(join(out, "d/l"), "utf8")).toBe("1");
  expect((await stat(join(out, "d/b"))).size).toBe(1);
  expect((await found("d")).mode & 0o7000).toBe(0);
});

it("a folder that somebody swaps for a link, just before its mode and time are set, changes nothing elsewhere", async () => {
  const elsewhere = await makeTempDir();
  await chmod(elsewhere, 0o700);
  await utimes(elsewhere, 5, 5);
  let swaps = 0;
  const swap = async (path: string): Promise<void> => {
    if (path !== join(out, "d") || swaps > 0) return;
    swaps += 1;
    await rename(path, `${path}.away`);
    await symlink(elsewhere, path);
  };
  const entries = [{ ...folderOf("d"), mode: 0o777 }, entryOf("d/f", 1)];
  const { errors } = await receive(
    entries,
    { "d/f": one },
    {
      open: async (path, flags, mode) => {
        if (flags === SETTING_FLAGS) await swap(path);
        return await nodeFileSystem.open(path, flags, mode);
      },
      utimes: async (path, atime, mtime) => {
        await swap(path);
        await nodeFileSystem.utimes(path, atime, mtime);
      },
    },
  );
  expect([swaps, errors]).toEqual([1, ["LINK_OUTSIDE"]]);
  const { mode, mtimeMs } = await stat(elsewhere);
  expect([mode & 0o777, mtimeMs]).toEqual([0o700, 5_000]);
  await removeTempDir(elsewhere);
});
