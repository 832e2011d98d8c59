import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DiskHandle } from "../../../../src/store/file-system.ts";
import { sparseHandle } from "../../../../src/store/transfer/sparse-handle.ts";
import { makeTempDir, removeTempDir } from "../../../support/transfer-pair.ts";

const KIB = 1024;
const LARGE = 1024 * KIB;

let dir: string;
let path: string;

beforeEach(async () => {
  dir = await makeTempDir();
  path = join(dir, "f");
});

afterEach(async () => {
  await removeTempDir(dir);
});

async function withHandle(fileBytes: number, work: (handle: DiskHandle) => Promise<void>): Promise<void> {
  const handle = sparseHandle(await open(path, "wx"), fileBytes, 0);
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}

const zeros = (bytes: number): Uint8Array => new Uint8Array(bytes);
const ones = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(1);

describe("a large file", () => {
  it("keeps its zeros off the disk, wherever they are", async () => {
    await withHandle(LARGE, async (handle) => {
      await handle.writev([zeros(64 * KIB), zeros(64 * KIB), ones(5 * KIB), zeros(64 * KIB)], 0);
      await handle.writev([zeros(64 * KIB), ones(1)], 197 * KIB);
      await handle.sync();
    });
    const whole = Buffer.concat([zeros(128 * KIB), ones(5 * KIB), zeros(128 * KIB), ones(1)]);
    expect((await readFile(path)).equals(whole)).toBe(true);
    const { blocks } = await stat(path);
    expect(blocks * 512).toBeLessThanOrEqual(16 * KIB);
  });

  it("is as long as it was written when it ends in zeros", async () => {
    await withHandle(LARGE, async (handle) => {
      await handle.writev([ones(10), ...Array.from({ length: 16 }, () => zeros(64 * KIB))], 0);
      await handle.sync();
      await handle.sync();
    });
    const { size, blocks } = await stat(path);
    expect(size).toBe(10 + LARGE);
    expect(blocks * 512).toBeLessThanOrEqual(16 * KIB);
  });

  it("loses nothing that is written while it is flushed", async () => {
    await withHandle(LARGE, async (handle) => {
      await handle.writev([zeros(64 * KIB)], 0);
      await Promise.all([handle.sync(), handle.writev([ones(64 * KIB)], 64 * KIB)]);
    });
    expect((await readFile(path)).equals(Buffer.concat([zeros(64 * KIB), ones(64 * KIB)]))).toBe(true);
  });

  it("overwrites with zeros what is there", async () => {
    await withHandle(LARGE, async (handle) => {
      await handle.writev([ones(64 * KIB)], 0);
      await handle.writev([zeros(32 * KIB)], 0);
    });
    expect((await readFile(path)).equals(Buffer.concat([zeros(32 * KIB), ones(32 * KIB)]))).toBe(true);
  });

  it("has what any writes give it", async () => {
    const pieces = fc.array(
      fc.record({ isZero: fc.boolean(), bytes: fc.constantFrom(1, 4_095, 4_096, 65_000, 65_536) }),
      { minLength: 1, maxLength: 12 },
    );
    let count = 0;
    await fc.assert(
      fc.asyncProperty(pieces, fc.nat(3), async (parts, perWrite) => {
        count += 1;
        path = join(dir, `f${count}`);
        const chunks = parts.map(({ isZero, bytes }) => (isZero ? zeros(bytes) : ones(bytes)));
        await withHandle(LARGE, async (handle) => {
          let at = 0;
          for (let first = 0; first < chunks.length; first += perWrite + 1) {
            const batch = chunks.slice(first, first + perWrite + 1);
            at += (await handle.writev(batch, at)).bytesWritten;
          }
          await handle.sync();
        });
        expect((await readFile(path)).equals(Buffer.concat(chunks))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});

it("a small file is written as it is", async () => {
  await withHandle(64 * KIB, async (handle) => {
    await handle.writev([zeros(64 * KIB)], 0);
  });
  expect((await stat(path)).blocks * 512).toBeGreaterThanOrEqual(64 * KIB);
});
