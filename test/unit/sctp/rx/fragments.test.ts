// Reassembly against a model that knows all messages, whatever the order in which their fragments arrive.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataFlag } from "../../../../src/sctp/packet/chunk-types.ts";
import { type Fragment, Fragments } from "../../../../src/sctp/rx/fragments.ts";
import type { Tsn } from "../../../../src/sctp/serial.ts";
import { scaled } from "../../../support/scale.ts";

const { BEGINNING, ENDING, UNORDERED } = DataFlag;
const FIRST = 2 ** 33 - 5;

function fragmentOf(tsn: number, flags: number, change: Partial<Fragment> = {}): Fragment {
  const data = Uint8Array.of(tsn & 0xff);
  return { tsn: tsn as Tsn, flags, streamId: 0, ssn: 0, ppid: 53, data, otherEnd: tsn as Tsn, runBytes: 1, ...change };
}

/** Messages with so many fragments each, one behind the other. */
function fragmentsOf(sizes: readonly { count: number; isUnordered: boolean }[]): Fragment[][] {
  let tsn = FIRST;
  return sizes.map(({ count, isUnordered }, ssn) =>
    Array.from({ length: count }, (_, index) => {
      const flags = (index === 0 ? BEGINNING : 0) | (index === count - 1 ? ENDING : 0) | (isUnordered ? UNORDERED : 0);
      return fragmentOf(tsn++, flags, { ssn: isUnordered ? 0 : ssn & 0xffff });
    }),
  );
}

const anySizes = fc.array(fc.record({ count: fc.integer({ min: 1, max: 9 }), isUnordered: fc.boolean() }), {
  minLength: 1,
  maxLength: 20,
});

describe("fragments", () => {
  test("in any order make whole messages, each when its last one is there, and none contradicts", () => {
    fc.assert(
      fc.property(
        anySizes.chain((sizes) => {
          const messages = fragmentsOf(sizes);
          return fc.tuple(
            fc.constant(messages),
            fc.shuffledSubarray(messages.flat(), { minLength: messages.flat().length }),
          );
        }),
        ([messages, arrivals]) => {
          const fragments = new Fragments();
          const arrived = new Set<number>();
          for (const fragment of arrivals) {
            const { tsn } = fragment;
            const hasLeft = tsn === FIRST || arrived.has(tsn - 1);
            expect(fragments.contradicts(fragment, hasLeft, arrived.has(tsn + 1))).toBe(false);
            arrived.add(tsn);
            const message = messages.find((one) => one.includes(fragment)) ?? [];
            const isLast = message.every((one) => arrived.has(one.tsn));
            const whole = fragments.add(fragment);
            expect(whole?.map((one) => one.tsn)).toEqual(isLast ? message.map((one) => one.tsn) : undefined);
            if (isLast) expect(fragments.lastRunBytes).toBe(message.length);
          }
          expect(fragments.count).toBe(0);
        },
      ),
      { numRuns: scaled(200, 5_000) },
    );
  });

  test("discarded are gone, with the rest of a message that began there", () => {
    const fragments = new Fragments();
    const [message = [], other = []] = fragmentsOf([
      { count: 5, isUnordered: false },
      { count: 2, isUnordered: false },
    ]);
    for (const index of [0, 1, 3]) fragments.add(message[index] as Fragment);
    fragments.add(other[0] as Fragment);
    expect([0, 1, 2].map((index) => fragments.discard((FIRST + index) as Tsn))).toEqual([1, 1, 0]);
    expect(fragments.discardRest((FIRST + 3) as Tsn)).toEqual({ bytes: 1, openEnd: FIRST + 3 });
    expect(fragments.count).toBe(1);
    expect(fragments.add(other[1] as Fragment)).toHaveLength(2);
  });

  test("a run is discarded whole by its end", () => {
    const fragments = new Fragments();
    const [message = []] = fragmentsOf([{ count: 5, isUnordered: false }]);
    for (const index of [0, 2, 1]) fragments.add(message[index] as Fragment);
    expect(fragments.discardRunTo((FIRST + 3) as Tsn)).toBe(0);
    expect([fragments.discardRunTo((FIRST + 2) as Tsn), fragments.count]).toEqual([3, 0]);
  });

  test("a rest that is all there ends with its message", () => {
    const fragments = new Fragments();
    const [message = []] = fragmentsOf([{ count: 3, isUnordered: true }]);
    fragments.add(message[1] as Fragment);
    fragments.add(message[2] as Fragment);
    expect(fragments.discardRest((FIRST + 1) as Tsn)).toEqual({ bytes: 2, openEnd: undefined });
    expect(fragments.discardRest((FIRST + 1) as Tsn)).toEqual({ bytes: 0, openEnd: FIRST });
  });

  test("the stream number of unordered ones says nothing", () => {
    const fragments = new Fragments();
    fragments.add(fragmentOf(1, BEGINNING | UNORDERED, { ssn: 3 }));
    expect(fragments.add(fragmentOf(2, ENDING | UNORDERED, { ssn: 4 }))).toHaveLength(2);
  });
});

describe("a contradiction", () => {
  const open = fragmentOf(10, BEGINNING);
  const cases: [string, Fragment[], Fragment, boolean, boolean][] = [
    ["a beginning inside of a message", [open], fragmentOf(11, BEGINNING), true, false],
    ["another stream inside of a message", [open], fragmentOf(11, 0, { streamId: 1 }), true, false],
    ["another number inside of a message", [open], fragmentOf(11, 0, { ssn: 1 }), true, false],
    ["another order inside of a message", [open], fragmentOf(11, UNORDERED), true, false],
    ["a continuation of nothing", [], fragmentOf(11, 0), true, false],
    ["a beginning without end before a beginning", [fragmentOf(12, BEGINNING)], fragmentOf(11, BEGINNING), false, true],
    ["an end before a continuation", [fragmentOf(12, 0)], fragmentOf(11, ENDING), false, true],
    ["a beginning without end before a whole message", [], fragmentOf(11, BEGINNING), false, true],
  ];

  test.each(cases)("is %s", (_, stored, fragment, hasLeft, hasRight) => {
    const fragments = new Fragments();
    for (const one of stored) fragments.add({ ...one });
    expect(fragments.contradicts(fragment, hasLeft, hasRight)).toBe(true);
    expect(fragments.contradicts(fragment, false, false)).toBe(false);
  });
});
