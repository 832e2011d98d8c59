// The search for the steps that undo damage takes linear time, whatever the text is.
import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_DOCUMENT_BYTES } from "../../../../src/exchange/limits.ts";
import { firstSignOf, mayHoldDocument } from "../../../../src/exchange/repair/repairs.ts";
import { cpuMs } from "../../../support/cpu-time.ts";
import { MAX_TEXTS, textsOf, UNITS } from "./damage-signs.ts";

/** Thirty times what the slowest takes on a quiet machine; a quadratic search takes minutes. */
const MAX_SEARCH_MS = 6_000;

test.each(UNITS)("a text of nothing but %j is searched in linear time", (unit) => {
  for (const begin of ["", '{"sdp":"', "{\\rtf1 candidate "]) {
    const text = (begin + unit.repeat(MAX_DOCUMENT_BYTES / unit.length)).slice(0, MAX_DOCUMENT_BYTES);
    const started = process.cpuUsage();
    expect(textsOf(text)).toBeLessThanOrEqual(MAX_TEXTS);
    firstSignOf(text);
    mayHoldDocument(text);
    expect(cpuMs(started), JSON.stringify(begin)).toBeLessThan(MAX_SEARCH_MS);
  }
});

function leastMs(work: () => void): number {
  const times = Array.from({ length: 7 }, () => {
    const started = process.cpuUsage();
    work();
    return cpuMs(started);
  });
  return Math.min(...times);
}

test("runs that are a little too short to be a sign cost no more than other text, not their length for each character", () => {
  const ofLength = (unit: string): string => unit.repeat(Math.ceil(MAX_DOCUMENT_BYTES / unit.length));
  const numbers = ofLength(`${"111        ".repeat(69)}x`);
  expect(mayHoldDocument(numbers)).toBe(false);
  expect(leastMs(() => mayHoldDocument(numbers))).toBeLessThan(8 * leastMs(() => mayHoldDocument(ofLength("1 x"))));
});

/** The same signs, looked for at every place. */
const RUNS = [/[A-Za-z0-9+/_-]{64}/, /[0-9A-F]{60}/i, /(?:[0-9A-F]{2}[\s:-]){70}/i, /(?:\d{1,3}[\s,]{1,8}){70}/];

test("a run is found wherever it begins", () => {
  const pieces = fc.constantFrom("1", "12", "123", "1234", "A", "AB", "g", " ", ",", ":", "-", "  ", "         ", "!");
  const runs = fc
    .tuple(fc.array(pieces, { minLength: 1, maxLength: 4 }), fc.integer({ min: 0, max: 90 }))
    .map(([unit, count]) => unit.join("").repeat(count));
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, runs), { maxLength: 6 }), (parts) => {
      // Digits at the begin of a line are a sign by themselves.
      const text = `!${parts.join("")}`;
      expect(mayHoldDocument(text)).toBe(RUNS.some((run) => run.test(text)));
    }),
    { numRuns: 2_000 },
  );
});
