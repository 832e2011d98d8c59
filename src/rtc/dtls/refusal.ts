// Repeats the alert that refuses a peer until the peer has had the chance to receive it: DTLS does not retransmit
// alerts by itself, and asks for a new one when the peer continues with what was refused. RFC 6347 §4.2.7. Bounded in
// time and number.

/** Delays after the first alert; closing a line waits for the last of these at most. */
const FIRST_REPEATS_MS = [100, 300, 700];
const LATER_REPEATS_MS = [1_500, 3_100];
/** Period during which the peer's records are answered. */
const ANSWERING_MS = 10_000;
const MIN_GAP_MS = 50;
const MAX_ANSWERS = 40;

export class Refusal {
  /** Resolves when the first few alerts were sent: the caller need not wait for more before it closes. */
  readonly wasSaid: Promise<void>;
  readonly #sendAlert: () => void;
  readonly #timers: NodeJS.Timeout[];
  readonly #startedMs = performance.now();
  #markSaid = (): void => {};
  #answerMs = Number.NEGATIVE_INFINITY;
  #answerCount = 0;
  #isStopped = false;

  /** Sends the first alert at once. */
  constructor(sendAlert: () => void) {
    this.#sendAlert = sendAlert;
    this.wasSaid = new Promise((resolve) => {
      this.#markSaid = resolve;
    });
    sendAlert();
    this.#timers = [...FIRST_REPEATS_MS, ...LATER_REPEATS_MS].map((ms) => setTimeout(sendAlert, ms));
    this.#timers.push(setTimeout(this.#markSaid, Math.max(...FIRST_REPEATS_MS)));
  }

  /** Repeats the alert: a peer that continues has not received it. */
  handleRecord(): void {
    const nowMs = performance.now();
    if (this.#isStopped || nowMs - this.#startedMs > ANSWERING_MS || nowMs - this.#answerMs < MIN_GAP_MS) return;
    if (this.#answerCount >= MAX_ANSWERS) return;
    this.#answerMs = nowMs;
    this.#answerCount += 1;
    this.#sendAlert();
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#markSaid();
  }
}
