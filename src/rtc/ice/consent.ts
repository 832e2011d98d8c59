// Consent to send on the nominated pair, and whether the other end is heard at all. One check every 4 to 6 s, each sent
// once; 30 s without an answer and nothing may be sent any more. RFC 7675 §5.1.
// werift's own lifecycle of consent says nothing before it has expired.
import { insideOf, type WeriftConnection, type WeriftPair } from "../werift.ts";

/** RFC 7675 §5.1 has five seconds with a fifth of it more or less; the tick adds up to half a second. */
const MIN_CHECK_MS = 4_000;
const CHECK_SPREAD_MS = 1_500;
/** After the last answer. */
const EXPIRY_MS = 30_000;
/** At least one check of ours and, from most stacks, one of theirs has gone unheard then. */
export const SILENCE_MS = 8_000;
/** So long without an answer, though others than this pair may bring what is heard: three checks have been in vain. */
const UNANSWERED_MS = 15_000;
const TICK_MS = 500;
/** A tick so late means that this process stood still: what it did not hear then says nothing of the peer. */
const STALL_MS = 1_000;
/** A path whose queues are full answers late, and it does answer. */
const ANSWER_MS = 10_000;

export interface ConsentEvents {
  /** Sends one check. Resolves with the answer; rejects without one, and when the signal aborts. */
  check: (signal: AbortSignal) => Promise<unknown>;
  /** False once nothing was heard for 8 to 9 s, true once something is heard again. */
  onReachable: (isReachable: boolean) => void;
  /** There was no answer for 15 s: what is heard comes another way. Once, until there is one. */
  onUnanswered: () => void;
  /** Once: there was no answer for 30 s. Nothing follows. */
  onExpired: () => void;
}

export class Consent {
  readonly #events: ConsentEvents;
  readonly #timer: NodeJS.Timeout;
  readonly #abort = new AbortController();
  #nextCheckMs: number;
  #answeredMs: number;
  #heardMs: number;
  /** When the next answer is missed. */
  #answerDueMs: number;
  #hasHeard = false;
  #isReachable = true;
  #tickMs: number;

  /** Begins at once: the answer that nominated the pair is the first consent. */
  constructor(events: ConsentEvents) {
    this.#events = events;
    const nowMs = performance.now();
    this.#answeredMs = nowMs;
    this.#heardMs = nowMs;
    this.#answerDueMs = nowMs + UNANSWERED_MS;
    this.#tickMs = nowMs;
    this.#nextCheckMs = nextCheckMs(nowMs);
    this.#timer = setInterval(() => {
      this.#tick(performance.now());
    }, TICK_MS);
  }

  /** Something came from the peer's address. Cheap: it is called for every datagram. */
  markHeard(): void {
    this.#hasHeard = true;
  }

  /** When the peer was heard for certain, by performance.now(). */
  get heardMs(): number {
    return this.#heardMs - TICK_MS;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#abort.abort();
  }

  #tick(nowMs: number): void {
    const lateMs = nowMs - this.#tickMs - TICK_MS;
    this.#tickMs = nowMs;
    if (this.#hasHeard) this.#heardMs = nowMs;
    else if (lateMs > STALL_MS) this.#heardMs += lateMs;
    if (lateMs > STALL_MS) this.#answerDueMs += lateMs;
    this.#hasHeard = false;
    if (nowMs - this.#answeredMs >= EXPIRY_MS) {
      this.stop();
      this.#events.onExpired();
      return;
    }
    const isReachable = nowMs - this.#heardMs < SILENCE_MS;
    if (isReachable !== this.#isReachable) {
      this.#isReachable = isReachable;
      this.#events.onReachable(isReachable);
    }
    if (nowMs >= this.#answerDueMs) {
      this.#answerDueMs = Number.POSITIVE_INFINITY;
      this.#events.onUnanswered();
    }
    if (nowMs >= this.#nextCheckMs) this.#check(nowMs);
  }

  #check(nowMs: number): void {
    this.#nextCheckMs = nextCheckMs(nowMs);
    this.#events.check(this.#abort.signal).then(
      () => {
        this.#answeredMs = performance.now();
        this.#answerDueMs = this.#answeredMs + UNANSWERED_MS;
        this.#hasHeard = true;
      },
      () => {}, // A single check may well be lost.
    );
  }
}

function nextCheckMs(nowMs: number): number {
  return nowMs + MIN_CHECK_MS + Math.random() * CHECK_SPREAD_MS;
}

/**
 * How a pair is checked from now on, once a call, not repeated: as whom it was nominated, whatever comes later. Its round
 * trip becomes that of the pair.
 * @param names - the peer has to hear again and again which pair is nominated
 */
export function consentCheck(
  connection: WeriftConnection,
  pair: WeriftPair,
  names: () => boolean,
): (signal: AbortSignal) => Promise<void> {
  const inside = insideOf(connection);
  const { localUsername, remoteUsername, remotePassword, iceControlling, remoteIsLite } = connection;
  return async (signal) => {
    const request = inside.buildRequest({
      // An ICE-lite agent takes the pair that was named last.
      nominate: iceControlling && (remoteIsLite || names()),
      localUsername,
      remoteUsername,
      iceControlling,
      localCandidate: pair.localCandidate,
    });
    const sentMs = performance.now();
    await pair.protocol.request(request, pair.remoteAddr, Buffer.from(remotePassword), {
      retransmissions: 0,
      responseTimeout: ANSWER_MS,
      signal,
    });
    pair.rtt = (performance.now() - sentMs) / 1_000;
  };
}
