// What is here already counts as received, also under a number that an earlier transfer gave it.
import { mkdir, readdir, readlink, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { ConflictPolicy } from "../../../../src/session/session-types.ts";
import { nodeFileSystem } from "../../../../src/store/file-system.ts";
import { makePipe } from "../../../support/odd-files.ts";
import { TransferPair } from "../../../support/transfer-pair.ts";
import { readTree, type Tree, writeTree } from "../../../support/trees.ts";

const text = (content: string): Uint8Array => Buffer.from(content);

let pair: TransferPair;

/** Opens a session with what Ann sends and what Bob has already. */
async function open(sent: Tree, present: Tree, conflict: ConflictPolicy = "rename"): Promise<void> {
  pair = await TransferPair.open({ b: { conflict } });
  await writeTree(pair.a.dir, sent);
  await mkdir(pair.b.outputDir);
  await writeTree(pair.b.outputDir, present);
}

/** Sends once more. @returns the paths that were counted as there below the output folder, in order */
async function send(...paths: string[]): Promise<string[]> {
  const before = pair.b.of("file-done").length;
  expect(await pair.a.send(...paths)).toBe("done");
  await pair.b.untilIdle();
  const done = pair.b.of("file-done").slice(before);
  return done.filter(({ skipped }) => skipped).map(({ path }) => path.slice(pair.b.outputDir.length + 1));
}

const names = async (folder = ""): Promise<string[]> => (await readdir(join(pair.b.outputDir, folder))).toSorted();

afterEach(async () => {
  await pair.close();
});

describe("sent again beside another file of its name", () => {
  it("a file counts as there under its number, whatever the size of the other one is", async () => {
    await open({ "f.txt": text("new"), "g.tar.gz": text("new") }, { "f.txt": text("old"), "g.tar.gz": text("longer") });
    expect(await send("f.txt", "g.tar.gz")).toEqual([]);
    const first = await names();
    expect(first).toEqual(["f (1).txt", "f.txt", "g (1).tar.gz", "g.tar.gz"]);
    for (let time = 0; time < 2; time += 1) {
      expect(await send("f.txt", "g.tar.gz")).toEqual(["f (1).txt", "g (1).tar.gz"]);
    }
    expect(await names()).toEqual(first);
  });

  it("it counts as there under any number, and is not kept twice when another of its size was asked about", async () => {
    await open(
      { f: text("new") },
      { f: text("old"), "f (1)": text("ol1"), "f (2)": text("long"), "f (3)": text("new"), "f (5)": text("new") },
    );
    const before = await names();
    // The file of the same size that comes first is asked about, and it is another one.
    expect(await send("f")).toEqual([]);
    expect(await names()).toEqual(before);
    expect(pair.b.of("file-done").map(({ path }) => path)).toEqual([join(pair.b.outputDir, "f (3)")]);
  });

  it("one of the same size and time as the other is taken for that of the higher number", async () => {
    await open({ f: text("new") }, { f: text("old") });
    for (const path of [join(pair.a.dir, "f"), join(pair.b.outputDir, "f")]) await utimes(path, 1_000, 1_000);
    expect(await send("f")).toEqual([]);
    expect(await send("f")).toEqual(["f (1)"]);
    await writeFile(join(pair.a.dir, "f"), "old");
    await utimes(join(pair.a.dir, "f"), 1_000, 1_000);
    await send("f");
    expect(await names()).toEqual(["f", "f (1)"]);
  });

  it("two of one transfer that get one name stay two, and are there the next time", async () => {
    await open({ "t/a\u202ab": text("1"), "t/a_b": text("1") }, {});
    await send("t");
    expect(await names("t")).toEqual(["a_b", "a_b (1)"]);
    expect(await send("t")).toHaveLength(2);
    expect(await names("t")).toEqual(["a_b", "a_b (1)"]);
  });
});

it.each<ConflictPolicy>(["rename", "overwrite", "skip"])(
  "in place of a folder, under %s, it counts as there too",
  async (conflict) => {
    await open({ f: text("new") }, { f: "folder" }, conflict);
    await send("f");
    expect(await send("f")).toEqual(["f (1)"]);
    expect(await names()).toEqual(["f", "f (1)"]);
  },
);

it("a folder that got a number beside a file is gone on with", async () => {
  await open({ "d/f": text("1"), "d/e/g": text("2") }, { d: text("a file") });
  await send("d");
  expect((await send("d")).toSorted()).toEqual(["d (1)/e/g", "d (1)/f"]);
  expect(await names()).toEqual(["d", "d (1)"]);
  expect(Object.keys(await readTree(join(pair.b.outputDir, "d (1)")))).toHaveLength(3);
});

it("what lies behind a link inside the output folder counts as there", async () => {
  await open({ "d/f": text("1") }, { real: "folder" });
  await symlink("real", join(pair.b.outputDir, "d"));
  await send("d");
  expect(await send("d")).toEqual(["real/f"]);
  expect(await names("real")).toEqual(["f"]);
});

it("a link that got a number is the same one the next time", async () => {
  await open({ "d/f": text("1") }, { "d/l": text("a file") });
  await symlink("f", join(pair.a.dir, "d/l"));
  await send("d");
  await send("d");
  expect(await names("d")).toEqual(["f", "l", "l (1)"]);
  expect(await readlink(join(pair.b.outputDir, "d/l (1)"))).toBe("f");
});

it("no more numbers are looked at than a hundred", async () => {
  const present: Tree = { f: text("old") };
  for (let number = 1; number <= 101; number += 1) present[`f (${number})`] = text(number === 101 ? "new" : "o");
  await open({ f: text("new") }, present);
  expect(await send("f")).toEqual([]);
  expect((await stat(join(pair.b.outputDir, "f (102)"))).size).toBe(3);
  await writeFile(join(pair.b.outputDir, "f (102)"), "");
});

it("a pipe that takes the place of a file before it is compared hangs nothing", async () => {
  const isSwapped: string[] = [];
  pair = await TransferPair.open({
    b: {
      fileSystem: {
        ...nodeFileSystem,
        open: async (path, flags, mode) => {
          if (path === join(pair.b.outputDir, "f") && isSwapped.length === 0) {
            isSwapped.push(path);
            await rm(path);
            makePipe(path);
          }
          return await nodeFileSystem.open(path, flags, mode);
        },
      },
    },
  });
  await writeTree(pair.a.dir, { f: text("new") });
  await mkdir(pair.b.outputDir);
  await writeTree(pair.b.outputDir, { f: text("old") });
  expect(await send("f")).toEqual([]);
  expect(isSwapped).toHaveLength(1);
  expect(await names()).toEqual(["f", "f (1)"]);
});
