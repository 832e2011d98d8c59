// `--json`: one event a line on stdout and nothing else there; docs/events.schema.json. People who look on get
// notices and errors on stderr.
import type { Notice, P2pEvent } from "../index.ts";
import { narrate, type NarrateContext } from "../ui/narrate.ts";
import type { EventOutput } from "./event-output.ts";
import type { OutputWriter } from "./output-writer.ts";
import type { TerminalPrinter } from "./print.ts";

/** The line of an event: `event` and `time` first, then the rest. */
export function jsonLine(event: P2pEvent, time: Date): string {
  const { event: name, ...fields } = event;
  return `${JSON.stringify({ event: name, time: time.toISOString(), ...fields })}\n`;
}

export class JsonOutput implements EventOutput {
  readonly #stdout: OutputWriter;
  readonly #printer: TerminalPrinter;
  readonly #context: () => NarrateContext;

  constructor(stdout: OutputWriter, printer: TerminalPrinter, context: () => NarrateContext) {
    this.#stdout = stdout;
    this.#printer = printer;
    this.#context = context;
  }

  attach(): void {}

  handleEvent(event: P2pEvent): void {
    const context = this.#context();
    this.#stdout.write(jsonLine(event, context.now));
    if (event.event !== "error") return;
    for (const line of narrate(event, context)) this.#printer.insist(...line);
  }

  handleNotice(notice: Notice): void {
    for (const line of narrate(notice, this.#context())) this.#printer.err(...line);
  }

  handleEnding(): void {}

  async drained(): Promise<void> {
    await this.#stdout.drained();
  }
}
