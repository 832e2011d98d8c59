// The short code of a document: `p2p:` and digits of base 32, one line without blanks, which a person pastes, types or
// shows as a QR code in the place of the file. docs/exchange-format.md, Code.
import type { Damage } from "../../lib/damage.ts";
import type { ExchangeFlaw } from "../../lib/errors/flaw.ts";
import type { OwnDocument } from "../description.ts";
import { FlawError } from "../flaw-error.ts";
import type { RepairedText } from "../repair/repairs.ts";
import { CodeContentError } from "./bits.ts";
import { ALPHABET, MIN_DIGITS, placeOfTypo, PREFIX, type Run, runsIn, wholeCodeOf } from "./code-text.ts";
import { CHECKSUM_DIGITS, checksumOf, type DigitRange, MAX_CODE_DIGITS } from "./checksum.ts";
import { type CodeImpossible, isNewerContent, readCodeContent, writeCodeContent } from "./code-document.ts";

/** A text that has so many digits behind the prefix is meant as a code. */
const MIN_MEANT = 20;
/** The first digit of the content is its version and its type. */
const FIRST_DIGITS = /^[4-7]/;
/** Ends of codes, of all in a file together, at which a typo is searched for: each search may take some milliseconds. */
const MAX_SEARCHES = 64;
/** Digits of a group in which a typo is told. */
const GROUP_DIGITS = 5;

interface Searches {
  left: number;
}

export type CodeReading = { ok: true; document: OwnDocument } | { ok: false; flaw: ExchangeFlaw };

interface RepairedCode {
  reading: CodeReading;
  /** As in RepairedText. */
  undone: readonly Damage[];
}

/** @returns the code of a document; why it has none */
export function encodeShortCode(document: OwnDocument): { code: string } | { why: CodeImpossible | "too-long" } {
  const content = writeCodeContent(document);
  if (typeof content === "string") return { why: content };
  if (content.length + CHECKSUM_DIGITS > MAX_CODE_DIGITS) return { why: "too-long" };
  const digits = [...content, ...checksumOf(content)];
  return { code: PREFIX + digits.map((digit) => ALPHABET.charAt(digit)).join("") };
}

/**
 * Reads the code in a text, whatever is around it.
 * @param text - takes time linear in its length
 * @param searches - what searches for typos may cost: several readings of one file take from the same
 * @returns undefined where there is none
 */
export function readShortCode(text: string, searches: Searches = { left: MAX_SEARCHES }): CodeReading | undefined {
  let refused: CodeReading | undefined;
  let found: { digits: string; reading: CodeReading } | undefined;
  for (const run of runsIn(text)) {
    const whole = wholeCodeOf(run);
    if (whole === undefined) {
      refused ??= flawOf(run, searches);
      continue;
    }
    const digits = whole.join();
    if (found !== undefined && found.digits !== digits) {
      return { ok: false, flaw: { flaw: "several-descriptions" } };
    }
    found ??= { digits, reading: readWhole(whole) };
  }
  return found?.reading ?? refused;
}

/**
 * Reads the code in the texts that a file may have been before programs changed it.
 * @returns the first that is whole, else why the first is none; undefined where there is none
 */
export function readRepairedCode(repairs: Iterable<RepairedText>): RepairedCode | undefined {
  let refused: RepairedCode | undefined;
  const searches = { left: MAX_SEARCHES };
  for (const { text, undone } of repairs) {
    const reading = readShortCode(text, searches);
    if (reading === undefined) continue;
    // No other repair says which of several codes is meant.
    if (reading.ok || reading.flaw.flaw === "several-descriptions") return { reading, undone };
    refused ??= { reading, undone };
  }
  return refused;
}

function readWhole(digits: readonly number[]): CodeReading {
  const content = digits.slice(0, -CHECKSUM_DIGITS);
  try {
    return { ok: true, document: readCodeContent(content) };
  } catch (error) {
    if (error instanceof FlawError) return { ok: false, flaw: error.flaw };
    if (!(error instanceof CodeContentError)) throw error;
    const flaw = isNewerContent(content) ? "code-newer" : "code-damaged";
    return { ok: false, flaw: { flaw } };
  }
}

/** What is wrong with a run whose checksum is wrong at every end. */
function flawOf(run: Run, searches: Searches): CodeReading | undefined {
  const { digits, chars, ends, wrong } = run;
  const isMeant = digits.length >= MIN_MEANT && FIRST_DIGITS.test(chars);
  for (const end of ends) {
    if (end < MIN_DIGITS || searches.left === 0) continue;
    searches.left -= 1;
    const place = placeOfTypo(run, end);
    if (place !== undefined) return { ok: false, flaw: typoAt(place, chars, end) };
  }
  if (!isMeant) return undefined;
  const [letter = Number.POSITIVE_INFINITY] = wrong;
  if (letter < MIN_DIGITS) return { ok: false, flaw: typoAt({ from: letter, to: letter }, chars, digits.length) };
  return { ok: false, flaw: { flaw: isCutOff(digits) ? "code-cut-off" : "code-damaged" } };
}

/** The groups in which a place is, as the person has written them. */
function typoAt(place: DigitRange, chars: string, end: number): ExchangeFlaw {
  const from = Math.floor(place.from / GROUP_DIGITS) * GROUP_DIGITS;
  const to = Math.min(end, (Math.floor(place.to / GROUP_DIGITS) + 1) * GROUP_DIGITS);
  return { flaw: "code-typo", from: from + 1, to, group: chars.slice(from, to) };
}

/** Whether the content wants more digits than there are before a checksum. */
function isCutOff(digits: readonly number[]): boolean {
  try {
    readCodeContent(digits.slice(0, -CHECKSUM_DIGITS));
    return false;
  } catch (error) {
    return error instanceof CodeContentError && error.isCutOff;
  }
}
