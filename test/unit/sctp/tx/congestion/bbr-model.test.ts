// BBR's model of the path: rounds, samples, and what a spurious loss takes back.
import { expect, test } from "vitest";
import { BbrModel } from "../../../../../src/sctp/tx/congestion/bbr-model.ts";
import type { AckEvent } from "../../../../../src/sctp/tx/congestion/controller.ts";

const PACKET = 1_200;

function modelOf() {
  const model = new BbrModel({
    packetBytes: PACKET,
    initialRttMs: undefined,
    receiverBufferBytes: 0,
    isStream: false,
    random: () => 0,
  });
  let delivered = 0;
  /** One acknowledged packet; `prior`: what was delivered when it was sent. */
  const ack = (prior: number, change: Partial<AckEvent> = {}): void => {
    delivered += PACKET;
    model.noteAck({
      nowMs: delivered / 100,
      ackedBytes: PACKET,
      lostBytes: 0,
      priorInflightBytes: PACKET,
      inflightBytes: 0,
      rttMs: 50,
      deliveryRate: 100,
      priorDeliveredBytes: prior,
      txInflightBytes: PACKET,
      priorLostBytes: 0,
      isAppLimited: false,
      deliveredBytes: delivered,
      lostTotalBytes: 0,
      sampleBytes: delivered - prior,
      isCwndLimited: true,
      ...change,
    });
  };
  return { model, ack };
}

test("the first window counts as the product while nothing is known", () => {
  const { model } = modelOf();
  expect(model.bw).toBe(0);
  expect(model.bdpBytes).toBe(model.initialBytes);
});

test("a round ends when data sent since its start is delivered", () => {
  const { model, ack } = modelOf();
  ack(0);
  expect([model.isRoundStart, model.roundCount]).toEqual([true, 1]);
  ack(0);
  expect([model.isRoundStart, model.roundCount]).toEqual([false, 1]);
  ack(PACKET);
  expect([model.isRoundStart, model.roundCount]).toEqual([true, 2]);
  expect(model.bdpBytes).toBe(100 * 50);
});

test("a sample that the application limited raises the estimate, and never lowers it", () => {
  const { model, ack } = modelOf();
  ack(0, { deliveryRate: 100, isAppLimited: true });
  expect(model.bw).toBe(100);
  ack(PACKET, { deliveryRate: 10, isAppLimited: true });
  expect(model.bw).toBe(100);
  expect(model.isSampleLimited).toBe(true);
});

test("a loss of an episode that was saved before is not saved again", () => {
  const { model } = modelOf();
  expect(model.saveForUndo(0, 5_000)).toBe(true);
  expect(model.saveForUndo(4_999, 6_000)).toBe(false);
  expect(model.saveForUndo(5_000, 7_000)).toBe(true);
});

test("an undo restores at least the long-term bound from before the loss", () => {
  const { model } = modelOf();
  model.bound.set(50_000, false);
  model.saveForUndo(0, 5_000);
  model.bound.set(10_000, false);
  model.undo();
  expect(model.bound.bytes).toBe(50_000);
});
