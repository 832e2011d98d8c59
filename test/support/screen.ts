// A terminal in memory: as much of one as the conversation uses, with automatic wrapping and wide characters.
// A sequence that it does not know fails the test, so that nothing foreign gets through unseen.
import { displayWidth } from "../../src/ui/width.ts";

const SEQUENCE = /^\u001b\[(\??)(\d*)([A-Za-z])/;
const TAB = 8;

export class Screen {
  readonly columns: number;
  /** From the first line ever written; nothing scrolls out. */
  #rows: string[][] = [[]];
  #row = 0;
  #column = 0;
  #isPasteBracketed = false;

  constructor(columns: number) {
    this.columns = columns;
  }

  get isPasteBracketed(): boolean {
    return this.#isPasteBracketed;
  }

  get cursor(): { row: number; column: number } {
    return { row: this.#row, column: this.#column };
  }

  /** What stands there, without white space at the ends. */
  get lines(): string[] {
    const lines = this.#rows.map((row) =>
      Array.from(row, (cell) => cell ?? " ")
        .join("")
        .trimEnd(),
    );
    while (lines.length > 0 && lines.at(-1) === "") lines.pop();
    return lines;
  }

  write(bytes: string): void {
    let rest = bytes;
    while (rest !== "") {
      const sequence = SEQUENCE.exec(rest);
      if (sequence !== null) {
        this.#obey(sequence[1] ?? "", sequence[2] ?? "", sequence[3] ?? "");
        rest = rest.slice(sequence[0].length);
        continue;
      }
      const char = String.fromCodePoint(rest.codePointAt(0) ?? 0);
      this.#put(char);
      rest = rest.slice(char.length);
    }
  }

  #put(char: string): void {
    if (char === "\r") {
      this.#column = 0;
    } else if (char === "\n") {
      this.#down();
    } else if (char === "\t") {
      this.#column = Math.min(this.columns - 1, this.#column + TAB - (this.#column % TAB));
    } else if (/[\u0000-\u001f\u007f-\u009f]/.test(char)) {
      throw new Error(`a control character reached the screen: ${JSON.stringify(char)}`);
    } else {
      const width = displayWidth(char);
      if (this.#column + width > this.columns) {
        this.#column = 0;
        this.#down();
      }
      const row = this.#rowAt(this.#row);
      row[this.#column] = char;
      if (width === 2) row[this.#column + 1] = "";
      this.#column += width;
    }
  }

  #obey(mark: string, digits: string, letter: string): void {
    const count = digits === "" ? 1 : Number(digits);
    if (mark === "?" && digits === "2004") this.#isPasteBracketed = letter === "h";
    else if (letter === "A") this.#row = Math.max(0, this.#row - count);
    else if (letter === "B") this.#row += count;
    else if (letter === "C") this.#column = Math.min(this.columns - 1, this.#column + count);
    else if (letter === "D") this.#column = Math.max(0, Math.min(this.#column, this.columns - 1) - count);
    else if (letter === "G") this.#column = count - 1;
    else if (letter === "H" && digits === "") this.#row = this.#column = 0;
    else if (letter === "J" && digits === "2") this.#rows.length = 0;
    else if (letter === "J" && (digits === "" || digits === "0")) this.#clearDown();
    else if (letter === "K" && (digits === "" || digits === "0")) this.#rowAt(this.#row).length = this.#column;
    else if (letter === "m") return;
    else throw new Error(`an unknown sequence reached the screen: ${mark}${digits}${letter}`);
  }

  #clearDown(): void {
    this.#rowAt(this.#row).length = this.#column;
    this.#rows.length = this.#row + 1;
  }

  #down(): void {
    this.#row += 1;
    this.#rowAt(this.#row);
  }

  #rowAt(index: number): string[] {
    while (this.#rows.length <= index) this.#rows.push([]);
    return this.#rows[index] ?? [];
  }
}
