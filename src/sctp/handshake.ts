// Association setup: INIT, INIT ACK, COOKIE ECHO, COOKIE ACK. Both sides of a data channel session send INIT
// (RFC 8841 §9.3), so that the collision of RFC 9260 §5.2.1 is the normal case. RFC 9260 §5.
import { CauseCode, CHUNK_HEADER_BYTES, ChunkType } from "./packet/chunk-types.ts";
import { readU16 } from "./packet/fields.ts";
import { decodeInit, encodeInit, type InitFields } from "./packet/init-chunk.ts";
import type { OutgoingChunk } from "./outgoing-chunk.ts";

export interface HandshakeOptions {
  random: () => number;
  /** The parameters that we announce. */
  local: InitFields;
  initialRttMs: number | undefined;
  send: (chunk: OutgoingChunk) => void;
}

/**
 * A cookie that we issued. It is remembered here instead of being signed: the packets come from a peer that DTLS has
 * authenticated, and the number kept is limited (docs/rfc-deviations.md, D1).
 */
interface GivenCookie {
  bytes: Uint8Array;
  localTag: number;
  peer: InitFields;
  expiresAtMs: number;
}

const COOKIE_BYTES = 16;
const COOKIE_LIFE_MS = 60_000;
const MAX_COOKIES = 8;
/** After this many tries another cookie is requested: the peer may have forgotten this one. */
const MAX_COOKIE_REPEATS = 8;
const FIRST_TIMEOUT_MS = 1_000;
const MIN_TIMEOUT_MS = 500;
/**
 * So many unanswered INITs may have been lost. After them the peer may be one that drops an INIT with a parameter that
 * it does not know, as Pion did until 3.2.23 and sctp-proto until August 2024 (docs/rfc-deviations.md, D15).
 */
const MAX_UNANSWERED_INITS = 2;
const MAX_TIMEOUT_MS = 3_000;

type State =
  | { kind: "closed" }
  | { kind: "cookie-wait"; sentAtMs: number; isRepeated: boolean }
  | { kind: "cookie-echoed"; cookie: Uint8Array; peer: InitFields; sentAtMs: number; repeats: number }
  | { kind: "done" };

/** The result of a handshake chunk. */
export type HandshakeOutcome =
  | { kind: "established"; peer: InitFields; rttMs: number | undefined }
  /** The peer has lost its state and restarted with this tag. RFC 9260 §5.2.4.1. */
  | { kind: "restarted"; peerTag: number }
  | undefined;

export class Handshake {
  readonly #options: HandshakeOptions;
  #state: State = { kind: "closed" };
  #timeoutMs: number;
  readonly #maxTimeoutMs: number;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #cookies: GivenCookie[] = [];
  #unansweredInits = 0;
  /** Time from INIT to INIT ACK: when both sides start at once, often nothing else is measured. */
  #rttMs: number | undefined;

  constructor(options: HandshakeOptions) {
    this.#options = options;
    const { initialRttMs } = options;
    this.#timeoutMs =
      initialRttMs === undefined ? FIRST_TIMEOUT_MS : Math.max(MIN_TIMEOUT_MS, 2 * initialRttMs + MIN_TIMEOUT_MS / 2);
    this.#maxTimeoutMs = Math.max(MAX_TIMEOUT_MS, this.#timeoutMs);
  }

  /** INIT is repeated without limit: DTLS and ICE decide whether the peer is alive. */
  start(nowMs: number): void {
    if (this.#state.kind !== "closed") return;
    this.#state = { kind: "cookie-wait", sentAtMs: nowMs, isRepeated: false };
    this.#sendInit(nowMs);
  }

  get nextDeadlineMs(): number {
    return this.#deadlineMs;
  }

  advance(nowMs: number): void {
    if (nowMs < this.#deadlineMs) return;
    this.#timeoutMs = Math.min(2 * this.#timeoutMs, this.#maxTimeoutMs);
    if (this.#state.kind === "cookie-wait") {
      this.#state.isRepeated = true;
      this.#sendInit(nowMs);
    } else if (this.#state.kind === "cookie-echoed") {
      this.#state.repeats += 1;
      if (this.#state.repeats > MAX_COOKIE_REPEATS) this.#beginAgain(nowMs);
      else this.#sendCookieEcho(nowMs, this.#state.cookie, this.#state.peer.initiateTag);
    }
  }

  /** The peer rejects the cookie, perhaps because it expired: another one may work. RFC 9260 §5.2.6. */
  #beginAgain(nowMs: number): void {
    this.#state = { kind: "cookie-wait", sentAtMs: nowMs, isRepeated: true };
    this.#sendInit(nowMs);
  }

  /** Handles an ERROR chunk. Only a stale cookie error matters here. */
  handleError(bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    if (this.#state.kind !== "cookie-echoed" || end - start < 2 * CHUNK_HEADER_BYTES) return;
    if (readU16(bytes, start + CHUNK_HEADER_BYTES) === CauseCode.STALE_COOKIE) this.#beginAgain(nowMs);
  }

  #sendInit(nowMs: number): void {
    this.#deadlineMs = nowMs + this.#timeoutMs;
    const { local } = this.#options;
    const isPlain = local.ownStack === undefined && this.#unansweredInits >= MAX_UNANSWERED_INITS;
    this.#unansweredInits += 1;
    this.#options.send({
      type: ChunkType.INIT,
      flags: 0,
      value: encodeInit(isPlain ? withoutNewer(local) : local),
      verificationTag: 0,
      isAlone: true,
    });
  }

  #sendCookieEcho(nowMs: number, cookie: Uint8Array, verificationTag: number): void {
    this.#deadlineMs = nowMs + this.#timeoutMs;
    this.#options.send({ type: ChunkType.COOKIE_ECHO, flags: 0, value: cookie, verificationTag, isAlone: true });
  }

  /** RFC 9260 §5.1, §5.2.1, §5.2.2. */
  handleInit(bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    const decoded = decodeInit(bytes, start, end);
    if (decoded === undefined || this.#state.kind === "closed") return;
    const { local, random } = this.#options;
    // Before the association is established, every answer carries our own INIT's tag; later a new one, as on restart.
    const localTag = this.#state.kind === "done" ? randomTag(random) : local.initiateTag;
    const cookie = Uint8Array.from({ length: COOKIE_BYTES }, () => Math.floor(random() * 256));
    this.#cookies = [
      ...this.#cookies.filter(({ expiresAtMs }) => expiresAtMs > nowMs).slice(1 - MAX_COOKIES),
      { bytes: cookie, localTag, peer: decoded.fields, expiresAtMs: nowMs + COOKIE_LIFE_MS },
    ];
    // A stack that announces no zero checksum may be one that drops an INIT ACK that does.
    const offered = decoded.fields.takesZeroChecksum ? local : withoutNewer(local);
    this.#options.send({
      type: ChunkType.INIT_ACK,
      flags: 0,
      value: encodeInit({ ...offered, initiateTag: localTag, cookie }, decoded.unrecognized),
      verificationTag: decoded.fields.initiateTag,
      isAlone: true,
    });
  }

  /** Whether a packet with this verification tag may carry a COOKIE ECHO to us. */
  isTagGivenOut(tag: number): boolean {
    return this.#cookies.some(({ localTag }) => localTag === tag);
  }

  handleInitAck(bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    if (this.#state.kind !== "cookie-wait") return;
    const decoded = decodeInit(bytes, start, end);
    if (decoded?.fields.cookie === undefined) return;
    const { fields } = decoded;
    this.#unansweredInits = 0;
    if (!this.#state.isRepeated) this.#rttMs = nowMs - this.#state.sentAtMs;
    this.#state = {
      kind: "cookie-echoed",
      cookie: decoded.fields.cookie,
      peer: fields,
      sentAtMs: nowMs,
      repeats: 0,
    };
    this.#sendCookieEcho(nowMs, decoded.fields.cookie, fields.initiateTag);
  }

  /** RFC 9260 §5.2.4. */
  handleCookieEcho(bytes: Uint8Array, start: number, end: number, tag: number, nowMs: number): HandshakeOutcome {
    const echoed = bytes.subarray(start + CHUNK_HEADER_BYTES, end);
    const given = this.#cookies.find((one) => isSame(one.bytes, echoed));
    if (given === undefined || given.localTag !== tag) return undefined;
    const isDone = this.#state.kind === "done";
    // A cookie of an established association is never too old. RFC 9260 §5.2.4 D.
    if (given.expiresAtMs <= nowMs && !isDone) return undefined;
    if (given.localTag !== this.#options.local.initiateTag) {
      return { kind: "restarted", peerTag: given.peer.initiateTag };
    }
    this.#options.send({
      type: ChunkType.COOKIE_ACK,
      flags: 0,
      value: new Uint8Array(0),
      verificationTag: given.peer.initiateTag,
      isAlone: false,
    });
    if (isDone) return undefined;
    // An INIT carries no cookie; the earlier INIT ACK already identified the peer's stack.
    const cookie = this.#state.kind === "cookie-echoed" ? this.#state.cookie : undefined;
    return this.#finish({ ...given.peer, cookie }, this.#rttMs);
  }

  handleCookieAck(nowMs: number): HandshakeOutcome {
    const state = this.#state;
    if (state.kind !== "cookie-echoed") return undefined;
    return this.#finish(state.peer, state.repeats > 0 ? this.#rttMs : nowMs - state.sentAtMs);
  }

  #finish(peer: InitFields, rttMs: number | undefined): HandshakeOutcome {
    this.#state = { kind: "done" };
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    return { kind: "established", peer, rttMs };
  }

  /** The peer's tag, once its INIT ACK has arrived: an ABORT may need it. */
  get peerTag(): number | undefined {
    return this.#state.kind === "cookie-echoed" ? this.#state.peer.initiateTag : undefined;
  }

  stop(): void {
    this.#state = { kind: "done" };
    this.#deadlineMs = Number.POSITIVE_INFINITY;
  }
}

/** Our parameters without those that are younger than the old stacks: what is left is what WebRTC began with. */
function withoutNewer(local: InitFields): InitFields {
  return { ...local, takesZeroChecksum: false, ownStack: undefined };
}

/** 1 … 2^32-1. RFC 9260 §5.3.1. */
export function randomTag(random: () => number): number {
  return 1 + Math.floor(random() * (2 ** 32 - 1));
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
