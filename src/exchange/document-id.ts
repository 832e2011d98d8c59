// The id of a document of ours. It is made of secrets that are random and new for each run, so it is as good as a random
// one, and a short code need not hold it.
import { sha256Hex } from "../lib/sha256.ts";
import type { SessionDescription } from "./description.ts";

const DOMAIN = "p2p id/1\n";
/** 128 bits. */
const ID_DIGITS = 32;

/**
 * @param description - of any revision: these facts stay the same while a run, and one that resumes it, lasts
 * @returns 32 lower-case hex digits, from which nobody can tell the password
 */
export function documentId({
  iceUfrag,
  icePwd,
  fingerprints,
}: Pick<SessionDescription, "iceUfrag" | "icePwd" | "fingerprints">): string {
  const [fingerprint] = fingerprints;
  const text = `${DOMAIN}${iceUfrag}\n${icePwd}\n${fingerprint?.algorithm} ${fingerprint?.value}\n`;
  return sha256Hex(new TextEncoder().encode(text)).slice(0, ID_DIGITS);
}
