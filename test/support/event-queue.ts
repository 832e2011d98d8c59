// A binary heap of events in virtual time; those of one time come out in the order they went in.

export type EventKind = "wake" | "rto" | "sack" | "arrival" | "delayed-sack";

export interface QueuedEvent<Owner, Data> {
  readonly atMs: number;
  readonly order: number;
  readonly kind: EventKind;
  readonly flow: Owner;
  readonly data: Data | undefined;
}

export class EventQueue<Owner, Data> {
  readonly #heap: QueuedEvent<Owner, Data>[] = [];
  #order = 0;

  get nextAtMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  push(atMs: number, kind: EventKind, flow: Owner, data: Data | undefined): void {
    const heap = this.#heap;
    const event = { atMs, order: this.#order++, kind, flow, data };
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as QueuedEvent<Owner, Data>;
      if (!isBefore(event, above)) {
        break;
      }
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  /** Throws when empty. */
  pop(): QueuedEvent<Owner, Data> {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) {
      throw new RangeError("no event");
    }
    const size = heap.length;
    if (size > 0) {
      let index = 0;
      for (let child = 1; child < size; child = 2 * index + 1) {
        const right = heap[child + 1];
        if (right !== undefined && isBefore(right, heap[child] as QueuedEvent<Owner, Data>)) {
          child++;
        }
        const below = heap[child] as QueuedEvent<Owner, Data>;
        if (!isBefore(below, last)) {
          break;
        }
        heap[index] = below;
        index = child;
      }
      heap[index] = last;
    }
    return first;
  }
}

function isBefore(a: { atMs: number; order: number }, b: { atMs: number; order: number }): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
