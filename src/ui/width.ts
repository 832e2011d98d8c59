// Measures the columns that text takes in a terminal, and cuts and pads by them. Full-width characters and emoji take
// two, combining marks none. Text must be free of control characters (escapeForDisplay) or widths are wrong.
import stringWidth from "string-width";
import { measureRowsBy } from "./rows.ts";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const ELLIPSIS = "…";

/**
 * Code units processed at once: segmenting a text into graphemes takes time quadratic in its length. Longer than any
 * grapheme that people write; a longer one is cut, and counts as two.
 */
const PIECE_UNITS = 256;

/** Returns the columns of one line of text. */
export function displayWidth(text: string): number {
  if (text.length <= PIECE_UNITS) return stringWidth(text);
  return piecesOf(text).reduce((width, segments) => width + stringWidth(segments.join("")), 0);
}

measureRowsBy(displayWidth);

/** Returns the graphemes of a text, piece by piece. */
function piecesOf(text: string): string[][] {
  const pieces: string[][] = [];
  let begin = 0;
  while (begin < text.length) {
    const piece = text.slice(begin, begin + PIECE_UNITS);
    const segments = Array.from(graphemes.segment(piece), ({ segment }) => segment);
    // The last grapheme may continue after the cut.
    if (begin + piece.length < text.length && segments.length > 1) segments.pop();
    pieces.push(segments);
    begin += segments.reduce((length, segment) => length + segment.length, 0);
  }
  return pieces;
}

/** Code units examined per column: more than any grapheme that people write has. */
const UNITS_PER_COLUMN = 32;

/** Returns the graphemes of the start of a text, or of its end with `fromEnd`: as many as `columns` can show. */
function segmentsOf(text: string, columns: number, fromEnd = false): string[] {
  const units = columns * UNITS_PER_COLUMN;
  const part = fromEnd ? text.slice(-units) : text.slice(0, units);
  const segments = piecesOf(part).flat();
  if (part.length === text.length) return segments;
  // The grapheme at the cut may be incomplete.
  return fromEnd ? segments.slice(1) : segments.slice(0, -1);
}

/** Returns the longest run of whole graphemes that fits, in the given order. */
function takeWithin(segments: readonly string[], columns: number): string[] {
  const taken: string[] = [];
  let used = 0;
  for (const segment of segments) {
    used += displayWidth(segment);
    if (used > columns) break;
    taken.push(segment);
  }
  return taken;
}

/** Cuts at the end, with an ellipsis, to at most `columns`. Graphemes are never split. */
export function truncateEnd(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns < 1) return "";
  return takeWithin(segmentsOf(text, columns), columns - 1).join("") + ELLIPSIS;
}

/** Cuts in the middle, so that the beginning and the extension of a file name stay, to at most `columns`. */
export function truncateMiddle(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns < 1) return "";
  const tailColumns = Math.floor((columns - 1) / 2);
  const tail = takeWithin(segmentsOf(text, columns, true).toReversed(), tailColumns)
    .toReversed()
    .join("");
  const head = takeWithin(segmentsOf(text, columns), columns - 1 - displayWidth(tail)).join("");
  return head + ELLIPSIS + tail;
}

/** Appends spaces up to `columns`; wider text is unchanged. */
export function padToEnd(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - displayWidth(text)));
}

/** Prepends spaces up to `columns`; wider text is unchanged. */
export function padToStart(text: string, columns: number): string {
  return " ".repeat(Math.max(0, columns - displayWidth(text))) + text;
}
