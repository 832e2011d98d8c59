// When a machine gets round to what has come for it: each wake-up waits for others who use its cores, for so long as long as
// they do, and now and then it stands still for some milliseconds. Order is kept. That is no queue of the path, and yet
// the smallest round trip of a round wanders with it.
import { logUniform, seededRandom } from "./seeded-random.ts";

/** A wake-up takes between these, most of them near the least. */
const LEAST_MS = 0.15;
const MOST_MS = 2;
/** So long on average, before it takes another time. */
const HOLD_MS = 120;
const STALL_PART = 0.2;
const STALL_LEAST_MS = 2;
const STALL_MOST_MS = 10;

interface Phase {
  readonly fromMs: number;
  readonly delayMs: number;
  /** What comes in this phase is handled no sooner. */
  readonly heldUntilMs: number;
}

export class HostNoise {
  readonly #random: () => number;
  readonly #phases: Phase[] = [{ fromMs: 0, delayMs: LEAST_MS, heldUntilMs: 0 }];

  constructor(random: () => number) {
    this.#random = random;
  }

  /** When something is handled that is due at `atMs`: never sooner than what was due before it. */
  handledAtMs(atMs: number): number {
    while ((this.#phases.at(-1) as Phase).fromMs <= atMs) this.#extend();
    let index = this.#phases.length - 2;
    while ((this.#phases[index] as Phase).fromMs > atMs) index--;
    const { delayMs, heldUntilMs } = this.#phases[index] as Phase;
    return Math.max(atMs + delayMs, heldUntilMs);
  }

  #extend(): void {
    const last = this.#phases.at(-1) as Phase;
    const fromMs = last.fromMs - HOLD_MS * Math.log(1 - this.#random());
    const isStall = this.#random() < STALL_PART;
    const delayMs = logUniform(this.#random, LEAST_MS, MOST_MS);
    const stallMs = isStall ? logUniform(this.#random, STALL_LEAST_MS, STALL_MOST_MS) : 0;
    const doneMs = Math.max(last.heldUntilMs, fromMs + last.delayMs);
    this.#phases.push({ fromMs, delayMs, heldUntilMs: Math.max(doneMs, fromMs + stallMs) });
  }
}

/** The machines of one flow; no two seeds give the same. */
export function noiseOfHosts(seed: number): { sender: HostNoise; receiver: HostNoise } {
  return { sender: new HostNoise(seededRandom(seed * 991)), receiver: new HostNoise(seededRandom(seed * 991 + 1)) };
}
