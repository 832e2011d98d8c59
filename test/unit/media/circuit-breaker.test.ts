import { describe, expect, test } from "vitest";
import { CircuitBreaker, MAX_PAUSE_MS, MIN_PAUSE_MS, UNHEARD_MS } from "../../../src/media/circuit-breaker.ts";

const FRAME_MS = 40;
const FRAMES_PER_KEY = 25;
/** Of the first packet: its number wraps soon. */
const FIRST_SEQUENCE = 65_500;

/** 25 frames of one packet a second, and a report a second. */
class Track {
  readonly breaker = new CircuitBreaker();
  nowMs = 0;
  sent = 0;
  /** What left: when, and whether it was a key frame. */
  readonly left: { atMs: number; isKey: boolean }[] = [];
  #frames = 0;
  /** The highest that came; undefined: none. */
  #arrived: number | undefined;

  /** @param report - in 256ths, what is lost; "nothing": no packet comes any more; "silent": nor does a report */
  run(ms: number, report: number | "nothing" | "silent"): this {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; this.nowMs += FRAME_MS) {
      const isKey = this.#frames % FRAMES_PER_KEY === 0;
      this.#frames += 1;
      if (this.breaker.mayPass(isKey, this.nowMs)) {
        this.breaker.handleSent((FIRST_SEQUENCE + this.sent) % 65_536, this.nowMs);
        if (report !== "nothing" && report !== "silent") this.#arrived = FIRST_SEQUENCE + this.sent;
        this.sent += 1;
        this.left.push({ atMs: this.nowMs, isKey });
      }
      if (this.#frames % FRAMES_PER_KEY === 0 && report !== "silent") this.report(report === "nothing" ? 0 : report);
    }
    return this;
  }

  report(fractionLost: number): void {
    if (this.#arrived === undefined) return;
    const others = { ssrc: 1, lost: 0, jitter: 0, lastReport: 0, sinceLastReport: 0 };
    this.breaker.handleReport({ ...others, fractionLost, highestSequence: this.#arrived }, this.nowMs);
  }
}

describe("goes on", () => {
  test.each([0, 26, 128])("with %i of 256 lost", (lost) => {
    const track = new Track().run(60_000, lost);
    expect(track.sent).toBe(60_000 / FRAME_MS);
  });

  test("where three reports are bad and the next is not", () => {
    const track = new Track().run(10_000, 0);
    for (let count = 0; count < 5; count += 1) track.run(3_000, 255).run(1_000, 0);
    expect(track.sent).toBe(30_000 / FRAME_MS);
  });

  test("though many bad reports come at once", () => {
    const track = new Track().run(10_000, 0);
    for (let count = 0; count < 100; count += 1) track.report(255);
    expect(track.breaker.isPaused).toBe(false);
  });

  test("to a peer that never reports", () => {
    expect(new Track().run(120_000, "silent").sent).toBe(120_000 / FRAME_MS);
  });

  test("after a time in which nothing was sent, and nothing reported", () => {
    const track = new Track().run(10_000, 0);
    track.nowMs += 2 * UNHEARD_MS;
    track.run(2_000, "silent").run(1_000, 0);
    expect(track.sent).toBe(13_000 / FRAME_MS);
  });
});

describe("stops", () => {
  test("when more than half is lost for four reports", () => {
    const track = new Track().run(10_000, 0).run(10_000, 129);
    expect(track.breaker.isPaused).toBe(true);
    expect(track.left.filter(({ atMs }) => atMs >= 14_000 && atMs < 14_000 + MIN_PAUSE_MS - 1_000)).toEqual([]);
  });

  test("when reports come of nothing that is sent", () => {
    const track = new Track().run(10_000, 0).run(10_000, "nothing");
    expect(track.breaker.isPaused).toBe(true);
    expect(track.left.filter(({ atMs }) => atMs >= 15_000).length).toBeLessThan(2);
  });

  test("when no report comes any more", () => {
    const track = new Track().run(10_000, 0).run(UNHEARD_MS - 1_000, "silent");
    expect(track.breaker.isPaused).toBe(false);
    track.run(2_000, "silent");
    expect(track.breaker.isPaused).toBe(true);
  });
});

describe("tries again", () => {
  test("with one key frame, more and more seldom", () => {
    const track = new Track().run(10_000, 0).run(600_000, "nothing");
    const tries = track.left.filter(({ atMs }) => atMs >= 15_000);
    expect(tries.every(({ isKey }) => isKey)).toBe(true);
    const pauses = tries.slice(1).map(({ atMs }, at) => atMs - (tries[at]?.atMs ?? 0));
    expect(pauses.slice(0, 3)).toEqual([10_000, 20_000, 40_000]);
    expect(pauses.slice(3).every((ms) => ms === MAX_PAUSE_MS)).toBe(true);
    expect(tries.length).toBeGreaterThan(8);
  });

  test("and goes on with a key frame once that has come", () => {
    const track = new Track().run(10_000, 0).run(10_000, "nothing");
    const before = track.left.length;
    track.run(20_000, 0);
    expect(track.breaker.isPaused).toBe(false);
    const [first, second, third] = track.left.slice(before);
    expect([first?.isKey, second?.isKey, third?.isKey]).toEqual([true, true, false]);
    expect(track.left.at(-1)?.atMs).toBe(40_000 - FRAME_MS);
  });

  test("not when a report comes of what was sent before", () => {
    const track = new Track().run(10_000, 0).run(5_000, 200);
    expect(track.breaker.isPaused).toBe(true);
    track.report(0);
    expect(track.breaker.isPaused).toBe(true);
  });

  test("as soon as at first after a minute of good reports", () => {
    const track = new Track().run(10_000, 0).run(60_000, "nothing").run(60_000, 0);
    expect(track.breaker.isPaused).toBe(false);
    track.run(MAX_PAUSE_MS + 5_000, 0);
    const stopMs = track.nowMs;
    track.run(30_000, "nothing");
    const tries = track.left.filter(({ atMs }) => atMs >= stopMs + 5_000);
    expect((tries[0]?.atMs ?? 0) - stopMs).toBeLessThanOrEqual(5_000 + MIN_PAUSE_MS);
  });
});
