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
import type { FlightSender } from "./flight-sender.ts";
import { verifiedKey, verifyFinished, verifySignature } from "./peer-proof.ts";
import { type DtlsInside, deliverHandshake, transcriptOf } from "./werift-dtls.ts";

const { CERTIFICATE, CERTIFICATE_VERIFY, CLIENT_HELLO, CLIENT_KEY_EXCHANGE, FINISHED } = HandshakeType;
const { HELLO_VERIFY_REQUEST, SERVER_HELLO, SERVER_HELLO_DONE, SERVER_KEY_EXCHANGE } = HandshakeType;

export interface HandshakeParts {
  socket: DtlsInside;
  sender: FlightSender;
  fingerprints: readonly Fingerprint[];
}

/** What both roles have in common. `handle` throws P2pError PEER_NOT_AUTHENTIC when the peer is not who it should be. */
export interface Handshake {
  handle(message: HandshakeMessage): Promise<void>;
  /** The peer's Finished was verified: it owns its certificate, and nobody changed the handshake. */
  readonly isVerified: boolean;
}

/** werift's numbers of the flights of RFC 6347 §4.2.4. */
const FLIGHT_3_SENT = 3;
const FLIGHT_4_SENT = 4;

/** The client's part: it receives HelloVerifyRequest, the server's flight, and Finished. */
export class ClientHandshake implements Handshake {
  readonly #parts: HandshakeParts;
  readonly #flight = new FlightCollector(SERVER_HELLO, SERVER_HELLO_DONE);
  #hasServerFlight = false;
  #isVerified = false;

  constructor(parts: HandshakeParts) {
    this.#parts = parts;
  }

  get isVerified(): boolean {
    return this.#isVerified;
  }

  async handle(message: HandshakeMessage): Promise<void> {
    const { socket, sender } = this.#parts;
    switch (message.type) {
      case HELLO_VERIFY_REQUEST:
        if (socket.dtls.flight < FLIGHT_3_SENT && !this.#hasServerFlight) await deliverHandshake(socket, message);
        return;
      case FINISHED:
        await this.#handleFinished(message);
        return;
      default:
        if (message.type < SERVER_HELLO || message.type > SERVER_HELLO_DONE) return;
        if (this.#hasServerFlight) {
          if (!this.#isVerified && message.type === SERVER_HELLO_DONE) sender.repeat();
          return;
        }
        await this.#handleServerFlight(this.#flight.handle(message));
    }
  }

  async #handleServerFlight(flight: HandshakeMessage[] | undefined): Promise<void> {
    if (flight === undefined) return;
    const { socket, fingerprints } = this.#parts;
    const bodyOf = (type: number): Uint8Array => flight.find((one) => one.type === type)?.body ?? new Uint8Array(0);
    const key = verifiedKey(firstCertificate(bodyOf(CERTIFICATE)), fingerprints);
    const exchange = splitServerKeyExchange(bodyOf(SERVER_KEY_EXCHANGE));
    const content = [
      socket.cipher.localRandom.serialize(),
      helloRandom(bodyOf(SERVER_HELLO)) ?? new Uint8Array(0),
      exchange?.params ?? new Uint8Array(0),
    ];
    verifySignature(key, exchange?.signed, Buffer.concat(content));
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
  #hasClientFlight = false;
  #isVerified = false;

  constructor(parts: HandshakeParts) {
    this.#parts = parts;
  }

  get isVerified(): boolean {
    return this.#isVerified;
  }

  async handle(message: HandshakeMessage): Promise<void> {
    switch (message.type) {
      case CLIENT_HELLO:
        await this.#handleHello(message);
        return;
      case CERTIFICATE:
      case CERTIFICATE_VERIFY:
      case CLIENT_KEY_EXCHANGE:
        if (!this.#hasClientFlight) await this.#handleClientFlight(this.#flight.handle(message));
        return;
      case FINISHED:
        await this.#handleFinished(message);
        return;
      default:
    }
  }

  async #handleHello(message: HandshakeMessage): Promise<void> {
    const { socket, sender } = this.#parts;
    if (this.#hasClientFlight) return;
    if (socket.dtls.flight < FLIGHT_4_SENT) await deliverHandshake(socket, message);
    // The first hello again is late; the second again says that our flight was lost.
    else if (hasCookie(message.body)) sender.repeat();
  }

  async #handleClientFlight(flight: HandshakeMessage[] | undefined): Promise<void> {
    if (flight === undefined) return;
    const { socket, sender, fingerprints } = this.#parts;
    const certificate = flight.find(({ type }) => type === CERTIFICATE);
    const verify = flight.find(({ type }) => type === CERTIFICATE_VERIFY);
    const exchange = flight.find(({ type }) => type === CLIENT_KEY_EXCHANGE);
    if (certificate === undefined || verify === undefined || exchange === undefined) return;
    const key = verifiedKey(firstCertificate(certificate.body), fingerprints);
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
