// Bits in a row, written as the digits of a short code: five bits each, the highest first. docs/exchange-format.md, Code.

/** Bits of one digit of a code. */
const DIGIT_BITS = 5;
/** Bits of a group of a number of variable length; one more says whether another group follows. */
const GROUP_BITS = 4;
/** The largest number has 53 bits. */
const MAX_GROUPS = 14;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The digits of a code end before its content does, or say what no writer says. */
export class CodeContentError extends Error {
  override readonly name = "CodeContentError";
  /** True where the digits have ended too early. */
  readonly isCutOff: boolean;

  constructor(isCutOff: boolean) {
    super(isCutOff ? "the code ends too early" : "the code has a value that no document has");
    this.isCutOff = isCutOff;
  }
}

export class BitWriter {
  readonly #bits: number[] = [];

  /** @param value - below 2^`bits` and at most 2^53-1 */
  uint(value: number, bits: number): void {
    for (let bit = bits - 1; bit >= 0; bit -= 1) this.#bits.push(Math.floor(value / 2 ** bit) % 2);
  }

  /** One bit. @returns the same */
  flag(value: boolean): boolean {
    this.#bits.push(value ? 1 : 0);
    return value;
  }

  /** A number of any size, in groups of four bits, the lowest group first. @param value - 0 … 2^53-1 */
  count(value: number): void {
    let rest = value;
    do {
      const group = rest % 2 ** GROUP_BITS;
      rest = Math.floor(rest / 2 ** GROUP_BITS);
      this.flag(rest > 0);
      this.uint(group, GROUP_BITS);
    } while (rest > 0);
  }

  bytes(value: Uint8Array): void {
    for (const byte of value) this.uint(byte, 8);
  }

  /** UTF-8 with its length before it. */
  text(value: string): void {
    const bytes = encoder.encode(value);
    this.count(bytes.length);
    this.bytes(bytes);
  }

  /** The digits so far, 0 … 31; zeros fill the last one. */
  get digits(): number[] {
    const digits: number[] = [];
    for (const [at, bit] of this.#bits.entries()) {
      const digit = Math.floor(at / DIGIT_BITS);
      digits[digit] = (digits[digit] ?? 0) + bit * 2 ** (DIGIT_BITS - 1 - (at % DIGIT_BITS));
    }
    return digits;
  }
}

/** Every method throws CodeContentError where too few bits are left. */
export class BitReader {
  readonly #digits: readonly number[];
  #at = 0;

  /** @param digits - 0 … 31 */
  constructor(digits: readonly number[]) {
    this.#digits = digits;
  }

  uint(bits: number): number {
    if (this.#at + bits > this.#digits.length * DIGIT_BITS) throw new CodeContentError(true);
    let value = 0;
    for (let bit = 0; bit < bits; bit += 1) value = value * 2 + this.#next();
    return value;
  }

  flag(): boolean {
    return this.uint(1) === 1;
  }

  /** @throws CodeContentError also for a number beyond 2^53-1, or one with more groups than it takes */
  count(): number {
    let value = 0;
    for (let group = 0; group < MAX_GROUPS; group += 1) {
      const isLast = !this.flag();
      const bits = this.uint(GROUP_BITS);
      value += bits * 2 ** (GROUP_BITS * group);
      if (!isLast) continue;
      if ((bits === 0 && group > 0) || !Number.isSafeInteger(value)) break;
      return value;
    }
    throw new CodeContentError(false);
  }

  bytes(count: number): Uint8Array {
    if (this.#at + count * 8 > this.#digits.length * DIGIT_BITS) throw new CodeContentError(true);
    return Uint8Array.from({ length: count }, () => this.uint(8));
  }

  /** @throws CodeContentError also where it is not UTF-8 */
  text(): string {
    const bytes = this.bytes(this.count());
    try {
      return decoder.decode(bytes);
    } catch {
      throw new CodeContentError(false);
    }
  }

  /** @throws CodeContentError where anything is left but the zeros that fill the last digit */
  end(): void {
    const left = this.#digits.length * DIGIT_BITS - this.#at;
    if (left >= DIGIT_BITS || this.uint(left) !== 0) throw new CodeContentError(false);
  }

  #next(): number {
    const digit = this.#digits[Math.floor(this.#at / DIGIT_BITS)] ?? 0;
    const bit = (digit >> (DIGIT_BITS - 1 - (this.#at % DIGIT_BITS))) & 1;
    this.#at += 1;
    return bit;
  }
}
