import { expect, test } from "vitest";
import { candidatePriority } from "../../../../src/rtc/ice/gather.ts";

test("every way over TCP comes after every direct way over UDP, and before a relay", () => {
  const best = candidatePriority("host", 0xffff, "tcp");
  expect(best).toBeLessThan(candidatePriority("srflx", 0));
  expect(candidatePriority("srflx", 0, "tcp")).toBeGreaterThan(candidatePriority("relay", 0xffff));
});
