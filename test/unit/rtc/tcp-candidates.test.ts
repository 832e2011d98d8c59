import { describe, expect, test } from "vitest";
import { mayConnect } from "../../../src/rtc/ice/addresses.ts";
import { candidatePriority } from "../../../src/rtc/ice/gather.ts";

describe("where a file may make us connect over TCP", () => {
  test.each([
    ["192.168.1.5", "203.0.113.5", 40_000],
    ["192.168.1.5", "192.168.1.9", 1_024],
    ["192.168.1.5", "100.64.0.1", 443],
    ["192.168.1.5", "203.0.113.5", 80],
    ["127.0.0.1", "127.0.0.1", 5_000],
    ["169.254.3.4", "169.254.1.2", 5_000],
    ["2001:db8::1", "2001:db8::2", 5_000],
    ["fd00::1", "fd00::2", 5_000],
    ["::1", "::1", 5_000],
  ])("from %s to %s:%i", (from, to, port) => {
    expect(mayConnect(from, to, port)).toBe(true);
  });

  test.each([
    ["192.168.1.5", "127.0.0.1", 5_000],
    ["192.168.1.5", "::ffff:127.0.0.1", 5_000],
    ["2001:db8::1", "::1", 5_000],
    ["192.168.1.5", "169.254.169.254", 80],
    ["2001:db8::1", "fe80::1", 5_000],
    ["127.0.0.1", "169.254.1.2", 5_000],
    ["192.168.1.5", "224.0.0.1", 5_000],
    ["192.168.1.5", "255.255.255.255", 5_000],
    ["2001:db8::1", "ff02::1", 5_000],
    ["192.168.1.5", "0.0.0.0", 5_000],
    ["192.168.1.5", "router.lan", 5_000],
    ["192.168.1.5", "203.0.113.5", 22],
    ["192.168.1.5", "203.0.113.5", 25],
    ["192.168.1.5", "203.0.113.5", 0],
  ])("not from %s to %s:%i", (from, to, port) => {
    expect(mayConnect(from, to, port)).toBe(false);
  });
});

test("every way over TCP comes after every direct way over UDP, and before a relay", () => {
  const best = candidatePriority("host", 0xffff, "tcp");
  expect(best).toBeLessThan(candidatePriority("srflx", 0));
  expect(candidatePriority("srflx", 0, "tcp")).toBeGreaterThan(candidatePriority("relay", 0xffff));
});
