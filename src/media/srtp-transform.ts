// The cryptographic part of SRTP and SRTCP: session keys from the master key, and one packet sealed or opened under them.
// RFC 3711 §4 (AES in counter mode, HMAC-SHA1 of 80 bits), RFC 7714 §8 to §11 (AES-128-GCM). It keeps no state: which
// index a packet has, and whether it may be used, is decided in srtp.ts.
import { joinBytes } from "../lib/bytes.ts";
import type { MediaCiphers } from "./ciphers.ts";
import type { SrtpMaster, SrtpProfile } from "./srtp.ts";

const KEY_BYTES = 16;
const GCM_SALT_BYTES = 12;
const CM_SALT_BYTES = 14;
const GCM_TAG_BYTES = 16;
const HMAC_KEY_BYTES = 20;
const HMAC_TAG_BYTES = 10;
/** The part of an RTCP packet that stays readable: its first header and the SSRC of its sender. */
const RTCP_CLEAR_BYTES = 8;
/** E flag and index. */
const RTCP_INDEX_BYTES = 4;
const E_FLAG = 0x8000_0000;

/** Labels of RFC 3711 §4.3.1 and §4.3.2; the authentication key and the salt follow the cipher key. */
const FIRST_LABEL = { rtp: 0, rtcp: 3 } as const;

export interface SessionKeys {
  readonly cipherKey: Uint8Array;
  /** Empty for GCM. */
  readonly authKey: Uint8Array;
  /** 12 bytes for GCM, 14 for AES-CM. */
  readonly salt: Uint8Array;
}

/** What one packet is: the SSRC, and an index that no other packet of it has under these keys. */
export interface PacketId {
  readonly ssrc: number;
  /** RTP: rollover counter and sequence number, 48 bits. RTCP: 31 bits. */
  readonly index: number;
}

/** @throws RangeError when key or salt have not the lengths of the profile */
export function deriveKeys(
  profile: SrtpProfile,
  { key, salt }: SrtpMaster,
  part: "rtp" | "rtcp",
  ciphers: MediaCiphers,
): SessionKeys {
  const saltBytes = profile === "AEAD_AES_128_GCM" ? GCM_SALT_BYTES : CM_SALT_BYTES;
  if (key.length !== KEY_BYTES || salt.length !== saltBytes) throw new RangeError(`Keys do not fit ${profile}`);
  const derive = (label: number, bytes: number): Uint8Array => {
    // The shorter salt of GCM is padded on its right. RFC 7714 §11.
    const iv = new Uint8Array(16);
    iv.set(salt);
    iv[7] = (iv[7] ?? 0) ^ label;
    return ciphers.aesCtr(key, iv, new Uint8Array(bytes));
  };
  const label = FIRST_LABEL[part];
  const authBytes = profile === "AEAD_AES_128_GCM" ? 0 : HMAC_KEY_BYTES;
  return {
    cipherKey: derive(label, KEY_BYTES),
    authKey: authBytes === 0 ? new Uint8Array(0) : derive(label + 1, authBytes),
    salt: derive(label + 2, saltBytes),
  };
}

/** Seals and opens the packets of one direction. */
export class SrtpTransform {
  readonly #isGcm: boolean;
  readonly #rtp: SessionKeys;
  readonly #rtcp: SessionKeys;
  readonly #ciphers: MediaCiphers;

  constructor(profile: SrtpProfile, rtp: SessionKeys, rtcp: SessionKeys, ciphers: MediaCiphers) {
    this.#isGcm = profile === "AEAD_AES_128_GCM";
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.#ciphers = ciphers;
  }

  /** @param headerBytes - as `rtpHeaderBytes` finds them */
  sealRtp(packet: Uint8Array, headerBytes: number, id: PacketId): Uint8Array {
    const header = packet.subarray(0, headerBytes);
    const plain = packet.subarray(headerBytes);
    const { cipherKey, authKey, salt } = this.#rtp;
    if (this.#isGcm) return joinBytes([header, this.#ciphers.gcmSeal(cipherKey, gcmIv(salt, id), header, plain)]);
    const text = this.#ciphers.aesCtr(cipherKey, cmIv(salt, id), plain);
    const tag = this.#ciphers.hmacSha1(authKey, [header, text, rolloverBytes(id.index)]);
    return joinBytes([header, text, tag.subarray(0, HMAC_TAG_BYTES)]);
  }

  /** @returns header and plain text; undefined: not authentic */
  openRtp(sealed: Uint8Array, headerBytes: number, id: PacketId): Uint8Array | undefined {
    const header = sealed.subarray(0, headerBytes);
    const { cipherKey, authKey, salt } = this.#rtp;
    if (this.#isGcm) {
      const plain = this.#ciphers.gcmOpen(cipherKey, gcmIv(salt, id), header, sealed.subarray(headerBytes));
      return plain === undefined ? undefined : joinBytes([header, plain]);
    }
    const end = sealed.length - HMAC_TAG_BYTES;
    if (end < headerBytes) return undefined;
    const tag = this.#ciphers.hmacSha1(authKey, [sealed.subarray(0, end), rolloverBytes(id.index)]);
    if (!isTag(sealed.subarray(end), tag)) return undefined;
    return joinBytes([header, this.#ciphers.aesCtr(cipherKey, cmIv(salt, id), sealed.subarray(headerBytes, end))]);
  }

  /** @param packet - at least RTCP_CLEAR_BYTES */
  sealRtcp(packet: Uint8Array, id: PacketId): Uint8Array {
    const header = packet.subarray(0, RTCP_CLEAR_BYTES);
    const plain = packet.subarray(RTCP_CLEAR_BYTES);
    const word = wordBytes((E_FLAG | id.index) >>> 0);
    const { cipherKey, authKey, salt } = this.#rtcp;
    if (this.#isGcm) {
      const sealed = this.#ciphers.gcmSeal(cipherKey, gcmIv(salt, id), joinBytes([header, word]), plain);
      return joinBytes([header, sealed, word]);
    }
    const text = this.#ciphers.aesCtr(cipherKey, cmIv(salt, id), plain);
    const tag = this.#ciphers.hmacSha1(authKey, [header, text, word]);
    return joinBytes([header, text, word, tag.subarray(0, HMAC_TAG_BYTES)]);
  }

  /**
   * The id of a sealed RTCP packet, which nothing has authenticated yet.
   * @returns undefined: too short, or not encrypted, which both profiles do not foresee under DTLS
   */
  rtcpId(sealed: Uint8Array): PacketId | undefined {
    const tagBytes = this.#isGcm ? GCM_TAG_BYTES : HMAC_TAG_BYTES;
    if (sealed.length < RTCP_CLEAR_BYTES + RTCP_INDEX_BYTES + tagBytes) return undefined;
    const view = new DataView(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    const word = view.getUint32(this.#rtcpWordAt(sealed));
    return word < E_FLAG ? undefined : { ssrc: view.getUint32(4), index: word - E_FLAG };
  }

  /** @param id - of `rtcpId`. @returns the compound packet; undefined: not authentic */
  openRtcp(sealed: Uint8Array, id: PacketId): Uint8Array | undefined {
    const header = sealed.subarray(0, RTCP_CLEAR_BYTES);
    const wordAt = this.#rtcpWordAt(sealed);
    const { cipherKey, authKey, salt } = this.#rtcp;
    if (this.#isGcm) {
      const aad = joinBytes([header, sealed.subarray(wordAt)]);
      const text = sealed.subarray(RTCP_CLEAR_BYTES, wordAt);
      const plain = this.#ciphers.gcmOpen(cipherKey, gcmIv(salt, id), aad, text);
      return plain === undefined ? undefined : joinBytes([header, plain]);
    }
    const end = wordAt + RTCP_INDEX_BYTES;
    const tag = this.#ciphers.hmacSha1(authKey, [sealed.subarray(0, end)]);
    if (!isTag(sealed.subarray(end), tag)) return undefined;
    const text = sealed.subarray(RTCP_CLEAR_BYTES, wordAt);
    return joinBytes([header, this.#ciphers.aesCtr(cipherKey, cmIv(salt, id), text)]);
  }

  /** The tag of GCM belongs to the text, before the index; that of HMAC covers the index and is behind it. */
  #rtcpWordAt(sealed: Uint8Array): number {
    return sealed.length - RTCP_INDEX_BYTES - (this.#isGcm ? 0 : HMAC_TAG_BYTES);
  }
}

/** RFC 3711 §4.1.1: the SSRC is at byte 4. The last two bytes count blocks. */
function cmIv(salt: Uint8Array, id: PacketId): Uint8Array {
  return ivOf(salt, id, 16, 4);
}

/**
 * RFC 7714 §8.1 and §9.1: the SSRC is at byte 2, the rollover counter and the sequence number behind it. An index of RTCP has
 * 31 bits, so that the two bytes before it are zero, as they have to be.
 */
function gcmIv(salt: Uint8Array, id: PacketId): Uint8Array {
  return ivOf(salt, id, 12, 2);
}

/** SSRC and 48 bits of the index, one behind the other, over the salt. */
function ivOf(salt: Uint8Array, { ssrc, index }: PacketId, byteCount: number, at: number): Uint8Array {
  const iv = new Uint8Array(byteCount);
  const view = new DataView(iv.buffer);
  view.setUint32(at, ssrc);
  view.setUint16(at + 4, Math.floor(index / 2 ** 32));
  view.setUint32(at + 6, index % 2 ** 32);
  return xored(iv, salt);
}

function xored(iv: Uint8Array, salt: Uint8Array): Uint8Array {
  for (const [at, byte] of salt.entries()) iv[at] = (iv[at] ?? 0) ^ byte;
  return iv;
}

/** The rollover counter, which HMAC covers and no packet carries. */
function rolloverBytes(index: number): Uint8Array {
  return wordBytes(Math.floor(index / 2 ** 16));
}

function wordBytes(word: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, word);
  return bytes;
}

/** Takes as long for a tag that is right in its first bytes as for any other. */
function isTag(claimed: Uint8Array, mac: Uint8Array): boolean {
  let difference = claimed.length ^ HMAC_TAG_BYTES;
  for (let at = 0; at < HMAC_TAG_BYTES; at += 1) difference |= (claimed[at] ?? 0) ^ (mac[at] ?? 0);
  return difference === 0;
}
