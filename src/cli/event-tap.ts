// The events of a line on their way to whoever shows them: each can be looked at and changed, and what the line
// itself does not know can be told in between.
import type { P2pEvent } from "../index.ts";

export class EventTap implements AsyncIterable<P2pEvent> {
  readonly #source: AsyncIterable<P2pEvent>;
  readonly #observe: (event: P2pEvent) => P2pEvent;
  readonly #inserted: P2pEvent[] = [];
  #wake: () => void = () => {};

  /** @param observe - sees every event once, inserted ones too; what it returns is passed on */
  constructor(source: AsyncIterable<P2pEvent>, observe: (event: P2pEvent) => P2pEvent) {
    this.#source = source;
    this.#observe = observe;
  }

  /** Tells this before the next event of the line. After the last one it is not told. */
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
