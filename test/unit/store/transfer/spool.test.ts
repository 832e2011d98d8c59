// A stream kept on the disk: exact bytes, no name, and an error that says what to do when it cannot be kept.
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FileSource } from "../../../../src/store/transfer/file-source.ts";
import { checkPaths, planSend } from "../../../../src/store/transfer/send-plan.ts";
import { spoolStream } from "../../../../src/store/transfer/spool.ts";
import { sha256 } from "../../../support/engine-pair.ts";
import { systemError, withHandles } from "../../../support/fake-disk.ts";
import { makeTempDir, removeTempDir, turnsUntil } from "../../../support/transfer-pair.ts";

let dir: string;

beforeEach(async () => {
  dir = await makeTempDir();
  vi.stubEnv("TMPDIR", dir);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await removeTempDir(dir);
});

describe("spoolStream()", () => {
  it("keeps exactly what came, with nothing to be seen of it", async () => {
    const stream = new PassThrough();
    const spooling = spoolStream(stream, "dump.sql");
    stream.write(Buffer.from([0, 255, 13, 10]));
    stream.end(Buffer.alloc(200_000, 7));
    const spool = await spooling;
    expect(await readdir(dir)).toEqual([]);
    expect(spool).toMatchObject({ name: "dump.sql", bytes: 200_004 });
    const content = new Uint8Array(200_004);
    expect(await spool.reader.read(content, 0, content.length, 0)).toMatchObject({ bytesRead: 200_004 });
    expect(Buffer.from(content).equals(Buffer.concat([Buffer.from([0, 255, 13, 10]), Buffer.alloc(200_000, 7)]))).toBe(
      true,
    );
    await spool.close();
    await spool.close();
    await expect(spool.reader.read(content, 0, 1, 0)).rejects.toThrow();
  });

  it("tells where it could not be kept, and why", async () => {
    const full = withHandles((handle) => {
      handle.write = () => Promise.reject(systemError("ENOSPC"));
    });
    await expect(spoolStream(Readable.from([Buffer.from("x")]), "s", full)).rejects.toMatchObject({
      code: "SPOOL_FAILED",
      message: `cannot keep what comes on stdin in ${dir}: ENOSPC: made by a test`,
    });
    vi.stubEnv("TMPDIR", join(dir, "not there"));
    await expect(spoolStream(Readable.from([]), "s")).rejects.toMatchObject({ code: "SPOOL_FAILED" });
  });

  it("goes on where the system writes less than was asked", async () => {
    const short = withHandles((handle) => {
      const write = handle.write.bind(handle);
      handle.write = (from, offset, length, position) => write(from, offset, Math.min(length, 3), position);
    });
    const spool = await spoolStream(Readable.from([Buffer.from("0123456789")]), "s", short);
    const content = new Uint8Array(10);
    await spool.reader.read(content, 0, 10, 0);
    expect(Buffer.from(content).toString()).toBe("0123456789");
    await spool.close();
  });

  it("that ends in an error is not kept: a part of it is not what was meant", async () => {
    const stream = new PassThrough();
    const spooling = spoolStream(stream, "s");
    stream.write("half");
    await turnsUntil(() => stream.readableLength === 0);
    stream.destroy(systemError("EIO"));
    await expect(spooling).rejects.toMatchObject({ code: "PATH_UNREADABLE" });
  });
});

describe("a plan with a stream", () => {
  it("has it as a file of its name, read from where it is kept", async () => {
    await writeFile(join(dir, "f"), "file");
    const spool = await spoolStream(Readable.from([Buffer.from("stream")]), "dump");
    const plan = await planSend([join(dir, "f"), spool]);
    expect(plan.names).toEqual(["f", "dump"]);
    expect(plan.manifest).toMatchObject({ files: 2, bytes: 10 });
    expect(plan.manifest.entries[1]).toMatchObject({ type: "file", path: "dump", bytes: 6, mode: 0o644 });
    expect(plan.localPath(1)).toBe("-");
    const source = new FileSource(plan);
    for (const read of [await source.read(1, 0, 6), await source.read(0, 0, 4)]) expect(read.ok).toBe(true);
    expect(await source.hash(1)).toMatchObject({ ok: true, sha256: Buffer.from(sha256(Buffer.from("stream"))) });
    await source.close();
    await spool.close();
  });

  it("is checked with paths, of which one with spaces that a shell has taken apart is named whole", async () => {
    await writeFile(join(dir, "my"), "");
    await writeFile(join(dir, "my two photos.jpg"), "");
    await expect(checkPaths([join(dir, "my"), "two", "photos.jpg", "more"])).rejects.toMatchObject({
      params: { path: "two", whole: join(dir, "my two photos.jpg") },
    });
    await expect(checkPaths([join(dir, "no"), "two"])).rejects.not.toHaveProperty("params.whole");
  });

  it("refuses a second file of its name, and a name that is a path", async () => {
    await writeFile(join(dir, "f"), "file");
    const spool = await spoolStream(Readable.from([]), "f");
    await expect(planSend([join(dir, "f"), spool])).rejects.toMatchObject({ code: "PATH_DUPLICATE" });
    await expect(planSend([spool, join(dir, "f")])).rejects.toMatchObject({ code: "PATH_DUPLICATE" });
    await expect(checkPaths([join(dir, "f")], ["f"])).rejects.toMatchObject({ code: "PATH_DUPLICATE" });
    await expect(checkPaths([join(dir, "f")], ["g"])).resolves.toBeUndefined();
    await expect(checkPaths([], ["a/b"])).rejects.toMatchObject({ code: "PATH_NOT_SENT" });
    await expect(checkPaths([], ["..\\x"])).rejects.toMatchObject({ code: "PATH_NOT_SENT" });
    await spool.close();
  });

  it("takes nothing that only looks like one", async () => {
    const fake = { name: "f", bytes: 0, close: async () => {} };
    await expect(planSend([fake])).rejects.toThrow(TypeError);
  });
});
