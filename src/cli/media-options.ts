// What the options of sound and picture say.
import {
  type CodecName,
  CODECS,
  isCodec,
  MAX_PORT,
  type MediaKind,
  parseRtpPlace,
  placeAddress,
  type RtpPlace,
} from "../command-port.ts";
import type { Found } from "./option-layers.ts";
import type { Usage } from "./usage.ts";

/** In the current folder: what goes to the places of `--rtp-out`, for the programs that read it. */
export const DESCRIPTION_NAME = "p2p.sdp";
const TOKEN_VARIABLE = "P2P_WHIP_TOKEN";
/** What `Authorization: Bearer` can carry (RFC 6750 §2.1), long enough that nobody tries all. */
const TOKEN = /^[A-Za-z0-9._~+/-]{16,256}={0,2}$/;

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
  /** Ports of doors; 0: one that the system chooses; undefined: no such door. */
  readonly whip: number | undefined;
  readonly whep: number | undefined;
  /** What programs at a door have to know; undefined: it is made. */
  readonly token: string | undefined;
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
export function isWithoutMedia({ publish, record, rtpIn, rtpOut, whip, whep }: MediaChoices): boolean {
  const isWithout = [record, whip, whep].every((one) => one === undefined);
  return publish.length + rtpIn.length + rtpOut.length === 0 && isWithout;
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

/**
 * Reads the port of a door.
 * @throws P2pError USAGE
 */
export function readDoorPort(found: Found<string> | undefined, usage: Usage): number | undefined {
  if (found === undefined) return undefined;
  const port = /^\d{1,5}$/.test(found.value) ? Number(found.value) : MAX_PORT + 1;
  if (port > MAX_PORT) throw usage.badDoorPort(found.label, found.value);
  return port;
}

/**
 * Reads P2P_WHIP_TOKEN, which has to fit into a header and must not be guessed.
 * @throws P2pError USAGE
 */
export function readDoorToken(env: Readonly<Record<string, string | undefined>>, usage: Usage): string | undefined {
  const token = env[TOKEN_VARIABLE];
  if (token === undefined || token === "") return undefined;
  if (!TOKEN.test(token)) throw usage.badDoorToken(TOKEN_VARIABLE);
  return token;
}
