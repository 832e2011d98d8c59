// Messages before their turn: the lowest number first, whatever the order, at the cost of a logarithm.
import { expect, test } from "vitest";
import { EarlyMessages } from "../../../../src/sctp/rx/early-messages.ts";
import type { Ssn } from "../../../../src/sctp/serial.ts";
import { seededRandom } from "../../../support/seeded-random.ts";

const COUNT = 5_000;

/** The numbers in some order. */
const orders: Record<string, (numbers: number[]) => number[]> = {
  ascending: (numbers) => numbers,
  descending: (numbers) => numbers.toReversed(),
  mixed: (numbers) => {
    const random = seededRandom(1);
    return numbers
      .map((number) => ({ number, key: random() }))
      .toSorted((a, b) => a.key - b.key)
      .map(({ number }) => number);
  },
};

test.each(Object.entries(orders))("come out by number when they went in %s", (_name, order) => {
  const early = new EarlyMessages<string>();
  const numbers = Array.from({ length: COUNT }, (_, index) => 1_000_000 + index);
  for (const number of order(numbers)) early.add(number as Ssn, `m${number}`);
  expect([early.first, early.has(1_000_000 as Ssn), early.has(999_999 as Ssn)]).toEqual([1_000_000, true, false]);
  expect([...early.all]).toHaveLength(COUNT);
  const out = numbers.map(() => early.takeFirst());
  expect(out).toEqual(numbers.map((number) => `m${number}`));
  expect([early.first, early.takeFirst(), [...early.all]]).toEqual([undefined, undefined, []]);
  expect(early.steps).toBeLessThan(4 * COUNT * Math.ceil(Math.log2(COUNT)));
});
