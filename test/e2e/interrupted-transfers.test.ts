// A transfer that was interrupted goes on in the next session, at bytes that were compared.
import { appendFile, mkdir, open, readdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import {
  connect,
  exits,
  OWN_FILE,
  type Pair,
  PEER_FILE,
  type Person,
  people,
  type Running,
  run,
} from "../support/processes.ts";
import { randomFile, readTree, sha256Of } from "../support/trees.ts";

const MIB = 1 << 20;
/** Slowly enough that it is not over before it is interrupted. */
const SENDS_SLOWLY = ["--no-chat", "--json", "--limit", "4MB/s", "big.bin"];
const SENDS = ["--no-chat", "--json", "big.bin"];
const TAKES = ["--no-chat", "--json", "-y"];

async function received({ dir }: Person): Promise<Record<string, string>> {
  const { [OWN_FILE]: _own, [PEER_FILE]: _peer, ".p2p-lock": _lock, ...rest } = await readTree(dir);
  return rest;
}

/** The hidden files of a person, without their ids. */
async function leftovers({ dir }: Person): Promise<string[]> {
  const names = (await readdir(dir)).filter((name) => /^\.p2p-[0-9a-f]{16}\./.test(name));
  return names.map((name) => name.split(".").at(-1) ?? "").toSorted();
}

/** The exchange files have served: the next session writes new ones. */
async function forgetExchange(...persons: Person[]): Promise<void> {
  for (const { dir } of persons) for (const name of [OWN_FILE, PEER_FILE]) await rm(join(dir, name), { force: true });
}

/** Checks objects against a schema of docs/. */
async function schema(name: string): Promise<ValidateFunction> {
  const text = await readFile(new URL(`../../docs/${name}.schema.json`, import.meta.url), "utf8");
  return new Ajv2020({ formats: { "date-time": true } }).compile(JSON.parse(text) as object);
}

function resumedFrom({ ann, bob }: Pair): (number | undefined)[] {
  return [ann, bob].map((side) => side.eventsOf("accepted")[0]?.resumedFrom);
}

/** Waits until this much is there, and that for long enough that it is written down. */
async function untilReceived({ bob }: Pair, bytes: number): Promise<void> {
  await bob.event("progress", (event) => event.bytes > bytes);
}

describe.concurrent("a file that was interrupted", { timeout: 180_000 }, () => {
  test("by kill -9 of the receiver goes on where it stopped, for both sides", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const sent = await randomFile(join(ann.dir, "big.bin"), 16 * MIB);
    const first = await connect({ ann, bob }, SENDS_SLOWLY, TAKES);
    await untilReceived(first, 7 * MIB);
    await first.bob.kill();
    first.ann.signal("SIGINT");
    expect(await first.ann.exit()).toBe(130);
    expect(await leftovers(bob)).toEqual(["journal", "lock", "part"]);

    await forgetExchange(ann, bob);
    const second = await connect({ ann, bob }, SENDS, TAKES);
    expect(await exits(second)).toEqual([0, 0]);
    const [mine = 0, theirs] = resumedFrom(second);
    expect(mine).toBe(theirs);
    expect(mine).toBeGreaterThan(7 * MIB);
    const [told] = second.bob.eventsOf("incoming");
    expect(told?.resumable).toMatchObject([{ path: "big.bin", total: 16 * MIB }]);
    const validate = await schema("events");
    for (const side of [second.ann, second.bob]) {
      for (const event of side.events) expect(validate(event), JSON.stringify(validate.errors)).toBe(true);
      expect(side.eventsOf("progress").every(({ bytes }) => bytes >= mine)).toBe(true);
      expect(side.eventsOf("progress").at(-1)?.bytes).toBe(16 * MIB);
    }
    expect(await received(bob)).toEqual({ "big.bin": sent });
  });

  test("by Ctrl-C of the sender goes on with the roles exchanged; who had it is told that it is kept", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const sent = await randomFile(join(ann.dir, "big.bin"), 16 * MIB);
    const first = await connect({ ann, bob }, SENDS_SLOWLY, TAKES);
    await untilReceived(first, 5 * MIB);
    first.ann.signal("SIGINT");
    expect(await exits(first)).toEqual([130, 4]);
    expect(first.bob.eventsOf("error")).toMatchObject([{ code: "TRANSFER_INTERRUPTED" }]);
    expect(first.bob.eventsOf("error")[0]?.hint).toContain("the received part is kept");
    expect(await leftovers(bob)).toEqual(["journal", "part"]);

    await forgetExchange(ann, bob);
    const second = await connect({ ann: bob, bob: ann }, TAKES, SENDS);
    expect(await exits(second)).toEqual([0, 0]);
    expect(second.ann.eventsOf("accepted")[0]?.resumedFrom).toBeGreaterThan(5 * MIB);
    expect(await received(bob)).toEqual({ "big.bin": sent });
  });

  test("and has changed since: said, and only what differs comes again", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const path = join(ann.dir, "big.bin");
    await randomFile(path, 16 * MIB);
    const first = await connect({ ann, bob }, SENDS_SLOWLY, TAKES);
    await untilReceived(first, 7 * MIB);
    first.bob.signal("SIGINT");
    expect(await exits(first)).toEqual([4, 130]);
    const file = await open(path, "r+");
    await file.write(Buffer.alloc(100, "x"), 0, 100, 3 * MIB);
    await file.close();
    await appendFile(path, "and more");

    await forgetExchange(ann, bob);
    const second = await connect({ ann, bob }, SENDS, TAKES);
    expect(await exits(second)).toEqual([0, 0]);
    expect(second.bob.eventsOf("incoming")[0]?.resumable).toMatchObject([{ changed: true }]);
    expect(second.bob.stderr).toContain("'big.bin' has changed since it was interrupted");
    const here = second.bob.eventsOf("incoming")[0]?.resumable?.[0]?.bytes ?? 0;
    expect(resumedFrom(second)).toEqual([here - MIB / 4, here - MIB / 4]);
    expect(await received(bob)).toEqual({ "big.bin": await sha256Of(path) });
  });

  test("and is another one now comes as a whole; the part stays for its own file", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const path = join(ann.dir, "big.bin");
    await randomFile(path, 16 * MIB);
    const first = await connect({ ann, bob }, SENDS_SLOWLY, TAKES);
    await untilReceived(first, 5 * MIB);
    first.bob.signal("SIGINT");
    expect(await exits(first)).toEqual([4, 130]);
    const sent = await randomFile(path, 2 * MIB);

    await forgetExchange(ann, bob);
    const second = await connect({ ann, bob }, SENDS, TAKES);
    expect(await exits(second)).toEqual([0, 0]);
    expect(resumedFrom(second)).toEqual([0, 0]);
    expect((await received(bob))["big.bin"]).toBe(sent);
    expect(await leftovers(bob)).toEqual(["journal", "part"]);
    const list = run(bob, ["transfers"]);
    await list.exit();
    expect(list.stdout).toContain("another file of this name came since");
  });
});

test("p2p transfers lists what is unfinished, in words and as JSON, and discards it", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  await randomFile(join(ann.dir, "big.bin"), 16 * MIB);
  const pair = await connect({ ann, bob }, ["--name", "Ann", "--no-chat", "--limit", "1MB/s", "big.bin"], TAKES);
  await untilReceived(pair, MIB);
  const ask = async (...args: string[]): Promise<Running> => {
    const side = run(bob, ["transfers", ...args]);
    await side.exit();
    return side;
  };
  const validate = await schema("transfers");
  const told = async (...args: string[]): Promise<Record<string, never[]>> => {
    const json = JSON.parse((await ask("--json", ...args)).stdout) as Record<string, never[]>;
    expect(validate(json), JSON.stringify(validate.errors)).toBe(true);
    return json;
  };
  expect(await told()).toMatchObject({ transfers: [{ path: "big.bin", state: "receiving", from: "Ann" }] });
  pair.bob.signal("SIGINT");
  expect(await exits(pair)).toEqual([4, 130]);

  const { transfers = [] } = await told();
  const [{ id, bytes }] = transfers as unknown as [{ id: string; bytes: number }];
  expect(bytes).toBeGreaterThan(MIB);
  expect((await ask()).stdout).toMatch(/MiB of 16\.0 MiB \(\d+\.\d %\) {2}begun .* ago\n {2}big\.bin\n {2}from Ann\n/);
  expect(await (await ask("discard", "ffff0000ffff0000")).exit()).toBe(2);
  expect(await told("discard", "ffff0000ffff0000")).toMatchObject({ code: "NO_SUCH_TRANSFER" });
  expect((await ask("discard", id.slice(0, 6))).stdout).toMatch(/^discarded 'big\.bin', \S+ MiB\n$/);
  expect((await ask("list")).stdout).toBe("nothing is unfinished\n");
  expect(await leftovers(bob)).toEqual([]);
});

test("a folder: what arrived is skipped, what was under way goes on, the rest comes", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const args = ["--no-chat", "--json", "note", "t"];
  const tree = join(ann.dir, "t");
  await mkdir(tree);
  await randomFile(join(tree, "a"), 4 * MIB);
  await randomFile(join(tree, "b"), 9 * MIB);
  // The rest of it is a hole that comes with the second session.
  await truncate(join(tree, "b"), 14 * MIB);
  await randomFile(join(tree, "c"), MIB);
  for (const name of ["a", "b"]) await utimes(join(tree, name), 1_500_000_000, 1_500_000_000);
  // Bob has another file under this name.
  await writeFile(join(ann.dir, "note"), "ann's");
  await writeFile(join(bob.dir, "note"), "bob's");
  await mkdir(join(tree, "empty"), { mode: 0o710 });
  for (const folder of [join(tree, "empty"), tree]) await utimes(folder, 1_400_000_000, 1_400_000_000);
  const first = await connect({ ann, bob }, ["--limit", "4MB/s", ...args], TAKES);
  await untilReceived(first, 12 * MIB);
  await first.bob.kill();
  first.ann.signal("SIGINT");
  await first.ann.exit();
  // Nothing of the folder itself says that it is unfinished.
  expect((await stat(join(bob.dir, "t"))).mode & 0o7000).toBe(0);

  await forgetExchange(ann, bob);
  const second = await connect({ ann, bob }, args, TAKES);
  expect(await exits(second)).toEqual([0, 0]);
  for (const folder of ["t", "t/empty"]) {
    const [there, here] = [await stat(join(ann.dir, folder)), await stat(join(bob.dir, folder))];
    expect([here.mode, here.mtimeMs]).toEqual([there.mode, there.mtimeMs]);
  }
  const done = second.bob.eventsOf("file-done").map(({ path, skipped }) => [basename(path), skipped ?? false]);
  expect(Object.fromEntries(done)).toEqual({ "note (1)": true, a: true, b: false, c: false });
  expect(second.bob.eventsOf("accepted")[0]?.resumedFrom).toBeGreaterThan(MIB);
  expect(await readTree(join(bob.dir, "t"))).toEqual(await readTree(tree));
  expect((await readdir(bob.dir)).filter((name) => name.startsWith("note"))).toEqual(["note", "note (1)"]);
  const { blocks, mtimeMs } = await stat(join(bob.dir, "t/b"));
  expect(blocks * 512).toBeLessThan(12 * MIB);
  expect(mtimeMs).toBe(1_500_000_000_000);
});
