// The single binary for Windows: it pairs with the command on Linux in both roles, and with itself.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { LINUX_NODE, WINDOWS_NODE } from "../../scripts/support/other-nodes.mjs";
import { connect, exits, type Person, people, run } from "../support/processes.ts";
import { makeSingleBinary, MAKING_MS, type SingleBinary } from "../support/single-binary.ts";
import { randomFile, sha256Of } from "../support/trees.ts";
import { WindowsMachine } from "../support/wine.ts";

const prefix = inject("winePrefix");
const windows = new WindowsMachine(prefix);
const FILE = "grüße 漢字.bin";

let single: SingleBinary;

beforeAll(async () => {
  if (!existsSync(LINUX_NODE.program)) throw new Error("This test needs another Node: node scripts/other-nodes.mjs");
  // It has to lie on the disk C:.
  const options = { folder: join(prefix, "drive_c"), generator: LINUX_NODE.program };
  single = await makeSingleBinary("win32", WINDOWS_NODE.program, options);
}, MAKING_MS);
afterAll(() => single.remove());

test("it prints what the command prints, and no warning", async (t) => {
  const { ann } = await windows.people(t, "ann");
  for (const args of [["--version"], ["help", "offer"], ["licenses"]]) {
    const [one, other] = [run(ann, args, { executable: single.program }), run(ann, args)];
    expect([await one.exit(), await other.exit()]).toEqual([0, 0]);
    expect(one.stdout).toBe(other.stdout);
    expect(one.stderr).toBe(other.stderr);
  }
});

async function exchange(ann: Person, bob: Person): Promise<void> {
  const sent = await randomFile(join(ann.dir, FILE), 3_000_000);
  const by = ({ machine }: Person) => (machine === undefined ? {} : { executable: single.program });
  const pair = await connect(
    { ann, bob },
    ["--no-chat", "-m", "from Ann", FILE],
    ["--no-chat", "-y", "-m", "from Bob"],
    { ann: by(ann), bob: by(bob) },
  );
  expect(await exits(pair)).toEqual([0, 0]);
  expect([pair.ann.lines, pair.bob.lines]).toEqual([["from Bob"], ["from Ann"]]);
  expect(await sha256Of(join(bob.dir, FILE))).toBe(sent);
}

test("it offers to itself", async (t) => {
  const { ann, bob } = await windows.people(t, "ann", "bob");
  await exchange(ann, bob);
});

test("it offers to the command on Linux", async (t) => {
  const { ann } = await windows.people(t, "ann");
  await exchange(ann, (await people(t, "bob")).bob);
});

test("it answers the command on Linux", async (t) => {
  const { bob } = await windows.people(t, "bob");
  await exchange((await people(t, "ann")).ann, bob);
});
