import { chmod, lstat, mkdir, readdir, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { mtimeUs, nodeFileSystem } from "../../../../src/store/file-system.ts";
import { plainDisk } from "../../../../src/store/transfer/disk.ts";
import { FileSink } from "../../../../src/store/transfer/file-sink.ts";
import { UnfinishedFolders } from "../../../../src/store/transfer/unfinished-folders.ts";
import type { Entry } from "../../../../src/transfer/frames.ts";
import { entryOf, folderOf, received, sha256 } from "../../../support/engine-pair.ts";
import { makeTempDir, removeTempDir, turnsUntil } from "../../../support/transfer-pair.ts";

const MARK = ".p2p-unfinished";
const DAY_MS = 24 * 3_600_000;
const US = 1_000_000_000_000_000;
const content = Buffer.from("1");

let out: string;

beforeEach(async () => {
  out = await makeTempDir();
});

afterEach(async () => {
  await removeTempDir(out);
});

const ENTRIES: readonly Entry[] = [
  { ...folderOf("d"), mode: 0o755, mtimeUs: US },
  { ...folderOf("d/empty"), mode: 0o700, mtimeUs: -US },
  { ...folderOf("d/in"), mode: 0o555, mtimeUs: US },
  entryOf("d/in/f", 1),
  entryOf("d/in/g", 1),
];

/** Receives `d/in/f`, and no more. */
async function begin(): Promise<FileSink> {
  let isStored = false;
  const sink = new FileSink({
    outputDir: out,
    conflict: "rename",
    rules: "posix",
    manifest: received(ENTRIES),
    fileSystem: { ...nodeFileSystem, umask: () => 0 },
    events: {
      onWritten: () => {},
      onStored: () => {
        isStored = true;
      },
      onLost: () => {},
    },
  });
  await sink.prepare();
  sink.write(3, content, 0);
  sink.store(3, sha256(content));
  await turnsUntil(() => isStored);
  return sink;
}

const attributesOf = async (path: string): Promise<[mode: number, us: number]> => {
  const stats = await lstat(join(out, path));
  return [stats.mode & 0o7777, mtimeUs(stats)];
};

describe("the folders of a transfer that is interrupted", () => {
  test.each(["the process is killed", "the transfer is broken off"])("get theirs the next time: %s", async (how) => {
    const first = await begin();
    if (how !== "the process is killed") await first.abort("keep");
    expect(await readdir(join(out, "d/in"))).toEqual(["f"]);
    expect((await readdir(join(out, "d"))).toSorted()).toEqual([MARK, "in"]);
    expect((await attributesOf("d"))[0]).toBe(0o755);
    const second = await begin();
    expect(await second.finish()).toEqual([]);
    expect(await attributesOf("d")).toEqual([0o755, US]);
    expect(await attributesOf("d/empty")).toEqual([0o700, -US]);
    expect(await attributesOf("d/in")).toEqual([0o555, US]);
    expect((await readdir(join(out, "d"))).toSorted()).toEqual(["empty", "in"]);
  });

  test("keep no mark when nobody wants the rest", async () => {
    const sink = await begin();
    await sink.abort("remove");
    expect(await readdir(join(out, "d"))).toEqual(["in"]);
  });

  test("are those that were new: one that was there keeps its own, and has no mark", async () => {
    await mkdir(join(out, "d"));
    await chmod(join(out, "d"), 0o1750);
    await utimes(join(out, "d"), 5, 5);
    await (await begin()).abort("keep");
    expect(await readdir(join(out, "d"))).toEqual(["in"]);
    await utimes(join(out, "d"), 5, 5);
    await (await begin()).finish();
    expect((await attributesOf("d"))[0]).toBe(0o1750);
    expect(await attributesOf("d/in")).toEqual([0o555, US]);
    expect(await readdir(join(out, "d/in"))).not.toContain(MARK);
  });
});

describe("a mark", () => {
  const marks = (nowMs: number): UnfinishedFolders => new UnfinishedFolders(plainDisk(nodeFileSystem), () => nowMs);

  test("counts for a month, whatever the clock did", async () => {
    await marks(0).mark(out);
    const made = (await lstat(join(out, MARK))).mtimeMs;
    const days = [-40, -1, 0, 29, 31];
    const counts = await Promise.all(days.map((day) => marks(made + day * DAY_MS).isMarked(out)));
    expect(counts).toEqual([false, true, true, true, false]);
  });

  test("is a file: a link or a folder of its name is none", async () => {
    await writeFile(join(out, "other"), "");
    await symlink("other", join(out, MARK));
    expect(await marks(Date.now()).isMarked(out)).toBe(false);
    await mkdir(join(out, "d", MARK), { recursive: true });
    expect(await marks(Date.now()).isMarked(join(out, "d"))).toBe(false);
  });

  test("goes with the last part in its folder that is discarded", async () => {
    const inner = join(out, "d/in");
    await mkdir(inner, { recursive: true });
    await marks(0).mark(join(out, "d"));
    await marks(0).unmarkAbove(inner, [join(out, "d/other"), join(out, "elsewhere")]);
    expect((await readdir(join(out, "d"))).toSorted()).toEqual([MARK, "in"]);
    await marks(Date.now()).unmarkAbove(inner, [join(out, "elsewhere")]);
    expect(await readdir(join(out, "d"))).toEqual(["in"]);
  });
});
