// How many people `p2p` connects, as far as what is published about networks tells: pairs drawn from it go through the
// path machine. docs/networks.md has the two tables of the long run, which this test makes and compares.
import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { isLong, scaled } from "../support/scale.ts";
import { drawPair, NAT_SHARES, NETWORK_SHARES } from "../support/sim/population.ts";
import {
  isConnected,
  MEANS,
  type MeansName,
  meetByAll,
  type Outcomes,
  outcomesOf,
  share,
  tableOfKinds,
  tableOfMeans,
} from "../support/sim/population-tables.ts";

const PAIRS = scaled(2_000, 100_000);
const NAMES: readonly MeansName[] = scaled<readonly MeansName[]>(
  ["STUN only", "and both, as `p2p` does", "and a relay of each side"],
  Object.keys(MEANS) as MeansName[],
);
/** Four standard deviations of a share of 2,000 pairs, in per cent: 4 · √(0.5 · 0.5 / 2,000) = 4.5. */
const SAMPLING_ERROR = 4.5;
/** Vitest wants to hear of its worker now and then. */
const PAIRS_AT_A_TIME = 500;

const page = readFileSync(new URL("../../docs/networks.md", import.meta.url), "utf8");
const all: Outcomes[] = [];

beforeAll(
  async () => {
    for (let seed = 1; seed <= PAIRS; seed += 1) {
      all.push(meetByAll(drawPair(seed), NAMES));
      if (seed % PAIRS_AT_A_TIME === 0) await setImmediate();
    }
  },
  scaled(60_000, 3_600_000),
);

/** The share that the page has in its first column of figures. */
function printedShare(name: MeansName): number {
  const cell = page
    .split("\n")
    .find((line) => line.startsWith(`| ${name} |`))
    ?.split("|")[2];
  return Number(cell ?? Number.NaN);
}

test("the shares add up", () => {
  for (const shares of [NETWORK_SHARES, ...Object.values(NAT_SHARES)]) {
    expect(shares.reduce((sum, [, one]) => sum + one, 0)).toBeCloseTo(1, 9);
  }
});

test.each(NAMES)("docs/networks.md says how many connect: %s", (name) => {
  const found = share(outcomesOf(all, name), isConnected);
  expect(Math.abs(found - printedShare(name))).toBeLessThan(isLong ? 0.051 : SAMPLING_ERROR);
});

test("who connects with less connects with more", () => {
  const poorer = all.filter((outcomes) => {
    const [less, more, most] = (["STUN only", "and both, as `p2p` does", "and a relay of each side"] as const).map(
      (name) => outcomes[name]?.isConnected === true,
    );
    return (less === true && more !== true) || (more === true && most !== true);
  });
  expect(poorer).toEqual([]);
});

test("with a relay of each side everybody connects, within the time that is promised", () => {
  const outcomes = outcomesOf(all, "and a relay of each side");
  expect(outcomes).toHaveLength(PAIRS);
  expect(outcomes.filter((outcome) => !outcome.isConnected || outcome.ms > 5_000)).toEqual([]);
});

if (isLong) {
  test("docs/networks.md has the tables of the long run", () => {
    const tables = [tableOfMeans(all), tableOfKinds(all)].map((lines) => lines.join("\n"));
    console.log(tables.join("\n\n"));
    for (const table of tables) expect(page).toContain(table);
  });
}
