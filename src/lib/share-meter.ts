// The share of the last two seconds for which each of a few kinds held: it says what something mostly waited for, and
// does not flicker with each packet. The caller passes the time with each reading.

const WINDOW_MS = 2_000;
/** Times are counted in steps, so that few are stored. */
const STEP_MS = 100;

export class ShareMeter<Kind extends string> {
  /**
   * The time for which each kind held within one step; the step number is `at`. The steps of two seconds are kept,
   * oldest first.
   */
  readonly #steps: { at: number; ms: Map<Kind, number> }[] = [];
  #kind: Kind | undefined;
  #sinceMs = 0;

  /** @param kind - holds from `nowMs` until the next call; undefined: none does */
  note(kind: Kind | undefined, nowMs: number): void {
    this.#count(nowMs);
    this.#kind = kind;
  }

  /** The share of the last two seconds, from 0 to 1, for which a kind held. */
  shareOf(kind: Kind, nowMs: number): number {
    this.#count(nowMs);
    let ms = 0;
    for (const step of this.#steps) ms += step.ms.get(kind) ?? 0;
    return Math.min(1, ms / WINDOW_MS);
  }

  /** Counts the time since the last call for the kind that held. */
  #count(nowMs: number): void {
    const kind = this.#kind;
    let fromMs = Math.max(this.#sinceMs, nowMs - WINDOW_MS);
    this.#sinceMs = nowMs;
    while (fromMs < nowMs) {
      const at = Math.floor(fromMs / STEP_MS);
      const toMs = Math.min(nowMs, (at + 1) * STEP_MS);
      if (kind !== undefined) this.#add(at, kind, toMs - fromMs);
      fromMs = toMs;
    }
    const oldest = Math.floor((nowMs - WINDOW_MS) / STEP_MS);
    while ((this.#steps[0]?.at ?? oldest) < oldest) this.#steps.shift();
  }

  #add(at: number, kind: Kind, ms: number): void {
    let step = this.#steps.at(-1);
    if (step?.at !== at) {
      step = { at, ms: new Map() };
      this.#steps.push(step);
    }
    step.ms.set(kind, (step.ms.get(kind) ?? 0) + ms);
  }
}
