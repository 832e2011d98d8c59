// Passphrases: generated from the word list that also serves for comparison strings, and rated for strength.
import { randomInt } from "node:crypto";
import { englishWords } from "../control/verify-words.ts";

/** Six words have 66 bits: at one second per guess nobody gets through a noticeable part of them. */
const MADE_WORDS = 6;
/** Below this a patient attacker who has the file can find the passphrase. */
const WEAK_BITS = 50;

/** Returns six random English words, made of letters that every keyboard has. */
export function makePassphrase(): string {
  const words = englishWords();
  return Array.from({ length: MADE_WORDS }, () => words[randomInt(words.length)]).join(" ");
}

/** Returns what of a passphrase counts: its Unicode form and the blanks around and between its words do not. */
export function normalPassphrase(passphrase: string): string {
  return passphrase.normalize("NFKC").trim().split(/\s+/).join(" ");
}

/**
 * Returns whether an attacker who has the sealed file can expect to find the passphrase by brute force. This is a rough
 * estimate from length and kinds of characters; it uses no dictionaries.
 * What makes no difference to a meeting by this passphrase adds nothing.
 */
export function isWeakPassphrase(text: string): boolean {
  const passphrase = normalPassphrase(text);
  const chars = Array.from(passphrase);
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[ -/:-@[-`{-~]/, /[^ -~]/];
  const sizes = [26, 26, 10, 33, 2_000];
  const pool = kinds.reduce((sum, kind, at) => sum + (kind.test(passphrase) ? (sizes[at] ?? 0) : 0), 0);
  // A character that repeats the one before, or follows it as in 1234, adds next to nothing.
  const counting = chars.filter((char, at) => {
    const step = (char.codePointAt(0) ?? 0) - (chars[at - 1]?.codePointAt(0) ?? Number.NEGATIVE_INFINITY);
    return Math.abs(step) > 1;
  });
  return counting.length * Math.log2(Math.max(2, pool)) < WEAK_BITS;
}
