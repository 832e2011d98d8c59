// Text for a terminal as parts. Plain strings are escaped when printed; only a Style makes Styled
// text, and it escapes its input. Thus no foreign text reaches the terminal unescaped.
import { escapeForDisplay } from "../command-port.ts";
import { rowsOf } from "./rows.ts";

/** Text that is already safe to print, escape sequences of a Style included. */
export interface Styled {
  readonly raw: string;
  /** The same text without styling, for measuring widths. */
  readonly plain: string;
  /** True for output to programs: it stays one line, however narrow the terminal is. */
  readonly isWhole?: true;
  /** Indent in columns of all rows of this line but the first. */
  readonly hang?: number;
}

export type Part = string | Styled;

export interface Style {
  bold(text: string): Styled;
  dim(text: string): Styled;
  red(text: string): Styled;
  green(text: string): Styled;
  yellow(text: string): Styled;
  cyan(text: string): Styled;
  /** Black on white whatever the theme of the terminal is; undefined: there are no colours. */
  blackOnWhite: ((text: string) => Styled) | undefined;
}

function plainStyle(text: string): Styled {
  const plain = escapeForDisplay(text);
  return { raw: plain, plain };
}

/** Style without colours: for NO_COLOR, `--no-color` and everything that is not a terminal. */
export const PLAIN_STYLE: Style = {
  bold: plainStyle,
  dim: plainStyle,
  red: plainStyle,
  green: plainStyle,
  yellow: plainStyle,
  cyan: plainStyle,
  blackOnWhite: undefined,
};

/** Returns the bytes to write for a line of parts, without line feed. */
export function renderParts(parts: readonly Part[]): string {
  return parts.map((part) => (typeof part === "string" ? escapeForDisplay(part) : part.raw)).join("");
}

/** Default indent of the rows after the first, which aligns them with the text of the first row. */
const HANG_COLUMNS = 2;

/** Renders a line as rows of a terminal: no row but the first begins in the first column, whoever wrote it. */
export function renderRows(parts: readonly Part[], columns: number, render = renderParts): string[] {
  const rendered = render(parts);
  if (parts.some((part) => typeof part !== "string" && part.isWhole === true)) return [rendered];
  const hang = parts.reduce<number | undefined>(
    (found, part) => found ?? (typeof part === "string" ? undefined : part.hang),
    undefined,
  );
  return rowsOf(rendered, columns, hang ?? HANG_COLUMNS);
}

/** Returns the same text as seen, without styling. */
export function plainParts(parts: readonly Part[]): string {
  return parts.map((part) => (typeof part === "string" ? escapeForDisplay(part) : part.plain)).join("");
}

/** Where lines are printed. `out` is stdout and carries only the requested output; all talk goes to `err`. */
export interface Printer {
  readonly style: Style;
  /** Width of the terminal in columns; 80 if there is none. */
  readonly columns: number;
  out(...parts: Part[]): void;
  err(...parts: Part[]): void;
}
