// Priorities of candidates, against the formula of RFC 8445 §5.1.2.1 and the order that RFC 6544 §4.2 asks for.
import { expect, test } from "vitest";
import { candidatePriority, localPreferenceOf, tcpLocalPreference } from "../../../src/exchange/candidate-priority.ts";

test("every way over TCP comes after every direct way over UDP, and before a relay", () => {
  const best = candidatePriority("host", 0xffff, "tcp");
  expect(best).toBeLessThan(candidatePriority("srflx", 0));
  expect(candidatePriority("srflx", 0, "tcp")).toBeGreaterThan(candidatePriority("relay", 0xffff));
});

test("a priority is that of the formula, and its local preference is read from it again", () => {
  expect(candidatePriority("host", 65_535)).toBe(126 * 2 ** 24 + 65_535 * 2 ** 8 + 255);
  for (const preference of [0, 8_191, 8_192, 65_535]) {
    expect(localPreferenceOf({ priority: candidatePriority("srflx", preference) })).toBe(preference);
  }
});

test("over TCP an active candidate comes before a passive one, and the better address first among each", () => {
  const preferences = (["active", "passive", "so"] as const).flatMap((type) => [
    tcpLocalPreference(type, 65_535),
    tcpLocalPreference(type, 65_534),
  ]);
  expect(preferences).toEqual(preferences.toSorted((one, other) => other - one));
  expect(preferences[0]).toBe(6 * 8_192 + 8_191);
});
