// Publishes one source in real time: its first frame at once, each other one when as much time has passed as lies between
// them in the source. A source that is late catches up at twice the speed, so that no burst fills the path.
import { toP2pError, type P2pError } from "../../lib/errors/p2p-error.ts";
import type { EncodedFrame } from "../../media/frame.ts";
import type { Clock, MediaSource } from "../ports.ts";

export interface PublishingEvents {
  /** A frame is due. @param index - of its track in the source */
  onFrame: (index: number, frame: EncodedFrame) => void;
  /** Called once, unless it was stopped. */
  onEnd: () => void;
  /** Called once, in the place of `onEnd`. */
  onFailed: (error: P2pError) => void;
}

/** How much faster than real time a late source is sent. */
const CATCH_UP = 2;

export class Publishing {
  readonly #source: MediaSource;
  readonly #clock: Clock;
  readonly #events: PublishingEvents;
  #state: "ready" | "running" | "over" = "ready";
  /** When the time 0 of the source is, or would be; undefined before the first frame. */
  #zeroMs: number | undefined;
  /** The frame that left last: when, and its time in the source. */
  #last: { atMs: number; timeMs: number } | undefined;
  /** Since when nothing is sent, because nothing would arrive. */
  #pausedMs: number | undefined;
  /** Ends the current wait early. */
  #wake: () => void = () => {};

  constructor(source: MediaSource, clock: Clock, events: PublishingEvents) {
    this.#source = source;
    this.#clock = clock;
    this.#events = events;
  }

  /** Begins with the first frame. Later calls do nothing. */
  start(): void {
    if (this.#state !== "ready") return;
    this.#state = "running";
    void this.#run();
  }

  /** Nothing is sent until `resume`; the rest is later by as much. */
  pause(): void {
    this.#pausedMs ??= this.#clock.nowMs();
    this.#wake();
  }

  resume(): void {
    if (this.#pausedMs === undefined) return;
    if (this.#zeroMs !== undefined) this.#zeroMs += this.#clock.nowMs() - this.#pausedMs;
    this.#pausedMs = undefined;
    this.#wake();
  }

  /** Ends it without `onEnd`, and closes the source. */
  async stop(): Promise<void> {
    this.#state = "over";
    this.#wake();
    await this.#source.close().catch(() => {});
  }

  async #run(): Promise<void> {
    try {
      for (let next = await this.#source.next(); next !== undefined; next = await this.#source.next()) {
        await this.#untilDue(next.frame.timestampUs / 1_000);
        if (this.#isOver()) return;
        this.#events.onFrame(next.index, next.frame);
      }
    } catch (thrown) {
      if (!this.#isOver()) await this.#fail(toP2pError(thrown));
      return;
    }
    if (this.#isOver()) return;
    await this.stop();
    this.#events.onEnd();
  }

  async #fail(error: P2pError): Promise<void> {
    await this.stop();
    this.#events.onFailed(error);
  }

  #isOver(): boolean {
    return this.#state === "over";
  }

  /** @param timeMs - of the frame in the source */
  async #untilDue(timeMs: number): Promise<void> {
    this.#zeroMs ??= this.#clock.nowMs() - timeMs;
    for (;;) {
      if (this.#isOver()) return;
      const nowMs = this.#clock.nowMs();
      const waitMs = this.#pausedMs === undefined ? this.#dueMs(timeMs) - nowMs : undefined;
      if (waitMs !== undefined && waitMs <= 0) {
        this.#last = { atMs: nowMs, timeMs };
        return;
      }
      await this.#sleep(waitMs);
    }
  }

  #dueMs(timeMs: number): number {
    const inTimeMs = (this.#zeroMs ?? 0) + timeMs;
    if (this.#last === undefined) return inTimeMs;
    return Math.max(inTimeMs, this.#last.atMs + (timeMs - this.#last.timeMs) / CATCH_UP);
  }

  /** @param ms - undefined: until it is woken */
  #sleep(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const cancel = ms === undefined ? () => {} : this.#clock.setTimer(() => this.#wake(), ms);
      this.#wake = () => {
        this.#wake = () => {};
        cancel();
        resolve();
      };
    });
  }
}
