// ICE-TCP: two of ours, and ours with libwebrtc, where UDP carries nothing. Real sockets on loopback.
import { connect as connectTcp, type Socket } from "node:net";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import type { DataChannels } from "../../src/channel/data-channels.ts";
import type { IceCandidate, SessionDescription } from "../../src/exchange/description.ts";
import type { MessageChannel } from "../../src/lib/message-channel.ts";
import type { RtcPeer } from "../../src/rtc/peer.ts";
import { ForeignLine, type ForeignLineOptions } from "../support/foreign/suite.ts";
import { wrtc } from "../support/foreign/stacks.ts";
import { request } from "../support/forged-stun.ts";
import { until } from "../support/processes.ts";
import { peersPerTest } from "../support/loopback-peers.ts";
import { withResolvers } from "../support/with-resolvers.ts";

const createPeer = peersPerTest();

type Wanted = (candidate: IceCandidate) => boolean;

const overTcp: Wanted = ({ transport }) => transport === "tcp";

function only(description: SessionDescription, isWanted: Wanted): SessionDescription {
  return { ...description, candidates: description.candidates.filter(isWanted) };
}

function describeAs(peer: RtcPeer, type: "offer" | "answer"): SessionDescription {
  return peer.describe({ type, form: "modern", mid: "data", setup: type === "offer" ? "actpass" : "active" });
}

interface Side {
  opened: Promise<DataChannels>;
  channel: Promise<MessageChannel>;
  message: Promise<string | Uint8Array>;
}

function connect(peer: RtcPeer, remote: SessionDescription, isOfferer: boolean): Side {
  const opened = withResolvers<DataChannels>();
  const channel = withResolvers<MessageChannel>();
  const message = withResolvers<string | Uint8Array>();
  peer.connect(
    remote,
    { isOfferer, isPeerP2p: true },
    {
      onOpen: opened.resolve,
      onChannel: (opening) => {
        opening.onMessage = message.resolve;
        channel.resolve(opening);
      },
      onEnded: (error) => opened.reject(error),
    },
  );
  return { opened: opened.promise, channel: channel.promise, message: message.promise };
}

describe("two of ours", () => {
  test.each([
    ["both listen", overTcp, overTcp],
    ["the offering side listens", overTcp, ({ tcpType }) => tcpType === "active"],
    ["the answering side listens", ({ tcpType }) => tcpType === "active", overTcp],
  ] satisfies [string, Wanted, Wanted][])("connect over TCP: %s", async (_, ofOffer, ofAnswer) => {
    const [a, b] = [await createPeer(), await createPeer()];
    const atB = connect(b, only(describeAs(a, "offer"), ofOffer), false);
    const atA = connect(a, only(describeAs(b, "answer"), ofAnswer), true);
    const channel = (await atA.opened).open("p2p", "");
    channel.send("汉字".repeat(40_000));
    expect((await atB.message) === "汉字".repeat(40_000)).toBe(true);
    const back = withResolvers<string | Uint8Array>();
    channel.onMessage = back.resolve;
    (await atB.channel).send(new Uint8Array(200_000).fill(7));
    expect(Buffer.alloc(200_000, 7).equals(Buffer.from(await back.promise))).toBe(true);
    for (const peer of [a, b]) expect(peer.selectedPair()?.pair).toMatchObject({ protocol: "tcp" });
    await until(() => a.selectedPair()?.pair.local === b.selectedPair()?.pair.remote, "both have chosen one pair");
  });

  test("prefer UDP where it works", async () => {
    const [a, b] = [await createPeer(), await createPeer()];
    connect(b, describeAs(a, "offer"), false);
    await connect(a, describeAs(b, "answer"), true).opened;
    // Where TCP is the quicker one, the line moves.
    await until(() => [a, b].every((peer) => peer.selectedPair()?.pair.protocol === "udp"), "both use UDP");
  });
});

describe("whoever connects to the port of a candidate", () => {
  async function connectTo(peer: RtcPeer): Promise<Socket> {
    const listening = describeAs(peer, "offer").candidates.find(({ tcpType }) => tcpType === "passive");
    const socket = connectTcp(listening?.port ?? 0, "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    return socket;
  }

  test("is shown the door unless it speaks STUN, in short messages", async () => {
    const peer = await createPeer();
    for (const bytes of ["GET / HTTP/1.1\r\n\r\n", Buffer.of(0, 5, 22, 0xfe, 0xfd, 0, 0), Buffer.of(4, 1, 0)]) {
      const socket = await connectTo(peer);
      socket.write(bytes);
      await once(socket, "close");
    }
  });

  test("is shown the door after a few seconds unless it knows our file", async () => {
    const socket = await connectTo(await createPeer());
    // A Binding request that nobody has signed.
    const request = Buffer.from("0014000100002112a442000000000000000000000000", "hex");
    request.writeUInt16BE(request.length - 2, 0);
    socket.write(request);
    await once(socket, "close");
  });

  test("does not keep others out by being many", async () => {
    const [a, b] = [await createPeer(), await createPeer()];
    const crowd = await Promise.all(Array.from({ length: 40 }, () => connectTo(a)));
    connect(b, only(describeAs(a, "offer"), overTcp), false);
    await connect(
      a,
      only(describeAs(b, "answer"), ({ tcpType }) => tcpType === "active"),
      true,
    ).opened;
    for (const socket of crowd) socket.destroy();
  });
});

describe("a crowd that says nothing", () => {
  const CROWDS = Array.from({ length: 8 }, (_, index) => `127.0.0.${index + 2}`);
  /** More than there are places, so that whoever came before the last of them would have had to go. */
  const CROWD = 200;

  async function connectFrom(port: number, localAddress: string): Promise<Socket> {
    const socket = connectTcp({ port, host: "127.0.0.1", localAddress });
    socket.on("error", () => {});
    await once(socket, "connect");
    return socket;
  }

  test("from eight addresses does not keep a peer out that takes its time", async () => {
    const peer = await createPeer();
    const own = describeAs(peer, "offer");
    const port = own.candidates.find(({ tcpType }) => tcpType === "passive")?.port ?? 0;
    const gather = async (): Promise<Socket[]> => {
      const sockets: Socket[] = [];
      for (let count = 0; count < CROWD; count += CROWDS.length) {
        sockets.push(...(await Promise.all(CROWDS.map((address) => connectFrom(port, address)))));
      }
      return sockets;
    };
    const before = await gather();
    const genuine = await connectFrom(port, "127.0.0.1");
    const after = await gather();
    const check = request({ username: `${own.iceUfrag}:peer`, password: own.icePwd });
    const answered = Promise.race([
      once(genuine, "data").then(() => "answered"),
      once(genuine, "close").then(() => "shown the door"),
    ]);
    genuine.write(Buffer.concat([Buffer.of(check.length >> 8, check.length & 0xff), check]));
    expect(await answered).toBe("answered");
    for (const socket of [genuine, ...before, ...after]) socket.destroy();
  });
});

describe("with libwebrtc", () => {
  const none: Wanted = () => false;

  test.each([
    ["offer", "connect", { ours: none, theirs: overTcp }],
    ["offer", "listen", { ours: ({ tcpType }) => tcpType === "passive", theirs: none }],
    ["answer", "connect", { ours: none, theirs: overTcp }],
    ["answer", "listen", { ours: ({ tcpType }) => tcpType === "passive", theirs: none }],
  ] satisfies [string, string, ForeignLineOptions][])("which makes the %s, and we %s", async (role, _, options) => {
    const line = await ForeignLine.open(wrtc, role as "offer" | "answer", options);
    try {
      expect(await line.openChannel("chat").ask("hello")).toBe("echo hello");
      expect(line.pair?.protocol).toBe("tcp");
    } finally {
      await line.close();
    }
  });
});
