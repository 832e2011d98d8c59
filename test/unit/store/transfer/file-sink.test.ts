import { chmod, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileSink, type FileSinkOptions } from "../../../../src/store/transfer/file-sink.ts";
import type { Stored } from "../../../../src/transfer/storing.ts";
import { type FileSystem, mtimeUs, nodeFileSystem } from "../../../../src/store/file-system.ts";
import type { Entry } from "../../../../src/transfer/frames.ts";
import { entryOf, folderOf, received, sha256 } from "../../../support/engine-pair.ts";
import { systemError, withFreeBytes, withHandles, withRoomFor } from "../../../support/fake-disk.ts";
import { makeTempDir, removeTempDir, turnsUntil } from "../../../support/transfer-pair.ts";
import { readTree, writeTree } from "../../../support/trees.ts";

let dir: string;
let out: string;

beforeEach(async () => {
  dir = await makeTempDir();
  out = join(dir, "out");
});

afterEach(async () => {
  await removeTempDir(dir);
});

/** Small files take either way: at once on a quick disk, by the thread pool on a slow one. */
const WAYS: [string, FileSystem | undefined][] = [
  ["at once", undefined],
  ["pooled", nodeFileSystem],
];
let defaultFileSystem: FileSystem | undefined;

/** A sink, what it reported, and helpers to feed it. */
class Feeder {
  readonly sink: FileSink;
  readonly stored = new Map<number, Stored>();
  writtenBytes = 0;
  readonly #offsets = new Map<number, number>();

  constructor(entries: Entry[], options: Partial<FileSinkOptions> = {}) {
    this.sink = new FileSink({
      outputDir: out,
      conflict: "rename",
      rules: "posix",
      manifest: received(entries),
      events: {
        onWritten: (bytes) => {
          this.writtenBytes += bytes;
        },
        onStored: (index, stored) => {
          this.stored.set(index, stored);
        },
        onLost: () => {},
      },
      fileSystem: defaultFileSystem,
      ...options,
    });
  }

  async prepare(): Promise<this> {
    const prepared = await this.sink.prepare();
    if (!prepared.ok) throw prepared.error;
    return this;
  }

  /** The next bytes of a file. */
  write(index: number, bytes: Uint8Array): void {
    const offset = this.#offsets.get(index) ?? 0;
    this.#offsets.set(index, offset + bytes.length);
    this.sink.write(index, bytes, offset);
  }

  /** @returns what became of the file: its path below the output folder, or the error's code */
  async feed(index: number, content: string, hash = sha256(Buffer.from(content))): Promise<string> {
    const bytes = Buffer.from(content);
    if (bytes.length > 0) this.write(index, bytes);
    this.sink.store(index, hash);
    return this.outcome(index);
  }

  async outcome(index: number): Promise<string> {
    await turnsUntil(() => this.stored.has(index));
    const stored = this.stored.get(index);
    if (stored?.ok === true) return stored.path.slice(out.length + 1);
    return stored?.error.code ?? "";
  }
}

function file(path: string, content: string): Entry {
  return entryOf(path, Buffer.byteLength(content));
}

async function feederOf(entries: Entry[], options: Partial<FileSinkOptions> = {}): Promise<Feeder> {
  return new Feeder(entries, options).prepare();
}

describe.each(WAYS)("storing, %s", (_way, pooled) => {
  beforeEach(() => {
    defaultFileSystem = pooled;
  });

  it("writes a hidden part, then gives it name, mode and time", async () => {
    const feeder = await feederOf([{ ...file("d/f", "hello"), mode: 0o600 + 0o44, mtimeUs: 1_500_000_000_000_001 }]);
    feeder.write(0, Buffer.from("hel"));
    await turnsUntil(() => feeder.writtenBytes === 3);
    const hidden = await readdir(join(out, "d"));
    const [part = ""] = hidden.filter((name) => name !== ".p2p-unfinished");
    expect(part).toMatch(/^\.p2p-[0-9a-f]{16}\.part$/);
    expect((await stat(join(out, "d", part))).mode & 0o777).toBe(0o600);
    feeder.write(0, Buffer.from("lo"));
    feeder.sink.store(0, sha256(Buffer.from("hello")));
    expect(await feeder.outcome(0)).toBe("d/f");
    expect((await readdir(join(out, "d"))).toSorted()).toEqual([".p2p-unfinished", "f"]);
    expect(await feeder.sink.finish()).toEqual([]);
    expect(await readdir(join(out, "d"))).toEqual(["f"]);
    const stats = await stat(join(out, "d/f"));
    expect(stats.mode & 0o777).toBe(0o644);
    expect(Math.floor(stats.mtimeMs * 1_000)).toBe(1_500_000_000_000_001);
    expect(feeder.writtenBytes).toBe(5);
  });

  it("flushes a file before it has its name", async () => {
    const order: string[] = [];
    const noting = withHandles((handle) => {
      const sync = handle.sync.bind(handle);
      handle.sync = async () => {
        order.push("flush");
        await sync();
      };
    });
    const fileSystem: FileSystem = {
      ...noting,
      link: async (from, to) => {
        order.push("name");
        await nodeFileSystem.link(from, to);
      },
    };
    // The names above an output folder that has to be made are flushed too.
    await mkdir(out, { recursive: true });
    const feeder = await feederOf([file("f", "x")], { fileSystem });
    await feeder.feed(0, "x");
    expect(order).toEqual(["flush", "name"]);
    await feeder.sink.finish();
    expect(order).toEqual(["flush", "name", "flush"]);
  });

  it("keeps nothing of a file whose hash is another", async () => {
    const feeder = await feederOf([file("f", "good")]);
    expect(await feeder.feed(0, "evil", sha256(Buffer.from("good")))).toBe("HASH_MISMATCH");
    expect(await readdir(out)).toEqual([]);
  });

  it("works on many files at once and never has more than 64 open", async () => {
    let open = 0;
    let peak = 0;
    const fileSystem = withHandles((handle) => {
      open += 1;
      peak = Math.max(peak, open);
      const close = handle.close.bind(handle);
      handle.close = async () => {
        open -= 1;
        await close();
      };
    });
    const entries = Array.from({ length: 100 }, (_, at) => file(`f${at}`, "x"));
    const feeder = await feederOf(entries, { fileSystem });
    const outcomes = await Promise.all(entries.map((_, index) => feeder.feed(index, "x")));
    expect(outcomes).toEqual(entries.map(({ path }) => path));
    expect(peak).toBeGreaterThan(1);
    expect(peak).toBeLessThanOrEqual(64);
  });

  it("goes on where the system writes less than was asked", async () => {
    const fileSystem = withHandles((handle) => {
      const write = handle.write.bind(handle) as (
        b: Uint8Array,
        o: number,
        l: number,
        p: number,
      ) => Promise<{ bytesWritten: number }>;
      handle.writev = (async (buffers: Uint8Array[], position: number) => {
        const { bytesWritten } = await write(buffers[0] ?? new Uint8Array(), 0, 2, position);
        return { bytesWritten, buffers };
      }) as unknown as typeof handle.writev;
    });
    const feeder = await feederOf([file("f", "a longer text")], { fileSystem });
    expect(await feeder.feed(0, "a longer text")).toBe("f");
    expect(await readFile(join(out, "f"), "utf8")).toBe("a longer text");
  });

  it("removes the part of what is dropped or aborted", async () => {
    const feeder = await feederOf([file("dropped", "xx"), file("aborted", "xx")]);
    feeder.write(0, Buffer.from("x"));
    feeder.write(1, Buffer.from("x"));
    await turnsUntil(() => feeder.writtenBytes === 2);
    expect(await readdir(out)).toHaveLength(2);
    feeder.sink.drop(0);
    await feeder.sink.abort("remove");
    expect(await readdir(out)).toEqual([]);
    expect(feeder.stored.size).toBe(0);
  });
});

describe.each(WAYS)("names, %s", (_way, pooled) => {
  beforeEach(() => {
    defaultFileSystem = pooled;
  });

  it("are numbered from the first that is free, to the end of the room for them", async () => {
    await mkdir(out);
    const long = `${"x".repeat(250)}.text`;
    await writeFile(join(out, "f.txt"), "0");
    await writeFile(join(out, "f (1).txt"), "1");
    await writeFile(join(out, long), "0");
    const feeder = await feederOf([file("f.txt", "new"), file(long, "new")]);
    expect(await feeder.feed(0, "new")).toBe("f (2).txt");
    expect(await feeder.feed(1, "new")).toBe(`${"x".repeat(246)} (1).text`);
    expect(await readFile(join(out, "f.txt"), "utf8")).toBe("0");
  });

  it("of one transfer never replace each other, on no file system and under no policy", async () => {
    // Different for the peer, the same here.
    const feeder = await feederOf([file("a\u202ab", "1"), file("a_b", "2")], { conflict: "overwrite" });
    const names = await Promise.all([feeder.feed(0, "1"), feeder.feed(1, "2")]);
    expect(names.toSorted()).toEqual(["a_b", "a_b (1)"]);
    expect(await Promise.all(names.map((name) => readFile(join(out, name), "utf8")))).toEqual(["1", "2"]);
  });

  it("on a disk that folds case do not replace each other either", async () => {
    // Ask for README and it is readme that stands there.
    const folding = (path: unknown) => out + String(path).slice(out.length).toLowerCase();
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      lstat: ((path: string) => nodeFileSystem.lstat(folding(path))) as FileSystem["lstat"],
      link: (from, to) => nodeFileSystem.link(from, folding(to)),
      rename: (from, to) => nodeFileSystem.rename(from, folding(to)),
    };
    const feeder = await feederOf([file("readme", "1"), file("README", "2")], { conflict: "overwrite", fileSystem });
    await feeder.feed(0, "1");
    await feeder.feed(1, "2");
    expect(await readFile(join(out, "readme"), "utf8")).toBe("1");
    expect(await readFile(join(out, "readme (1)"), "utf8")).toBe("2");
  });

  it("are given without hard links where there are none", async () => {
    await mkdir(out);
    await writeFile(join(out, "f"), "old");
    const fileSystem: FileSystem = { ...nodeFileSystem, link: () => Promise.reject(systemError("EPERM")) };
    const feeder = await feederOf([file("f", "new")], { fileSystem });
    expect(await feeder.feed(0, "new")).toBe("f (1)");
    expect((await readdir(out)).toSorted()).toEqual(["f", "f (1)"]);
  });

  it("under overwrite replace a file and a link, never what the link leads to, never a folder", async () => {
    await mkdir(join(out, "folder"), { recursive: true });
    const outside = join(dir, "outside");
    await writeFile(outside, "untouched");
    await writeFile(join(out, "f"), "old");
    await symlink(outside, join(out, "link"));
    const feeder = await feederOf([file("f", "new"), file("link", "new"), file("folder", "new")], {
      conflict: "overwrite",
    });
    expect(await feeder.feed(0, "new")).toBe("f");
    expect(await feeder.feed(1, "new")).toBe("link (1)");
    expect(await feeder.feed(2, "new")).toBe("folder (1)");
    expect(await readFile(outside, "utf8")).toBe("untouched");
  });
});

describe.each(WAYS)("folders, %s", (_way, pooled) => {
  beforeEach(() => {
    defaultFileSystem = pooled;
  });

  it("get modes and times when all is in them; those that were there keep theirs", async () => {
    await mkdir(join(out, "old"), { recursive: true });
    await chmod(join(out, "old"), 0o711);
    const before = await stat(join(out, "old"));
    const feeder = await feederOf([
      { ...folderOf("new"), mode: 0o500, mtimeUs: 2_000_000 },
      { ...folderOf("new/inner"), mode: 0o555, mtimeUs: 1_000_000 },
      file("new/inner/f", "x"),
      { ...folderOf("old"), mode: 0o777, mtimeUs: 0 },
    ]);
    await feeder.feed(2, "x");
    expect(await feeder.sink.finish()).toEqual([]);
    const made = await stat(join(out, "new"));
    expect([made.mode & 0o777, mtimeUs(made)]).toEqual([0o500, 2_000_000]);
    expect(mtimeUs(await stat(join(out, "new/inner")))).toBe(1_000_000);
    expect((await stat(join(out, "old"))).mode).toBe(before.mode);
  });

  it("that are a file here come in under another name, with all that is in them", async () => {
    await mkdir(out);
    await writeFile(join(out, "d"), "a file");
    const feeder = await feederOf([folderOf("d"), file("d/one", "1"), file("d/two", "2")]);
    expect(await Promise.all([feeder.feed(1, "1"), feeder.feed(2, "2")])).toEqual(["d (1)/one", "d (1)/two"]);
  });

  it("that lie behind a link inside are used", async () => {
    await mkdir(join(out, "real"), { recursive: true });
    await symlink("real", join(out, "d"));
    const feeder = await feederOf([file("d/f", "x")]);
    expect(await feeder.feed(0, "x")).toBe("real/f");
  });
});

describe.each(WAYS)("links that lead outside, %s", (_way, pooled) => {
  beforeEach(() => {
    defaultFileSystem = pooled;
  });

  it.each([
    ["a folder", "../victim"],
    ["above", ".."],
    ["nowhere", "../not-there"],
    ["an absolute path", "/tmp"],
  ])("to %s are refused", async (_, target) => {
    await mkdir(out);
    await mkdir(join(dir, "victim"));
    await symlink(target, join(out, "d"));
    const feeder = await feederOf([file("d/f", "x"), folderOf("d/sub")]);
    expect(await feeder.feed(0, "x")).toBe("LINK_OUTSIDE");
    expect((await feeder.sink.finish()).map(({ failure }) => failure.error.code)).toEqual(["LINK_OUTSIDE"]);
    expect(await readTree(join(dir, "victim"))).toEqual({});
    expect((await readdir(dir)).toSorted()).toEqual(["out", "victim"]);
  });

  it("put in a folder's place while files come are refused", async () => {
    await mkdir(join(dir, "victim"));
    const feeder = await feederOf([file("d/one", "1"), file("d/two", "2"), file("d/three", "33")]);
    await feeder.feed(0, "1");
    feeder.write(2, Buffer.from("3"));
    await turnsUntil(() => feeder.writtenBytes === 2);
    await rename(join(out, "d"), join(dir, "moved"));
    await symlink("../victim", join(out, "d"));
    expect(await feeder.feed(1, "2")).toBe("LINK_OUTSIDE");
    feeder.write(2, Buffer.from("3"));
    feeder.sink.store(2, sha256(Buffer.from("33")));
    expect(await feeder.outcome(2)).toBe("LINK_OUTSIDE");
    expect(await readTree(join(dir, "victim"))).toEqual({});
  });

  it("put in the place of a folder above are refused too", async () => {
    await mkdir(join(dir, "victim/inner"), { recursive: true });
    const feeder = await feederOf([file("d/inner/one", "1"), file("d/inner/two", "2")]);
    await feeder.feed(0, "1");
    await rename(join(out, "d"), join(dir, "moved"));
    await symlink("../victim", join(out, "d"));
    expect(await feeder.feed(1, "2")).toBe("LINK_OUTSIDE");
    expect(await readTree(join(dir, "victim"))).toEqual({ inner: "folder" });
  });

  it("under a file's name are not read to compare", async () => {
    await mkdir(out);
    await writeFile(join(dir, "secret"), "x");
    await symlink("../secret", join(out, "f"));
    const sink = new Feeder([file("f", "x")]).sink;
    expect(await sink.prepare()).toEqual({ ok: true, deferred: [], resumable: [] });
  });
});

describe("before the first byte", () => {
  it("a disk without inodes for all files is told before the first byte, and not as a lack of space", async () => {
    const counts = (ffree: number): FileSystem => ({
      ...nodeFileSystem,
      statfs: async () => ({ bavail: 1e9, bsize: 1, files: 100, ffree }),
    });
    const files = [file("f", "x"), file("g", "x"), file("h", "x")];
    const { sink } = new Feeder(files, { fileSystem: counts(2) });
    expect(await sink.prepare()).toMatchObject({
      ok: false,
      reason: "disk-full",
      error: { code: "DISK_FULL", message: `no room for more files in ${out}: the disk has no inodes left` },
    });
    const replacing = new Feeder(files, { fileSystem: counts(2), conflict: "overwrite" });
    expect(await replacing.sink.prepare()).toMatchObject({ ok: true });
  });

  it.each([
    ["ENOSPC", "DISK_FULL", /: the disk has no inodes left$/],
    ["EDQUOT", "DISK_FULL", /: your quota there is used up$/],
    ["EFBIG", "FILE_SIZE_LIMITED", /: it is larger than a file may be here$/],
  ])("%s on writing has its own sentence", async (errno, code, message) => {
    const fileSystem: FileSystem = {
      ...withHandles((handle) => {
        handle.writev = () => Promise.reject(systemError(errno));
      }),
      statfs: async () => ({ bavail: 1e9, bsize: 1, files: 0, ffree: 0 }),
    };
    const feeder = await feederOf([file("f", "x")], { fileSystem });
    fileSystem.statfs = async () => ({ bavail: 1e9, bsize: 1, files: 100, ffree: 0 });
    feeder.sink.write(0, Buffer.from("x"), 0);
    feeder.sink.store(0, sha256(Buffer.from("x")));
    await turnsUntil(() => feeder.stored.size === 1);
    expect(feeder.stored.get(0)).toMatchObject({ ok: false, error: { code, message: expect.stringMatching(message) } });
  });

  it("too little room is told with both numbers, and nothing is there", async () => {
    const { sink } = new Feeder([entryOf("f", 3 * 1024 ** 3)], { fileSystem: withFreeBytes(1024 ** 3) });
    const prepared = await sink.prepare();
    expect(prepared).toMatchObject({ ok: false, reason: "disk-full", error: { code: "DISK_FULL" } });
    expect(!prepared.ok && prepared.error.message).toContain("3.0 GiB needed, 1.0 GiB free");
    expect(await readdir(out)).toEqual([]);
  });

  it("what is there already needs no room", async () => {
    await mkdir(out);
    await writeFile(join(out, "f"), "123");
    const { sink } = new Feeder([file("f", "abc"), file("g", "x")], { fileSystem: withFreeBytes(1) });
    expect(await sink.prepare()).toEqual({ ok: true, deferred: [0], resumable: [] });
  });

  it("a folder that cannot be written is told", async () => {
    const fileSystem: FileSystem = { ...nodeFileSystem, access: () => Promise.reject(systemError("EROFS")) };
    expect(await new Feeder([file("f", "x")], { fileSystem }).sink.prepare()).toMatchObject({
      ok: false,
      reason: "write-failed",
      error: { code: "WRITE_FAILED" },
    });
    await rm(out, { recursive: true });
    await writeFile(out, "a file");
    expect(await new Feeder([file("f", "x")]).sink.prepare()).toMatchObject({
      ok: false,
      error: { code: "WRITE_FAILED" },
    });
  });
});

describe("a disk that fails while files come", () => {
  it("full: told with both numbers, the part removed, later bytes dropped", async () => {
    const feeder = await feederOf([entryOf("f", 100)], { fileSystem: withRoomFor(50) });
    feeder.write(0, new Uint8Array(40));
    await turnsUntil(() => feeder.writtenBytes === 40);
    feeder.write(0, new Uint8Array(20));
    expect(await feeder.outcome(0)).toBe("DISK_FULL");
    // The part is gone, and what it held is needed again.
    expect(feeder.stored.get(0)).toMatchObject({ error: { message: expect.stringMatching(/100 B needed, .+ free$/) } });
    feeder.write(0, new Uint8Array(40));
    expect(feeder.writtenBytes).toBe(80);
    expect(await readdir(out)).toEqual([]);
  });

  it("full: what is stored or was there already is not needed", async () => {
    await writeTree(out, { same: Buffer.alloc(10, "s"), other: Buffer.alloc(10, "o") });
    const entries = [entryOf("same", 10), entryOf("other", 10), entryOf("done", 30), entryOf("big", 100)];
    const feeder = await feederOf(entries, { fileSystem: withRoomFor(50) });
    expect(await feeder.feed(2, "d".repeat(30))).toBe("done");
    expect(await feeder.feed(1, "9876543210")).toBe("other (1)");
    feeder.write(3, new Uint8Array(40));
    expect(await feeder.outcome(3)).toBe("DISK_FULL");
    expect(feeder.stored.get(3)).toMatchObject({ error: { message: expect.stringContaining(": 100 B needed, ") } });
  });

  it("broken: that file fails with what the system says, another does not", async () => {
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      mkdir: ((path: string, options: object) =>
        path.endsWith("closed")
          ? Promise.reject(systemError("EACCES"))
          : nodeFileSystem.mkdir(path, options)) as FileSystem["mkdir"],
    };
    const feeder = await feederOf([file("closed/f", "x"), file("open/f", "x")], { fileSystem });
    expect(await feeder.feed(0, "x")).toBe("WRITE_FAILED");
    expect(await feeder.feed(1, "x")).toBe("open/f");
    const stored = feeder.stored.get(0);
    expect(stored?.ok === false && stored.error.message).toBe(`cannot write '${out}/closed/f': EACCES: made by a test`);
  });
});

describe("examining", () => {
  it("gives the hash of what is there, and nothing when it cannot be read", async () => {
    await mkdir(out);
    await writeFile(join(out, "f"), "abc");
    const feeder = await feederOf([file("f", "xyz"), file("g", "g")]);
    expect(await feeder.sink.examine(0)).toEqual({
      decision: { kind: "have", sha256: Buffer.from(sha256(Buffer.from("abc"))) },
      path: join(out, "f"),
      bytes: 3,
      sha256: Buffer.from(sha256(Buffer.from("abc"))),
    });
    expect(await feeder.sink.examine(1)).toBeUndefined();
    await expect(lstat(join(out, "g"))).rejects.toThrow("ENOENT");
  });

  it("under skip holds back every name that is there", async () => {
    await mkdir(out);
    await writeFile(join(out, "f"), "of another size");
    const { sink } = new Feeder([file("f", "xyz")], { conflict: "skip" });
    expect(await sink.prepare()).toEqual({ ok: true, deferred: [0], resumable: [] });
    expect(await sink.examine(0)).toMatchObject({ decision: { kind: "skip" } });
  });
});
