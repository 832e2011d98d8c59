// When a line moves between its two kinds of paths, by the rule alone. The machine that keeps the pairs is in
// path-machine.test.ts, two of them in test/sim/paths.test.ts.
import { describe, expect, test } from "vitest";
import { BULK_RATE, SHORT_RTT_MS } from "../../../src/paths/bulk-load.ts";
import {
  GAIN_MS,
  HOLD_MS,
  MAX_HOLD_MS,
  MOVE_PAUSE_MS,
  MoveRule,
  PROOF_CHECK_MS,
  PROOF_MS,
} from "../../../src/paths/move-rule.ts";

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
    expect(ready().wantsMove("tcp", "udp", 0)).toBe(true);
    expect(ready().wantsMove("udp", "tcp", 0)).toBe(false);
  });

  test("needs a peer that keeps two pairs, and has said that it takes data there", () => {
    const rule = new MoveRule();
    rule.handlePeerReady("udp");
    expect(rule.wantsMove("tcp", "udp", 0)).toBe(false);
    rule.allow();
    expect(rule.wantsMove("tcp", "udp", 0)).toBe(true);
    rule.forgetPairs();
    expect(rule.wantsMove("tcp", "udp", 0)).toBe(false);
  });

  test("is checked until an answer comes, and is not taken back after it", () => {
    const rule = ready();
    rule.noteMoved("udp", 0);
    expect([rule.takeCheckDue(0), rule.takeCheckDue(0), rule.takeCheckDue(PROOF_CHECK_MS)]).toEqual([
      true,
      false,
      true,
    ]);
    rule.noteAnswered();
    expect([rule.takeCheckDue(2 * PROOF_CHECK_MS), rule.takeBack(PROOF_MS)]).toEqual([false, false]);
  });

  test("without an answer is taken back once, and held off for longer each time", () => {
    const rule = ready();
    let nowMs = 0;
    for (let holdMs = HOLD_MS; holdMs <= 2 * MAX_HOLD_MS; holdMs *= 2) {
      expect(rule.wantsMove("tcp", "udp", nowMs)).toBe(true);
      rule.noteMoved("udp", nowMs);
      expect(rule.takeBack(nowMs + PROOF_MS - 1)).toBe(false);
      nowMs += PROOF_MS;
      expect([rule.takeBack(nowMs), rule.takeBack(nowMs)]).toEqual([true, false]);
      const waitMs = Math.min(holdMs, MAX_HOLD_MS);
      expect(rule.nextDeadlineMs("tcp", "udp")).toBe(nowMs + waitMs);
      expect(rule.wantsMove("tcp", "udp", nowMs + waitMs - 1)).toBe(false);
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
    line.rule.noteAnswered();
    return line;
  }

  test("takes TCP, if that is ready", () => {
    const { rule, nowMs } = loaded([RATE]);
    expect(rule.wantsMove("udp", "tcp", nowMs)).toBe(true);
    rule.forgetPairs();
    expect(rule.wantsMove("udp", "tcp", nowMs)).toBe(false);
  });

  test("is left alone within a minute after a move, and while TCP is held off", () => {
    const { rule, nowMs } = loaded([RATE]);
    rule.noteRescued("tcp", nowMs);
    expect(rule.wantsMove("udp", "tcp", nowMs + HOLD_MS - 1)).toBe(false);
    expect(rule.wantsMove("udp", "tcp", nowMs + HOLD_MS)).toBe(true);
  });

  test("stays on TCP until it has not been seen for a minute", () => {
    const { rule, nowMs, deliveredBytes } = onTcp();
    const later = loaded([RATE, RATE, 0, 0], { rule, fromMs: nowMs, delivered: deliveredBytes });
    const lastMs = nowMs + 2_000;
    expect(rule.wantsMove("tcp", "udp", lastMs + MOVE_PAUSE_MS - 1)).toBe(false);
    expect(rule.nextDeadlineMs("tcp", "udp")).toBe(lastMs + MOVE_PAUSE_MS);
    expect(rule.wantsMove("tcp", "udp", lastMs + MOVE_PAUSE_MS)).toBe(true);
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
    if (isTakenBack) expect(rule.wantsMove("udp", "tcp", later.nowMs + HOLD_MS - 1)).toBe(false);
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
    expect(rule.wantsMove("udp", "tcp", nowMs)).toBe(false);
  });
});

test("a pair that fell silent is left, not more than twice in a minute, and not gone back to for a minute", () => {
  const rule = ready();
  expect(rule.mayRescue("tcp", 0)).toBe(true);
  rule.noteRescued("udp", 0);
  expect(rule.wantsMove("tcp", "udp", HOLD_MS - 1)).toBe(false);
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
  expect(rule.nextDeadlineMs("tcp", "udp")).toBe(Number.POSITIVE_INFINITY);
});
