// What happens to a line, one after the other: many put in, one takes out.

export class Inbox<T extends object> {
  #waiting: T[] = [];
  #wake: (() => void) | undefined;

  push(value: T): void {
    this.#waiting.push(value);
    this.#wake?.();
  }

  /** The oldest; resolves when there is one. For one reader at a time. */
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
