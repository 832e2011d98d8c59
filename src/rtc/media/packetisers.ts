// How frames travel in RTP packets, codec by codec, within bounds: whatever somebody sends, nothing throws, nothing is read
// twice, and no frame is larger than what a decoder takes. RFC 7587 (Opus), RFC 3551 (G.711), RFC 7741 (VP8), RFC 9628
// (VP9), RFC 6184 (H.264), the AV1 RTP specification.
import { randomInt } from "node:crypto";
import type { CodecName } from "../../lib/codecs.ts";
import { MAX_FRAME_BYTES, MAX_PAYLOADS, type Packetiser, type Packetisers } from "../../media/packetiser.ts";
import { loadPayloadFormats } from "../werift.ts";
import { assembleAv1, beginsAv1 } from "./av1-payloads.ts";
import { assembleH264, beginsH264 } from "./h264-payloads.ts";

/** What payloads have beside the frame: descriptors of a few bytes each. */
const MAX_PAYLOAD_BYTES = MAX_FRAME_BYTES + 16 * MAX_PAYLOADS;

export type AssembledFrame = NonNullable<ReturnType<Packetiser["assemble"]>>;

/** A payload format without bounds: it may throw at whatever is not right. */
type Format = {
  packetise(frame: Buffer, maxBytes: number, isKey: boolean): Uint8Array[];
  /** @param payloads - at least one; none of them is empty, and the first one begins a frame */
  assemble(payloads: readonly Buffer[]): AssembledFrame | undefined;
  /** @param payload - not empty */
  begins(payload: Uint8Array): boolean;
};

/** The packetiser of a codec, for one track. */
export const nodePacketisers: Packetisers = (codec) => new BoundedPacketiser(FORMATS[codec]());

class BoundedPacketiser implements Packetiser {
  readonly #format: Format;

  constructor(format: Format) {
    this.#format = format;
  }

  packetise(frame: Uint8Array, maxBytes: number, isKey: boolean): Uint8Array[] {
    if (frame.length === 0 || frame.length > MAX_FRAME_BYTES) return [];
    try {
      const payloads = this.#format.packetise(bufferOf(frame), maxBytes, isKey);
      const isWithin = payloads.length <= MAX_PAYLOADS && payloads.every(({ length }) => length <= maxBytes);
      return isWithin ? payloads : [];
    } catch {
      return [];
    }
  }

  assemble(payloads: readonly Uint8Array[]): AssembledFrame | undefined {
    if (payloads.length === 0 || payloads.length > MAX_PAYLOADS) return undefined;
    let totalBytes = 0;
    for (const { length } of payloads) totalBytes += length;
    const [first] = payloads;
    if (totalBytes > MAX_PAYLOAD_BYTES || payloads.some(({ length }) => length === 0)) return undefined;
    try {
      if (first === undefined || !this.#format.begins(first)) return undefined;
      const frame = this.#format.assemble(payloads.map(bufferOf));
      const bytes = frame?.bytes.length ?? 0;
      return bytes === 0 || bytes > MAX_FRAME_BYTES ? undefined : frame;
    } catch {
      return undefined;
    }
  }

  begins(payload: Uint8Array): boolean {
    return payload.length > 0 && this.#format.begins(payload);
  }
}

/** One packet is one frame, whose bytes mean nothing here. */
const whole = (): Format => ({
  packetise: (frame, maxBytes) => (frame.length <= maxBytes ? [frame] : []),
  assemble: ([only, ...more]) => (only === undefined || more.length > 0 ? undefined : { bytes: only, isKey: true }),
  begins: () => true,
});

/** What a descriptor leaves of a payload. */
interface Described {
  readonly payload?: Buffer;
  readonly isKeyframe: boolean;
}

/** A frame of VP8 or VP9 is the payloads behind their descriptors; with several layers it is not read. */
function assembleDescribed(
  payloads: readonly Buffer[],
  begins: Format["begins"],
  read: (payload: Buffer) => Described,
): AssembledFrame | undefined {
  const parts: Buffer[] = [];
  let isKey = false;
  for (const [index, bytes] of payloads.entries()) {
    if (index > 0 && begins(bytes)) return undefined;
    const { payload, isKeyframe } = read(bytes);
    // A descriptor that goes on behind the payload leaves nothing.
    if (payload === undefined || payload.length === 0) return undefined;
    if (index === 0) isKey = isKeyframe;
    parts.push(payload);
  }
  return { bytes: Buffer.concat(parts), isKey };
}

/** The S bit, with partition 0. RFC 7741 §4.2. */
const beginsVp8 = ([first = 0]: Uint8Array): boolean => (first & 0x17) === 0x10;
/** The B bit. RFC 9628 §4.2. */
const beginsVp9 = ([first = 0]: Uint8Array): boolean => (first & 0x08) !== 0;

function vp8(): Format {
  const { Vp8Packetizer, Vp8RtpPayload } = loadPayloadFormats();
  let pictureId = randomInt(2 ** 15);
  return {
    packetise: (frame, maxBytes) => {
      pictureId = (pictureId + 1) % 2 ** 15;
      return payloadsOf(new Vp8Packetizer({ ...UNUSED, maxPayloadSize: maxBytes, pictureId }).packetize(frame, 0));
    },
    assemble: (payloads) => assembleDescribed(payloads, beginsVp8, (payload) => Vp8RtpPayload.deSerialize(payload)),
    begins: beginsVp8,
  };
}

function vp9(): Format {
  const { Vp9Packetizer, Vp9RtpPayload } = loadPayloadFormats();
  return {
    packetise: (frame, maxBytes, isKeyframe) =>
      payloadsOf(new Vp9Packetizer({ ...UNUSED, maxPayloadSize: maxBytes, isKeyframe }).packetize(frame, 0)),
    assemble: (payloads) => assembleDescribed(payloads, beginsVp9, (payload) => Vp9RtpPayload.deSerialize(payload)),
    begins: beginsVp9,
  };
}

function h264(): Format {
  const { H264Packetizer } = loadPayloadFormats();
  return {
    packetise: (frame, maxBytes) => {
      const packetizer = new H264Packetizer({ ...UNUSED, maxPayloadSize: maxBytes, inputFormat: "annexb" });
      return payloadsOf(packetizer.packetize(frame, 0));
    },
    assemble: assembleH264,
    begins: beginsH264,
  };
}

function av1(): Format {
  const { Av1Packetizer } = loadPayloadFormats();
  return {
    packetise: (frame, maxBytes, isKeyframe) =>
      payloadsOf(new Av1Packetizer({ ...UNUSED, maxPayloadSize: maxBytes, isKeyframe }).packetize(frame, 0)),
    assemble: assembleAv1,
    begins: beginsAv1,
  };
}

/** Fields of werift's RTP header, which is not used. */
const UNUSED = { sequenceNumber: 0 };

const FORMATS: Readonly<Record<CodecName, () => Format>> = {
  opus: whole,
  pcmu: whole,
  pcma: whole,
  vp8,
  vp9,
  h264,
  av1,
};

function payloadsOf(packets: readonly { readonly payload: Buffer }[]): Uint8Array[] {
  return packets.map(({ payload }) => payload);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
