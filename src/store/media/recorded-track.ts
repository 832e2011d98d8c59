// From the frames that come to the frames of a file, track by track. What comes is somebody else's: it is not believed before it
// is read, and what cannot be read is dropped, as nothing would play it.
import { areEqual } from "../../lib/bytes.ts";
import type { EncodedFrame, TrackFormat } from "../../media/frame.ts";
import { av1ConfigOf, sequenceHeaderOf, withoutDelimiters } from "./av1.ts";
import type { WrittenTrack } from "./container-writer.ts";
import { accessUnitOf, areUsableSets, avcConfigOf, nalType, nalUnitsOf, readSps, sampleOf } from "./h264.ts";
import { opusDurationUs } from "./opus.ts";
import { MAX_FRAME_BYTES } from "./track-reader.ts";
import { readVp8KeyFrame, readVp9KeyFrame } from "./vpx.ts";

/** NAL units 1 … 5 are slices of a picture. */
const LAST_SLICE = 5;
/** More than a second of G.711 is no packet. */
const MAX_G711_BYTES = 8_000;

/** What a frame is in a file; `setup`: a key frame says what the header of the file needs. */
interface Taken {
  readonly bytes: Uint8Array;
  readonly isKey: boolean;
  readonly setup?: Omit<WrittenTrack, "format">;
}

const NO_SETUP = { width: undefined, height: undefined, config: undefined };

export class RecordedTrack {
  readonly format: TrackFormat;
  #setup: Omit<WrittenTrack, "format"> | undefined;

  constructor(format: TrackFormat) {
    this.format = format;
    if (format.kind === "audio") this.#setup = NO_SETUP;
  }

  /** Whether a key frame has come, so that the file can describe the track; of sound it always can. */
  get isKnown(): boolean {
    return this.#setup !== undefined;
  }

  /** As far as it is known. */
  get written(): WrittenTrack {
    return { format: this.format, ...(this.#setup ?? NO_SETUP) };
  }

  /** @returns the frame as files have it; undefined: it is dropped, as it cannot be read, or no key frame has come before it */
  take(frame: EncodedFrame): { bytes: Uint8Array; isKey: boolean } | undefined {
    const { length } = frame.bytes;
    if (length === 0 || length > MAX_FRAME_BYTES) return undefined;
    const taken = this.#read(frame);
    this.#setup ??= taken?.setup;
    return this.#setup === undefined ? undefined : taken;
  }

  #read(frame: EncodedFrame): Taken | undefined {
    const { bytes } = frame;
    switch (this.format.codec) {
      case "opus":
        return opusDurationUs(bytes) === undefined ? undefined : { bytes, isKey: true };
      case "pcmu":
      case "pcma":
        return bytes.length > MAX_G711_BYTES ? undefined : { bytes, isKey: true };
      case "vp8": {
        const size = readVp8KeyFrame(bytes);
        return size === undefined ? other(bytes) : { bytes, isKey: true, setup: { ...size, config: undefined } };
      }
      case "vp9": {
        const facts = readVp9KeyFrame(bytes);
        if (facts === undefined) return other(bytes);
        return { bytes, isKey: true, setup: { ...facts, config: Uint8Array.of(facts.profile) } };
      }
      case "h264":
        return this.#readH264(bytes);
      case "av1":
        return readAv1(frame);
    }
  }

  #readH264(bytes: Uint8Array): Taken | undefined {
    const unit = accessUnitOf(nalUnitsOf(bytes));
    if (!unit.rest.some((nal) => nalType(nal) >= 1 && nalType(nal) <= LAST_SLICE)) return undefined;
    if (unit.sps.length === 0 && unit.pps.length === 0) return { bytes: sampleOf(unit.rest), isKey: unit.isKey };
    if (!areUsableSets(unit)) return undefined;
    const config = avcConfigOf(unit.sps, unit.pps);
    const [first] = unit.sps;
    const facts = first === undefined ? undefined : readSps(first);
    if (facts === undefined || !unit.isKey) return undefined;
    // Parameter sets that have changed stay with their frame: the header of the file is written.
    const isChanged = this.#setup?.config !== undefined && !areEqual(this.#setup.config, config);
    const units = isChanged ? [...unit.sps, ...unit.pps, ...unit.rest] : unit.rest;
    return { bytes: sampleOf(units), isKey: true, setup: { width: facts.width, height: facts.height, config } };
  }
}

function other(bytes: Uint8Array): Taken {
  return { bytes, isKey: false };
}

function readAv1(frame: EncodedFrame): Taken | undefined {
  const bytes = withoutDelimiters(frame.bytes);
  if (bytes === undefined) return undefined;
  const header = sequenceHeaderOf(bytes);
  if (header === undefined) return { bytes, isKey: frame.isKey };
  if (header.profile !== 0) return undefined;
  const setup = { width: header.width, height: header.height, config: av1ConfigOf(header) };
  return { bytes, isKey: frame.isKey, setup };
}
