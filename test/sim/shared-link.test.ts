// Two associations of ours on one bottleneck, pair by pair: a mean over many pairs hides that single ones are unfair.
// docs/congestion-control.md quotes the table of the long run:
// P2P_TEST_LONG=1 P2P_CONGESTION_TABLE=1 npx vitest run --project sim test/sim/shared-link.test.ts
import { expect, test } from "vitest";
import { createBbr } from "../../src/sctp/tx/congestion/bbr.ts";
import { CongestionLink, type LinkOptions } from "../support/congestion-link.ts";
import { noiseOfHosts } from "../support/host-noise.ts";
import { scaled } from "../support/scale.ts";

const SEEDS = Array.from({ length: scaled(3, 40) }, (_, index) => index + 1);
/** From the start of the second on. */
const SETTLED_MS = 20_000;
const END_MS = 40_000;
const PART_MS = 5_000;
/** 60 to 40. */
const MOST_SHARE = 0.6;
/** Of the pairs, and of all parts of `PART_MS`. */
const LEAST_FAIR = 0.95;
const LEAST_FAIR_PARTS = 0.8;
const MOST_QUEUE_MS = 20;
/** Part of what the link could carry that both together do. */
const LEAST_CARRIED = 0.94;

interface Row extends Pick<LinkOptions, "rate" | "rttMs" | "queueBytes" | "lossRate"> {
  name: string;
  /** The second starts so much later. */
  laterMs: number;
  /** The round trip of the second is so much longer. */
  fartherMs?: number;
  /** Their machines take time to get round to what has come. */
  isNoisy?: boolean;
  /** What is even enough there, and how many pairs, and parts of their time, are. */
  mostShare?: number;
  leastFair?: number;
  leastFairParts?: number;
}

const FAST = { rate: 12_500, rttMs: 50, queueBytes: 600_000, laterMs: 2000 };
/** Noise that lasts looks like a queue to one of them and not to the other. */
const BUSY = { ...FAST, isNoisy: true, leastFair: 0.75, leastFairParts: 0.6 };

const ROWS: readonly Row[] = [
  { name: "12.5 MB/s, 50 ms, 600 KB of queue", ...FAST },
  { name: "the same, both at once", ...FAST, laterMs: 0 },
  { name: "the same, 5 s later", ...FAST, laterMs: 5000 },
  { name: "the same, 1 % of loss", ...FAST, lossRate: 0.01 },
  { name: "the same, 60 KB of queue", ...FAST, queueBytes: 60_000 },
  { name: "the same, 150 KB of queue", ...FAST, queueBytes: 150_000 },
  { name: "30 ms, 600 KB", ...FAST, rttMs: 30 },
  { name: "80 ms, 600 KB", ...FAST, rttMs: 80 },
  { name: "80 ms, 100 KB", ...FAST, rttMs: 80, queueBytes: 100_000 },
  { name: "2.5 MB/s, 40 ms, 100 KB", ...FAST, rate: 2500, rttMs: 40, queueBytes: 100_000 },
  { name: "37.5 MB/s, 30 ms, 1 MB", ...FAST, rate: 37_500, rttMs: 30, queueBytes: 1_000_000 },
  { name: "10 ms beside 80 ms, 600 KB", ...FAST, rttMs: 10, fartherMs: 70, mostShare: 0.75 },
  { name: "50 ms, 600 KB, busy machines", ...BUSY },
  { name: "the same, 60 KB of queue", ...BUSY, queueBytes: 60_000 },
  { name: "the same, 30 ms", ...BUSY, rttMs: 30 },
  { name: "the same, 37.5 MB/s, 30 ms", ...BUSY, rate: 37_500, rttMs: 30, queueBytes: 1_000_000 },
];

interface Pair {
  /** Of the one that has more. */
  share: number;
  /** The same in each part of the time. */
  parts: number[];
  carried: number;
  queueMs: number;
}

function runPair({ laterMs, fartherMs = 0, isNoisy = false, ...row }: Row, seed: number): Pair {
  const { rate, rttMs, queueBytes, lossRate = 0 } = row;
  const flows = [
    { create: createBbr, ...(isNoisy && { noise: noiseOfHosts(seed) }) },
    { create: createBbr, startMs: laterMs, extraRttMs: fartherMs, ...(isNoisy && { noise: noiseOfHosts(-seed) }) },
  ];
  const simulated = new CongestionLink({ rate, rttMs, queueBytes, lossRate, seed, flows }).run(laterMs + END_MS);
  const shareOf = (fromMs: number, toMs: number): number => {
    const [first = 0, second = 0] = simulated.flows.map((flow) => flow.goodput(fromMs, toMs));
    return Math.max(first, second) / (first + second);
  };
  const fromMs = laterMs + SETTLED_MS;
  const toMs = laterMs + END_MS;
  const parts = Array.from({ length: (END_MS - SETTLED_MS) / PART_MS }, (_, index) =>
    shareOf(fromMs + index * PART_MS, fromMs + (index + 1) * PART_MS),
  );
  const goodput = simulated.flows.reduce((sum, flow) => sum + flow.goodput(fromMs, toMs), 0);
  const carried = goodput / simulated.capacity(fromMs, toMs);
  return { share: shareOf(fromMs, toMs), parts, carried, queueMs: simulated.meanQueueMs(fromMs, toMs) };
}

function partWithin(shares: readonly number[], mostShare: number): number {
  return shares.filter((share) => share <= mostShare).length / shares.length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test.each(ROWS)("two are within 60 to 40 after 20 s: $name", { timeout: scaled(180_000, 900_000) }, (row) => {
  const pairs = SEEDS.map((seed) => runPair(row, seed));
  const { mostShare = MOST_SHARE } = row;
  const shares = pairs.map((pair) => pair.share);
  const parts = pairs.flatMap((pair) => pair.parts);
  const carried = mean(pairs.map((pair) => pair.carried));
  const queueMs = mean(pairs.map((pair) => pair.queueMs));
  if (process.env.P2P_CONGESTION_TABLE === "1") {
    const ordered = shares.toSorted((a, b) => a - b);
    const upper = ordered[Math.floor(0.95 * ordered.length)] ?? Number.NaN;
    const percent = [mean(shares), upper, 1 - partWithin(shares, mostShare), 1 - partWithin(parts, mostShare), carried];
    const cells = [...percent.map((part) => (100 * part).toFixed(1)), queueMs.toFixed(1)];
    console.info(`| ${row.name} | ${cells.join(" | ")} |`);
  }
  expect(partWithin(shares, mostShare)).toBeGreaterThanOrEqual(row.leastFair ?? LEAST_FAIR);
  expect(partWithin(parts, mostShare)).toBeGreaterThanOrEqual(row.leastFairParts ?? LEAST_FAIR_PARTS);
  expect(carried).toBeGreaterThan(LEAST_CARRIED);
  expect(queueMs).toBeLessThan(MOST_QUEUE_MS);
});
