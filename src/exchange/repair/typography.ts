// Undoes what word processors, phones and chats put in the place of ASCII characters: quotation marks, dashes, spaces,
// full-width forms, invisible characters. The name that a person has chosen stays as it is: there such characters may be
// meant, and the digest of the document tells whether they were.

/** Characters that are not seen: zero-width ones, marks of direction, soft hyphens, variation selectors. */
const INVISIBLE =
  /[\u00ad\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ufe0e\ufe0f]|\u034f/g;
/** Colours and movements of a terminal. ECMA-48 §5.4. */
const TERMINAL_CODES = /\u001b\[[0-9;?]{0,32}[A-Za-z]/g;
/** French quotation marks have a space inside; outside it means nothing to JSON. */
const SPACED_QUOTES = /«[ \u00a0\u202f]?|[ \u00a0\u202f]?»/g;
const DOUBLE_QUOTES = /[“”„‟″‶«»〝〞〟＂❝❞「」『』]/g;
const SINGLE_QUOTES = /[‘’‚‛′‵‹›＇❛❜`´]/g;
const DASHES = /[‐‑‒–—―−﹘﹣⁃]/g;
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;
const LINE_BREAKS = /[\u0085\u2028\u2029\u000b\u000c]/g;
const FULL_WIDTH = /[\uff01-\uff5e]/g;
const FULL_WIDTH_OFFSET = 0xff01 - 0x21;
const ANY_SIGN =
  /[\u000b\u000c\u001b\u0085\u00a0\u00ab\u00ad\u00b4\u00bb\u061c\u115f\u1680\u180e\u2000-\u200f\u2010-\u203a\u2043\u205f-\u2069\u2212\u275b-\u275e\u3000\u300c-\u300f\u301d-\u301f\ufe58\ufe63\ufeff\uff01-\uff5e\ufff9-\ufffb]|[\ufe0e\ufe0f]|\u034f/;
const NAME_BEGIN = /["“”„″«»＂「」『』]\s?name\s?["“”„″«»＂「」『』]\s{0,20}[:：]\s{0,20}(?:«\s|["“”„″«»＂「」『』])/;
const NAME_END = /["“”„″«»＂「」『』]\s{0,200}[,，}｝]/g;
/** A name has at most 200 code units, each at most six characters in JSON. */
const MAX_NAME_TEXT = 1_300;

/** Undoes typographic characters everywhere but in the value of `name`. */
export function undoTypography(text: string): string[] {
  if (!ANY_SIGN.test(text)) return [];
  const begin = NAME_BEGIN.exec(text);
  if (begin === null) return changed(text, toAscii(text));
  const from = begin.index + begin[0].length;
  const rest = text.slice(from, from + MAX_NAME_TEXT);
  const end = Array.from(rest.matchAll(NAME_END)).find(({ index }) => rest.charAt(index - 1) !== "\\");
  if (end === undefined) return changed(text, toAscii(text));
  const to = from + end.index;
  return changed(text, toAscii(text.slice(0, from)) + text.slice(from, to) + toAscii(text.slice(to)));
}

function changed(before: string, after: string): string[] {
  return after === before ? [] : [after];
}

function toAscii(text: string): string {
  return text
    .replaceAll(TERMINAL_CODES, "")
    .replaceAll(INVISIBLE, "")
    .replaceAll(SPACED_QUOTES, '"')
    .replaceAll(DOUBLE_QUOTES, '"')
    .replaceAll(SINGLE_QUOTES, "'")
    .replaceAll(DASHES, "-")
    .replaceAll(SPACES, " ")
    .replaceAll(LINE_BREAKS, "\n")
    .replaceAll(FULL_WIDTH, (char) => String.fromCharCode(char.charCodeAt(0) - FULL_WIDTH_OFFSET));
}
