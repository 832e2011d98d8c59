// Fragments of messages that are not whole yet, by TSN. Neighbours are joined into runs at once, so that each
// arrival costs the same whatever the order: a run knows its other end and its size at both ends. RFC 9260 §6.9.
import type { Tsn } from "../serial.ts";

export interface Fragment {
  tsn: Tsn;
  /** DataFlag bits. */
  flags: number;
  streamId: number;
  /** As on the wire. */
  ssn: number;
  ppid: number;
  /** A view that may be kept. */
  data: Uint8Array;
  /** At an end of a run: the other end, and the payload bytes of the whole run. Before `add`: its own. */
  otherEnd: Tsn;
  runBytes: number;
}

const FIRST_CAPACITY = 64;
const BEGINNING = 2;
const ENDING = 1;

export class Fragments {
  #slots: (Fragment | undefined)[] = Array.from({ length: FIRST_CAPACITY });
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Payload bytes of the run that the last `add` made or extended. */
  lastRunBytes = 0;

  /**
   * Stores a fragment.
   * @returns the fragments of a message that is whole now, in order and no longer stored; undefined: not yet
   */
  add(fragment: Fragment): Fragment[] | undefined {
    const { tsn, data } = fragment;
    const left = (fragment.flags & BEGINNING) === 0 ? this.#joinable(fragment, (tsn - 1) as Tsn, ENDING) : undefined;
    const right = (fragment.flags & ENDING) === 0 ? this.#joinable(fragment, (tsn + 1) as Tsn, BEGINNING) : undefined;
    const start = left === undefined ? tsn : left.otherEnd;
    const end = right === undefined ? tsn : right.otherEnd;
    const bytes = (left?.runBytes ?? 0) + data.length + (right?.runBytes ?? 0);
    this.lastRunBytes = bytes;
    this.#store(fragment);
    this.#setEnd(start, end, bytes);
    this.#setEnd(end, start, bytes);
    const isWhole = ((this.#get(start)?.flags ?? 0) & BEGINNING) !== 0 && ((this.#get(end)?.flags ?? 0) & ENDING) !== 0;
    return isWhole ? this.#take(start, end) : undefined;
  }

  /** Forgets everything up to a TSN. @returns the payload bytes that were forgotten */
  discardUpTo(tsn: Tsn): number {
    let bytes = 0;
    for (const stored of this.#slots) {
      if (stored === undefined || stored.tsn > tsn) continue;
      bytes += stored.data.length;
      this.#remove(stored.tsn);
      // What is left of a run that reaches beyond has lost its beginning: it can never be whole.
      const rest = this.#get((stored.tsn + 1) as Tsn);
      if (rest !== undefined && rest.tsn > tsn && (rest.flags & BEGINNING) === 0) bytes += this.#discardRest(rest);
    }
    return bytes;
  }

  #discardRest(first: Fragment): number {
    let bytes = 0;
    let next: Fragment | undefined = first;
    while (next !== undefined) {
      const { tsn, flags }: Fragment = next;
      bytes += next.data.length;
      this.#remove(tsn);
      if ((flags & ENDING) !== 0) break;
      const after: Fragment | undefined = this.#get((tsn + 1) as Tsn);
      next = after !== undefined && (after.flags & BEGINNING) === 0 ? after : undefined;
    }
    return bytes;
  }

  /** The end of a run at `tsn` that belongs to the same message and does not close it off on this side. */
  #joinable(fragment: Fragment, tsn: Tsn, closing: number): Fragment | undefined {
    const neighbour = this.#get(tsn);
    if (neighbour === undefined || (neighbour.flags & closing) !== 0) return undefined;
    const isSame = neighbour.streamId === fragment.streamId && neighbour.ssn === fragment.ssn;
    return isSame && ((neighbour.flags ^ fragment.flags) & 4) === 0 ? neighbour : undefined;
  }

  #take(start: Tsn, end: Tsn): Fragment[] {
    const fragments: Fragment[] = [];
    for (let tsn = start; tsn <= end; tsn = (tsn + 1) as Tsn) {
      const stored = this.#get(tsn);
      if (stored !== undefined) fragments.push(stored);
      this.#remove(tsn);
    }
    return fragments;
  }

  #setEnd(tsn: Tsn, otherEnd: Tsn, runBytes: number): void {
    const stored = this.#get(tsn);
    if (stored === undefined) return;
    stored.otherEnd = otherEnd;
    stored.runBytes = runBytes;
  }

  #get(tsn: Tsn): Fragment | undefined {
    const stored = this.#slots[tsn & (this.#slots.length - 1)];
    return stored?.tsn === tsn ? stored : undefined;
  }

  #store(stored: Fragment): void {
    while (this.#slots[stored.tsn & (this.#slots.length - 1)] !== undefined) this.#grow();
    this.#slots[stored.tsn & (this.#slots.length - 1)] = stored;
    this.#count += 1;
  }

  #remove(tsn: Tsn): void {
    this.#slots[tsn & (this.#slots.length - 1)] = undefined;
    this.#count -= 1;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = Array.from({ length: old.length * 2 });
    for (const stored of old) if (stored !== undefined) this.#slots[stored.tsn & (this.#slots.length - 1)] = stored;
  }
}
