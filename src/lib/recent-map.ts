// A map of the most recent entries with a size limit: for memories that somebody else could make grow.

export class RecentMap<V> {
  readonly #limit: number;
  readonly #values = new Map<string, V>();

  /** @param limit - maximum number of entries; beyond it the oldest is forgotten */
  constructor(limit: number) {
    this.#limit = limit;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > this.#limit && oldest !== undefined) this.#values.delete(oldest);
  }

  /** @returns whether it was there */
  delete(key: string): boolean {
    return this.#values.delete(key);
  }

  get size(): number {
    return this.#values.size;
  }

  clear(): void {
    this.#values.clear();
  }
}
