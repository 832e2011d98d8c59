// Each side of a shared folder by itself: what it makes of what lies there.
import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { AnsweringSide } from "../../../../../src/pairing/carriers/shared-folder/answering-side.ts";
import type { FolderRun, FolderSide } from "../../../../../src/pairing/carriers/shared-folder/folder-run.ts";
import { OfferingSide } from "../../../../../src/pairing/carriers/shared-folder/offering-side.ts";
import { OwnEntries } from "../../../../../src/pairing/carriers/shared-folder/own-entries.ts";
import { makeTempFolder } from "../../../store/exchange/temp-folder.ts";
import { openRun, published } from "./folder-runs.ts";
import { kindsIn } from "./shared-folder-side.ts";

/** @returns the text that a side brings for what lies in the folder now */
async function textFor(side: FolderSide, run: FolderRun, own: OwnEntries): Promise<string | undefined> {
  const text = await side.nextText(await run.place.look(own.slot));
  return text && new TextDecoder().decode(text.bytes);
}

test("an answering side has a slot for its answer while it claims an offer", async () => {
  const dir = await makeTempFolder();
  const time = { ms: 0 };
  const offering = new OwnEntries((await openRun(dir, "offer", { time })).run);
  const { run, events } = await openRun(dir, "answer", { time });
  const own = new OwnEntries(run);
  const side = new AnsweringSide(run, own);
  expect([await textFor(side, run, own), side.hasSlot]).toEqual([undefined, false]);
  await offering.publish(published("the offer"), () => true);
  expect([await textFor(side, run, own), side.hasSlot]).toEqual(["the offer", true]);
  expect([await textFor(side, run, own), own.slot]).toEqual([undefined, offering.slot]);
  await offering.publish(published("a newer offer", 2), () => true);
  expect(await textFor(side, run, own)).toBe("a newer offer");
  await rm(offering.path);
  expect([await textFor(side, run, own), side.hasSlot]).toEqual([undefined, true]);
  time.ms += 5_000;
  expect([await textFor(side, run, own), side.hasSlot]).toEqual([undefined, false]);
  expect(await kindsIn(dir)).toEqual([]);
  expect(events.map((event) => event.event === "carrier" && event.state)).toEqual([
    "waiting",
    "present",
    "lost",
    "waiting",
  ]);
});

test("an offering side hands over a document once, under however many names and revisions it lies there", async () => {
  const dir = await makeTempFolder();
  const { run } = await openRun(dir, "offer");
  const own = new OwnEntries(run);
  const side = new OfferingSide(run, own);
  await own.publish(published("the offer"), () => true);
  for (const document of ["the answer", "the answer", "another answer"]) {
    const { run: other } = await openRun(dir, "answer");
    const id = { kind: "answer", slot: own.slot, by: other.by } as const;
    const name = `p2p-${own.slot}-answer-${other.by}.json`;
    await run.place.write(name, other.encodeOwn(id, published(document)));
  }
  const texts = [];
  for (let look = 0; look < 5; look += 1) texts.push(await textFor(side, run, own));
  expect(texts.filter((text) => text !== undefined).sort()).toEqual(["another answer", "the answer"]);
});
