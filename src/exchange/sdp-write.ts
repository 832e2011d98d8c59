// The SDP text of a description, in either form, without candidates. One data channel section, nothing else.
// RFC 8866, RFC 8839, RFC 8841; the old form as libwebrtc wrote it in 2018.
import type { SessionDescription } from "./description.ts";
import { DEFAULT_MAX_MESSAGE_SIZE } from "./limits.ts";

/** Streams that the old form announces; libwebrtc's number. */
const LEGACY_STREAM_COUNT = 1_024;

/**
 * @param revision - revision of the document; a newer one of the same session has a higher `o=` version
 * @returns lines that end in CR LF
 */
export function writeSdp(description: SessionDescription, revision: number): string {
  const { form, mid } = description;
  const isModern = form === "modern";
  const lines = [
    "v=0",
    `o=- ${sessionId(description)} ${revision + 1} IN IP4 127.0.0.1`,
    "s=-",
    "t=0 0",
    ...(description.iceLite ? ["a=ice-lite"] : []),
    ...(isModern ? [`a=group:BUNDLE ${mid}`] : []),
    isModern ? "m=application 9 UDP/DTLS/SCTP webrtc-datachannel" : `m=application 9 DTLS/SCTP ${description.sctpPort}`,
    "c=IN IP4 0.0.0.0",
    `a=ice-ufrag:${description.iceUfrag}`,
    `a=ice-pwd:${description.icePwd}`,
    ...description.fingerprints.map(({ algorithm, value }) => `a=fingerprint:${algorithm} ${value}`),
    `a=setup:${description.setup}`,
    `a=mid:${mid}`,
    ...(isModern ? modernSctpLines(description) : legacySctpLines(description)),
  ];
  return lines.map((line) => `${line}\r\n`).join("");
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
