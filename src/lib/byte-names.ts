// Names that are not UTF-8, as text: on Linux a name is any bytes. Each byte that is not part of well-formed UTF-8 stands in
// the text as one lone surrogate, U+DC00 + byte (U+DC80 to U+DCFF), which no decoded text contains otherwise. So such
// names pass through all code that takes strings, and become the same bytes again at the disk and on the wire. This is
// the scheme of Python's `surrogateescape` (PEP 383).

const encoder = new TextEncoder();
// A byte order mark is part of a name.
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const ESCAPE_BASE = 0xdc00;
const FIRST_ESCAPE = 0xdc80;
const LAST_ESCAPE = 0xdcff;
/** Matches any half of a surrogate pair; only texts that have one are examined further. */
const SURROGATE_HALF = /[\ud800-\udfff]/;
/** With the flag `u` this matches lone surrogates only. */
const ESCAPED_BYTE = /[\udc80-\udcff]/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;
const ESCAPED_BYTES = /[\udc80-\udcff]/gu;

/** Returns the text of a name. Names that differ in any byte have different texts. */
export function decodeName(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return decodeOdd(bytes);
  }
}

/** Returns the bytes of a name. Lone surrogates that stand for no byte become U+FFFD. */
export function encodeName(name: string): Uint8Array {
  if (!SURROGATE_HALF.test(name) || !ESCAPED_BYTE.test(name)) return encoder.encode(name);
  const bytes = new Uint8Array(name.length * 3);
  let at = 0;
  for (const char of name) {
    const code = char.codePointAt(0) ?? 0;
    if (code >= FIRST_ESCAPE && code <= LAST_ESCAPE) {
      bytes[at] = code - ESCAPE_BASE;
      at += 1;
    } else {
      at += encoder.encodeInto(char, bytes.subarray(at)).written;
    }
  }
  return bytes.subarray(0, at);
}

/** Returns whether a name has bytes that are not UTF-8. */
export function isByteName(name: string): boolean {
  return SURROGATE_HALF.test(name) && ESCAPED_BYTE.test(name);
}

/** Returns the name with `\xe9` for each byte that is not UTF-8: well-formed text, for programs and people. */
export function printableName(name: string): string {
  if (!isByteName(name)) return name;
  return name.replace(ESCAPED_BYTES, (char) => `\\x${((char.codePointAt(0) ?? 0) - ESCAPE_BASE).toString(16)}`);
}

/** Returns a text for people without lone surrogates: each becomes U+FFFD. */
export function wellFormed(text: string): string {
  return SURROGATE_HALF.test(text) ? text.replace(LONE_SURROGATES, "\ufffd") : text;
}

function decodeOdd(bytes: Uint8Array): string {
  let text = "";
  let start = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += strictDecoder.decode(bytes.subarray(start, at)) + String.fromCharCode(ESCAPE_BASE + (bytes[at] ?? 0));
    at += 1;
    start = at;
  }
  return text + strictDecoder.decode(bytes.subarray(start));
}

/** Length of the well-formed sequence at an offset, 0 when there is none. The ranges are those of Unicode 15, table 3-7. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xc2 && first <= 0xdf ? 2 : first >> 4 === 0xe ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const second = bytes[at + 1] ?? 0;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let next = at + 2; next < at + length; next += 1) if ((bytes[next] ?? 0) >> 6 !== 0b10) return 0;
  return length;
}
