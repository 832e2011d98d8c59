// When a track stops sending, because the path does not carry it or nobody is there who says so, and when it tries again. In
// the spirit of RFC 8083, whose sender ceases for good: here a single key frame goes out now and then, more and more seldom,
// and the track goes on as soon as the peer reports that one has come. All times are ms of one clock that never goes back.
import type { ReportBlock } from "./rtcp-types.ts";

/** More lost than this is no congestion that a sender of files could answer: in 256ths. */
const MAX_FRACTION_LOST = 128;
/** So many bad reports in a row, over so long: ours come four a second at first. */
const BAD_REPORTS = 4;
const BAD_MS = 3_000;
/** Without a report for so long, though there were some. The rarest come every 5 s, as browsers' of sound. */
export const UNHEARD_MS = 20_000;
/** After a break of this length in what is sent, the wait for reports begins anew. */
const IDLE_MS = 3_000;
/** Until it is tried again, twice as long each time. */
export const MIN_PAUSE_MS = 5_000;
export const MAX_PAUSE_MS = 60_000;

interface Pause {
  nextTryMs: number;
  /** The first packet that was sent to try. */
  triedFrom: number | undefined;
}

export class CircuitBreaker {
  #pause: Pause | undefined;
  #pauseMs = MIN_PAUSE_MS;
  #resumedMs = -Infinity;
  /** The frames since the pause refer to some that were left out. */
  #needsKeyFrame = false;
  #highestSequence: number | undefined;
  /** When the first frame left that no report has followed. */
  #unheardMs: number | undefined;
  #sentMs = -Infinity;
  #badReports = 0;
  #badMs = 0;

  get isPaused(): boolean {
    return this.#pause !== undefined;
  }

  /** Whether a frame may leave. @param isKey - it can be decoded by itself */
  mayPass(isKey: boolean, nowMs: number): boolean {
    if (this.#pause === undefined && this.#isUnheard(nowMs)) this.#stop(nowMs);
    return this.wantsKeyFrame(nowMs) ? isKey : !this.isPaused;
  }

  /** The next frame that leaves has to be a key frame, and may leave now. */
  wantsKeyFrame(nowMs: number): boolean {
    return this.#pause === undefined ? this.#needsKeyFrame : nowMs >= this.#pause.nextTryMs;
  }

  /** A frame that was let pass leaves. @param sequence - of its first packet, 16 bits */
  handleSent(sequence: number, nowMs: number): void {
    this.#needsKeyFrame = false;
    if (this.#pause !== undefined) {
      this.#pause.triedFrom ??= sequence;
      this.#pauseMs = Math.min(MAX_PAUSE_MS, 2 * this.#pauseMs);
      this.#pause.nextTryMs = nowMs + this.#pauseMs;
    }
    if (nowMs - this.#sentMs > IDLE_MS) this.#unheardMs = undefined;
    this.#unheardMs ??= nowMs;
    this.#sentMs = nowMs;
  }

  handleReport({ fractionLost, highestSequence }: ReportBlock, nowMs: number): void {
    // Nothing was expected where nothing has come, so that nothing counts as lost there.
    const hasNothingCome = highestSequence === this.#highestSequence && this.#unheardMs !== undefined;
    const isBad = fractionLost > MAX_FRACTION_LOST || hasNothingCome;
    this.#highestSequence = highestSequence;
    this.#unheardMs = undefined;
    if (this.#pause !== undefined) {
      if (!isBad && isFrom(this.#pause.triedFrom, highestSequence)) this.#resume(nowMs);
      return;
    }
    if (!isBad) {
      this.#badReports = 0;
      if (nowMs - this.#resumedMs >= MAX_PAUSE_MS) this.#pauseMs = MIN_PAUSE_MS;
      return;
    }
    if (this.#badReports === 0) this.#badMs = nowMs;
    this.#badReports += 1;
    if (this.#badReports >= BAD_REPORTS && nowMs - this.#badMs >= BAD_MS) this.#stop(nowMs);
  }

  /** Who never reports cannot fall silent: whether it is there at all, ICE asks. */
  #isUnheard(nowMs: number): boolean {
    const isSending = nowMs - this.#sentMs <= IDLE_MS;
    const waitedMs = this.#unheardMs === undefined ? 0 : nowMs - this.#unheardMs;
    return this.#highestSequence !== undefined && isSending && waitedMs >= UNHEARD_MS;
  }

  #stop(nowMs: number): void {
    this.#pause = { nextTryMs: nowMs + this.#pauseMs, triedFrom: undefined };
  }

  #resume(nowMs: number): void {
    this.#pause = undefined;
    this.#resumedMs = nowMs;
    this.#badReports = 0;
    this.#needsKeyFrame = true;
  }
}

/** @param triedFrom - 16 bits. @returns whether that packet has come, or a later one */
function isFrom(triedFrom: number | undefined, highestSequence: number): boolean {
  return triedFrom !== undefined && ((highestSequence - triedFrom) & 0xffff) < 0x8000;
}
