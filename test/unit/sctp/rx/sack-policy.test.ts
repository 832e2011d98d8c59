// When to acknowledge. RFC 9260 §6.2.
import { describe, expect, test } from "vitest";
import { SackPolicy } from "../../../../src/sctp/rx/sack-policy.ts";

/** One that has seen the first, eager packets. */
function grown(isOwnStack: boolean): SackPolicy {
  const policy = new SackPolicy();
  policy.setPeer({ isOwnStack });
  for (let packet = 0; packet < 100; packet += 1) {
    policy.handlePacket(0, "none");
    expect(policy.isDue(0)).toBe(true);
    policy.handleSent();
  }
  return policy;
}

describe("a SACK is due", () => {
  test.each([
    ["another stack", false, 2, 20],
    ["our own stack", true, 8, 4],
  ])("for %s after so many packets, or after a while", (_, isOwnStack, packets, delayMs) => {
    const policy = grown(isOwnStack);
    for (let packet = 1; packet < packets; packet += 1) policy.handlePacket(1_000 + packet, "none");
    expect([policy.isDue(1_000 + delayMs), policy.isPending, policy.deadlineMs]).toEqual([
      false,
      true,
      1_001 + delayMs,
    ]);
    expect(policy.isDue(1_001 + delayMs)).toBe(true);
    policy.handlePacket(1_002, "none");
    expect([policy.isDue(1_002), policy.deadlineMs]).toEqual([true, 0]);
    policy.handleSent();
    expect([policy.isDue(9_999), policy.isPending, policy.deadlineMs]).toEqual([
      false,
      false,
      Number.POSITIVE_INFINITY,
    ]);
  });

  test.each([
    [false, "urgent", true],
    [false, "in-gap", true],
    [true, "urgent", true],
    [true, "in-gap", false],
  ] as const)("to our own stack (%s) for a packet that is %s at once: %s", (isOwnStack, news, isDue) => {
    const policy = grown(isOwnStack);
    policy.handlePacket(0, news);
    expect(policy.isDue(0)).toBe(isDue);
  });

  test.each([
    ["a long way", 80, 2.5],
    ["a middling one", 16, 1],
    ["a short one", 0.5, 0.031_25],
    ["an unknown one", undefined, 0],
  ])("on a fast path of %s no more often than its round trip is worth", (_, rttMs, spacingMs) => {
    const policy = grown(true);
    policy.setRtt(rttMs);
    for (let packet = 1; packet <= 8; packet += 1) policy.handlePacket(1_000, "none");
    expect([policy.isDue(1_000), policy.isDue(1_000 + spacingMs)]).toEqual([spacingMs === 0, true]);
    policy.handleSent();
    for (let packet = 1; packet <= 7; packet += 1) policy.handlePacket(2_000, "none");
    policy.handlePacket(2_003, "none");
    expect(policy.isDue(2_003)).toBe(true);
  });

  test("to another stack as often on every path", () => {
    const policy = grown(false);
    policy.setRtt(500);
    policy.handlePacket(0, "none");
    policy.handlePacket(0, "none");
    expect(policy.isDue(0)).toBe(true);
  });

  test("on demand, without any packet", () => {
    const policy = grown(true);
    policy.demand();
    expect([policy.isDue(0), policy.deadlineMs]).toEqual([true, 0]);
  });
});
