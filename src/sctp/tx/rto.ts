// The retransmission timeout and the round-trip times behind it. RFC 9260 §6.3.1, with a lower minimum and a low
// cap on its growth (docs/rfc-deviations.md, D3): whether the peer is alive is for ICE consent to say.

const INITIAL_RTO_MS = 1_000;
const MIN_RTO_MS = 250;
const MAX_RTO_MS = 4_000;
const ALPHA = 1 / 8;
const BETA = 1 / 4;

/**
 * On a path that repeats by itself what is lost. What it holds back for a second or two is on its way: repeating it
 * would only come on top.
 */
const STREAM_RTO_MS = 10_000;

export class RetransmissionTimeout {
  #isStream: boolean;
  #srttMs: number | undefined;
  #rttVarMs = 0;
  #backoff = 1;

  /** @param isStream - the path is a stream: it loses nothing, and may stand still */
  constructor(isStream: boolean) {
    this.#isStream = isStream;
  }

  /** Undefined until the first measurement. */
  get srttMs(): number | undefined {
    return this.#srttMs;
  }

  /** With back-off. 250 … 4,000; 10,000 over a stream. */
  get rtoMs(): number {
    if (this.#isStream) return STREAM_RTO_MS;
    const base = this.#srttMs === undefined ? INITIAL_RTO_MS : this.#srttMs + 4 * this.#rttVarMs;
    return Math.min(MAX_RTO_MS, Math.max(MIN_RTO_MS, base) * this.#backoff);
  }

  /** @param rttMs - of something that was sent once only (Karn's rule) */
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

  /** Packets take another path. @param rttMs - as measured there by somebody else; undefined: unknown */
  handleNewPath(rttMs: number | undefined, isStream: boolean): void {
    this.#isStream = isStream;
    this.#srttMs = undefined;
    this.#rttVarMs = 0;
    this.#backoff = 1;
    if (rttMs !== undefined) this.handleSample(rttMs);
  }

  handleTimeout(): void {
    if (this.rtoMs < MAX_RTO_MS) this.#backoff *= 2;
  }

  /** The peer has acknowledged something new: the path works. */
  handleProgress(): void {
    this.#backoff = 1;
  }
}
