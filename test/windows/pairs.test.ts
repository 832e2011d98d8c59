// Windows with Windows, and with Linux in both roles: texts, files and folders go both ways.
import { stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import {
  clearExchange,
  connect,
  exits,
  OWN_FILE,
  PEER_FILE,
  type Pair,
  type Person,
  people,
} from "../support/processes.ts";
import { randomFile, readTree, type Tree, writeTree } from "../support/trees.ts";
import { WindowsMachine } from "../support/wine.ts";

const windows = new WindowsMachine(inject("winePrefix"));

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const TREE: Tree = {
  "tree/empty": text(""),
  "tree/grüße 漢字.txt": text("x"),
  "tree/no files": "folder",
  "tree/sub folder/a.txt": text("hi"),
};
/** In 2017, with a part of a second. */
const CHANGED_S = 1_500_000_000.25;

/** What a person has besides the two exchange files. */
async function received({ dir }: Person): Promise<Record<string, string>> {
  const { [OWN_FILE]: _own, [PEER_FILE]: _peer, ...rest } = await readTree(dir);
  return rest;
}

/** Ann offers, and sends a file and a folder, which Bob takes; each says something. */
async function exchange({ ann, bob }: { ann: Person; bob: Person }): Promise<Pair> {
  await randomFile(join(ann.dir, "film.bin"), 3_000_000);
  await writeTree(ann.dir, TREE);
  for (const name of ["film.bin", "tree/sub folder/a.txt"]) await utimes(join(ann.dir, name), CHANGED_S, CHANGED_S);
  const sent = await received(ann);
  const pair = await connect(
    { ann, bob },
    ["--no-chat", "-m", "from Ann: grüße 漢字", "film.bin", "tree"],
    ["--no-chat", "-y", "-m", "from Bob: grüße 漢字"],
    { bob: { isOrdinary: bob.machine === undefined } },
  );
  expect(await exits(pair)).toEqual([0, 0]);
  expect(await received(bob)).toEqual(sent);
  for (const name of ["film.bin", "tree/sub folder/a.txt"])
    expect((await stat(join(bob.dir, name))).mtimeMs, name).toBe(CHANGED_S * 1000);
  expect(pair.bob.lines).toEqual(["from Ann: grüße 漢字"]);
  expect(pair.ann.lines).toEqual(["from Bob: grüße 漢字"]);
  return pair;
}

describe("messages, a file and a folder with names of all kinds arrive", () => {
  test("from Windows on Windows", async (t) => {
    await exchange(await windows.people(t, "ann", "bob"));
  });

  test("from Linux on Windows", async (t) => {
    await exchange({ ...(await people(t, "ann")), ...(await windows.people(t, "bob")) });
  });

  test("from Windows on Linux, with the permissions of any new file there", async (t) => {
    const { ann } = await windows.people(t, "ann");
    const { bob } = await people(t, "bob");
    await exchange({ ann, bob });
    const modes = ["film.bin", "tree", "tree/no files", "tree/sub folder", "tree/sub folder/a.txt"].map(async (name) =>
      ((await stat(join(bob.dir, name))).mode & 0o777).toString(8),
    );
    expect(await Promise.all(modes)).toEqual(["644", "755", "755", "755", "644"]);

    // The folders that have come can be entered: the next transfer adds to them.
    await writeFile(join(ann.dir, "tree/sub folder/b.txt"), "more");
    await clearExchange(ann, bob);
    const again = await connect({ ann, bob }, ["--no-chat", "tree"], ["--no-chat", "-y"], {
      bob: { isOrdinary: true },
    });
    expect(await exits(again)).toEqual([0, 0]);
    expect(await received(bob)).toEqual(await received(ann));
  });
});
