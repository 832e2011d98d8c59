// SHA-256 (FIPS 180-4) for the pure folders, which have no platform: the portable implementation of @noble/hashes. It
// hashes short texts; secrets and file contents are hashed by the platform, through the ports of their layers.
import { sha256 } from "@noble/hashes/sha2";
import { toHex } from "./bytes.ts";

/** @returns the digest as 64 lower-case hex digits */
export function sha256Hex(bytes: Uint8Array): string {
  return toHex(sha256(bytes));
}
