import { describe, expect, test } from "vitest";
import { SIGNAL_EXITS } from "../../../src/cli/exit-codes.ts";
import { EXIT_PRECEDENCE, type EndingFacts, shouldEnd, worseExit } from "../../../src/control/ending.ts";
import { ERROR_CODES } from "../../../src/lib/errors/codes.ts";

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
  test("knows every exit code that an error or a signal has", () => {
    const known = [...Object.values(ERROR_CODES).map(({ exit }) => exit), ...Object.values(SIGNAL_EXITS), 0, 1, 2];
    for (const exit of known) expect(EXIT_PRECEDENCE).toContain(exit);
  });

  test("130 > 143 > 129 > 1 > 2 > 5 > 8 > 6 > 4 > 3 > 7 > 0, for every pair in either order", () => {
    const order = [130, 143, 129, 1, 2, 5, 8, 6, 4, 3, 7, 0];
    for (const [index, worse] of order.entries()) {
      for (const better of order.slice(index)) {
        expect(worseExit(worse, better)).toBe(worse);
        expect(worseExit(better, worse)).toBe(worse);
      }
    }
  });

  test("keeps the first of two that it does not know", () => {
    expect([worseExit(98, 99), worseExit(99, 98)]).toEqual([98, 99]);
  });

  test("hides neither a signal nor a bug behind a code that it does not know, and success never does", () => {
    for (const known of [130, 143, 129, 1]) {
      expect(worseExit(known, 99)).toBe(known);
      expect(worseExit(99, known)).toBe(known);
    }
    for (const known of [2, 5, 8, 6, 4, 3, 7, 0]) {
      expect(worseExit(known, 99)).toBe(99);
      expect(worseExit(99, known)).toBe(99);
    }
  });
});
