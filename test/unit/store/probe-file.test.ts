// A probe of a folder: what it makes is gone, and what the system says is thrown.
import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeFileSystem } from "../../../src/store/file-system.ts";
import { probeFile } from "../../../src/store/probe-file.ts";
import { systemError } from "../../support/fake-disk.ts";

async function makeFolder(): Promise<string> {
  return await mkdtemp(join(tmpdir(), "p2p-probe-"));
}

test("the file has no name any more when it is written to, and is closed", async () => {
  const dir = await makeFolder();
  const calls: string[] = [];
  const open: typeof nodeFileSystem.open = async (...what) => {
    const handle = await nodeFileSystem.open(...what);
    const write = handle.write.bind(handle);
    const close = handle.close.bind(handle);
    return Object.assign(handle, {
      write: async (...block: Parameters<typeof write>) => {
        calls.push(`write with ${(await readdir(dir)).length} names`);
        return await write(...block);
      },
      close: async () => {
        calls.push("close");
        await close();
      },
    });
  };
  await probeFile(join(dir, "new"), { ...nodeFileSystem, open });
  expect(calls).toEqual(["write with 0 names", "close"]);
});

test("a disk without room is told, and nothing is left", async () => {
  const dir = await makeFolder();
  const open: typeof nodeFileSystem.open = async (...what) =>
    Object.assign(await nodeFileSystem.open(...what), {
      write: async () => await Promise.reject(systemError("ENOSPC")),
    });
  await expect(probeFile(join(dir, "new"), { ...nodeFileSystem, open })).rejects.toMatchObject({ code: "ENOSPC" });
  expect(await readdir(dir)).toEqual([]);
});

test("what is there already stays", async () => {
  const path = join(await makeFolder(), "there");
  await writeFile(path, "kept");
  await expect(probeFile(path, nodeFileSystem)).rejects.toMatchObject({ code: "EEXIST" });
  expect(await nodeFileSystem.lstat(path)).toMatchObject({ size: 4 });
});
