// WAV with G.711. Its sizes are unknown until it ends, and say so: what is left of a killed process plays to its end. It has no
// times, so silence stands where nothing came.
import { joinBytes } from "../../lib/bytes.ts";
import type { CodecName } from "../../lib/codecs.ts";
import { littleEndian, packed } from "./byte-fields.ts";
import type { ContainerWriter, Patch, WrittenFrame, WrittenTrack } from "./container-writer.ts";
import { G711_RATE, SILENCE } from "./g711.ts";
import { WAVE_TAG, waveFormat } from "./matroska-writer.ts";

const UNKNOWN = 0xff_ff_ff_ff;
const FORM_HEADER_BYTES = 8;
/** Packets that come a little early or late follow each other. */
const MIN_GAP_BYTES = 320;
/** Longer silence is cut: nobody can make the file grow faster than a call does, but by a minute at a time. */
const MAX_SILENCE_BYTES = 480_000;

export class WavWriter implements ContainerWriter {
  readonly maxTracks = 1;
  #codec: CodecName = "pcmu";
  #headerBytes = 0;
  #dataBytes = 0;
  /** Bytes of silence that were cut. */
  #cutBytes = 0;

  canWait(): boolean {
    return true;
  }

  begin(tracks: readonly WrittenTrack[]): Uint8Array {
    this.#codec = tracks[0]?.format.codec ?? "pcmu";
    const header = this.#header(UNKNOWN);
    this.#headerBytes = header.length;
    return header;
  }

  #header(dataBytes: number): Uint8Array {
    const format = waveFormat(WAVE_TAG[this.#codec] ?? 0);
    const facts = packed("fact", littleEndian(4, 4), littleEndian(dataBytes, 4));
    const inside = packed("WAVE", "fmt ", littleEndian(format.length, 4), format, facts, "data");
    const size = dataBytes === UNKNOWN ? UNKNOWN : inside.length + 4 + dataBytes + (dataBytes % 2);
    return packed("RIFF", littleEndian(size, 4), inside, littleEndian(dataBytes, 4));
  }

  add(_track: number, { bytes, timestampUs }: WrittenFrame): Uint8Array {
    const missing = Math.round((timestampUs * G711_RATE) / 1_000_000) - this.#dataBytes - this.#cutBytes;
    const gap = missing >= MIN_GAP_BYTES ? Math.min(missing, MAX_SILENCE_BYTES) : 0;
    if (gap > 0) this.#cutBytes += missing - gap;
    this.#dataBytes += gap + bytes.length;
    const silence = this.#codec === "pcma" ? SILENCE.pcma : SILENCE.pcmu;
    return joinBytes([new Uint8Array(gap).fill(silence), bytes]);
  }

  /** A chunk has an even length. */
  end(): Uint8Array {
    return new Uint8Array(this.#dataBytes % 2);
  }

  /** The sizes, where they fit. */
  patches(): readonly Patch[] {
    if (this.#dataBytes >= UNKNOWN - this.#headerBytes - FORM_HEADER_BYTES) return [];
    return [{ position: 0, bytes: this.#header(this.#dataBytes) }];
  }
}
