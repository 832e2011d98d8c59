// Matroska and WebM as a live stream has them: a segment and clusters of unknown size, each frame a SimpleBlock that is
// written at once. RFC 9559; opus: "Matroska codec specifications", A_OPUS.
import { CODECS, type CodecName } from "../../lib/codecs.ts";
import { joinBytes } from "../../lib/bytes.ts";
import type { TrackFormat } from "../../media/frame.ts";
import { bigEndian, littleEndian, packed } from "./byte-fields.ts";
import { type ContainerWriter, NOTHING, type Patch, type WrittenFrame, type WrittenTrack } from "./container-writer.ts";
import { G711_RATE } from "./g711.ts";
import { opusHead } from "./opus.ts";

const ID = {
  ebml: 0x1a45dfa3,
  ebmlVersion: 0x4286,
  ebmlReadVersion: 0x42f7,
  ebmlMaxIdLength: 0x42f2,
  ebmlMaxSizeLength: 0x42f3,
  docType: 0x4282,
  docTypeVersion: 0x4287,
  docTypeReadVersion: 0x4285,
  void: 0xec,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  muxingApp: 0x4d80,
  writingApp: 0x5741,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  flagLacing: 0x9c,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  seekPreRoll: 0x56bb,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  audio: 0xe1,
  samplingFrequency: 0xb5,
  channels: 0x9f,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
} as const;

const UNKNOWN_SIZE = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
/** Times are in milliseconds, as WebM asks for. */
const NS_OF_TICK = 1_000_000;
const US_OF_TICK = 1_000;
/** A decoder of Opus is right after 80 ms. */
const OPUS_PRE_ROLL_NS = 80_000_000;
/** A cluster's blocks have 16 bits for their time. */
const MAX_CLUSTER_TICKS = 5_000;
const MIN_CLUSTER_TICKS = 500;
const VIDEO = 1;
const AUDIO = 2;
const KEY_FRAME = 0x80;
/** Players take the size from the first key frame; this stands there while none has come. */
const UNKNOWN_PICTURE = { width: 640, height: 480 };
/** The tags of WAVEFORMATEX, for codecs that Matroska has no name for. */
export const WAVE_TAG: Readonly<Partial<Record<CodecName, number>>> = { pcma: 6, pcmu: 7 };
const CODEC_ID: Readonly<Record<CodecName, string>> = {
  opus: "A_OPUS",
  pcmu: "A_MS/ACM",
  pcma: "A_MS/ACM",
  vp8: "V_VP8",
  vp9: "V_VP9",
  h264: "V_MPEG4/ISO/AVC",
  av1: "V_AV1",
};

export class MatroskaWriter implements ContainerWriter {
  readonly maxTracks = 16;
  readonly #docType: "webm" | "matroska";
  #isVideo: readonly boolean[] = [];
  /** Time of the cluster, in ticks. */
  #clusterTick: number | undefined;
  #endUs = 0;
  /** Where the duration has its place. */
  #durationAt = 0;

  constructor(docType: "webm" | "matroska") {
    this.#docType = docType;
  }

  canWait({ codec }: TrackFormat): boolean {
    return codec !== "h264" && codec !== "av1";
  }

  begin(tracks: readonly WrittenTrack[]): Uint8Array {
    this.#isVideo = tracks.map(({ format }) => format.kind === "video");
    const header = element(
      ID.ebml,
      unsigned(ID.ebmlVersion, 1),
      unsigned(ID.ebmlReadVersion, 1),
      unsigned(ID.ebmlMaxIdLength, 4),
      unsigned(ID.ebmlMaxSizeLength, 8),
      text(ID.docType, this.#docType),
      unsigned(ID.docTypeVersion, 4),
      unsigned(ID.docTypeReadVersion, 2),
    );
    const segment = packed(idBytes(ID.segment), UNKNOWN_SIZE);
    const names = [text(ID.muxingApp, "p2p"), text(ID.writingApp, "p2p")];
    const place = element(ID.void, new Uint8Array(durationElement(0).length - 2));
    const info = element(ID.info, unsigned(ID.timestampScale, NS_OF_TICK), ...names, place);
    this.#durationAt = header.length + segment.length + info.length - place.length;
    return joinBytes([header, segment, info, element(ID.tracks, ...tracks.map(trackEntry))]);
  }

  add(track: number, { bytes, timestampUs, durationUs, isKey }: WrittenFrame): Uint8Array {
    this.#endUs = Math.max(this.#endUs, timestampUs + (durationUs ?? 0));
    const tick = Math.round(timestampUs / US_OF_TICK);
    const head: Uint8Array[] = [];
    const clusterTick = this.#begins(tick, isKey && this.#isVideo[track] === true) ? tick : (this.#clusterTick ?? tick);
    if (clusterTick !== this.#clusterTick) {
      this.#clusterTick = clusterTick;
      head.push(packed(idBytes(ID.cluster), UNKNOWN_SIZE), unsigned(ID.timestamp, tick));
    }
    const fields = packed([0x80 | (track + 1)], bigEndian((tick - clusterTick) & 0xffff, 2), [isKey ? KEY_FRAME : 0]);
    return joinBytes([...head, element(ID.simpleBlock, fields, bytes)]);
  }

  /** Whether a frame begins a cluster: players look for key frames there, and a block is not far from its cluster. */
  #begins(tick: number, isKeyPicture: boolean): boolean {
    const ticks = Math.abs(tick - (this.#clusterTick ?? Number.NEGATIVE_INFINITY));
    return ticks >= MAX_CLUSTER_TICKS || (isKeyPicture && ticks >= MIN_CLUSTER_TICKS);
  }

  end(): Uint8Array {
    return NOTHING;
  }

  /** Says how long it is, which players show. */
  patches(): readonly Patch[] {
    return [{ position: this.#durationAt, bytes: durationElement(this.#endUs / US_OF_TICK) }];
  }
}

function trackEntry({ format, width, height, config }: WrittenTrack, index: number): Uint8Array {
  const { kind, codec, channels = 1 } = format;
  const common = [
    unsigned(ID.trackNumber, index + 1),
    unsigned(ID.trackUid, index + 1),
    unsigned(ID.trackType, kind === "video" ? VIDEO : AUDIO),
    unsigned(ID.flagLacing, 0),
    text(ID.codecId, CODEC_ID[codec]),
  ];
  if (kind === "video") {
    const size = [
      unsigned(ID.pixelWidth, width ?? format.width ?? UNKNOWN_PICTURE.width),
      unsigned(ID.pixelHeight, height ?? format.height ?? UNKNOWN_PICTURE.height),
    ];
    // VP9 needs none in Matroska.
    const setup = config === undefined || codec === "vp9" ? [] : [element(ID.codecPrivate, config)];
    return element(ID.trackEntry, ...common, ...setup, element(ID.video, ...size));
  }
  const isOpus = codec === "opus";
  const setup = isOpus
    ? [element(ID.codecPrivate, opusHead(channels)), unsigned(ID.seekPreRoll, OPUS_PRE_ROLL_NS)]
    : [element(ID.codecPrivate, waveFormat(WAVE_TAG[codec] ?? 0))];
  const rate = float(ID.samplingFrequency, CODECS[codec].clockRate);
  return element(ID.trackEntry, ...common, ...setup, element(ID.audio, rate, unsigned(ID.channels, channels)));
}

/** A WAVEFORMATEX of G.711. */
export function waveFormat(tag: number): Uint8Array {
  const rate = littleEndian(G711_RATE, 4);
  return packed(littleEndian(tag, 2), littleEndian(1, 2), rate, rate, littleEndian(1, 2), littleEndian(8, 2), [0, 0]);
}

function idBytes(id: number): number[] {
  return bigEndian(id, id > 0xff_ff_ff ? 4 : id > 0xff_ff ? 3 : id > 0xff ? 2 : 1);
}

/** RFC 8794 §4: the size of the data in as many bytes as it needs, of which one bit each says how many. */
function sizeBytes(size: number): number[] {
  let bytes = 1;
  while (size >= 2 ** (7 * bytes) - 1) bytes += 1;
  const field = bigEndian(size, bytes);
  field[0] = (field[0] ?? 0) | (0x80 >> (bytes - 1));
  return field;
}

function element(id: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  return packed(idBytes(id), sizeBytes(size), ...parts);
}

function unsigned(id: number, value: number): Uint8Array {
  let bytes = 1;
  while (value >= 2 ** (8 * bytes)) bytes += 1;
  return element(id, Uint8Array.from(bigEndian(value, bytes)));
}

function text(id: number, value: string): Uint8Array {
  return element(id, packed(value));
}

function float(id: number, value: number): Uint8Array {
  const field = new DataView(new ArrayBuffer(8));
  field.setFloat64(0, value);
  return element(id, new Uint8Array(field.buffer));
}

function durationElement(ticks: number): Uint8Array {
  return float(ID.duration, ticks);
}
