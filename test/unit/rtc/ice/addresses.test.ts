// The local addresses of host candidates.
import { expect, test } from "vitest";
import { hostAddresses, isOwnAddress, reachOf, sourceAddress } from "../../../../src/rtc/ice/addresses.ts";

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
