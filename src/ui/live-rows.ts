// Rows at the bottom of a terminal that are repainted repeatedly. This only produces the bytes: the cursor
// is assumed to be `rowsBelow` rows below the last live row, which is where a typed line begins.
import { type Part, plainParts, renderRows } from "./style.ts";
import { displayWidth } from "./width.ts";

/** The line feed of a terminal in raw mode. */
export const NEW_LINE = "\r\n";
const LINE_START = "\r";
const CLEAR_DOWN = "\u001b[J";

const up = (rows: number): string => (rows > 0 ? `\u001b[${rows}A` : "");

/** Renders finished lines as bytes, broken into rows of the terminal, each with its line feed. */
export function printed(lines: readonly Part[][], columns: number): string {
  return lines
    .flatMap((line) => renderRows(line, columns))
    .map((row) => row + NEW_LINE)
    .join("");
}

export class LiveRows {
  #lines: readonly Part[][] = [];

  /**
   * Moves from the cursor to the first live row and clears everything from there down. If the terminal has become
   * narrower since they were painted, each row counts as the rows into which the terminal has wrapped it.
   */
  erase(columns: number, rowsBelow: number): string {
    const rows = this.#lines.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(displayWidth(plainParts(line)) / columns)),
      0,
    );
    return up(rows + rowsBelow) + LINE_START + CLEAR_DOWN;
  }

  /** Paints at the cursor, which must be at the start of an empty row; afterwards it is on the row below. */
  paint(lines: readonly Part[][], columns: number): string {
    this.#lines = lines;
    // Lines are made to fit; if a terminal shows one wider than calculated, the rest is cut rather than continued.
    return lines.map((line) => (renderRows(line, columns)[0] ?? "") + NEW_LINE).join("");
  }

  /** Erases the live rows, prints finished lines in their place, and repaints the live rows below. */
  above(lines: readonly Part[][], columns: number, rowsBelow: number): string {
    return this.erase(columns, rowsBelow) + printed(lines, columns) + this.paint(this.#lines, columns);
  }
}
