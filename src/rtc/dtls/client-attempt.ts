// One handshake of the DTLS client: takes whole messages that anybody may have sent, and passes a flight of the server
// to werift when its signature covers the two randoms of this handshake. A flight without that proof is answered only
// when none with it comes; anybody who then completes the handshake has shown not to be the peer. RFC 6347 §4.2,
// RFC 5246 §7.4.
import type { Fingerprint } from "../../exchange/description.ts";
import {
  firstCertificate,
  helloRandom,
  isSoundCertificateRequest,
  isSoundServerHello,
  requestedCookie,
  splitServerKeyExchange,
} from "../../guard/certificate-proof.ts";
import {
  type HandshakeMessage,
  HandshakeType,
  isEqual,
  MessagePool,
  type PooledMessage,
} from "../../guard/handshake-messages.ts";
import { chosenSrtpProfile } from "../../guard/use-srtp.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { WorkBudget } from "../../lib/work-budget.ts";
import { type Agreed, HandshakeAttempt, type Missing, type SideOptions } from "./handshake-attempt.ts";
import { isFinishedOver, isSignedBy, readCertificate } from "./peer-proof.ts";
import type { SrtpKeyMaterial } from "../../media/srtp.ts";
import type { RecordProtection } from "./record-protection.ts";
import { SRTP_PROFILES } from "./srtp-keys.ts";
import { deliverHandshake, transcriptOf } from "./werift-dtls.ts";

const { CERTIFICATE, CERTIFICATE_REQUEST, HELLO_VERIFY_REQUEST, SERVER_HELLO, SERVER_HELLO_DONE, SERVER_KEY_EXCHANGE } =
  HandshakeType;

/** Delay before a flight with another certificate is answered, in case one of the peer comes. */
const STRANGER_GRACE_MS = 300;
/** The same for the peer's certificate under a wrong signature: damaged and late flights look like it. */
const UNSIGNED_GRACE_MS = 600;
/** In a restarted handshake: how long rivals may gather before one of them is taken. */
const SETTLE_MS = 200;
const MAX_COOKIES = 8;
const MAX_VERDICTS = 512;

/** State that the handshakes of one port share. */
export interface SharedByAttempts {
  signatures: WorkBudget;
  /** Cookies that were answered, in hex. */
  triedCookies: Set<string>;
  /** The cookie that was followed by a flight with a proof. */
  goodCookie: string | undefined;
  /** 0 ≤ x < 1: chooses among rivals, so that nobody can always be first. */
  random: () => number;
  nowMs: () => number;
}

/** Messages that together form a whole flight of the server, including rivals for its end. RFC 5246 §7.3. */
interface Arrangement {
  hello: PooledMessage;
  certificate: PooledMessage;
  exchange: PooledMessage;
  /** Possible ends of the flight, each with or without the request for our certificate. */
  tails: PooledMessage[][];
}

/** The judgement of an arrangement. `nothing`: an unexpected certificate without its owner's signature. */
type Verdict = { kind: "peer" | Missing; fingerprint: Fingerprint } | { kind: "nothing" };

export class ClientAttempt implements Agreed {
  readonly #attempt: HandshakeAttempt;
  readonly #options: SideOptions;
  readonly #shared: SharedByAttempts;
  readonly #settleMs: number;
  readonly #startedMs: number;
  readonly #pool = new MessagePool();
  readonly #verdicts = new Map<string, Verdict>();
  readonly #cookies = new Map<string, HandshakeMessage>();
  /** The time since which something of this kind has been available. */
  readonly #sinceMs = new Map<"cookie" | "peer" | Missing, number>();
  #flight: readonly PooledMessage[] | undefined;
  #missing: Missing | undefined;
  #fingerprint: Fingerprint | undefined;
  #cookie: string | undefined;
  #progressMs: number;
  #firstReplyMs: number | undefined;
  #isInDoubt = false;
  #isVerified = false;

  /**
   * @param isFirst - whether it is the port's first: it takes what comes first, which is the peer's when undisturbed
   */
  constructor(options: SideOptions, shared: SharedByAttempts, isFirst: boolean) {
    this.#options = options;
    this.#shared = shared;
    this.#settleMs = isFirst ? 0 : SETTLE_MS;
    this.#attempt = new HandshakeAttempt("client", options, SRTP_PROFILES);
    this.#startedMs = shared.nowMs();
    this.#progressMs = this.#startedMs;
  }

  /** Sends the first hello. */
  async begin(): Promise<void> {
    await this.#attempt.socket.connect();
  }

  /** Stops retransmissions. */
  stop(): void {
    this.#attempt.sender.stop();
  }

  /** A message arrived that does not occur in an undisturbed handshake. */
  get isInDoubt(): boolean {
    return this.#isInDoubt;
  }

  /** Milliseconds since the last progress; undefined while it only repeats its first hello. */
  stalledMs(): number | undefined {
    const hasBegun = this.#cookie !== undefined || this.#firstReplyMs !== undefined;
    return hasBegun ? this.#shared.nowMs() - this.#progressMs : undefined;
  }

  /** Time until the first answer, in milliseconds; 0 before it. */
  get firstReplyMs(): number {
    return this.#firstReplyMs ?? 0;
  }

  /** Whether this is the hello of the accepted flight. */
  hasTaken(hello: HandshakeMessage): boolean {
    const [own] = this.#flight ?? [];
    return own !== undefined && isEqual(own.body, hello.body);
  }

  doubt(): void {
    this.#isInDoubt = true;
  }

  async handle(message: HandshakeMessage): Promise<void> {
    const { type } = message;
    if (type === HELLO_VERIFY_REQUEST) await this.#handleVerifyRequest(message);
    else if (type >= SERVER_HELLO && type <= SERVER_HELLO_DONE) await this.#handleFlightMessage(message);
  }

  async #handleVerifyRequest(message: HandshakeMessage): Promise<void> {
    const cookie = requestedCookie(message.body);
    const hex = cookie === undefined ? undefined : Buffer.from(cookie).toString("hex");
    if (this.#cookie !== undefined || this.#flight !== undefined) {
      if (hex !== this.#cookie) this.doubt();
      return;
    }
    if (hex === undefined || this.#cookies.size >= MAX_COOKIES) {
      this.doubt();
      return;
    }
    this.#noteReply();
    this.#cookies.set(hex, message);
    this.#note("cookie");
    if (this.#settleMs === 0) await this.#takeCookie(hex);
  }

  async #takeCookie(hex: string): Promise<void> {
    const message = this.#cookies.get(hex);
    if (message === undefined) return;
    this.#cookie = hex;
    this.#shared.triedCookies.add(hex);
    this.#progressMs = this.#shared.nowMs();
    await this.#deliver([message]);
  }

  async #handleFlightMessage(message: HandshakeMessage): Promise<void> {
    if (this.#flight !== undefined) {
      this.#handleRepeated(message);
      return;
    }
    if (!isSound(message)) {
      this.doubt();
      return;
    }
    this.#noteReply();
    this.#pool.add(message);
    if (this.#pool.at(message.type, message.sequence).length > 1) this.doubt();
    if (this.#find("peer").length === 0) return;
    this.#note("peer");
    if (this.#settleMs === 0) await this.#takeOneOf("peer");
  }

  #handleRepeated(message: HandshakeMessage): void {
    if (this.#isVerified) return;
    const isOfFlight = this.#flight?.some(({ type, body }) => type === message.type && isEqual(body, message.body));
    if (isOfFlight !== true) this.doubt();
    // The server repeats its flight: it has not seen ours.
    else if (message.type === SERVER_HELLO) this.#attempt.sender.repeat();
  }

  /**
   * Call it several times a second.
   * @param mayDoubt - a flight without a proof may be answered
   * @param isClaimed - whether this server's hello belongs to another handshake of ours
   */
  async tick(mayDoubt: boolean, isClaimed: (hello: HandshakeMessage) => boolean): Promise<void> {
    if (this.#flight !== undefined) return;
    if (this.#cookie === undefined && this.#isOver("cookie", this.#settleMs))
      await this.#takeCookie(this.#bestCookie());
    // Arrangements that were skipped for lack of budget are judged now.
    if (this.#find("peer").length > 0) this.#note("peer");
    if (this.#isOver("peer", this.#settleMs)) await this.#takeOneOf("peer");
    else if (mayDoubt && !this.#sinceMs.has("peer")) await this.#considerStrangers(isClaimed);
  }

  async #considerStrangers(isClaimed: (hello: HandshakeMessage) => boolean): Promise<void> {
    for (const [kind, graceMs] of [
      ["fingerprint", STRANGER_GRACE_MS],
      ["signature", UNSIGNED_GRACE_MS],
    ] as const) {
      if (!this.#find(kind).some(({ hello }) => !isClaimed(hello))) continue;
      this.doubt();
      // An answer is worth waiting for, because not every server accepts another hello in between.
      if (this.#note(kind)) this.#progressMs = this.#shared.nowMs();
      if (!this.#isOver(kind, graceMs)) continue;
      await this.#takeOneOf(kind);
      return;
    }
  }

  #bestCookie(): string {
    const { goodCookie, triedCookies } = this.#shared;
    const all = [...this.#cookies.keys()];
    if (goodCookie !== undefined && all.includes(goodCookie)) return goodCookie;
    const untried = all.filter((cookie) => !triedCookies.has(cookie));
    return this.#pick(untried.length > 0 ? untried : all) ?? "";
  }

  /** The arrangements in the pool that are judged to be of this kind so far. */
  #find(kind: "peer" | Missing): (Arrangement & { fingerprint: Fingerprint })[] {
    return this.#arrangements().flatMap((arrangement) => {
      const verdict = this.#judge(arrangement);
      return verdict?.kind === kind ? [{ ...arrangement, fingerprint: verdict.fingerprint }] : [];
    });
  }

  #arrangements(): Arrangement[] {
    return this.#pool.of(SERVER_HELLO).flatMap((hello) => {
      const { sequence } = hello;
      // A server that never asked for a cookie begins at 0: this one answers an earlier handshake of ours.
      if (this.#cookie === undefined && sequence !== 0) return [];
      const tails = this.#tailsAt(sequence + 3);
      if (tails.length === 0) return [];
      return this.#pool
        .at(CERTIFICATE, sequence + 1)
        .flatMap((certificate) =>
          this.#pool.at(SERVER_KEY_EXCHANGE, sequence + 2).map((exchange) => ({ hello, certificate, exchange, tails })),
        );
    });
  }

  #tailsAt(sequence: number): PooledMessage[][] {
    const [shortEnd] = this.#pool.at(SERVER_HELLO_DONE, sequence);
    const [longEnd] = this.#pool.at(SERVER_HELLO_DONE, sequence + 1);
    const requests = longEnd === undefined ? [] : this.#pool.at(CERTIFICATE_REQUEST, sequence);
    const long = requests.map((request) => [request, ...(longEnd === undefined ? [] : [longEnd])]);
    return shortEnd === undefined ? long : [...long, [shortEnd]];
  }

  /** @returns undefined when the signature budget is exhausted */
  #judge({ hello, certificate, exchange }: Arrangement): Verdict | undefined {
    const id = `${hello.id}/${certificate.id}/${exchange.id}`;
    const known = this.#verdicts.get(id);
    if (known !== undefined) return known;
    if (!this.#shared.signatures.take(this.#shared.nowMs())) return undefined;
    if (this.#verdicts.size >= MAX_VERDICTS) this.#verdicts.clear();
    const verdict = this.#verdictOn(hello.body, certificate.body, exchange.body);
    this.#verdicts.set(id, verdict);
    return verdict;
  }

  #verdictOn(hello: Uint8Array, certificate: Uint8Array, exchange: Uint8Array): Verdict {
    const shown = readCertificate(firstCertificate(certificate) ?? new Uint8Array(0), this.#options.fingerprints);
    const parts = splitServerKeyExchange(exchange);
    const random = helloRandom(hello);
    if (shown === undefined || parts === undefined || random === undefined) return { kind: "nothing" };
    const content = Buffer.concat([this.#attempt.socket.cipher.localRandom.serialize(), random, parts.params]);
    const isSigned = isSignedBy(shown.key, parts.signed, content);
    const { fingerprint, isOfFile } = shown;
    if (isOfFile) return { kind: isSigned ? "peer" : "signature", fingerprint };
    return isSigned ? { kind: "fingerprint", fingerprint } : { kind: "nothing" };
  }

  /** Answers one of the flights of a kind. */
  async #takeOneOf(kind: "peer" | Missing): Promise<void> {
    const arrangement = this.#pick(this.#find(kind));
    const tail = this.#pick(arrangement?.tails ?? []);
    if (arrangement === undefined || tail === undefined) return;
    const { hello, certificate, exchange, fingerprint } = arrangement;
    this.#flight = [hello, certificate, exchange, ...tail];
    this.#missing = kind === "peer" ? undefined : kind;
    this.#fingerprint = fingerprint;
    this.#progressMs = this.#shared.nowMs();
    if (kind === "peer") this.#shared.goodCookie = this.#cookie;
    this.#pool.clear();
    this.#verdicts.clear();
    await this.#deliver(this.#flight);
    this.#attempt.takeKeys();
    if (this.#attempt.protection !== undefined) this.#options.onAgreed();
  }

  /** A message that werift rejects leaves this handshake stalled: another one will be started. */
  async #deliver(messages: readonly HandshakeMessage[]): Promise<void> {
    try {
      for (const message of messages) await deliverHandshake(this.#attempt.socket, message);
    } catch {
      this.doubt();
    }
  }

  #noteReply(): void {
    this.#firstReplyMs ??= this.#shared.nowMs() - this.#startedMs;
  }

  /** @returns whether it was not noted before */
  #note(what: "cookie" | "peer" | Missing): boolean {
    if (this.#sinceMs.has(what)) return false;
    this.#sinceMs.set(what, this.#shared.nowMs());
    return true;
  }

  #isOver(what: "cookie" | "peer" | Missing, ms: number): boolean {
    const sinceMs = this.#sinceMs.get(what);
    return sinceMs !== undefined && this.#shared.nowMs() - sinceMs >= ms;
  }

  #pick<T>(all: readonly T[]): T | undefined {
    return all[Math.floor(this.#shared.random() * all.length)];
  }

  get hasKeys(): boolean {
    return this.#attempt.protection !== undefined;
  }

  get protection(): RecordProtection {
    if (this.#attempt.protection === undefined) throw new TypeError("no keys yet");
    return this.#attempt.protection;
  }

  get missing(): Missing | undefined {
    return this.#missing;
  }

  get isAlertProof(): boolean {
    return this.#missing === undefined || this.#attempt.socket.dtls.remoteExtendedMasterSecret;
  }

  get fingerprint(): Fingerprint {
    if (this.#fingerprint === undefined) throw new TypeError("no certificate yet");
    return this.#fingerprint;
  }

  get srtpKeys(): SrtpKeyMaterial | undefined {
    const [hello] = this.#flight ?? [];
    return hello === undefined ? undefined : this.#attempt.srtpKeys(chosenSrtpProfile(hello.body));
  }

  async handleFinished(message: HandshakeMessage): Promise<boolean> {
    if (this.#isVerified) return false;
    const { socket, sender } = this.#attempt;
    const isRight = isFinishedOver("server", socket.cipher.masterSecret, transcriptOf(socket), message.body);
    if (this.#missing !== undefined) {
      if (isRight) throw new P2pError("PEER_NOT_AUTHENTIC", { failed: this.#missing });
      return false;
    }
    if (!isRight) throw new P2pError("PEER_NOT_AUTHENTIC", { failed: "finished" });
    this.#isVerified = true;
    sender.stop();
    await this.#deliver([message]);
    return true;
  }
}

/** Whether a message can be part of a server's flight at all. */
function isSound({ type, body }: HandshakeMessage): boolean {
  switch (type) {
    case SERVER_HELLO:
      return isSoundServerHello(body);
    case CERTIFICATE:
      return firstCertificate(body) !== undefined;
    case SERVER_KEY_EXCHANGE:
      return splitServerKeyExchange(body) !== undefined;
    case CERTIFICATE_REQUEST:
      return isSoundCertificateRequest(body);
    case SERVER_HELLO_DONE:
      return body.length === 0;
    default:
      return false;
  }
}
