// Disks without hard links: exFAT sticks and some network shares.
import type * as fs from "node:fs/promises";
import { readdir } from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { FolderLock } from "../../../../src/store/exchange/folder-lock.ts";
import { makeTempFolder } from "./temp-folder.ts";

vi.mock("node:fs/promises", async (importOriginal) => ({
  ...(await importOriginal<typeof fs>()),
  link: () => Promise.reject(Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM" })),
}));

test("a folder lock works where there are no hard links", async () => {
  const dir = await makeTempFolder();
  const lock = await FolderLock.acquire(dir, "offer");
  expect(await readdir(dir)).toEqual([".p2p-lock"]);
  await expect(FolderLock.acquire(dir, "answer")).rejects.toMatchObject({
    code: "FOLDER_IN_USE",
    params: { pid: process.pid, command: "offer" },
  });
  await lock.release();
  expect(await readdir(dir)).toEqual([]);
});
