// Real processes that meet in a shared folder: several pairs at once, and what is left there.
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type TestContext, test } from "vitest";
import { answer, offer, people, type Person, type Running } from "../support/processes.ts";

const LIMIT_MS = 60_000;

/** A folder that all people of a test see, with a file in it that is none of ours. */
async function sharedBy(person: Person): Promise<string> {
  const dir = join(dirname(person.dir), "shared");
  await mkdir(dir);
  await writeFile(join(dir, "notes.txt"), "mine");
  return dir;
}

const via = (dir: string, ...more: string[]): string[] => ["--via", `folder:${dir}`, "--json", ...more];

const entriesOf = async (dir: string): Promise<string[]> =>
  (await readdir(dir)).filter((name) => name !== "notes.txt").toSorted();

const textsTo = (side: Running): string[] =>
  side.eventsOf("message").flatMap(({ from, text }) => (from === "peer" ? [text] : []));

async function ends(t: TestContext, ...sides: Running[]): Promise<void> {
  t.expect(await Promise.all(sides.map((side) => side.exit(LIMIT_MS)))).toEqual(sides.map(() => 0));
}

test("two pairs at once in one folder, where a sync service has made a copy", async (t) => {
  const { ann, amy, bob, ben } = await people(t, "ann", "amy", "bob", "ben");
  const dir = await sharedBy(ann);
  const anns = offer(ann, via(dir, "--no-chat", "-m", "from ann"));
  await anns.event("carrier", ({ state }) => state === "waiting", LIMIT_MS);
  const [name = ""] = await entriesOf(dir);
  await copyFile(join(dir, name), join(dir, name.replace(".json", ".sync-conflict-20260301-080000-ABCDEF7.json")));
  const amys = offer(amy, via(dir, "--no-chat", "-m", "from amy"));
  await amys.event("carrier", ({ state }) => state === "waiting", LIMIT_MS);
  const bobs = answer(bob, via(dir, "--no-chat", "-m", "from bob"));
  const bens = answer(ben, via(dir, "--no-chat", "-m", "from ben"));
  await ends(t, anns, amys, bobs, bens);
  const got = [textsTo(anns)[0], textsTo(amys)[0]];
  t.expect(new Set(got)).toEqual(new Set(["from ben", "from bob"]));
  const isBobWithAnn = got[0] === "from bob";
  t.expect(textsTo(bobs)).toEqual([isBobWithAnn ? "from ann" : "from amy"]);
  t.expect(textsTo(bens)).toEqual([isBobWithAnn ? "from amy" : "from ann"]);
  t.expect(await entriesOf(dir)).toEqual([]);
  t.expect(await readFile(join(dir, "notes.txt"), "utf8")).toBe("mine");
  // No exchange file is written anywhere.
  for (const { dir: own } of [ann, amy, bob, ben]) t.expect(await readdir(own)).toEqual([]);
  for (const side of [anns, bobs]) t.expect(side.eventsOf("local-file")[0]).not.toHaveProperty("path");
  t.expect(anns.eventsOf("carrier")[0]).toMatchObject({ via: `folder:${dir}`, state: "waiting" });
});

test("who gives up takes back what was put there, and whoever can write there is named before", async (t) => {
  const { ann } = await people(t, "ann");
  const dir = await sharedBy(ann);
  const anns = offer(ann, ["--via", `folder:${dir}`]);
  await anns.says(/whoever can write to .*shared can be the other side/, LIMIT_MS);
  await anns.says(/the offer lies in .*shared: run 'p2p answer --via folder:DIR'/, LIMIT_MS);
  t.expect(await entriesOf(dir)).toHaveLength(1);
  anns.signal("SIGINT");
  t.expect(await anns.exit(LIMIT_MS)).toBe(130);
  t.expect(await entriesOf(dir)).toEqual([]);
  t.expect(anns.stderr).not.toContain("--resume");
});
