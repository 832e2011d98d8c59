// SRTP and SRTCP: which packets are sealed and opened under which index. RFC 3711 §3.3, RFC 7714. A packet is taken once
// only, and changes what is kept here only after it has proved authentic. Nothing is sealed twice under one index: what is
// sent again are the sealed bytes of before.
import { ReplayWindow } from "../lib/replay-window.ts";
import type { MediaCiphers } from "./ciphers.ts";
import { rtpHeaderBytes, rtpSequence, rtpSsrc } from "./rtp.ts";
import { deriveKeys, SrtpTransform } from "./srtp-transform.ts";

/** How far behind the newest packet of its SSRC one may come. RFC 3711 asks for at least 64. */
const REPLAY_BITS = 1_024;
/**
 * SSRCs for which something is kept, in each direction and for RTP and RTCP apart. What is known of an SSRC stays when its
 * track ends: a later track of the same number would otherwise take, or make, packets of before.
 */
export const MAX_SSRCS = 1_024;
const MAX_RTP_INDEX = 2 ** 48 - 1;
const MAX_RTCP_INDEX = 2 ** 31 - 1;
const SEQUENCES = 2 ** 16;

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

export class SrtpSender {
  readonly #transform: SrtpTransform;
  /** By SSRC: the highest index that was sealed. */
  readonly #sealed = new Map<number, number>();
  #rtcpIndex = -1;

  /** @throws RangeError when the keys do not fit the profile */
  constructor({ profile, local }: SrtpKeyMaterial, ciphers: MediaCiphers) {
    this.#transform = transformOf(profile, local, ciphers);
  }

  /** @returns false: this SSRC has sent before, or there have been too many */
  register(ssrc: number): boolean {
    if (this.#sealed.has(ssrc) || this.#sealed.size >= MAX_SSRCS) return false;
    this.#sealed.set(ssrc, -1);
    return true;
  }

  /**
   * @param packet - one that `encodeRtp` made
   * @param index - its sequence number, counted on over every wrap; larger than all before of its SSRC
   * @throws RangeError when the SSRC is not registered or the key stream of this index is used up
   */
  sealRtp(packet: Uint8Array, index: number): Uint8Array {
    const headerBytes = rtpHeaderBytes(packet);
    const ssrc = headerBytes === undefined ? undefined : rtpSsrc(packet);
    const highest = ssrc === undefined ? undefined : this.#sealed.get(ssrc);
    if (headerBytes === undefined || ssrc === undefined || highest === undefined) {
      throw new RangeError("Only packets of registered SSRCs are sealed");
    }
    if (index <= highest || index > MAX_RTP_INDEX || index % SEQUENCES !== rtpSequence(packet)) {
      throw new RangeError(`Packet ${index} is not sealed after packet ${highest}`);
    }
    this.#sealed.set(ssrc, index);
    return this.#transform.sealRtp(packet, headerBytes, { ssrc, index });
  }

  /**
   * @param packet - a compound packet
   * @returns undefined: after 2^31 packets these keys have no index left
   */
  sealRtcp(packet: Uint8Array): Uint8Array | undefined {
    if (this.#rtcpIndex >= MAX_RTCP_INDEX) return undefined;
    this.#rtcpIndex += 1;
    const ssrc = new DataView(packet.buffer, packet.byteOffset, packet.byteLength).getUint32(4);
    return this.#transform.sealRtcp(packet, { ssrc, index: this.#rtcpIndex });
  }
}

/** A packet that has proved authentic and new. */
export interface OpenedRtp {
  readonly ssrc: number;
  /** Its sequence number, counted on over every wrap. */
  readonly index: number;
  /** As `decodeRtp` takes it. */
  readonly packet: Uint8Array;
}

export class SrtpReceiver {
  readonly #transform: SrtpTransform;
  readonly #rtp = new Map<number, ReplayWindow>();
  readonly #rtcp = new Map<number, ReplayWindow>();
  /** SSRCs whose packets are taken now. */
  readonly #open = new Set<number>();

  /** @throws RangeError when the keys do not fit the profile */
  constructor({ profile, remote }: SrtpKeyMaterial, ciphers: MediaCiphers) {
    this.#transform = transformOf(profile, remote, ciphers);
  }

  /** Lets packets of this SSRC in. @returns false: they are let in already, or there have been too many SSRCs */
  register(ssrc: number): boolean {
    if (this.#open.has(ssrc)) return false;
    if (!this.#rtp.has(ssrc)) {
      if (this.#rtp.size >= MAX_SSRCS) return false;
      this.#rtp.set(ssrc, new ReplayWindow(REPLAY_BITS));
    }
    this.#open.add(ssrc);
    return true;
  }

  unregister(ssrc: number): void {
    this.#open.delete(ssrc);
  }

  /** @returns undefined: of no registered SSRC, not authentic, or seen before */
  openRtp(sealed: Uint8Array): OpenedRtp | undefined {
    const headerBytes = rtpHeaderBytes(sealed);
    if (headerBytes === undefined || !this.#open.has(rtpSsrc(sealed))) return undefined;
    const window = this.#rtp.get(rtpSsrc(sealed));
    return window && this.#openIn(window, sealed, headerBytes);
  }

  /** Opens a packet of an SSRC that is not registered, and registers that if the packet is authentic. */
  openFirst(sealed: Uint8Array): OpenedRtp | undefined {
    const headerBytes = rtpHeaderBytes(sealed);
    if (headerBytes === undefined) return undefined;
    const ssrc = rtpSsrc(sealed);
    const known = this.#rtp.get(ssrc);
    if (this.#open.has(ssrc) || (known === undefined && this.#rtp.size >= MAX_SSRCS)) return undefined;
    const window = known ?? new ReplayWindow(REPLAY_BITS);
    const opened = this.#openIn(window, sealed, headerBytes);
    if (opened === undefined) return undefined;
    this.#rtp.set(ssrc, window);
    this.#open.add(ssrc);
    return opened;
  }

  #openIn(window: ReplayWindow, sealed: Uint8Array, headerBytes: number): OpenedRtp | undefined {
    const ssrc = rtpSsrc(sealed);
    for (const index of possibleIndexes(rtpSequence(sealed), window.highest)) {
      if (!window.isFresh(index)) continue;
      const packet = this.#transform.openRtp(sealed, headerBytes, { ssrc, index });
      if (packet === undefined) continue;
      window.mark(index);
      return { ssrc, index, packet };
    }
    return undefined;
  }

  /** @returns a compound packet; undefined: not authentic, seen before, or of one SSRC too many */
  openRtcp(sealed: Uint8Array): Uint8Array | undefined {
    const id = this.#transform.rtcpId(sealed);
    if (id === undefined) return undefined;
    const known = this.#rtcp.get(id.ssrc);
    if (known === undefined ? this.#rtcp.size >= MAX_SSRCS : !known.isFresh(id.index)) return undefined;
    const packet = this.#transform.openRtcp(sealed, id);
    if (packet === undefined) return undefined;
    const window = known ?? new ReplayWindow(REPLAY_BITS);
    window.mark(id.index);
    if (known === undefined) this.#rtcp.set(id.ssrc, window);
    return packet;
  }
}

function transformOf(profile: SrtpProfile, master: SrtpMaster, ciphers: MediaCiphers): SrtpTransform {
  const rtp = deriveKeys(profile, master, "rtp", ciphers);
  const rtcp = deriveKeys(profile, master, "rtcp", ciphers);
  return new SrtpTransform(profile, rtp, rtcp, ciphers);
}

/**
 * The index nearest to the highest one so far: a sequence number up to 2^15 behind it is a late packet, any other a new one.
 * RFC 3711 §3.3.1. Before the first packet nothing is known but that the sender has begun at rollover counter 0; where it
 * began shortly before the wrap and the first packets were lost, it stands at 1.
 */
function possibleIndexes(sequence: number, highest: number): readonly number[] {
  if (highest < 0) return sequence < SEQUENCES / 2 ? [sequence, sequence + SEQUENCES] : [sequence];
  const ahead = ((sequence - highest) << 16) >> 16;
  const index = highest + ahead;
  return index < 0 || index > MAX_RTP_INDEX ? [] : [index];
}
