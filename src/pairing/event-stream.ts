// A queue that one reader iterates: what was pushed before it comes is kept, nothing is lost. Whoever pushes may
// ask to be told when the reader has taken a value, and so hold back the source of more.

export class EventStream<T> implements AsyncIterable<T> {
  #queue: { value: T; onTaken: (() => void) | undefined }[] = [];
  #wake: (() => void) | undefined;
  #isEnded = false;

  /**
   * After `end` it does nothing.
   * @param onTaken - called when the reader asks for this value
   */
  push(value: T, onTaken?: () => void): void {
    if (this.#isEnded) return;
    this.#queue.push({ value, onTaken });
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
      for (const { value, onTaken } of batch) {
        onTaken?.();
        yield value;
      }
      if (this.#queue.length > 0) continue;
      if (this.#isEnded) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
