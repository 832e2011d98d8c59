// Media engines for tests: with fixed keys, the toy packetiser and randomness from a seed.
import type { MediaEngineEvent, MediaTrack } from "../../src/media/engine-types.ts";
import type { TrackFormat } from "../../src/media/frame.ts";
import { MediaEngine, type MediaEngineOptions } from "../../src/media/media-engine.ts";
import type { SrtpProfile } from "../../src/media/srtp.ts";
import { nodeMediaCiphers } from "../../src/rtc/media/ciphers.ts";
import { seededRandom } from "./seeded-random.ts";
import { srtpEnds } from "./srtp-keys.ts";
import { toyPacketiser } from "./toy-packetiser.ts";

/** A time of day at the begin of all tests: in 2026. */
const WALL_MS = 1_780_000_000_000;

export const SOUND: TrackFormat = { kind: "audio", codec: "opus", clockRate: 48_000 };
export const PICTURE: TrackFormat = { kind: "video", codec: "vp8", clockRate: 90_000 };

export function soundTrack(track: number, ssrc = 1_000 + track): MediaTrack {
  return { track, ssrc, payloadType: 111, format: SOUND };
}

export function pictureTrack(track: number, ssrc = 2_000 + track): MediaTrack {
  return { track, ssrc, payloadType: 96, format: PICTURE };
}

export interface EngineOptions extends Partial<MediaEngineOptions> {
  readonly profile?: SrtpProfile;
  readonly seed?: number;
}

/** Both ends of one line. */
export function mediaEngines({ profile = "AEAD_AES_128_GCM", seed = 1, ...rest }: EngineOptions = {}): {
  a: MediaEngine;
  b: MediaEngine;
} {
  const { a, b } = srtpEnds(profile);
  const create = (keys: typeof a, random: () => number): MediaEngine =>
    new MediaEngine({
      keys,
      ciphers: nodeMediaCiphers,
      packetisers: () => toyPacketiser,
      randomBytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
      wallMs: (nowMs) => WALL_MS + nowMs,
      ...rest,
    });
  return { a: create(a, seededRandom(seed)), b: create(b, seededRandom(seed + 1)) };
}

export function datagramsOf(engine: MediaEngine): Uint8Array[] {
  const datagrams: Uint8Array[] = [];
  for (let next = engine.pollDatagram(); next !== undefined; next = engine.pollDatagram()) datagrams.push(next);
  return datagrams;
}

export function eventsOf(engine: MediaEngine): MediaEngineEvent[] {
  const events: MediaEngineEvent[] = [];
  for (let next = engine.pollEvent(); next !== undefined; next = engine.pollEvent()) events.push(next);
  return events;
}

/** Whether a datagram is RTCP rather than RTP. RFC 5761 §4. */
export function isRtcp(datagram: Uint8Array): boolean {
  const second = datagram[1] ?? 0;
  return second >= 192 && second < 224;
}
