// What a run in a shared folder tells, and what it reads.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodeEntry, entryName } from "../../../../../src/exchange/shared-entry.ts";
import { HOUR_MS, NOW_MS } from "../../../exchange/fixtures.ts";
import { makeTempFolder } from "../../../store/exchange/temp-folder.ts";
import { meetingsOfTwo } from "../meetings-of-two.ts";
import { openRun, published } from "./folder-runs.ts";

const SLOT = "1".repeat(32);
const ID = { kind: "offer", slot: SLOT } as const;

test("a state of the other side is told when it is another one", async () => {
  const { run, events } = await openRun(await makeTempFolder(), "offer");
  expect(run.state).toBeUndefined();
  for (const state of ["waiting", "waiting", "present", "waiting"] as const) run.tell(state);
  expect(events.map((event) => event.event === "carrier" && event.state)).toEqual(["waiting", "present", "waiting"]);
  expect(run.state).toBe("waiting");
});

test("an entry is read with its revision, and one that has not arrived completely not at all", async () => {
  const dir = await makeTempFolder();
  const { run } = await openRun(dir, "answer");
  const text = run.encodeOwn(ID, published("the offer", 3));
  await writeFile(join(dir, entryName(ID)), text.slice(0, -5));
  expect(await run.read(entryName(ID))).toBeUndefined();
  await writeFile(join(dir, entryName(ID)), text);
  expect(await run.read(entryName(ID))).toEqual({ revision: 3, bytes: new TextEncoder().encode("the offer") });
  expect(await run.read(entryName({ kind: "offer", slot: "2".repeat(32) }))).toBeUndefined();
});

test("a stranger in the place of the one person is told at a bounded rate", async () => {
  const dir = await makeTempFolder();
  const [meeting] = await meetingsOfTwo();
  const { run, troubles } = await openRun(dir, "answer", { meeting });
  const entry = { ...ID, by: "2".repeat(16), createdAtMs: NOW_MS, ...published("AAAA"), isForOne: true };
  await writeFile(join(dir, entryName(ID)), encodeEntry(entry));
  for (let count = 0; count < 20; count += 1) {
    expect(await run.read(entryName(ID))).toEqual({ revision: 1, bytes: undefined });
  }
  expect(troubles.map(({ code }) => code)).toEqual(Array(4).fill("FILE_NOT_RECOGNISED"));
});

test("copies of a sync service, what cannot be read and what has expired are no entries", async () => {
  const { run } = await openRun(await makeTempFolder(), "answer");
  const head = { ...ID, by: "2".repeat(16), revision: 1, createdAtMs: NOW_MS, expiresAtMs: NOW_MS + HOUR_MS };
  const good = { name: "good", id: { ...ID, isCopy: false }, head };
  const others = [
    { name: "copy", id: { ...ID, isCopy: true }, head },
    { name: "partial", id: { ...ID, isCopy: false }, head: undefined },
    { name: "temporary", id: undefined, head },
    // Clocks may differ, so what is over only just is still looked at.
    { name: "over", id: { ...ID, isCopy: false }, head: { ...head, expiresAtMs: NOW_MS - 24 * HOUR_MS } },
  ];
  expect(run.readable([...others, good])).toEqual([good]);
});
