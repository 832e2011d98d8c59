// The limits of the transfer protocol fit together.
import { expect, test } from "vitest";
import * as limits from "../../../src/transfer/limits.ts";

test("a message is one that every data channel carries", () => {
  // RFC 8831 §6.6 asks for interleaving beyond 16 KiB; no implementation takes less than 64 KiB (RFC 8841 §6.1).
  expect(limits.MIN_MESSAGE_BYTES).toBeGreaterThanOrEqual(16 * 1024);
  expect(limits.MAX_MESSAGE_BYTES).toBeLessThanOrEqual(65_536);
  expect(limits.MAX_MESSAGE_BYTES).toBeGreaterThanOrEqual(limits.MIN_MESSAGE_BYTES);
});

test("a bitmap of all entries fits into the smallest message, and a path too", () => {
  expect(limits.MAX_ENTRIES / 8).toBeLessThan(limits.MIN_MESSAGE_BYTES);
  expect(limits.MAX_PATH_BYTES).toBeLessThan(limits.MIN_MESSAGE_BYTES);
  expect(limits.MAX_PATH_DEPTH * limits.MAX_NAME_BYTES).toBeGreaterThan(limits.MAX_PATH_BYTES);
});

test("the smallest share of a window is that of the most transfers, and carries whole messages", () => {
  expect(limits.MIN_TRANSFER_WINDOW_BYTES * limits.MAX_OPEN_PROPOSALS).toBe(limits.RECEIVE_WINDOW_BYTES);
  expect(limits.MIN_TRANSFER_WINDOW_BYTES / limits.CREDIT_STEPS).toBeGreaterThanOrEqual(limits.MIN_MESSAGE_BYTES);
  expect(limits.MIN_TRANSFER_READ_AHEAD_BYTES).toBeGreaterThanOrEqual(limits.MAX_MESSAGE_BYTES);
  expect(limits.READ_BYTES).toBeGreaterThanOrEqual(limits.SMALL_HASH_BYTES);
  expect(limits.SMALL_HASH_BYTES).toBeGreaterThanOrEqual(limits.MIN_MESSAGE_BYTES);
});

test("the channel is filled again before it is empty", () => {
  expect(limits.CHANNEL_LOW_BYTES).toBeGreaterThanOrEqual(limits.MAX_MESSAGE_BYTES);
  expect(limits.CHANNEL_HIGH_BYTES).toBeGreaterThanOrEqual(2 * limits.CHANNEL_LOW_BYTES);
});
