// Undoes what tools for bytes make of a text: hex dumps (xxd, hexdump, od, Format-Hex), uuencode (POSIX uuencode) and
// UTF-7 (RFC 2152).
import { bytesOfBase64 } from "../../lib/bytes.ts";
import { decodeText } from "../document-text.ts";
import { MAX_DOCUMENT_BYTES } from "../limits.ts";

/** The offset at the begin of a row, and what follows it. */
const ROW = /^[ \t]{0,8}(?:0x)?([0-9A-Fa-f]{4,16})(:?)(?:[ \t]{1,4}(.*))?$/;
/** What `od -c` prints: characters, and octal numbers for others. It is named, not read. */
const CHARACTER_ROW = /^[0-7]{7} {2,4}\S/;
/** Bytes of a row without colon: what follows them is the same as characters. */
const ROW_BYTES = 16;
const HEX_WORD = /^(?:[0-9A-Fa-f]{2})+$/;
const MIN_ROWS = 3;
/** Digits alone, in lines, in pairs or as a program lists them. */
const PLAIN_HEX = /^[0-9A-Fa-fx\s,]+$/;
const MIN_PLAIN_LINE = 32;
const MIN_PLAIN_DIGITS = 256;
/** What is in each document: digits of something else are no hex dump. */
const DOCUMENT_SIGN = /sdp|v=0|ENCRYPTED/;

const BETWEEN_BYTES = /[\s,:;<>[\](){}"'\\-]{1,16}/;
const HEX_BYTE = /^(?:0?x)?[0-9A-Fa-f]{2}$/;
const DECIMAL_BYTE = /^(?:1?\d{1,2}|2[0-4]\d|25[0-5])$/;
/** More than the longest fingerprint has. */
const MIN_PRINTED_BYTES = 70;

const UU_BEGIN = /^begin [0-7]{3,4} .{1,255}$/m;
const UU_ROW = /^[ -`]{2,90}$/;

const UTF7_SIGN = /\+(?:AHs|ACI|AFw|AH0)/;
const UTF7_RUN = /\+([A-Za-z0-9+/]*)-?/g;

interface Row {
  offset: string;
  bytes: number[];
}

/** Undoes a hex dump. @returns one text without content where rows are missing: no reader can tell what was in them */
export function undoHexDump(text: string): string[] {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  const rows = rowsOf(lines);
  if (rows === undefined) {
    return lines.filter((line) => CHARACTER_ROW.test(line)).length < MIN_ROWS ? plainHex(text) : [""];
  }
  const bytes = bytesOfRows(rows, 16) ?? bytesOfRows(rows, 8);
  return [bytes === undefined ? "" : decodeText(Uint8Array.from(bytes)).text];
}

/** @returns the rows from the first to the last; `*` stands for rows that are equal to the one before */
function rowsOf(lines: readonly string[]): (Row | "*")[] | undefined {
  const rows: (Row | "*")[] = [];
  for (const line of lines) {
    const row = ROW.exec(line);
    if (row !== null) rows.push({ offset: row[1] ?? "", bytes: bytesOfRow(row[3] ?? "", row[2] === ":") });
    else if (line.trim() === "*") rows.push("*");
  }
  return rows.filter((row) => row !== "*" && row.bytes.length > 0).length < MIN_ROWS ? undefined : rows;
}

function bytesOfRow(rest: string, hasColon: boolean): number[] {
  const digits: string[] = [];
  let count = 0;
  let wasBlank = false;
  for (const word of rest.split(" ")) {
    if (word === "") {
      // What follows two spaces here, or three there, are the characters.
      if (hasColon || wasBlank) break;
      wasBlank = true;
      continue;
    }
    wasBlank = false;
    if (!HEX_WORD.test(word) || (!hasColon && count + word.length / 2 > ROW_BYTES)) break;
    digits.push(word);
    count += word.length / 2;
  }
  // hexdump and od show two bytes as one number, whose low byte comes first.
  const areNumbers = !hasColon && digits.every((word) => word.length === 4);
  return digits.flatMap((word) => {
    const bytes = (word.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
    return areNumbers ? bytes.toReversed() : bytes;
  });
}

/** @returns undefined where the offsets are not those of the bytes before them */
function bytesOfRows(rows: readonly (Row | "*")[], radix: 8 | 16): number[] | undefined {
  const bytes: number[] = [];
  let begin: number | undefined;
  let last: readonly number[] = [];
  let isRepeated = false;
  for (const row of rows) {
    if (row === "*") {
      isRepeated = true;
      continue;
    }
    const offset = Number.parseInt(row.offset, radix);
    begin ??= offset;
    // A number of two bytes is shown for the last one too.
    if (offset - begin === bytes.length - 1 && bytes.at(-1) === 0) bytes.pop();
    const missing = offset - begin - bytes.length;
    if (missing !== 0 && (!isRepeated || last.length === 0 || missing < 0)) return undefined;
    // Rows that are left out make a short dump of any number of bytes.
    if (offset - begin > MAX_DOCUMENT_BYTES) return undefined;
    while (bytes.length < offset - begin) append(bytes, last);
    if (bytes.length !== offset - begin) return undefined;
    isRepeated = false;
    append(bytes, row.bytes);
    last = row.bytes;
  }
  return bytes;
}

/** A row of another program may be the whole file: more bytes than a call can have arguments. */
function append(bytes: number[], more: readonly number[]): void {
  for (const byte of more) bytes.push(byte);
}

function plainHex(text: string): string[] {
  const run = longestRun(text.split("\n"));
  const digits = run.replaceAll(/0x|[\s,]+/g, "");
  if (digits.length < MIN_PLAIN_DIGITS || digits.length % 2 !== 0) return printedBytes(text);
  const bytes = Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const inner = decodeText(bytes).text;
  return DOCUMENT_SIGN.test(inner) ? [inner] : printedBytes(text);
}

/** The bytes that a program prints as a list: `<Buffer 7b 22 …>`, `[123 34 …]`, `7B-22-…`, `\x7b\x22…`. */
function printedBytes(text: string): string[] {
  const words = text.split(BETWEEN_BYTES);
  const hex = longestRunOf(words, HEX_BYTE);
  const decimal = longestRunOf(words, DECIMAL_BYTE);
  const [run, radix] = decimal.length > hex.length ? [decimal, 10] : [hex, 16];
  if (run.length < MIN_PRINTED_BYTES) return [];
  const bytes = run.map((word) => Number.parseInt(word.replace(/^0?x/, ""), radix));
  const inner = decodeText(Uint8Array.from(bytes)).text;
  return DOCUMENT_SIGN.test(inner) ? [inner] : [];
}

function longestRunOf(words: readonly string[], form: RegExp): readonly string[] {
  let longest: readonly string[] = [];
  let from = 0;
  for (let at = 0; at <= words.length; at += 1) {
    if (form.test(words[at] ?? "")) continue;
    if (at - from > longest.length) longest = words.slice(from, at);
    from = at + 1;
  }
  return longest;
}

/** The longest run of lines of nothing but digits; the last may be a short one. */
function longestRun(lines: readonly string[]): string {
  let longest = "";
  let run: string[] = [];
  for (const line of [...lines, "."]) {
    if (PLAIN_HEX.test(line) && (run.length > 0 || line.length >= MIN_PLAIN_LINE)) {
      run.push(line);
      continue;
    }
    const joined = run.join("\n");
    if (joined.length > longest.length) longest = joined;
    run = [];
  }
  return longest;
}

/** Undoes uuencode: each row tells its length in its first character. */
export function undoUuencode(text: string): string[] {
  const begin = UU_BEGIN.exec(text);
  if (begin === null) return [];
  const bytes: number[] = [];
  for (const line of text.slice(begin.index + begin[0].length + 1).split("\n")) {
    const row = line.replace(/\r$/, "");
    if (row === "end" || !UU_ROW.test(row)) break;
    const count = sixBits(row, 0);
    const decoded: number[] = [];
    for (let at = 1; decoded.length < count; at += 4) {
      const [a, b, c, d] = [0, 1, 2, 3].map((offset) => sixBits(row, at + offset)) as [number, number, number, number];
      decoded.push((a << 2) | (b >> 4), ((b & 15) << 4) | (c >> 2), ((c & 3) << 6) | d);
    }
    bytes.push(...decoded.slice(0, count));
  }
  return bytes.length === 0 ? [] : [decodeText(Uint8Array.from(bytes)).text];
}

/** A space at the end of a row may be gone. */
function sixBits(row: string, at: number): number {
  return ((row.codePointAt(at) ?? 32) - 32) & 63;
}

/** Undoes UTF-7. */
export function undoUtf7(text: string): string[] {
  if (!UTF7_SIGN.test(text)) return [];
  return [
    text.replaceAll(UTF7_RUN, (whole, digits: string) => {
      if (digits === "") return whole === "+-" ? "+" : whole;
      const bytes = bytesOfBase64(digits.slice(0, digits.length - (digits.length % 4 === 1 ? 1 : 0)));
      return new TextDecoder("utf-16be").decode(bytes.subarray(0, bytes.length - (bytes.length % 2)));
    }),
  ];
}
