// A single werift handshake with its state: its flights and the resulting keys. A port may have several at a time,
// because anybody can begin one in the peer's name before there are keys. It makes no decisions.
import type { Fingerprint } from "../../exchange/description.ts";
import type { HandshakeMessage } from "../../guard/handshake-messages.ts";
import type { SrtpKeyMaterial } from "../../media/srtp.ts";
import type { LocalCertificate } from "../certificate.ts";
import { FlightSender } from "./flight-sender.ts";
import { protectionOf, type RecordProtection } from "./record-protection.ts";
import { srtpKeysOf } from "./srtp-keys.ts";
import { createWeriftDtls, type DtlsInside } from "./werift-dtls.ts";

/** The options that a side of a handshake needs from its port. */
export interface SideOptions {
  certificate: LocalCertificate;
  /** Fingerprints from the peer's file. */
  fingerprints: readonly Fingerprint[];
  send: (datagram: Buffer) => void;
  /** Returns the next sequence number for records of epoch 0, a different one each time. */
  nextSequence: () => number;
  /** `agreed` has a new entry. */
  onAgreed: () => void;
}

/** The missing proof: that the certificate matches the peer's file, or that its sender owns the certificate's key. */
export type Missing = "fingerprint" | "signature";

/** A party with whom we have agreed on keys. Records that open under them are from that party. */
export interface Agreed {
  readonly protection: RecordProtection;
  /** Undefined: it is the peer, and only its Finished is awaited. */
  readonly missing: Missing | undefined;
  /** The keys depend on the whole handshake so far, so that an alert under them is about it and not about another. */
  readonly isAlertProof: boolean;
  /** The fingerprint of the certificate that was shown. */
  readonly fingerprint: Fingerprint;
  /** Keys for media; undefined when there are none. They are the peer's once its Finished has been verified. */
  readonly srtpKeys: SrtpKeyMaterial | undefined;
  /**
   * @param message - a message that was opened with `protection`
   * @returns whether it completes the handshake: the peer is connected
   * @throws P2pError PEER_NOT_AUTHENTIC when it proves that somebody else has made a whole handshake with us
   */
  handleFinished(message: HandshakeMessage): Promise<boolean>;
}

/** The handshakes of one role. */
export interface HandshakeSide {
  start(): void;
  /** Handles a message that anybody may have sent. Never rejects. */
  handle(message: HandshakeMessage): Promise<void>;
  /** Handles a plaintext alert, which the peer sends when the handshake fails, but anybody can forge. */
  handleAlert(): void;
  /** Parties with whom we have agreed on keys; those who lack a proof are left out once one has it. */
  agreed(): readonly Agreed[];
  /** Stops all timers. Flights can still be retransmitted on request. */
  stop(): void;
}

export class HandshakeAttempt {
  readonly socket: DtlsInside & { connect(): Promise<void> };
  readonly sender: FlightSender;
  readonly #role: "client" | "server";
  #protection: RecordProtection | undefined;

  /** @param srtpProfiles - those that our hello names */
  constructor(
    role: "client" | "server",
    { certificate, send, nextSequence }: SideOptions,
    srtpProfiles: readonly number[],
  ) {
    this.#role = role;
    this.sender = new FlightSender(send, nextSequence, () => this.#protection);
    this.socket = createWeriftDtls({
      role,
      certificate,
      srtpProfiles,
      sendFlight: (datagrams) => {
        this.sender.sendFlight(datagrams);
      },
    });
  }

  /** Undefined until `takeKeys` has found keys. */
  get protection(): RecordProtection | undefined {
    return this.#protection;
  }

  /** Call it when werift has derived the keys; by then a client has sent its Finished, which werift seals itself. */
  takeKeys(): void {
    const keys = this.socket.cipher.cipher;
    if (this.#protection !== undefined || keys?.clientWriteKey === undefined) return;
    this.#protection = protectionOf(this.#role, keys);
  }

  /**
   * Keys for media; call it when there are keys.
   * @param profileId - the profile that the server has chosen; undefined: none
   * @returns undefined without a profile of ours, and where the secret does not depend on the whole handshake: somebody
   *   in the middle could have the same one with both sides. RFC 7627 §5.4
   */
  srtpKeys(profileId: number | undefined): SrtpKeyMaterial | undefined {
    const { cipher, dtls } = this.socket;
    if (!dtls.remoteExtendedMasterSecret || cipher.remoteRandom === undefined) return undefined;
    const [own, other] = [cipher.localRandom.serialize(), cipher.remoteRandom.serialize()];
    const [clientRandom, serverRandom] = this.#role === "client" ? [own, other] : [other, own];
    return srtpKeysOf(this.#role, profileId, { masterSecret: cipher.masterSecret, clientRandom, serverRandom });
  }
}
