// One handshake of werift's with what belongs to it: its flights and the keys that it ends in. A port may have several
// at a time, as anybody can begin one in the peer's name before there are keys. It decides nothing.
import type { Fingerprint } from "../../exchange/description.ts";
import type { HandshakeMessage } from "../../guard/handshake-messages.ts";
import type { LocalCertificate } from "../certificate.ts";
import { FlightSender } from "./flight-sender.ts";
import { protectionOf, type RecordProtection } from "./record-protection.ts";
import { createWeriftDtls, type DtlsInside } from "./werift-dtls.ts";

/** What a side of a handshake needs of its port. */
export interface SideOptions {
  certificate: LocalCertificate;
  /** Of the peer's file. */
  fingerprints: readonly Fingerprint[];
  send: (datagram: Buffer) => void;
  /** Of the records of epoch 0, another one each time. */
  nextSequence: () => number;
  /** There is one more in `agreed`. */
  onAgreed: () => void;
}

/** What whoever is there has not proved: that the certificate of the file is his, or that he owns what he shows. */
export type Missing = "fingerprint" | "signature";

/** Somebody with whom keys were agreed. What opens under them is from him. */
export interface Agreed {
  readonly protection: RecordProtection;
  /** Undefined: it is the peer, and only its Finished is waited for. */
  readonly missing: Missing | undefined;
  /** The keys are of the whole handshake up to here, so that an alert under them is about it, and not about another. */
  readonly isAlertProof: boolean;
  /** Of the certificate that was shown. */
  readonly fingerprint: Fingerprint;
  /**
   * @param message - that was opened with `protection`
   * @returns whether the handshake is through by it: the peer is there
   * @throws P2pError PEER_NOT_AUTHENTIC when it shows that somebody else has made a whole handshake with us
   */
  handleFinished(message: HandshakeMessage): Promise<boolean>;
}

/** The handshakes of one role. */
export interface HandshakeSide {
  start(): void;
  /** A message that anybody may have sent. Never rejects. */
  handle(message: HandshakeMessage): Promise<void>;
  /** Something came in plaintext that a peer says when the handshake fails, or anybody. */
  handleAlert(): void;
  /** With whom keys were agreed; those who lack a proof are not in it once there is one with it. */
  agreed(): readonly Agreed[];
  /** Ends all timers. Flights can still be repeated when they are asked for. */
  stop(): void;
}

export class HandshakeRun {
  readonly socket: DtlsInside & { connect(): Promise<void> };
  readonly sender: FlightSender;
  readonly #role: "client" | "server";
  #protection: RecordProtection | undefined;

  constructor(role: "client" | "server", { certificate, send, nextSequence }: SideOptions) {
    this.#role = role;
    this.sender = new FlightSender(send, nextSequence, () => this.#protection);
    this.socket = createWeriftDtls({
      role,
      certificate,
      sendFlight: (datagrams) => {
        this.sender.sendFlight(datagrams);
      },
    });
  }

  /** Undefined until `takeKeys` has found some. */
  get protection(): RecordProtection | undefined {
    return this.#protection;
  }

  /** Call it when werift has derived the keys; a client has sent its Finished then, which werift seals itself. */
  takeKeys(): void {
    const keys = this.socket.cipher.cipher;
    if (this.#protection !== undefined || keys?.clientWriteKey === undefined) return;
    this.#protection = protectionOf(this.#role, keys);
  }
}
