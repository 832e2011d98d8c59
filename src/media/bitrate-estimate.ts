// How much picture the path carries, told to a sender that has an encoder: REMB, which browsers obey
// (draft-alvestrand-rmcat-remb). It is simple on purpose: more while packets come in time, less when they queue or get
// lost, never far from what really arrives. A file at the other end has nothing to turn and passes it over.

/** What arrives is measured over this time. */
const WINDOW_MS = 1_000;
const STEPS = 10;
const STEP_MS = WINDOW_MS / STEPS;
/** Packets that come so much later than the fastest of the last seconds wait in a queue. */
const QUEUE_MS = 100;
/** A larger part of lost packets is no accident. RFC 8836 §2 leaves room for the losses of radio. */
const HIGH_LOSS = 0.1;
const LOW_LOSS = 0.02;
const DECREASE = 0.85;
const INCREASE = 1.08;
/** The estimate may be so much above what arrives: who sends less than it may has no more to send. */
const HEADROOM = 1.5;
const MIN_BITS_PER_SECOND = 150_000;
const MAX_BITS_PER_SECOND = 50_000_000;

export class BitrateEstimate {
  readonly #bytes = new Float64Array(STEPS);
  #step = 0;
  #firstMs: number | undefined;
  #worstQueueMs = 0;
  #bitsPerSecond: number | undefined;

  /** @param queueMs - how much later than the fastest ones before it came */
  arrived(bytes: number, queueMs: number, nowMs: number): void {
    this.#firstMs ??= nowMs;
    this.#advance(nowMs);
    const slot = this.#step % STEPS;
    this.#bytes[slot] = (this.#bytes[slot] ?? 0) + bytes;
    this.#worstQueueMs = Math.max(this.#worstQueueMs, queueMs);
  }

  /**
   * Call it once for each report.
   * @param loss - the part of packets that were lost since the last call: 0 … 1
   * @returns bits per second; undefined: too little has come to say
   */
  next(loss: number, nowMs: number): number | undefined {
    if (this.#firstMs === undefined || nowMs - this.#firstMs < WINDOW_MS) return undefined;
    this.#advance(nowMs);
    const arriving = (this.#bytes.reduce((sum, bytes) => sum + bytes, 0) * 8 * 1_000) / WINDOW_MS;
    const before = this.#bitsPerSecond ?? arriving;
    let next = before;
    if (this.#worstQueueMs > QUEUE_MS || loss > HIGH_LOSS) next = Math.min(before, arriving * DECREASE);
    else if (loss < LOW_LOSS) next = Math.min(before * INCREASE, Math.max(before, arriving * HEADROOM));
    this.#worstQueueMs = 0;
    this.#bitsPerSecond = Math.min(MAX_BITS_PER_SECOND, Math.max(MIN_BITS_PER_SECOND, next));
    return this.#bitsPerSecond;
  }

  #advance(nowMs: number): void {
    const step = Math.floor(nowMs / STEP_MS);
    if (step - this.#step >= STEPS) this.#bytes.fill(0);
    else for (let at = this.#step + 1; at <= step; at += 1) this.#bytes[at % STEPS] = 0;
    this.#step = step;
  }
}
