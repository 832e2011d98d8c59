// The text of an exchange file: decoded from bytes as people and their tools carry them, and encoded as the programs of
// 2018 write it. It knows nothing of the fields.

/** CommonMark 0.31 §4.5. */
const MIN_FENCE_WIDTH = 3;
/** Bytes at the beginning that tell UTF-16 without BOM from UTF-8. */
const BYTES_TO_GUESS = 1_024;

export interface DocumentText {
  text: string;
  isUtf16: boolean;
  isFenced: boolean;
}

/**
 * Decodes the bytes: UTF-8 or UTF-16, with or without BOM; white space and a Markdown code fence are removed.
 * Bytes that are not UTF-8 become U+FFFD, so anything but text fails where JSON is expected.
 */
export function readDocumentText(bytes: Uint8Array): DocumentText {
  const decoded = decodeText(bytes);
  const text = decoded.text.trim();
  const unfenced = withoutFence(text);
  return { text: unfenced, isUtf16: decoded.isUtf16, isFenced: unfenced !== text };
}

/**
 * Decodes bytes as UTF-8 or UTF-16, with or without BOM. UTF-16 without BOM is known by its zeros: every other byte of
 * ASCII text is one.
 */
export function decodeText(bytes: Uint8Array): { text: string; isUtf16: boolean } {
  const encoding = encodingOf(bytes);
  return { text: new TextDecoder(encoding).decode(bytes), isUtf16: encoding !== "utf-8" };
}

function encodingOf(bytes: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  const begin = bytes.subarray(0, BYTES_TO_GUESS);
  const zerosAt = (parity: number): number => begin.filter((byte, at) => byte === 0 && at % 2 === parity).length;
  // Text before a document may be in any script; the document itself is ASCII.
  const enough = begin.length / 4;
  if (zerosAt(1) >= enough && zerosAt(0) === 0) return "utf-16le";
  return zerosAt(0) >= enough && zerosAt(1) === 0 ? "utf-16be" : "utf-8";
}

/**
 * The text between the lines of a code fence: three or more of one mark, and anything after them on the first line. A
 * closing fence may be missing: a selection with the mouse often ends one line early. Takes time linear in the length
 * of any text.
 */
function withoutFence(text: string): string {
  const mark = text.charAt(0);
  if (mark !== "`" && mark !== "~") return text;
  let width = 1;
  while (text.charAt(width) === mark) width += 1;
  const lineFeed = text.indexOf("\n");
  const lineEnd = lineFeed === -1 ? text.length : lineFeed;
  if (width < MIN_FENCE_WIDTH || text.slice(width, lineEnd).includes("`")) return text;
  const fence = mark.repeat(width);
  const body = text.slice(lineEnd).trim();
  return (body.endsWith(fence) ? body.slice(0, -width) : body).trim();
}

/** The result of `JSON.parse`, or undefined where it throws. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Several JSON objects or lists one after another, as signalling programs log their messages: a line each, or with nothing
 * or a comma between them.
 * @returns the list of them; undefined where the text is not that
 */
export function parseJsonSequence(text: string): unknown[] | undefined {
  const values: unknown[] = [];
  let at = 0;
  while (at < text.length) {
    const end = endOfJson(text, at);
    const value = end === -1 ? undefined : parseJson(text.slice(at, end));
    if (value === undefined) return undefined;
    values.push(value);
    at = end;
    while (/[\s,]/.test(text.charAt(at))) at += 1;
  }
  return values.length < 2 ? undefined : values;
}

/** @returns the place behind the brace or bracket that closes the one at `from`; -1 where there is none */
function endOfJson(text: string, from: number): number {
  let depth = 0;
  let isInString = false;
  for (let at = from; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === "\\" && isInString) at += 1;
    else if (char === '"') isInString = !isInString;
    else if (!isInString && /[{[]/.test(char)) depth += 1;
    else if (!isInString && /[}\]]/.test(char)) depth -= 1;
    if (depth === 0) return at > from ? at + 1 : -1;
  }
  return -1;
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** JSON in the layout of the 2018 files: three spaces per level, ` : ` between key and value, line feed at the end. */
export function formatJson(value: Json): string {
  return `${formatValue(value, "")}\n`;
}

function formatValue(value: Json, indent: string): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const inner = `${indent}   `;
  const isList = Array.isArray(value);
  const items = isList
    ? value.map((item: Json) => inner + formatValue(item, inner))
    : Object.entries(value).map(([key, item]) => `${inner}${JSON.stringify(key)} : ${formatValue(item, inner)}`);
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  return items.length === 0 ? open + close : `${open}\n${items.join(",\n")}\n${indent}${close}`;
}
