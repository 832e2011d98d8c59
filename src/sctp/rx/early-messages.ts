// Whole messages of one stream whose turn has not come, the lowest number first: a binary heap of the numbers, so that
// insertion and removal cost the logarithm of their count, whatever order the peer chooses.
import type { Ssn } from "../serial.ts";

export class EarlyMessages<Message> {
  readonly #messages = new Map<Ssn, Message>();
  /** Heap order: no entry is larger than those at twice its index and one or two more. */
  readonly #numbers: Ssn[] = [];
  /** Numbers that were examined or moved: a measure of the work, without a clock. */
  steps = 0;

  has(ssn: Ssn): boolean {
    return this.#messages.has(ssn);
  }

  /** The lowest number; undefined when empty. */
  get first(): Ssn | undefined {
    return this.#numbers[0];
  }

  /** @param ssn - not stored yet */
  add(ssn: Ssn, message: Message): void {
    const numbers = this.#numbers;
    this.#messages.set(ssn, message);
    let at = numbers.length;
    numbers.push(ssn);
    while (at > 0) {
      this.steps += 1;
      const parent = (at - 1) >> 1;
      const above = numbers[parent] as Ssn;
      if (above <= ssn) break;
      numbers[at] = above;
      at = parent;
    }
    numbers[at] = ssn;
  }

  /** Removes and returns the message of the lowest number; undefined when empty. */
  takeFirst(): Message | undefined {
    const numbers = this.#numbers;
    const [first] = numbers;
    const last = numbers.pop();
    if (first === undefined || last === undefined) return undefined;
    if (numbers.length > 0) this.#sink(last);
    const message = this.#messages.get(first);
    this.#messages.delete(first);
    return message;
  }

  /** Replaces the first number, and sifts the new one down as long as there are smaller ones. */
  #sink(ssn: Ssn): void {
    const numbers = this.#numbers;
    let at = 0;
    for (;;) {
      this.steps += 1;
      let child = 2 * at + 1;
      if (child >= numbers.length) break;
      if (child + 1 < numbers.length && (numbers[child + 1] as Ssn) < (numbers[child] as Ssn)) child += 1;
      const below = numbers[child] as Ssn;
      if (below >= ssn) break;
      numbers[at] = below;
      at = child;
    }
    numbers[at] = ssn;
  }

  /** All messages, unordered. */
  get all(): Iterable<Message> {
    return this.#messages.values();
  }
}
