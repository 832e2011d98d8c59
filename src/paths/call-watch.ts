// Whether the pair that carries a call has died, noticed within about a second: a person hears that, and LIVENESS.silenceMs
// is there for lines without one. Silence alone proves nothing, as the peer or the whole network may stand still. So both pairs
// are asked at the same moments: the one that carries has died where the other one answers again and again, and it does not.
import { LIVENESS } from "./liveness.ts";

/** Which pairs are due for a check. */
export type DueChecks = "none" | "carrying" | "both";

export class CallWatch {
  #datagrams = 0;
  /** The call is taken to go on until then. */
  #untilMs = Number.NEGATIVE_INFINITY;
  #tickMs = Number.NEGATIVE_INFINITY;
  #heardMs = Number.NEGATIVE_INFINITY;
  /** Something arrived since the last tick; timing each datagram would cost a clock call each. */
  #hasHeard = false;
  #nextAskMs = Number.NEGATIVE_INFINITY;
  #hasAsked = false;
  /** The round trip of the last check that was answered on the pair that carries. */
  #rttMs = 0;
  /** When the other pair first answered a check of this silence; infinity: not yet. */
  #firstAnswerMs = Number.POSITIVE_INFINITY;
  /** When it answered one that left after that; infinity: not yet. */
  #secondAnswerMs = Number.POSITIVE_INFINITY;

  /** One of the two pairs is another one from now on, or they have changed places. */
  begin(nowMs: number): void {
    this.#tickMs = nowMs;
    this.#rttMs = 0;
    this.#hasHeard = false;
    this.#noteHeard(nowMs);
  }

  /** @param datagrams - of sound and picture, that left or came until now */
  noteDatagrams(datagrams: number, nowMs: number): void {
    if (datagrams === this.#datagrams) return;
    this.#datagrams = datagrams;
    if (nowMs >= this.#untilMs) this.begin(nowMs);
    this.#untilMs = nowMs + LIVENESS.callLastsMs;
  }

  /**
   * Data arrived on the pair that carries. Checks of the peer do not count: they come from a peer that has left the pair, too.
   * Cheap: it is called for every datagram.
   */
  handleData(): void {
    this.#hasHeard = true;
  }

  /** A check on the pair that carries was answered, which was sent at that time. */
  handleAnswered(sentMs: number, nowMs: number): void {
    this.#hasHeard = true;
    this.#rttMs = nowMs - sentMs;
  }

  /** The same, on the other pair. */
  handleSpareAnswered(sentMs: number, nowMs: number): void {
    if (sentMs < this.#heardMs) return;
    if (this.#firstAnswerMs > nowMs) this.#firstAnswerMs = nowMs;
    else if (sentMs >= this.#firstAnswerMs && this.#secondAnswerMs > nowMs) this.#secondAnswerMs = nowMs;
  }

  /** Advances time; to be called at `nextDeadlineMs`. A late call is taken to mean that the process was stalled. */
  advance(nowMs: number): void {
    if (!this.#isDue(nowMs)) return;
    const lateMs = nowMs - this.#tickMs - LIVENESS.callTickMs;
    this.#tickMs = nowMs;
    if (this.#hasHeard) this.#noteHeard(nowMs);
    // What came meanwhile has not been read yet.
    else if (lateMs > LIVENESS.callStallMs) this.#heardMs += lateMs;
    this.#hasHeard = false;
  }

  /**
   * Which pairs are due for a check. The other one is spared the first, which a quiet call needs again and again: one that is
   * only sent hears a report of its receiver once a second.
   */
  takeDue(nowMs: number): DueChecks {
    if (nowMs >= this.#untilMs || nowMs < this.#nextAskMs) return "none";
    const due = this.#hasAsked ? "both" : "carrying";
    this.#hasAsked = true;
    this.#nextAskMs = nowMs + LIVENESS.callAskAgainMs;
    return due;
  }

  /** The pair that carries has died, and the other one lives. */
  hasDied(nowMs: number): boolean {
    if (nowMs >= this.#untilMs) return false;
    // The first check on a slow pair may be on its way yet.
    const limitMs = Math.max(LIVENESS.callSilenceMs, LIVENESS.callAskMs + 2 * this.#rttMs);
    // Both were asked at once: the other one's answer may be the first to be read.
    return nowMs - this.#heardMs >= limitMs && nowMs >= this.#secondAnswerMs + LIVENESS.callTickMs;
  }

  /** Infinity while there is no call. */
  nextDeadlineMs(): number {
    const deadlineMs = this.#tickMs + LIVENESS.callTickMs;
    return deadlineMs < this.#untilMs ? deadlineMs : Number.POSITIVE_INFINITY;
  }

  #isDue(nowMs: number): boolean {
    return nowMs < this.#untilMs && nowMs >= this.#tickMs + LIVENESS.callTickMs;
  }

  #noteHeard(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#hasAsked = false;
    this.#nextAskMs = nowMs + LIVENESS.callAskMs;
    this.#firstAnswerMs = Number.POSITIVE_INFINITY;
    this.#secondAnswerMs = Number.POSITIVE_INFINITY;
  }
}
