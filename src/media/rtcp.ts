// RTCP: compound packets taken apart by the lengths of their parts, and written. RFC 3550 §6, RFC 4585 §6 (NACK, PLI), RFC
// 5104 §4.3.1 (FIR), draft-alvestrand-rmcat-remb (written only). Everything else is passed over by its length: SDES, since
// one line is one person, transport-wide feedback, APP, XR. It takes only what has been authenticated, and is strict even so.
import { type ReportBlock, type RtcpMessage, RtcpType, type SenderReport } from "./rtcp-types.ts";

const VERSION = 2;
const HEADER_BYTES = 4;
const REPORT_BLOCK_BYTES = 24;
const SENDER_INFO_BYTES = 20;
/** The fixed part of a feedback message: SSRCs of its sender and of the stream that it is about. */
const FEEDBACK_BYTES = 8;
const FIR_ENTRY_BYTES = 8;
const REMB_NAME = 0x52454d42;
const NACK_FORMAT = 1;
const PLI_FORMAT = 1;
const FIR_FORMAT = 4;
const AFB_FORMAT = 15;

/**
 * Takes a compound packet apart, or one that is reduced to less than RFC 3550 asks for (RFC 5506).
 * @returns what is known of it, up to the first part whose length does not fit
 */
export function decodeRtcp(compound: Uint8Array): RtcpMessage[] {
  const messages: RtcpMessage[] = [];
  const view = new DataView(compound.buffer, compound.byteOffset, compound.byteLength);
  let at = 0;
  while (at + HEADER_BYTES <= compound.length) {
    const first = view.getUint8(at);
    const end = at + (view.getUint16(at + 2) + 1) * 4;
    if (first >> 6 !== VERSION || end > compound.length) break;
    // Padding is for the last part only, and is counted in its last byte.
    const padding = (first & 0x20) === 0 ? 0 : view.getUint8(end - 1);
    const bodyAt = at + HEADER_BYTES;
    if (padding > end - bodyAt) break;
    const body = new DataView(view.buffer, view.byteOffset + bodyAt, end - padding - bodyAt);
    const message = decodePart(view.getUint8(at + 1), first & 0x1f, body);
    if (message !== undefined) messages.push(message);
    at = end;
  }
  return messages;
}

/** @param count - the five bits beside the padding flag: of reports, of sources, or a format */
function decodePart(type: number, count: number, body: DataView): RtcpMessage | undefined {
  switch (type) {
    case RtcpType.SENDER_REPORT:
      return decodeSenderReport(count, body);
    case RtcpType.RECEIVER_REPORT: {
      if (body.byteLength < 4) return undefined;
      const reports = decodeReports(count, body, 4);
      return reports && { type: "receiver-report", ssrc: body.getUint32(0), reports };
    }
    case RtcpType.BYE:
      return body.byteLength < count * 4 ? undefined : { type: "bye", ssrcs: words(body, 0, count) };
    case RtcpType.TRANSPORT_FEEDBACK:
      return count === NACK_FORMAT ? decodeNack(body) : undefined;
    case RtcpType.PAYLOAD_FEEDBACK:
      return decodePayloadFeedback(count, body);
    default:
      return undefined;
  }
}

function decodeSenderReport(count: number, body: DataView): RtcpMessage | undefined {
  if (body.byteLength < 4 + SENDER_INFO_BYTES) return undefined;
  const reports = decodeReports(count, body, 4 + SENDER_INFO_BYTES);
  return (
    reports && {
      type: "sender-report",
      ssrc: body.getUint32(0),
      ntpSeconds: body.getUint32(4),
      ntpFraction: body.getUint32(8),
      rtpTimestamp: body.getUint32(12),
      packets: body.getUint32(16),
      bytes: body.getUint32(20),
      reports,
    }
  );
}

function decodeReports(count: number, body: DataView, from: number): ReportBlock[] | undefined {
  if (body.byteLength < from + count * REPORT_BLOCK_BYTES) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const at = from + index * REPORT_BLOCK_BYTES;
    const losses = body.getUint32(at + 4);
    return {
      ssrc: body.getUint32(at),
      fractionLost: losses >>> 24,
      // Signed, 24 bits: duplicates make it negative.
      lost: (losses << 8) >> 8,
      highestSequence: body.getUint32(at + 8),
      jitter: body.getUint32(at + 12),
      lastReport: body.getUint32(at + 16),
      sinceLastReport: body.getUint32(at + 20),
    };
  });
}

function decodeNack(body: DataView): RtcpMessage | undefined {
  if (body.byteLength < FEEDBACK_BYTES + 4) return undefined;
  const sequences: number[] = [];
  for (let at = FEEDBACK_BYTES; at + 4 <= body.byteLength; at += 4) {
    const first = body.getUint16(at);
    const following = body.getUint16(at + 2);
    sequences.push(first);
    for (let bit = 0; bit < 16; bit += 1) {
      if (((following >> bit) & 1) === 1) sequences.push((first + bit + 1) & 0xffff);
    }
  }
  return { type: "nack", ssrc: body.getUint32(4), sequences };
}

function decodePayloadFeedback(format: number, body: DataView): RtcpMessage | undefined {
  if (body.byteLength < FEEDBACK_BYTES) return undefined;
  if (format === PLI_FORMAT) return { type: "key-frame-request", ssrcs: [body.getUint32(4)] };
  if (format === FIR_FORMAT) {
    const count = Math.floor((body.byteLength - FEEDBACK_BYTES) / FIR_ENTRY_BYTES);
    const ssrcs = Array.from({ length: count }, (_, at) => body.getUint32(FEEDBACK_BYTES + at * FIR_ENTRY_BYTES));
    return { type: "key-frame-request", ssrcs };
  }
  return undefined;
}

function words(view: DataView, from: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => view.getUint32(from + at * 4));
}

/** One part of `words` 32-bit words behind its header. */
function part(type: number, count: number, contents: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + contents.length * 4);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, (VERSION << 6) | count);
  view.setUint8(1, type);
  view.setUint16(2, contents.length);
  for (const [at, word] of contents.entries()) view.setUint32(HEADER_BYTES + at * 4, word);
  return bytes;
}

/** @param reports - 31 at most */
export function encodeSenderReport(report: Omit<SenderReport, "type">): Uint8Array {
  const { ssrc, ntpSeconds, ntpFraction, rtpTimestamp, packets, bytes, reports } = report;
  const info = [ssrc, ntpSeconds, ntpFraction, rtpTimestamp, packets, bytes];
  return part(RtcpType.SENDER_REPORT, reports.length, [...info, ...reports.flatMap(blockWords)]);
}

/** @param reports - 31 at most */
export function encodeReceiverReport(ssrc: number, reports: readonly ReportBlock[]): Uint8Array {
  return part(RtcpType.RECEIVER_REPORT, reports.length, [ssrc, ...reports.flatMap(blockWords)]);
}

function blockWords(block: ReportBlock): number[] {
  const { ssrc, fractionLost, lost, highestSequence, jitter, lastReport, sinceLastReport } = block;
  return [ssrc, (fractionLost << 24) | (lost & 0xff_ffff), highestSequence, jitter, lastReport, sinceLastReport];
}

/**
 * The name of this end, which RFC 3550 wants in every compound packet.
 * @param name - ASCII, 255 characters at most
 */
export function encodeSourceName(ssrc: number, name: string): Uint8Array {
  // SSRC, item CNAME, its length, its text, and one to four zeros.
  const chunk = new Uint8Array(Math.ceil((4 + 2 + name.length + 1) / 4) * 4);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, ssrc);
  view.setUint8(4, 1);
  view.setUint8(5, name.length);
  for (let at = 0; at < name.length; at += 1) view.setUint8(6 + at, name.charCodeAt(at) & 0x7f);
  return part(RtcpType.SOURCE_DESCRIPTION, 1, words(view, 0, chunk.length / 4));
}

/** @param ssrcs - 31 at most */
export function encodeBye(ssrcs: readonly number[]): Uint8Array {
  return part(RtcpType.BYE, ssrcs.length, ssrcs);
}

/** @param sequences - 16 bits each, in order; those that are near one another share a word */
export function encodeNack(sender: number, ssrc: number, sequences: readonly number[]): Uint8Array {
  const pairs: number[] = [];
  let first: number | undefined;
  let following = 0;
  for (const sequence of sequences) {
    const ahead = first === undefined ? 17 : (sequence - first) & 0xffff;
    if (ahead > 0 && ahead <= 16) following |= 1 << (ahead - 1);
    else {
      if (first !== undefined) pairs.push((first << 16) | following);
      first = sequence;
      following = 0;
    }
  }
  if (first !== undefined) pairs.push((first << 16) | following);
  return part(RtcpType.TRANSPORT_FEEDBACK, NACK_FORMAT, [sender, ssrc, ...pairs]);
}

/** A picture loss indication: the receiver needs a key frame. RFC 4585 §6.3.1 */
export function encodePli(sender: number, ssrc: number): Uint8Array {
  return part(RtcpType.PAYLOAD_FEEDBACK, PLI_FORMAT, [sender, ssrc]);
}

/** @param ssrcs - 255 at most. The rate is rounded down to 18 bits of precision. */
export function encodeRemb(sender: number, bitsPerSecond: number, ssrcs: readonly number[]): Uint8Array {
  const exponent = Math.max(0, Math.ceil(Math.log2((Math.max(1, bitsPerSecond) + 1) / 2 ** 18)));
  const mantissa = Math.floor(bitsPerSecond / 2 ** exponent);
  const rate = ((ssrcs.length << 24) | (exponent << 18) | mantissa) >>> 0;
  return part(RtcpType.PAYLOAD_FEEDBACK, AFB_FORMAT, [sender, 0, REMB_NAME, rate, ...ssrcs]);
}
