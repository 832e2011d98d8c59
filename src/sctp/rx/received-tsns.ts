// The set of received TSNs: the cumulative one, a bit for each beyond it, and the SACK fields for both.
// RFC 9260 §3.3.4, §6.2.
import { RingBits } from "../ring-bits.ts";
import { addTsn, type Tsn } from "../serial.ts";

/** Offsets in a SACK have 16 bits: nothing further beyond the cumulative TSN can be reported. */
const SPAN = 65_536;
const MAX_DUPLICATES = 20;

export class ReceivedTsns {
  readonly #bits = new RingBits(SPAN);
  #cumulative: Tsn;
  #highest: Tsn;
  readonly duplicates = new Uint32Array(MAX_DUPLICATES);
  duplicateCount = 0;

  /** @param before - the TSN just before the peer's first */
  constructor(before: Tsn) {
    this.#cumulative = before;
    this.#highest = before;
  }

  get cumulative(): Tsn {
    return this.#cumulative;
  }

  get hasGaps(): boolean {
    return this.#highest > this.#cumulative;
  }

  /** Whether a gap is open once this one is added that was not before: something before it is missing. */
  opensGap(tsn: Tsn): boolean {
    return tsn > this.#highest + 1;
  }

  has(tsn: Tsn): boolean {
    return tsn <= this.#cumulative || (tsn <= this.#highest && this.#bits.has(tsn));
  }

  /**
   * The next TSN after `tsn` and up to `last` that has arrived beyond the cumulative one; undefined: none.
   * @param tsn - at least the cumulative one
   */
  nextBeyond(tsn: Tsn, last: Tsn): Tsn | undefined {
    const end = Math.min(last, this.#highest) + 1;
    const next = this.#bits.nextSet(tsn + 1, end);
    return next < end ? (next as Tsn) : undefined;
  }

  isBeyondSpan(tsn: Tsn): boolean {
    return tsn - this.#cumulative >= SPAN;
  }

  /** Records a new TSN within the span. */
  add(tsn: Tsn): void {
    if (tsn === this.#cumulative + 1 && !this.hasGaps) {
      this.#cumulative = tsn;
      this.#highest = tsn;
      return;
    }
    if (tsn > this.#highest) this.#highest = tsn;
    this.#bits.set(tsn);
    if (tsn === this.#cumulative + 1) this.#advance();
  }

  /** Records a duplicate for the next SACK. Beyond a few, further ones are not reported: the report is a hint. */
  noteDuplicate(tsn: Tsn): void {
    if (this.duplicateCount < MAX_DUPLICATES) this.duplicates[this.duplicateCount++] = tsn >>> 0;
  }

  /** FORWARD TSN: everything up to here counts as received. RFC 3758 §3.6. */
  skipTo(tsn: Tsn): void {
    if (tsn <= this.#cumulative) return;
    for (let at = this.#bits.nextSet(this.#cumulative + 1, Math.min(tsn, this.#highest) + 1); at <= tsn; ) {
      this.#bits.clear(at);
      at = this.#bits.nextSet(at + 1, tsn + 1);
    }
    this.#cumulative = tsn;
    if (this.#highest < tsn) this.#highest = tsn;
    this.#advance();
  }

  #advance(): void {
    const end = this.#bits.nextClear(this.#cumulative + 1, this.#highest + 1);
    for (let at = this.#cumulative + 1; at < end; at += 1) this.#bits.clear(at);
    this.#cumulative = addTsn(this.#cumulative, end - 1 - this.#cumulative);
  }

  /** Writes gap ack blocks, lowest first, as pairs of offsets. @returns how many pairs */
  collectGaps(into: Uint16Array, maxCount: number): number {
    const end = this.#highest + 1;
    let count = 0;
    let at = this.#cumulative + 1;
    while (count < maxCount) {
      const first = this.#bits.nextSet(at, end);
      if (first >= end) break;
      at = this.#bits.nextClear(first, end);
      into[2 * count] = first - this.#cumulative;
      into[2 * count + 1] = at - 1 - this.#cumulative;
      count += 1;
    }
    return count;
  }
}
