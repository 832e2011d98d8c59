// Prints lines for people; the only user of chalk. stdout gets the requested output, stderr all talk; each is coloured
// only if it is a terminal, and `--quiet` silences the talk but not errors and questions.
import { escapeForDisplay, type WindowSize } from "../command-port.ts";
import {
  type Part,
  PLAIN_STYLE,
  plainParts,
  type Printer,
  renderParts,
  renderRows,
  type Style,
  type Styled,
} from "../ui/style.ts";
import type { OutputWriter } from "./output-writer.ts";

export interface PrinterOptions {
  readonly stdout: OutputWriter;
  readonly stderr: OutputWriter;
  /** True: colours are wanted. */
  readonly color: boolean;
}

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
/** The two of the 256 colours that no theme changes: some light themes have the first sixteen the other way round. */
const BLACK = 16;
const WHITE = 231;

export class TerminalPrinter implements Printer {
  readonly style: Style;
  readonly #options: PrinterOptions;
  #isQuiet = false;

  constructor(options: PrinterOptions, style: Style) {
    this.#options = options;
    this.style = style;
  }

  get columns(): number {
    return this.#options.stderr.columns ?? this.#options.stdout.columns ?? DEFAULT_COLUMNS;
  }

  /** Size of the terminal that shows the talk; undefined if there is none. */
  get window(): WindowSize | undefined {
    return windowOf(this.#options.stderr);
  }

  /** True if talk is printed on a terminal. */
  get isTalkOnTerminal(): boolean {
    return this.#options.stderr.isTerminal;
  }

  /** Makes `err` print nothing from now on. */
  silence(): void {
    this.#isQuiet = true;
  }

  out(...parts: Part[]): void {
    this.#print(this.#options.stdout, parts);
  }

  err(...parts: Part[]): void {
    if (!this.#isQuiet) this.insist(...parts);
  }

  /** Prints a line on stderr that `--quiet` does not silence: errors and questions. */
  insist(...parts: Part[]): void {
    this.#print(this.#options.stderr, parts);
  }

  #print(writer: OutputWriter, parts: readonly Part[]): void {
    const render = this.#options.color && writer.isTerminal ? renderParts : plainParts;
    const rows = writer.isTerminal ? renderRows(parts, writer.columns ?? DEFAULT_COLUMNS, render) : [render(parts)];
    writer.write(`${rows.join("\n")}\n`);
  }
}

/** Size of the terminal to which a stream goes; undefined where it goes elsewhere. */
export function windowOf({ isTerminal, columns, rows }: OutputWriter): WindowSize | undefined {
  return isTerminal ? { columns: columns ?? DEFAULT_COLUMNS, rows: rows ?? DEFAULT_ROWS } : undefined;
}

/** Creates the printer; chalk is loaded only if colours will be seen. */
export async function createPrinter(options: PrinterOptions): Promise<TerminalPrinter> {
  const isColored = options.color && (options.stdout.isTerminal || options.stderr.isTerminal);
  return new TerminalPrinter(options, isColored ? await coloredStyle() : PLAIN_STYLE);
}

async function coloredStyle(): Promise<Style> {
  const { Chalk } = await import("chalk");
  // The sixteen colours that every terminal has follow the user's theme. Whether to colour is already decided.
  const chalk = new Chalk({ level: 1 });
  const styled =
    (paint: (text: string) => string) =>
    (text: string): Styled => {
      const plain = escapeForDisplay(text);
      return { raw: paint(plain), plain };
    };
  return {
    bold: styled(chalk.bold),
    dim: styled(chalk.dim),
    red: styled(chalk.red),
    green: styled(chalk.green),
    yellow: styled(chalk.yellow),
    cyan: styled(chalk.cyan),
    blackOnWhite: styled(new Chalk({ level: 2 }).ansi256(BLACK).bgAnsi256(WHITE)),
  };
}
