// Tells a peer that it is refused until it has had the chance to hear it: DTLS does not repeat alerts by itself, and
// asks for a new one when the peer goes on with what was refused. RFC 6347 §4.2.7.
// Bounded in time and number.

/** After the first; the last of these is what `close` of a line waits for at most. */
const FIRST_REPEATS_MS = [100, 300, 700];
const LATER_REPEATS_MS = [1_500, 3_100];
/** How long the peer's records are answered. */
const ANSWERING_MS = 10_000;
const MIN_GAP_MS = 50;
const MAX_ANSWERS = 40;

export class Refusal {
  /** The first few alerts are out: whoever wants to end need not wait for more. */
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

  /** The peer goes on: it has not heard. */
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
