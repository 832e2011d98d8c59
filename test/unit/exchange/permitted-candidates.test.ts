// Whom a file may make us send to.
import { describe, expect, test } from "vitest";
import {
  permittedCandidates,
  candidateRefusal,
  MAX_PERMITTED_ADDRESSES,
  MAX_PERMITTED_CANDIDATES,
  MAX_PORTS_OF_ONE_ADDRESS,
} from "../../../src/exchange/permitted-candidates.ts";
import type { IceCandidate } from "../../../src/exchange/description.ts";

const host = (address: string): Pick<IceCandidate, "type" | "address"> => ({ type: "host", address });
const udp = (address: string, port = 4_000): IceCandidate => ({
  foundation: "1",
  component: 1,
  transport: "udp",
  priority: 1,
  address,
  port,
  type: "host",
});
const ORDINARY = [host("192.168.1.20"), host("2001:db8::20")];

describe("candidateRefusal()", () => {
  test.each([
    ["203.0.113.9", 4_000],
    ["192.168.1.7", 4_000],
    ["192.168.1.7", 1_024],
    ["100.64.0.1", 4_000],
    ["2001:db8::9", 4_000],
    ["203.0.113.9", 443],
    ["2001:db8::9", 80],
    ["64:ff9b::8.8.8.8", 443],
    ["2002:808:808::1", 4_000],
    ["64:ff9b::10.0.0.1", 4_000],
  ])("%s port %i is a peer's", (address, port) => {
    expect(candidateRefusal(udp(address, port), ORDINARY)).toBeUndefined();
  });

  test.each([
    ["0.0.0.0", 4_000, "not-unicast"],
    ["0.1.2.3", 4_000, "not-unicast"],
    ["224.0.0.251", 5_353, "not-unicast"],
    ["239.255.255.250", 1_900, "not-unicast"],
    ["255.255.255.255", 4_000, "not-unicast"],
    ["ff02::fb", 5_353, "not-unicast"],
    ["::", 4_000, "not-unicast"],
    ["printer.local", 4_000, "not-unicast"],
    ["::ffff:127.0.0.1", 4_000, "mapped"],
    ["::ffff:7f00:1", 4_000, "mapped"],
    ["::ffff:10.0.0.1", 4_000, "mapped"],
    ["::10.0.0.1", 4_000, "mapped"],
    ["::ffff:0:8.8.8.8", 4_000, "mapped"],
    ["64:ff9b::127.0.0.1", 4_000, "loopback"],
    ["64:ff9b::169.254.169.254", 4_000, "link-local"],
    ["64:ff9b::224.0.0.1", 4_000, "not-unicast"],
    ["64:ff9b::10.0.0.1", 443, "privileged-port"],
    ["64:ff9b:1::127.0.0.1", 4_000, "loopback"],
    ["2002:7f00:1::1", 4_000, "loopback"],
    ["2002:c0a8:101::1", 80, "privileged-port"],
    ["2001:0:7f00:1:8000:63bf:f7f7:f7f7", 4_000, "loopback"],
    ["2001:0:808:808:8000:63bf:80ff:fffe", 4_000, "loopback"],
    // The port inside is 53: there a tunnel ends, whatever port the packet is for.
    ["2001:0:808:808:8000:ffca:f7f7:f7f7", 4_000, "privileged-port"],
    ["2a00::5efe:127.0.0.1", 4_000, "loopback"],
    ["fec0::1", 80, "privileged-port"],
    ["100::1", 4_000, "not-unicast"],
    ["192.0.0.170", 443, "privileged-port"],
    ["203.0.113.9", 53, "privileged-port"],
    ["203.0.113.9", 1_023, "privileged-port"],
    ["192.168.1.1", 80, "privileged-port"],
    ["fd00::1", 443, "privileged-port"],
    ["127.0.0.1", 4_000, "loopback"],
    ["127.8.9.1", 4_000, "loopback"],
    ["::1", 4_000, "loopback"],
    ["169.254.169.254", 8_000, "link-local"],
    ["fe80::1", 4_000, "link-local"],
  ])("%s port %i: %s", (address, port, refusal) => {
    expect(candidateRefusal(udp(address, port), ORDINARY)).toBe(refusal);
  });

  test("an active TCP candidate is not contacted at its port, so the port says nothing", () => {
    const active = { ...udp("203.0.113.9", 9), transport: "tcp", tcpType: "active" } as const;
    expect(candidateRefusal(active, ORDINARY)).toBeUndefined();
  });

  test("loopback is contacted from loopback, link-local from link-local", () => {
    expect(candidateRefusal(udp("127.0.0.2"), [host("127.0.0.1")])).toBeUndefined();
    expect(candidateRefusal(udp("127.0.0.2"), [host("::1")])).toBeUndefined();
    expect(candidateRefusal(udp("127.0.0.2"), [host("169.254.1.1")])).toBe("loopback");
    expect(candidateRefusal(udp("169.254.1.1"), [host("169.254.1.2")])).toBeUndefined();
    expect(candidateRefusal(udp("fe80::1"), [host("127.0.0.1")])).toBe("link-local");
    // What a server says of us is no socket.
    expect(candidateRefusal(udp("127.0.0.1"), [{ type: "srflx", address: "127.0.0.1" }])).toBe("loopback");
  });
});

describe("permittedCandidates()", () => {
  test("keeps the order of the file and drops what must not be contacted", () => {
    const candidates = [
      udp("224.0.0.1"),
      udp("203.0.113.9"),
      udp("127.0.0.1"),
      udp("192.168.1.7"),
      udp("10.0.0.1", 25),
    ];
    expect(permittedCandidates(candidates, ORDINARY)).toEqual([candidates[1], candidates[3]]);
  });

  test("tries so many ports of one address, in whatever spelling", () => {
    const ports = Array.from({ length: 60 }, (_, index) => udp("203.0.113.9", 2_000 + index));
    expect(permittedCandidates(ports, ORDINARY)).toEqual(ports.slice(0, MAX_PORTS_OF_ONE_ADDRESS));
    const spelt = ports.map((candidate, index) => ({
      ...candidate,
      address: ["2001:db8::9", "2001:db8:0::9", "2001:0db8:0:0:0:0:0:9"][index % 3] ?? "",
    }));
    expect(permittedCandidates(spelt, ORDINARY)).toHaveLength(MAX_PORTS_OF_ONE_ADDRESS);
    const wrapped = ports.map((candidate, index) => ({
      ...candidate,
      address: ["8.8.8.8", "64:ff9b::808:808", `2002:808:808:${index}::1`][index % 3] ?? "",
    }));
    expect(permittedCandidates(wrapped, ORDINARY)).toHaveLength(MAX_PORTS_OF_ONE_ADDRESS);
  });

  test("tries so many addresses, and so many candidates in all", () => {
    const addresses = Array.from({ length: 200 }, (_, index) => udp(`10.0.${index}.1`));
    expect(permittedCandidates(addresses, ORDINARY)).toEqual(addresses.slice(0, MAX_PERMITTED_ADDRESSES));
    const many = Array.from({ length: 200 }, (_, index) => udp(`10.0.${index % 20}.1`, 2_000 + index));
    expect(permittedCandidates(many, ORDINARY)).toEqual(many.slice(0, MAX_PERMITTED_CANDIDATES));
    // Another port of an address that counts already is no further address.
    const last = udp(`10.0.0.1`, 9_999);
    expect(permittedCandidates([...addresses, last], ORDINARY).at(-1)).toBe(last);
  });
});
