// Datagrams of media between two of ours over real sockets: over UDP and over TCP, beside data and a file, over another way after an
// interruption, and nothing of strangers.
import { createSocket } from "node:dgram";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, type TestContext, test } from "vitest";
import type { IceCandidate, SessionDescription } from "../../src/exchange/description.ts";
import { until } from "../support/processes.ts";
import { GuardedPeer, introduceOver, talk } from "../support/talking-peers.ts";

/** A datagram that looks like SRTP. @param number - 16 bits */
const media = (number: number): Uint8Array =>
  Uint8Array.from([0x80, 111, number >> 8, number & 255, ...Array(60).fill(number & 255)]);

interface Listening {
  peer: GuardedPeer;
  /** The numbers of what has come. */
  got: Set<number>;
}

function listen(peer: GuardedPeer): Listening {
  const got = new Set<number>();
  peer.rtc.media()?.onDatagram((datagram) => {
    const bytes = Buffer.from(datagram);
    const number = bytes.readUInt16BE(2);
    if (bytes.equals(Buffer.from(media(number)))) got.add(number);
  });
  return { peer, got };
}

/** One of them arrives: a datagram may be lost, also on loopback. */
async function passes(from: GuardedPeer, to: Listening, number: number): Promise<void> {
  await until(() => {
    from.rtc.media()?.send(media(number));
    return to.got.has(number);
  }, `datagram ${number} is there`);
}

function only(description: SessionDescription, transport: IceCandidate["transport"]): SessionDescription {
  return { ...description, candidates: description.candidates.filter((one) => one.transport === transport) };
}

async function openTwo(t: TestContext): Promise<[GuardedPeer, GuardedPeer]> {
  const [a, b] = await Promise.all([GuardedPeer.create(), GuardedPeer.create()]);
  t.onTestFinished(() => Promise.all([a.close(), b.close()]).then(() => {}));
  return [a, b];
}

describe("media of two of ours", () => {
  test.for(["udp", "tcp"] as const)("passes both ways beside data over %s", async (transport, t) => {
    const [a, b] = await openTwo(t);
    expect(a.rtc.media()).toBeUndefined();
    await a.accept(only(await b.answer(only(await a.offer(), transport)), transport));
    await talk(a, b);
    expect(a.rtc.selectedPair()?.pair.protocol).toBe(transport);
    expect(a.rtc.media()).toBe(a.rtc.media());
    const [atA, atB] = [listen(a), listen(b)];
    await passes(a, atB, 1);
    await passes(b, atA, 2);
    await talk(b, a);
    expect(a.rtc.media()?.keys.local).toEqual(b.rtc.media()?.keys.remote);
  });

  test("passes over TCP while a file fills the connection", async (t) => {
    const [a, b] = await openTwo(t);
    await a.accept(only(await b.answer(only(await a.offer(), "tcp")), "tcp"));
    await talk(a, b);
    const atB = listen(b);
    const [part, parts] = ["x".repeat(65_536), 1_000];
    const before = b.received.length;
    let number = 0;
    for (let left = parts; b.received.length < before + parts; number += 1) {
      for (; left > 0 && a.bufferedBytes < 4 * 1_024 * 1_024; left -= 1) a.send(part);
      a.rtc.media()?.send(media(number % 65_536));
      await pause(2);
    }
    expect(number).toBeGreaterThan(10);
    await until(() => atB.got.size > 0.9 * Math.min(number, 65_536), "nearly all have come");
  }, 120_000);

  test("takes nothing from an address that is not the peer's", async (t) => {
    const [a, b] = await openTwo(t);
    await a.accept(await b.answer(await a.offer()));
    await talk(a, b);
    const atB = listen(b);
    const [, port] = (b.rtc.selectedPair()?.pair.local ?? "").split(":");
    const stranger = createSocket("udp4");
    t.onTestFinished(() => void stranger.close());
    await new Promise<void>((sent) => {
      stranger.send(media(66), Number(port), "127.0.0.1", () => sent());
    });
    // What the peer sends behind it has come: so has that of the stranger.
    await passes(a, atB, 1);
    expect([...atB.got]).toEqual([1]);
  });

  test("goes on over another way after an interruption", async (t) => {
    const [a, b] = await openTwo(t);
    const relay = await introduceOver(a, b);
    t.onTestFinished(() => relay.close());
    await talk(a, b);
    const atB = listen(b);
    await passes(a, atB, 1);
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      to.rtc.takeRestartInfo(from.rtc.restartInfo());
    }
    relay.onDatagram = () => false;
    a.send("into the silence");
    await until(() => [a, b].every(({ reachability }) => reachability.length === 2), "both are there again");
    await passes(a, atB, 2);
  });

  test("ends with the line", async (t) => {
    const [a, b] = await openTwo(t);
    await a.accept(await b.answer(await a.offer()));
    await talk(a, b);
    const way = a.rtc.media();
    expect(way).toBeDefined();
    await a.rtc.disconnect();
    expect(a.rtc.media()).toBeUndefined();
    way?.send(media(1));
    await until(() => b.ended !== undefined, "the other side knows");
  });
});
