// Ogg with one Opus stream: pages of a fifth of a second, each with the time at its end. RFC 3533, RFC 7845.
import { CODECS } from "../../lib/codecs.ts";
import { joinBytes } from "../../lib/bytes.ts";
import { littleEndian, packed } from "./byte-fields.ts";
import { type ContainerWriter, NOTHING, type Patch, type WrittenFrame, type WrittenTrack } from "./container-writer.ts";
import { opusDurationUs, opusHead } from "./opus.ts";

const PAGE_US = 200_000;
const MAX_SEGMENTS = 255;
const BEGINNING = 2;
const END = 4;
const SERIAL = 1;
/** Times that differ by less are those of packets that follow each other. */
const MIN_GAP_US = 15_000;
/** A longer gap is left to the time at the end of the page. */
const MAX_FILLED_US = 60_000_000;
/** Configuration and channels of a packet's first byte, with the code of one frame. */
const TOC_OF_ONE_FRAME = 0xfc;
const SAMPLES_OF_US = CODECS.opus.clockRate / 1_000_000;
/** The polynomial of RFC 3533 §6, by the byte that leaves. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  return crc >>> 0;
});

export class OggWriter implements ContainerWriter {
  readonly maxTracks = 1;
  #sequence = 0;
  #packets: Uint8Array[] = [];
  #segments = 0;
  /** Time at the end of the last packet, and at the start of the first that waits: µs. */
  #endUs = 0;
  #startUs = 0;

  canWait(): boolean {
    return true;
  }

  begin(tracks: readonly WrittenTrack[]): Uint8Array {
    const tags = packed("OpusTags", littleEndian(3, 4), "p2p", littleEndian(0, 4));
    const head = opusHead(tracks[0]?.format.channels ?? 1);
    return joinBytes([this.#page([head], 0, BEGINNING), this.#page([tags], 0, 0)]);
  }

  add(_track: number, { bytes, timestampUs }: WrittenFrame): Uint8Array {
    const parts: Uint8Array[] = [];
    // RFC 7845 §4.1: readers count packets, so a gap holds packets of the same form with nothing in them.
    const filler = Uint8Array.of((bytes[0] ?? 0) & TOC_OF_ONE_FRAME);
    const fillerUs = opusDurationUs(filler) ?? PAGE_US;
    const gapUs = timestampUs - this.#endUs;
    const fillers = gapUs < MIN_GAP_US ? 0 : Math.round(Math.min(gapUs, MAX_FILLED_US) / fillerUs);
    for (let count = 0; count < fillers; count += 1) parts.push(this.#put(filler, fillerUs));
    if (gapUs > MAX_FILLED_US) {
      parts.push(this.#flush());
      this.#endUs = timestampUs;
    }
    parts.push(this.#put(bytes, opusDurationUs(bytes) ?? 0));
    return joinBytes(parts);
  }

  #put(packet: Uint8Array, durationUs: number): Uint8Array {
    const segments = segmentsOf(packet).length;
    const isFull = this.#segments + segments > MAX_SEGMENTS || this.#endUs - this.#startUs >= PAGE_US;
    const page = isFull ? this.#flush() : NOTHING;
    if (this.#packets.length === 0) this.#startUs = this.#endUs;
    this.#packets.push(packet);
    this.#segments += segments;
    this.#endUs += durationUs;
    return page;
  }

  end(): Uint8Array {
    return this.#flush(END);
  }

  patches(): readonly Patch[] {
    return [];
  }

  #flush(flags = 0): Uint8Array {
    const packets = this.#packets;
    this.#packets = [];
    this.#segments = 0;
    return packets.length === 0 ? NOTHING : this.#page(packets, this.#endUs, flags);
  }

  #page(packets: readonly Uint8Array[], endUs: number, flags: number): Uint8Array {
    const segments = packets.flatMap(segmentsOf);
    const page = packed(
      "OggS",
      [0, flags],
      littleEndian(Math.round(endUs * SAMPLES_OF_US), 8),
      littleEndian(SERIAL, 4),
      littleEndian(this.#sequence, 4),
      littleEndian(0, 4),
      [segments.length],
      segments,
      ...packets,
    );
    this.#sequence += 1;
    let crc = 0;
    for (const byte of page) crc = ((crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ byte] ?? 0)) >>> 0;
    page.set(littleEndian(crc, 4), 22);
    return page;
  }
}

/** The lacing values of a packet (RFC 3533 §5). */
function segmentsOf({ length }: Uint8Array): number[] {
  return [...Array.from({ length: Math.floor(length / 255) }, () => 255), length % 255];
}
