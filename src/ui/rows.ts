// Breaks a line of text into rows of a terminal. It is done here so that only the first row begins in the
// first column. Otherwise the peer's text could continue in a row that looks like a line of p2p.
// Every command prints by it, and most print no foreign text, so that it does not load the tables of widths itself.

const STYLING = /(\u001b\[[0-9;]*m)/;
/** Below U+0300 nothing is wider than a column, and nothing combines with the preceding character. */
const NARROW = /^[\u0020-\u02ff]*$/;
const ZERO_WIDTH = /^(?:\p{Mn}|\p{Me}|\u200d)$/u;
/** A terminal may show these separately, not joined to anything. */
const WIDE_ALONE = /^[\p{Regional_Indicator}\p{Emoji_Modifier}]$/u;
/** Minimum columns that a row keeps for text, however far it is indented. */
const MIN_ROOM_COLUMNS = 4;
/** No joined emoji needs to stay whole if it is wider than this. */
const WIDEST_COLUMNS = 8;

/** Measures one character in columns: never too few. */
type MeasureChar = (char: string) => number;

/** Without tables no character takes more than two columns per UTF-16 unit: rows may break early, never too late. */
let measureChar: MeasureChar = (char) => char.length * 2;

/** Replaces the upper bound by exact widths. `width.ts` does it when it is loaded. */
export function measureRowsBy(measure: MeasureChar): void {
  measureChar = measure;
}

/** Made on first use, because loading its data takes longer than most commands. */
let segmenter: Intl.Segmenter | undefined;

function graphemesOf(text: string): string[] {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

interface Piece {
  readonly text: string;
  /** Maximum columns; 0 for styling. */
  readonly columns: number;
  readonly kind: "styling" | "blank" | "text";
}

/**
 * Breaks a line into rows, after a blank or a wide character if there is one near the end.
 * @param rendered - text with the escape sequences of a Style, and no other control character
 * @param columns - width of the terminal
 * @param indentColumns - indent of all rows but the first; less if the terminal is too narrow, but never none
 */
export function rowsOf(rendered: string, columns: number, indentColumns: number): string[] {
  // No character takes more than two columns per UTF-16 unit.
  if (rendered.length * 2 < columns) return [rendered];
  const indent = Math.max(1, Math.min(indentColumns, columns - MIN_ROOM_COLUMNS));
  const nextRoom = Math.max(columns - indent, 1);
  const rows: string[] = [];
  let room = columns;
  let row: Piece[] = [];
  let used = 0;
  /** Number of pieces before the best break in the second half of the row. */
  let breakAt = 0;
  const endRow = (end: number): void => {
    const rest = row.slice(end);
    rows.push(" ".repeat(rows.length === 0 ? 0 : indent) + textOf(row.slice(0, end)).trimEnd());
    room = nextRoom;
    row = rest;
    used = columnsOf(rest);
    breakAt = 0;
  };
  /** The text carried over must fit into the next row, which may be much narrower than the first. */
  const isGoodBreak = (piece: Piece): boolean =>
    breakAt > 0 && piece.kind !== "blank" && columnsOf(row.slice(breakAt)) + piece.columns <= nextRoom;
  for (const piece of piecesOf(rendered, Math.min(WIDEST_COLUMNS, nextRoom))) {
    if (used + piece.columns > room && used > 0) endRow(isGoodBreak(piece) ? breakAt : row.length);
    // Blanks at a break are dropped.
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

/** @param widest - graphemes wider than this are split into characters */
function* piecesOf(rendered: string, widest: number): Generator<Piece> {
  for (const part of rendered.split(STYLING)) {
    if (part === "") continue;
    if (STYLING.test(part)) yield { text: part, columns: 0, kind: "styling" };
    else yield* piecesOfText(part, widest);
  }
}

function* piecesOfText(text: string, widest: number): Generator<Piece> {
  const graphemes = NARROW.test(text) ? text : graphemesOf(text);
  for (const grapheme of graphemes) {
    const columns = mostColumns(grapheme);
    if (columns > widest) yield* Array.from(grapheme, pieceOf);
    else yield { text: grapheme, columns, kind: grapheme === " " ? "blank" : "text" };
  }
}

function pieceOf(char: string): Piece {
  return { text: char, columns: columnsOfChar(char), kind: "text" };
}

/** Terminals differ in which characters they join, so each character counts as if it were alone. */
function mostColumns(grapheme: string): number {
  if (grapheme.length === 1) return columnsOfChar(grapheme);
  return Array.from(grapheme, columnsOfChar).reduce((sum, columns) => sum + columns, 0);
}

function columnsOfChar(char: string): number {
  if (char <= "\u02ff") return 1;
  if (ZERO_WIDTH.test(char)) return 0;
  return WIDE_ALONE.test(char) ? 2 : Math.max(1, measureChar(char));
}
