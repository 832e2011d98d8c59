// Two RtcPeers over real sockets on loopback: the whole stack below a session.
import { describe, expect, test } from "vitest";
import type { DataChannels } from "../../src/channel/data-channels.ts";
import type { SessionDescription } from "../../src/exchange/description.ts";
import type { P2pError } from "../../src/lib/errors/p2p-error.ts";
import type { MessageChannel } from "../../src/lib/message-channel.ts";
import type { RtcPeer } from "../../src/rtc/peer.ts";
import { peersPerTest } from "../support/loopback-peers.ts";
import { withResolvers } from "../support/with-resolvers.ts";

const createPeer = peersPerTest();

interface Side {
  opened: Promise<DataChannels>;
  channel: Promise<MessageChannel>;
  /** The first message on that channel: it may come together with the channel. */
  firstMessage: Promise<string | Uint8Array>;
  ended: Promise<P2pError | undefined>;
}

function connect(peer: RtcPeer, remote: SessionDescription, isOfferer: boolean): Side {
  const opened = withResolvers<DataChannels>();
  const channel = withResolvers<MessageChannel>();
  const firstMessage = withResolvers<string | Uint8Array>();
  const ended = withResolvers<P2pError | undefined>();
  peer.connect(
    remote,
    { isOfferer, isPeerP2p: true },
    {
      onOpen: opened.resolve,
      onChannel: (opening) => {
        opening.onMessage = firstMessage.resolve;
        channel.resolve(opening);
      },
      onEnded: ended.resolve,
    },
  );
  return {
    opened: opened.promise,
    channel: channel.promise,
    firstMessage: firstMessage.promise,
    ended: ended.promise,
  };
}

const offerOf = (peer: RtcPeer): SessionDescription =>
  peer.describe({ type: "offer", form: "modern", mid: "data", setup: "actpass" });
const answerOf = (peer: RtcPeer): SessionDescription =>
  peer.describe({ type: "answer", form: "modern", mid: "data", setup: "active" });

function nextMessage(channel: MessageChannel): Promise<string | Uint8Array> {
  return new Promise((resolve) => {
    channel.onMessage = resolve;
  });
}

describe("RtcPeer", () => {
  test("carries text, empty text and bytes both ways", async () => {
    const [a, b] = await Promise.all([createPeer(), createPeer()]);
    const sideB = connect(b, offerOf(a), false);
    const sideA = connect(a, answerOf(b), true);
    const toB = (await sideA.opened).open("p2p", "");
    const atB = await sideB.channel;
    expect(atB.label).toBe("p2p");
    for (const data of ["hello", "", new Uint8Array([1, 2, 3]), new Uint8Array(0), "汉字🙂".repeat(10_000)]) {
      const [got] = await Promise.all([nextMessage(atB), Promise.resolve(toB.send(data))]);
      expect(typeof got === "string" ? got : [...got]).toEqual(typeof data === "string" ? data : [...data]);
      const [back] = await Promise.all([nextMessage(toB), Promise.resolve(atB.send(data))]);
      expect(typeof back === "string" ? back : [...back]).toEqual(typeof data === "string" ? data : [...data]);
    }
    expect(a.selectedPair()?.pair.kind).toBe("host");
  });

  test("connects when both sides offered: the answering one takes its offer as the answer", async () => {
    const [a, b] = await Promise.all([createPeer(), createPeer()]);
    const sideA = connect(a, offerOf(b), true);
    const sideB = connect(b, offerOf(a), false);
    (await sideA.opened).open("p2p", "").send("from a");
    expect(await sideB.firstMessage).toBe("from a");
  });

  test("connects with a newer remote side after a first one that never answered", async () => {
    const [a, b, gone] = await Promise.all([createPeer(), createPeer(), createPeer()]);
    connect(a, answerOf(gone), true);
    await gone.close();
    const sideB = connect(b, offerOf(a), false);
    const sideA = connect(a, answerOf(b), true);
    (await sideA.opened).open("p2p", "").send("second try");
    expect(await sideB.firstMessage).toBe("second try");
  });

  test("refuses a peer whose certificate is not the one in its file", async () => {
    const [a, b] = await Promise.all([createPeer(), createPeer()]);
    const answer = answerOf(b);
    const [fingerprint] = answer.fingerprints;
    const value = `${fingerprint?.value.slice(0, -2)}${fingerprint?.value.endsWith("00") ? "11" : "00"}`;
    connect(b, offerOf(a), false);
    const sideA = connect(a, { ...answer, fingerprints: [{ algorithm: "sha-256", value }] }, true);
    expect((await sideA.ended)?.code).toBe("PEER_NOT_AUTHENTIC");
  });

  test("tells the other side when it closes", async () => {
    const [a, b] = await Promise.all([createPeer(), createPeer()]);
    const sideB = connect(b, offerOf(a), false);
    const sideA = connect(a, answerOf(b), true);
    await Promise.all([sideA.opened, sideB.opened]);
    await a.close();
    expect(await sideB.ended).toBeUndefined();
  });
});
