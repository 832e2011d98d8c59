// When to acknowledge. RFC 9260 §6.2.
import { describe, expect, test } from "vitest";
import { SackPolicy } from "../../../../src/sctp/rx/sack-policy.ts";

/** One that has seen the first, eager packets. */
function grown(isOwnKind: boolean): SackPolicy {
  const policy = new SackPolicy();
  policy.setPeer({ isOwnKind });
  for (let packet = 0; packet < 100; packet += 1) {
    policy.handlePacket(0, false, 0);
    expect(policy.isDue(0)).toBe(true);
    policy.handleSent();
  }
  return policy;
}

describe("a SACK is due", () => {
  test.each([
    ["another stack", false, 2, 20],
    ["our own kind", true, 8, 4],
  ])("for %s after so many packets, or after a while", (_, isOwnKind, packets, delayMs) => {
    const policy = grown(isOwnKind);
    for (let packet = 1; packet < packets; packet += 1) policy.handlePacket(1_000 + packet, false, 0);
    expect([policy.isDue(1_000 + delayMs), policy.isPending, policy.deadlineMs]).toEqual([
      false,
      true,
      1_001 + delayMs,
    ]);
    expect(policy.isDue(1_001 + delayMs)).toBe(true);
    policy.handlePacket(1_002, false, 0);
    expect([policy.isDue(1_002), policy.deadlineMs]).toEqual([true, 0]);
    policy.handleSent();
    expect([policy.isDue(9_999), policy.isPending, policy.deadlineMs]).toEqual([
      false,
      false,
      Number.POSITIVE_INFINITY,
    ]);
  });

  test("at once when something is urgent, but not with many gaps among our own kind", () => {
    for (const [isOwnKind, gaps, isDue] of [
      [false, 0, true],
      [false, 25, true],
      [true, 24, true],
      [true, 25, false],
    ] as const) {
      const policy = grown(isOwnKind);
      policy.handlePacket(0, true, gaps);
      expect(policy.isDue(0)).toBe(isDue);
    }
  });

  test("on demand, without any packet", () => {
    const policy = grown(true);
    policy.demand();
    expect([policy.isDue(0), policy.deadlineMs]).toEqual([true, 0]);
  });
});
