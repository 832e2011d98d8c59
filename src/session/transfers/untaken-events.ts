// Memory budget of the events that the reader has not taken. A peer can cause as many events as it likes, so work that
// causes more of them waits, or is refused, while the reader does not read.
import type { ErrorEvent, PersonEvent, TransferEvent } from "../../lib/events.ts";

import { Fifo } from "../../lib/fifo.ts";

/** Events that the transfers of a session cause. */
export type SessionTransferEvent =
  | TransferEvent
  | ErrorEvent
  | Extract<PersonEvent, { event: "part-differs" | "attribute-lost" | "limited" }>;

/** Enough for some ten thousand files, or a few proposals of a thousand long paths. */
const MAX_UNTAKEN_BYTES = 4 * 1024 * 1024;
/** Fixed cost of any event, whatever its content. */
const EVENT_BYTES = 256;
const ENTRY_BYTES = 64;
const BYTES_PER_UNIT = 2;

export class UntakenEvents {
  readonly #emit: (event: SessionTransferEvent, onTaken: () => void) => void;
  readonly #maxBytes: number;
  #bytes = 0;
  readonly #waiting = new Fifo<() => void>();

  /** @param emit - `onTaken` must be called once, when the reader takes the event */
  constructor(emit: (event: SessionTransferEvent, onTaken: () => void) => void, maxBytes = MAX_UNTAKEN_BYTES) {
    this.#emit = emit;
    this.#maxBytes = maxBytes;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#maxBytes;
  }

  emit(event: SessionTransferEvent): void {
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

function roughBytes(event: SessionTransferEvent): number {
  if (event.event === "incoming") {
    const told = [...event.entries, ...(event.resumable ?? [])];
    return told.reduce((sum, { path }) => sum + ENTRY_BYTES + path.length * BYTES_PER_UNIT, EVENT_BYTES);
  }
  if (event.event === "left-out") {
    return event.entries.reduce((sum, { path }) => sum + ENTRY_BYTES + path.length * BYTES_PER_UNIT, EVENT_BYTES);
  }
  if (event.event === "declined") {
    const { paths = [] } = event;
    return paths.reduce((sum, path) => sum + ENTRY_BYTES + path.length * BYTES_PER_UNIT, EVENT_BYTES);
  }
  if (event.event === "renamed") {
    const units = event.entries.reduce((sum, { path, as }) => sum + path.length + as.length, 0);
    return EVENT_BYTES + event.entries.length * ENTRY_BYTES + units * BYTES_PER_UNIT;
  }
  const text = "path" in event ? event.path : event.event === "error" ? event.message : "";
  return EVENT_BYTES + text.length * BYTES_PER_UNIT;
}
