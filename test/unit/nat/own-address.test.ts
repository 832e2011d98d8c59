import { describe, expect, test } from "vitest";
import { canBeReflexive, canBeOurs } from "../../../src/nat/own-address.ts";

const SOCKET = "192.168.1.5";

describe("an address that a server states can be ours", () => {
  test.each([
    ["198.51.100.7", 40_000],
    ["198.51.100.7", 443],
    ["10.0.0.7", 40_000],
    ["100.64.3.4", 1_024],
    ["2001:db8::7", 65_535],
    ["fd00::7", 40_000],
  ])("%s port %i", (address, port) => {
    expect(canBeOurs({ address, port }, SOCKET)).toBe(true);
  });

  test.each([
    ["198.51.100.7", 0],
    ["198.51.100.7", 65_536],
    ["198.51.100.7", Number.NaN],
    ["10.0.0.7", 22],
    ["100.64.3.4", 1_023],
    ["0.0.0.0", 40_000],
    ["0.1.2.3", 40_000],
    ["127.0.0.1", 40_000],
    ["169.254.1.1", 40_000],
    ["224.0.0.251", 40_000],
    ["240.0.0.1", 40_000],
    ["255.255.255.255", 40_000],
    ["::", 40_000],
    ["::1", 40_000],
    ["fe80::1", 40_000],
    ["ff02::1", 40_000],
    ["::ffff:10.0.0.1", 40_000],
    ["::ffff:a00:1", 40_000],
    ["::ffff:10", 40_000],
    ["", 40_000],
    ["router", 40_000],
  ])("not %s port %s", (address, port) => {
    expect(canBeOurs({ address, port }, SOCKET)).toBe(false);
  });

  test("loopback and link-local where the socket or the server is of the same kind, but no service there", () => {
    expect(canBeOurs({ address: "127.0.0.1", port: 40_000 }, "127.0.0.1")).toBe(true);
    expect(canBeOurs({ address: "169.254.1.1", port: 40_000 }, "169.254.7.7")).toBe(true);
    expect(canBeOurs({ address: "127.0.0.1", port: 22 }, "127.0.0.1")).toBe(false);
    expect(canBeOurs({ address: "127.0.0.1", port: 40_000 }, "169.254.7.7")).toBe(false);
  });

  test("of a socket's own family, where it is what is seen of the socket", () => {
    expect(canBeReflexive({ address: "2001:db8::7", port: 40_000 }, SOCKET)).toBe(false);
    expect(canBeReflexive({ address: "198.51.100.7", port: 40_000 }, "2001:db8::1")).toBe(false);
    expect(canBeReflexive({ address: "198.51.100.7", port: 40_000 }, SOCKET)).toBe(true);
    expect(canBeReflexive({ address: "2001:db8::7", port: 40_000 }, "2001:db8::1")).toBe(true);
  });
});
