import { expect, test } from "vitest";
import type { OwnDocument } from "../../../src/exchange/description.ts";
import { peerFileEvents } from "../../../src/pairing/peer-file-events.ts";
import { answer, carried, foreign, offer, OFFER_ID, p2pKey } from "../exchange/fixtures.ts";

const PATH = "/box/theirs.json";
/** A line that has accepted nothing yet, and whose clock agrees with the other side's. */
const FIRST = { clockDifference: () => undefined, isOtherAnswer: () => false };

function eventsOf(
  document: OwnDocument,
  judgement: Parameters<typeof peerFileEvents>[1] = FIRST,
  kinds: string[] = [],
) {
  return peerFileEvents({ document: carried(document), path: PATH }, judgement, kinds);
}

test("a document in order is told as what it is, with its id", () => {
  expect(eventsOf(offer())).toEqual([{ event: "peer-file", path: PATH, type: "offer", id: OFFER_ID }]);
});

test("one without our key has no id", () => {
  expect(eventsOf(foreign(answer()))).toEqual([{ event: "peer-file", path: PATH, type: "answer" }]);
});

test("a key of a later version, and a clock that differs, are told before it", () => {
  const { p2p = p2pKey(), description } = offer();
  const judgement = { ...FIRST, clockDifference: () => "later-than-now" as const };
  expect(eventsOf({ description, p2p: { ...p2p, version: 2 } }, judgement)).toEqual([
    { event: "newer-version", path: PATH, version: 2 },
    { event: "clocks-differ", path: PATH, createdAt: p2p.createdAt, how: "later-than-now" },
    { event: "peer-file", path: PATH, type: "offer", id: OFFER_ID },
  ]);
});

test("the answer of somebody else, and what may keep the line from being made, are told after it", () => {
  const judgement = { ...FIRST, isOtherAnswer: () => true };
  expect(eventsOf(answer({}, { candidates: [] }), judgement).slice(1)).toEqual([
    { event: "answer-replaced", path: PATH },
    { event: "peer-file-doubts", path: PATH, doubts: [{ doubt: "no-addresses" }] },
  ]);
});

test("a program without sound and picture is doubted only where this side has some", () => {
  const doubtsWith = (...kinds: string[]) => eventsOf(foreign(answer()), FIRST, kinds).slice(1);
  expect(doubtsWith()).toEqual([]);
  expect(doubtsWith("video")).toEqual([{ event: "peer-file-doubts", path: PATH, doubts: [{ doubt: "no-media" }] }]);
});
