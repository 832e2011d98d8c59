// Fragments of incomplete messages, by TSN. Neighbours are joined into runs at once, so that each
// arrival costs the same in any order: a run stores its other end and its size at both ends. RFC 9260 §6.9.
import { DataFlag } from "../packet/chunk-types.ts";
import type { Tsn } from "../serial.ts";

export interface Fragment {
  tsn: Tsn;
  /** DataFlag bits. */
  flags: number;
  streamId: number;
  /** Wire value, not unwrapped. */
  ssn: number;
  ppid: number;
  /** A view that may be kept. */
  data: Uint8Array;
  /** At an end of a run: the other end, and the payload bytes of the whole run. Before `add`: its own. */
  otherEnd: Tsn;
  runBytes: number;
}

const FIRST_CAPACITY = 64;
const { BEGINNING, ENDING, UNORDERED } = DataFlag;

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
   * @returns the fragments of a message that is now complete, in order and no longer stored; undefined: not yet
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

  /**
   * Whether a fragment contradicts a neighbour that has arrived: those of one message follow each other without a
   * gap, so one that does not continue its neighbour begins behind it or ends before it. A run that passes can become
   * complete, and lies near the cumulative TSN until then.
   * @param hasLeft - the TSN before it has arrived and was not given up; `hasRight`: the one after it has arrived
   */
  contradicts(fragment: Fragment, hasLeft: boolean, hasRight: boolean): boolean {
    const { tsn, flags } = fragment;
    if (hasLeft) {
      const left = this.#get((tsn - 1) as Tsn);
      const isOpen = left !== undefined && (left.flags & ENDING) === 0;
      if (isOpen === ((flags & BEGINNING) !== 0) || (isOpen && !isSameMessage(left, fragment))) return true;
    }
    if (!hasRight) return false;
    const right = this.#get((tsn + 1) as Tsn);
    const isOpen = right !== undefined && (right.flags & BEGINNING) === 0;
    return isOpen === ((flags & ENDING) !== 0) || (isOpen && !isSameMessage(right, fragment));
  }

  /** Removes the run that ends at a TSN. @returns its payload bytes; 0: there is none */
  discardRunTo(tsn: Tsn): number {
    const end = this.#get(tsn);
    if (end === undefined) return 0;
    const { otherEnd, runBytes } = end;
    for (let at = otherEnd; at <= tsn; at = (at + 1) as Tsn) this.#remove(at);
    return runBytes;
  }

  /** Removes one fragment of an abandoned message. @returns its payload bytes; 0: it is not stored */
  discard(tsn: Tsn): number {
    const stored = this.#get(tsn);
    if (stored === undefined) return 0;
    this.#remove(tsn);
    return stored.data.length;
  }

  /**
   * Removes the rest, from `tsn` on, of a message whose beginning was given up.
   * @returns its payload bytes, and its last TSN when more of it will follow
   */
  discardRest(tsn: Tsn): { bytes: number; openEnd: Tsn | undefined } {
    let bytes = 0;
    let at = tsn;
    for (let next = this.#get(at); next !== undefined && (next.flags & BEGINNING) === 0; next = this.#get(at)) {
      bytes += next.data.length;
      this.#remove(at);
      if ((next.flags & ENDING) !== 0) return { bytes, openEnd: undefined };
      at = (at + 1) as Tsn;
    }
    return { bytes, openEnd: (at - 1) as Tsn };
  }

  /** The end of a run at `tsn` that belongs to the same message and is still open on this side. */
  #joinable(fragment: Fragment, tsn: Tsn, closing: number): Fragment | undefined {
    const neighbour = this.#get(tsn);
    if (neighbour === undefined || (neighbour.flags & closing) !== 0) return undefined;
    return isSameMessage(neighbour, fragment) ? neighbour : undefined;
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

function isSameMessage(a: Fragment, b: Fragment): boolean {
  if (a.streamId !== b.streamId || ((a.flags ^ b.flags) & UNORDERED) !== 0) return false;
  // The number of an unordered message is meaningless. RFC 9260 §3.3.1.
  return (a.flags & UNORDERED) !== 0 || a.ssn === b.ssn;
}
