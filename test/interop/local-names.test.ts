// The `.local` names of a file, asked for in one network: here that of loopback, with a responder in the test.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, onTestFinished, test } from "vitest";
import type { IceCandidate } from "../../src/exchange/description.ts";
import { isOnLink, interfacesOf, LocalNames } from "../../src/rtc/ice/local-names.ts";

describe("who is on the link", () => {
  test.each<[string, string, number, boolean]>([
    ["192.168.1.77", "192.168.1.2", 24, true],
    ["192.168.2.77", "192.168.1.2", 24, false],
    ["192.168.2.77", "192.168.1.2", 16, true],
    ["10.0.0.1", "192.168.1.2", 0, true],
    ["192.168.1.3", "192.168.1.2", 32, false],
    ["192.168.1.2", "192.168.1.2", 32, true],
    ["fe80::2%eth0", "fe80::1%eth0", 64, true],
    ["fe80::2%eth1", "fe80::1%eth0", 64, false],
    ["fe80::2", "fe80::1%eth0", 64, false],
    ["fd00::2", "fe80::1%eth0", 64, false],
    ["2001:db8::2", "fe80::1%eth0", 64, false],
    ["fe80:0:0:1::2%eth0", "fe80::1%eth0", 64, false],
    ["192.168.1.2", "fe80::1%eth0", 64, false],
  ])("%s of %s/%i: %s", (address, own, prefixBits, isThere) => {
    const family = own.includes(":") ? "IPv6" : "IPv4";
    expect(isOnLink(address, { family, address: own, prefixBits })).toBe(isThere);
  });

  test("loopback is no network to ask", () => {
    expect(interfacesOf(["127.0.0.1"])).toEqual([]);
  });

  const loopback = { ...told("127.0.0.1/8"), internal: true };
  const machine = { lo: [loopback], eth0: [told("192.168.1.2/24"), told("fd00::2/64"), told("fe80::1/64")] };
  const overIpv4 = { family: "IPv4", address: "192.168.1.2", prefixBits: 24 };
  const overIpv6 = { family: "IPv6", address: "fe80::1%eth0", prefixBits: 64 };
  test.each<[string[], unknown[]]>([
    [[], [overIpv4, overIpv6]],
    [["192.168.1.2"], [overIpv4]],
    [["fd00::2"], [overIpv6]],
    [["fe80::1"], [overIpv6]],
    [["127.0.0.1"], []],
    [["192.168.9.9"], []],
  ])("with --bind %j these are asked: %j", (bind, asked) => {
    expect(interfacesOf(bind, machine)).toEqual(asked);
  });

  test("no more than 16 are asked", () => {
    const many = Array.from({ length: 20 }, (_, at) => [`eth${at}`, [told(`10.0.${at}.2/24`)]]);
    expect(interfacesOf([], Object.fromEntries(many))).toHaveLength(16);
  });
});

/** An address as Node tells it. @param cidr - with its prefix */
function told(cidr: string): NetworkInterfaceInfo {
  const [address = ""] = cidr.split("/");
  const common = { address, cidr, netmask: "", mac: "", internal: false };
  return address.includes(":") ? { ...common, family: "IPv6", scopeid: 2 } : { ...common, family: "IPv4" };
}

/** Longer than a datagram that was lost takes to come again. */
const PATIENT = { timeout: 60_000 };
const NAMES = ["092e8605-e53d-40ee-b67c-5d098b73da58.local", "192e8605-e53d-40ee-b67c-5d098b73da58.local"] as const;
const hidden: IceCandidate[] = NAMES.map((address) => ({
  foundation: "1",
  component: 1,
  transport: "udp",
  priority: 1,
  address,
  port: 5_000,
  type: "host",
}));

/** An answer for a name: an address of four bytes, or of sixteen. */
function answerFor(name: string, address: readonly number[]): Uint8Array {
  const labels = name.split(".").flatMap((label) => [label.length, ...new TextEncoder().encode(label)]);
  const header = [0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0];
  const type = address.length === 4 ? 1 : 28;
  return Uint8Array.from([...header, ...labels, 0, 0, type, 0x80, 1, 0, 0, 0, 120, 0, address.length, ...address]);
}

interface Asking {
  found: IceCandidate[][];
  say: (message: Uint8Array) => void;
}

/** Names that are asked for in the network of loopback, with the responder's socket. */
async function asking(...wanted: IceCandidate[]): Promise<Asking> {
  const responder: Socket = createSocket({ type: "udp4", reuseAddr: true });
  responder.bind(0, "0.0.0.0");
  await once(responder, "listening");
  onTestFinished(() => {
    responder.close();
  });
  const { port } = responder.address();
  responder.addMembership("224.0.0.251", "127.0.0.1");
  responder.setMulticastInterface("127.0.0.1");
  let questions = 0;
  responder.on("message", (_, from) => {
    if (from.port === port) questions += 1;
  });
  const found: IceCandidate[][] = [];
  const names = new LocalNames(
    wanted,
    [{ family: "IPv4", address: "127.0.0.1", prefixBits: 8 }],
    (some) => found.push(some),
    port,
  );
  onTestFinished(() => names.close());
  await expect.poll(() => questions, PATIENT).toBeGreaterThan(0);
  return { found, say: (message) => responder.send(message, port, "224.0.0.251") };
}

test("what is asked for is taken once, from the port of the responder, and nothing else", async () => {
  const { found, say } = await asking(...hidden);
  say(answerFor("292e8605-e53d-40ee-b67c-5d098b73da58.local", [10, 0, 0, 9]));
  say(answerFor(NAMES[0], [10, 0, 0, 2]));
  say(answerFor(NAMES[0], [10, 0, 0, 3]));
  say(answerFor(NAMES[1], [10, 0, 0, 4]));
  await expect.poll(() => found.length, PATIENT).toBe(2);
  expect(found.flat().map(({ address, port: at }) => `${address}:${at}`)).toEqual(["10.0.0.2:5000", "10.0.0.4:5000"]);
});

test("the addresses of both families are taken, each from an answer of its own", async () => {
  const { found, say } = await asking(...hidden.slice(0, 1));
  say(answerFor(NAMES[0], [10, 0, 0, 2]));
  await expect.poll(() => found.length, PATIENT).toBe(1);
  say(answerFor(NAMES[0], [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]));
  await expect.poll(() => found.length, PATIENT).toBe(2);
  expect(found.flat().map(({ address }) => address)).toEqual(["10.0.0.2", "fd00:0:0:0:0:0:0:2"]);
});
