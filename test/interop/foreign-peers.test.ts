// The module against WebRTC programs that know nothing of p2p, on loopback: text works both ways, files are
// refused with a reason, and the session ends. Their documents are bare {type, sdp} as browsers give them.
import { createRequire } from "node:module";
import { afterEach, describe, expect, test } from "vitest";
import { createAnswer, createOffer, type P2pEvent, type PeerOptions, type PendingPeer } from "../../src/index.ts";

/** What these tests use of the W3C interface; the package's own types would bring in the whole DOM. */
interface ForeignChannel {
  send(data: string): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
}

interface ForeignPeer {
  readonly iceGatheringState: string;
  readonly localDescription: { type: string; sdp: string } | null;
  createDataChannel(label: string): ForeignChannel;
  createOffer(): Promise<unknown>;
  createAnswer(): Promise<unknown>;
  setLocalDescription(description: unknown): Promise<void>;
  setRemoteDescription(description: unknown): Promise<void>;
  addIceCandidate(candidate: unknown): Promise<void>;
  addEventListener(type: "icegatheringstatechange", listener: () => void): void;
  addEventListener(type: "datachannel", listener: (event: { channel: ForeignChannel }) => void): void;
  close(): void;
}

const wrtc = createRequire(import.meta.url)("@roamhq/wrtc") as {
  RTCPeerConnection: new (configuration: { iceServers: never[] }) => ForeignPeer;
};

const OPTIONS: PeerOptions = { bind: ["127.0.0.1"], mode: "once" };

const closers: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

function createForeign(): ForeignPeer {
  const peer = new wrtc.RTCPeerConnection({ iceServers: [] });
  closers.push(() => peer.close());
  return peer;
}

/** Sets the local description and waits until its candidates are in it. */
async function describeForeign(peer: ForeignPeer, type: "offer" | "answer"): Promise<string> {
  await peer.setLocalDescription(await (type === "offer" ? peer.createOffer() : peer.createAnswer()));
  await new Promise<void>((resolve) => {
    const check = (): void => {
      if (peer.iceGatheringState === "complete") resolve();
    };
    peer.addEventListener("icegatheringstatechange", check);
    check();
  });
  return JSON.stringify({ type, sdp: peer.localDescription?.sdp });
}

/** The candidates of our document are beside its SDP; a browser page does the same with a few lines. */
async function applyOurs(peer: ForeignPeer, document: string): Promise<void> {
  const { sdp, icecandidate } = JSON.parse(document) as { sdp: string; icecandidate: string[] };
  await peer.setRemoteDescription(JSON.parse(sdp));
  for (const candidate of icecandidate) await peer.addIceCandidate(JSON.parse(candidate));
}

async function readEvents(pending: PendingPeer): Promise<P2pEvent[]> {
  const events: P2pEvent[] = [];
  for await (const event of pending.events) events.push(event);
  return events;
}

function echo(channel: ForeignChannel): void {
  channel.addEventListener("message", ({ data }) => channel.send(`echo ${String(data)}`));
}

describe("@roamhq/wrtc", () => {
  test("as the answering side", async () => {
    const offer = await createOffer(OPTIONS);
    closers.push(() => offer.close());
    const events = readEvents(offer);
    const foreign = createForeign();
    foreign.addEventListener("datachannel", ({ channel }) => echo(channel));
    await applyOurs(foreign, offer.document);
    const session = await offer.accept(await describeForeign(foreign, "answer"));
    expect(session.isForeign).toBe(true);
    await session.sendMessage("汉字");
    expect(await session.sendFiles(["package.json"])).toBe("failed");
    session.finish();
    expect(await session.ended).toEqual({ event: "closed", reason: "done", exit: 7 });
    expect(await events).toContainEqual({ event: "message", from: "peer", text: "echo 汉字" });
  });

  test("as the offering side", async () => {
    const foreign = createForeign();
    const channel = foreign.createDataChannel("chat");
    echo(channel);
    const answer = await createAnswer(await describeForeign(foreign, "offer"), OPTIONS);
    closers.push(() => answer.close());
    const events = readEvents(answer);
    await applyOurs(foreign, answer.document);
    const session = await answer.session;
    await session.sendMessage("");
    await session.sendMessage("x".repeat(100_000));
    session.finish();
    expect(await session.ended).toEqual({ event: "closed", reason: "done", exit: 0 });
    expect(await events).toContainEqual({ event: "message", from: "peer", text: "echo " });
  });
});
