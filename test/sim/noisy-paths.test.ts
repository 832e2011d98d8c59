// One association of ours alone where round trips wander although nobody queues: machines that are busy, Wi-Fi, LTE. What it
// takes for somebody else's queue costs rate. docs/congestion-control.md quotes the table of the long run:
// P2P_TEST_LONG=1 P2P_CONGESTION_TABLE=1 npx vitest run --project sim test/sim/noisy-paths.test.ts
import { expect, test } from "vitest";
import { createBbr } from "../../src/sctp/tx/congestion/bbr.ts";
import { CongestionLink, type LinkOptions } from "../support/congestion-link.ts";
import { noiseOfHosts } from "../support/host-noise.ts";
import { lteDown, lteUp, wifi } from "../support/opportunities.ts";
import { scaled } from "../support/scale.ts";

const SEEDS = Array.from({ length: scaled(1, 20) }, (_, index) => index + 1);
const SETTLED_MS = 3_000;
const END_MS = 33_000;

interface Row extends Pick<LinkOptions, "rate" | "rttMs" | "queueBytes" | "lossRate" | "radio"> {
  name: string;
  /** Both machines take time to get round to what has come. */
  isNoisy: boolean;
  /** Part of what the link could carry. */
  least: number;
  mostQueueMs: number;
}

const FAST = { rate: 12_500, rttMs: 50, queueBytes: 600_000, isNoisy: true, least: 0.98, mostQueueMs: 20 };
/** Rates that change, and a probe every two or three seconds: that is BBR's, whoever shares the link. */
const WIFI = { ...FAST, rttMs: 30, queueBytes: 1_000_000, isNoisy: false, least: 0.8, mostQueueMs: 50 };
const LTE = { ...FAST, queueBytes: 3_000_000, isNoisy: false, least: 0.88, mostQueueMs: 250 };

const ROWS: readonly Row[] = [
  { name: "12.5 MB/s, 50 ms, 600 KB of queue", ...FAST },
  { name: "the same, 1 % of loss", ...FAST, lossRate: 0.01 },
  { name: "the same, 60 KB of queue", ...FAST, queueBytes: 60_000, least: 0.965 },
  { name: "10 ms, 600 KB", ...FAST, rttMs: 10 },
  { name: "30 ms, 600 KB", ...FAST, rttMs: 30, least: 0.988 },
  { name: "80 ms, 600 KB", ...FAST, rttMs: 80 },
  { name: "2.5 MB/s, 40 ms, 100 KB", ...FAST, rate: 2_500, rttMs: 40, queueBytes: 100_000 },
  { name: "25 MB/s, 50 ms, 1 MB", ...FAST, rate: 25_000, queueBytes: 1_000_000 },
  { name: "37.5 MB/s, 30 ms, 1 MB", ...FAST, rate: 37_500, rttMs: 30, queueBytes: 1_000_000, least: 0.97 },
  { name: "Wi-Fi, 30 ms, 1 MB", ...WIFI, radio: { forth: wifi, back: wifi } },
  { name: "LTE, down, 50 ms, 3 MB", ...LTE, radio: { forth: lteDown, back: lteUp } },
  { name: "LTE, up, 50 ms, 3 MB", ...LTE, radio: { forth: lteUp, back: lteDown } },
];

function run({ name: _name, isNoisy, least: _least, mostQueueMs: _most, ...link }: Row, seed: number) {
  const flow = { create: createBbr, ...(isNoisy && { noise: noiseOfHosts(seed) }) };
  const simulated = new CongestionLink({ ...link, seed, flows: [flow] }).run(END_MS);
  const [sender] = simulated.flows;
  return {
    carried: (sender?.goodput(SETTLED_MS, END_MS) ?? 0) / simulated.capacity(SETTLED_MS, END_MS),
    queueMs: simulated.meanQueueMs(SETTLED_MS, END_MS),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test.each(ROWS)("one alone keeps its rate: $name", { timeout: scaled(120_000, 600_000) }, (row) => {
  const runs = SEEDS.map((seed) => run(row, seed));
  const carried = runs.map((each) => each.carried);
  const queueMs = mean(runs.map((each) => each.queueMs));
  if (process.env.P2P_CONGESTION_TABLE === "1") {
    const parts = [mean(carried), Math.min(...carried)].map((part) => (100 * part).toFixed(1));
    console.info(`| ${row.name} | ${parts.join(" | ")} | ${queueMs.toFixed(1)} |`);
  }
  expect(Math.min(...carried)).toBeGreaterThan(row.least);
  expect(queueMs).toBeLessThan(row.mostQueueMs);
});
