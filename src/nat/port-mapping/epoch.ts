// Whether a router has forgotten its mappings, from the seconds that it says it has kept them. RFC 6887 §8.5

/** When the router said what, by our clock, which does not go back. */
interface Reading {
  readonly epochSeconds: number;
  readonly nowMs: number;
}

export class Epoch {
  #last: Reading | undefined;

  /** @returns whether the router has started anew since it was read before */
  read(epochSeconds: number, nowMs: number): boolean {
    const before = this.#last;
    this.#last = { epochSeconds, nowMs };
    if (before === undefined) return false;
    // Packets may come in another order than they were sent.
    if (epochSeconds < before.epochSeconds - 1) return true;
    const ours = (nowMs - before.nowMs) / 1_000;
    const theirs = epochSeconds - before.epochSeconds;
    return ours + 2 < theirs - theirs / 16 || theirs + 2 < ours - ours / 16;
  }
}
