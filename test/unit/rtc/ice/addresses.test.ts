// The local addresses of host candidates.
import { expect, test } from "vitest";
import { hostAddresses, isNeighbour, isOwnAddress, reachOf, sourceAddress } from "../../../../src/rtc/ice/addresses.ts";

test("given addresses are used as they are, each once, and not without end", () => {
  expect(hostAddresses(["192.0.2.1", "::1", "192.0.2.1"])).toEqual({
    addresses: ["192.0.2.1", "::1"],
    isLoopbackOnly: false,
  });
  const many = Array.from({ length: 100 }, (_, at) => `192.0.2.${at}`);
  expect(hostAddresses(many).addresses).toHaveLength(16);
});

test("without given ones there is at least loopback, and no link-local address", () => {
  const { addresses, isLoopbackOnly } = hostAddresses([]);
  expect(addresses.length).toBeGreaterThan(0);
  expect(addresses.some((address) => /^(?:169\.254\.|fe[89ab])/i.test(address))).toBe(false);
  if (isLoopbackOnly) expect(addresses).toEqual(["127.0.0.1"]);
});

test("packets to this machine never leave it", async () => {
  expect(isOwnAddress("127.0.0.5")).toBe(true);
  expect(isOwnAddress("192.0.2.1")).toBe(false);
  expect(await sourceAddress("127.0.0.1", 9)).toBe("127.0.0.1");
});

test.each([
  ["computer", ["127.0.0.1", "::1"]],
  ["network", ["127.0.0.1", "192.168.1.7"]],
  ["network", ["fd00::7", "100.64.0.7"]],
  ["beyond", ["192.168.1.7", "2a01:4f8::7"]],
])("this computer's own addresses reach so far: %s", (reach, addresses) => {
  expect(reachOf(addresses)).toBe(reach);
});

test.each([
  ["192.168.1.9", true],
  ["192.168.2.9", false],
  ["2001:db8::9", true],
  ["2001:db8:1::9", false],
  ["127.0.0.9", false],
  ["100.64.0.9", false],
  ["no address", false],
])("a neighbour is in a network of this machine: %s is %s", (address, expected) => {
  const [rest4, rest6] = [
    { netmask: "", mac: "", family: "IPv4" as const, internal: false },
    { netmask: "", mac: "", family: "IPv6" as const, internal: false, scopeid: 0 },
  ];
  const all = {
    lo: [{ ...rest4, address: "127.0.0.1", cidr: "127.0.0.1/8", internal: true }],
    eth0: [
      { ...rest4, address: "192.168.1.7", cidr: "192.168.1.7/24" },
      { ...rest6, address: "2001:db8::7", cidr: "2001:db8::7/64" },
    ],
    tunnel: [{ ...rest4, address: "100.64.0.7", cidr: "100.64.0.7/32" }],
    odd: [{ ...rest4, address: "203.0.113.7", cidr: null }],
  };
  expect(isNeighbour(address, all)).toBe(expected);
});
