// Passphrases: made from the words that people compare strings with, and judged.
import { randomInt } from "node:crypto";
import { englishWords } from "../control/verify-words.ts";

/** 66 bits: with a second for each guess nobody gets through a visible part of them. */
const MADE_WORDS = 6;
/** Below this a passphrase can be found by somebody who has the file and patience. */
const WEAK_BITS = 50;

/** Six random English words: letters that every keyboard has. */
export function makePassphrase(): string {
  const words = englishWords();
  return Array.from({ length: MADE_WORDS }, () => words[randomInt(words.length)]).join(" ");
}

/**
 * Whether somebody who has the sealed file can expect to find the passphrase by trying. A coarse guess from length and
 * kinds of characters: it knows no dictionaries.
 */
export function isWeakPassphrase(passphrase: string): boolean {
  const chars = Array.from(passphrase);
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[ -/:-@[-`{-~]/, /[^ -~]/];
  const sizes = [26, 26, 10, 33, 2_000];
  const pool = kinds.reduce((sum, kind, at) => sum + (kind.test(passphrase) ? (sizes[at] ?? 0) : 0), 0);
  // What repeats the character before, or follows it as in 1234, adds next to nothing.
  const counting = chars.filter((char, at) => {
    const step = (char.codePointAt(0) ?? 0) - (chars[at - 1]?.codePointAt(0) ?? Number.NEGATIVE_INFINITY);
    return Math.abs(step) > 1;
  });
  return counting.length * Math.log2(Math.max(2, pool)) < WEAK_BITS;
}
