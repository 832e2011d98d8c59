// Finds a description, and the candidates beside it, in what a program has printed: a struct of Go, C#, Kotlin, Swift or
// Rust, a record of Python or Elixir, YAML, a log. Whatever the notation, the description begins with `v=0` and is either a
// literal in quotation marks or stands there as it is. The result is JSON, which the reader checks as any other.
import { MAX_DOCUMENT_BYTES } from "../limits.ts";
import { candidatesIn } from "./printed-candidates.ts";

/** The first line of a description and its end, which may be written as an escape. RFC 8866 §5.1. */
const BEGIN = /v=0[ \t]{0,8}(?:\r|\n|\\r|\\n)/g;
const SDP_LINE = /^[a-z]=/;
/** What our own documents and the programs of 2018 have: their parts are not to be put together anew. */
const OWN_SIGN = /expiresAt|icecandidate\\{0,4}["']/;
const QUOTES = "\"'`";
/** Signs that join the literals of one text, beside blanks. */
const JOINS = /^[\s+.&~\\]{0,200}$/;
const MAX_JOIN = 200;
/** Different descriptions that are kept: a second one is as bad as more. */
const MAX_DESCRIPTIONS = 2;
/** Places where one may begin: each is looked at to the end of the text. */
const MAX_PLACES = 8;
/** Characters from these places to the end of the text, all together: a long text has few places that begin nothing. */
const MAX_SCANNED = 2 * MAX_DOCUMENT_BYTES;
/** Characters before a description that may say whose it is. */
const LABEL_LENGTH = 60;
const OTHER_SIDE = /remote/i;
/** `type: OFFER`, `sdp_type: Offer`, `type=answer`, `type: App.SdpType.answer`, `"kind" => "offer"`. */
const TYPE_FIELD =
  /(?:type|kind)["')\]]{0,3}\s{0,8}(?:=>|[:=])?\s{0,8}["':]{0,2}(?:[A-Za-z_]{1,40}[.:]{1,2}){0,3}(offer|answer|pranswer|rollback)(?![a-z])/i;
const TYPE_WORDS: readonly string[] = ["offer", "answer"];
const WORD = /[a-z]+/gi;
const ESCAPE = /\\(u\{[0-9A-Fa-f]{1,6}\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[^])/g;
const CONTROLS: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };
const OPENING = /[({[<]/;
const CLOSING = /[)}\]>"'`,;]{1,8}$/;

/** A description within a text: its lines, and the place that it takes. */
interface Printed {
  sdp: string;
  from: number;
  to: number;
}

/** Returns JSON of the description in a printed text, with its type and the candidates around it; nothing if there is none. */
export function undoPrinting(text: string): string[] {
  if (OWN_SIGN.test(text) || isOpen(text)) return [];
  const found = descriptionsIn(text);
  const [first] = found;
  if (first === undefined) return [];
  const different = [...new Map(found.map((one) => [one.sdp, one])).values()];
  if (different.length > 1) return [JSON.stringify(different.map(({ sdp }) => ({ sdp })))];
  const rest = withoutDescriptions(text, found);
  const candidates = candidatesIn(rest);
  const type = typeOf(first.sdp, text.slice(Math.max(0, first.from - LABEL_LENGTH), first.from), rest);
  const json = JSON.stringify({
    ...(type === undefined ? {} : { type }),
    sdp: first.sdp,
    ...(candidates.length === 0 ? {} : { icecandidate: candidates }),
  });
  return json === text ? [] : [json];
}

/** Returns whether an object or a list begins that does not end: what is missing may be a part of the document. */
function isOpen(text: string): boolean {
  let depth = 0;
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quote !== "") {
      if (char === "\\") at += 1;
      else if (char === quote) quote = "";
    } else if (char === '"') quote = char;
    else if (char === "{" || char === "[") depth += 1;
    else if (char === "}" || char === "]") depth -= 1;
  }
  return depth > 0;
}

function descriptionsIn(text: string): Printed[] {
  const found: Printed[] = [];
  let charactersLeft = MAX_SCANNED;
  for (const [place, { index }] of Array.from(text.matchAll(BEGIN)).entries()) {
    if (place === MAX_PLACES) break;
    const last = found.at(-1);
    if ((last !== undefined && index < last.to) || found.length === MAX_DESCRIPTIONS) continue;
    if (/\w/.test(text.charAt(index - 1)) || OTHER_SIDE.test(text.slice(Math.max(0, index - LABEL_LENGTH), index)))
      continue;
    charactersLeft -= text.length - index;
    if (charactersLeft < 0) break;
    const quote = text.charAt(index - 1);
    const printed = quote !== "" && QUOTES.includes(quote) ? literalAt(text, index, quote) : rawAt(text, index);
    if (printed !== undefined && isWhole(printed.sdp)) found.push(printed);
  }
  return found;
}

/** Nothing in it but lines of a description: other rows are rests of broken ones. */
function isWhole(sdp: string): boolean {
  return /^m=/m.test(sdp) && rowsOf(sdp).every((row) => row === "" || SDP_LINE.test(row));
}

function rowsOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/).map((row) => row.trim());
}

/** A literal whose content begins at `from`, and those that are joined to it. */
function literalAt(text: string, from: number, quote: string): Printed | undefined {
  const parts: string[] = [];
  let begin = from;
  for (;;) {
    const end = endOfLiteral(text, begin, quote);
    if (end === -1) return undefined;
    parts.push(text.slice(begin, end));
    const next = text.indexOf(quote, end + 1);
    const isJoined = next !== -1 && next - end <= MAX_JOIN && JOINS.test(text.slice(end + 1, next));
    if (!isJoined || !SDP_LINE.test(text.slice(next + 1, next + 3)))
      return { sdp: unescaped(parts), from, to: end + 1 };
    begin = next + 1;
  }
}

function endOfLiteral(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === "\\") at += 1;
    else if (char === quote) return at;
  }
  return -1;
}

function unescaped(parts: readonly string[]): string {
  return parts.join("").replaceAll(ESCAPE, (_, escaped: string) => {
    const digits = /[0-9A-Fa-f]{2,6}/.exec(escaped.slice(1))?.[0];
    if (digits === undefined) return CONTROLS[escaped] ?? escaped;
    const code = Number.parseInt(digits, 16);
    return code <= 0x10_ffff ? String.fromCodePoint(code) : "";
  });
}

/** Lines that stand there as they are, or in one row with escapes between them. */
function rawAt(text: string, from: number): Printed | undefined {
  const isEscaped = /^v=0[ \t]{0,8}\\/.test(text.slice(from, from + 12));
  const rowEnd = text.slice(from).search(/[\r\n]/);
  const to = isEscaped && rowEnd !== -1 ? from + rowEnd : text.length;
  const source = text.slice(from, to);
  const body = isEscaped ? unescaped([source]) : source;
  const rows = rowsOf(body);
  const end = rows.findIndex((row) => row !== "" && !SDP_LINE.test(row));
  const lines = (end === -1 ? rows : rows.slice(0, end)).filter((row) => row !== "");
  // What goes on behind a row of another kind is broken, not printed.
  const behind = end === -1 ? [] : rows.slice(end);
  if (behind.some((row) => SDP_LINE.test(row) && !/^a=(?:candidate:|end-of-candidates)/i.test(row))) return undefined;
  const isEnclosed = OPENING.test(text.slice(Math.max(0, from - LABEL_LENGTH), from));
  const last = lines.pop() ?? "";
  lines.push(isEnclosed ? last.replace(CLOSING, "") : last);
  return {
    sdp: lines.map((line) => `${line}\r\n`).join(""),
    from,
    to: isEscaped ? to : endOfRows(text, from, lines.length),
  };
}

/** The place behind so many rows that are not blank. */
function endOfRows(text: string, from: number, count: number): number {
  let at = from;
  let left = count;
  while (left > 0 && at < text.length) {
    const length = text.slice(at).search(/[\r\n]/);
    const end = length === -1 ? text.length : at + length;
    if (text.slice(at, end).trim() !== "") left -= 1;
    at = end + 1;
  }
  return Math.min(at, text.length);
}

function withoutDescriptions(text: string, found: readonly Printed[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { from, to } of found) {
    parts.push(text.slice(at, from));
    at = to;
  }
  return [...parts, text.slice(at)].join("\n");
}

/**
 * The type that a field of the text says, or the only one that is a word of it. A word does not outweigh the description: an
 * offer leaves the part in the handshake open, and an answer never does (RFC 8842 §5).
 */
function typeOf(sdp: string, before: string, rest: string): string | undefined {
  const field = (TYPE_FIELD.exec(before) ?? TYPE_FIELD.exec(rest))?.[1];
  if (field !== undefined) return field.toLowerCase();
  const all = Array.from(rest.matchAll(WORD), ([word]) => word.toLowerCase());
  const words = new Set(all.filter((word) => TYPE_WORDS.includes(word)));
  const [word] = words;
  const isOpenPart = /^a=setup:\s*actpass\b/im.test(sdp);
  return words.size === 1 && (word === "offer") === isOpenPart ? word : undefined;
}
