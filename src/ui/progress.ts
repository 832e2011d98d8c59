// The progress line of a running transfer, and the painter that keeps such lines at the bottom of a terminal
// without a line being typed. In the conversation ui/terminal.ts paints them above the line being typed.
import { type Direction, formatBytes } from "../command-port.ts";
import { formatPercent, formatRate, formatRemaining } from "./format.ts";
import { LiveRows } from "./live-rows.ts";
import type { Part, Style } from "./style.ts";
import { transferLabel } from "./transfer-label.ts";
import { displayWidth, padToStart } from "./width.ts";
import type { ConversationWords } from "../words/index.ts";

export interface ProgressView {
  readonly direction: Direction;
  /** Foreign text. */
  readonly names: readonly string[];
  readonly bytes: number;
  readonly total: number;
  /** Bytes per second. */
  readonly rate: number;
  readonly relayed: boolean;
  /** No path leads to the other side at present, so that nothing moves, whatever the last rate was. */
  readonly isInterrupted?: boolean;
}

export interface ProgressContext {
  readonly words: ConversationWords;
  readonly style: Style;
  readonly columns: number;
}

/** Narrowest name that is still informative. */
const NAME_COLUMNS = 12;
const GAP = "  ";
/** Higher than every `keep` below. */
const NOTHING_KEPT = 4;

/**
 * Formats one line of at most `columns - 1` columns, so that it never wraps. What does not fit is left out: first
 * the path, then the amounts, then the remaining time, then the rate; the name is cut last of all.
 */
export function progressLine(view: ProgressView, { words, style, columns }: ProgressContext): Part[] {
  const percent = padToStart(formatPercent(view.bytes, view.total), 4);
  const amount = words.amount({ bytes: formatBytes(view.bytes), total: formatBytes(view.total) });
  const details = [{ text: amount, keep: 1 }, ...pace(view, words)].filter(({ text }) => text !== "");
  const verb = words[view.direction];
  const fixedColumns = displayWidth(verb) + 1 + displayWidth(GAP + percent);
  const room = columns - 1;
  const nameColumns = Math.min(NAME_COLUMNS, displayWidth(transferLabel(view.names, words, Infinity)));
  for (let keep = 0; ; keep += 1) {
    const kept = details.filter((detail) => detail.keep >= keep).map(({ text }) => GAP + text);
    const left = room - fixedColumns - displayWidth(kept.join(""));
    if (left >= nameColumns || keep === NOTHING_KEPT) {
      const name = transferLabel(view.names, words, Math.max(left, 0));
      return [style.cyan(verb), ` ${name}${GAP}`, style.bold(percent), style.dim(kept.join(""))];
    }
  }
}

/** A part of the line with its priority for being left out; the parts are in display order. */
interface Detail {
  readonly text: string;
  readonly keep: number;
}

function pace(
  { bytes, total, rate, relayed, isInterrupted = false }: ProgressView,
  words: ConversationWords,
): Detail[] {
  if (isInterrupted) return [{ text: words.standsStill, keep: 3 }];
  const remaining = formatRemaining(bytes, total, rate);
  return [
    { text: formatRate(rate), keep: 3 },
    { text: remaining === undefined ? "" : words.timeLeft({ time: remaining }), keep: 2 },
    { text: relayed ? words.relay : words.direct, keep: 0 },
  ];
}

/** Lines that stay below all printed output, on a terminal where no line is being typed. */
export class ProgressPainter {
  readonly #output: NodeJS.WritableStream & { readonly columns?: number };
  readonly #rows = new LiveRows();

  constructor(output: NodeJS.WritableStream & { readonly columns?: number }) {
    this.#output = output;
  }

  /** Replaces the lines; an empty list removes them. Each must fit in one row. */
  draw(lines: readonly Part[][]): void {
    this.#output.write(this.#rows.erase(this.#columns, 0) + this.#rows.paint(lines, this.#columns));
  }

  /** Prints finished lines permanently above. */
  print(lines: readonly Part[][]): void {
    this.#output.write(this.#rows.above(lines, this.#columns, 0));
  }

  /** Leaves the lines on the screen as they are: somebody else writes there now. */
  forget(): void {
    this.#rows.paint([], this.#columns);
  }

  /** Removes the lines. */
  clear(): void {
    this.draw([]);
  }

  get #columns(): number {
    // A terminal that does not report its size has 0 columns.
    return this.#output.columns || 80;
  }
}
