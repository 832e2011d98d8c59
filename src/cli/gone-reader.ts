// Finds out that whoever started us has gone, where both documents pass through them (`--in - --out -`, as at the far end of
// `--via ssh://`): stdin has ended, and nobody reads stdout any more. Only a write tells the latter, so a line break is
// written, which is nothing to a reader of documents; that it cannot be written ends the line (`OutputWriter.broken`).
import type { OutputWriter } from "./output-writer.ts";

/** Waits before each try: a program that is ended closes stdin first, and the network takes its time. */
const TRIES_AFTER_MS = [0, 1_000, 2_000, 4_000, 8_000, 16_000];

export interface GoneReaderOptions {
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Writes to stdout; does nothing where nobody reads it any more. */
  readonly write: (text: string) => void;
  /** Whether stdout is a pipe or a socket, whose reader can go away. */
  readonly hasReader: boolean;
}

/** The two streams of the documents. Until the line is connected, it looks for a reader that has gone. */
export class GoneReader {
  readonly #options: GoneReaderOptions;
  #hasWritten = false;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: GoneReaderOptions) {
    this.#options = options;
  }

  /** Writes a document of ours. */
  write(document: string): void {
    this.#hasWritten = true;
    this.#options.write(document);
  }

  /** Stdin, and what its end says. */
  async *read(): AsyncGenerator<Uint8Array, void, void> {
    yield* this.#options.stdin;
    // Input that ends before our document is a file or a command behind a pipe, which has no more to say.
    if (this.#hasWritten && this.#options.hasReader) this.#tryAfter(...TRIES_AFTER_MS);
  }

  /** Connected, or over: the other side is heard of by itself, and stdout may be for something else. */
  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #tryAfter(waitMs?: number, ...laterMs: number[]): void {
    if (waitMs === undefined || this.#isOver) return;
    this.#timer = setTimeout(() => {
      this.#options.write("\n");
      this.#tryAfter(...laterMs);
    }, waitMs);
    this.#timer.unref();
  }
}

/** The streams, where both documents go through stdin and stdout; undefined elsewhere. */
export function goneReaderOf(
  { in: input, out }: { in?: string | undefined; out?: string | undefined },
  stdin: AsyncIterable<Uint8Array>,
  stdout: Pick<OutputWriter, "write" | "hasReader">,
): GoneReader | undefined {
  if (input !== "-" || out !== "-") return undefined;
  return new GoneReader({ stdin, write: (text) => stdout.write(text), hasReader: stdout.hasReader });
}
