// The documents of a stream that may stay open after them: a splitter, which is told bytes and pauses and gives out what
// is complete, and the loop that reads a stream and its pauses. Each byte is scanned once, however small the chunks.
import { setTimeout as pause } from "node:timers/promises";
import { hasShortCode } from "../../exchange/code/code-text.ts";
import { readShortCode } from "../../exchange/code/short-code.ts";
import { DocumentScanner } from "../../exchange/document-scanner.ts";
import { MAX_DOCUMENT_BYTES } from "../../exchange/limits.ts";

/** Bytes of a text in which a short code is looked for before the stream has ended. */
const MAX_CODE_TEXT_BYTES = 8_192;

/** First characters of text: JSON, a code fence, age's armor. All else (UTF-16, age) is complete only at its end. */
const TEXT_BEGINS = "{`~-";

/** A stream that pauses for so long has nothing more to say about what it has said. */
const QUIET_MS = 500;
/** A document of p2p or of the programs of 2018 is complete when its braces are closed. */
const COMPLETE = /digest|icecandidate|expiresAt|AGE ENCRYPTED/;
/** A part of what another program says: its candidates may follow one by one. */
const PART = /sdp|candidate|offer|answer/i;
/** A description, whose candidates may follow it. */
const DESCRIPTION = /v=0/;

/** Splits what a stream says into documents. Each method returns the documents that are complete by it, in order. */
class DocumentSplitter {
  readonly #scanner = new DocumentScanner();
  readonly #decoder = new TextDecoder("utf-8");
  /** `other`: not text from its first character on, so that only the end of the stream completes it. */
  #kind: "unknown" | "text" | "other" = "unknown";
  /** The bytes since the last document that was complete, as they came. */
  readonly #bytes = new Uint8Array(MAX_DOCUMENT_BYTES + 1);
  #length = 0;
  /** Parts of what another program says, which wait for a pause. They lie in `#bytes` too. */
  #parts: string[] = [];
  /** A document was given out of `#bytes`: what is left there are the parts alone. */
  #isSplit = false;
  #hasGiven = false;

  /** Whether a pause would complete something. */
  get awaitsPause(): boolean {
    // A person who has typed a code with a typo hears of it now, not at the end of the stream.
    return this.#hasParts || (/[\r\n]$/.test(this.#codeText) && readShortCode(this.#codeText) !== undefined);
  }

  get #hasParts(): boolean {
    return this.#parts.length > 0;
  }

  /** The text in which a short code is looked for. */
  get #codeText(): string {
    if (this.#kind !== "other" || this.#length > MAX_CODE_TEXT_BYTES) return "";
    return new TextDecoder().decode(this.#bytes.subarray(0, this.#length));
  }

  /** There is more than a document may have. */
  get isFull(): boolean {
    return this.#length === this.#bytes.length;
  }

  push(chunk: Uint8Array): Uint8Array[] {
    const taken = chunk.subarray(0, this.#bytes.length - this.#length);
    this.#bytes.set(taken, this.#length);
    this.#length += taken.length;
    const documents = this.#textOf(chunk).flatMap((text) => this.#take(text));
    if (this.#kind === "other") return hasShortCode(this.#codeText) ? this.#giveBytes() : [];
    if (this.#hasGiven && !this.#hasParts && !this.#scanner.isInside) this.#clear();
    return documents;
  }

  /** Returns the texts that end in a chunk, each with its braces closed. */
  #textOf(chunk: Uint8Array): string[] {
    if (this.#kind === "other") return [];
    const text = this.#decoder.decode(chunk, { stream: true });
    const first = text.trimStart().charAt(0);
    if (this.#kind === "unknown" && first !== "") this.#kind = TEXT_BEGINS.includes(first) ? "text" : "other";
    return this.#kind === "text" ? this.#scanner.push(text) : [];
  }

  #take(text: string): Uint8Array[] {
    const documents: Uint8Array[] = [];
    if (DESCRIPTION.test(text) && this.#parts.some((part) => DESCRIPTION.test(part))) {
      // A second description is another document.
      documents.push(...this.#give([this.#parts.join("\n")]));
      this.#isSplit = true;
    }
    this.#parts.push(text);
    if (!PART.test(text) || COMPLETE.test(text)) documents.push(...this.#give(this.#parts));
    return documents;
  }

  /** The stream says nothing for a while: what it has said of another program is complete. */
  pause(): Uint8Array[] {
    if (this.#kind === "other") return this.#giveBytes();
    // What has begun behind the parts is another document.
    if (this.#scanner.isInside) return this.#give(this.#parts);
    const documents = this.#isSplit ? this.#give([this.#parts.join("\n")]) : [this.#bytes.slice(0, this.#length)];
    this.#hasGiven = true;
    this.#parts = [];
    this.#clear();
    return documents;
  }

  /** The stream is over: the rest is a document, and so is a stream that said nothing. */
  end(): Uint8Array[] {
    if (this.#isSplit) return this.#hasParts ? this.#give([this.#parts.join("\n")]) : [];
    const hasRest = !this.#hasGiven || this.#scanner.isInside || this.#hasParts;
    return hasRest ? [this.#bytes.slice(0, this.#length)] : [];
  }

  #give(texts: readonly string[]): Uint8Array[] {
    this.#parts = [];
    this.#hasGiven = true;
    return texts.map((text) => new TextEncoder().encode(text));
  }

  /** A short code, and what is around it. */
  #giveBytes(): Uint8Array[] {
    const bytes = this.#bytes.slice(0, this.#length);
    this.#kind = "unknown";
    this.#hasGiven = true;
    this.#clear();
    return [bytes];
  }

  #clear(): void {
    this.#length = 0;
    this.#isSplit = false;
  }
}

/**
 * Yields the documents of a stream that may stay open after them, each as soon as it is complete, a short code too: that of
 * another program when the stream pauses, together with what has come since. At the end it yields the rest, if there was no document or
 * another one has started.
 * @throws any error of the stream
 */
export async function* documentsOfStream(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const splitter = new DocumentSplitter();
  for await (const chunk of withPauses(stream, () => splitter.awaitsPause)) {
    yield* chunk === "pause" ? splitter.pause() : splitter.push(chunk);
    if (splitter.isFull) break;
  }
  yield* splitter.end();
}

/**
 * The chunks of a stream, and `pause` where none has come for a while.
 * @param isWanted - whether somebody waits for a pause
 */
async function* withPauses(
  stream: AsyncIterable<Uint8Array>,
  isWanted: () => boolean,
): AsyncGenerator<Uint8Array | "pause", void, void> {
  const chunks = stream[Symbol.asyncIterator]();
  let next: ReturnType<typeof chunks.next> | undefined;
  try {
    for (;;) {
      next ??= chunks.next();
      const chunk = isWanted() ? await orPause(next) : await next;
      if (chunk === "pause") {
        yield chunk;
        continue;
      }
      next = undefined;
      if (chunk.done === true) return;
      yield chunk.value;
    }
  } finally {
    // A stream that is being read gives nothing back until its next chunk.
    const returned = chunks.return?.();
    if (next === undefined) await returned;
    else returned?.catch(() => {});
  }
}

async function orPause<Chunk>(next: Promise<Chunk>): Promise<Chunk | "pause"> {
  const timer = new AbortController();
  const paused = pause(QUIET_MS, "pause" as const, { signal: timer.signal }).catch(() => "pause" as const);
  try {
    return await Promise.race([next, paused]);
  } finally {
    timer.abort();
  }
}
