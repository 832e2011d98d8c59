// The gains of BBR's states, and when the next probe for bandwidth is due.
import { expect, test } from "vitest";
import { CWND_GAINS, isProbeBw, PACING_GAINS, ProbeClock } from "../../../../../src/sctp/tx/congestion/bbr-cycle.ts";
import type { BbrModel } from "../../../../../src/sctp/tx/congestion/bbr-model.ts";

const model = { packetBytes: 1_200, roundCount: 0, rtt: { minMs: 50 } };

test("only start-up and the probe upwards send faster than the path delivers, and only drains slower", () => {
  const faster = Object.entries(PACING_GAINS).filter(([, gain]) => gain > 1);
  const slower = Object.entries(PACING_GAINS).filter(([, gain]) => gain < 1);
  expect(faster.map(([state]) => state)).toEqual(["startup", "probe-bw-up"]);
  expect(slower.map(([state]) => state)).toEqual(["drain", "probe-bw-down"]);
  expect(Math.min(...Object.values(CWND_GAINS))).toBe(CWND_GAINS["probe-rtt"]);
});

test("four states probe for bandwidth", () => {
  const states = Object.keys(PACING_GAINS) as (keyof typeof PACING_GAINS)[];
  expect(states.filter(isProbeBw).every((state) => state.startsWith("probe-bw-"))).toBe(true);
  expect(states.filter(isProbeBw)).toHaveLength(4);
});

test.each([
  [0, 2_000],
  [0.999, 2_999],
])("with the random number %d a probe is due after %i ms", (random, ms) => {
  const clock = new ProbeClock(model as BbrModel, () => random);
  clock.restart(500, false);
  expect(clock.isDue(500 + ms, 1e9)).toBe(false);
  expect(clock.isDue(500 + ms + 1, 1e9)).toBe(true);
});

test("on a small path it is due after as many rounds as Reno would need", () => {
  const rounds = { ...model };
  const clock = new ProbeClock(rounds as BbrModel, () => 0);
  clock.restart(0, false);
  rounds.roundCount = 9;
  expect(clock.isDue(1, 10 * 1_200)).toBe(false);
  rounds.roundCount = 10;
  expect(clock.isDue(1, 10 * 1_200)).toBe(true);
});

test.each([
  [100, 8],
  [101, 63],
])("the first one after start-up is due after fewer rounds where a round trip takes %i ms: %i", (minMs, count) => {
  const rounds = { ...model, rtt: { minMs } };
  const clock = new ProbeClock(rounds as BbrModel, () => 0);
  clock.restart(0, true);
  rounds.roundCount = count - 1;
  expect(clock.isDue(1, 1e9)).toBe(false);
  rounds.roundCount = count;
  expect(clock.isDue(1, 1e9)).toBe(true);
  clock.restart(0, false);
  rounds.roundCount = 2 * count;
  expect(clock.isDue(1, 1e9)).toBe(count === 63);
});
