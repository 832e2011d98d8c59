// What Tab finds in a folder: names and which of them are folders; a link counts as a file, and trouble as nothing.
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { listFolder } from "../../../src/ui/list-folder.ts";

test("a folder is listed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "p2p-list-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "d"));
  await writeFile(join(folder, "文件"), "");
  await symlink("d", join(folder, "link"));
  const found = await listFolder(folder);
  expect(found.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    { name: "d", isDirectory: true },
    { name: "link", isDirectory: false },
    { name: "文件", isDirectory: false },
  ]);
  expect(await listFolder(join(folder, "not there"))).toEqual([]);
  expect(await listFolder(join(folder, "文件"))).toEqual([]);
});
