// Key material for two ends of SRTP in tests.
import type { SrtpKeyMaterial, SrtpMaster, SrtpProfile } from "../../src/media/srtp.ts";

export const SRTP_PROFILES: readonly SrtpProfile[] = ["AEAD_AES_128_GCM", "AES128_CM_HMAC_SHA1_80"];

export interface SrtpEnds {
  readonly a: SrtpKeyMaterial;
  readonly b: SrtpKeyMaterial;
}

/** Fixed keys of both ends: what one seals with, the other opens with. */
export function srtpEnds(profile: SrtpProfile): SrtpEnds {
  const master = (first: number): SrtpMaster => ({
    key: Uint8Array.from({ length: 16 }, (_, at) => first + at),
    salt: Uint8Array.from({ length: profile === "AEAD_AES_128_GCM" ? 12 : 14 }, (_, at) => first + 16 + at),
  });
  const [one, other] = [master(1), master(101)];
  return { a: { profile, local: one, remote: other }, b: { profile, local: other, remote: one } };
}
