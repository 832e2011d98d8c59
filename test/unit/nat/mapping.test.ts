// The kind of router, from what servers see.
import { describe, expect, test } from "vitest";
import { type Endpoint, isSymmetric, mappingOf, natSummary, type Sighting } from "../../../src/nat/mapping.ts";

const at = (text: string): Endpoint => {
  const [address = "", port] = text.split(":");
  return { address, port: Number(port) };
};
const SOCKET = "192.168.1.20:5000";
const seen = (server: string, mapped: string, socket = SOCKET): Sighting => ({
  socket: at(socket),
  server: at(server),
  mapped: at(mapped),
});

describe("mappingOf()", () => {
  test("one server tells that there is a router, not of which kind", () => {
    expect(mappingOf([])).toBeUndefined();
    expect(mappingOf([seen("1.1.1.1:3478", "203.0.113.9:5000")])).toBeUndefined();
    expect(mappingOf([seen("1.1.1.1:3478", "203.0.113.7:8", "203.0.113.7:8")])).toBe("none");
  });

  test("a server that sees a private address is inside and tells nothing", () => {
    expect(mappingOf([seen("192.168.1.1:3478", SOCKET), seen("10.0.0.1:3478", SOCKET)])).toBeUndefined();
    const outside = [seen("1.1.1.1:3478", "203.0.113.9:1"), seen("2.2.2.2:3478", "203.0.113.9:1")];
    expect(mappingOf([...outside, seen("192.168.1.1:3478", SOCKET)])).toBe("endpoint-independent");
  });

  test("two ports of one address do not tell it either, when they see the same", () => {
    expect(
      mappingOf([seen("1.1.1.1:3478", "203.0.113.9:5000"), seen("1.1.1.1:3479", "203.0.113.9:5000")]),
    ).toBeUndefined();
  });

  test("two servers that see the same: endpoint-independent", () => {
    expect(mappingOf([seen("1.1.1.1:3478", "203.0.113.9:1"), seen("2.2.2.2:3478", "203.0.113.9:1")])).toBe(
      "endpoint-independent",
    );
  });

  test.each(["203.0.113.9:2", "203.0.113.10:1"])("two servers, the second sees %s: endpoint-dependent", (other) => {
    expect(mappingOf([seen("1.1.1.1:3478", "203.0.113.9:1"), seen("2.2.2.2:3478", other)])).toBe("endpoint-dependent");
  });

  test("two ports of one server tell the two symmetric kinds apart", () => {
    const others = [seen("1.1.1.1:3478", "203.0.113.9:1"), seen("2.2.2.2:3478", "203.0.113.9:2")];
    expect(mappingOf([...others, seen("1.1.1.1:3479", "203.0.113.9:1")])).toBe("address-dependent");
    expect(mappingOf([...others, seen("1.1.1.1:3479", "203.0.113.9:3")])).toBe("address-and-port-dependent");
  });

  test("of several sockets the best counts, and they are not mixed up", () => {
    const symmetric = [
      seen("1.1.1.1:3478", "203.0.113.9:1", "10.0.0.1:1"),
      seen("2.2.2.2:3478", "203.0.113.9:2", "10.0.0.1:1"),
    ];
    const cone = [
      seen("1.1.1.1:3478", "198.51.100.9:7", "10.8.0.1:7"),
      seen("2.2.2.2:3478", "198.51.100.9:7", "10.8.0.1:7"),
    ];
    expect(mappingOf([...symmetric, ...cone])).toBe("endpoint-independent");
    const unknown = seen("1.1.1.1:3478", "203.0.113.9:8", "10.9.0.1:8");
    expect(mappingOf([...symmetric, unknown])).toBe("endpoint-dependent");
    expect(mappingOf([...symmetric, seen("1.1.1.1:3478", "203.0.113.7:8", "203.0.113.7:8")])).toBe("none");
  });
});

test("isSymmetric()", () => {
  expect([undefined, "none", "endpoint-independent"].map((kind) => isSymmetric(kind as never))).toEqual([
    false,
    false,
    false,
  ]);
  expect(isSymmetric("address-dependent")).toBe(true);
  expect(isSymmetric("endpoint-dependent")).toBe(true);
});

describe("natSummary()", () => {
  const nothing = {
    sightings: [],
    isStunAsked: false,
    isStunAnswered: false,
    hasPublicIpv6: false,
    hasRelay: false,
    hasPortMapping: false,
  };

  test("leaves out what is not known", () => {
    expect(natSummary(nothing)).toEqual({ ipv6: false, relay: false });
    expect(natSummary({ ...nothing, isStunAsked: true })).toEqual({ udp: "silent", ipv6: false, relay: false });
  });

  test("tells what is", () => {
    const sightings = [seen("1.1.1.1:3478", "203.0.113.9:1"), seen("2.2.2.2:3478", "203.0.113.9:1")];
    expect(
      natSummary({
        sightings,
        isStunAsked: true,
        isStunAnswered: true,
        hasPublicIpv6: true,
        hasRelay: true,
        hasPortMapping: true,
      }),
    ).toEqual({ mapping: "endpoint-independent", udp: "open", ipv6: true, relay: true, portMapping: true });
  });
});
