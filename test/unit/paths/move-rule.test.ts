// When a line moves between its two kinds of paths, by the rule alone. The machine that keeps the pairs is in
// path-machine.test.ts, two of them in test/sim/paths.test.ts.
import { describe, expect, test } from "vitest";
import { BULK_RATE, LEAST_BULK_BYTES, NEIGHBOUR_RTT_MS, SHORT_RTT_MS } from "../../../src/paths/bulk-load.ts";
import {
  GAIN_MS,
  HOLD_MS,
  MAX_HOLD_MS,
  type MovablePair,
  MOVE_PAUSE_MS,
  MoveRule,
  NEIGHBOUR_RATE,
  PROOF_CHECK_MS,
  PROOF_MS,
} from "../../../src/paths/move-rule.ts";

const TCP: MovablePair = { transport: "tcp", isNeighbour: false };
const UDP: MovablePair = { transport: "udp", isNeighbour: false };

/** A rule whose peer keeps two pairs, and takes data on both. */
function ready(): MoveRule {
  const rule = new MoveRule();
  rule.allow();
  rule.handlePeerReady("udp");
  rule.handlePeerReady("tcp");
  return rule;
}

describe("a move by choice", () => {
  test("goes from TCP to UDP, and not the other way where little is sent", () => {
    expect(ready().wantsMove(TCP, UDP, 0)).toBe(true);
    expect(ready().wantsMove(UDP, TCP, 0)).toBe(false);
  });

  test("needs a peer that keeps two pairs, and has said that it takes data there", () => {
    const rule = new MoveRule();
    rule.handlePeerReady("udp");
    expect(rule.wantsMove(TCP, UDP, 0)).toBe(false);
    rule.allow();
    expect(rule.wantsMove(TCP, UDP, 0)).toBe(true);
    rule.forgetPairs();
    expect(rule.wantsMove(TCP, UDP, 0)).toBe(false);
  });

  test("is checked until an answer comes, and is not taken back after it", () => {
    const rule = ready();
    rule.noteMoved("udp", 0);
    expect([rule.takeCheckDue(0), rule.takeCheckDue(0), rule.takeCheckDue(PROOF_CHECK_MS)]).toEqual([
      true,
      false,
      true,
    ]);
    rule.noteAnswered(0);
    expect([rule.takeCheckDue(2 * PROOF_CHECK_MS), rule.takeBack(PROOF_MS)]).toEqual([false, false]);
  });

  test("is not proven by the answer to a check from before", () => {
    const rule = ready();
    rule.noteMoved("udp", 100);
    rule.noteAnswered(99);
    expect(rule.takeBack(100 + PROOF_MS)).toBe(true);
  });

  test("without an answer is taken back once, and held off for longer each time", () => {
    const rule = ready();
    let nowMs = 0;
    for (let holdMs = HOLD_MS; holdMs <= 2 * MAX_HOLD_MS; holdMs *= 2) {
      expect(rule.wantsMove(TCP, UDP, nowMs)).toBe(true);
      rule.noteMoved("udp", nowMs);
      expect(rule.takeBack(nowMs + PROOF_MS - 1)).toBe(false);
      nowMs += PROOF_MS;
      expect([rule.takeBack(nowMs), rule.takeBack(nowMs)]).toEqual([true, false]);
      const waitMs = Math.min(holdMs, MAX_HOLD_MS);
      expect(rule.nextDeadlineMs(TCP, UDP)).toBe(nowMs + waitMs);
      expect(rule.wantsMove(TCP, UDP, nowMs + waitMs - 1)).toBe(false);
      nowMs += waitMs;
    }
  });

  test("has no way back where the other pair has gone", () => {
    const rule = ready();
    rule.noteMoved("udp", 0);
    rule.noteAlone();
    expect(rule.takeBack(PROOF_MS)).toBe(false);
  });
});

describe("bulk over a short path", () => {
  const RATE = 2 * BULK_RATE;

  /** A rule that was told of these rates, one a second from time 0. @returns it, and the time of the last */
  function loaded(rates: readonly number[], { rule = ready(), fromMs = 0, delivered = 0 } = {}) {
    let [deliveredBytes, nowMs] = [delivered, fromMs];
    rule.noteLoad({ deliveredBytes, minRttMs: SHORT_RTT_MS }, nowMs);
    for (const rate of rates) {
      nowMs += 1_000;
      deliveredBytes += rate;
      rule.noteLoad({ deliveredBytes, minRttMs: SHORT_RTT_MS }, nowMs);
    }
    return { rule, nowMs, deliveredBytes };
  }

  /** Bulk has just moved to TCP, and a check there was answered. */
  function onTcp() {
    const line = loaded([RATE]);
    line.rule.noteMoved("tcp", line.nowMs);
    line.rule.noteAnswered(line.nowMs);
    return line;
  }

  test("takes TCP, if that is ready", () => {
    const { rule, nowMs } = loaded([RATE]);
    expect(rule.wantsMove(UDP, TCP, nowMs)).toBe(true);
    rule.forgetPairs();
    expect(rule.wantsMove(UDP, TCP, nowMs)).toBe(false);
  });

  test("is left alone within a minute after a move, and while TCP is held off", () => {
    const { rule, nowMs } = loaded([RATE]);
    rule.noteRescued("tcp", nowMs);
    expect(rule.wantsMove(UDP, TCP, nowMs + HOLD_MS - 1)).toBe(false);
    expect(rule.wantsMove(UDP, TCP, nowMs + HOLD_MS)).toBe(true);
  });

  test("stays on TCP until it has not been seen for a minute", () => {
    const { rule, nowMs, deliveredBytes } = onTcp();
    const later = loaded([RATE, RATE, 0, 0], { rule, fromMs: nowMs, delivered: deliveredBytes });
    const lastMs = nowMs + 2_000;
    expect(rule.wantsMove(TCP, UDP, lastMs + MOVE_PAUSE_MS - 1)).toBe(false);
    expect(rule.nextDeadlineMs(TCP, UDP)).toBe(lastMs + MOVE_PAUSE_MS);
    expect(rule.wantsMove(TCP, UDP, lastMs + MOVE_PAUSE_MS)).toBe(true);
    expect(later.nowMs).toBeLessThan(lastMs + MOVE_PAUSE_MS);
  });

  test.for([
    ["at the rate of before", [RATE, RATE, RATE], false],
    ["with one second at that rate", [0.1 * RATE, RATE, 0.1 * RATE], false],
    ["at less than that", [0.8 * RATE, 0.8 * RATE, 0.8 * RATE], true],
    ["that has ended says nothing", [0.8 * RATE, 0, 0], false],
    ["that has ended, on a line whose pings go on, says nothing", [0.8 * RATE, 100, 100], false],
  ] as const)("%s: taken back %s", ([, rates, isTakenBack]) => {
    const { rule, nowMs, deliveredBytes } = onTcp();
    expect(rule.takeBack(nowMs + GAIN_MS - 1)).toBe(false);
    const later = loaded(rates, { rule, fromMs: nowMs, delivered: deliveredBytes });
    expect(rule.takeBack(later.nowMs)).toBe(isTakenBack);
    expect(rule.takeBack(later.nowMs)).toBe(false);
    if (isTakenBack) expect(rule.wantsMove(UDP, TCP, later.nowMs + HOLD_MS - 1)).toBe(false);
  });

  test("over TCP that answers no check is taken back as any other", () => {
    const { rule, nowMs } = loaded([RATE]);
    rule.noteMoved("tcp", nowMs);
    expect(rule.takeBack(nowMs + PROOF_MS)).toBe(true);
  });

  test("is forgotten with the peer", () => {
    const { rule, nowMs } = loaded([RATE]);
    rule.begin();
    rule.allow();
    rule.handlePeerReady("tcp");
    expect(rule.wantsMove(UDP, TCP, nowMs)).toBe(false);
  });
});

describe("files that are about to leave", () => {
  const NEAR: readonly [MovablePair, MovablePair] = [
    { transport: "udp", isNeighbour: true },
    { transport: "tcp", isNeighbour: true },
  ];
  const BULK = { bytes: LEAST_BULK_BYTES, rate: Number.POSITIVE_INFINITY };

  /** A rule that was told of them, and of this round trip, at time 0. */
  function expecting(files = BULK, minRttMs = NEIGHBOUR_RTT_MS): MoveRule {
    const rule = ready();
    rule.noteLoad({ deliveredBytes: 0, minRttMs }, 0);
    rule.expect(files);
    return rule;
  }

  test("take TCP at once, and it is left when they have", () => {
    const rule = expecting();
    expect(rule.wantsMove(...NEAR, 0)).toBe(true);
    rule.expect({ ...BULK, bytes: 0 });
    expect(rule.wantsMove(...NEAR, 0)).toBe(false);
  });

  test.for<[string, rule: MoveRule, pairs: readonly [MovablePair, MovablePair]]>([
    ["few bytes", expecting({ ...BULK, bytes: LEAST_BULK_BYTES - 1 }), NEAR],
    ["a limit of the rate below bulk", expecting({ ...BULK, rate: BULK_RATE - 1 }), NEAR],
    ["a longer round trip", expecting(BULK, NEIGHBOUR_RTT_MS + 0.1), NEAR],
    ["an unknown round trip", expecting(BULK, Number.POSITIVE_INFINITY), NEAR],
    ["routers in between", expecting(), [UDP, TCP]],
    ["routers in between by TCP", expecting(), [NEAR[0], TCP]],
  ])("%s: they stay on UDP", ([, rule, pairs]) => {
    expect(rule.wantsMove(...pairs, 0)).toBe(false);
  });

  test("keep a line on TCP that came over it, without asking again and again", () => {
    const rule = expecting();
    const pairs = [NEAR[1], NEAR[0]] as const;
    expect([rule.wantsMove(...pairs, 0), rule.nextDeadlineMs(...pairs)]).toEqual([false, Number.POSITIVE_INFINITY]);
    rule.expect({ ...BULK, bytes: 0 });
    expect(rule.wantsMove(...pairs, 0)).toBe(true);
  });

  test.for([
    [NEIGHBOUR_RATE, false],
    [NEIGHBOUR_RATE - 1, true],
  ] as const)("carried by TCP at %i bytes a second: taken back %s", ([rate, isTakenBack]) => {
    const rule = expecting();
    rule.noteMoved("tcp", 0);
    rule.noteAnswered(0);
    for (let nowMs = 1_000; nowMs <= GAIN_MS; nowMs += 1_000) {
      rule.noteLoad({ deliveredBytes: (rate * nowMs) / 1_000, minRttMs: 1 }, nowMs);
    }
    expect(rule.takeBack(GAIN_MS)).toBe(isTakenBack);
    if (isTakenBack) expect(rule.wantsMove(...NEAR, GAIN_MS + HOLD_MS - 1)).toBe(false);
  });
});

test("a pair that fell silent is left, not more than twice in a minute, and not gone back to for a minute", () => {
  const rule = ready();
  expect(rule.mayRescue("tcp", 0)).toBe(true);
  rule.noteRescued("udp", 0);
  expect(rule.wantsMove(TCP, UDP, HOLD_MS - 1)).toBe(false);
  expect(rule.mayRescue("udp", 1_000)).toBe(true);
  rule.noteRescued("tcp", 1_000);
  expect(rule.mayRescue("tcp", MOVE_PAUSE_MS - 1)).toBe(false);
  expect(rule.mayRescue("tcp", MOVE_PAUSE_MS)).toBe(true);
});

test("another peer begins with nothing of the one before", () => {
  const rule = ready();
  rule.noteMoved("udp", 0);
  rule.begin();
  expect([rule.isAllowed, rule.takeBack(PROOF_MS), rule.mayRescue("tcp", 0)]).toEqual([false, false, false]);
  expect(rule.nextDeadlineMs(TCP, UDP)).toBe(Number.POSITIVE_INFINITY);
});
