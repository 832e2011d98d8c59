// Files between two real processes: what was sent is what lies on the disk, under the right name, and nothing else.
import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, type TestContext } from "vitest";
import { connect, exits, OWN_FILE, PEER_FILE, type Person, people } from "../support/processes.ts";
import { scaled } from "../support/scale.ts";
import { randomFile, readTree, sha256Of, type Tree, writeTree } from "../support/trees.ts";

const MIB = 1 << 20;
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

/** What a person has besides the two exchange files. */
async function received({ dir }: Person): Promise<Record<string, string>> {
  const { [OWN_FILE]: _own, [PEER_FILE]: _peer, ...rest } = await readTree(dir);
  return rest;
}

describe.concurrent("one file", () => {
  const sizes: [name: string, bytes: number][] = [
    ["0 B", 0],
    ["1 B", 1],
    ["64 KiB", 65_536],
    ["64 KiB + 1 B", 65_537],
    ["100 MiB", 100 * MIB],
    ...scaled<[string, number][]>([], [["4 GiB + 5 B", 4096 * MIB + 5]]),
  ];
  test.for(sizes)("of %s", async ([, bytes], t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const sent = await randomFile(join(ann.dir, "one.bin"), bytes);
    const pair = await connect({ ann, bob }, ["--no-chat", "one.bin"], ["--no-chat", "-y"]);
    expect(await exits(pair, 45_000 + bytes / 1000)).toEqual([0, 0]);
    expect(await received(bob)).toEqual({ "one.bin": sent });
  });

  test("keeps its mode bits and its modification time", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const path = join(ann.dir, "script.sh");
    await writeFile(path, "#!/bin/sh\n");
    await chmod(path, 0o750);
    await utimes(path, 1_500_000_000, 1_400_000_000);
    const pair = await connect({ ann, bob }, ["--no-chat", "script.sh"], ["--no-chat", "-y"]);
    expect(await exits(pair)).toEqual([0, 0]);
    const { mode, mtimeMs } = await stat(join(bob.dir, "script.sh"));
    expect(mode & 0o777).toBe(0o750);
    expect(mtimeMs).toBe(1_400_000_000_000);
  });

  test("goes where --output says, which is made when it is not there", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const sent = await randomFile(join(ann.dir, "one.bin"), 1000);
    const pair = await connect({ ann, bob }, ["--no-chat", "one.bin"], ["--no-chat", "-y", "-o", "new/in"]);
    expect(await exits(pair)).toEqual([0, 0]);
    expect(await received(bob)).toEqual({ new: "folder", "new/in": "folder", "new/in/one.bin": sent });
  });
});

test("with --accept only what matches arrives, and the rest is declined by name", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const tree: Tree = { "d/1.txt": text("one"), "d/2.jpg": text("two"), "d/e/3.jpg": text("three"), "d/f/": "folder" };
  await writeTree(ann.dir, tree);
  const pair = await connect({ ann, bob }, ["--no-chat", "--json", "d"], ["--no-chat", "--json", "--accept", "*.jpg"]);
  expect(await exits(pair)).toEqual([7, 0]);
  expect(Object.keys(await received(bob)).toSorted()).toEqual(["d", "d/2.jpg", "d/e", "d/e/3.jpg"]);
  expect(pair.ann.eventsOf("declined")).toMatchObject([{ by: "peer", paths: ["d/1.txt", "d/f"] }]);
  // It was a choice over there, and no limit of what it takes.
  expect(pair.ann.eventsOf("error")).toMatchObject([
    { code: "PEER_DECLINED", message: "the other side declined 'd/1.txt' and 1 more" },
  ]);
  expect(pair.bob.eventsOf("declined")).toMatchObject([{ by: "me", paths: ["d/1.txt", "d/f"] }]);
  expect(pair.bob.eventsOf("transfer-done")).toMatchObject([{ files: 2, bytes: 8 }]);
});

test("with --limit arrives whole, and no sooner than the limit lets it", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const sent = await randomFile(join(ann.dir, "one.bin"), 1_000_000);
  const pair = await connect(
    { ann, bob },
    ["--no-chat", "--json", "one.bin", "--limit", "500kB/s"],
    ["--no-chat", "-y"],
  );
  expect(await exits(pair, 45_000)).toEqual([0, 0]);
  expect(await received(bob)).toEqual({ "one.bin": sent });
  // The last 0.2 s may leave at once.
  expect(pair.ann.eventsOf("transfer-done")[0]?.ms).toBeGreaterThan(1_700);
});

describe.concurrent("whatever carries it", () => {
  test.for([
    [["--congestion", "cubic"], []],
    [[], ["--congestion", "cubic"]],
  ] as const)("%j towards %j", async ([offering, answering], t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const [toBob, toAnn] = await Promise.all([
      randomFile(join(ann.dir, "to-bob.bin"), MIB),
      randomFile(join(bob.dir, "to-ann.bin"), MIB),
    ]);
    const pair = await connect(
      { ann, bob },
      ["--no-chat", "to-bob.bin", "-y", ...offering],
      ["--no-chat", "to-ann.bin", "-y", ...answering],
    );
    expect(await exits(pair)).toEqual([0, 0]);
    expect((await received(bob))["to-bob.bin"]).toEqual(toBob);
    expect((await received(ann))["to-ann.bin"]).toEqual(toAnn);
  });
});

describe.concurrent("many files", () => {
  test("2,000 small ones in folders, empty folders and empty files among them", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const tree: Tree = { "tree/empty": "folder", "tree/deep/er/empty": "folder", "tree/nothing.txt": text("") };
    for (let i = 0; i < 2000; i += 1) tree[`tree/${i % 20}/${i % 7}/file-${i}`] = text(`${i} `.repeat(1 + (i % 400)));
    await writeTree(ann.dir, tree);
    const pair = await connect({ ann, bob }, ["--no-chat", "tree"], ["--no-chat", "-y"]);
    expect(await exits(pair, 45_000)).toEqual([0, 0]);
    expect(await readTree(join(bob.dir, "tree"))).toEqual(await readTree(join(ann.dir, "tree")));
  });

  test("several paths in one go, a folder by its real name", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeTree(ann.dir, { "a.txt": text("a"), "there/b.txt": text("b"), "there/sub/c.txt": text("c") });
    const pair = await connect({ ann, bob }, ["--no-chat", "a.txt", "there/."], ["--no-chat", "-y"]);
    expect(await exits(pair)).toEqual([0, 0]);
    expect(Object.keys(await received(bob)).sort()).toEqual([
      "a.txt",
      "there",
      "there/b.txt",
      "there/sub",
      "there/sub/c.txt",
    ]);
  });

  test("names in any script, up to 255 bytes", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const names = [
      "照片.jpg",
      "🎉 party 👩‍👩‍👧.txt",
      "名".repeat(85),
      `${"n".repeat(251)}.txt`,
      " spaces  inside .x",
      "-y",
      "e\u0301.txt",
    ];
    const tree: Tree = {};
    for (const [index, name] of names.entries()) tree[`names/${name}`] = text(`file ${index}`);
    await writeTree(ann.dir, tree);
    const pair = await connect({ ann, bob }, ["--no-chat", "names"], ["--no-chat", "-y"]);
    expect(await exits(pair)).toEqual([0, 0]);
    expect(await readTree(join(bob.dir, "names"))).toEqual(await readTree(join(ann.dir, "names")));
  });

  test("a name of 255 bytes as the file itself", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const name = `${"长".repeat(84)}.gz`;
    const sent = await randomFile(join(ann.dir, name), 70_000);
    const pair = await connect({ ann, bob }, ["--no-chat", name], ["--no-chat", "-y"]);
    expect(await exits(pair)).toEqual([0, 0]);
    expect(await received(bob)).toEqual({ [name]: sent });
  });

  test("both directions at once, messages in between", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const fromAnn = await randomFile(join(ann.dir, "ann.bin"), 10 * MIB);
    const fromBob = await randomFile(join(bob.dir, "bob.bin"), 10 * MIB);
    const pair = await connect(
      { ann, bob },
      ["--no-chat", "-y", "-m", "hi Bob", "ann.bin"],
      ["--no-chat", "-y", "-m", "hi Ann", "bob.bin"],
    );
    expect(await exits(pair, 45_000)).toEqual([0, 0]);
    const both = { "ann.bin": fromAnn, "bob.bin": fromBob };
    expect(await received(ann)).toEqual(both);
    expect(await received(bob)).toEqual(both);
    expect(pair.ann.lines).toEqual(["hi Ann"]);
    expect(pair.bob.lines).toEqual(["hi Bob"]);
  });
});

describe.concurrent("a name that exists already", () => {
  async function sendOnto(
    t: TestContext,
    policy: string[],
  ): Promise<{ names: string[]; content: string; exits: [number, number] }> {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(ann.dir, "f.txt"), "new");
    await writeFile(join(bob.dir, "f.txt"), "old");
    const pair = await connect({ ann, bob }, ["--no-chat", "f.txt"], ["--no-chat", "-y", ...policy]);
    const codes = await exits(pair);
    const names = Object.keys(await received(bob)).sort();
    return { names, content: await readFile(join(bob.dir, "f.txt"), "utf8"), exits: codes };
  }

  test("is left alone, and what comes gets a number", async (t) => {
    expect(await sendOnto(t, [])).toEqual({ names: ["f (1).txt", "f.txt"], content: "old", exits: [0, 0] });
  });

  test("is replaced with --conflict overwrite", async (t) => {
    expect(await sendOnto(t, ["--conflict", "overwrite"])).toEqual({ names: ["f.txt"], content: "new", exits: [0, 0] });
  });

  test("is kept with --conflict skip, which counts as done", async (t) => {
    expect(await sendOnto(t, ["--conflict", "skip"])).toEqual({ names: ["f.txt"], content: "old", exits: [0, 0] });
  });

  test.for(["rename", "overwrite", "skip"])("and has the same content: nothing is written (%s)", async (policy, t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const sent = await randomFile(join(ann.dir, "same.bin"), 100_000);
    await writeFile(join(bob.dir, "same.bin"), await readFile(join(ann.dir, "same.bin")));
    const before = await stat(join(bob.dir, "same.bin"));
    const pair = await connect(
      { ann, bob },
      ["--no-chat", "same.bin"],
      ["--no-chat", "-y", "--conflict", policy, "--json"],
    );
    expect(await exits(pair)).toEqual([0, 0]);
    expect(await received(bob)).toEqual({ "same.bin": sent });
    expect((await stat(join(bob.dir, "same.bin"))).ino).toBe(before.ino);
    expect(pair.bob.eventsOf("file-done")).toMatchObject([{ skipped: true, sha256: sent, bytes: 100_000 }]);
  });

  test("as a folder: folders merge, and a file against a folder gets a number", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeTree(ann.dir, { "t/new.txt": text("new"), "t/thing": text("a file here") });
    await writeTree(bob.dir, { "t/old.txt": text("old"), "t/thing/inside.txt": text("a folder there") });
    const pair = await connect({ ann, bob }, ["--no-chat", "t"], ["--no-chat", "-y", "--conflict", "overwrite"]);
    expect(await exits(pair)).toEqual([0, 0]);
    expect((await readdir(join(bob.dir, "t"))).sort()).toEqual(["new.txt", "old.txt", "thing", "thing (1)"]);
    expect(await readFile(join(bob.dir, "t", "thing (1)"), "utf8")).toBe("a file here");
  });
});

describe.concurrent("what is not accepted", () => {
  test("without --yes and without a terminal it is declined: 7 for the sender, 0 for who declines", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await randomFile(join(ann.dir, "one.bin"), 1000);
    const pair = await connect({ ann, bob }, ["--no-chat", "-m", "still told", "one.bin"], ["--no-chat"]);
    expect(await exits(pair)).toEqual([7, 0]);
    expect(await received(bob)).toEqual({});
    expect(pair.bob.lines).toEqual(["still told"]);
    expect(pair.ann.stderr).toContain("(PEER_DECLINED)");
  });

  test("with --json, too: each side's event says who declined", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await randomFile(join(ann.dir, "one.bin"), 1000);
    const pair = await connect({ ann, bob }, ["--no-chat", "--json", "one.bin"], ["--no-chat", "--json"]);
    expect(await exits(pair)).toEqual([7, 0]);
    expect(pair.ann.eventsOf("declined")).toMatchObject([{ direction: "send", by: "peer" }]);
    expect(pair.bob.eventsOf("declined")).toMatchObject([{ direction: "receive", by: "me" }]);
  });
});

test("a received exchange-file name never replaces the exchange files", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  await mkdir(join(ann.dir, "sub"));
  await writeFile(join(ann.dir, "sub", OWN_FILE), "not an exchange file");
  const pair = await connect({ ann, bob }, ["--no-chat", `sub/${OWN_FILE}`], ["--no-chat", "-y"]);
  expect(await exits(pair)).toEqual([0, 0]);
  const names = await readdir(bob.dir);
  const renamed = names.find((name) => ![OWN_FILE, PEER_FILE].includes(name)) ?? "";
  expect(await readFile(join(bob.dir, renamed), "utf8")).toBe("not an exchange file");
  expect(await sha256Of(join(bob.dir, PEER_FILE))).toBe(await sha256Of(join(ann.dir, OWN_FILE)));
});
