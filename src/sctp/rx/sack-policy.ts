// The SACK policy. Other stacks grow their window by the SACK and send four packets for each, so they get one
// for every second packet; a peer of our own kind counts bytes and time, and gets fewer. RFC 9260 §6.2.

export interface SackPolicyOptions {
  /** The peer has announced that it copes with fewer SACKs. */
  isOwnKind: boolean;
}

/** A young flow is in slow start: every packet is worth a SACK. */
const EAGER_PACKETS = 100;
const PACKETS_PER_SACK = 2;
const PACKETS_PER_SACK_OWN_KIND = 8;
/** RFC 9260 §6.2 allows up to 500 ms; a lone packet waits no longer than this. */
const DELAY_MS = 20;
const DELAY_OWN_KIND_MS = 4;
/** With this many holes a SACK is large: it need not be sent for each packet. */
const MANY_GAPS = 24;

export class SackPolicy {
  #options: SackPolicyOptions = { isOwnKind: false };
  #packetCount = 0;
  #unacknowledged = 0;
  #isDue = false;
  #deadlineMs = Number.POSITIVE_INFINITY;

  setPeer(options: SackPolicyOptions): void {
    this.#options = options;
  }

  /**
   * A packet with DATA was received.
   * @param isUrgent - a gap opened or was filled in part, a duplicate came, or the peer asks for a SACK
   * @param gapCount - how many gap blocks the last SACK had
   */
  handlePacket(nowMs: number, isUrgent: boolean, gapCount: number): void {
    this.#packetCount += 1;
    this.#unacknowledged += 1;
    const { isOwnKind } = this.#options;
    const isEager = this.#packetCount <= EAGER_PACKETS || (isUrgent && !(isOwnKind && gapCount > MANY_GAPS));
    const enough = isOwnKind ? PACKETS_PER_SACK_OWN_KIND : PACKETS_PER_SACK;
    if (isEager || this.#unacknowledged >= enough) this.#isDue = true;
    else if (this.#deadlineMs === Number.POSITIVE_INFINITY) {
      this.#deadlineMs = nowMs + (isOwnKind ? DELAY_OWN_KIND_MS : DELAY_MS);
    }
  }

  /** The window has opened, or another event makes a SACK due at once. */
  demand(): void {
    this.#isDue = true;
  }

  isDue(nowMs: number): boolean {
    return this.#isDue || nowMs >= this.#deadlineMs;
  }

  /** Something is unacknowledged: a packet that leaves anyway carries a SACK. */
  get isPending(): boolean {
    return this.#isDue || this.#unacknowledged > 0;
  }

  handleSent(): void {
    this.#unacknowledged = 0;
    this.#isDue = false;
    this.#deadlineMs = Number.POSITIVE_INFINITY;
  }

  get deadlineMs(): number {
    return this.#isDue ? 0 : this.#deadlineMs;
  }
}
