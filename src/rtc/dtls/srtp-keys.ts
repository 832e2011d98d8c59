// Keys for media, from a handshake that is over: DTLS-SRTP. RFC 5764 §4.2, RFC 7714 §12, RFC 7627 §5.4.
import { SrtpProfileId } from "../../guard/use-srtp.ts";
import type { SrtpKeyMaterial, SrtpProfile } from "../../media/srtp.ts";
import { exportKeyingMaterial, type HandshakeSecrets } from "./prf.ts";

const LABEL = "EXTRACTOR-dtls_srtp";
const KEY_BYTES = 16;

interface ProfileTraits {
  profile: SrtpProfile;
  saltBytes: number;
}

const PROFILES: Readonly<Record<number, ProfileTraits>> = {
  [SrtpProfileId.AEAD_AES_128_GCM]: { profile: "AEAD_AES_128_GCM", saltBytes: 12 },
  [SrtpProfileId.AES128_CM_HMAC_SHA1_80]: { profile: "AES128_CM_HMAC_SHA1_80", saltBytes: 14 },
};

/**
 * The profiles that we offer, and take, best first: AES-GCM is the faster one, and the only one of the two that other
 * programs may be told to insist on.
 */
export const SRTP_PROFILES: readonly number[] = [SrtpProfileId.AEAD_AES_128_GCM, SrtpProfileId.AES128_CM_HMAC_SHA1_80];

/**
 * @param role - our role in the handshake
 * @param profileId - what the server has chosen
 * @returns undefined when that is none of our profiles
 */
export function srtpKeysOf(
  role: "client" | "server",
  profileId: number | undefined,
  secrets: HandshakeSecrets,
): SrtpKeyMaterial | undefined {
  const traits = profileId === undefined ? undefined : PROFILES[profileId];
  if (traits === undefined) return undefined;
  const { profile, saltBytes } = traits;
  const material = exportKeyingMaterial(secrets, LABEL, 2 * (KEY_BYTES + saltBytes));
  const saltsAt = 2 * KEY_BYTES;
  const client = { key: material.subarray(0, KEY_BYTES), salt: material.subarray(saltsAt, saltsAt + saltBytes) };
  const server = { key: material.subarray(KEY_BYTES, saltsAt), salt: material.subarray(saltsAt + saltBytes) };
  const [local, remote] = role === "client" ? [client, server] : [server, client];
  return { profile, local, remote };
}
