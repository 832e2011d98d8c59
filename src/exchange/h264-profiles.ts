// Profiles of H.264 as SDP names them: `profile-level-id`, six hex digits. Levels are not compared: decoders of other
// programs take more than they announce, and a file has the level that it has. RFC 6184 §8.1 and table 5.

/** What a profile-level-id stands for where it is not given: Baseline, level 1. RFC 6184 §8.1. */
const DEFAULT_ID = "42000a";
const ID = /^[0-9a-f]{6}$/i;

export type H264Profile = "constrained-baseline" | "baseline" | "main" | "constrained-high" | "high";

/** Who decodes the profile decodes these too. ITU-T H.264 §A.2. */
const INCLUDED: Readonly<Record<H264Profile, readonly H264Profile[]>> = {
  "constrained-baseline": ["constrained-baseline"],
  baseline: ["baseline", "constrained-baseline"],
  main: ["main", "constrained-baseline"],
  "constrained-high": ["constrained-high", "constrained-baseline"],
  high: ["high", "constrained-high", "main", "constrained-baseline"],
};

/**
 * @param id - `profile-level-id`, six hex digits; undefined: not given
 * @returns undefined: a profile that this program does not know, or none
 */
export function h264ProfileOf(id: string | undefined): H264Profile | undefined {
  const text = id ?? DEFAULT_ID;
  if (!ID.test(text)) return undefined;
  const [indicator = 0, constraints = 0] = [text.slice(0, 2), text.slice(2, 4)].map((pair) =>
    Number.parseInt(pair, 16),
  );
  const isSet = (bit: number): boolean => (constraints & (0x80 >> bit)) !== 0;
  switch (indicator) {
    case 0x42:
      return isSet(1) ? "constrained-baseline" : "baseline";
    case 0x4d:
      return isSet(0) ? "constrained-baseline" : "main";
    case 0x58:
      if (!isSet(0)) return undefined;
      return isSet(1) ? "constrained-baseline" : "baseline";
    case 0x64:
      return isSet(4) && isSet(5) ? "constrained-high" : "high";
    default:
      return undefined;
  }
}

/** Whether a stream of one profile may be sent to a side that takes another. */
export function isDecodable(sent: H264Profile, taken: H264Profile): boolean {
  return INCLUDED[taken].includes(sent);
}
