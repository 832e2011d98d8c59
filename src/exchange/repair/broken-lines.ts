// Undoes line breaks and tabs within JSON strings: mail programs wrap lines, terminals copy them wrapped. A break may
// have taken the place of a space or may stand in the middle of a word; the grammar of the line decides (line-grammar.ts).
// Only the name that a person has chosen has no grammar: there both are tried, and the digest of the document decides.
import { joinLine } from "./line-grammar.ts";

/** Marks a break within a string. No document holds it: U+E000 is for private use. */
const BREAK = "\ue000";
const BLANK = /[ \t\r\n]/;
/** Escapes of either level separate the lines of a session description and the strings of JSON within JSON. */
const SEPARATORS = /(\\{1,8}["/bfnrt])/;
/** Lines of a session description that end in real line feeds, as programs write them that only add quotation marks. */
const RAW_LINES = /"v=0[ \t]{0,8}\r?\n[ \t]{0,8}[a-z]=/;
/** Lines that define the names which others list. */
const NAME_LINE = /^a=(?:mid|rtpmap):([!-~]{1,64})(?: |$)/;
/** Breaks in the name for which all ways of joining are tried: sixteen at most. */
const MAX_NAME_BREAKS = 4;
/** In JSON, a number or a word that a line break divides. */
const DIVIDED_WORD = /([0-9A-Za-z.+-])[ \t]{0,8}\r?\n[ \t\r\n]{0,64}(?=[0-9A-Za-z.+-])/g;
const NAME_KEY = /"name"\s{0,20}:\s{0,20}$/;

/** A session description that stands alone. */
const BARE_BEGIN = /^\s{0,20}v=0[ \t]{0,8}\r?\n/;
const SDP_LINE = /^[a-z]=/;

/** Returns whether a session description that stands alone has lines that are none: rests of broken ones, or other text. */
export function hasBrokenDescription(text: string): boolean {
  return BARE_BEGIN.test(text) && text.split("\n").some((line) => isRest(line.trim()));
}

function isRest(line: string): boolean {
  return line !== "" && !SDP_LINE.test(line);
}

/** Joins the strings of JSON text that are broken. @returns several texts where the name is broken and a digest can decide */
export function undoBrokenLines(text: string): string[] {
  if (hasBrokenDescription(text)) return text.includes(BREAK) ? [] : [joinDescription(text)];
  if (!text.includes("{") || !/[\t\n\r]/.test(text) || text.includes(BREAK)) return [];
  const rawLines = RAW_LINES.exec(text);
  if (rawLines !== null) return [withEscapedLineEnds(text, rawLines.index + 1)];
  const marked = markBreaks(text);
  if (!marked.hasBreaks && marked.text === text) return [];
  if (!marked.isNameBroken) return [marked.text];
  if (!text.includes('"digest"')) return [];
  return waysToJoin(marked.text);
}

/** The texts in which each of the breaks that are left has taken the place of a space, or of nothing. */
function waysToJoin(text: string): string[] {
  const parts = text.split(BREAK);
  if (parts.length - 1 > MAX_NAME_BREAKS) return [];
  let ways = [parts[0] ?? ""];
  for (const part of parts.slice(1)) ways = ways.flatMap((way) => [`${way} ${part}`, way + part]);
  return ways;
}

/** @param begin - of a string's content; line ends in it become escapes */
function withEscapedLineEnds(text: string, begin: number): string {
  let end = begin;
  while (end < text.length && text.charAt(end) !== '"') end += text.charAt(end) === "\\" ? 2 : 1;
  const content = text.slice(begin, end).replaceAll(/\r?\n/g, "\\r\\n").replaceAll("\t", " ");
  return text.slice(0, begin) + content + text.slice(end);
}

interface Marked {
  /** Breaks are left in the name only. */
  text: string;
  hasBreaks: boolean;
  isNameBroken: boolean;
}

function markBreaks(text: string): Marked {
  const parts: string[] = [];
  let hasBreaks = false;
  let isNameBroken = false;
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const outside = text.slice(at, quote === -1 ? text.length : quote);
    parts.push(outside.replaceAll(DIVIDED_WORD, "$1"));
    if (quote === -1) break;
    const string = readString(text, quote);
    hasBreaks ||= string.hasBreaks;
    const isName = string.hasBreaks && NAME_KEY.test(parts.slice(-3).join("").slice(-60));
    isNameBroken ||= isName;
    parts.push(isName || !string.hasBreaks ? string.content : joinString(string.content));
    at = string.end;
  }
  return { text: parts.join(""), hasBreaks, isNameBroken };
}

/** Reads the string that begins at `from`; each break, with the blanks around it, is one mark, and a tab is a space. */
function readString(text: string, from: number): { content: string; hasBreaks: boolean; end: number } {
  const content = ['"'];
  let hasBreaks = false;
  let at = from + 1;
  for (;;) {
    const char = text.charAt(at);
    if (char === "") break;
    if (char === "\\") {
      // A break between the backslash and its character.
      const after = skipBreak(text, at + 1);
      hasBreaks ||= after > at + 1;
      content.push(char, text.charAt(after));
      at = after + 1;
    } else if (BLANK.test(char)) {
      const end = endOfBlanks(text, at);
      const blanks = text.slice(at, end);
      const isBreak = /[\n\r]/.test(blanks);
      hasBreaks ||= isBreak || blanks.includes("\t");
      // A break within the escape of a string in a string: its backslash is two here.
      const isWithinEscape = isBreak && content.at(-1) === "\\";
      if (!isWithinEscape) content.push(isBreak ? BREAK : blanks.replaceAll("\t", " "));
      at = end;
    } else {
      content.push(char);
      at += 1;
      if (char === '"') break;
    }
  }
  return { content: content.join(""), hasBreaks, end: at };
}

function skipBreak(text: string, from: number): number {
  const end = endOfBlanks(text, from);
  return /[\n\r]/.test(text.slice(from, end)) ? end : from;
}

function endOfBlanks(text: string, from: number): number {
  let end = from;
  while (end < text.length && BLANK.test(text.charAt(end))) end += 1;
  return end;
}

function joinString(content: string): string {
  return joinParts(content.split(SEPARATORS)).join("");
}

function joinDescription(text: string): string {
  const lines: string[] = [];
  for (const line of text.split("\n").map((each) => each.trim())) {
    if (isRest(line)) lines.push(`${lines.pop() ?? ""}${BREAK}${line}`);
    else if (line !== "") lines.push(line);
  }
  return `${joinParts(lines).join("\r\n")}\r\n`;
}

function joinParts(parts: readonly string[]): string[] {
  const names = new Set(parts.flatMap((part) => NAME_LINE.exec(part.replaceAll(BREAK, ""))?.[1] ?? []));
  return parts.map((part) => (part.includes(BREAK) ? joinLine(part, BREAK, names) : part));
}
