// Passes a line's events to their consumer: an observer can inspect and change each one, and events that the line
// does not know about can be inserted, even before there is a line.
import type { P2pEvent } from "../index.ts";

export class EventTap implements AsyncIterable<P2pEvent> {
  readonly #observe: (event: P2pEvent) => P2pEvent;
  readonly #inserted: P2pEvent[] = [];
  #source: AsyncIterable<P2pEvent> | undefined;
  #wake: () => void = () => {};

  /** @param observe - sees every event once, including inserted ones; its return value is passed on */
  constructor(observe: (event: P2pEvent) => P2pEvent) {
    this.#observe = observe;
  }

  /** Sets the line whose events are passed on. Call it once, before the events are read. */
  follow(source: AsyncIterable<P2pEvent>): void {
    this.#source = source;
  }

  /** Emits this event before the next event of the line. It is not emitted after the last one. */
  insert(event: P2pEvent): void {
    this.#inserted.push(event);
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<P2pEvent, void, void> {
    if (this.#source === undefined) throw new TypeError("no line to follow");
    const source = this.#source[Symbol.asyncIterator]();
    let next = source.next();
    for (;;) {
      const inserted = this.#inserted.shift();
      if (inserted !== undefined) {
        yield this.#observe(inserted);
        continue;
      }
      const woken = new Promise<undefined>((resolve) => {
        this.#wake = () => resolve(undefined);
      });
      const result = await Promise.race([next, woken]);
      if (result === undefined) continue;
      if (result.done === true) return;
      next = source.next();
      yield this.#observe(result.value);
    }
  }
}
