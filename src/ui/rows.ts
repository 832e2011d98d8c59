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

/** Pieces that stay in one row if they fit: a word, or a wide character with its punctuation. */
interface Word {
  readonly pieces: readonly Piece[];
  readonly columns: number;
  /** True for each part of a word that does not fit into any row but perhaps the first. */
  readonly isTooLong: boolean;
  /** True for the parts after the first of such a word. */
  readonly continues: boolean;
}

/** A row must not begin with these, nor end with those below: rules of Chinese typesetting. */
const CLOSES =
  /^[\u2019\u201d\u2026\u3001\u3002\u3009\u300b\u300d\u300f\u3011\uff01\uff09\uff0c\uff0e\uff1a\uff1b\uff1f!),.:;?\]}]$/;
const OPENS = /^[\u2018\u201c\u3008\u300a\u300c\u300e\u3010\uff08([{]$/;

/** A short code is copied from the screen: the terminal wraps it, so that it stays one line. */
const SHORT_CODE = /^p2p:[0-9a-z]{20}/;

/**
 * Breaks a line into rows at blanks and beside wide characters. A word is cut only if it is wider than a row.
 * @param rendered - text with the escape sequences of a Style, and no other control character
 * @param columns - width of the terminal
 * @param indentColumns - indent of all rows but the first; less if the terminal is too narrow, but never none
 */
export function rowsOf(rendered: string, columns: number, indentColumns: number): string[] {
  // No character takes more than two columns per UTF-16 unit.
  if (rendered.length * 2 < columns || SHORT_CODE.test(rendered)) return [rendered];
  const indent = Math.max(1, Math.min(indentColumns, columns - MIN_ROOM_COLUMNS));
  const nextRoom = Math.max(columns - indent, 1);
  const rows: string[] = [];
  let room = columns;
  let row = "";
  let used = 0;
  const endRow = (): void => {
    rows.push(" ".repeat(rows.length === 0 ? 0 : indent) + row.trimEnd());
    room = nextRoom;
    row = "";
    used = 0;
  };
  const add = (piece: Piece): void => {
    if (used + piece.columns > room && used > 0) endRow();
    // Blanks at a break are dropped.
    if (piece.kind === "blank" && used === 0 && rows.length > 0) return;
    row += piece.text;
    used += piece.columns;
  };
  for (const word of wordsOf(piecesOf(rendered, Math.min(WIDEST_COLUMNS, nextRoom)), nextRoom)) {
    const isCut = word.isTooLong && (word.continues || used * 2 < room);
    if (used + word.columns > room && used > 0 && !isCut) endRow();
    for (const piece of word.pieces) add(piece);
  }
  if (used > 0 || rows.length === 0) endRow();
  else rows.push(`${rows.pop() ?? ""}${row}`);
  return rows;
}

/** Groups pieces into words; a word wider than `room` comes in parts, so that no text has to be kept whole. */
function* wordsOf(pieces: Iterable<Piece>, room: number): Generator<Word> {
  let word: Piece[] = [];
  let columns = 0;
  let isTooLong = false;
  let last: Piece | undefined;
  for (const piece of pieces) {
    const isBreak = last !== undefined && mayBreakBetween(last, piece);
    const overflows = !isBreak && columns + piece.columns > room && columns > 0;
    if (isBreak || overflows) {
      yield { pieces: word, columns, isTooLong: isTooLong || overflows, continues: isTooLong };
      isTooLong = overflows;
      word = [];
      columns = 0;
    }
    word.push(piece);
    columns += piece.columns;
    if (piece.kind !== "styling") last = piece;
  }
  yield { pieces: word, columns, isTooLong, continues: isTooLong };
}

function mayBreakBetween(left: Piece, right: Piece): boolean {
  if (right.kind === "styling") return false;
  if (left.kind === "blank" || right.kind === "blank") return true;
  if (CLOSES.test(right.text) || OPENS.test(left.text)) return false;
  return left.columns > 1 || right.columns > 1;
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
