// Files that a page stores in a folder that the person chose, which is in memory here.
import { afterEach, expect, test, vi } from "vitest";
import { ReceivedFile } from "../../../src/web/received-file.ts";

/** A folder of a browser, as far as files are stored in it. */
class MemoryFolder {
  readonly name = "chosen";
  readonly files = new Map<string, string>();

  async getFileHandle(name: string, { create = false } = {}): Promise<object> {
    await Promise.resolve();
    if (!this.files.has(name)) {
      if (!create) throw new DOMException("", "NotFoundError");
      this.files.set(name, "");
    }
    return { name, createWritable: () => Promise.resolve(this.#writable(name)) };
  }

  #writable(name: string): object {
    let text = "";
    return {
      write: (bytes: Uint8Array) => {
        text += new TextDecoder().decode(bytes);
      },
      close: () => void this.files.set(name, text),
      abort: () => Promise.resolve(),
    };
  }

  async removeEntry(name: string): Promise<void> {
    await Promise.resolve();
    this.files.delete(name);
  }
}

function fileIn(folder: MemoryFolder): ReceivedFile {
  return new ReceivedFile({
    kind: "folder",
    folder: folder as unknown as FileSystemDirectoryHandle,
    segments: ["f.txt"],
  });
}

test("two files of one name that come together get two names", async () => {
  const folder = new MemoryFolder();
  const [one, two] = [fileIn(folder), fileIn(folder)];
  await Promise.all([one.write(new TextEncoder().encode("one")), two.write(new TextEncoder().encode("two"))]);
  const results = [await one.finish(), await two.finish()];
  expect(results).toMatchObject([{ path: "chosen/f.txt" }, { path: "chosen/f (1).txt" }]);
  expect([...folder.files]).toEqual([
    ["f.txt", "one"],
    ["f (1).txt", "two"],
  ]);
});

test("a file is not stored where all names like its own are taken, and replaces none", async () => {
  const folder = new MemoryFolder();
  for (let count = 0; count < 1_000; count += 1) {
    folder.files.set(count === 0 ? "f.txt" : `f (${count}).txt`, "mine");
  }
  const file = fileIn(folder);
  await file.write(new TextEncoder().encode("theirs"));
  expect(await file.finish()).toMatchObject({ ok: false, why: "write-failed" });
  expect(folder.files.size).toBe(1_000);
  expect(new Set(folder.files.values())).toEqual(new Set(["mine"]));
});

/** A private file system of a browser whose disk takes so many bytes, and three at a time. */
function privateFiles(room: number): { written: () => string } {
  let text = "";
  const access = {
    write: (bytes: Uint8Array) => {
      const count = Math.min(3, bytes.length, room - text.length);
      text += new TextDecoder().decode(bytes.subarray(0, count));
      return count;
    },
    flush: () => {},
    close: () => {},
  };
  const handle = {
    name: "f",
    createSyncAccessHandle: () => Promise.resolve(access),
    getFile: () => Promise.resolve(new Blob([text])),
  };
  const own = { getFileHandle: () => Promise.resolve(handle), removeEntry: () => Promise.resolve() };
  const root = { keys: () => [], getDirectoryHandle: () => Promise.resolve(own) };
  vi.stubGlobal("navigator", {
    storage: { getDirectory: () => Promise.resolve(root) },
    locks: { request: () => Promise.resolve(), query: () => Promise.resolve({}) },
  });
  return { written: () => text };
}

afterEach(() => {
  vi.unstubAllGlobals();
});

async function inPrivateFiles(room: number): Promise<{ result: unknown; written: string }> {
  vi.resetModules();
  const { written } = privateFiles(room);
  const { ReceivedFile: Fresh } = await import("../../../src/web/received-file.ts");
  const file = new Fresh({ kind: "browser", bytes: 64 * 1024 * 1024 });
  await file.write(new TextEncoder().encode("ten bytes."));
  return { result: await file.finish(), written: written() };
}

test("a browser that writes less than it was given is given the rest", async () => {
  const { result, written } = await inPrivateFiles(100);
  expect(result).toMatchObject({ ok: true });
  expect(written).toBe("ten bytes.");
});

test("a browser that writes nothing any more has no room", async () => {
  const { result } = await inPrivateFiles(5);
  expect(result).toMatchObject({ ok: false, why: "full" });
});
