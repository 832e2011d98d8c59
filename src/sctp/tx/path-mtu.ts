// Packetization layer path MTU discovery: tries the largest plausible packet, then smaller ones, and falls
// back to the size that every path carries when large packets vanish. RFC 8899; sizes are of whole SCTP packets.

const NEVER = Number.POSITIVE_INFINITY;
/**
 * Sizes worth trying, largest first. 16,384 is the most that a DTLS record carries; 1,435 fills an Ethernet frame over
 * IPv4, 1,415 over IPv6; the others leave room for PPPoE and for tunnels.
 */
const SIZES: readonly number[] = [16_384, 8_192, 4_096, 1_435, 1_427, 1_415, 1_391, 1_355, 1_315, 1_251];
/** RFC 8899 §5.1.2. */
const MAX_PROBES = 3;
const RAISE_MS = 600_000;
/** After this many timeouts in a row large packets are suspect. RFC 8899 §4.3. */
const BLACK_HOLE_TIMEOUTS = 2;
/** The same where small packets still arrive: after so many round trips that lost large packets only. */
const BLACK_HOLE_LOSSES = 3;
/** An outage looks the same: once it is over, the lost size is soon found again. */
const AFTER_BLACK_HOLE_MS = 5_000;

export class PathMtu {
  readonly #baseBytes: number;
  readonly #sizes: readonly number[];
  #provedBytes: number;
  #sizeIndex = 0;
  #probes = 0;
  #deadlineMs: number;
  #isProbeOut = false;

  /** @param startMs - when the first probe may leave */
  constructor(baseBytes: number, maxBytes: number, startMs: number) {
    this.#baseBytes = baseBytes;
    this.#provedBytes = baseBytes;
    const smaller = SIZES.filter((size) => size > baseBytes && size < maxBytes);
    this.#sizes = maxBytes > baseBytes ? [maxBytes, ...smaller] : [];
    this.#deadlineMs = this.#sizes.length > 0 ? startMs : NEVER;
  }

  /** Current limit of the packet size. */
  get packetBytes(): number {
    return this.#provedBytes;
  }

  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** @returns the size of the probe that is due; 0: none is due */
  probeDue(nowMs: number): number {
    if (nowMs < this.#deadlineMs) return 0;
    if (this.#isProbeOut) this.#handleProbeLost(nowMs);
    else if (this.#sizeIndex >= this.#sizes.length) this.#sizeIndex = 0;
    return nowMs < this.#deadlineMs ? 0 : (this.#sizes[this.#sizeIndex] ?? 0);
  }

  handleProbeSent(nowMs: number, timeoutMs: number): void {
    this.#isProbeOut = true;
    this.#probes += 1;
    this.#deadlineMs = nowMs + timeoutMs;
  }

  /** @returns whether packets may be larger now */
  handleProbeAcked(bytes: number, nowMs: number): boolean {
    if (bytes !== this.#sizes[this.#sizeIndex] || bytes <= this.#provedBytes) return false;
    this.#provedBytes = bytes;
    this.#rest(nowMs, bytes === this.#sizes[0] ? NEVER : RAISE_MS);
    return true;
  }

  #handleProbeLost(nowMs: number): void {
    this.#isProbeOut = false;
    if (this.#probes < MAX_PROBES) return;
    this.#probes = 0;
    this.#sizeIndex += 1;
    const isSearched =
      this.#sizeIndex >= this.#sizes.length || (this.#sizes[this.#sizeIndex] ?? 0) <= this.#provedBytes;
    if (isSearched) this.#rest(nowMs, RAISE_MS);
  }

  #rest(nowMs: number, forMs: number): void {
    this.#isProbeOut = false;
    this.#probes = 0;
    this.#sizeIndex = this.#sizes.length;
    this.#deadlineMs = nowMs + forMs;
  }

  /**
   * @param timeouts - in a row; `largeLosses`: round trips in a row that lost large packets, with none of them arriving
   * @returns whether packets must be smaller now
   */
  handleLosses(timeouts: number, largeLosses: number, nowMs: number): boolean {
    const isSuspect = timeouts >= BLACK_HOLE_TIMEOUTS || largeLosses >= BLACK_HOLE_LOSSES;
    if (!isSuspect || this.#provedBytes === this.#baseBytes) return false;
    this.#provedBytes = this.#baseBytes;
    this.#rest(nowMs, AFTER_BLACK_HOLE_MS);
    return true;
  }
}
