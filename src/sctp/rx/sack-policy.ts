// The SACK policy. Other stacks grow their window by the SACK and send four packets for each, so they get one
// for every second packet; a peer with our own stack counts bytes and time, and gets fewer. RFC 9260 §6.2.

export interface SackPolicyOptions {
  /** The peer has announced that it copes with fewer SACKs. */
  isOwnStack: boolean;
}

/** A young flow is in slow start: every packet is worth a SACK. */
const EAGER_PACKETS = 100;
const PACKETS_PER_SACK = 2;
const PACKETS_PER_SACK_OWN_STACK = 8;
/** RFC 9260 §6.2 allows up to 500 ms; a lone packet waits no longer than this. */
const DELAY_MS = 20;
const DELAY_OWN_STACK_MS = 4;
/**
 * To our own stack SACKs are so far apart, in round trips, and no further than so long: on a fast path eight packets come each
 * millisecond, and each SACK wakes both ends up.
 */
const SPACING_RTT_PART = 1 / 16;
const MAX_SPACING_MS = 2.5;
/**
 * The observation in a packet for which a SACK does not wait. `urgent`: a gap opened, a duplicate came, or the peer
 * asks for a SACK. `in-gap`: it came while a gap was open. Other stacks repeat a chunk after three such reports; our
 * own stack judges by time, and knows of the gap already.
 */
export type PacketNews = "none" | "in-gap" | "urgent";

export class SackPolicy {
  #options: SackPolicyOptions = { isOwnStack: false };
  #packetCount = 0;
  #unacknowledged = 0;
  #isDue = false;
  #deadlineMs = Number.POSITIVE_INFINITY;
  /** When the first packet came that no SACK has told of. */
  #sinceMs = 0;
  #spacingMs = 0;

  /** @param rttMs - of the path; undefined: unknown */
  setRtt(rttMs: number | undefined): void {
    this.#spacingMs = Math.min(MAX_SPACING_MS, (rttMs ?? 0) * SPACING_RTT_PART);
  }

  setPeer(options: SackPolicyOptions): void {
    this.#options = options;
  }

  /** A packet with DATA was received. */
  handlePacket(nowMs: number, news: PacketNews): void {
    this.#packetCount += 1;
    this.#unacknowledged += 1;
    const { isOwnStack } = this.#options;
    const isUrgent = news === "urgent" || (news === "in-gap" && !isOwnStack);
    const isEager = this.#packetCount <= EAGER_PACKETS || isUrgent;
    const enough = isOwnStack ? PACKETS_PER_SACK_OWN_STACK : PACKETS_PER_SACK;
    if (this.#unacknowledged === 1) {
      this.#sinceMs = nowMs;
      this.#deadlineMs = nowMs + (isOwnStack ? DELAY_OWN_STACK_MS : DELAY_MS);
    }
    if (isEager) this.#isDue = true;
    if (this.#unacknowledged < enough) return;
    const enoughAtMs = this.#sinceMs + (isOwnStack ? this.#spacingMs : 0);
    if (nowMs >= enoughAtMs) this.#isDue = true;
    else this.#deadlineMs = Math.min(this.#deadlineMs, enoughAtMs);
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
