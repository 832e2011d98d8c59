// What left when, in virtual time, and how much of it falls into every window of a length.

export class SentBytes {
  /** In the order of time. */
  readonly #sends: { atMs: number; bytes: number }[] = [];

  note(atMs: number, bytes: number): void {
    if (bytes > 0) this.#sends.push({ atMs, bytes });
  }

  get total(): number {
    return this.#sends.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The least and the most that left in any `windowMs` between two times. */
  extremes(windowMs: number, fromMs: number, toMs: number): { least: number; most: number } {
    const sends = this.#sends;
    let least = Number.POSITIVE_INFINITY;
    let most = 0;
    // A window counts most when it begins with a send, and least when it begins right behind one.
    let end = 0;
    let inside = 0;
    for (const { atMs, bytes } of sends) {
      for (let next = sends[end]; next !== undefined && next.atMs < atMs + windowMs; next = sends[end]) {
        inside += next.bytes;
        end += 1;
      }
      if (atMs >= fromMs && atMs + windowMs <= toMs) {
        most = Math.max(most, inside);
        least = Math.min(least, inside - bytes);
      }
      inside -= bytes;
    }
    return { least, most };
  }
}
