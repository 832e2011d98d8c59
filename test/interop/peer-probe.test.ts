// A port that refuses datagrams: nobody listens there any more, unless it did so before.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { expect, test } from "vitest";
import { PeerProbe } from "../../src/rtc/ice/peer-probe.ts";
import { until } from "../support/processes.ts";

const LOOPBACK = "127.0.0.1";

async function listening(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, LOOPBACK);
  await once(socket, "listening");
  return socket;
}

test("a peer that is there is not gone; one that has ended is", async () => {
  const peer = await listening();
  const { port } = peer.address();
  const datagrams: Buffer[] = [];
  peer.on("message", (datagram) => datagrams.push(datagram));
  const probe = new PeerProbe(LOOPBACK, port);
  let gone = 0;
  probe.try();
  await until(() => datagrams.length === 3, "the trial is over");
  probe.watch(performance.now(), () => {
    gone += 1;
  });
  await until(() => datagrams.length > 6, "it was asked for a while");
  expect(gone).toBe(0);
  // Binding indications of STUN, of 20 bytes each.
  expect(datagrams.every((one) => one.length === 20 && one.readUInt32BE(4) === 0x2112a442)).toBe(true);
  peer.close();
  await until(() => gone > 0, "it is gone");
  expect(gone).toBe(1);
});

test("a port that refused us while the peer was heard tells nothing", async () => {
  const peer = await listening();
  const { port } = peer.address();
  peer.close();
  const probe = new PeerProbe(LOOPBACK, port);
  const others = new PeerProbe(LOOPBACK, port);
  let gone = 0;
  probe.try();
  others.watch(performance.now(), () => {
    gone += 1;
  });
  await until(() => gone === 1, "a socket without a trial hears that it is refused");
  let told = false;
  probe.watch(performance.now(), () => {
    told = true;
  });
  others.watch(Number.NEGATIVE_INFINITY, () => {
    gone += 1;
  });
  await until(() => gone === 2, "and once more");
  expect(told).toBe(false);
  probe.stop();
});
