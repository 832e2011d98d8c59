// A line of text as rows of a terminal: broken here, and not by the terminal, so that no row but the first begins at the
// first column. What the other side has written could else continue in a row that looks like a line of p2p.
import { displayWidth } from "./width.ts";

const STYLING = /(\u001b\[[0-9;]*m)/;
/** Below U+0300 nothing is wider than a column, and nothing joins what stands before. */
const NARROW = /^[\u0020-\u02ff]*$/;
const ZERO_WIDTH = /^(?:\p{Mn}|\p{Me}|\u200d)$/u;
/** A terminal may show these on their own, joined to nothing. */
const WIDE_ALONE = /^[\p{Regional_Indicator}\p{Emoji_Modifier}]$/u;
const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** Room that a row keeps for text, however far it is indented. */
const MIN_ROOM_COLUMNS = 4;
/** No picture that is joined of more has to stay whole. */
const WIDEST_COLUMNS = 8;

interface Piece {
  readonly text: string;
  /** Columns at most; 0 for styling. */
  readonly columns: number;
  readonly kind: "styling" | "blank" | "text";
}

/**
 * Breaks a line into rows, behind a blank or a wide character where there is one near the end.
 * @param rendered - with the escape sequences of a Style, and no other control character
 * @param columns - of the terminal
 * @param indentColumns - of all rows but the first; less where the terminal is too narrow, but never none
 */
export function rowsOf(rendered: string, columns: number, indentColumns: number): string[] {
  // Nothing takes more than two columns a UTF-16 unit.
  if (rendered.length * 2 < columns) return [rendered];
  const indent = Math.max(1, Math.min(indentColumns, columns - MIN_ROOM_COLUMNS));
  const nextRoom = Math.max(columns - indent, 1);
  const rows: string[] = [];
  let room = columns;
  let row: Piece[] = [];
  let used = 0;
  /** Pieces of the row before a place where it may be broken well, in its second half. */
  let breakAt = 0;
  const endRow = (end: number): void => {
    const rest = row.slice(end);
    rows.push(" ".repeat(rows.length === 0 ? 0 : indent) + textOf(row.slice(0, end)).trimEnd());
    room = nextRoom;
    row = rest;
    used = columnsOf(rest);
    breakAt = 0;
  };
  /** What is carried over must fit into the next row, which may have far less room than the first. */
  const isGoodBreak = (piece: Piece): boolean =>
    breakAt > 0 && piece.kind !== "blank" && columnsOf(row.slice(breakAt)) + piece.columns <= nextRoom;
  for (const piece of piecesOf(rendered, Math.min(WIDEST_COLUMNS, nextRoom))) {
    if (used + piece.columns > room && used > 0) endRow(isGoodBreak(piece) ? breakAt : row.length);
    // Blanks at a break are not seen.
    if (piece.kind === "blank" && used === 0 && rows.length > 0) continue;
    row.push(piece);
    used += piece.columns;
    if ((piece.kind === "blank" || piece.columns > 1) && used * 2 >= room) breakAt = row.length;
  }
  if (used > 0 || rows.length === 0) endRow(row.length);
  else rows.push(`${rows.pop() ?? ""}${textOf(row)}`);
  return rows;
}

function textOf(pieces: readonly Piece[]): string {
  return pieces.map(({ text }) => text).join("");
}

function columnsOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { columns }) => sum + columns, 0);
}

/** @param widest - what joins to more columns is taken apart */
function* piecesOf(rendered: string, widest: number): Generator<Piece> {
  for (const part of rendered.split(STYLING)) {
    if (part === "") continue;
    if (STYLING.test(part)) yield { text: part, columns: 0, kind: "styling" };
    else yield* piecesOfText(part, widest);
  }
}

function* piecesOfText(text: string, widest: number): Generator<Piece> {
  const graphemes = NARROW.test(text) ? text : Array.from(GRAPHEMES.segment(text), ({ segment }) => segment);
  for (const grapheme of graphemes) {
    const columns = mostColumns(grapheme);
    if (columns > widest) yield* Array.from(grapheme, pieceOf);
    else yield { text: grapheme, columns, kind: grapheme === " " ? "blank" : "text" };
  }
}

function pieceOf(char: string): Piece {
  return { text: char, columns: columnsOfChar(char), kind: "text" };
}

/** Terminals differ in what they join: each character counts as if it stood alone. */
function mostColumns(grapheme: string): number {
  if (grapheme.length === 1) return columnsOfChar(grapheme);
  return Array.from(grapheme, columnsOfChar).reduce((sum, columns) => sum + columns, 0);
}

function columnsOfChar(char: string): number {
  if (char <= "\u02ff") return 1;
  if (ZERO_WIDTH.test(char)) return 0;
  return WIDE_ALONE.test(char) ? 2 : Math.max(1, displayWidth(char));
}
