import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeFileAtomically } from "../../../src/store/atomic-write.ts";
import { readDocumentFile, readDocumentStream } from "../../../src/store/exchange/document-file.ts";
import { makeTempFolder } from "./exchange/temp-folder.ts";

describe("writeFileAtomically()", () => {
  test("replaces a file of any mode by one of mode 0600, under a new inode", async () => {
    const path = join(await makeTempFolder(), "f");
    await writeFile(path, "old", { mode: 0o644 });
    const before = await stat(path);
    await writeFileAtomically(path, "new");
    const after = await stat(path);
    expect(await readFile(path, "utf8")).toBe("new");
    expect(after.mode & 0o777).toBe(0o600);
    expect(after.ino).not.toBe(before.ino);
  });

  test("changes nothing and leaves nothing when it fails", async () => {
    const dir = await makeTempFolder();
    await mkdir(join(dir, "taken"));
    await expect(writeFileAtomically(join(dir, "taken"), "new")).rejects.toMatchObject({
      code: "WRITE_FAILED",
      params: { path: join(dir, "taken") },
    });
    await expect(writeFileAtomically(join(dir, "no", "f"), "new")).rejects.toMatchObject({ code: "WRITE_FAILED" });
    expect(await readdir(dir)).toEqual(["taken"]);
  });
});

describe("reading a document", () => {
  const LIMIT = 262_144;

  async function* chunks(...sizes: number[]): AsyncGenerator<Uint8Array> {
    for (const [index, size] of sizes.entries()) yield new Uint8Array(size).fill(index + 1);
  }

  test("takes a stream to its end", async () => {
    expect([...(await readDocumentStream(chunks(2, 0, 1)))]).toEqual([1, 1, 2 + 1]);
    expect(await readDocumentStream(chunks())).toHaveLength(0);
  });

  test("takes one byte more than the limit and no further chunk", async () => {
    let isClosed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(100_000);
      } finally {
        isClosed = true;
      }
    }
    expect(await readDocumentStream(endless())).toHaveLength(LIMIT + 1);
    expect(isClosed).toBe(true);
  });

  test("takes one byte more than the limit of a file", async () => {
    const path = join(await makeTempFolder(), "f");
    await writeFile(path, "x".repeat(LIMIT + 100));
    expect(await readDocumentFile(path)).toHaveLength(LIMIT + 1);
    await writeFile(path, "abc");
    expect(new TextDecoder().decode(await readDocumentFile(path))).toBe("abc");
  });
});
