// What a small file has gone through when it counts as written, and what a disk that fails leaves of it.
import type * as fs from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { probeAtomicWrite, writeFileAtomically } from "../../../src/store/atomic-write.ts";
import { systemError } from "../../support/fake-disk.ts";
import { makeTempFolder } from "./exchange/temp-folder.ts";

const disk = vi.hoisted(() => ({ calls: [] as string[], failing: "", device: "" }));

vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof fs>();
  const called = (call: string): void => {
    disk.calls.push(call);
    if (disk.failing !== "" && call.startsWith(disk.failing)) throw systemError("ENOSPC");
  };
  return {
    ...real,
    lstat: async (path: string) =>
      path === disk.device
        ? Object.assign(await real.lstat("/"), { isDirectory: () => false, isCharacterDevice: () => true })
        : await real.lstat(path),
    open: async (path: string, flags: string, mode?: number): Promise<FileHandle> => {
      const handle = await real.open(path, flags, mode);
      const of = flags === "r" ? "folder" : "file";
      const write = handle.writeFile.bind(handle);
      const writeAt = handle.write.bind(handle);
      const sync = handle.sync.bind(handle);
      const close = handle.close.bind(handle);
      return Object.assign(handle, {
        writeFile: async (data: string) => {
          called(`write ${of}`);
          await write(data);
        },
        write: async (...what: Parameters<typeof writeAt>) => {
          called(`write ${of}`);
          return await writeAt(...what);
        },
        sync: async () => {
          called(`sync ${of}`);
          await sync();
        },
        close: async () => {
          called(`close ${of}`);
          await close();
        },
      });
    },
    rename: async (from: string, to: string) => {
      called("rename");
      await real.rename(from, to);
    },
  };
});

beforeEach(() => {
  Object.assign(disk, { calls: [], failing: "", device: "" });
});

test("its bytes are on the disk before it has its name, and then the name", async () => {
  const dir = await makeTempFolder();
  await writeFileAtomically(join(dir, "f"), "new");
  expect(disk.calls).toEqual(["write file", "sync file", "close file", "rename", "sync folder", "close folder"]);
});

test("a folder that cannot be synced has its file all the same", async () => {
  const dir = await makeTempFolder();
  disk.failing = "sync folder";
  await writeFileAtomically(join(dir, "f"), "new");
  expect(disk.calls.at(-1)).toBe("close folder");
  expect(await readFile(join(dir, "f"), "utf8")).toBe("new");
});

test.each([
  ["write file", undefined, { code: "WRITE_FAILED" }],
  ["sync file", "dir", { code: "WRITE_FAILED", params: { place: "dir" } }],
  ["rename", "state", { code: "STATE_UNUSABLE" }],
] as const)("where %s fails nothing has changed, and nothing is left", async (failing, place, error) => {
  const dir = await makeTempFolder();
  await writeFile(join(dir, "f"), "old");
  disk.failing = failing;
  const path = join(dir, "f");
  const reason = "ENOSPC: made by a test";
  const thrown: unknown = await writeFileAtomically(path, "new", place).catch((cause: unknown) => cause);
  expect(thrown).toMatchObject(error);
  expect(thrown).toHaveProperty("params", { path, reason, ...("params" in error ? error.params : {}) });
  expect(Object.keys((thrown as { params: object }).params)).toHaveLength(place === "dir" ? 3 : 2);
  expect(disk.calls).toContain("close file");
  expect([await readdir(dir), await readFile(path, "utf8")]).toEqual([["f"], "old"]);
});

test("whether a file can be written is found out beforehand, and leaves nothing", async () => {
  const dir = await makeTempFolder();
  await probeAtomicWrite(join(dir, "f"), "out");
  disk.failing = "write file";
  await expect(probeAtomicWrite(join(dir, "f"), "out")).rejects.toMatchObject({
    code: "WRITE_FAILED",
    params: { path: join(dir, "f"), reason: "ENOSPC: made by a test", place: "out" },
  });
  expect(await readdir(dir)).toEqual([]);
});

test("a device is not replaced", async () => {
  const path = join(await makeTempFolder(), "null");
  await writeFile(path, "");
  disk.device = path;
  await expect(writeFileAtomically(path, "new")).rejects.toMatchObject({ code: "WRITE_FAILED" });
  expect(disk.calls).toEqual([]);
});
