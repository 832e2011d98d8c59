// WAV with G.711, and with PCM that becomes G.711 on its way: one channel at 8,000 Hz, in packets of 20 ms. A microphone on stdin
// is heard at once, and whatever length a header states, a stream is read to its end.
import { type CodecName, CODECS } from "../../lib/codecs.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { MediaFlaw } from "../../lib/errors/params.ts";
import type { EncodedFrame } from "../../media/frame.ts";
import { ByteQueue } from "./byte-queue.ts";
import { G711_RATE, muLawOf } from "./g711.ts";
import type { TrackReader } from "./track-reader.ts";

const FORM_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
/** A WAVEFORMATEXTENSIBLE has 40. */
const MAX_FORMAT_BYTES = 1_024;
const MIN_FORMAT_BYTES = 16;
/** Its format stands in the first bytes of an identifier further back. */
const EXTENSIBLE = 0xff_fe;
const SUB_FORMAT_AT = 24;
const PCM = 1;
const BY_TAG: Readonly<Record<number, CodecName>> = { [PCM]: "pcmu", 6: "pcma", 7: "pcmu" };
/** What one packet holds in most programs: 20 ms. */
const PACKET_SAMPLES = 160;
const US_OF_SAMPLE = 1_000_000 / G711_RATE;
/** Sizes with which programs say that they do not know it yet. */
const UNKNOWN_SIZES = [0, 0xff_ff_ff_ff];

function textAt(bytes: Uint8Array, from: number): string {
  return String.fromCharCode(...bytes.subarray(from, from + 4));
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** Whether a file begins as WAV does, and others of its family. */
export function isRiff(start: Uint8Array): boolean {
  return textAt(start, 0) === "RIFF";
}

/**
 * Reads the header; the samples are read as they are asked for.
 * @param name - of the file, as given
 * @throws P2pError MEDIA_UNREADABLE, MEDIA_UNSUPPORTED
 */
export async function openWav(stream: AsyncIterable<Uint8Array>, name: string): Promise<TrackReader> {
  const bytes = new ByteQueue(stream);
  const form = await bytes.take(FORM_HEADER_BYTES);
  if (form === undefined || textAt(form, 8) !== "WAVE") {
    throw new P2pError("MEDIA_UNREADABLE", { name, why: "unknown" });
  }
  let format: { codec: CodecName; sampleBytes: number } | undefined;
  for (;;) {
    const header = await bytes.take(CHUNK_HEADER_BYTES);
    if (header === undefined) throw damaged(name);
    const size = viewOf(header).getUint32(4, true);
    const kind = textAt(header, 0);
    if (kind === "data") {
      if (format === undefined) throw damaged(name);
      const { codec, sampleBytes } = format;
      const limit = UNKNOWN_SIZES.includes(size) ? Number.POSITIVE_INFINITY : size;
      return {
        format: { kind: "audio", codec, clockRate: CODECS[codec].clockRate, channels: 1 },
        frames: packets(bytes, sampleBytes, limit),
      };
    }
    // A chunk has an even length.
    const padded = size + (size % 2);
    if (kind === "fmt ") {
      const fields = padded > MAX_FORMAT_BYTES ? undefined : await bytes.take(padded);
      if (fields === undefined || fields.length < MIN_FORMAT_BYTES) throw damaged(name);
      format = sentFormat(viewOf(fields), name);
    } else if (!(await bytes.skip(padded))) throw damaged(name);
  }
}

function damaged(name: string): P2pError {
  return new P2pError("MEDIA_UNREADABLE", { name, why: "damaged" });
}

/** @throws P2pError MEDIA_UNSUPPORTED */
function sentFormat(fields: DataView, name: string): { codec: CodecName; sampleBytes: number } {
  const stated = fields.getUint16(0, true);
  const isExtensible = stated === EXTENSIBLE && fields.byteLength >= SUB_FORMAT_AT + 2;
  const tag = isExtensible ? fields.getUint16(SUB_FORMAT_AT, true) : stated;
  const codec = BY_TAG[tag];
  const refuse = (found: MediaFlaw): P2pError => new P2pError("MEDIA_UNSUPPORTED", { name, found });
  if (codec === undefined) throw refuse({ kind: "codec", of: "audio", codec: `0x${tag.toString(16)}` });
  const bits = tag === PCM ? 16 : 8;
  const isSent = fields.getUint16(2, true) === 1 && fields.getUint32(4, true) === G711_RATE;
  if (!isSent || fields.getUint16(14, true) !== bits) throw refuse({ kind: "sound-form" });
  return { codec, sampleBytes: bits / 8 };
}

/** @param limit - bytes of samples */
async function* packets(bytes: ByteQueue, sampleBytes: number, limit: number): AsyncGenerator<EncodedFrame, void> {
  let left = limit;
  for (let sample = 0; left > 0; ) {
    const piece = await bytes.takeUpTo(Math.min(left, PACKET_SAMPLES * sampleBytes));
    left -= piece.length;
    const packet = sampleBytes === 1 ? piece : encoded(piece);
    if (packet.length === 0) return;
    const timestampUs = sample * US_OF_SAMPLE;
    yield { bytes: packet, timestampUs, durationUs: packet.length * US_OF_SAMPLE, isKey: true };
    sample += packet.length;
  }
}

/** Samples of 16 bits, the lower byte first, in µ-law. */
function encoded(pcm: Uint8Array): Uint8Array {
  const samples = viewOf(pcm);
  return Uint8Array.from({ length: Math.floor(pcm.length / 2) }, (_, at) => muLawOf(samples.getInt16(at * 2, true)));
}
