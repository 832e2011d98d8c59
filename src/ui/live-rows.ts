// Rows at the bottom of a terminal that are painted over again and again. It only makes the bytes: the cursor
// is taken to be `rowsBelow` rows under the last live row, which is where a typed line begins.
import { type Part, plainParts, renderRows } from "./style.ts";
import { displayWidth } from "./width.ts";

const NEW_LINE = "\r\n";
const LINE_START = "\r";
const CLEAR_DOWN = "\u001b[J";

const up = (rows: number): string => (rows > 0 ? `\u001b[${rows}A` : "");

/** Finished lines as bytes, broken into rows of the terminal, each with its line feed. */
export function printed(lines: readonly Part[][], columns: number): string {
  return lines
    .flatMap((line) => renderRows(line, columns))
    .map((row) => row + NEW_LINE)
    .join("");
}

export class LiveRows {
  #lines: readonly Part[][] = [];

  /**
   * Moves from the cursor to the first live row and clears everything from there down. The terminal may have
   * become narrower since they were painted: then each takes the rows into which it was wrapped.
   */
  erase(columns: number, rowsBelow: number): string {
    const rows = this.#lines.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(displayWidth(plainParts(line)) / columns)),
      0,
    );
    return up(rows + rowsBelow) + LINE_START + CLEAR_DOWN;
  }

  /** Paints at the cursor, which must be at the start of an empty row and is on the row below afterwards. */
  paint(lines: readonly Part[][], columns: number): string {
    this.#lines = lines;
    // They are made to fit; what a terminal may show wider than they were made is cut rather than continued.
    return lines.map((line) => (renderRows(line, columns)[0] ?? "") + NEW_LINE).join("");
  }

  /** Erases, prints finished lines in the place of the live rows, and paints those again below. */
  above(lines: readonly Part[][], columns: number, rowsBelow: number): string {
    return this.erase(columns, rowsBelow) + printed(lines, columns) + this.paint(this.#lines, columns);
  }
}
