// A queue that one reader iterates: what was pushed before it comes is kept, nothing is lost.

export class EventStream<T> implements AsyncIterable<T> {
  #queue: T[] = [];
  #wake: (() => void) | undefined;
  #isEnded = false;

  /** After `end` it does nothing. */
  push(value: T): void {
    if (this.#isEnded) return;
    this.#queue.push(value);
    this.#wake?.();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      const batch = this.#queue;
      this.#queue = [];
      yield* batch;
      if (this.#queue.length > 0) continue;
      if (this.#isEnded) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
