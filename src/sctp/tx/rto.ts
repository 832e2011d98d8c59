// The retransmission timeout and its round-trip estimates. RFC 9260 §6.3.1, with a lower minimum and a low
// cap on its growth (docs/rfc-deviations.md, D3): ICE consent decides whether the peer is alive.

const INITIAL_RTO_MS = 1_000;
const MIN_RTO_MS = 250;
const MAX_RTO_MS = 4_000;
/**
 * Where round trips are short a packet each second is next to nothing, and to wait longer for a path that is usable for a moment now
 * and then is to miss it: the cap is so many times the timeout that the round trip asks for, and this at least.
 */
const MAX_BACKOFF = 64;
const LEAST_MAX_RTO_MS = 1_000;
const ALPHA = 1 / 8;
const BETA = 1 / 4;

/**
 * For a path that retransmits losses itself. Data that it delays for a second or two is still on its way: sending it
 * again would only add load.
 */
const STREAM_RTO_MS = 10_000;

export class RetransmissionTimeout {
  #isStream: boolean;
  #srttMs: number | undefined;
  #rttVarMs = 0;
  #backoff = 1;

  /** @param isStream - the path is a stream: it loses nothing, and may stall */
  constructor(isStream: boolean) {
    this.#isStream = isStream;
  }

  /** Undefined until the first measurement. */
  get srttMs(): number | undefined {
    return this.#srttMs;
  }

  /** Includes back-off. 250 … 4,000; 10,000 over a stream. */
  get rtoMs(): number {
    if (this.#isStream) return STREAM_RTO_MS;
    return Math.min(this.#mostMs, Math.max(MIN_RTO_MS, this.#baseMs) * this.#backoff);
  }

  get #baseMs(): number {
    return this.#srttMs === undefined ? INITIAL_RTO_MS : this.#srttMs + 4 * this.#rttVarMs;
  }

  /** 1,000 … 4,000. */
  get #mostMs(): number {
    return Math.min(MAX_RTO_MS, Math.max(LEAST_MAX_RTO_MS, MAX_BACKOFF * this.#baseMs));
  }

  /** @param rttMs - round trip of something that was sent only once (Karn's rule) */
  handleSample(rttMs: number): void {
    if (this.#srttMs === undefined) {
      this.#srttMs = rttMs;
      this.#rttVarMs = rttMs / 2;
    } else {
      this.#rttVarMs += BETA * (Math.abs(this.#srttMs - rttMs) - this.#rttVarMs);
      this.#srttMs += ALPHA * (rttMs - this.#srttMs);
    }
    this.#backoff = 1;
  }

  /** The path has changed. @param rttMs - as measured there by another component; undefined: unknown */
  handleNewPath(rttMs: number | undefined, isStream: boolean): void {
    this.#isStream = isStream;
    this.#srttMs = undefined;
    this.#rttVarMs = 0;
    this.#backoff = 1;
    if (rttMs !== undefined) this.handleSample(rttMs);
  }

  handleTimeout(): void {
    if (this.rtoMs < this.#mostMs) this.#backoff *= 2;
  }

  /** The peer has acknowledged something new: the path works. */
  handleProgress(): void {
    this.#backoff = 1;
  }
}
