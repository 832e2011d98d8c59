// The SDP text of a description, in either form. One data channel section, and beside it those of media (media-layout.ts)
// and in an answer all of its offer (sdp-layout.ts). RFC 8866, RFC 8839, RFC 8841, RFC 9143; the old form as libwebrtc wrote it in 2018.
import { encodeCandidate } from "./candidate.ts";
import type { RtpStream, SdpLayout, SdpSection, SessionDescription } from "./description.ts";
import { DEFAULT_MAX_MESSAGE_SIZE } from "./limits.ts";
import { plainLayout, transportSection } from "./sdp-layout.ts";

/** Streams that the old form announces; libwebrtc's number. */
const LEGACY_STREAM_COUNT = 1_024;

/** The parts of a text beside the facts of the description. */
export interface SdpParts {
  /** Default: nothing but the data channel. */
  layout?: SdpLayout | undefined;
  /** The text has the candidates too: a bare description has no other place for them. */
  withCandidates?: boolean;
}

/**
 * @param revision - revision of the document; a newer one of the same session has a higher `o=` version
 * @returns lines that end in CR LF
 */
export function writeSdp(description: SessionDescription, revision: number, parts: SdpParts = {}): string {
  const { layout = plainLayout(description), withCandidates = false } = parts;
  const { sections, bundle } = layout;
  const transport = transportSection(layout);
  const candidateLines = withCandidates
    ? description.candidates.map((candidate) => `a=${encodeCandidate(candidate, description.iceUfrag)}`)
    : [];
  const lines = [
    "v=0",
    `o=- ${sessionId(description)} ${revision + 1} IN IP4 127.0.0.1`,
    "s=-",
    "t=0 0",
    ...(description.iceLite ? ["a=ice-lite"] : []),
    ...(bundle.length > 0 ? [`a=group:BUNDLE ${bundle.join(" ")}`] : []),
    ...sections.flatMap((section) => [
      ...sectionLines(section, description),
      ...(section === transport ? candidateLines : []),
    ]),
  ];
  return lines.map((line) => `${line}\r\n`).join("");
}

function sectionLines(section: SdpSection, description: SessionDescription): string[] {
  const { isData, kind, protocol, mid, state } = section;
  const isLegacyData = isData && description.form === "legacy";
  const formats = isLegacyData ? [String(description.sctpPort)] : section.formats;
  const media = `m=${[kind, state === "live" ? 9 : 0, protocol, ...formats].join(" ")}`;
  const midLines = mid === undefined ? [] : [`a=mid:${mid}`];
  if (state === "rejected") return [media, "c=IN IP4 0.0.0.0", ...midLines, "a=inactive"];
  return [
    media,
    "c=IN IP4 0.0.0.0",
    `a=ice-ufrag:${description.iceUfrag}`,
    `a=ice-pwd:${description.icePwd}`,
    ...description.fingerprints.map(({ algorithm, value }) => `a=fingerprint:${algorithm} ${value}`),
    `a=setup:${description.setup}`,
    ...midLines,
    ...(state === "bundle-only" ? ["a=bundle-only"] : []),
    ...(isData ? sctpLines(description) : mediaLines(section)),
  ];
}

function mediaLines({ direction, hasRtcpMux, codecLines, mid, stream }: SdpSection): string[] {
  return [
    `a=${direction}`,
    ...(hasRtcpMux ? ["a=rtcp-mux"] : []),
    ...codecLines.map((line) => `a=${line}`),
    ...(stream === undefined ? [] : streamLines(stream, mid)),
  ];
}

/** The tracks of one side belong together, and have the names of their sections. RFC 8830, RFC 5576. */
function streamLines({ ssrc, cname = "-" }: RtpStream, mid = "-"): string[] {
  return [`a=msid:${cname} ${mid}`, `a=ssrc:${ssrc} cname:${cname}`];
}

function sctpLines(description: SessionDescription): string[] {
  return description.form === "modern" ? modernSctpLines(description) : legacySctpLines(description);
}

function modernSctpLines({ sctpPort, maxMessageSize }: SessionDescription): string[] {
  return [`a=sctp-port:${sctpPort}`, `a=max-message-size:${maxMessageSize}`];
}

function legacySctpLines({ sctpPort, maxMessageSize }: SessionDescription): string[] {
  const size = maxMessageSize === DEFAULT_MAX_MESSAGE_SIZE ? [] : [`a=max-message-size:${maxMessageSize}`];
  return [`a=sctpmap:${sctpPort} webrtc-datachannel ${LEGACY_STREAM_COUNT}`, ...size];
}

/** A number below 2^63 (RFC 9429 §5.2.1) that stays the same as long as the certificate does. */
function sessionId({ fingerprints }: SessionDescription): bigint {
  const hex = (fingerprints[0]?.value ?? "").replaceAll(":", "").slice(0, 15);
  return BigInt(`0x0${hex}`);
}
