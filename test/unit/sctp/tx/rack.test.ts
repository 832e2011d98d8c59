// Which chunks count as lost, and when the tail of a flight is probed. RFC 8985.
import { expect, test } from "vitest";
import { addTsn, firstTsn, type Tsn } from "../../../../src/sctp/serial.ts";
import { Outstanding } from "../../../../src/sctp/tx/outstanding.ts";
import { Rack } from "../../../../src/sctp/tx/rack.ts";
import { queuedMessage } from "../../../support/sctp-packets.ts";

const message = queuedMessage();

/** So many chunks, sent one each millisecond from 0 on. */
function flight(count: number) {
  const first = firstTsn(1_000);
  const outstanding = new Outstanding(first);
  const rack = new Rack(outstanding);
  for (let at = 0; at < count; at += 1) outstanding.markSent(outstanding.append(message, 0, 1_000, 0), at);
  const tsn = (at: number): Tsn => addTsn(first, at);
  const ack = (at: number, nowMs: number): void => {
    const slot = outstanding.slotOf(tsn(at));
    rack.handleAcked(slot, tsn(at), nowMs);
    outstanding.markAcked(slot);
  };
  const lost = (nowMs: number): number[] => {
    const found: Tsn[] = [];
    rack.detect(nowMs, tsn(count - 1), 50, (slot) => found.push(outstanding.tsnAt(slot)));
    return found.map((one) => one - first);
  };
  return { rack, outstanding, ack, lost };
}

test("a chunk is lost a quarter of a round trip after a later one has arrived", () => {
  const { rack, ack, lost } = flight(3);
  ack(1, 51);
  expect(rack.minRttMs).toBe(50);
  expect(lost(51)).toEqual([]);
  expect(rack.reorderingDeadlineMs).toBe(0 + 50 + 12.5);
  expect(lost(63)).toEqual([0]);
});

test("with three reports beyond it a chunk is lost at once", () => {
  const { ack, lost } = flight(5);
  for (const at of [1, 2, 3]) ack(at, 50 + at);
  expect(lost(53)).toEqual([0]);
});

test("a duplicate widens the window again", () => {
  const { rack, ack, lost } = flight(5);
  rack.handleDuplicateReport();
  for (const at of [1, 2, 3]) ack(at, 50 + at);
  expect(lost(53)).toEqual([]);
  expect(rack.reorderingDeadlineMs).toBe(0 + 50 + 25);
});

test("a path without a known round trip is probed after a second, one in recovery not at all", () => {
  const { rack } = flight(3);
  rack.armProbe(10, undefined, 200);
  expect(rack.probeDeadlineMs).toBe(1_010);
  rack.armProbe(10, 50, 200);
  expect(rack.probeDeadlineMs).toBe(110);
  expect(rack.enterRecovery()).toBe(true);
  expect(rack.enterRecovery()).toBe(false);
  rack.armProbe(10, 50, 200);
  expect(rack.probeDeadlineMs).toBe(Number.POSITIVE_INFINITY);
});

test("a small flight leaves the peer time to delay its SACK, and one probe is enough", () => {
  const { rack, outstanding } = flight(2);
  rack.armProbe(0, 50, 200);
  expect(rack.probeDeadlineMs).toBe(300);
  expect(rack.probeSlot).toBe(outstanding.slotOf(addTsn(firstTsn(1_000), 1)));
  rack.handleProbe();
  rack.armProbe(400, 50, 200);
  expect(rack.probeDeadlineMs).toBe(Number.POSITIVE_INFINITY);
  rack.handleProgress();
  rack.armProbe(500, 50, 200);
  expect(rack.probeDeadlineMs).toBe(800);
});
