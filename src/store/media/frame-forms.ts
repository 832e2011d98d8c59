// From the frames of files to the frames that are sent (media/frame.ts says in which form), codec by codec.
import type { EncodedFrame } from "../../media/frame.ts";
import { joinBytes } from "../../lib/bytes.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { sequenceHeaderOf, withoutDelimiters } from "./av1.ts";
import {
  accessUnitOf,
  annexBOf,
  type AvcConfig,
  NAL_DELIMITER,
  nalType,
  nalUnitsOf,
  nalUnitsOfSample,
  readSps,
  type SpsFacts,
} from "./h264.ts";
import { opusDurationUs } from "./opus.ts";
import { readVp9KeyFrame } from "./vpx.ts";

type Frames = AsyncGenerator<EncodedFrame, void>;

const MAIN_PROFILE = 0;
const YUV_420 = 1;
const EIGHT_BITS = 8;

/** @returns the last sequence parameter set before a key frame, of those in a frame or beside the frames */
export function spsOf(units: readonly Uint8Array[]): SpsFacts | undefined {
  return units.map(readSps).findLast((facts) => facts !== undefined);
}

/**
 * Puts parameter sets before key frames that have none, in Annex B.
 * @param config - absent: the frames are in Annex B, with their parameter sets
 * @throws P2pError MEDIA_UNREADABLE; MEDIA_UNSUPPORTED: no parameter sets, or colours that not every receiver decodes
 */
export async function* h264Frames(frames: Frames, name: string, config: AvcConfig | undefined): Frames {
  let sets = config?.parameterSets ?? [];
  for await (const frame of frames) {
    const units = config === undefined ? nalUnitsOf(frame.bytes) : nalUnitsOfSample(frame.bytes, config.lengthBytes);
    if (units === undefined) throw new P2pError("MEDIA_UNREADABLE", { name, why: "damaged" });
    const { sps, pps, rest, isKey } = accessUnitOf(units);
    if (sps.length > 0) sets = [...sps, ...pps];
    if (!isKey) {
      yield { ...frame, bytes: annexBOf(units), isKey };
      continue;
    }
    const facts = spsOf(sets);
    if (facts === undefined) throw new P2pError("MEDIA_UNSUPPORTED", { name, found: { kind: "no-parameters" } });
    if (facts.chromaFormat > YUV_420 || facts.bitDepth > EIGHT_BITS) {
      throw new P2pError("MEDIA_UNSUPPORTED", { name, found: { kind: "colours", codec: "h264" } });
    }
    // A delimiter begins an access unit (7.4.1.2.3).
    const before = rest.filter((unit) => nalType(unit) === NAL_DELIMITER);
    const behind = rest.filter((unit) => nalType(unit) !== NAL_DELIMITER);
    yield { ...frame, bytes: annexBOf([...before, ...sets, ...behind]), isKey };
  }
}

/**
 * Takes out temporal delimiters, and puts the sequence header before key frames that have none.
 * @throws P2pError MEDIA_UNREADABLE; MEDIA_UNSUPPORTED: no sequence header, or colours that not every receiver decodes
 */
export async function* av1Frames(frames: Frames, name: string): Frames {
  let last: Uint8Array | undefined;
  for await (const frame of frames) {
    const bytes = withoutDelimiters(frame.bytes);
    if (bytes === undefined) throw new P2pError("MEDIA_UNREADABLE", { name, why: "damaged" });
    const header = sequenceHeaderOf(bytes);
    if (header !== undefined && header.profile !== MAIN_PROFILE) {
      throw new P2pError("MEDIA_UNSUPPORTED", { name, found: { kind: "colours", codec: "av1" } });
    }
    last = header?.bytes ?? last;
    if (!frame.isKey || header !== undefined) yield { ...frame, bytes };
    else if (last === undefined) throw new P2pError("MEDIA_UNSUPPORTED", { name, found: { kind: "no-parameters" } });
    else yield { ...frame, bytes: joinBytes([last, bytes]) };
  }
}

/** Passes VP9 on. @throws P2pError MEDIA_UNSUPPORTED: colours that not every receiver decodes */
export async function* vp9Frames(frames: Frames, name: string): Frames {
  for await (const frame of frames) {
    const profile = readVp9KeyFrame(frame.bytes)?.profile ?? MAIN_PROFILE;
    if (profile !== MAIN_PROFILE) {
      throw new P2pError("MEDIA_UNSUPPORTED", { name, found: { kind: "colours", codec: "vp9" } });
    }
    yield frame;
  }
}

/** Passes Opus packets on with the durations that they have themselves; what is no packet is left out. */
export async function* opusFrames(frames: Frames): Frames {
  for await (const frame of frames) {
    const durationUs = opusDurationUs(frame.bytes);
    if (durationUs !== undefined) yield { ...frame, durationUs, isKey: true };
  }
}
