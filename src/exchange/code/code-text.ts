// The digits of short codes in a text, whatever programs have put around and between them. It knows nothing of what the
// digits mean, so that it costs little to ask whether a text is a code. docs/exchange-format.md, Code.
import { type DigitRange, findTypo, MAX_CODE_DIGITS, RunningChecksum } from "./checksum.ts";

export const PREFIX = "p2p:";
/** The name of a document that came as a code, in the place of a path. */
export const SHORT_CODE_NAME = "p2p:…";
/** The digits of Crockford's base 32: no letter looks like a digit, and no mark of Markdown or a chat is among them. */
export const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
/** The letters that are read as digits. */
const LOOK_ALIKES: Readonly<Record<string, string>> = { o: "0", i: "1", l: "1" };

/** The prefix, also as web addresses and pages write its colon. */
const BEGIN = /p2p\s{0,2}(?:[:：]|%3a|&#58;|&colon;)/gi;
/** Codes of one text that are looked at. */
const MAX_CODES = 16;
/** UTF-16 units behind a prefix that are looked at: the longest code with as much white space and quoting. */
const MAX_SCANNED = 4_096;
/** No document has fewer digits: its fingerprint alone has 52. */
export const MIN_DIGITS = 90;
/** Ends of a code that are tried in a text that goes on behind it. */
const MAX_ENDS = 64;

/** What programs put between the digits and that has letters or digits itself: entities, line breaks of mail and pages. */
const BETWEEN =
  /&#?[a-z0-9]{1,8};|%(?:20|09|0d|0a)|=(?:20|09|0d|0a)?(?=\s)|<\/?(?:br|wbr|span|div|p|code|pre|b|i|font|a)\b[^<>:]{0,200}>/iy;
const INVISIBLE = /[\u00ad\u200b-\u200f\u2060\ufeff]/g;

/** The digits behind each prefix in a text. @param text - takes time linear in its length */
export function runsIn(text: string): Run[] {
  return Array.from(text.matchAll(BEGIN))
    .slice(0, MAX_CODES)
    .map((begin) => {
      const from = begin.index + begin[0].length;
      return digitsIn(text.slice(from, from + MAX_SCANNED));
    });
}

/** Whether a code in the text is whole: its checksum is right. */
export function hasShortCode(text: string): boolean {
  return runsIn(text).some((run) => wholeCodeOf(run) !== undefined);
}

/** The text that is a code alone, as an argument of the command line, also in groups with blanks or hyphens between. */
export function isShortCode(text: string): boolean {
  return /^\s{0,8}p2p:(?:[\s-]{0,4}[0-9a-z]){20}/i.test(text);
}

/** The digits behind a prefix, as far as they may be those of a code. */
export interface Run {
  digits: number[];
  /** The characters of the digits as they stand in the text. */
  chars: string;
  /** Numbers of digits at which the code may end: something else than a digit follows. */
  ends: number[];
  /** Digits that are none: letters that no code has. */
  wrong: number[];
}

function digitsIn(scanned: string): Run {
  const text = scanned.normalize("NFKC").replaceAll(INVISIBLE, "");
  const run: Run = { digits: [], chars: "", ends: [], wrong: [] };
  let at = 0;
  while (at < text.length && run.digits.length <= MAX_CODE_DIGITS) {
    BETWEEN.lastIndex = at;
    const between = BETWEEN.exec(text)?.[0];
    if (between !== undefined) {
      noteEnd(run);
      at += between.length;
      continue;
    }
    const char = text.charAt(at);
    at += 1;
    if (!/[0-9a-z]/i.test(char)) {
      noteEnd(run);
      // The next code begins where a colon follows.
      if (char === ":") break;
      continue;
    }
    const lower = char.toLowerCase();
    const digit = ALPHABET.indexOf(LOOK_ALIKES[lower] ?? lower);
    if (digit === -1) run.wrong.push(run.digits.length);
    run.digits.push(Math.max(0, digit));
    run.chars += char;
  }
  noteEnd(run);
  return run;
}

function noteEnd({ digits, ends }: Run): void {
  if (ends.at(-1) !== digits.length && ends.length < MAX_ENDS) ends.push(digits.length);
}

/** The digits of the first code that ends where something else follows; undefined where no checksum is right. */
export function wholeCodeOf({ digits, ends, wrong }: Run): number[] | undefined {
  const checksum = new RunningChecksum();
  const [firstWrong = Number.POSITIVE_INFINITY] = wrong;
  for (const [at, digit] of digits.entries()) {
    if (at >= firstWrong) return undefined;
    checksum.push(digit);
    const isEnd = at + 1 >= MIN_DIGITS && ends.includes(at + 1);
    if (isEnd && checksum.isRight) return digits.slice(0, at + 1);
  }
  return undefined;
}

/** The only place where a change makes the first `end` digits a code; undefined where there is none. */
export function placeOfTypo({ digits, wrong }: Run, end: number): DigitRange | undefined {
  const code = digits.slice(0, end);
  const [letter, another] = wrong.filter((at) => at < end);
  if (letter === undefined) return findTypo(code);
  const isMended = Array.from(ALPHABET, (_, digit) => code.with(letter, digit)).some(isRight);
  return another === undefined && isMended ? { from: letter, to: letter } : undefined;
}

function isRight(digits: readonly number[]): boolean {
  const checksum = new RunningChecksum();
  for (const digit of digits) checksum.push(digit);
  return checksum.isRight;
}
