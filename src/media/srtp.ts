// SRTP and SRTCP. RFC 3711, RFC 7714.

/** Names of the IANA registry of DTLS-SRTP protection profiles, without their `SRTP_`. RFC 5764 §4.1.2, RFC 7714 §14.2. */
export type SrtpProfile = "AEAD_AES_128_GCM" | "AES128_CM_HMAC_SHA1_80";

export interface SrtpMaster {
  /** 16 bytes. */
  readonly key: Uint8Array;
  /** 12 bytes for GCM, 14 for AES-CM. */
  readonly salt: Uint8Array;
}

/** What a DTLS handshake gives both sides. RFC 5764 §4.2. */
export interface SrtpKeyMaterial {
  readonly profile: SrtpProfile;
  /** What we seal with. */
  readonly local: SrtpMaster;
  /** What the peer seals with. */
  readonly remote: SrtpMaster;
}
