// Whatever a sender reports, and in whatever order, what the controllers answer is a number that can be sent by.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBbr } from "../../../../../src/sctp/tx/congestion/bbr.ts";
import type { CongestionController } from "../../../../../src/sctp/tx/congestion/controller.ts";
import { createCubic } from "../../../../../src/sctp/tx/congestion/cubic.ts";
import { scaled } from "../../../../support/scale.ts";
import { Script } from "./events.ts";

const MAX_CWND_BYTES = 2 ** 30;

const bytes = fc.oneof(fc.nat(3000), fc.nat(10_000_000), fc.constant(0), fc.constant(2 ** 40));
const milliseconds = fc.oneof(
  fc.double({ min: 0, max: 100, noNaN: true }),
  fc.double({ min: 0, max: 30_000, noNaN: true }),
  fc.constant(0),
);
const rate = fc.oneof(
  fc.constant(undefined),
  fc.double({ min: 0, max: 1e6, noNaN: true }),
  fc.constantFrom(0, Number.MIN_VALUE, 1e300, Number.POSITIVE_INFINITY, Number.NaN),
);
const rtt = fc.oneof(
  fc.constant(undefined),
  fc.double({ min: 0, max: 1000, noNaN: true }),
  fc.constantFrom(0, Number.MIN_VALUE, 1e300, Number.POSITIVE_INFINITY, Number.NaN),
);

const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("ack" as const),
      bytes,
      rate,
      rtt,
      inflight: bytes,
      ago: bytes,
      isOdd: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("loss" as const),
      bytes,
      inflight: bytes,
      ago: bytes,
      isOdd: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("wait" as const), milliseconds }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constantFrom("timeout" as const, "spurious" as const, "idle" as const, "sent" as const),
      bytes,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("packet" as const), bytes: fc.integer({ min: 500, max: 16_384 }) }),
  },
);
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

function apply(script: Script, step: Event): void {
  const controller = script.controller;
  switch (step.type) {
    case "ack":
      script.ack({
        ackedBytes: step.bytes,
        deliveryRate: step.rate,
        rttMs: step.rtt,
        inflightBytes: step.inflight,
        txInflightBytes: step.inflight,
        priorDeliveredBytes: Math.max(0, script.delivered - step.ago),
        priorLostBytes: Math.max(0, script.lost - step.ago),
        isAppLimited: step.isOdd,
        isCwndLimited: !step.isOdd,
      });
      break;
    case "loss":
      script.lose({
        bytes: step.bytes,
        txInflightBytes: step.inflight,
        priorLostBytes: Math.max(0, script.lost - step.ago),
        sentAtMs: script.nowMs - (step.ago % 1000),
        isAppLimited: step.isOdd,
        isNewRange: step.isOdd,
      });
      break;
    case "wait":
      script.nowMs += step.milliseconds;
      break;
    case "timeout":
      controller.handleTimeout(script.nowMs, step.bytes);
      break;
    case "spurious":
      controller.handleSpuriousLoss(script.nowMs);
      break;
    case "idle":
      controller.handleRestartFromIdle(script.nowMs);
      break;
    case "sent":
      controller.handleSent(script.nowMs, step.bytes, step.bytes, false);
      break;
    case "packet":
      controller.setPacketBytes(step.bytes);
      break;
  }
}

function expectSendable(controller: CongestionController, packetBytes: number): void {
  const { cwndBytes, pacingRate, burstBytes } = controller;
  const metrics = controller.metrics();
  expect(cwndBytes).toBeGreaterThanOrEqual(packetBytes);
  expect(cwndBytes).toBeLessThanOrEqual(MAX_CWND_BYTES);
  // Infinity says: not paced. No packet waits longer than half a minute.
  expect(pacingRate).toBeGreaterThanOrEqual(0.5);
  expect(burstBytes).toBeGreaterThanOrEqual(packetBytes);
  expect(burstBytes).toBeLessThan(MAX_CWND_BYTES);
  expect(Number.isFinite(metrics.bandwidth) && metrics.bandwidth >= 0).toBe(true);
  expect(metrics.minRttMs).toBeGreaterThan(0);
  expect(metrics.ssthreshBytes).toBeGreaterThan(0);
}

describe.each([
  ["bbr", createBbr],
  ["cubic", createCubic],
] as const)("%s answers any events", (_name, create) => {
  it("with a window, a rate and a burst that can be sent by", () => {
    const initialRttMs = fc.oneof(rtt, fc.constant(-1));
    const random = fc.double({ min: 0, max: 0.999, noNaN: true });
    const events = fc.array(event, { maxLength: 120 });
    fc.assert(
      fc.property(events, initialRttMs, random, fc.integer({ min: 500, max: 16_384 }), (steps, rttMs, x, size) => {
        let packetBytes = size;
        const script = new Script(
          create({ packetBytes, initialRttMs: rttMs, receiverBufferBytes: 0, isStream: false, random: () => x }),
        );
        expectSendable(script.controller, packetBytes);
        for (const step of steps) {
          apply(script, step);
          packetBytes = step.type === "packet" ? step.bytes : packetBytes;
          expectSendable(script.controller, packetBytes);
        }
      }),
      { numRuns: scaled(150, 5000) },
    );
  });
});
