// A sliding window of record sequence numbers: protects against replayed records. RFC 6347 §4.1.2.6.

/**
 * RFC 6347 asks for at least 32 and prefers 64; a path that reorders a fast flow needs more, and after a move from one path
 * to another the old one delivers for two seconds what has been sealed before.
 */
const WINDOW_BITS = 16_384;
const WORD_BITS = 32;

/** The window of one epoch. Sequence numbers are 0 … 2^48-1. */
export class ReplayWindow {
  readonly #words = new Uint32Array(WINDOW_BITS / WORD_BITS);
  #highest = -1;

  /** Whether a record with this number could be new. Check before decrypting, `mark` after the record proved authentic. */
  isFresh(sequence: number): boolean {
    if (sequence > this.#highest) return true;
    if (sequence <= this.#highest - WINDOW_BITS) return false;
    return (this.#wordOf(sequence) & bitOf(sequence)) === 0;
  }

  mark(sequence: number): void {
    if (sequence > this.#highest) {
      this.#forget(this.#highest + 1, sequence);
      this.#highest = sequence;
    } else if (sequence <= this.#highest - WINDOW_BITS) {
      return;
    }
    const index = indexOf(sequence);
    this.#words[index] = (this.#words[index] ?? 0) | bitOf(sequence);
  }

  /** The numbers that enter the window take the slots of those that leave it. */
  #forget(from: number, to: number): void {
    if (to - from >= WINDOW_BITS) {
      this.#words.fill(0);
      return;
    }
    for (let sequence = from; sequence <= to; sequence += 1) {
      const index = indexOf(sequence);
      this.#words[index] = (this.#words[index] ?? 0) & ~bitOf(sequence);
    }
  }

  #wordOf(sequence: number): number {
    return this.#words[indexOf(sequence)] ?? 0;
  }
}

function indexOf(sequence: number): number {
  return Math.floor((sequence % WINDOW_BITS) / WORD_BITS);
}

function bitOf(sequence: number): number {
  return 1 << (sequence % WORD_BITS);
}
