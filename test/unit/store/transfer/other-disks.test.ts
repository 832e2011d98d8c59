// What disks of other systems do with names, through a stand-in for the disk.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FileSink } from "../../../../src/store/transfer/file-sink.ts";
import { type FileSystem, nodeFileSystem } from "../../../../src/store/file-system.ts";
import type { NameRules } from "../../../../src/transfer/names.ts";
import { entryOf, received, sha256 } from "../../../support/engine-pair.ts";
import { makeTempDir, removeTempDir, turnsUntil } from "../../../support/transfer-pair.ts";

let out: string;

beforeEach(async () => {
  out = await makeTempDir();
});

afterEach(async () => {
  await removeTempDir(out);
});

/** Receives a file under each of these paths, one after the other. @returns the names that they got, in order */
async function receive(paths: string[], rules: NameRules, fileSystem: FileSystem): Promise<string[]> {
  const given: string[] = [];
  const sink = new FileSink({
    outputDir: out,
    conflict: "overwrite",
    manifest: received(
      paths.map((path) => entryOf(path, 1)),
      rules,
    ),
    rules,
    fileSystem,
    events: {
      onWritten: () => {},
      onStored: (_index, stored) => {
        given.push(stored.ok ? stored.path.slice(out.length + 1) : stored.error.code);
      },
      onLost: () => {},
    },
  });
  await sink.prepare();
  for (const index of paths.keys()) {
    const content = Buffer.from(String(index));
    sink.write(index, content, 0);
    sink.store(index, sha256(content));
    await turnsUntil(() => given.length > index);
  }
  await sink.finish();
  return given;
}

test.each<[string, string[], (name: string) => string]>([
  ["case", ["readme", "README", "ReadMe"], (name) => name.toLowerCase()],
  ["accents", ["cafe\u0301", "caf\u00e9"], (name) => name.normalize("NFD")],
])("on a disk that folds %s files of one transfer do not replace each other", async (_, paths, fold) => {
  // Ask for any of them and it is the first that stands there.
  const folded = (path: unknown): string => out + fold(String(path).slice(out.length));
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    lstat: ((path: string) => nodeFileSystem.lstat(folded(path))) as FileSystem["lstat"],
    link: (from, to) => nodeFileSystem.link(from, folded(to)),
    rename: (from, to) => nodeFileSystem.rename(from, folded(to)),
  };
  await receive(paths, "posix", fileSystem);
  const names = (await readdir(out)).toSorted();
  expect(names).toHaveLength(paths.length);
  const contents = await Promise.all(names.map((name) => readFile(join(out, name), "utf8")));
  expect(contents.toSorted()).toEqual(paths.map((_path, index) => String(index)));
});

test("on a disk of Windows names are ones that it can have", async () => {
  const names = ["con", "aux.txt", "12:30.log", "end. ", "a\\b", 'q"?*<>|', "COM1", "lpt¹.x"];
  const given = await receive(
    names.map((name) => `d./${name}`),
    "windows",
    nodeFileSystem,
  );
  const safe = ["_con", "_aux.txt", "12_30.log", "end__", "a_b", "q______", "_COM1", "_lpt¹.x"];
  expect(given).toEqual(safe.map((name) => `d_/${name}`));
});
