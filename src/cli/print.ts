// Lines for people: the only user of chalk. stdout gets what was asked for, stderr all talk; each is coloured only
// if it is a terminal, and `--quiet` silences the talk but no error and no question.
import { escapeForDisplay } from "../command-port.ts";
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
  /** Colours are wanted. */
  readonly color: boolean;
}

const DEFAULT_COLUMNS = 80;

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

  /** Talk is read on a terminal. */
  get isTalkOnTerminal(): boolean {
    return this.#options.stderr.isTerminal;
  }

  /** From now on `err` says nothing. */
  silence(): void {
    this.#isQuiet = true;
  }

  out(...parts: Part[]): void {
    this.#print(this.#options.stdout, parts);
  }

  err(...parts: Part[]): void {
    if (!this.#isQuiet) this.insist(...parts);
  }

  /** A line on stderr that `--quiet` does not silence: errors, and questions. */
  insist(...parts: Part[]): void {
    this.#print(this.#options.stderr, parts);
  }

  #print(writer: OutputWriter, parts: readonly Part[]): void {
    const render = this.#options.color && writer.isTerminal ? renderParts : plainParts;
    const rows = writer.isTerminal ? renderRows(parts, writer.columns ?? DEFAULT_COLUMNS, render) : [render(parts)];
    writer.write(`${rows.join("\n")}\n`);
  }
}

/** chalk is loaded only where colours will be seen. */
export async function createPrinter(options: PrinterOptions): Promise<TerminalPrinter> {
  const isColored = options.color && (options.stdout.isTerminal || options.stderr.isTerminal);
  return new TerminalPrinter(options, isColored ? await coloredStyle() : PLAIN_STYLE);
}

async function coloredStyle(): Promise<Style> {
  const { Chalk } = await import("chalk");
  // The sixteen colours of every terminal: they follow the person's theme. Whether to colour is decided already.
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
  };
}
