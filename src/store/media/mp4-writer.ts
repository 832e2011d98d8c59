// Fragmented MP4: the header describes the tracks, then every half second a fragment holds what has come. A fragment may begin
// with any frame, so what a killed process leaves is short of half a second. ISO/IEC 14496-12, -15; "VP Codec ISO Media File
// Format Binding"; AV1 in ISOBMFF; Encapsulation of Opus in ISOBMFF.
import { CODECS } from "../../lib/codecs.ts";
import { joinBytes } from "../../lib/bytes.ts";
import type { TrackFormat } from "../../media/frame.ts";
import { bigEndian, packed } from "./byte-fields.ts";
import { type ContainerWriter, NOTHING, type Patch, type WrittenFrame, type WrittenTrack } from "./container-writer.ts";

type Content = Uint8Array | readonly number[] | string;

/** Ticks per second of the time line of the whole file. */
const MOVIE_RATE = 1_000;
const FRAGMENT_US = 500_000;
/** A fragment is written before it has more. */
const MAX_FRAGMENT_BYTES = 1_048_576;
/** The duration of a last frame of which nothing is known. */
const LAST_FRAME_US = 40_000;
const UNITY_MATRIX = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].flatMap((value) => bigEndian(value, 4));
/** Sample flags (8.8.3.1): depends on no other; depends on others, and cannot be joined at. */
const KEY_SAMPLE = 0x02_00_00_00;
const OTHER_SAMPLE = 0x01_01_00_00;
const DEFAULT_BASE_IS_MOOF = 0x02_00_00;
/** trun has the offset of its data, and for each sample duration, size and flags. */
const RUN_FLAGS = 0x00_07_01;
const BOX_HEADER_BYTES = 8;
const MAX_DURATION = 0xff_ff_ff_ff;

interface Sample {
  readonly frame: WrittenFrame;
  /** In ticks of its track. */
  readonly tick: number;
}

interface Track {
  readonly rate: number;
  /** Not written yet: the last one's duration is known when the next comes. */
  samples: Sample[];
  /** Duration of the frame before. */
  lastTicks: number;
}

export class Mp4Writer implements ContainerWriter {
  readonly maxTracks = 16;
  #tracks: readonly Track[] = [];
  #sequence = 0;
  #waitingBytes = 0;
  /** Time of the first frame that waits. */
  #fragmentUs: number | undefined;

  canWait({ kind }: TrackFormat): boolean {
    return kind === "audio";
  }

  begin(tracks: readonly WrittenTrack[]): Uint8Array {
    this.#tracks = tracks.map(({ format }) => ({ rate: CODECS[format.codec].clockRate, samples: [], lastTicks: 0 }));
    const header = [
      ...fullFields(0),
      ...zeros(8), // Times of creation and change: nobody's business.
      ...bigEndian(MOVIE_RATE, 4),
      ...zeros(4), // How long it is: fragments say.
      ...bigEndian(0x10000, 4),
      ...bigEndian(0x0100, 2),
      ...zeros(10),
      ...UNITY_MATRIX,
      ...zeros(24),
      ...bigEndian(tracks.length + 1, 4),
    ];
    const defaults = tracks.map((_, index) =>
      box("trex", [...fullFields(0), ...bigEndian(index + 1, 4), ...bigEndian(1, 4), ...zeros(12)]),
    );
    return joinBytes([
      box("ftyp", "iso6", bigEndian(0, 4), "iso6mp41"),
      box("moov", box("mvhd", header), ...tracks.map(trackBox), box("mvex", ...defaults)),
    ]);
  }

  add(index: number, frame: WrittenFrame): Uint8Array {
    const track = this.#tracks[index];
    if (track === undefined) return NOTHING;
    const startUs = (this.#fragmentUs ??= frame.timestampUs);
    const isFull = this.#waitingBytes + frame.bytes.length > MAX_FRAGMENT_BYTES;
    track.samples.push({ frame, tick: Math.round((frame.timestampUs * track.rate) / 1_000_000) });
    this.#waitingBytes += frame.bytes.length;
    return isFull || frame.timestampUs - startUs >= FRAGMENT_US ? this.#flush(false) : NOTHING;
  }

  end(): Uint8Array {
    return this.#flush(true);
  }

  patches(): readonly Patch[] {
    return [];
  }

  /** @param isLast - also the last frame of each track, of whose duration less is known */
  #flush(isLast: boolean): Uint8Array {
    const runs = this.#tracks.flatMap((track, index) => {
      const samples = isLast ? track.samples : track.samples.slice(0, -1);
      const next = isLast ? undefined : track.samples.at(-1);
      track.samples = next === undefined ? [] : [next];
      return samples.length === 0 ? [] : [{ index, samples, durations: durationsOf(track, samples, next) }];
    });
    const waiting = this.#tracks.flatMap(({ samples }) => samples);
    this.#waitingBytes = waiting.reduce((sum, { frame }) => sum + frame.bytes.length, 0);
    this.#fragmentUs = waiting.length === 0 ? undefined : Math.min(...waiting.map(({ frame }) => frame.timestampUs));
    if (runs.length === 0) return NOTHING;
    this.#sequence += 1;
    // The offsets of the data stand in the header, whose length does not depend on them.
    let offset = fragmentHeader(this.#sequence, runs, []).length + BOX_HEADER_BYTES;
    const offsets = runs.map(({ samples }) => {
      const own = offset;
      for (const { frame } of samples) offset += frame.bytes.length;
      return own;
    });
    const data = runs.flatMap(({ samples }) => samples.map(({ frame }) => frame.bytes));
    return joinBytes([fragmentHeader(this.#sequence, runs, offsets), box("mdat", ...data)]);
  }
}

/** The frames of one track in one fragment. */
interface Run {
  /** Index of the track. */
  readonly index: number;
  readonly samples: readonly Sample[];
  /** Ticks of each. */
  readonly durations: readonly number[];
}

/** Each frame lasts until the next one, the last of all as long as it says or as the one before. */
function durationsOf(track: Track, samples: readonly Sample[], next: Sample | undefined): number[] {
  return samples.map(({ tick, frame }, at) => {
    const following = samples[at + 1] ?? next;
    const statedUs = frame.durationUs ?? (track.lastTicks === 0 ? LAST_FRAME_US : undefined);
    const ownTicks = statedUs === undefined ? track.lastTicks : Math.round((statedUs * track.rate) / 1_000_000);
    track.lastTicks = Math.min(MAX_DURATION, following === undefined ? ownTicks : following.tick - tick);
    return track.lastTicks;
  });
}

function fragmentHeader(sequence: number, runs: readonly Run[], offsets: readonly number[]): Uint8Array {
  const header = box("mfhd", [...fullFields(0), ...bigEndian(sequence, 4)]);
  const tracks = runs.map(({ index, samples, durations }, at) => {
    const fields = samples.flatMap(({ frame }, sample) => [
      ...bigEndian(durations[sample] ?? 0, 4),
      ...bigEndian(frame.bytes.length, 4),
      ...bigEndian(frame.isKey ? KEY_SAMPLE : OTHER_SAMPLE, 4),
    ]);
    return box(
      "traf",
      box("tfhd", [...fullFields(0, DEFAULT_BASE_IS_MOOF), ...bigEndian(index + 1, 4)]),
      box("tfdt", [...fullFields(1), ...bigEndian(samples[0]?.tick ?? 0, 8)]),
      box("trun", [
        ...fullFields(0, RUN_FLAGS),
        ...bigEndian(samples.length, 4),
        ...bigEndian(offsets[at] ?? 0, 4),
        ...fields,
      ]),
    );
  });
  return box("moof", header, ...tracks);
}

function trackBox({ format, width = 0, height = 0, config }: WrittenTrack, index: number): Uint8Array {
  const isVideo = format.kind === "video";
  const rate = CODECS[format.codec].clockRate;
  const ENABLED_IN_MOVIE = 3;
  const size = [...bigEndian(width, 2), 0, 0, ...bigEndian(height, 2), 0, 0];
  const header = [
    ...fullFields(0, ENABLED_IN_MOVIE),
    ...zeros(8),
    ...bigEndian(index + 1, 4),
    ...zeros(16),
    ...zeros(4),
    ...(isVideo ? [0, 0] : [1, 0]), // Volume.
    ...zeros(2),
    ...UNITY_MATRIX,
    ...size,
  ];
  const UNDETERMINED = 0x55c4;
  const media = [
    ...fullFields(0),
    ...zeros(8),
    ...bigEndian(rate, 4),
    ...zeros(4),
    ...bigEndian(UNDETERMINED, 2),
    0,
    0,
  ];
  const handler = box("hdlr", fullFields(0), zeros(4), isVideo ? "vide" : "soun", zeros(12), "p2p\0");
  const own = isVideo ? box("vmhd", [...fullFields(0, 1), ...zeros(8)]) : box("smhd", [...fullFields(0), ...zeros(4)]);
  const inThisFile = box("url ", fullFields(0, 1));
  const places = box("dinf", box("dref", [...fullFields(0), ...bigEndian(1, 4)], inThisFile));
  const entry = isVideo ? videoEntry(format, width, height, config) : opusEntry(format);
  const samples = box(
    "stbl",
    box("stsd", [...fullFields(0), ...bigEndian(1, 4)], entry),
    ...["stts", "stsc", "stco"].map((name) => box(name, [...fullFields(0), ...zeros(4)])),
    box("stsz", [...fullFields(0), ...zeros(8)]),
  );
  return box("trak", box("tkhd", header), box("mdia", box("mdhd", media), handler, box("minf", own, places, samples)));
}

function videoEntry({ codec }: TrackFormat, width: number, height: number, config: Uint8Array = NOTHING): Uint8Array {
  const DOTS_PER_INCH = 0x48_00_00;
  const fields = [
    ...zeros(6),
    ...bigEndian(1, 2),
    ...zeros(16),
    ...bigEndian(width, 2),
    ...bigEndian(height, 2),
    ...bigEndian(DOTS_PER_INCH, 4),
    ...bigEndian(DOTS_PER_INCH, 4),
    ...zeros(4),
    ...bigEndian(1, 2),
    ...zeros(32), // Name of the compressor.
    ...bigEndian(24, 2),
    0xff,
    0xff,
  ];
  if (codec === "h264") return box("avc1", fields, box("avcC", config));
  return codec === "av1"
    ? box("av01", fields, box("av1C", config))
    : box("vp09", fields, box("vpcC", vpConfig(config)));
}

/** Profile; no level, as no frame says it; 8 bits, 4:2:0, colours unspecified. */
function vpConfig(config: Uint8Array): number[] {
  const UNSPECIFIED = 2;
  return [...fullFields(1), config[0] ?? 0, 0, (8 << 4) | (1 << 1), UNSPECIFIED, UNSPECIFIED, UNSPECIFIED, 0, 0];
}

function opusEntry({ channels = 1 }: TrackFormat): Uint8Array {
  const fields = [
    ...zeros(6),
    ...bigEndian(1, 2),
    ...zeros(8),
    ...bigEndian(channels, 2),
    ...bigEndian(16, 2),
    ...zeros(4),
    ...bigEndian(CODECS.opus.clockRate, 2),
    ...zeros(2),
  ];
  const rate = bigEndian(CODECS.opus.clockRate, 4);
  return box("Opus", fields, box("dOps", [0, channels, 0, 0, ...rate, 0, 0, 0]));
}

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}

/** Version and flags of a full box (4.2). */
function fullFields(version: number, flags = 0): number[] {
  return [version, ...bigEndian(flags, 3)];
}

function box(type: string, ...content: readonly Content[]): Uint8Array {
  const inside = packed(...content);
  return packed(bigEndian(BOX_HEADER_BYTES + inside.length, 4), type, inside);
}
