// What else this side sends on the path of an association, as media: how fast it was of late. The association leaves it its
// room, and counts it to what the path delivers, so that the congestion controller sees the whole path.

const BUCKET_MS = 20;
const BUCKETS = 10;

export class TrafficBeside {
  /** Bytes of the last 200 ms, by time. */
  readonly #bytes = new Float64Array(BUCKETS);
  /** Number of the newest bucket since time 0. */
  #newest = 0;
  #total = 0;

  /** A datagram leaves beside the association. */
  note(bytes: number, nowMs: number): void {
    this.#advance(nowMs);
    const slot = this.#newest % BUCKETS;
    this.#bytes[slot] = (this.#bytes[slot] ?? 0) + bytes;
    this.#total += bytes;
  }

  /** Bytes per millisecond over the last 200 ms; 0: nothing has left in them. */
  rate(nowMs: number): number {
    if (this.#total === 0) return 0;
    this.#advance(nowMs);
    return this.#total / (BUCKETS * BUCKET_MS);
  }

  #advance(nowMs: number): void {
    const newest = Math.floor(nowMs / BUCKET_MS);
    const steps = Math.min(newest - this.#newest, BUCKETS);
    for (let step = 1; step <= steps; step += 1) this.#bytes[(this.#newest + step) % BUCKETS] = 0;
    // Where more buckets are passed over than there are, all of them are empty, whichever is the next one.
    this.#newest = Math.max(newest, this.#newest);
    if (steps > 0) this.#total = this.#bytes.reduce((sum, bytes) => sum + bytes, 0);
  }
}
