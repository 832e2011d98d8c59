// The handshakes of a DTLS server: each hello with our cookie begins one, and the client's flight belongs to the one
// whose messages its signature covers. Therefore nobody who sends hellos or flights in the client's name can take its
// place, or make the server forget it. A flight without that proof is kept aside with the keys that it would produce:
// anybody who sends a Finished under them has completed a handshake, and is not the peer. RFC 6347 §4.2.1, §4.2.8,
// RFC 5246 §7.4.8. Bounded in number, in bytes, and in computation per second.
import { randomBytes } from "node:crypto";
import type { Fingerprint } from "../../exchange/description.ts";
import {
  clientPoint,
  decodeSigned,
  firstCertificate,
  helloCookie,
  helloVerifyRequest,
  withoutCookie,
} from "../../guard/certificate-proof.ts";
import { ContentType, plaintextRecord } from "../../guard/dtls-record.ts";
import {
  type HandshakeMessage,
  HandshakeType,
  isEqual,
  MessagePool,
  type PooledMessage,
  serializeMessage,
} from "../../guard/handshake-messages.ts";
import { offeredSrtpProfiles } from "../../guard/use-srtp.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { WorkBudget } from "../../lib/work-budget.ts";
import type { SrtpKeyMaterial } from "../../media/srtp.ts";
import {
  type Agreed,
  HandshakeAttempt,
  type HandshakeSide,
  type Missing,
  type SideOptions,
} from "./handshake-attempt.ts";
import {
  equallyValid,
  isFinishedOver,
  isSignedBy,
  readCertificate,
  type ShownCertificate,
  signatureBudget,
} from "./peer-proof.ts";
import { protectionOf, type RecordProtection } from "./record-protection.ts";
import { SRTP_PROFILES } from "./srtp-keys.ts";
import { agreeAside, deliverHandshake, transcriptOf } from "./werift-dtls.ts";

const { CERTIFICATE, CERTIFICATE_VERIFY, CLIENT_HELLO, CLIENT_KEY_EXCHANGE } = HandshakeType;

const COOKIE_BYTES = 20;
/** Forged hellos in the client's name that arrive in between must not evict the client's own. */
const MAX_ATTEMPTS = 8;
/** Budget for key pairs for hellos, and the same again for secrets with strangers: each takes milliseconds. */
const EXCHANGES_PER_SECOND = 10;
const EXCHANGES_AT_ONCE = 16;
const MAX_STRANGERS = 8;
const MAX_TRIED = 1_024;
const NO_CERTIFICATE = new Uint8Array(0);

/** A possible flight of the client: only its message numbers show that its parts belong together. */
interface ClientFlight {
  certificate: PooledMessage;
  exchange: PooledMessage;
  verify: PooledMessage;
}

export class ServerSide implements HandshakeSide {
  readonly #options: SideOptions;
  readonly #cookie = randomBytes(COOKIE_BYTES);
  readonly #pool = new MessagePool();
  readonly #exchanges = new WorkBudget(EXCHANGES_PER_SECOND, EXCHANGES_AT_ONCE);
  readonly #strangersSecrets = new WorkBudget(EXCHANGES_PER_SECOND, EXCHANGES_AT_ONCE);
  readonly #signatures = signatureBudget();
  /** Pairs of handshake and flight that were already checked, by their ids. */
  readonly #tried = new Set<string>();
  /** Newest last. */
  #attempts: ServerAttempt[] = [];
  #strangers: Stranger[] = [];
  #nextAttemptId = 0;
  #isStopped = false;

  constructor(options: SideOptions) {
    this.#options = options;
  }

  start(): void {}

  async handle(message: HandshakeMessage): Promise<void> {
    const { type, body } = message;
    if (type === CLIENT_HELLO) await this.#handleHello(message);
    else if (type === CERTIFICATE && firstCertificate(body) === undefined) return;
    else if (type === CLIENT_KEY_EXCHANGE && clientPoint(body) === undefined) return;
    else if (type === CERTIFICATE_VERIFY && decodeSigned(body) === undefined) return;
    else if (type === CERTIFICATE || type === CLIENT_KEY_EXCHANGE || type === CERTIFICATE_VERIFY) {
      this.#pool.add(message);
      await this.#considerFlights();
    }
  }

  handleAlert(): void {}

  async #handleHello(message: HandshakeMessage): Promise<void> {
    const cookie = helloCookie(message.body);
    if (cookie === undefined || this.#isStopped) return;
    if (!isEqual(cookie, this.#cookie)) {
      this.#askForCookie();
      return;
    }
    const known = this.#attempts.find(({ hello }) => isEqual(hello.body, message.body));
    if (known !== undefined) {
      // A repeated second hello shows that our flight was lost.
      if (!known.hasKeys) known.repeat();
      return;
    }
    if (!this.#exchanges.take(performance.now())) return;
    const attempt = new ServerAttempt(this.#nextAttemptId, message, this.#options, this.#cookie);
    this.#nextAttemptId += 1;
    // Other flights that repeat on their own would interfere. The client's repeated hello triggers them again.
    for (const other of this.#attempts) if (!other.hasKeys) other.stop();
    if (await attempt.begin()) this.#keep(attempt);
    // Its flight may have left after `stop`, and would repeat forever.
    if (this.#isStopped) attempt.stop();
  }

  /** The request is no larger than the hello that it answers, and no state is kept for it. RFC 6347 §4.2.1. */
  #askForCookie(): void {
    const request = { type: HandshakeType.HELLO_VERIFY_REQUEST, sequence: 0, body: helloVerifyRequest(this.#cookie) };
    const record = plaintextRecord(ContentType.HANDSHAKE, this.#options.nextSequence(), serializeMessage(request));
    this.#options.send(Buffer.from(record));
  }

  #keep(attempt: ServerAttempt): void {
    this.#attempts.push(attempt);
    if (this.#attempts.length <= MAX_ATTEMPTS) return;
    // Handshakes that the peer has signed are evicted last.
    const dropped = this.#attempts.find(({ hasKeys }) => !hasKeys) ?? this.#attempts[0];
    if (dropped === undefined) return;
    dropped.stop();
    this.#attempts = this.#attempts.filter((one) => one !== dropped);
    this.#strangers = this.#strangers.filter((stranger) => stranger.attempt !== dropped);
  }

  #flights(): ClientFlight[] {
    return this.#pool
      .of(CERTIFICATE_VERIFY)
      .flatMap((verify) =>
        this.#pool
          .at(CLIENT_KEY_EXCHANGE, verify.sequence - 1)
          .flatMap((exchange) =>
            this.#pool.at(CERTIFICATE, verify.sequence - 2).map((certificate) => ({ certificate, exchange, verify })),
          ),
      );
  }

  /** Checks every flight against every handshake, newest first, while the budget lasts. */
  async #considerFlights(): Promise<void> {
    for (const flight of this.#flights()) {
      for (const attempt of this.#attempts.toReversed()) {
        const { certificate, exchange, verify } = flight;
        const id = `${attempt.id}/${certificate.id}/${exchange.id}/${verify.id}`;
        if (attempt.hasKeys || this.#tried.has(id)) continue;
        if (!this.#signatures.take(performance.now())) return;
        if (this.#tried.size >= MAX_TRIED) this.#tried.clear();
        this.#tried.add(id);
        await this.#consider(flight, attempt);
      }
    }
  }

  async #consider(flight: ClientFlight, attempt: ServerAttempt): Promise<void> {
    const shown = readCertificate(
      firstCertificate(flight.certificate.body) ?? NO_CERTIFICATE,
      this.#options.fingerprints,
    );
    if (shown === undefined) return;
    const signed = decodeSigned(flight.verify.body);
    const isSigned = isSignedBy(shown.key, signed, attempt.transcript([flight.certificate, flight.exchange]));
    if (shown.isOfFile && isSigned) {
      if (!(await attempt.take(flight, shown))) return;
      this.#options.onAgreed();
    } else if (shown.isOfFile || isSigned) {
      this.#keepStranger(flight, attempt, shown);
    }
  }

  #keepStranger(flight: ClientFlight, attempt: ServerAttempt, { fingerprint, isOfFile }: ShownCertificate): void {
    if (!this.#strangersSecrets.take(performance.now())) return;
    const stranger = Stranger.create(flight, attempt, fingerprint, isOfFile ? "signature" : "fingerprint");
    if (stranger === undefined) return;
    this.#strangers = [...this.#strangers, stranger].slice(-MAX_STRANGERS);
    this.#options.onAgreed();
  }

  agreed(): readonly Agreed[] {
    const proved = this.#attempts.filter(({ hasKeys }) => hasKeys);
    return proved.length > 0 ? proved : this.#strangers;
  }

  stop(): void {
    this.#isStopped = true;
    for (const attempt of this.#attempts) attempt.stop();
    this.#strangers = [];
    this.#pool.clear();
  }
}

/** One handshake of the server. */
class ServerAttempt implements Agreed {
  readonly id: number;
  /** The second hello, with the cookie. */
  readonly hello: HandshakeMessage;
  readonly missing = undefined;
  readonly isAlertProof = true;
  readonly #attempt: HandshakeAttempt;
  /** Ours that the client has offered, the best of them; undefined: it gets its data and no media. */
  readonly #srtpProfile: number | undefined;
  #fingerprint: Fingerprint | undefined;
  /** One of them is the client's: werift gets it once Finished has shown which. */
  #verifies: HandshakeMessage[] = [];
  #isVerified = false;

  constructor(id: number, hello: HandshakeMessage, options: SideOptions, cookie: Buffer) {
    this.id = id;
    this.hello = hello;
    const offered = offeredSrtpProfiles(hello.body);
    this.#srtpProfile = SRTP_PROFILES.find((profile) => offered.includes(profile));
    // werift fails where the client has profiles and none of them is among ours: it is told of the common one only.
    this.#attempt = new HandshakeAttempt("server", options, this.#srtpProfile === undefined ? [] : [this.#srtpProfile]);
    this.#attempt.socket.dtls.cookie = cookie;
  }

  get socket(): HandshakeAttempt["socket"] {
    return this.#attempt.socket;
  }

  /** Sends our flight. @returns whether the hello can be answered */
  async begin(): Promise<boolean> {
    try {
      // werift reads the extensions of a hello only when it has no cookie yet.
      await deliverHandshake(this.#attempt.socket, {
        ...this.hello,
        sequence: 0,
        body: withoutCookie(this.hello.body),
      });
      await deliverHandshake(this.#attempt.socket, this.hello);
      return true;
    } catch {
      return false;
    }
  }

  transcript(more: readonly HandshakeMessage[]): Buffer {
    return transcriptOf(this.#attempt.socket, [], more);
  }

  repeat(): void {
    this.#attempt.sender.repeat();
  }

  stop(): void {
    this.#attempt.sender.stop();
  }

  /**
   * @param shown - the certificate whose key signed the flight
   * @returns whether there are keys now
   */
  async take({ certificate, exchange, verify }: ClientFlight, shown: ShownCertificate): Promise<boolean> {
    this.#fingerprint = shown.fingerprint;
    this.#verifies = equallyValid(shown.key, verify.body).map((body) => ({ ...verify, body }));
    this.#attempt.sender.stop();
    try {
      for (const message of [certificate, exchange]) await deliverHandshake(this.#attempt.socket, message);
      this.#attempt.takeKeys();
    } catch {
      // The client has signed an invalid public key: it is not our implementation, and may try again.
    }
    return this.hasKeys;
  }

  get hasKeys(): boolean {
    return this.#attempt.protection !== undefined;
  }

  get protection(): RecordProtection {
    if (this.#attempt.protection === undefined) throw new TypeError("no keys yet");
    return this.#attempt.protection;
  }

  get fingerprint(): Fingerprint {
    if (this.#fingerprint === undefined) throw new TypeError("no certificate yet");
    return this.#fingerprint;
  }

  get srtpKeys(): SrtpKeyMaterial | undefined {
    return this.#attempt.srtpKeys(this.#srtpProfile);
  }

  async handleFinished(message: HandshakeMessage): Promise<boolean> {
    const { socket, sender } = this.#attempt;
    if (this.#isVerified) {
      sender.repeat();
      return false;
    }
    const { masterSecret } = socket.cipher;
    const sent = this.#verifies.find((verify) =>
      isFinishedOver("client", masterSecret, this.transcript([verify]), message.body),
    );
    if (sent === undefined) throw new P2pError("PEER_NOT_AUTHENTIC", { failed: "finished" });
    this.#isVerified = true;
    for (const one of [sent, message]) await deliverHandshake(socket, one);
    // Nothing acknowledges the last flight: the client's repeated Finished requests it again.
    sender.stop();
    return true;
  }
}

/** A client's flight that lacks a proof, with the keys that it produces. The handshake itself continues without it. */
class Stranger implements Agreed {
  readonly attempt: ServerAttempt;
  readonly missing: Missing;
  readonly fingerprint: Fingerprint;
  readonly protection: RecordProtection;
  /** Its keys do not show which signature was sent, so they may be the peer's own. */
  readonly isAlertProof = false;
  readonly srtpKeys = undefined;
  readonly #masterSecret: Buffer;
  readonly #transcript: Buffer;

  private constructor(
    attempt: ServerAttempt,
    missing: Missing,
    fingerprint: Fingerprint,
    secrets: ReturnType<typeof agreeAside>,
    transcript: Buffer,
  ) {
    this.attempt = attempt;
    this.missing = missing;
    this.fingerprint = fingerprint;
    this.protection = protectionOf("server", secrets.keys);
    this.#masterSecret = secrets.masterSecret;
    this.#transcript = transcript;
  }

  /** @returns undefined when no keys can be derived */
  static create(
    { certificate, exchange, verify }: ClientFlight,
    attempt: ServerAttempt,
    fingerprint: Fingerprint,
    missing: Missing,
  ): Stranger | undefined {
    const point = Buffer.from(clientPoint(exchange.body) ?? NO_CERTIFICATE);
    try {
      const secrets = agreeAside(attempt.socket, attempt.transcript([certificate, exchange]), point);
      return new Stranger(attempt, missing, fingerprint, secrets, attempt.transcript([certificate, exchange, verify]));
    } catch {
      return undefined;
    }
  }

  handleFinished(message: HandshakeMessage): Promise<boolean> {
    if (isFinishedOver("client", this.#masterSecret, this.#transcript, message.body)) {
      return Promise.reject(new P2pError("PEER_NOT_AUTHENTIC", { failed: this.missing }));
    }
    return Promise.resolve(false);
  }
}
