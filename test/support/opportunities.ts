// Links that send now and then, and much at once, as radio does. When they may send, and how much, is fixed by a seed and does
// not depend on the traffic: what nobody uses is lost, so that what was carried can be compared with what could have been.
import { logUniform } from "./seeded-random.ts";

export interface Opportunity {
  /** Takes what waits then; never before the one before. */
  readonly atMs: number;
  readonly bytes: number;
  /** What it took has crossed the link; ≥ atMs. */
  readonly doneAtMs: number;
}

/** Each call gives the next one. */
export type OpportunitySource = (random: () => number) => () => Opportunity;

/** A queue in front of such a link, first in, first out. */
export class OpportunityLink {
  readonly #next: () => Opportunity;
  readonly #all: Opportunity[] = [];
  #index = 0;
  #bytesLeft: number;
  #doneAtMs = 0;
  readonly #waiting: { doneAtMs: number; bytes: number }[] = [];
  #firstWaiting = 0;
  #waitingBytes = 0;

  constructor(source: OpportunitySource, random: () => number) {
    this.#next = source(random);
    this.#bytesLeft = this.#at(0).bytes;
  }

  /** When what is queued now will have crossed the link. */
  get doneAtMs(): number {
    return this.#doneAtMs;
  }

  queuedBytes(nowMs: number): number {
    for (; this.#firstWaiting < this.#waiting.length; this.#firstWaiting++) {
      const first = this.#waiting[this.#firstWaiting] as { doneAtMs: number; bytes: number };
      if (first.doneAtMs > nowMs) break;
      this.#waitingBytes -= first.bytes;
    }
    return this.#waitingBytes;
  }

  /** Queues `bytes` that come at `nowMs`, which never decreases. @returns when they have crossed the link */
  send(nowMs: number, bytes: number): number {
    while (this.#at(this.#index).atMs < nowMs) this.#take();
    let left = bytes;
    while (left > this.#bytesLeft) {
      left -= this.#bytesLeft;
      this.#take();
    }
    this.#bytesLeft -= left;
    this.#doneAtMs = Math.max(this.#doneAtMs, this.#at(this.#index).doneAtMs);
    this.#waiting.push({ doneAtMs: this.#doneAtMs, bytes });
    this.#waitingBytes += bytes;
    return this.#doneAtMs;
  }

  /** What it could have carried. */
  offeredBytes(fromMs: number, toMs: number): number {
    let bytes = 0;
    for (let index = 0; this.#at(index).atMs < toMs; index++) {
      if (this.#at(index).atMs >= fromMs) bytes += this.#at(index).bytes;
    }
    return bytes;
  }

  #take(): void {
    this.#bytesLeft = this.#at(++this.#index).bytes;
  }

  #at(index: number): Opportunity {
    while (index >= this.#all.length) this.#all.push(this.#next());
    return this.#all[index] as Opportunity;
  }
}

/**
 * Wi-Fi: frames gather what waits, up to 2 ms of air; before each one the air must be free, which others use more or less of for
 * some seconds; one frame in twenty is not understood. The rate follows how well the stations hear each other. About 14 MB/s.
 */
export function wifi(random: () => number): () => Opportunity {
  const AIR_MS = 2;
  const RATE = 28_000;
  let atMs = 0;
  let rate = RATE;
  let rateUntilMs = 0;
  let others = 0;
  let othersUntilMs = 0;
  return () => {
    for (;;) {
      if (atMs >= rateUntilMs) {
        rate = RATE * (0.7 + 0.1 * Math.floor(4 * random()));
        rateUntilMs = atMs + 300 + 1500 * random();
      }
      if (atMs >= othersUntilMs) {
        others = random() < 0.6 ? 0.15 : 0.4;
        othersUntilMs = atMs + 500 + 3000 * random();
      }
      atMs += 0.1 + 0.3 * random();
      while (random() < others) atMs += 0.5 + 3 * random();
      const startMs = atMs;
      atMs += AIR_MS + 0.1;
      if (random() >= 0.05) return { atMs: startMs, bytes: AIR_MS * rate, doneAtMs: atMs };
    }
  };
}

/** The capacity of a cell for one of its telephones: between 2 and 12 MB/s, slowly up and down. */
function slowCapacity(random: () => number): (atMs: number) => number {
  const STEP_MS = 100;
  const LEAST = 2_000;
  const MOST = 12_000;
  /** In the logarithm, of one step; a doubling takes some seconds. */
  const STEP = 0.03;
  let rate = logUniform(random, LEAST, MOST);
  let slope = 0;
  let untilMs = 0;
  return (atMs) => {
    while (atMs >= untilMs) {
      slope = 0.9 * slope + STEP * (random() - 0.5);
      rate *= Math.exp(slope);
      if (rate > MOST || rate < LEAST) slope = -slope;
      rate = Math.min(Math.max(rate, LEAST), MOST);
      untilMs += STEP_MS;
    }
    return rate;
  };
}

/** One block in ten is repeated 8 ms later, and what was sent after it waits for it. */
function repeatedMs(random: () => number): number {
  let ms = 0;
  while (random() < 0.1) ms += 8;
  return ms;
}

/** LTE, down: this telephone gets half of the milliseconds, more or less. */
export function lteDown(random: () => number): () => Opportunity {
  const capacity = slowCapacity(random);
  let atMs = 0;
  return () => {
    do atMs += 1;
    while (random() >= 0.5);
    return { atMs, bytes: 2 * capacity(atMs), doneAtMs: atMs + 1 + repeatedMs(random) };
  };
}

/** LTE, up: a grant every 1 to 8 ms. */
export function lteUp(random: () => number): () => Opportunity {
  const capacity = slowCapacity(random);
  let atMs = 0;
  return () => {
    const waitMs = 1 + Math.floor(8 * random());
    atMs += waitMs;
    return { atMs, bytes: waitMs * capacity(atMs), doneAtMs: atMs + 1 + repeatedMs(random) };
  };
}
