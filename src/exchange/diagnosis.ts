// Names what is wrong with a text that no repair makes readable: the most telling thing first, since a person can act on
// "cut off" or "a Word file" and on nothing more general.
import type { ForeignFormat } from "../lib/damage.ts";
import type { ExchangeFlaw } from "../lib/errors/flaw.ts";
import { signsOf } from "./repair/repairs.ts";
import { undoTypography } from "./repair/typography.ts";

/** First bytes of files that hold text in another form, as Latin-1 text. */
const FORMATS: readonly (readonly [begin: string, format: ForeignFormat])[] = [
  ["PK\u0003\u0004", "zip"],
  ["%PDF", "pdf"],
  ["\u00d0\u00cf\u0011\u00e0", "word"],
  ["\u0089PNG", "picture"],
  ["\u00ff\u00d8\u00ff", "picture"],
  ["GIF8", "picture"],
  ["\u001f\u008b", "gzip"],
  ["7z\u00bc\u00af", "7z"],
  ["Rar!", "rar"],
];
/** The same in base64, as chats carry archives. */
const BASE64_FORMATS: readonly (readonly [begin: string, format: ForeignFormat])[] = [
  ["H4sI", "gzip"],
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
const PICTURES = /\p{Extended_Pictographic}/u;
const DOCUMENT_BEGIN = /\{\s{0,200}["'\\&]/;

/**
 * @param bytes - the file as it came
 * @param text - its text, trimmed
 */
export function diagnose(bytes: Uint8Array, text: string): ExchangeFlaw {
  if (text === "") return { flaw: "empty" };
  const format = formatOf(bytes);
  if (format !== undefined) return { flaw: "foreign-format", format };
  if (!text.includes("{") && CANDIDATE_LINE.test(text)) return { flaw: "only-candidates" };
  const ascii = undoTypography(text)[0] ?? text;
  if (BARE_INNER_KEY.test(ascii)) return { flaw: "mangled", by: "backslashes" };
  const signs = signsOf(text);
  const [sign] = signs;
  if (sign === "rtf") return { flaw: "mangled", by: "rtf" };
  if (isCutOff(ascii)) return { flaw: "cut-off", characters: text.length };
  if (sign !== undefined) return { flaw: "mangled", by: sign };
  if (/"(?:sdp|icecandidate)"/.test(text) && PICTURES.test(text)) return { flaw: "mangled", by: "pictures" };
  return { flaw: "not-json" };
}

function formatOf(bytes: Uint8Array): ForeignFormat | undefined {
  const begin = String.fromCharCode(...bytes.subarray(0, 8));
  return [...FORMATS, ...BASE64_FORMATS].find(([magic]) => begin.startsWith(magic))?.[1];
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
