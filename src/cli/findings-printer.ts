// Prints what a command has found about this computer: sections of rows with a mark, a label and a finding, then sentences.
import type { NetworkReport } from "../command-port.ts";
import type { Part, Printer } from "../ui/style.ts";
import { displayWidth, padToEnd } from "../ui/width.ts";
import type { Words } from "../words/index.ts";
import { helpWidth, wrapText } from "./help-layout.ts";

export type Mark = "good" | "bad" | "open";

/** One line: what was examined, and the finding. */
export interface Row {
  readonly mark: Mark;
  readonly label: string;
  readonly text: string;
}

const INDENT = "  ";
const MARKS: Readonly<Record<Mark, string>> = { good: "✓", bad: "✗", open: "-" };
/** Columns of a mark and the blank after it. */
const MARK_COLUMNS = 2;
/** The remaining columns fit an IPv6 address with its port. */
const MAX_LABEL_COLUMNS = 28;

export class FindingsPrinter {
  readonly #printer: Printer;

  constructor(printer: Printer) {
    this.#printer = printer;
  }

  title(text: string): void {
    this.#printer.out(this.#printer.style.bold(text));
  }

  section(title: string, rows: readonly Row[]): void {
    this.title(title);
    const widest = Math.max(...rows.map(({ label }) => displayWidth(label)));
    const labelColumns = Math.min(widest, MAX_LABEL_COLUMNS) + INDENT.length;
    for (const { mark, label, text } of rows) {
      const lead: Part[] = [INDENT, this.#marked(mark), " "];
      const indent = INDENT.length + MARK_COLUMNS + labelColumns;
      const [first = "", ...rest] = this.#wrap(text, indent);
      if (first === "" || displayWidth(label) > labelColumns - INDENT.length) {
        this.#printer.out(...lead, label);
        if (first !== "") this.#printer.out(" ".repeat(indent), first);
      } else {
        this.#printer.out(...lead, padToEnd(label, labelColumns), first);
      }
      for (const line of rest) this.#printer.out(" ".repeat(indent), line);
    }
    this.#printer.out();
  }

  #marked(mark: Mark): Part {
    const { style } = this.#printer;
    if (mark === "good") return style.green(MARKS[mark]);
    return mark === "bad" ? style.red(MARKS[mark]) : style.dim(MARKS[mark]);
  }

  /** A sentence, and an empty line. */
  paragraph(text: string): void {
    this.wrapped(text, "");
    this.#printer.out();
  }

  /** @param lead - of its first line; the others are indented as far */
  wrapped(text: string, lead: string): void {
    for (const [index, line] of this.#wrap(text, lead.length).entries()) {
      this.#printer.out(index === 0 ? lead : " ".repeat(lead.length), line);
    }
  }

  #wrap(text: string, indent: number): string[] {
    return wrapText(text, helpWidth(this.#printer.columns) - indent).split("\n");
  }

  /** The end of a report: what it comes to, and what to do. */
  conclude(titles: { verdictTitle: string; adviceTitle: string }, verdict: string, advice: readonly string[]): void {
    this.title(titles.verdictTitle);
    this.wrapped(verdict, INDENT);
    if (advice.length === 0) return;
    this.#printer.out();
    this.title(titles.adviceTitle);
    for (const each of advice) this.wrapped(each, `${INDENT}- `);
  }
}

/** The addresses of this machine, in columns. */
export function addressRows(addresses: NetworkReport["addresses"], words: Words["doctor"]): Row[] {
  const { kinds, ula, notUsed, noAddresses } = words;
  if (addresses.length === 0) return [{ mark: "bad", label: noAddresses, text: "" }];
  const nameColumns = Math.max(...addresses.map((of) => displayWidth(of.interface))) + INDENT.length;
  return addresses.map(({ interface: name, address, family, kind, used }) => {
    const text = kind === "private" && family === 6 ? ula : kinds[kind];
    return {
      mark: used ? "good" : "open",
      label: `${padToEnd(name, nameColumns)}${address}`,
      text: used ? text : notUsed({ kind: text }),
    };
  });
}
