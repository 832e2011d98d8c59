// What a check tells of the round trip of its pair.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { consentChecks, sendCheck, sureRttMs } from "../../../../src/rtc/ice/check.ts";
import type { WeriftConnection, WeriftPair } from "../../../../src/rtc/werift.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** A pair whose answers take so long, and the agent that checks it. */
function checked(answerMs: number): { connection: WeriftConnection; pair: WeriftPair } {
  const connection = { remotePassword: "", buildRequest: () => ({}) } as unknown as WeriftConnection;
  const request = () => new Promise((resolve) => void setTimeout(resolve, answerMs));
  const pair = { localCandidate: {}, remoteAddr: ["192.0.2.1", 1], protocol: { request }, responsesReceived: 0 };
  return { connection, pair: pair as unknown as WeriftPair };
}

test.each([
  ["before the first copy is sent again counts", 223, 223],
  ["after that may be that of either copy", 474, undefined],
])("an answer that comes %s", async (_, answerMs, rttMs) => {
  const { connection, pair } = checked(answerMs);
  const outcome = sendCheck(connection, pair, true);
  await vi.advanceTimersByTimeAsync(answerMs);
  expect([await outcome, sureRttMs(pair)]).toEqual(["answered", rttMs]);
});

test("a consent check, which is sent once, makes it sure", async () => {
  const { connection, pair } = checked(474);
  const outcome = sendCheck(connection, pair, true);
  await vi.advanceTimersByTimeAsync(474);
  await outcome;
  const ask = consentChecks(connection, pair);
  const consent = ask({ isNominating: true, isControlling: true }, new AbortController().signal);
  await vi.advanceTimersByTimeAsync(474);
  await consent;
  expect(sureRttMs(pair)).toBe(474);
});

test("before any check there is none", () => {
  expect(sureRttMs(checked(1).pair)).toBeUndefined();
});
