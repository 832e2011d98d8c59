import { createHash, randomBytes } from "node:crypto";
import { appendFile, rename, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileSource, type SourceRead } from "../../../../src/store/transfer/file-source.ts";
import { type FileSystem, nodeFileSystem } from "../../../../src/store/file-system.ts";
import { planSend } from "../../../../src/store/transfer/send-plan.ts";
import { READ_BYTES } from "../../../../src/transfer/limits.ts";
import { systemError, withHandles } from "../../../support/fake-disk.ts";
import { makeTempDir, removeTempDir } from "../../../support/transfer-pair.ts";
import { writeTree } from "../../../support/trees.ts";

let dir: string;
let source: FileSource;

beforeEach(async () => {
  dir = await makeTempDir();
});

afterEach(async () => {
  await source.close();
  await removeTempDir(dir);
});

const CONTENT = Buffer.from("0123456789".repeat(10));
const HASH = createHash("sha256").update(CONTENT).digest();

/** A source of `dir/t`, whose entry 1 is the file. */
async function openSource(fs?: FileSystem): Promise<string> {
  await writeTree(dir, { "t/f": CONTENT });
  source = new FileSource(await planSend([join(dir, "t")]), fs);
  return join(dir, "t/f");
}

function summary(read: SourceRead): string {
  return read.ok
    ? `${read.chunk.length} bytes${read.sha256 === undefined ? "" : ", hash"}`
    : `${read.reason} ${read.error.code}`;
}

it("a folder that has become a link gives nothing of what it leads to", async () => {
  const path = await openSource();
  await writeTree(dir, { "secret/f": Buffer.from("S".repeat(CONTENT.length)) });
  await utimes(path, 1_000, 1_000);
  await utimes(join(dir, "secret/f"), 1_000, 1_000);
  source = new FileSource(await planSend([join(dir, "t")]));
  await rename(join(dir, "t"), join(dir, "elsewhere"));
  await symlink("secret", join(dir, "t"));
  expect(summary(await source.read(1, 0, CONTENT.length))).toBe("source-changed SOURCE_CHANGED");
  expect(await source.hash(1)).toMatchObject({ ok: false, reason: "source-changed" });
});

it("a folder that is given by a link is read through it", async () => {
  await writeTree(dir, { "t/f": CONTENT });
  await symlink("t", join(dir, "link"));
  source = new FileSource(await planSend([join(dir, "link")]));
  expect(summary(await source.read(1, 0, CONTENT.length))).toBe("100 bytes, hash");
});

describe("reading", () => {
  it("gives the pieces in order, and the hash with the last", async () => {
    await openSource();
    const [first, last] = await Promise.all([source.read(1, 0, 60), source.read(1, 60, 40)]);
    expect([summary(first), summary(last)]).toEqual(["60 bytes", "40 bytes, hash"]);
    if (!first.ok || !last.ok) throw new Error("not reached");
    expect(Buffer.concat([first.chunk, last.chunk])).toEqual(CONTENT);
    expect(Buffer.from(last.sha256 ?? [])).toEqual(HASH);
  });

  it("of an empty file is its hash", async () => {
    await writeTree(dir, { empty: Buffer.alloc(0) });
    source = new FileSource(await planSend([join(dir, "empty")]));
    expect(summary(await source.read(0, 0, 0))).toBe("0 bytes, hash");
    // Each look gives an empty file in /proc the time of now.
    await utimes(join(dir, "empty"), 1, 1);
    source = new FileSource(await planSend([join(dir, "empty")]));
    await utimes(join(dir, "empty"), 2, 2);
    expect(summary(await source.read(0, 0, 0))).toBe("0 bytes, hash");
  });

  it("goes on where the system reads less than was asked", async () => {
    const fs: FileSystem = {
      ...nodeFileSystem,
      open: async (...args) => {
        const handle = await nodeFileSystem.open(...args);
        const read = handle.read.bind(handle) as (
          b: Uint8Array,
          o: number,
          l: number,
          p: number,
        ) => ReturnType<typeof handle.read>;
        handle.read = ((buffer: Uint8Array, offset: number, length: number, position: number) =>
          read(buffer, offset, Math.min(length, 7), position)) as typeof handle.read;
        return handle;
      },
    };
    await openSource(fs);
    const all = await source.read(1, 0, 100);
    expect(all.ok && Buffer.from(all.chunk)).toEqual(CONTENT);
  });

  it("hashes a whole file", async () => {
    await openSource();
    expect(await source.hash(1)).toEqual({ ok: true, sha256: HASH });
  });

  it("refuses what is no file of the plan", async () => {
    await openSource();
    expect(() => source.read(0, 0, 1)).toThrow(RangeError);
  });
});

describe("a file that changed since it was planned", () => {
  it.each<[string, (path: string) => Promise<void>]>([
    ["grew", (path) => appendFile(path, "more")],
    ["shrank", (path) => truncate(path, 50)],
    ["vanished", (path) => rm(path)],
    ["was touched", (path) => utimes(path, 1, 1)],
    [
      "became a link",
      async (path) => {
        await rm(path);
        await symlink("/etc/passwd", path);
      },
    ],
  ])("and %s is told, read in one piece, in two, or hashed", async (how, change) => {
    await change(await openSource());
    expect(summary(await source.read(1, 0, 100))).toBe("source-changed SOURCE_CHANGED");
    const pieces = await Promise.all([source.read(1, 0, 60), source.read(1, 60, 40)]);
    expect(pieces.map(summary)).toContain("source-changed SOURCE_CHANGED");
    const error = { params: { isGone: how === "vanished" } };
    expect(await source.hash(1)).toMatchObject({ ok: false, reason: "source-changed", error });
  });

  it("is told also when it changes between two reads", async () => {
    const path = await openSource();
    expect(summary(await source.read(1, 0, 60))).toBe("60 bytes");
    await writeFile(path, CONTENT.toReversed());
    await utimes(path, 5, 5);
    expect(summary(await source.read(1, 60, 40))).toBe("source-changed SOURCE_CHANGED");
  });
});

it.each([0, 60])(
  "a file that ends after %i bytes and says it has more is not sent, and has not changed",
  async (end) => {
    const short = withHandles((handle) => {
      const read = handle.read.bind(handle);
      handle.read = (into, offset, length, position) =>
        read(into, offset, Math.min(length, Math.max(0, end - position)), position);
    });
    await openSource(short);
    expect(summary(await source.read(1, 0, 100))).toBe("unreadable PATH_NOT_SENT");
    expect(await source.hash(1)).toMatchObject({
      ok: false,
      reason: "unreadable",
      error: { params: { kind: "endless" } },
    });
  },
);

describe("a file that cannot be read", () => {
  it("is told as such", async () => {
    await openSource({ ...nodeFileSystem, open: () => Promise.reject(systemError("EACCES")) });
    expect(summary(await source.read(1, 0, 100))).toBe("unreadable PATH_UNREADABLE");
  });
});

describe("buffers", () => {
  it("of chunks that were sent are read into again, and no others", async () => {
    const content = randomBytes(2 * READ_BYTES + 100_000);
    await writeFile(join(dir, "f"), content);
    source = new FileSource(await planSend([join(dir, "f")]));
    const chunks: Uint8Array[] = [];
    const read = async (offset: number, bytes: number): Promise<Uint8Array> => {
      const result = await source.read(0, offset, bytes);
      if (!result.ok) throw result.error;
      expect(content.subarray(offset, offset + bytes).equals(result.chunk)).toBe(true);
      chunks.push(result.chunk);
      return result.chunk;
    };
    const first = await read(0, READ_BYTES);
    const second = await read(READ_BYTES, READ_BYTES);
    expect(second.buffer).not.toBe(first.buffer);
    source.recycle(first);
    const rest = await read(2 * READ_BYTES, 100_000);
    expect(rest.buffer).toBe(first.buffer);
    expect(second.buffer).not.toBe(rest.buffer);
  });
});

describe("closing", () => {
  it("of one file fails its queued reads and lets it be read anew", async () => {
    await openSource();
    await source.read(1, 0, 60);
    source.closeFile(1);
    expect(summary(await source.read(1, 0, 100))).toBe("100 bytes, hash");
  });

  it("of all lets nothing more be read", async () => {
    await openSource();
    await source.read(1, 0, 60);
    await source.close();
    expect((await source.read(1, 60, 40)).ok).toBe(false);
  });
});
