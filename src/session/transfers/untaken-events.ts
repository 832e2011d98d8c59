// Memory budget of the events that the reader has not taken. A peer can cause as many events as it likes, so work that
// causes more of them waits, or is refused, while the reader does not read.
import type { ErrorEvent, TransferEvent } from "../../lib/events.ts";

import { Fifo } from "../../transfer/fifo.ts";

type Event = TransferEvent | ErrorEvent;

/** Enough for some ten thousand files, or a few offers of a thousand long paths. */
const MAX_UNTAKEN_BYTES = 4 * 1024 * 1024;
/** Fixed cost of any event, whatever its content. */
const EVENT_BYTES = 256;
const ENTRY_BYTES = 64;
const BYTES_PER_UNIT = 2;

export class UntakenEvents {
  readonly #emit: (event: Event, onTaken: () => void) => void;
  readonly #maxBytes: number;
  #bytes = 0;
  readonly #waiting = new Fifo<() => void>();

  /** @param emit - `onTaken` must be called once, when the reader takes the event */
  constructor(emit: (event: Event, onTaken: () => void) => void, maxBytes = MAX_UNTAKEN_BYTES) {
    this.#emit = emit;
    this.#maxBytes = maxBytes;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#maxBytes;
  }

  emit(event: Event): void {
    const bytes = roughBytes(event);
    this.#bytes += bytes;
    this.#emit(event, () => {
      this.#bytes -= bytes;
      this.#work();
    });
  }

  /** Runs work that leads to more events: at once, or when there is space for them. */
  whenRoom(work: () => void): void {
    this.#waiting.push(work);
    this.#work();
  }

  #work(): void {
    while (!this.isFull && this.#waiting.length > 0) this.#waiting.shift()?.();
  }
}

function roughBytes(event: Event): number {
  if (event.event === "incoming") {
    const told = [...event.entries, ...(event.resumable ?? [])];
    return told.reduce((sum, { path }) => sum + ENTRY_BYTES + path.length * BYTES_PER_UNIT, EVENT_BYTES);
  }
  const text = event.event === "file-done" ? event.path : event.event === "error" ? event.message : "";
  return EVENT_BYTES + text.length * BYTES_PER_UNIT;
}
