// Finds a document in a text that has other text before and behind it: an object with the keys of an exchange file, a
// session description, or the armor of a sealed file.
import { candidatesIn, type PrintedCandidate } from "./printed-candidates.ts";

/** Braces that close nothing are tried no further than this: a text of nothing else must not take quadratic time. */
const MAX_OPEN_BRACES = 8;
/** Documents of one text that are looked at. */
const MAX_DOCUMENTS = 4;
/** A brace that begins an object, not one within a sentence. */
const OBJECT_BEGIN = /^\{\s{0,20}(?:["“”„'&\\]|$)/;
const MAX_BEGIN = 22;
/** Documents of ours and of the programs of 2018 have all their candidates in them. */
const OWN_PARTS = /expiresAt|icecandidate/;
const KEY_SIGN = /sdp|candidate/i;
const SDP_BEGIN = /(?:^|[\s=:：,"'`>「“])v=0[ \t]{0,8}\r?\n/;
const QUOTES: readonly string[] = ['"', "'", "`"];
const SDP_LINE = /^\s{0,8}[a-z]=/;

/** The documents within a text, in their order. */
export function undoSurroundings(text: string): string[] {
  const found = objectsIn(text);
  const sdp = found.length === 0 ? sessionDescriptionIn(text) : undefined;
  const all = sdp === undefined ? found : [sdp];
  const candidates = all.length === 0 ? [] : candidatesIn(text);
  return all.filter((each) => each !== text.trim() && (OWN_PARTS.test(each) || hasEach(each, candidates)));
}

/** Returns whether no candidate stands outside: then the text around is more than that, and another step puts it together. */
function hasEach(document: string, candidates: readonly PrintedCandidate[]): boolean {
  if (candidates.length === 0) return true;
  const own = new Set(candidatesIn(document).map(({ candidate }) => candidate));
  return candidates.every(({ candidate }) => own.has(candidate));
}

function objectsIn(text: string): string[] {
  const found: string[] = [];
  let open = 0;
  let from = text.indexOf("{");
  while (from !== -1 && found.length < MAX_DOCUMENTS && open < MAX_OPEN_BRACES) {
    const to = endOfObject(text, from);
    if (to === -1) {
      // A complete object within one that is cut off is a part of it.
      if (OBJECT_BEGIN.test(text.slice(from, from + MAX_BEGIN))) break;
      open += 1;
      from = text.indexOf("{", from + 1);
      continue;
    }
    const object = text.slice(from, to);
    if (KEY_SIGN.test(object)) found.push(object);
    from = text.indexOf("{", to);
  }
  return found;
}

/** @returns the place behind the brace that closes the one at `from`; -1 where none does */
function endOfObject(text: string, from: number): number {
  let depth = 0;
  let isInString = false;
  for (let at = from; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (isInString) {
      if (char === "\\") at += 1;
      else if (char === '"') isInString = false;
    } else if (char === '"') isInString = true;
    else if (char === "{" || char === "[") depth += 1;
    else if (char === "}" || char === "]") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

/** The lines from `v=0` on that are lines of a session description; blank ones between them are passed over. */
function sessionDescriptionIn(text: string): string | undefined {
  const begin = SDP_BEGIN.exec(text);
  if (begin === null) return undefined;
  const from = begin.index + begin[0].indexOf("v=0");
  // In a program or a table the text stands in quotation marks.
  const quote = text.charAt(from - 1);
  const to = QUOTES.includes(quote) ? text.indexOf(quote, from) : -1;
  const rows = text.slice(from, to === -1 ? text.length : to).split("\n");
  const end = rows.findIndex(isOther);
  // A description that continues after a row of another kind is broken, not surrounded: another step joins its lines.
  const next = end === -1 ? undefined : rows.slice(end).find((row) => SDP_LINE.test(row));
  if (next !== undefined && !next.trim().startsWith("v=0")) return from === 0 ? undefined : paragraphsOf(rows);
  const lines = (end === -1 ? rows : rows.slice(0, end)).filter((row) => SDP_LINE.test(row)).map((row) => row.trim());
  // Where something stands before each line, it is not the end of the text that was found.
  if (!lines.some((line) => line.startsWith("m="))) return undefined;
  return `${lines.join("\r\n")}\r\n`;
}

function isOther(row: string): boolean {
  return row.trim() !== "" && !SDP_LINE.test(row);
}

/** The rows to the end of the paragraph with the last line of a session description. */
function paragraphsOf(rows: readonly string[]): string {
  const last = rows.findLastIndex((row) => SDP_LINE.test(row));
  const blank = rows.findIndex((row, at) => at > last && row.trim() === "");
  return rows.slice(0, blank === -1 ? rows.length : blank).join("\n");
}
