// The constants of BBR: the relations on which its states rely.
import { expect, test } from "vitest";
import * as parameters from "../../../../../src/sctp/tx/congestion/bbr-parameters.ts";

test("start-up doubles the rate in each round, and drain takes back what it has queued", () => {
  expect(parameters.STARTUP_PACING_GAIN).toBeGreaterThan(2);
  expect(parameters.DRAIN_PACING_GAIN).toBeLessThan(1);
  expect(parameters.DRAIN_PACING_GAIN * parameters.CWND_GAIN).toBeLessThanOrEqual(1);
});

test("a probe goes up, comes down, and measures the round trip with half a pipe at most", () => {
  expect(parameters.UP_PACING_GAIN).toBeGreaterThan(1);
  expect(parameters.DOWN_PACING_GAIN).toBeLessThan(1);
  expect(parameters.UP_CWND_GAIN).toBeGreaterThan(parameters.CWND_GAIN);
  expect(parameters.PROBE_RTT_CWND_GAIN).toBeLessThanOrEqual(0.5);
});

test("every value is a positive number", () => {
  for (const [name, value] of Object.entries(parameters)) expect(value, name).toBeGreaterThan(0);
});
