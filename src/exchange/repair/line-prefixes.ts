// Undoes what mail and chat programs put before and between lines: `> ` of a quotation, line numbers, and the name and
// time above each message of a text that came in several.

const QUOTE_MARK = /^[ \t]{0,8}[A-Za-z]{0,4}>/;
const QUOTE_MARKS = /^(?:[ \t]{0,8}[A-Za-z]{0,4}>)+[ \t]?/;
const BAR = /^[ \t]{0,8}\|[ \t]?/;
const LINE_NUMBER = /^[ \t]{0,8}(\d{1,5})(?:[\t:|.)]| )[ \t]?/;
const MIN_NUMBERED = 3;
/** Marks that diffs, comments, lists, containers and the borders of a terminal put before each line. */
const MARKS: readonly RegExp[] = [
  /^\+ ?/,
  /^- ?/,
  /^[ \t]{0,8}\/\/ ?/,
  /^[ \t]{0,8}# ?/,
  /^[ \t]{0,8}[*•·] ?/,
  /^[ \t]{0,8}[│┃▏║] ?/,
  /^[A-Za-z][\w.-]{0,40} {0,20}\| /,
];
const MIN_MARKED = 3;
/** Borders after each line, and what `cat -A` shows for a line end. */
const END_MARKS: readonly RegExp[] = [/[│┃▕║][ \t]{0,8}\r?$/, /\$$/];

/** A clock time between blanks or brackets: no part of a fingerprint or an IPv6 address. */
const CLOCK_TIME = /(?:^|[\s[(（,，午])\d{1,2}:\d\d(?::\d\d)?(?=$|[\s\])）,，AaPp])/;
/** `28/11/2026, 10:24`, `2026-11-28 10:24:31`, `10:24` at the start of a line. */
const LEADING_TIME = /^(?:\d{1,4}[-./]\d{1,2}[-./]\d{1,4},? )?\d{1,2}:\d\d/;
/** Characters that no header of a message holds, and most lines of a document do. */
const NO_HEADER = /["\\={}]|AGE ENCRYPTED/;
const ONLY_TIME_OR_HEX = /^[0-9A-Fa-f:.\s]*$/;
const WROTE_END = /(?:wrote|schrieb|écrit|写道|说|寫道)\s?[:：]?$/;
const RULE_BEGIN = /^[-_*—–]{3}/;
const SPEAKER = /^[^\s"':\\{}[\]=][^"':\\{}[\]=]{0,39}: /;
const MAX_HEADER_LENGTH = 200;
const MAX_STAMP_LENGTH = 40;
const MAX_SPEAKER_LENGTH = 60;

/** Undoes quotation marks before lines, all levels at once, and line numbers. */
export function undoQuoting(text: string): string[] {
  const lines = text.split("\n");
  if (lines.some((line) => QUOTE_MARK.test(line)))
    return [lines.map((line) => line.replace(QUOTE_MARKS, "")).join("\n")];
  if (lines.filter((line) => BAR.test(line)).length > 1) return [lines.map((line) => line.replace(BAR, "")).join("\n")];
  if (areNumbered(lines)) return [lines.map((line) => line.replace(LINE_NUMBER, "")).join("\n")];
  const begun = markedLines(lines, MARKS) ?? lines;
  const ended = markedLines(begun, END_MARKS) ?? begun;
  if (ended === lines) return [];
  const plain = ended.join("\n");
  // `cat -A` shows a carriage return and a tab as two characters.
  return [lines.at(-2)?.endsWith("$") === true ? plain.replaceAll("^M", "").replaceAll("^I", "\t") : plain];
}

/** The lines that have the mark which three of them or more and most of them have, without it. */
function markedLines(lines: readonly string[], marks: readonly RegExp[]): readonly string[] | undefined {
  const filled = lines.filter((line) => line.trim() !== "");
  for (const mark of marks) {
    const count = filled.filter((line) => mark.test(line)).length;
    if (count >= MIN_MARKED && count * 4 >= filled.length * 3) {
      return lines.filter((line) => mark.test(line) || line.trim() === "").map((line) => line.replace(mark, ""));
    }
  }
  return undefined;
}

function areNumbered(lines: readonly string[]): boolean {
  let expected: number | undefined;
  let count = 0;
  for (const line of lines) {
    const number = LINE_NUMBER.exec(line)?.[1];
    if (number === undefined) continue;
    if (expected !== undefined && Number(number) !== expected) return false;
    expected = Number(number) + 1;
    count += 1;
  }
  return count >= MIN_NUMBERED && count * 2 > lines.length;
}

/** Takes away the headers of chat messages: whole lines, and what stands before the text in one. */
export function undoChatHeaders(text: string): string[] {
  const lines = text.split("\n");
  const speakers = repeatedSpeakers(lines);
  let hasFound = false;
  const kept: string[] = [];
  for (const line of lines) {
    const begun = line.replace(/^[\s\u200e\u200f]{1,8}/, "");
    const speaker = SPEAKER.exec(line)?.[0] ?? "";
    const inlineLength = speakers.has(speaker) ? speaker.length : lengthOfInlineHeader(begun);
    if (inlineLength > 0) {
      hasFound = true;
      kept.push((speakers.has(speaker) ? line : begun).slice(inlineLength));
    } else if (isHeaderLine(line.trim())) hasFound = true;
    else kept.push(line);
  }
  return hasFound ? [kept.join("\n")] : [];
}

/** The beginnings `Ann: ` that more than one line has. */
function repeatedSpeakers(lines: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const line of lines) {
    const speaker = SPEAKER.exec(line)?.[0];
    if (speaker === undefined) continue;
    (seen.has(speaker) ? repeated : seen).add(speaker);
  }
  return repeated;
}

/** `[28.11.26, 10:24:31] Ann: `, `28/11/2026, 10:24 - Ann: `, `10:24 <Ann> `. @returns 0 where there is none */
function lengthOfInlineHeader(line: string): number {
  const begin = line.slice(0, MAX_STAMP_LENGTH + MAX_SPEAKER_LENGTH);
  const stampEnd = endOfStamp(begin);
  if (stampEnd === 0) return 0;
  const rest = begin.slice(stampEnd);
  const angle = /^ {0,2}<[^<>"\\]{1,40}> ?/.exec(rest);
  if (angle !== null) return stampEnd + angle[0].length;
  const name = /^ {0,2}(?:- )?[^:"\\{}[\]]{1,50}: ?/.exec(rest);
  return name === null ? 0 : stampEnd + name[0].length;
}

function endOfStamp(begin: string): number {
  if (begin.startsWith("[")) {
    const end = begin.indexOf("]");
    const inside = begin.slice(1, Math.max(end, 1));
    return end > 0 && end <= MAX_STAMP_LENGTH && !NO_HEADER.test(inside) && CLOCK_TIME.test(inside) ? end + 1 : 0;
  }
  if (!LEADING_TIME.test(begin)) return 0;
  const dash = begin.indexOf(" - ");
  const angle = begin.indexOf(" <");
  const end = dash === -1 ? angle : dash;
  return end > 0 && end <= MAX_STAMP_LENGTH ? end : 0;
}

/**
 * `Ann 10:24`, `Ann(12345) 2026/11/28 10:24:31`, `Ann, [28.11.2026 10:24]`, `Ann — Today at 10:24 AM`, `Ann:`,
 * `On Sat, 28 Nov 2026, Ann wrote:`, `-----Original Message-----`.
 */
function isHeaderLine(line: string): boolean {
  if (line === "" || line.length > MAX_HEADER_LENGTH || NO_HEADER.test(line) || ONLY_TIME_OR_HEX.test(line))
    return false;
  if (CLOCK_TIME.test(line) || WROTE_END.test(line) || RULE_BEGIN.test(line)) return true;
  return line.length <= MAX_STAMP_LENGTH && /[:：]$/.test(line) && !/^\d/.test(line);
}
