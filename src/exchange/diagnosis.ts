// Names what is wrong with a text that no repair makes readable: the most telling thing first, since a person can act on
// "cut off" or "a Word file" and on nothing more general.
import type { ForeignFormat } from "../lib/damage.ts";
import type { ExchangeFlaw } from "../lib/errors/flaw.ts";
import { undoEntities } from "./repair/markup.ts";
import { firstSignOf, mayHoldDocument } from "./repair/repairs.ts";
import { undoTypography } from "./repair/typography.ts";

/** First bytes of files that hold text in another form, as Latin-1 text. */
const FORMATS: readonly (readonly [begin: string, format: ForeignFormat])[] = [
  ["PK\u0003\u0004", "zip"],
  ["%PDF", "pdf"],
  ["\u00d0\u00cf\u0011\u00e0", "word"],
  ["\u0089PNG", "picture"],
  ["\u00ff\u00d8\u00ff", "picture"],
  ["GIF8", "picture"],
  // WebP, in which phones and chats keep pictures.
  ["RIFF", "picture"],
  ["\u001f\u008b", "gzip"],
  // RFC 1950 §2.2, the levels that no text begins with.
  ["x\u0001", "compressed"],
  ["x\u009c", "compressed"],
  ["x\u00da", "compressed"],
  // bzip2, xz, zstd.
  ["BZh9", "compressed"],
  ["\u00fd7zXZ", "compressed"],
  ["(\u00b5/\u00fd", "compressed"],
  ["7z\u00bc\u00af", "7z"],
  ["Rar!", "rar"],
];
/** The begins of zlib's levels, and of lz-string for a text that begins with `{"`: they may begin a word as well. */
const COMPRESSED_BEGIN = /^(?:e[JN]|eAE|N4Ig)/;
const BASE64 = /^[A-Za-z0-9+/_=\s-]+$/;
/** Shorter texts are words. */
const MIN_BASE64_LENGTH = 40;
/** No word and no key in hex is like this, and each row of base64 is. */
const LONG_WORD = /[A-Za-z0-9+/_-]{60}/;
const HEX = /^[0-9A-Fa-f\s]*$/;
/** The same in base64, as chats carry archives, and as programs compress their descriptions. */
const BASE64_FORMATS: readonly (readonly [begin: string, format: ForeignFormat])[] = [
  ["H4sI", "compressed"],
  ["UEsDB", "zip"],
  ["JVBERi", "pdf"],
  ["iVBORw0", "picture"],
  ["/9j/", "picture"],
  ["N3q8", "7z"],
];
/** A list of candidates alone, as programs print them one by one. */
const CANDIDATE_LINE = /^[ \t]{0,8}(?:a=)?candidate:[!-~]{1,64} \d/im;
/** Strings of JSON within JSON whose quotation marks have no backslash any more. */
const BARE_INNER_KEY = /"\{\s{0,200}(?:\\?n)?\s{0,200}"(?:candidate|sdp|type)"/;
/** The end of a list of bytes as Node.js prints it. */
const MORE = /\.\.\. \d{1,9} more (?:byte|item)/;
const PICTURES = /\p{Extended_Pictographic}/u;
const DOCUMENT_BEGIN = /\{\s{0,200}(?:["'\\&]|[A-Za-z_]{1,40}:)/;

/**
 * @param bytes - the file as it came
 * @param text - its text, trimmed
 */
export function diagnose(bytes: Uint8Array, text: string): ExchangeFlaw {
  if (text === "") return { flaw: "empty" };
  const format = formatOf(bytes, text);
  if (format !== undefined) return { flaw: "foreign-format", format };
  if (MORE.test(text)) return { flaw: "shortened" };
  if (!/[{]|^m=/m.test(text) && CANDIDATE_LINE.test(text)) return { flaw: "only-candidates" };
  const plain = undoEntities(text)[0] ?? text;
  const ascii = undoTypography(plain)[0] ?? plain;
  if (BARE_INNER_KEY.test(ascii)) return { flaw: "mangled", by: "backslashes" };
  // A text that shows nothing of an exchange file was not changed on its way: it is another text.
  const sign = mayHoldDocument(text) ? firstSignOf(text) : undefined;
  if (sign === "rtf") return { flaw: "mangled", by: "rtf" };
  if (isCutOff(ascii)) return { flaw: "cut-off", characters: text.length };
  if (sign !== undefined) return { flaw: "mangled", by: sign };
  if (/"(?:sdp|icecandidate)"/.test(text) && PICTURES.test(text)) return { flaw: "mangled", by: "pictures" };
  if (BASE64.test(text) && LONG_WORD.test(text) && !HEX.test(text)) return { flaw: "mangled", by: "base64" };
  return { flaw: "not-json" };
}

function formatOf(bytes: Uint8Array, text: string): ForeignFormat | undefined {
  const begin = String.fromCharCode(...bytes.subarray(0, 8));
  const format = FORMATS.find(([magic]) => begin.startsWith(magic))?.[1];
  if (format !== undefined || !BASE64.test(text)) return format;
  if (text.length >= MIN_BASE64_LENGTH && COMPRESSED_BEGIN.test(text)) return "compressed";
  return BASE64_FORMATS.find(([magic]) => text.startsWith(magic))?.[1];
}

/** Returns whether an object begins that does not end. */
function isCutOff(text: string): boolean {
  const begin = DOCUMENT_BEGIN.exec(text);
  if (begin === null) return false;
  let depth = 0;
  let isInString = false;
  for (let at = begin.index; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === "\\") at += 1;
    else if (char === '"') isInString = !isInString;
    else if (isInString) continue;
    else if (char === "{" || char === "[") depth += 1;
    else if (char === "}" || char === "]") depth -= 1;
    if (depth === 0 && !isInString) return false;
  }
  return true;
}
