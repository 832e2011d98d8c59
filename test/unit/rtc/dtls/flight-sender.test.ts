// A flight of handshake messages is sent again until it is stopped, each record under a number of its own.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ContentType, plaintextRecord, splitRecords } from "../../../../src/guard/dtls-record.ts";
import { FlightSender } from "../../../../src/rtc/dtls/flight-sender.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const numbers: number[] = [];
  let next = 0;
  const sender = new FlightSender(
    (datagram) => numbers.push(...splitRecords(datagram).map(({ sequence }) => sequence)),
    () => next++,
    () => undefined,
  );
  const flight = [Buffer.from(plaintextRecord(ContentType.HANDSHAKE, 99, Uint8Array.of(1, 2, 3)))];
  return { sender, numbers, flight };
}

test("it repeats with growing pauses, and no record number twice", () => {
  const { sender, numbers, flight } = setUp();
  sender.sendFlight(flight);
  expect(numbers).toEqual([0]);
  vi.advanceTimersByTime(400);
  expect(numbers).toEqual([0, 1]);
  vi.advanceTimersByTime(599);
  expect(numbers).toHaveLength(2);
  vi.advanceTimersByTime(1);
  expect(numbers).toEqual([0, 1, 2]);
  vi.advanceTimersByTime(60_000);
  const count = numbers.length;
  vi.advanceTimersByTime(2_000);
  expect(numbers).toHaveLength(count + 1);
  sender.stop();
  vi.advanceTimersByTime(60_000);
  expect(numbers).toEqual([...Array(count + 1).keys()]);
});

test("the peer's repeated messages are answered, but not each of a burst", () => {
  const { sender, numbers, flight } = setUp();
  sender.sendFlight(flight);
  sender.stop();
  sender.repeat();
  expect(numbers).toEqual([0]);
  vi.advanceTimersByTime(150);
  sender.repeat();
  sender.repeat();
  expect(numbers).toEqual([0, 1]);
});
