// A WebRTC program that knows nothing of p2p (@roamhq/wrtc, Google's stack): it makes and takes bare {type, sdp}
// documents as browsers do, and echoes text.
import { createRequire } from "node:module";

/** What the tests use of the W3C interface; the package's own types would bring in the whole DOM. */
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

/** A peer that asks no server. Whoever creates it closes it. */
export function createForeign(): ForeignPeer {
  return new wrtc.RTCPeerConnection({ iceServers: [] });
}

/** Sets the local description and waits until its candidates are in it. */
export async function describeForeign(peer: ForeignPeer, type: "offer" | "answer"): Promise<string> {
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
export async function applyOurs(peer: ForeignPeer, document: string): Promise<void> {
  const { sdp, icecandidate } = JSON.parse(document) as { sdp: string; icecandidate: string[] };
  await peer.setRemoteDescription(JSON.parse(sdp));
  for (const candidate of icecandidate) await peer.addIceCandidate(JSON.parse(candidate));
}

/** Answers each text with the same text after `echo `. */
export function echo(channel: ForeignChannel): void {
  channel.addEventListener("message", ({ data }) => channel.send(`echo ${String(data)}`));
}
