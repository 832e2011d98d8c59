// Single-consumer async queue; buffers until the consumer attaches. The producer may ask for a callback when the
// consumer has taken a value, and so apply backpressure to its source.

export class EventStream<T> implements AsyncIterable<T> {
  #queue: { value: T; onTaken: (() => void) | undefined }[] = [];
  #wake: (() => void) | undefined;
  #untakenCount = 0;
  #isEnded = false;

  /** The number of values that the reader has not taken. */
  get untakenCount(): number {
    return this.#untakenCount;
  }

  /**
   * Pushes a value; ignored after `end`.
   * @param onTaken - called when the reader asks for this value
   */
  push(value: T, onTaken?: () => void): void {
    if (this.#isEnded) return;
    this.#untakenCount += 1;
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
        this.#untakenCount -= 1;
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
