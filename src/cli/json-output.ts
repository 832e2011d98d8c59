// `--json`: one event for programs per line on stdout and nothing else there; docs/events.schema.json. People who watch
// get the events for a person and the errors on stderr.
import { isForPrograms, type P2pEvent, type ProgramEvent } from "../index.ts";
import type { Words } from "../words/index.ts";
import { ErrorFold } from "../ui/error-fold.ts";
import { narrate } from "../ui/narrate.ts";
import type { NarrateContext } from "../ui/narration.ts";
import { asciiJson } from "./ascii-json.ts";
import { eventFields } from "./bounded-event.ts";
import type { EventOutput } from "./event-output.ts";
import type { OutputWriter } from "./output-writer.ts";
import type { TerminalPrinter } from "./print.ts";

/** Formats an event as one ASCII line of bounded length: `event` and `time` first, then the rest. */
export function jsonLine(event: ProgramEvent, time: Date): string {
  return `${asciiJson(eventFields(event, time))}\n`;
}

/** Lines gathered during a turn are written before its end once they reach this many UTF-16 units. */
const GATHERED_UNITS = 64 * 1024;

export class JsonOutput implements EventOutput {
  readonly #stdout: OutputWriter;
  readonly #stderr: OutputWriter;
  readonly #printer: TerminalPrinter;
  readonly #context: () => NarrateContext;
  readonly #now: () => Date;
  readonly #words: Words["cli"]["run"];
  readonly #errors = new ErrorFold();
  /** Lines of one turn of the event loop: many small files produce many, and each write costs more than its line. */
  #gathered = "";

  constructor(options: {
    stdout: OutputWriter;
    stderr: OutputWriter;
    printer: TerminalPrinter;
    now: () => Date;
    context: () => NarrateContext;
    words: Words["cli"]["run"];
  }) {
    this.#stdout = options.stdout;
    this.#stderr = options.stderr;
    this.#printer = options.printer;
    this.#now = options.now;
    this.#context = options.context;
    this.#words = options.words;
  }

  attach(): void {}

  handleEvent(event: P2pEvent): void {
    if (!isForPrograms(event)) {
      for (const line of narrate(event, this.#context())) this.#printer.err(...line);
      return;
    }
    if (this.#gathered === "") {
      setImmediate(() => {
        this.#write();
      });
    }
    this.#gathered += jsonLine(event, this.#now());
    // An event that may be the last one is written at once.
    const isUrgent = event.event === "error" || event.event === "closed";
    if (isUrgent || this.#gathered.length >= GATHERED_UNITS) this.#write();
    const context = this.#context();
    for (const line of this.#errors.tellFolded(event, context)) this.#printer.insist(...line);
    if (event.event !== "error" || this.#errors.folds(event, context)) return;
    for (const line of narrate(event, context)) this.#printer.insist(...line);
  }

  #write(): void {
    const lines = this.#gathered;
    this.#gathered = "";
    if (lines !== "") this.#stdout.write(lines);
  }

  /** Programs are not asked: they give the expected string beforehand, or on stdin. */
  askVerification(): Promise<boolean> {
    this.#printer.err(this.#words.notVerifiedWithoutTerminal);
    return Promise.resolve(false);
  }

  handleEnding(): void {}

  async drained(): Promise<void> {
    await this.#stdout.drained();
    await this.#stderr.drained();
  }
}
