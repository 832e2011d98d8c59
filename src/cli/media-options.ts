// What the options of sound and picture say.
import { type CodecName, CODECS, type MediaKind, parseRtpPlace, placeAddress, type RtpPlace } from "../command-port.ts";
import type { Found } from "./option-layers.ts";
import type { Usage } from "./usage.ts";

/** In the current folder: what goes to the places of `--rtp-out`, for the programs that read it. */
export const DESCRIPTION_NAME = "p2p.sdp";

/** Sound and picture of a run. */
export interface MediaChoices {
  /** Paths, `-` for stdin, `test:`. */
  readonly publish: readonly string[];
  /** A path, or `-` for stdout. */
  readonly record: string | undefined;
  /** Where other programs of this machine send RTP to be published. */
  readonly rtpIn: readonly RtpPlace[];
  /** Where other programs of this machine get what comes as RTP. */
  readonly rtpOut: readonly RtpPlace[];
  readonly codecs: Partial<Record<MediaKind, readonly CodecName[]>>;
  /** What becomes of a recording's name that is taken: nothing is replaced unless that was said. */
  readonly conflict: "refuse" | "rename" | "overwrite";
}

/**
 * Reads `KIND=CODEC,CODEC`, also where the commas of the environment have cut it.
 * @throws P2pError USAGE
 */
export function readCodecs(found: Found<readonly string[]> | undefined, usage: Usage): MediaChoices["codecs"] {
  const codecs: { [Kind in MediaKind]?: CodecName[] } = {};
  let kind: string | undefined;
  for (const part of found?.value.flatMap((text) => text.split(",")) ?? []) {
    const [before = "", after] = part.split("=", 2);
    if (after !== undefined) kind = before.trim().toLowerCase();
    const name = (after ?? before).trim().toLowerCase();
    if ((kind !== "audio" && kind !== "video") || !isCodec(name) || CODECS[name].kind !== kind) {
      throw usage.badCodec(found?.label ?? "--codec", part);
    }
    codecs[kind] = [...(codecs[kind] ?? []), name];
  }
  return codecs;
}

/** Whether nothing of sound and picture is wanted. */
export function isWithoutMedia({ publish, record, rtpIn, rtpOut }: MediaChoices): boolean {
  return publish.length + rtpIn.length + rtpOut.length === 0 && record === undefined;
}

/**
 * Reads `KIND=HOST:PORT[/CODEC]` of `--rtp-in` and `--rtp-out`.
 * @throws P2pError USAGE, also where two of them are the same place
 */
export function readRtpPlaces(
  taken: Found<readonly string[]> | undefined,
  given: Found<readonly string[]> | undefined,
  usage: Usage,
): Pick<MediaChoices, "rtpIn" | "rtpOut"> {
  const [rtpIn = [], rtpOut = []] = [taken, given].map((found) => {
    if (found === undefined) return [];
    return found.value.map((text) => {
      const place = parseRtpPlace(text);
      if (typeof place === "string") throw usage.badRtpPlace(found.label, text, place);
      return place;
    });
  });
  const addresses = [...rtpIn, ...rtpOut].map((place) => placeAddress(place));
  const twice = addresses.find((address, index) => addresses.indexOf(address) !== index);
  if (twice !== undefined) throw usage.samePlace(twice);
  return { rtpIn, rtpOut };
}

function isCodec(name: string): name is CodecName {
  return Object.hasOwn(CODECS, name);
}
