// The DTLS handshake of one side: takes whole messages, hands them to werift flight by flight in order, and lets
// nothing through that the peer has not proved. It sends nothing by itself but through its FlightSender.
import type { Fingerprint } from "../../exchange/description.ts";
import {
  decodeSigned,
  firstCertificate,
  hasCookie,
  helloRandom,
  splitServerKeyExchange,
} from "../../guard/certificate-proof.ts";
import { FlightCollector, type HandshakeMessage, HandshakeType } from "../../guard/handshake-messages.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { fingerprintOf } from "../certificate.ts";
import type { FlightSender } from "./flight-sender.ts";
import { verifiedKey, verifyFinished, verifySignature } from "./peer-proof.ts";
import { type DtlsInside, deliverHandshake, transcriptOf } from "./werift-dtls.ts";

const { CERTIFICATE, CERTIFICATE_REQUEST, CERTIFICATE_VERIFY, CLIENT_HELLO, CLIENT_KEY_EXCHANGE, FINISHED } =
  HandshakeType;
const { HELLO_VERIFY_REQUEST, SERVER_HELLO, SERVER_HELLO_DONE, SERVER_KEY_EXCHANGE } = HandshakeType;

export interface HandshakeParts {
  socket: DtlsInside;
  sender: FlightSender;
  fingerprints: readonly Fingerprint[];
}

/** What both roles have in common. */
export interface Handshake {
  /**
   * @returns `other` when the message is a hello of another handshake
   * @throws P2pError PEER_NOT_AUTHENTIC when the peer is not who it should be
   */
  handle(message: HandshakeMessage): Promise<"other" | undefined>;
  /** The peer's Finished was verified: it owns its certificate, and nobody changed the handshake. */
  readonly isVerified: boolean;
  /** Of the certificate that the peer owns; undefined until `isVerified`. */
  readonly peerFingerprint: Fingerprint | undefined;
}

/** The server's flight, with and without the request for our certificate. RFC 5246 §7.3. */
const SERVER_FLIGHTS = [
  [SERVER_HELLO, CERTIFICATE, SERVER_KEY_EXCHANGE, CERTIFICATE_REQUEST, SERVER_HELLO_DONE],
  [SERVER_HELLO, CERTIFICATE, SERVER_KEY_EXCHANGE, SERVER_HELLO_DONE],
];

/** werift's numbers of the flights of RFC 6347 §4.2.4. */
const FLIGHT_3_SENT = 3;
const FLIGHT_4_SENT = 4;

/** The client's part: it receives HelloVerifyRequest, the server's flight, and Finished. */
export class ClientHandshake implements Handshake {
  readonly #parts: HandshakeParts;
  readonly #flight = new FlightCollector(SERVER_HELLO, SERVER_HELLO_DONE);
  #hasServerFlight = false;
  #isVerified = false;
  #shown: Fingerprint | undefined;

  constructor(parts: HandshakeParts) {
    this.#parts = parts;
  }

  get isVerified(): boolean {
    return this.#isVerified;
  }

  get peerFingerprint(): Fingerprint | undefined {
    return this.#isVerified ? this.#shown : undefined;
  }

  async handle(message: HandshakeMessage): Promise<undefined> {
    const { socket, sender } = this.#parts;
    const { type } = message;
    if (type === HELLO_VERIFY_REQUEST) {
      if (socket.dtls.flight < FLIGHT_3_SENT && !this.#hasServerFlight) await deliverHandshake(socket, message);
    } else if (type === FINISHED) {
      await this.#handleFinished(message);
    } else if (type < SERVER_HELLO || type > SERVER_HELLO_DONE) {
      return;
    } else if (!this.#hasServerFlight) {
      await this.#handleServerFlight(this.#flight.handle(message));
    } else if (!this.#isVerified && type === SERVER_HELLO_DONE) {
      // The server repeats its flight: it has not seen ours.
      sender.repeat();
    }
  }

  async #handleServerFlight(flight: HandshakeMessage[] | undefined): Promise<void> {
    if (flight === undefined) return;
    const { socket, fingerprints } = this.#parts;
    // A server that never asked for a cookie begins at 0: this flight answers an earlier handshake of ours.
    if (socket.dtls.flight < FLIGHT_3_SENT && flight[0]?.sequence !== 0) return;
    // werift works on each message that it is given: a second key exchange behind the signed one would count.
    const types = flight.map(({ type }) => type);
    if (!SERVER_FLIGHTS.some((expected) => expected.join() === types.join())) {
      throw new P2pError("PEER_NOT_AUTHENTIC", { failed: "signature" });
    }
    const bodyOf = (type: number): Uint8Array => flight.find((one) => one.type === type)?.body ?? new Uint8Array(0);
    const certificate = firstCertificate(bodyOf(CERTIFICATE)) ?? new Uint8Array(0);
    const key = verifiedKey(certificate, fingerprints);
    const exchange = splitServerKeyExchange(bodyOf(SERVER_KEY_EXCHANGE));
    const content = [
      socket.cipher.localRandom.serialize(),
      helloRandom(bodyOf(SERVER_HELLO)) ?? new Uint8Array(0),
      exchange?.params ?? new Uint8Array(0),
    ];
    verifySignature(key, exchange?.signed, Buffer.concat(content));
    this.#shown = fingerprintOf(certificate);
    this.#hasServerFlight = true;
    for (const message of flight) await deliverHandshake(socket, message);
  }

  async #handleFinished(message: HandshakeMessage): Promise<void> {
    if (!this.#hasServerFlight || this.#isVerified) return;
    const { socket, sender } = this.#parts;
    verifyFinished("server", socket.cipher.masterSecret, transcriptOf(socket, []), message.body);
    this.#isVerified = true;
    sender.stop();
    await deliverHandshake(socket, message);
  }
}

/** The server's part: it receives two ClientHellos, the client's flight, and Finished. */
export class ServerHandshake implements Handshake {
  readonly #parts: HandshakeParts;
  readonly #flight = new FlightCollector(CERTIFICATE, CERTIFICATE_VERIFY);
  #clientRandom: string | undefined;
  #hasClientFlight = false;
  #isVerified = false;
  #shown: Fingerprint | undefined;

  constructor(parts: HandshakeParts) {
    this.#parts = parts;
  }

  get isVerified(): boolean {
    return this.#isVerified;
  }

  get peerFingerprint(): Fingerprint | undefined {
    return this.#isVerified ? this.#shown : undefined;
  }

  async handle(message: HandshakeMessage): Promise<"other" | undefined> {
    switch (message.type) {
      case CLIENT_HELLO:
        return await this.#handleHello(message);
      case CERTIFICATE:
      case CERTIFICATE_VERIFY:
      case CLIENT_KEY_EXCHANGE:
        if (!this.#hasClientFlight) await this.#handleClientFlight(this.#flight.handle(message));
        return undefined;
      case FINISHED:
        await this.#handleFinished(message);
        return undefined;
      default:
        return undefined;
    }
  }

  async #handleHello(message: HandshakeMessage): Promise<"other" | undefined> {
    const { socket, sender } = this.#parts;
    const random = Buffer.from(helloRandom(message.body) ?? []).toString("hex");
    this.#clientRandom ??= random;
    if (random !== this.#clientRandom) return this.#isVerified ? undefined : "other";
    if (socket.dtls.flight < FLIGHT_4_SENT) {
      await deliverHandshake(socket, message);
    } else if (hasCookie(message.body) && !this.#hasClientFlight) {
      // The second hello again says that our flight was lost; the first one again is late.
      sender.repeat();
    }
    return undefined;
  }

  async #handleClientFlight(flight: HandshakeMessage[] | undefined): Promise<void> {
    if (flight === undefined) return;
    const { socket, sender, fingerprints } = this.#parts;
    const certificate = flight.find(({ type }) => type === CERTIFICATE);
    const verify = flight.find(({ type }) => type === CERTIFICATE_VERIFY);
    const exchange = flight.find(({ type }) => type === CLIENT_KEY_EXCHANGE);
    if (certificate === undefined || verify === undefined || exchange === undefined) return;
    const der = firstCertificate(certificate.body) ?? new Uint8Array(0);
    const key = verifiedKey(der, fingerprints);
    this.#shown = fingerprintOf(der);
    this.#hasClientFlight = true;
    sender.stop();
    await deliverHandshake(socket, certificate);
    await deliverHandshake(socket, exchange);
    verifySignature(key, decodeSigned(verify.body), transcriptOf(socket, [CERTIFICATE_VERIFY, FINISHED]));
    await deliverHandshake(socket, verify);
  }

  async #handleFinished(message: HandshakeMessage): Promise<void> {
    const { socket, sender } = this.#parts;
    if (!this.#hasClientFlight) return;
    if (this.#isVerified) {
      sender.repeat();
      return;
    }
    verifyFinished("client", socket.cipher.masterSecret, transcriptOf(socket, [FINISHED]), message.body);
    this.#isVerified = true;
    await deliverHandshake(socket, message);
    // Nothing answers the last flight: the client's repeated Finished asks for it again.
    sender.stop();
  }
}
