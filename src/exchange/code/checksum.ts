// The checksum of a short code, and the place of a typo. It is the BCH code of Bech32m (BIP 350) over the digits of the
// code: any three wrong digits among 1,023 are found, so every single one and every swap of neighbours, and a single
// wrong digit has one possible place.

/** Digits of the checksum. */
export const CHECKSUM_DIGITS = 6;
/** Digits of a code, the checksum included, up to which three wrong digits are found. */
export const MAX_CODE_DIGITS = 1_023;

const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3] as const;
const CONSTANT = 0x2bc830a3;
const DIGITS = 32;
const DIGIT_BITS = 5;
const START = 1;

/** Digits of a range that helps a person to find the typo. */
const MAX_RANGE_DIGITS = 10;

/** A range of digits: `from` … `to`, both included. */
export interface DigitRange {
  from: number;
  to: number;
}

/** What the highest digit of a state adds when it leaves. */
const LEAVING = Array.from({ length: DIGITS }, (_, digit) =>
  GENERATOR.reduce((sum, generator, bit) => (((digit >> bit) & 1) === 1 ? sum ^ generator : sum), 0),
);

function next(state: number, digit: number): number {
  return ((state & 0x1ffffff) << DIGIT_BITS) ^ digit ^ (LEAVING[state >>> 25] ?? 0);
}

/** @returns the digits of the checksum of `digits` */
export function checksumOf(digits: readonly number[]): number[] {
  const padded = [...digits, ...Array.from({ length: CHECKSUM_DIGITS }, () => 0)];
  const state = padded.reduce(next, START) ^ CONSTANT;
  return Array.from(
    { length: CHECKSUM_DIGITS },
    (_, at) => (state >>> (DIGIT_BITS * (CHECKSUM_DIGITS - 1 - at))) & (DIGITS - 1),
  );
}

/** Checks digits as they come. */
export class RunningChecksum {
  #state = START;

  push(digit: number): void {
    this.#state = next(this.#state, digit);
  }

  /** Whether the digits so far end in their checksum. */
  get isRight(): boolean {
    return this.#state === CONSTANT;
  }
}

function residueOf(digits: readonly number[]): number {
  return digits.reduce(next, START) ^ CONSTANT;
}

/**
 * Finds the one place where digits that end in a wrong checksum can be mended by replacing one digit, swapping two
 * neighbours, inserting or removing one.
 * @returns the digits to look at; undefined where no such change mends them, or several places are possible
 */
export function findTypo(digits: readonly number[]): DigitRange | undefined {
  const found = findReplacedOrSwapped(digits) ?? findInsertedOrRemoved(digits);
  return found !== undefined && found.to - found.from < MAX_RANGE_DIGITS ? found : undefined;
}

/** The checksum is linear: what an error adds to it depends on its place and difference only. */
function findReplacedOrSwapped(digits: readonly number[]): DigitRange | undefined {
  const residue = residueOf(digits);
  /** What each difference adds at the present place, and at the one behind it. */
  let sums = Array.from({ length: DIGITS }, (_, difference) => difference);
  let behind = sums;
  let swapped: DigitRange | undefined;
  for (let at = digits.length - 1; at >= 0; at -= 1) {
    if (sums.includes(residue)) return { from: at, to: at };
    const difference = (digits[at] ?? 0) ^ (digits[at + 1] ?? digits[at] ?? 0);
    if (difference !== 0 && ((sums[difference] ?? 0) ^ (behind[difference] ?? 0)) === residue) {
      swapped = { from: at, to: swapped?.to ?? at + 1 };
    }
    behind = sums;
    sums = sums.map((sum) => next(sum, 0));
  }
  return swapped;
}

/** Longer codes are not searched: the search takes time by the square of the length. */
const MAX_SEARCHED_DIGITS = 400;

function findInsertedOrRemoved(digits: readonly number[]): DigitRange | undefined {
  if (digits.length > MAX_SEARCHED_DIGITS) return undefined;
  let found: DigitRange | undefined;
  const note = (from: number, to: number): void => {
    found = { from: Math.min(from, found?.from ?? from), to: Math.max(to, found?.to ?? to) };
  };
  let before = START;
  for (let at = 0; at <= digits.length; at += 1) {
    const rest = digits.slice(at);
    if (at < digits.length && rest.slice(1).reduce(next, before) === CONSTANT) note(at, at);
    for (let missing = 0; missing < DIGITS; missing += 1) {
      if (rest.reduce(next, next(before, missing)) === CONSTANT)
        note(Math.max(0, at - 1), Math.min(at, digits.length - 1));
    }
    before = next(before, digits[at] ?? 0);
  }
  return found;
}
