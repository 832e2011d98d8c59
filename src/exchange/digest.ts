// The digest of an exchange document: it tells a reader that has repaired the text whether the repair is right, and one
// that has not whether the text was changed. Anybody can make it: who wrote the document is what a signature tells.
import { sha256Hex } from "../lib/sha256.ts";
import type { P2pKey, SessionDescription } from "./description.ts";
import { signedText } from "./signed-text.ts";

/** Hex digits of SHA-256 that are kept: 64 bits are enough against chance, and the key stays short. */
const DIGEST_DIGITS = 16;

/**
 * @param p2p - the `p2p` key as found in the file; its `digest` and `signature` do not count
 * @returns 16 lower-case hex digits
 * @throws FlawError when the key is nested too deep
 */
export function documentDigest(description: SessionDescription, p2p: object): string {
  const { digest: _, signature: __, ...covered } = p2p as { digest?: unknown; signature?: unknown };
  return sha256Hex(new TextEncoder().encode(signedText(description, covered))).slice(0, DIGEST_DIGITS);
}

/** Adds its digest to a key of ours. It belongs to what is signed, so it is added before the signature. */
export function withDigest(description: SessionDescription, p2p: P2pKey): P2pKey {
  return { ...p2p, digest: documentDigest(description, p2p) };
}
