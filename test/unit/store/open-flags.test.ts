import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FOLDER_FLAGS, NEW_FILE_FLAGS, NO_FOLLOW, NON_BLOCKING, READ_FLAGS } from "../../../src/store/open-flags.ts";
import { makePipe } from "../../support/odd-files.ts";
import { makeTempFolder } from "./exchange/temp-folder.ts";

test("a new file takes the place of nothing, and a link is followed by none of them", async () => {
  const dir = await makeTempFolder();
  const [file, folder, toFile, toFolder, toNothing] = ["f", "d", "lf", "ld", "ln"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
    string,
    string,
  ];
  await writeFile(file, "text");
  await mkdir(folder);
  for (const [to, from] of [
    [file, toFile],
    [folder, toFolder],
    [join(dir, "x"), toNothing],
  ] as const) {
    await symlink(to, from);
  }
  for (const path of [file, toFile, toNothing]) await expect(open(path, NEW_FILE_FLAGS)).rejects.toThrow("EEXIST");
  await expect(open(toFile, READ_FLAGS | NO_FOLLOW)).rejects.toThrow("ELOOP");
  await expect(open(toFolder, FOLDER_FLAGS | NO_FOLLOW)).rejects.toThrow(/ELOOP|ENOTDIR/);
  await expect(open(file, FOLDER_FLAGS)).rejects.toThrow("ENOTDIR");
  await expect(lstat(join(dir, "x"))).rejects.toThrow("ENOENT");
});

test("a pipe that nobody writes into does not hang the open", async () => {
  const pipe = join(await makeTempFolder(), "pipe");
  makePipe(pipe);
  await (await open(pipe, READ_FLAGS)).close();
  await expect(open(pipe, constants.O_WRONLY | NON_BLOCKING)).rejects.toThrow("ENXIO");
});

test("no other file knows which flags a system lacks", async () => {
  const src = new URL("../../../src/", import.meta.url);
  const names = (await readdir(src, { recursive: true })).filter((name) => name.endsWith(".ts"));
  const knowing: string[] = [];
  for (const name of names) {
    if ((await readFile(new URL(name, src), "utf8")).includes("constants.O_NOFOLLOW")) knowing.push(name);
  }
  expect(knowing).toEqual(["store/open-flags.ts"]);
});
