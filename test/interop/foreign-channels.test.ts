// Which channel carries the text with programs that open none, open several, agree on a number without a word, or close
// theirs and stay connected.
import { createRequire } from "node:module";
import { describe, type TestContext, test } from "vitest";
import { createAnswer, createOffer, type P2pEvent, type PeerOptions, type PendingPeer } from "../../src/index.ts";
import { bareDescription, type BareDescription } from "../support/foreign/peer.ts";

const OPTIONS: PeerOptions = { network: { bind: ["127.0.0.1"] } };
const require = createRequire(import.meta.url);

interface Channel {
  label: string;
  onopen: () => void;
  onmessage: (event: { data: unknown }) => void;
  send(text: string): void;
  close(): void;
}

interface Connection {
  createDataChannel(label: string, options?: { negotiated: boolean; id: number }): Channel;
  createOffer(): Promise<BareDescription>;
  createAnswer(): Promise<BareDescription>;
  setLocalDescription(description: BareDescription): Promise<void>;
  setRemoteDescription(description: BareDescription): Promise<void>;
  readonly iceGatheringState: string;
  readonly localDescription: BareDescription;
  onicegatheringstatechange: () => void;
  ondatachannel: (event: { channel: Channel }) => void;
  close(): void;
}

function newConnection(t: TestContext): Connection {
  const { RTCPeerConnection } = require("@roamhq/wrtc") as { RTCPeerConnection: new (options: object) => Connection };
  const connection = new RTCPeerConnection({ iceServers: [] });
  t.onTestFinished(() => connection.close());
  return connection;
}

async function described(connection: Connection, description: BareDescription): Promise<BareDescription> {
  const complete = new Promise<void>((resolve) => {
    connection.onicegatheringstatechange = () => {
      if (connection.iceGatheringState === "complete") resolve();
    };
  });
  await connection.setLocalDescription(description);
  await complete;
  const { type, sdp } = connection.localDescription;
  return { type, sdp };
}

function echo(channel: Channel): void {
  channel.onmessage = ({ data }) => channel.send(`${channel.label} ${String(data)}`);
}

/** Closes it after the test. @returns a function that waits for the first event that holds */
function follow(t: TestContext, pending: PendingPeer): (holds: (event: P2pEvent) => boolean) => Promise<P2pEvent> {
  t.onTestFinished(() => pending.close());
  const seen: P2pEvent[] = [];
  const waiting = new Set<() => void>();
  void (async () => {
    for await (const event of pending.events) {
      seen.push(event);
      for (const wake of waiting) wake();
    }
  })();
  return (holds) =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = seen.find(holds);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
}

const isText = (text: string) => (event: P2pEvent) =>
  event.event === "message" && event.from === "peer" && event.text === text;

async function answerTo(t: TestContext, connection: Connection) {
  const answer = await createAnswer(
    JSON.stringify(await described(connection, await connection.createOffer())),
    OPTIONS,
  );
  const seen = follow(t, answer);
  await connection.setRemoteDescription(bareDescription(answer.document));
  return { session: await answer.session, seen };
}

describe.concurrent("a program that makes the offer", () => {
  test("and opens nothing gets our channel", async (t) => {
    const connection = newConnection(t);
    // The section of data channels is in the offer, and no channel is opened.
    connection.createDataChannel("unused", { negotiated: true, id: 100 });
    connection.ondatachannel = ({ channel }) => echo(channel);
    const { session, seen } = await answerTo(t, connection);
    await session.sendMessage("hello");
    await seen(isText("p2p hello"));
  });

  test("and speaks first on a number that both know", async (t) => {
    const connection = newConnection(t);
    const channel = connection.createDataChannel("agreed", { negotiated: true, id: 6 });
    channel.onopen = () => channel.send("first");
    echo(channel);
    const { session, seen } = await answerTo(t, connection);
    await seen(isText("first"));
    await session.sendMessage("back");
    await seen(isText("agreed back"));
  });

  test("and has a channel for control before the one for people", async (t) => {
    const connection = newConnection(t);
    echo(connection.createDataChannel("control"));
    echo(connection.createDataChannel("chat"));
    const { session, seen } = await answerTo(t, connection);
    await session.sendMessage("hello");
    await seen(isText("chat hello"));
    await seen((event) => event.event === "channel-unused" && event.label === "control" && event.used === "chat");
  });

  test("and closes its channel, but not its connection, has left", async (t) => {
    const connection = newConnection(t);
    const channel = connection.createDataChannel("chat");
    channel.onmessage = () => channel.close();
    const { session } = await answerTo(t, connection);
    await session.sendMessage("close it");
    t.expect(await session.ended).toEqual({ event: "closed", reason: "peer-bye", exit: 0 });
    await t.expect(session.sendMessage("too late")).rejects.toMatchObject({ code: "CONNECTION_LOST" });
  });
});

test("a program that answers and speaks on a number that both know is heard and answered there", async (t) => {
  const offer = await createOffer(OPTIONS);
  const seen = follow(t, offer);
  const connection = newConnection(t);
  const channel = connection.createDataChannel("agreed", { negotiated: true, id: 6 });
  channel.onopen = () => channel.send("first");
  echo(channel);
  await connection.setRemoteDescription(bareDescription(offer.document));
  const session = await offer.accept(JSON.stringify(await described(connection, await connection.createAnswer())));
  await seen(isText("first"));
  await session.sendMessage("back");
  await seen(isText("agreed back"));
});
