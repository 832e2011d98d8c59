// The names that a transfer gives, on a real folder.
import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { plainDisk } from "../../../../src/store/transfer/disk.ts";
import { type FileSystem, nodeFileSystem } from "../../../../src/store/file-system.ts";
import { OutputFolder } from "../../../../src/store/transfer/output-folder.ts";
import { type NameConflict, OutputNames } from "../../../../src/store/transfer/output-names.ts";
import { systemError } from "../../../support/fake-disk.ts";
import { makeTempDir, removeTempDir } from "../../../support/transfer-pair.ts";

let dir = "";
let folder: OutputFolder;
let names: OutputNames;

beforeEach(async () => {
  dir = await makeTempDir();
  folder = new OutputFolder(undefined, dir, true, await lstat(dir));
  names = namesOn(nodeFileSystem);
});
afterEach(() => removeTempDir(dir));

function namesOn(fileSystem: FileSystem): OutputNames {
  return new OutputNames({
    disk: plainDisk(fileSystem),
    check: () => {},
    lstat: (path) => lstat(path).catch(() => undefined),
  });
}

async function place(content: string, name: string, conflict: NameConflict): Promise<string> {
  const part = join(dir, `.part-${content}`);
  await writeFile(part, content);
  return (await names.place(part, folder, name, conflict)).slice(dir.length + 1);
}

test("a file gets its name, or the first number that is free", async () => {
  await writeFile(join(dir, "f (1).txt"), "old");
  expect(await place("a", "f.txt", "rename")).toBe("f.txt");
  expect(await place("b", "f.txt", "rename")).toBe("f (2).txt");
  expect(await readFile(join(dir, "f (1).txt"), "utf8")).toBe("old");
  expect(names.hasGiven(folder, "F.TXT")).toBe(true);
  expect(names.hasGiven(folder, "g.txt")).toBe(false);
});

test("a file that was there is replaced where that is wanted, one of this transfer never", async () => {
  await writeFile(join(dir, "f"), "old");
  expect(await place("a", "f", "overwrite")).toBe("f");
  expect(await place("b", "f", "overwrite")).toBe("f (1)");
  expect(await readFile(join(dir, "f"), "utf8")).toBe("a");
});

test("a read-only file is replaced also on Windows, where that mark bars it", async () => {
  const windows: FileSystem = {
    ...nodeFileSystem,
    hasModes: false,
    rename: async (from, to) => {
      const there = await lstat(to).catch(() => undefined);
      if (there !== undefined && (there.mode & 0o200) === 0) throw systemError("EPERM");
      await nodeFileSystem.rename(from, to);
    },
  };
  names = namesOn(windows);
  await writeFile(join(dir, "f"), "old", { mode: 0o444 });
  expect(await place("a", "f", "overwrite")).toBe("f");
  expect(await readFile(join(dir, "f"), "utf8")).toBe("a");
});

test("a folder in the way is never replaced", async () => {
  await mkdir(join(dir, "f"));
  expect(await place("a", "f", "overwrite")).toBe("f (1)");
});

test("files with one name are placed one after another", async () => {
  const placed = await Promise.all(["a", "b", "c"].map((content) => place(content, "f", "rename")));
  expect(placed.toSorted()).toEqual(["f", "f (1)", "f (2)"]);
  expect((await readdir(dir)).toSorted()).toEqual(["f", "f (1)", "f (2)"]);
});

test("a link that is there already is left as it is, another one gets a number", async () => {
  await symlink("target", join(dir, "l"));
  const link = (target: string): Promise<string> =>
    names.placeLink(target, { folder, name: "l", conflict: "rename" }, async () => {});
  expect(await link("target")).toBe(join(dir, "l"));
  expect(await link("other")).toBe(join(dir, "l (1)"));
  expect(await readlink(join(dir, "l (1)"))).toBe("other");
});
