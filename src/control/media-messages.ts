// The control messages by which two p2p programs agree on sound and picture: what a side has, what the other takes of it,
// and when it is over. The media itself does not come this way. docs/control-protocol.md, "Sound and picture".
import { MAX_MEDIA_TRACKS } from "../lib/codecs.ts";

/** Limit of the codecs in one offer of a track. */
export const MAX_MEDIA_CODECS = 8;
/** Limit of a track's label in UTF-16 units. */
export const MAX_MEDIA_LABEL_LENGTH = 64;
const MAX_CLOCK_RATE = 384_000;
const MAX_CHANNELS = 8;
const MAX_PIXELS = 16_384;
/** Payload types with which a packet looks like RTCP on the same port (RFC 5761 §4). */
const FIRST_RTCP_LIKE = 64;
const LAST_RTCP_LIKE = 95;

/** One way in which a track can be sent. */
export interface OfferedCodec {
  /** In lower case, as in lib/codecs.ts; one of a later program is unknown here. */
  name: string;
  /** RTP payload type: 0 … 63 or 96 … 127. */
  payloadType: number;
  /** Hz of the RTP time stamps. */
  clockRate: number;
  /** 1 … 8. */
  channels?: number;
  /** For H.264 its profile-level-id. */
  profile?: string;
  /** Pixels, where they are known beforehand. */
  width?: number;
  height?: number;
}

/** The sender has this track, and sends it once the receiver has answered with a codec. */
export interface MediaOfferMessage {
  type: "media-offer";
  /** 1 … 8; free again when both sides have ended it, or when the receiver does not want it. */
  track: number;
  kind: "audio" | "video";
  /** 1 … 8, the sender's preference first. */
  codecs: readonly OfferedCodec[];
  /** Source of its RTP packets, 1 … 2^32 − 1; no other open track of the sender has it. */
  ssrc: number;
  /** Foreign text. */
  label?: string;
  /** Another offer follows at once: all of them begin together. */
  more?: true;
}

/** `codec`: the sender may begin, with this one of its offer. Absent: the track is not wanted, and over. */
export interface MediaAnswerMessage {
  type: "media-answer";
  track: number;
  codec?: string;
}

/**
 * Each side says it once for a track that was taken. From the sender: no new frame follows. From the receiver: it takes
 * no more, or it has all that was under way.
 */
export interface MediaEndMessage {
  type: "media-end";
  track: number;
  from: "sender" | "receiver";
}

/** What the receiver of this message sends is being recorded, or no longer. */
export interface MediaRecordingMessage {
  type: "media-recording";
  on: boolean;
}

export type MediaMessage = MediaOfferMessage | MediaAnswerMessage | MediaEndMessage | MediaRecordingMessage;

/** @param value - the object of a control message whose type is one of these */
export function decodeMedia(type: MediaMessage["type"], value: Record<string, unknown>): MediaMessage | "malformed" {
  const { track, codec, from, on } = value;
  if (type === "media-recording") return typeof on === "boolean" ? { type, on } : "malformed";
  if (!isWithin(track, 1, MAX_MEDIA_TRACKS)) return "malformed";
  switch (type) {
    case "media-offer":
      return decodeOffer(track, value);
    case "media-answer":
      if (codec === undefined) return { type, track };
      return isCodecName(codec) ? { type, track, codec } : "malformed";
    case "media-end":
      return from === "sender" || from === "receiver" ? { type, track, from } : "malformed";
  }
}

function decodeOffer(track: number, value: Record<string, unknown>): MediaOfferMessage | "malformed" {
  const { kind, codecs, ssrc, label, more } = value;
  if (kind !== "audio" && kind !== "video") return "malformed";
  if (!isWithin(ssrc, 1, 2 ** 32 - 1)) return "malformed";
  if (label !== undefined && (typeof label !== "string" || label.length > MAX_MEDIA_LABEL_LENGTH)) return "malformed";
  if (!Array.isArray(codecs) || codecs.length === 0 || codecs.length > MAX_MEDIA_CODECS) return "malformed";
  const decoded = codecs.map(decodeCodec);
  if (!decoded.every((one) => one !== undefined)) return "malformed";
  if (new Set(decoded.map(({ name }) => name)).size < decoded.length) return "malformed";
  return {
    type: "media-offer",
    track,
    kind,
    codecs: decoded,
    ssrc,
    ...(label === undefined ? {} : { label }),
    ...(more === true ? { more } : {}),
  };
}

function decodeCodec(value: unknown): OfferedCodec | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { name, payloadType, clockRate, channels, profile, width, height } = value as Record<string, unknown>;
  if (!isCodecName(name) || !isPayloadType(payloadType) || !isWithin(clockRate, 1, MAX_CLOCK_RATE)) return undefined;
  if (channels !== undefined && !isWithin(channels, 1, MAX_CHANNELS)) return undefined;
  if (profile !== undefined && !isProfile(profile)) return undefined;
  if (width !== undefined && !isWithin(width, 1, MAX_PIXELS)) return undefined;
  if (height !== undefined && !isWithin(height, 1, MAX_PIXELS)) return undefined;
  return {
    name,
    payloadType,
    clockRate,
    ...(channels === undefined ? {} : { channels }),
    ...(profile === undefined ? {} : { profile }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
  };
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function isPayloadType(value: unknown): value is number {
  return isWithin(value, 0, 127) && (value < FIRST_RTCP_LIKE || value > LAST_RTCP_LIKE);
}

function isCodecName(value: unknown): value is string {
  return typeof value === "string" && /^[a-z][a-z0-9-]{0,15}$/.test(value);
}

function isProfile(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z0-9.-]{1,16}$/.test(value);
}
