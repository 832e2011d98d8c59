// Two sessions with all their features, their disks and the path between them, under one seed: whatever crashes, stalls,
// fills up, is cut or jumps, what is called done is there, each session ends, and its exit code is true.
import { expect, test } from "vitest";
import { scaled } from "../support/scale.ts";
import { runSessions } from "../support/sim/session-world.ts";

const SEEDS = scaled(200, 5_000);
/** One seed to run again, alone (docs/testing.md). */
const REPLAYED = process.env.P2P_SESSION_SEED;

test.runIf(REPLAYED === undefined)(`two sessions, ${SEEDS} seeds`, { timeout: 1_800_000 }, async () => {
  const sums = { rounds: 0, crashes: 0, resumedBytes: 0, doneTransfers: 0 };
  const exits = new Map<number, number>();
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const facts = await runSessions(seed);
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += facts[key];
    for (const exit of facts.exits) exits.set(exit, (exits.get(exit) ?? 0) + 1);
  }
  console.log(`${SEEDS} seeds: ${JSON.stringify(sums)}, exit codes ${JSON.stringify([...exits])}`);
  // Without these nothing was tried.
  expect(sums.crashes).toBeGreaterThan(SEEDS / 5);
  expect(sums.resumedBytes).toBeGreaterThan(SEEDS * 1_000);
  expect(sums.doneTransfers).toBeGreaterThan(SEEDS * 4);
  for (const exit of [0, 3, 4, 7, 8, 130]) expect(exits.get(exit), `exit code ${exit}`).toBeGreaterThan(0);
});

test("a seed gives the same trace each time", async () => {
  const seed = Number(REPLAYED ?? 2);
  const [first, second] = [await runSessions(seed), await runSessions(seed)];
  expect(second.trace).toEqual(first.trace);
});
