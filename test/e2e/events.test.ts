// `--json`: what both sides print in a full session is what docs/events.schema.json and docs promise to programs.
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, test, type TestContext } from "vitest";
import {
  answer,
  connect,
  exits,
  offer,
  OWN_FILE,
  PEER_FILE,
  type Pair,
  people,
  type Person,
  type Running,
} from "../support/processes.ts";
import { randomFile, writeTree } from "../support/trees.ts";

const schemaFile = new URL("../../docs/events.schema.json", import.meta.url);
const RFC3339_MS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const MIB = 1 << 20;

let validate: ValidateFunction;

beforeAll(async () => {
  const ajv = new Ajv2020({
    allErrors: true,
    formats: { "date-time": (text: string) => !Number.isNaN(Date.parse(text)) },
  });
  validate = ajv.compile(JSON.parse(await readFile(schemaFile, "utf8")) as object);
});

/** What is wrong with each line by the schema; every line has to be one. */
function complaints(side: Running): string[] {
  return side.events.flatMap((event) =>
    validate(event) ? [] : [`${JSON.stringify(event)}: ${validate.errors?.map(({ message }) => message).join(", ")}`],
  );
}

function names(side: Running): string[] {
  return side.events.map(({ event }) => event);
}

async function fullSession(t: TestContext): Promise<Pair & { people: { ann: Person; bob: Person }; sha256: string }> {
  const { ann, bob } = await people(t, "ann", "bob");
  const sha256 = await randomFile(join(ann.dir, "big.bin"), 24 * MIB);
  await writeTree(ann.dir, { "t/a.txt": new TextEncoder().encode("a"), "t/empty": "folder" });
  const pair = await connect(
    { ann, bob },
    ["--no-chat", "--json", "-m", "hi Bob", "big.bin", "t"],
    ["--no-chat", "--json", "-y", "-m", "你好"],
  );
  expect(await exits(pair, 45_000)).toEqual([0, 0]);
  return { ...pair, people: { ann, bob }, sha256 };
}

describe("a session with messages and files", () => {
  test("validates on both sides, and tells everything once and in order", async (t) => {
    const { ann, bob, people: persons, sha256 } = await fullSession(t);
    expect([...complaints(ann), ...complaints(bob)]).toEqual([]);
    for (const side of [ann, bob]) {
      for (const { time } of side.events) expect(time).toMatch(RFC3339_MS);
      const times = side.events.map(({ time }) => time);
      expect(times).toEqual(times.toSorted());
    }

    expect(names(ann).slice(0, 5)).toEqual(["local-file", "waiting", "peer-file", "connecting", "connected"]);
    expect(names(bob).slice(0, 4)).toEqual(["waiting", "peer-file", "local-file", "waiting"]);
    const [annFile, bobFile] = [ann.eventsOf("local-file")[0], bob.eventsOf("local-file")[0]];
    expect(annFile).toMatchObject({ type: "offer", revision: 1 });
    expect(resolve(persons.ann.dir, annFile?.path ?? "")).toBe(join(persons.ann.dir, OWN_FILE));
    expect(bobFile).toMatchObject({ type: "answer", revision: 1 });
    expect(ann.eventsOf("waiting")).toMatchObject([{ for: "file" }]);
    expect(bob.eventsOf("waiting").map((event) => event.for)).toEqual(["file", "connection"]);
    expect(ann.eventsOf("peer-file")).toMatchObject([{ type: "answer", id: bobFile?.id }]);
    expect(bob.eventsOf("peer-file")).toMatchObject([{ type: "offer", id: annFile?.id }]);
    expect(ann.eventsOf("peer-file")[0]?.path.endsWith(PEER_FILE)).toBe(true);

    const address = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
    for (const [side, role] of [
      [ann, "offer"],
      [bob, "answer"],
    ] as const) {
      expect(side.eventsOf("connected")).toMatchObject([
        { role, pair: { protocol: "udp", local: address, remote: address }, rttMs: expect.any(Number) },
      ]);
      expect(side.events.at(-1)).toMatchObject({ event: "closed", exit: 0 });
      expect(side.eventsOf("closed")).toHaveLength(1);
    }
    expect(ann.eventsOf("message").toSorted((a, b) => a.from.localeCompare(b.from))).toMatchObject([
      { from: "me", text: "hi Bob" },
      { from: "peer", text: "你好" },
    ]);

    const total = 24 * MIB + 1;
    expect(ann.eventsOf("offered")).toMatchObject([{ files: 2, bytes: total }]);
    expect(bob.eventsOf("incoming")).toMatchObject([{ files: 2, bytes: total }]);
    expect(bob.eventsOf("incoming")[0]?.entries).toEqual(
      expect.arrayContaining([
        { path: "big.bin", bytes: 24 * MIB, type: "file" },
        { path: "t/empty", bytes: 0, type: "directory" },
        { path: "t/a.txt", bytes: 1, type: "file" },
      ]),
    );
    for (const [side, direction] of [
      [ann, "send"],
      [bob, "receive"],
    ] as const) {
      expect(side.eventsOf("accepted")).toMatchObject([{ direction, resumedFrom: 0 }]);
      expect(side.eventsOf("transfer-done")).toMatchObject([{ direction, files: 2, bytes: total }]);
      const done = side.eventsOf("file-done").find(({ path }) => path.endsWith("big.bin"));
      expect(done).toMatchObject({ direction, bytes: 24 * MIB, sha256 });
      const person = side === ann ? persons.ann : persons.bob;
      expect(done?.path).toBe(join(person.dir, "big.bin"));
    }
  });

  test("progress is cumulative, in whole bytes, at most 4 a second, and a last one precedes transfer-done", async (t) => {
    const { ann, bob } = await fullSession(t);
    for (const side of [ann, bob]) {
      const progress = side.eventsOf("progress");
      const bytes = progress.map((event) => event.bytes);
      expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
      expect(bytes.every((count) => Number.isSafeInteger(count))).toBe(true);
      expect(progress.every(({ total }) => total === 24 * MIB + 1)).toBe(true);
      const done = names(side).indexOf("transfer-done");
      const last = names(side).lastIndexOf("progress");
      expect(last).toBeGreaterThan(-1);
      expect(last).toBeLessThan(done);
      expect(progress.at(-1)?.bytes).toBe(24 * MIB + 1);
      // All but the last one, which is owed at the end, keep their distance; timers may be a little early.
      const times = progress.slice(0, -1).map(({ time }) => Date.parse(time));
      for (let i = 4; i < times.length; i += 1) expect((times[i] ?? 0) - (times[i - 4] ?? 0)).toBeGreaterThan(950);
    }
  });
});

describe("other sessions validate, too", () => {
  test("a declined transfer", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await randomFile(join(ann.dir, "one.bin"), 1000);
    const pair = await connect({ ann, bob }, ["--no-chat", "--json", "one.bin"], ["--no-chat", "--json"]);
    expect(await exits(pair)).toEqual([7, 0]);
    expect([...complaints(pair.ann), ...complaints(pair.bob)]).toEqual([]);
    expect(pair.ann.eventsOf("error")).toMatchObject([{ code: "PEER_DECLINED" }]);
    expect(pair.bob.eventsOf("error")).toEqual([]);
  });

  test("a wait in vain", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = { ann: offer(ann, ["--json", "--wait", "1s"]), bob: answer(bob, ["--json", "--wait", "1s"]) };
    expect(await exits(pair)).toEqual([6, 6]);
    expect([...complaints(pair.ann), ...complaints(pair.bob)]).toEqual([]);
    expect(names(pair.bob)).toEqual(["waiting", "error"]);
  });

  test("trouble before anything began is an error event, too", async (t) => {
    const { ann } = await people(t, "ann");
    const side = offer(ann, ["--json", "missing.bin"]);
    expect(await side.exit()).toBe(8);
    expect(complaints(side)).toEqual([]);
    expect(side.events).toMatchObject([{ event: "error", code: "PATH_MISSING" }]);
  });
});

test("the entries of an incoming transfer stop at the first 1,000", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const empty = new Uint8Array();
  await writeTree(ann.dir, Object.fromEntries(Array.from({ length: 1100 }, (_, i) => [`t/${i}`, empty])));
  const pair = await connect({ ann, bob }, ["--no-chat", "t"], ["--no-chat", "--json", "-y"]);
  expect(await exits(pair)).toEqual([0, 0]);
  const [incoming] = pair.bob.eventsOf("incoming");
  expect(incoming?.files).toBe(1100);
  expect(incoming?.entries).toHaveLength(1000);
  // The folder is an entry too.
  expect(incoming?.entriesLeftOut).toBe(101);
});
