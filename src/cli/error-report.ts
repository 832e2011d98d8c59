// Prints an error that ends the run: message, code and hint; with P2P_DEBUG=1 also its stack and that of every cause;
// for programs as an event.
import { inspect } from "node:util";
import { errorEvent, escapeLinesForDisplay } from "../command-port.ts";
import type { P2pError } from "../index.ts";
import type { Words } from "../words/index.ts";
import type { Lang } from "../words/lang.ts";
import { errorLines } from "../ui/narration.ts";
import type { TerminalPrinter } from "./print.ts";
import { errorText } from "../words/errors.ts";
import { printJson } from "./ascii-json.ts";
import { eventFields } from "./bounded-event.ts";

export interface ReportContext {
  readonly printer: TerminalPrinter;
  readonly words: Words;
  readonly lang: Lang;
  readonly isDebugging: boolean;
}

/** Ends a run whose output tells programs already why it failed. People are told as by every other error. */
export class ToldError extends Error {
  override readonly name = "ToldError";
  /** The error that ended the run. */
  readonly error: P2pError;

  constructor(error: P2pError) {
    super(error.message, { cause: error });
    this.error = error;
  }
}

/** Tells programs why a run with `--json` failed: one line with the event `error`, on stdout. */
export function printErrorEvent(error: P2pError, printer: TerminalPrinter, now: Date): void {
  printJson(printer, eventFields(errorEvent(error), now));
}

/** Prints an error and its hint on stderr, also where `--quiet` silences the rest; with P2P_DEBUG its stacks too. */
export function printErrorReport(error: P2pError, { printer, words, lang, isDebugging }: ReportContext): void {
  const context = { words: words.conversation, style: printer.style };
  for (const line of errorLines({ code: error.code, ...errorText(error, lang) }, context)) printer.insist(...line);
  if (!isDebugging) return;
  for (const line of stackLines(error)) printer.insist(printer.style.dim(line));
}

/** Stacks from the error down to its first cause; a cyclic chain of causes is printed only once. */
function stackLines(error: unknown): string[] {
  const seen = new Set<unknown>();
  const lines: string[] = [];
  for (let next = error; next !== undefined && !seen.has(next); next = next instanceof Error ? next.cause : undefined) {
    seen.add(next);
    const stack = next instanceof Error ? (next.stack ?? next.message) : inspect(next);
    lines.push(...escapeLinesForDisplay(seen.size > 1 ? `caused by: ${stack}` : stack).split("\n"));
  }
  return lines;
}
