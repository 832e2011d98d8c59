// Programs with sound and picture that know nothing of p2p.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import type { MediaStack } from "./peer.ts";
import { createW3cMedia } from "./w3c-media.mjs";
import { createW3cPeer } from "./w3c-peer.mjs";

interface PictureSource {
  createTrack(): unknown;
  onFrame(frame: { width: number; height: number; data: Uint8ClampedArray }): void;
}

interface SoundSource {
  createTrack(): unknown;
  onData(data: { samples: Int16Array; sampleRate: number; bitsPerSample: number; channelCount: number }): void;
}

interface Wrtc {
  RTCPeerConnection: new (configuration: object) => Parameters<typeof createW3cPeer>[0];
  MediaStream: new () => { addTrack(track: unknown): void };
  nonstandard: { RTCVideoSource: new () => PictureSource; RTCAudioSource: new () => SoundSource };
}

const require = createRequire(import.meta.url);
const WIDTH = 320;
const HEIGHT = 240;
const FRAME_MS = 40;
const RATE = 48_000;
/** libwebrtc takes sound in pieces of 10 ms. */
const SOUND_MS = 10;

/** libwebrtc in this process, with a picture that moves and a tone. */
export function startMediaWrtc(): MediaStack {
  const { RTCPeerConnection, MediaStream, nonstandard } = require("@roamhq/wrtc") as Wrtc;
  const connection = new RTCPeerConnection({ iceServers: [] });
  const timers: NodeJS.Timeout[] = [];
  const openStream = (): Promise<object> => {
    const [picture, sound] = [new nonstandard.RTCVideoSource(), new nonstandard.RTCAudioSource()];
    let step = 0;
    timers.push(
      setInterval(() => {
        step += 1;
        const data = new Uint8ClampedArray((WIDTH * HEIGHT * 3) / 2).fill(128);
        data.fill((step * 7) % 256, WIDTH * (step % HEIGHT), WIDTH * ((step % HEIGHT) + 1));
        picture.onFrame({ width: WIDTH, height: HEIGHT, data });
      }, FRAME_MS),
      setInterval(() => {
        const samples = Int16Array.from({ length: (RATE * SOUND_MS) / 1_000 }, (_, at) => 8_000 * Math.sin(at / 8));
        sound.onData({ samples, sampleRate: RATE, bitsPerSample: 16, channelCount: 1 });
      }, SOUND_MS),
    );
    const stream = new MediaStream();
    for (const source of [picture, sound]) stream.addTrack(source.createTrack());
    return Promise.resolve(stream);
  };
  const peer = createW3cPeer(connection, (bytes) => Promise.resolve(createHash("sha256").update(bytes).digest("hex")));
  const media = createW3cMedia(connection, openStream);
  return {
    ...peer,
    open: (count) => Promise.resolve(peer.open(count)),
    closedCount: () => Promise.resolve(peer.closedCount()),
    publish: () => media.publish(),
    take: () => Promise.resolve(media.take()),
    received: () => media.received(),
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      await peer.close();
    },
  };
}
