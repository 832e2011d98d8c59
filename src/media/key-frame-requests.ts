// When a key frame of one stream is asked for: when its owner wants one, when a frame is lost for good, and at the begin
// until one has come. What is not answered is repeated, more and more seldom: a file has only the key frames that it has.

/** Two requests are never nearer to one another. */
const MIN_PAUSE_MS = 500;
const MAX_PAUSE_MS = 8_000;

export class KeyFrameRequests {
  #isWanted = false;
  #askedMs = -Infinity;
  #pauseMs = MIN_PAUSE_MS;
  #hasFrames = false;

  want(): void {
    this.#isWanted = true;
    this.#pauseMs = MIN_PAUSE_MS;
  }

  /** A frame did not arrive whole: those after it cannot be decoded rightly. */
  lost(): void {
    this.#isWanted = true;
  }

  frame(isKey: boolean): void {
    if (isKey) {
      this.#isWanted = false;
      this.#pauseMs = MIN_PAUSE_MS;
    } else if (!this.#hasFrames) this.#isWanted = true;
    this.#hasFrames = true;
  }

  /** @returns whether to ask now; that counts as asked */
  take(nowMs: number): boolean {
    if (nowMs < this.nextMs) return false;
    // The next time comes later, unless a key frame comes before.
    this.#pauseMs = this.#askedMs === -Infinity ? MIN_PAUSE_MS : Math.min(MAX_PAUSE_MS, this.#pauseMs * 2);
    this.#askedMs = nowMs;
    return true;
  }

  /** When `take` says yes; Infinity: not before something happens. */
  get nextMs(): number {
    return this.#isWanted ? this.#askedMs + this.#pauseMs : Infinity;
  }
}
