// A bit ring addressed by numbers that only grow, such as unwrapped TSNs: bit n is stored at n modulo the capacity.
// Searches skip thirty-two bits at a time.

const WORD_BITS = 32;

export class RingBits {
  readonly #words: Uint32Array;
  readonly #mask: number;

  /** @param capacity - a power of two, at least 32: two numbers stored at once are never further apart than this */
  constructor(capacity: number) {
    this.#words = new Uint32Array(capacity / WORD_BITS);
    this.#mask = capacity - 1;
  }

  has(n: number): boolean {
    const index = n & this.#mask;
    return (((this.#words[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1;
  }

  set(n: number): void {
    const index = n & this.#mask;
    this.#words[index >>> 5] = (this.#words[index >>> 5] ?? 0) | (1 << (index & 31));
  }

  clear(n: number): void {
    const index = n & this.#mask;
    this.#words[index >>> 5] = (this.#words[index >>> 5] ?? 0) & ~(1 << (index & 31));
  }

  /** @returns the first set number of [from, end), or `end` */
  nextSet(from: number, end: number): number {
    return this.#next(from, end, 0);
  }

  /** @returns the first clear number of [from, end), or `end` */
  nextClear(from: number, end: number): number {
    return this.#next(from, end, -1);
  }

  #next(from: number, end: number, flip: 0 | -1): number {
    let n = from;
    while (n < end) {
      const index = n & this.#mask;
      const rest = ((this.#words[index >>> 5] ?? 0) ^ flip) >>> (index & 31);
      if (rest !== 0) return Math.min(end, n + 31 - Math.clz32(rest & -rest));
      n += WORD_BITS - (index & 31);
    }
    return end;
  }
}
