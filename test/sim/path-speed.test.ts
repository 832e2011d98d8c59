// What one transfer makes of each path on which speed is judged: the part of the link that arrives, its first seconds, and
// the queue. Virtual time. docs/congestion-control.md quotes the table:
// P2P_TEST_LONG=1 P2P_SPEED_TABLE=1 npx vitest run --project sim test/sim/path-speed.test.ts
import { expect, test } from "vitest";
import { scaled } from "../support/scale.ts";
import {
  measureSpeed,
  measureStep,
  SPEED_ROWS,
  type SpeedResult,
  type SpeedRow,
  STEP_ROWS,
} from "../support/sim/speed-rows.ts";

const SEEDS = scaled([1], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
const FOR_MS = scaled(6_000, 20_000);
/** Long round trips need longer to show anything. */
const ROUND_TRIPS = 30;
/** A queue is shorter than this on average, in milliseconds, or than this part of a long round trip. */
const MOST_QUEUE_MS = 20;
const QUEUE_PART = 0.1;

/** The least part of what headers leave of the link that arrives. */
const FLOORS: Readonly<Record<string, number>> = {
  "50 ms, 0.1 %": 0.9,
  "50 ms, 1 %": 0.91,
  "80 ms, 5 %": 0.8,
  "100 ms, 1 % in bursts of 10": 0.85,
  "50 ms, 60 KB of queue": 0.91,
  "10 ms, 8 ms of jitter": 0.88,
  "20 ms, 1 % late by 1 to 20 packets": 0.95,
  "50 ms, 5 % late by 1 to 20 packets, 0.1 %": 0.9,
  "40 ms, 1 s of queue": 0.95,
  "30 ms, 300 Mbit/s, 0.1 %": 0.9,
  "600 ms, 0.5 %": 0.5,
  "220 ms, 3 % in bursts of 3": 0.5,
  "50 ms, 1 %, 1/50 for acknowledgements": 0.91,
};

test.each(SPEED_ROWS)("$name", (row) => {
  const forMs = Math.max(FOR_MS, ROUND_TRIPS * 2 * row.link.delayMs);
  const results = SEEDS.map((seed) => measureSpeed(row, { seed, forMs }));
  report(row.name, results);
  for (const result of results) {
    expect(result.utilisation).toBeGreaterThan(FLOORS[row.name] ?? 1);
    expect(result.queueMs).toBeLessThan(Math.max(MOST_QUEUE_MS, QUEUE_PART * 2 * row.link.delayMs));
    expect(result.sackShare).toBeLessThan(0.25);
    expect(result.timeouts).toBe(0);
  }
});

function rowOf(name: string): SpeedRow {
  const row = SPEED_ROWS.find((each) => each.name === name);
  if (row === undefined) throw new RangeError(`no row ${name}`);
  return row;
}

test.each([10, 14, 31, 38])(
  "start-up goes on when a small round loses a few packets too many by chance (seed %i)",
  (seed) => {
    expect(measureSpeed(rowOf("80 ms, 5 %"), { seed, forMs: 3_500 }).firstSeconds).toBeGreaterThan(0.6);
  },
);

test("start-up goes on when the sender stands still for a moment now and then", () => {
  const row = rowOf("30 ms, 300 Mbit/s, 0.1 %");
  const stalls = { everyMs: 300, leastMs: 10, mostMs: 40 };
  for (const seed of scaled([4], [1, 2, 3, 4, 5, 6, 7, 8])) {
    const { firstSeconds } = measureSpeed(row, { seed, forMs: 3_500, stalls });
    expect(firstSeconds).toBeGreaterThan(0.7);
  }
});

test.each([
  [12_000, 350],
  [18_000, 400],
  [8_000, 600],
])("a machine that handles only %i KB/s in the first %i ms soon uses the link", (rate, untilMs) => {
  const { link, ...row } = rowOf("30 ms, 300 Mbit/s, 0.1 %");
  const changes = [
    { atMs: 0.001, rate },
    { atMs: untilMs, rate: link.rate },
  ];
  const results = SEEDS.map((seed) => measureSpeed({ ...row, link: { ...link, changes } }, { seed, forMs: 3_001 }));
  report(`${row.name}, ${rate} KB/s in the first ${untilMs} ms`, results);
  for (const { firstSeconds } of results) expect(firstSeconds).toBeGreaterThan(0.7);
});

/** The smallest round trip is remembered for ten seconds: until then a longer one limits what is in flight. */
const SLOW_STEP = "50 to 150 ms";

test.each(STEP_ROWS)("three seconds after a step from $name the link is used", (row) => {
  for (const seed of scaled([4], [1, 2, 3, 4, 5])) {
    const { recovered, queueMs } = measureStep(row, seed);
    expect(recovered).toBeGreaterThan(row.name === SLOW_STEP ? 0.5 : 0.95);
    expect(queueMs).toBeLessThan(50);
  }
});

/** With P2P_SPEED_TABLE=1: means of all seeds. */
function report(name: string, results: readonly SpeedResult[]): void {
  if (process.env.P2P_SPEED_TABLE !== "1") return;
  const mean = (pick: (result: SpeedResult) => number) =>
    results.reduce((sum, result) => sum + pick(result), 0) / results.length;
  const cells = [
    mean(({ utilisation }) => utilisation).toFixed(3),
    mean(({ firstSeconds }) => firstSeconds).toFixed(3),
    mean(({ later }) => later).toFixed(3),
    mean(({ queueMs }) => queueMs).toFixed(1),
    (100 * mean(({ dropped }) => dropped)).toFixed(2),
    mean(({ sackShare }) => sackShare).toFixed(2),
  ];
  console.info(`| ${name} | ${cells.join(" | ")} |`);
}
