// Passes a line's events to their consumer: an observer can inspect and change each one, and events that the line
// does not know about can be inserted.
import type { P2pEvent } from "../index.ts";

export class EventTap implements AsyncIterable<P2pEvent> {
  readonly #source: AsyncIterable<P2pEvent>;
  readonly #observe: (event: P2pEvent) => P2pEvent;
  readonly #inserted: P2pEvent[] = [];
  #wake: () => void = () => {};

  /** @param observe - sees every event once, including inserted ones; its return value is passed on */
  constructor(source: AsyncIterable<P2pEvent>, observe: (event: P2pEvent) => P2pEvent) {
    this.#source = source;
    this.#observe = observe;
  }

  /** Emits this event before the next event of the line. It is not emitted after the last one. */
  insert(event: P2pEvent): void {
    this.#inserted.push(event);
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<P2pEvent, void, void> {
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
