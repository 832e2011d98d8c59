// The verification string that two people compare: 33 bits as ten digits or as three words. It is shown in English and read
// in Chinese as well. Pure. verification.ts computes the bits; docs/security.md has the protocol and its argument.
import { chineseWords, englishWords } from "./verify-words.ts";

/** Three words of 11 bits. */
export const STRING_BITS = 33;
const WORD_BITS = 11;
const WORDS = 3;
const DIGITS = 10;

/** The first bits of a hash, as a number. @param bits - 0 to 53 */
export function leadingBits(hash: Uint8Array, bits: number): number {
  let value = 0;
  for (let at = 0; at < bits; at += 1) {
    value = value * 2 + (((hash[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
  }
  return value;
}

/** @param value - 33 bits. @returns ten decimal digits */
export function digitsOf(value: number): string {
  return String(value).padStart(DIGITS, "0");
}

/** The digits as every screen shows them, so that two people read the same. @param digits - of `digitsOf` */
export function groupedDigits(digits: string): string {
  return digits.replace(/^(.{5})/, "$1 ");
}

/** @param value - 33 bits. @returns three words with a space between them */
export function wordsOf(value: number): string {
  const list = englishWords();
  const size = 2 ** WORD_BITS;
  return [Math.floor(value / size ** 2), Math.floor(value / size) % size, value % size]
    .map((index) => list[index])
    .join(" ");
}

/** The value that a person or a program expects the other side to show. */
export type Expectation =
  /** 33 bits. */
  | { type: "string"; value: number }
  /** SHA-256 of the other side's certificate: 64 upper-case hex digits. */
  | { type: "fingerprint"; hex: string };

/**
 * Reads ten digits, three English words, three Chinese characters, or a SHA-256 fingerprint; spaces, case, full-width
 * forms and separators between the groups are ignored.
 * @returns undefined for everything else
 */
export function readExpectation(text: string): Expectation | undefined {
  const plain = text.normalize("NFKC").toLowerCase().trim();
  const joined = plain.replaceAll(/[\s:.,_-]+/g, "");
  if (/^[0-9a-f]{64}$/.test(joined)) return { type: "fingerprint", hex: joined.toUpperCase() };
  if (/^\d{10}$/.test(joined)) {
    const value = Number(joined);
    return value < 2 ** STRING_BITS ? { type: "string", value } : undefined;
  }
  return valueOfWords(plain.split(/[\s:.,_-]+/), englishWords()) ?? valueOfWords(Array.from(joined), chineseWords());
}

function valueOfWords(words: readonly string[], list: readonly string[]): Expectation | undefined {
  if (words.length !== WORDS) return undefined;
  const indexes = words.map((word) => list.indexOf(word));
  if (indexes.includes(-1)) return undefined;
  return { type: "string", value: indexes.reduce((value, index) => value * 2 ** WORD_BITS + index, 0) };
}
