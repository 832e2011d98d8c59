// What a hostile file can make us send, and to whom: on a machine of its own, with a way to everywhere, a capture sees it.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodeExchangeDocument } from "../../src/exchange/codec.ts";
import { MAX_PORTS_OF_ONE_ADDRESS } from "../../src/exchange/permitted-candidates.ts";
import type { IceCandidate } from "../../src/exchange/description.ts";
import { MAX_TCP_CANDIDATES } from "../../src/rtc/ice/checking-agent.ts";
import { Machine, type SeenPacket } from "../support/network-namespaces.ts";
import { PEER_FILE, people } from "../support/processes.ts";
import { offer } from "../unit/exchange/fixtures.ts";

const FIRST_PORT = 40_000;
const OFFERED_PORTS = 60;
/** Four packets are one check; then it begins anew. */
const PACKETS_SEEN = 5;

const udp = (address: string, port: number): IceCandidate => ({
  foundation: "1",
  component: 1,
  transport: "udp",
  // Before all others, if priority decided.
  priority: address.startsWith("10.213.77.2") ? 1 : 2 ** 31 - 1,
  address,
  port,
  type: "host",
});

const tcp = (address: string, port: number): IceCandidate => ({
  ...udp(address, port),
  transport: "tcp",
  tcpType: "passive",
});

test("only those are contacted whom a peer can be, and only so many", async (t) => {
  const [machine, other] = await Machine.pair();
  const { bob } = await people(t, "bob");
  const broadcast = other.address.replace(/\d+$/, "255");
  const forbidden = [
    udp("127.0.0.1", 40_000),
    udp("127.8.8.8", 40_000),
    udp("169.254.169.254", 40_000),
    udp("224.0.0.251", 40_000),
    udp("255.255.255.255", 40_000),
    udp(broadcast, 40_000),
    udp("0.0.0.0", 40_000),
    udp(other.address, 53),
    udp(other.address, 443),
    udp("203.0.113.9", 25),
    udp("203.0.113.9", 123),
    tcp("127.0.0.1", 40_000),
    tcp("169.254.169.254", 80),
    tcp("203.0.113.9", 25),
    tcp(other.address, 22),
  ];
  const tcpPorts = Array.from({ length: MAX_TCP_CANDIDATES + 4 }, (_, index) => tcp("203.0.113.9", FIRST_PORT + index));
  const ports = Array.from({ length: OFFERED_PORTS }, (_, index) => udp(other.address, FIRST_PORT + index));
  const now = Date.now();
  const key = { createdAt: new Date(now).toISOString(), expiresAt: new Date(now + 3_600_000).toISOString() };
  const hostile = encodeExchangeDocument(
    offer(key, { candidates: [...forbidden, udp("203.0.113.9", 443), ...tcpPorts, ...ports] }),
  );
  await writeFile(join(bob.dir, PEER_FILE), hostile);

  const capture = await machine.capture();
  const answer = machine.start(bob, "answer", "--no-stun", "--json");
  await answer.event("connecting");
  let packets: SeenPacket[] = [];
  const allowed = [
    "203.0.113.9:443",
    ...[...tcpPorts.slice(0, MAX_TCP_CANDIDATES), ...ports.slice(0, MAX_PORTS_OF_ONE_ADDRESS)].map(
      ({ address, port }) => `${address}:${port}`,
    ),
  ];
  const timesSeen = (target: string): number => packets.filter(({ to, port }) => `${to}:${port}` === target).length;
  while (!answer.hasEnded && allowed.some((target) => timesSeen(target) < PACKETS_SEEN)) {
    packets = await capture.packets();
  }
  const seen = new Set(packets.map(({ to, port }) => `${to}:${port}`));
  expect([...seen].toSorted()).toEqual(allowed.toSorted());
  expect(answer.hasEnded).toBe(false);
});
