// Bits out of the headers of coded pictures, the most significant first.
import { MalformedBytes } from "../../lib/bytes.ts";

export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /**
   * A number of `count` bits, 0 … 32.
   * @throws MalformedBytes when there are not so many
   */
  bits(count: number): number {
    if (this.#at + count > this.#bytes.length * 8) throw new MalformedBytes("bits are missing");
    let value = 0;
    for (let index = 0; index < count; index += 1, this.#at += 1) {
      const byte = this.#bytes[this.#at >> 3] ?? 0;
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }

  /** @throws MalformedBytes at the end */
  flag(): boolean {
    return this.bits(1) === 1;
  }

  /**
   * An Exp-Golomb code without sign: `ue(v)` of H.264 (9.1), `uvlc()` of AV1 (4.10.3).
   * @throws MalformedBytes when it is longer than any field, or is cut off
   */
  ue(): number {
    let zeros = 0;
    while (!this.flag()) {
      zeros += 1;
      if (zeros > 31) throw new MalformedBytes("a code is too long");
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** An Exp-Golomb code with sign: `se(v)` of H.264 (9.1.1). @throws MalformedBytes as `ue` */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : 0 - code / 2;
  }
}

/** What `read` returns; undefined where the bytes are not what it reads. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedBytes) return undefined;
    throw error;
  }
}
