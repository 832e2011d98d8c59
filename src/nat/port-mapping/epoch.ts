// Detects that a router has lost its mappings, from the seconds since its start that it states (epoch). RFC 6887 §8.5

/** A stated epoch and when it was read, by our monotonic clock. */
interface Reading {
  readonly epochSeconds: number;
  readonly nowMs: number;
}

export class Epoch {
  #last: Reading | undefined;

  /** @returns whether the router has restarted since the previous reading */
  read(epochSeconds: number, nowMs: number): boolean {
    const before = this.#last;
    this.#last = { epochSeconds, nowMs };
    if (before === undefined) return false;
    // Packets may arrive out of order.
    if (epochSeconds < before.epochSeconds - 1) return true;
    const ours = (nowMs - before.nowMs) / 1_000;
    const theirs = epochSeconds - before.epochSeconds;
    return ours + 2 < theirs - theirs / 16 || theirs + 2 < ours - ours / 16;
  }
}
