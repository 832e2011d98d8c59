// Consent to send on the selected pair (RFC 7675), and whether the peer is heard at all. One check is sent every 4 to
// 5.5 s, without retransmission; after 30 s without an answer nothing may be sent any more.
import { LIVENESS } from "./liveness.ts";

/** An instruction or a report to the owner. */
export type ConsentEvent =
  /** Send one check on the selected pair and report its answer by `handleAnswered`. */
  | "check"
  /** Nothing was heard for `LIVENESS.silenceMs`; `reachable` follows when something is heard again. */
  | "unreachable"
  | "reachable"
  /**
   * No check was answered for `LIVENESS.unansweredMs`, and nothing delivered: what is heard arrives another way. Emitted
   * once until there is one.
   */
  | "unanswered"
  /** No check was answered for `LIVENESS.consentExpiryMs`. No event follows. */
  | "expired";

export class Consent {
  readonly #random: () => number;
  readonly #events: ConsentEvent[] = [];
  #nextCheckMs: number;
  #answeredMs: number;
  #heardMs: number;
  /** When the next answer counts as missed. */
  #answerDueMs: number;
  /** Something arrived since the last tick; timing each datagram would cost a clock call each. */
  #hasHeard = false;
  #isReachable = true;
  #tickMs: number;
  #isExpired = false;

  /**
   * Starts at once: the answer that selected the pair is the first consent.
   * @param random - 0 ≤ x < 1
   */
  constructor(nowMs: number, random: () => number) {
    this.#random = random;
    this.#answeredMs = nowMs;
    this.#heardMs = nowMs;
    this.#answerDueMs = nowMs + LIVENESS.unansweredMs;
    this.#tickMs = nowMs;
    this.#nextCheckMs = this.#checkAfter(nowMs);
  }

  /** Something arrived from the peer. Cheap: it is called for every datagram. */
  handleHeard(): void {
    this.#hasHeard = true;
  }

  /** A check was answered. */
  handleAnswered(nowMs: number): void {
    this.#answeredMs = nowMs;
    this.#answerDueMs = nowMs + LIVENESS.unansweredMs;
    this.#hasHeard = true;
  }

  /**
   * The peer has acknowledged what was sent to it: that arrives, though checks or their answers were lost. Consent itself is
   * given by answers only (RFC 7675).
   */
  handleDelivered(nowMs: number): void {
    this.#answerDueMs = nowMs + LIVENESS.unansweredMs;
  }

  /** When the peer was last known to be alive. */
  get heardMs(): number {
    return this.#heardMs - LIVENESS.consentTickMs;
  }

  get isReachable(): boolean {
    return this.#isReachable;
  }

  /** Advances time; to be called at `nextDeadlineMs`. A late call is taken to mean that the process was stalled. */
  advance(nowMs: number): void {
    if (this.#isExpired || nowMs < this.#tickMs + LIVENESS.consentTickMs) return;
    const lateMs = nowMs - this.#tickMs - LIVENESS.consentTickMs;
    this.#tickMs = nowMs;
    const hasStalled = lateMs > LIVENESS.stallMs;
    if (this.#hasHeard) this.#heardMs = nowMs;
    // The silence that a stalled process observed proves nothing about the peer.
    else if (hasStalled) this.#heardMs += lateMs;
    if (hasStalled) this.#answerDueMs += lateMs;
    this.#hasHeard = false;
    if (nowMs - this.#answeredMs >= LIVENESS.consentExpiryMs) {
      this.#isExpired = true;
      this.#events.push("expired");
      return;
    }
    const isReachable = nowMs - this.#heardMs < LIVENESS.silenceMs;
    if (isReachable !== this.#isReachable) {
      this.#isReachable = isReachable;
      this.#events.push(isReachable ? "reachable" : "unreachable");
    }
    if (nowMs >= this.#answerDueMs) {
      this.#answerDueMs = Number.POSITIVE_INFINITY;
      this.#events.push("unanswered");
    }
    if (nowMs >= this.#nextCheckMs) {
      this.#nextCheckMs = this.#checkAfter(nowMs);
      this.#events.push("check");
    }
  }

  nextDeadlineMs(): number {
    return this.#isExpired ? Number.POSITIVE_INFINITY : this.#tickMs + LIVENESS.consentTickMs;
  }

  pollEvent(): ConsentEvent | undefined {
    return this.#events.shift();
  }

  #checkAfter(nowMs: number): number {
    return nowMs + LIVENESS.consentCheckMs + this.#random() * LIVENESS.consentSpreadMs;
  }
}
