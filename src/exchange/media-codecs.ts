// The codecs of a section of media: its lines `a=rtpmap`, `a=fmtp` and `a=rtcp-fb` as facts, and the facts as lines; and
// which of them is the one that is wanted. RFC 8866 §6.6 and §6.15, RFC 4585 §4.2, RFC 3551 §6; the parameters of each
// codec are those of its RFC.
import { type CodecName, CODECS } from "../lib/codecs.ts";
import type { SdpSection } from "./description.ts";
import { h264ProfileOf, isDecodable } from "./h264-profiles.ts";

/** A codec of a section. */
export interface MediaCodec {
  /** 0 … 127. */
  payloadType: number;
  /** As written; upper and lower case are the same. */
  name: string;
  /** Hz. */
  clockRate: number;
  channels: number | undefined;
  /** The parameters, as written; "" without any. */
  fmtp: string;
  /** Feedback that its receiver may send: `nack`, `nack pli`. */
  feedback: string[];
}

/** A codec that this side can send or take. */
export interface WantedCodec {
  /** As `a=rtpmap` has it: `VP8`. */
  name: string;
  /** The payload type that an offer of ours gives it where nothing else has it. */
  payloadType: number;
  /** Hz. */
  clockRate: number;
  channels?: number;
  /** The `profile-level-id` of H.264; undefined: any that is known. */
  profile?: string | undefined;
}

/** One of our codecs as sections of media name it. */
export function wantedCodec(codec: CodecName): WantedCodec {
  const { encodingName, payloadType, clockRate } = CODECS[codec];
  return { name: encodingName, payloadType, clockRate };
}

/** The feedback that the media engine sends and obeys. */
const FEEDBACK = { audio: ["nack"], video: ["nack", "nack pli", "ccm fir", "goog-remb"] } as const;
/** Payload types that need no `a=rtpmap`. RFC 3551 §6. */
const STATIC: ReadonlyMap<number, string> = new Map([
  [0, "PCMU/8000"],
  [8, "PCMA/8000"],
]);
const RTPMAP = /^([A-Za-z0-9._-]{1,40})\/(\d{1,9})(?:\/(\d{1,2}))?$/;
/** Lines with other values are no codec lines. */
const CODEC_LINE = /^(rtpmap|fmtp|rtcp-fb):[ \t]{0,8}(\d{1,3}|\*)[ \t]{1,8}(\S.*)$/i;
const MAX_PAYLOAD_TYPE = 127;
/** Kinds of feedback of one codec that are kept; a browser has six. */
const MAX_FEEDBACK = 32;
/** What an offer of ours asks of H.264 that it takes: what every other program can make. RFC 7742 §6.2. */
const USUAL_H264 = "42e01f";

/** The codecs of a section in the order of its `m=` line; what no line explains is left out. */
export function codecsOf({ formats, codecLines }: Pick<SdpSection, "formats" | "codecLines">): MediaCodec[] {
  const maps = new Map<string, string>();
  const parameters = new Map<string, string>();
  const feedback = new Map<string, string[]>();
  for (const line of codecLines) {
    const [, name = "", format = "", value = ""] = CODEC_LINE.exec(line) ?? [];
    switch (name.toLowerCase()) {
      case "rtpmap":
        if (!maps.has(format)) maps.set(format, value.trim());
        break;
      case "fmtp":
        if (!parameters.has(format)) parameters.set(format, value.trim());
        break;
      case "rtcp-fb": {
        const values = feedback.get(format) ?? [];
        if (values.length < MAX_FEEDBACK) values.push(value.trim());
        feedback.set(format, values);
        break;
      }
      default:
    }
  }
  return [...new Set(formats)].flatMap((format) => {
    const payloadType = /^\d{1,3}$/.test(format) ? Number(format) : MAX_PAYLOAD_TYPE + 1;
    const [, name, clockRate, channels] = RTPMAP.exec(maps.get(format) ?? STATIC.get(payloadType) ?? "") ?? [];
    if (name === undefined || payloadType > MAX_PAYLOAD_TYPE) return [];
    return {
      payloadType,
      name,
      clockRate: Number(clockRate),
      channels: channels === undefined ? undefined : Number(channels),
      fmtp: parameters.get(format) ?? "",
      feedback: [...(feedback.get("*") ?? []), ...(feedback.get(format) ?? [])],
    };
  });
}

/** The `m=` line's formats and the codec lines of a section with these codecs. */
export function codecText(codecs: readonly MediaCodec[]): Pick<SdpSection, "formats" | "codecLines"> {
  return {
    formats: codecs.map(({ payloadType }) => String(payloadType)),
    codecLines: codecs.flatMap(({ payloadType, name, clockRate, channels, fmtp, feedback }) => [
      `rtpmap:${payloadType} ${name}/${clockRate}${channels === undefined ? "" : `/${channels}`}`,
      ...(fmtp === "" ? [] : [`fmtp:${payloadType} ${fmtp}`]),
      ...feedback.map((value) => `rtcp-fb:${payloadType} ${value}`),
    ]),
  };
}

/** A codec in an offer of ours. */
export function offeredCodec(kind: "audio" | "video", wanted: WantedCodec, payloadType: number): MediaCodec {
  const { name, clockRate } = wanted;
  // RFC 7587 §7: Opus is always announced with two channels.
  const channels = name.toLowerCase() === "opus" ? 2 : undefined;
  return { payloadType, name, clockRate, channels, fmtp: parametersOf(wanted), feedback: [...FEEDBACK[kind]] };
}

function parametersOf({ name, channels, profile }: WantedCodec): string {
  switch (name.toLowerCase()) {
    case "h264":
      return `level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${profile ?? USUAL_H264}`;
    case "opus":
      return channels === 2 ? "minptime=10;sprop-stereo=1;stereo=1;useinbandfec=1" : "minptime=10;useinbandfec=1";
    default:
      return "";
  }
}

/** The same codec in our answer: its parameters are repeated, and the kinds of feedback that this side knows. */
export function answeredCodec(kind: "audio" | "video", codec: MediaCodec): MediaCodec {
  const known: readonly string[] = FEEDBACK[kind];
  return { ...codec, feedback: [...new Set(codec.feedback)].filter((value) => known.includes(value)) };
}

/**
 * The codec of a section that is the one that is wanted.
 * @param use - we send it, so the other side has to take it; or we take it
 */
export function findCodec(
  codecs: readonly MediaCodec[],
  wanted: WantedCodec,
  use: "send" | "receive",
): MediaCodec | undefined {
  const alike = codecs.filter((codec) => isAlike(codec, wanted));
  if (wanted.name.toLowerCase() !== "h264") return alike.find(isMainProfile);
  const own = wanted.profile === undefined ? undefined : h264ProfileOf(wanted.profile);
  if (wanted.profile !== undefined && own === undefined) return undefined;
  const [exact, decodable] = [[], []] as [MediaCodec[], MediaCodec[]];
  for (const codec of alike) {
    const parameters = parametersIn(codec);
    const profile = h264ProfileOf(parameters.get("profile-level-id"));
    // The other modes cut access units differently, or not at all. RFC 6184 §6.2.
    if (profile === undefined || parameters.get("packetization-mode") !== "1") continue;
    if (own === undefined || own === profile) exact.push(codec);
    else if (use === "send" ? isDecodable(own, profile) : isDecodable(profile, own)) decodable.push(codec);
  }
  return exact[0] ?? decodable[0];
}

function isAlike({ name, clockRate, channels }: MediaCodec, wanted: WantedCodec): boolean {
  if (name.toLowerCase() !== wanted.name.toLowerCase() || clockRate !== wanted.clockRate) return false;
  return name.toLowerCase() === "opus" || (channels ?? 1) === (wanted.channels ?? 1);
}

/** VP9 and AV1 with 8 bits of 4:2:0, which every program has. RFC 9628 §6.1; RTP payload of AV1 §7.2. */
function isMainProfile(codec: MediaCodec): boolean {
  const parameters = parametersIn(codec);
  const key = codec.name.toLowerCase() === "vp9" ? "profile-id" : "profile";
  return !["vp9", "av1"].includes(codec.name.toLowerCase()) || (parameters.get(key) ?? "0") === "0";
}

/** `profile-level-id` of H.264, as written. */
export function h264LevelOf(codec: MediaCodec): string | undefined {
  return codec.name.toLowerCase() === "h264" ? parametersIn(codec).get("profile-level-id") : undefined;
}

/** The parameters by their lower-case names. */
function parametersIn({ fmtp }: MediaCodec): Map<string, string> {
  const pairs = fmtp.split(";").map((part) => {
    const [key = "", value = ""] = part.split("=", 2);
    return [key.trim().toLowerCase(), value.trim()] as const;
  });
  return new Map(pairs.toReversed());
}
