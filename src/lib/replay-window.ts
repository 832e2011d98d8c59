// A sliding window of sequence numbers: protects against replayed records and packets. RFC 6347 §4.1.2.6, RFC 3711 §3.3.2.

const WORD_BITS = 32;

/** Sequence numbers are 0 … 2^48-1. */
export class ReplayWindow {
  readonly #bits: number;
  readonly #words: Uint32Array;
  #highest = -1;

  /** @param bits - how far behind the highest number one may come; a multiple of 32 */
  constructor(bits: number) {
    this.#bits = bits;
    this.#words = new Uint32Array(bits / WORD_BITS);
  }

  /** The highest number that was marked; -1: none. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether this number could be new. Check before decrypting, `mark` after it proved authentic. */
  isFresh(sequence: number): boolean {
    if (sequence > this.#highest) return true;
    if (sequence <= this.#highest - this.#bits) return false;
    return (this.#wordOf(sequence) & bitOf(sequence)) === 0;
  }

  mark(sequence: number): void {
    if (sequence > this.#highest) {
      this.#forget(this.#highest + 1, sequence);
      this.#highest = sequence;
    } else if (sequence <= this.#highest - this.#bits) {
      return;
    }
    const index = this.#indexOf(sequence);
    this.#words[index] = (this.#words[index] ?? 0) | bitOf(sequence);
  }

  /** The numbers that enter the window take the slots of those that leave it. */
  #forget(from: number, to: number): void {
    if (to - from >= this.#bits) {
      this.#words.fill(0);
      return;
    }
    for (let sequence = from; sequence <= to; sequence += 1) {
      const index = this.#indexOf(sequence);
      this.#words[index] = (this.#words[index] ?? 0) & ~bitOf(sequence);
    }
  }

  #wordOf(sequence: number): number {
    return this.#words[this.#indexOf(sequence)] ?? 0;
  }

  #indexOf(sequence: number): number {
    return Math.floor((sequence % this.#bits) / WORD_BITS);
  }
}

function bitOf(sequence: number): number {
  return 1 << (sequence % WORD_BITS);
}
