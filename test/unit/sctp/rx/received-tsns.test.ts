// Which TSNs have arrived, against a plain set.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReceivedTsns } from "../../../../src/sctp/rx/received-tsns.ts";
import { addTsn, firstTsn, type Tsn } from "../../../../src/sctp/serial.ts";
import { scaled } from "../../../support/scale.ts";

const SPAN = 65_536;

class Model {
  readonly all = new Set<number>();
  cumulative: number;

  constructor(before: number) {
    this.cumulative = before;
  }

  add(tsn: number): void {
    this.all.add(tsn);
    while (this.all.has(this.cumulative + 1)) this.cumulative += 1;
  }

  skipTo(tsn: number): void {
    for (let at = this.cumulative + 1; at <= tsn; at += 1) this.all.add(at);
    this.add(Math.max(tsn, this.cumulative));
  }

  gaps(): number[] {
    const beyond = [...this.all].filter((tsn) => tsn > this.cumulative).toSorted((a, b) => a - b);
    const pairs: number[] = [];
    for (const tsn of beyond) {
      const offset = tsn - this.cumulative;
      if (pairs.at(-1) === offset - 1) pairs[pairs.length - 1] = offset;
      else pairs.push(offset, offset);
    }
    return pairs;
  }
}

function gapsOf(received: ReceivedTsns, maxCount = 2_000): number[] {
  const into = new Uint16Array(2 * maxCount);
  return [...into.subarray(0, 2 * received.collectGaps(into, maxCount))];
}

const anyStep = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("add" as const), offset: fc.integer({ min: -5, max: 40 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("add" as const), offset: fc.integer({ min: 0, max: SPAN + 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("skip" as const), offset: fc.integer({ min: -5, max: 60 }) }) },
);

describe("received TSNs", () => {
  test("are what a set would say, over the wrap of the wire too", () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 200 }), fc.constantFrom(1, 2 ** 32 - 60), (steps, first) => {
        const before = addTsn(firstTsn(first), -1);
        const received = new ReceivedTsns(before);
        const model = new Model(before);
        for (const { kind, offset } of steps) {
          const tsn = (model.cumulative + offset) as Tsn;
          if (kind === "skip") {
            received.skipTo(tsn);
            model.skipTo(tsn);
          } else {
            const isKnown = tsn <= model.cumulative || model.all.has(tsn);
            expect(received.has(tsn)).toBe(isKnown);
            expect(received.isBeyondSpan(tsn)).toBe(offset >= SPAN);
            if (isKnown || received.isBeyondSpan(tsn)) continue;
            received.add(tsn);
            model.add(tsn);
          }
          expect(received.cumulative).toBe(model.cumulative);
          expect(gapsOf(received)).toEqual(model.gaps());
          const beyond = [...model.all].filter((one) => one > model.cumulative + 3).toSorted((one, two) => one - two);
          const [next] = beyond;
          const after = (model.cumulative + 3) as Tsn;
          expect(received.nextBeyond(after, (after + SPAN) as Tsn)).toBe(next);
          expect(received.nextBeyond(after, ((next ?? after + 2) - 1) as Tsn)).toBeUndefined();
          expect(received.hasGaps).toBe(model.gaps().length > 0);
        }
      }),
      { numRuns: scaled(150, 5_000) },
    );
  });

  test("gaps are cut, lowest first, and reach as far as 16 bits", () => {
    const received = new ReceivedTsns(0 as Tsn);
    for (const tsn of [2, 4, 65_535]) received.add(tsn as Tsn);
    expect(gapsOf(received, 1)).toEqual([2, 2]);
    expect(gapsOf(received)).toEqual([2, 2, 4, 4, 65_535, 65_535]);
    expect([received.isBeyondSpan(65_535 as Tsn), received.isBeyondSpan(65_536 as Tsn)]).toEqual([false, true]);
  });

  test("duplicates are reported up to twenty", () => {
    const received = new ReceivedTsns(firstTsn(2 ** 32 - 1));
    for (let tsn = 0; tsn < 50; tsn += 1) received.noteDuplicate(firstTsn(tsn));
    expect(received.duplicateCount).toBe(20);
    expect([...received.duplicates]).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });
});
