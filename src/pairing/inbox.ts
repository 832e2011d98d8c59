// The input queue of a line: several producers, one consumer, in order.

export class Inbox<T extends object> {
  #waiting: T[] = [];
  #wake: (() => void) | undefined;

  push(value: T): void {
    this.#waiting.push(value);
    this.#wake?.();
  }

  /** Takes the oldest input; resolves when there is one. Only one reader may wait at a time. */
  async next(): Promise<T> {
    for (;;) {
      const [oldest] = this.#waiting.splice(0, 1);
      if (oldest !== undefined) return oldest;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
