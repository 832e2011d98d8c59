// An offer that is lawful and odd, or is taken back: what it makes the sink do is bounded.
import { lstat, mkdir, readdir, rename, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileSink, type FileSinkOptions } from "../../../../src/store/transfer/file-sink.ts";
import { type FileSystem, mtimeUs, nodeFileSystem } from "../../../../src/store/file-system.ts";
import type { Entry } from "../../../../src/transfer/frames.ts";
import { entryOf, folderOf, received, sha256 } from "../../../support/engine-pair.ts";
import { makeTempDir, removeTempDir, turnsUntil } from "../../../support/transfer-pair.ts";

let dir: string;
let out: string;

beforeEach(async () => {
  dir = await makeTempDir();
  out = join(dir, "out");
});

afterEach(async () => {
  await removeTempDir(dir);
});

const CONTENT = Buffer.from("x");

function sinkOf(entries: readonly Entry[], options: Partial<FileSinkOptions> = {}): FileSink {
  return new FileSink({
    outputDir: out,
    conflict: "rename",
    rules: "posix",
    manifest: received(entries),
    events: { onWritten: () => {}, onStored: () => {}, onLost: () => {} },
    ...options,
  });
}

/** Receives files of one byte, one after the other. @returns their paths below the output folder, or the errors' codes */
async function receive(entries: readonly Entry[], options: Partial<FileSinkOptions> = {}): Promise<string[]> {
  const given: string[] = [];
  const sink = sinkOf(entries, {
    ...options,
    events: {
      onWritten: () => {},
      onStored: (_, stored) => given.push(stored.ok ? stored.path.slice(out.length + 1) : stored.error.code),
      onLost: () => {},
    },
  });
  await sink.prepare();
  let begun = 0;
  for (const [index, { type }] of entries.entries()) {
    if (type !== "file") continue;
    sink.write(index, CONTENT, 0);
    sink.store(index, sha256(CONTENT));
    begun += 1;
    await turnsUntil(() => given.length === begun);
  }
  expect(await sink.finish()).toEqual([]);
  return given;
}

describe("looking at the disk before consent", () => {
  /** Counts what is looked up and looked into; `before` is called first. */
  function counting(before: (path: string) => void = () => {}): { fileSystem: FileSystem; calls: string[] } {
    const calls: string[] = [];
    const lstat = ((path: string) => {
      calls.push(path);
      before(path);
      return nodeFileSystem.lstat(path);
    }) as FileSystem["lstat"];
    const readdirCounted = (path: string): Promise<string[]> => {
      calls.push(path);
      return nodeFileSystem.readdir(path);
    };
    return { fileSystem: { ...nodeFileSystem, lstat, readdir: readdirCounted }, calls };
  }

  it("follows what is on the disk, not what the offer names", async () => {
    await mkdir(join(out, "here", "x"), { recursive: true });
    const { fileSystem, calls } = counting();
    const deep = Array.from({ length: 50 }, (_, at) => entryOf(`not-here${"/d".repeat(200)}/${at}/f`, 1));
    const entries = [...deep, entryOf("here/x/f", 1), entryOf("here/y/z/f", 1)];
    const sink = sinkOf(entries, { canResume: true, fileSystem });
    expect(await sink.survey()).toEqual([]);
    // The root, `not-here`, `here`, `here/x` twice, `here/y`, and the root itself when it is opened.
    expect(calls.length).toBeLessThan(10);
  });

  it("ends when the offer is taken back", async () => {
    const entries = Array.from({ length: 500 }, (_, at) => entryOf(`${at}/f`, 1));
    const feeder: { sink?: FileSink } = {};
    const { fileSystem, calls } = counting(() => {
      if (calls.length === 10) void feeder.sink?.abort("keep");
    });
    feeder.sink = sinkOf(entries, { canResume: true, fileSystem });
    await mkdir(out);
    await feeder.sink.survey();
    expect(calls.length).toBeGreaterThanOrEqual(10);
    expect(calls.length).toBeLessThan(20);
    expect(await feeder.sink.survey()).toEqual([]);
    expect(calls.length).toBeLessThan(20);
  });
});

describe("what is odd and lawful", () => {
  it("a time before 1970 is kept to the microsecond, of a file, a folder and a link", async () => {
    const old = { mtimeUs: -1_500_000_000_001 };
    const link: Entry = { type: "symlink", path: "d/l", bytes: 0, mode: 0o777, target: "f", ...old };
    await receive([{ ...folderOf("d"), ...old }, { ...entryOf("d/f", 1), ...old }, link]);
    for (const path of ["d", "d/f", "d/l"]) expect(mtimeUs(await lstat(join(out, path)))).toBe(old.mtimeUs);
  });

  it("the latest and the earliest time that can be told harm nothing", async () => {
    const times = [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
    const entries = times.map((time, at) => ({ ...entryOf(`${at}`, 1), mtimeUs: time }));
    expect(await receive(entries)).toEqual(["0", "1"]);
  });

  it("names of 255 bytes at every depth that a path can have arrive", async () => {
    const path = Array.from({ length: 14 }, (_, at) => String(at).padEnd(255, "n")).join("/");
    expect(await receive([entryOf(path, 1)])).toEqual([path]);
  });

  it("a path that is too long below this output folder fails alone", async () => {
    const path = `${"n/".repeat(120)}${Array.from({ length: 15 }, () => "m".repeat(255)).join("/")}`;
    expect(await receive([entryOf(path, 1), entryOf("f", 1)])).toEqual(["WRITE_FAILED", "f"]);
  });

  it("many files that become one name get numbers without trying each of them", async () => {
    let tries = 0;
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      link: async (from, to) => {
        tries += 1;
        await nodeFileSystem.link(from, to);
      },
    };
    const count = 60;
    const odd = (at: number): string => String.fromCodePoint(0x80 + (at % 30), 0x80 + Math.floor(at / 30));
    const names = await receive(
      Array.from({ length: count }, (_, at) => entryOf(`f${odd(at)}`, 1)),
      { fileSystem },
    );
    expect(names.at(-1)).toBe(`f__ (${count - 1})`);
    expect(new Set(names).size).toBe(count);
    expect(tries).toBeLessThan(4 * count);
  });
});

describe("a folder that is a link only while a file is opened in it", () => {
  it("leaves nothing where the link led: the file fails, and the next one arrives", async () => {
    const outside = join(dir, "outside");
    await mkdir(outside);
    let opened = 0;
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      open: async (path, flags, mode) => {
        if (!path.endsWith(".part")) return nodeFileSystem.open(path, flags, mode);
        opened += 1;
        if (opened > 1) return nodeFileSystem.open(path, flags, mode);
        await rename(join(out, "d"), join(out, "aside"));
        await symlink(outside, join(out, "d"));
        const handle = await nodeFileSystem.open(path, flags, mode);
        await unlink(join(out, "d"));
        await rename(join(out, "aside"), join(out, "d"));
        return handle;
      },
    };
    expect(await receive([entryOf("d/f", 1), entryOf("d/g", 1)], { fileSystem })).toEqual(["LINK_OUTSIDE", "d/g"]);
    expect(await readdir(outside)).toEqual([]);
    expect(await readdir(join(out, "d"))).toEqual(["g"]);
  });
});
