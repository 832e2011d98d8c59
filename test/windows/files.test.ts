// Files that come to Windows: names that it cannot have, long paths, interrupted transfers.
import { existsSync, readdirSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { clearExchange, connect, exits, OWN_FILE, PEER_FILE, people, run } from "../support/processes.ts";
import { randomFile, readTree, sha256Of, writeTree } from "../support/trees.ts";
import { WindowsMachine } from "../support/wine.ts";

const windows = new WindowsMachine(inject("winePrefix"));

/** Name here → name there. The content of each is its name here. */
const NAMES: Record<string, string> = {
  con: "_con",
  "nul.txt": "_nul.txt",
  "com1 .log": "_com1 .log",
  "lpt¹": "_lpt¹",
  CONIN$: "_CONIN$",
  "a:b": "a_b",
  "q?x*y<z>|": "q_x_y_z__",
  'say "hi"': "say _hi_",
  "dot.": "dot_",
  "blank ": "blank_",
  "back\\slash": "back_slash",
  "C:\\Windows\\x": "C__Windows_x",
  "grüße 漢字 😀": "grüße 漢字 😀",
};

test("names that Windows cannot have are made safe, and paths may be long", async (t) => {
  const { bob } = await windows.people(t, "bob");
  const { ann } = await people(t, "ann");
  const long = `${"d".repeat(120)}/${"e".repeat(120)}/${"f".repeat(120)}/deep.txt`;
  const names = { ...NAMES, [long]: long, "prn/sub": "_prn/sub" };
  const content = Object.keys(names).map((name) => [`t/${name}`, new TextEncoder().encode(name)] as const);
  await writeTree(ann.dir, {
    ...Object.fromEntries(content),
    "t/Case": Buffer.from("Case"),
    "t/case": Buffer.from("case"),
  });
  const pair = await connect({ ann, bob }, ["--no-chat", "t"], ["--no-chat", "-y"]);
  expect(await exits(pair)).toEqual([0, 0]);
  for (const [here, there] of Object.entries(names))
    expect(await readFile(join(bob.dir, "t", there), "utf8"), here).toBe(here);
  // The disk there knows no case: the second one has a number.
  const cased = (await readdir(join(bob.dir, "t"))).filter((name) => /^case/i.test(name));
  expect(cased).toHaveLength(2);
  expect(cased.filter((name) => name.endsWith(" (1)"))).toHaveLength(1);
});

test("a file whose receiver was killed is listed, and resumes", async (t) => {
  const { bob } = await windows.people(t, "bob");
  const { ann } = await people(t, "ann");
  const sent = await randomFile(join(ann.dir, "film.bin"), 12_000_000);
  const first = await connect(
    { ann, bob },
    ["--no-chat", "--limit", "2MB/s", "film.bin"],
    ["--json", "--no-chat", "-y"],
  );
  // The journal stands beside the part by then, and the list knows it.
  const list = join(bob.stateDir, "transfers");
  const isListed = (): boolean => existsSync(list) && readdirSync(list).some((name) => name.endsWith(".json"));
  await first.bob.until(isListed, "the part is listed");
  await first.bob.kill();
  expect(await first.ann.exit()).toBe(4);

  const listing = run(bob, ["transfers", "--json"]);
  expect(await listing.exit()).toBe(0);
  expect(JSON.parse(listing.stdout)).toMatchObject({ transfers: [{ path: "film.bin", state: "ready" }] });

  await clearExchange(ann, bob);
  const second = await connect({ ann, bob }, ["--no-chat", "film.bin"], ["--json", "--no-chat", "-y"]);
  expect(await exits(second)).toEqual([0, 0]);
  const [accepted] = second.bob.eventsOf("accepted");
  expect(accepted?.resumedFrom).toBeGreaterThan(0);
  expect(await sha256Of(join(bob.dir, "film.bin"))).toBe(sent);
  expect(Object.keys(await readTree(bob.dir)).toSorted()).toEqual([OWN_FILE, PEER_FILE, "film.bin"].toSorted());
});
