import { describe, expect, test } from "vitest";
import { type EndingFacts, shouldEnd, worseExit } from "../../../src/control/ending.ts";

const done: EndingFacts = { myMode: "once", peerMode: "once", amDone: true, isPeerDone: true, hasTransfers: false };

describe("shouldEnd", () => {
  test.each<[string, Partial<EndingFacts>, boolean]>([
    ["both done", {}, true],
    ["the peer is not done", { isPeerDone: false }, false],
    ["we are not done", { amDone: false }, false],
    ["the peer has not said hello", { peerMode: undefined, isPeerDone: false }, false],
    ["the peer converses and nothing runs", { peerMode: "conversation", isPeerDone: false }, true],
    ["the peer converses and a transfer runs", { peerMode: "conversation", hasTransfers: true }, false],
    ["we converse", { myMode: "conversation" }, false],
  ])("%s", (_name, facts, expected) => {
    expect(shouldEnd({ ...done, ...facts })).toBe(expected);
  });
});

describe("worseExit", () => {
  test("130 > 1 > 5 > 8 > 4 > 3 > 7 > 0", () => {
    const order = [130, 1, 5, 8, 4, 3, 7, 0];
    for (const [index, worse] of order.entries()) {
      for (const better of order.slice(index)) {
        expect(worseExit(worse, better)).toBe(worse);
        expect(worseExit(better, worse)).toBe(worse);
      }
    }
  });
});
