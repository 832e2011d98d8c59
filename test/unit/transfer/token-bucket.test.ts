import { describe, expect, it } from "vitest";
import { checkRate, TokenBucket } from "../../../src/transfer/token-bucket.ts";
import { EnginePair } from "../../support/engine-pair.ts";
import { seededRandom } from "../../support/seeded-random.ts";
import { SentBytes } from "../../support/sent-bytes.ts";

const WINDOW_MS = 5_000;
const SETTLED_MS = 1_000;
const TOLERANCE = 0.05;

function expectWithinTolerance(sent: SentBytes, bytesPerSecond: number, toMs: number): void {
  const { least, most } = sent.extremes(WINDOW_MS, SETTLED_MS, toMs);
  const expected = (bytesPerSecond * WINDOW_MS) / 1_000;
  expect(least).toBeGreaterThanOrEqual(expected * (1 - TOLERANCE));
  expect(most).toBeLessThanOrEqual(expected * (1 + TOLERANCE));
}

/** Somebody who always has more to send, in pieces of `pieceBytes`, and comes back up to `lateMs` late. */
function sendGreedily(bytesPerSecond: number, pieceBytes: number, lateMs: number, untilMs: number): SentBytes {
  const random = seededRandom(bytesPerSecond + pieceBytes);
  const bucket = new TokenBucket(bytesPerSecond);
  const sent = new SentBytes();
  for (let nowMs = 12_345.678; nowMs < 12_345.678 + untilMs; ) {
    bucket.advance(nowMs);
    for (let bytes = bucket.take(pieceBytes); bytes > 0; bytes = bucket.take(pieceBytes)) {
      sent.note(nowMs - 12_345.678, bytes);
    }
    nowMs = bucket.nextDeadlineMs() + random() * lateMs;
  }
  return sent;
}

describe("the rate", () => {
  it.each([
    [100, 64, 0],
    [1_000, 1_000, 100],
    [50_000, 65_536, 0],
    [50_000, 1_024, 150],
    [1_000_000, 65_536, 20],
    [1_048_576, 17, 100],
    [100_000_000, 65_536, 5],
    [100_000_000, 65_536, 150],
  ])(
    "of %i bytes a second in pieces of %i, %i ms late at most, holds within a twentieth over any 5 s",
    (rate, piece, late) => {
      expectWithinTolerance(sendGreedily(rate, piece, late, 20_000), rate, 20_000);
    },
  );

  it("is not made up for after a pause", () => {
    const rate = 10_000;
    const bucket = new TokenBucket(rate);
    const sent = new SentBytes();
    const send = (fromMs: number, toMs: number): void => {
      for (let nowMs = fromMs; nowMs < toMs; nowMs += 10) {
        bucket.advance(nowMs);
        sent.note(nowMs, bucket.take(rate));
      }
    };
    send(0, 2_000);
    send(60_000, 66_000);
    const { most } = sent.extremes(WINDOW_MS, 0, 70_000);
    expect(most).toBeLessThanOrEqual(5 * rate * (1 + TOLERANCE));
  });
});

describe("the deadline", () => {
  it("is infinite when nobody asked in vain", () => {
    const bucket = new TokenBucket(1_000);
    expect(bucket.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
    bucket.advance(0);
    expect(bucket.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
    expect(bucket.take(0)).toBe(0);
    expect(bucket.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it("is when something may leave, and not before", () => {
    const bucket = new TokenBucket(1_000);
    bucket.advance(100);
    expect(bucket.take(500)).toBe(0);
    const deadlineMs = bucket.nextDeadlineMs();
    expect(deadlineMs).toBe(120);
    bucket.advance(deadlineMs - 1);
    expect(bucket.take(500)).toBe(0);
    bucket.advance(deadlineMs);
    expect(bucket.take(500)).toBe(20);
    expect(bucket.nextDeadlineMs()).toBe(140);
  });

  it("brings a byte at the slowest rate too", () => {
    const bucket = new TokenBucket(1);
    bucket.advance(0);
    expect(bucket.take(10)).toBe(0);
    bucket.advance(bucket.nextDeadlineMs());
    expect(bucket.take(10)).toBe(1);
  });

  it("survives a clock that stands still or goes back", () => {
    const bucket = new TokenBucket(1_000);
    bucket.advance(1_000);
    bucket.advance(1_100);
    bucket.advance(900);
    expect(bucket.take(1_000)).toBe(100);
    bucket.advance(1_100);
    expect(bucket.take(1_000)).toBe(0);
  });
});

it.each([0, 0.5, -1, Number.NaN, Number.POSITIVE_INFINITY])("%d bytes a second are refused", (rate) => {
  expect(() => new TokenBucket(rate)).toThrow(RangeError);
  expect(() => {
    checkRate(rate);
  }).toThrow(RangeError);
});

describe("an engine with a limit", () => {
  const RATE = 100_000;

  /** Runs until all transfers are over, in virtual time; a timer is up to `lateMs` late. */
  function runLimited(
    pair: EnginePair,
    transfers: number,
    lateMs: number,
  ): { sent: SentBytes; byTransfer: number[][] } {
    const random = seededRandom(lateMs);
    const sent = new SentBytes();
    /** Bytes of each transfer at each time when something left. */
    const byTransfer: number[][] = [];
    const soFar: number[] = [];
    let seen = 0;
    for (;;) {
      pair.run();
      for (const frame of pair.a.sent.slice(seen)) {
        if (frame.type !== "data") continue;
        sent.note(pair.nowMs, frame.chunk.length);
        soFar[frame.transfer] = (soFar[frame.transfer] ?? 0) + frame.chunk.length;
      }
      seen = pair.a.sent.length;
      byTransfer.push([...soFar]);
      if (pair.a.of("ended").length === transfers) return { sent, byTransfer };
      const deadlineMs = pair.a.engine.nextDeadlineMs();
      if (deadlineMs === Number.POSITIVE_INFINITY) throw new Error("nothing moves and nothing is waited for");
      pair.nowMs = deadlineMs + random() * lateMs;
    }
  }

  it.each([0, 100])("sends everything at that rate, timers up to %i ms late", (lateMs) => {
    const pair = new EnginePair(new TokenBucket(RATE));
    const content = new Uint8Array(1_500_000).fill(7);
    const transfer = pair.a.propose({ big: content });
    pair.run();
    pair.b.engine.accept(transfer, []);
    const { sent } = runLimited(pair, 1, lateMs);
    expect(sent.total).toBe(content.length);
    expectWithinTolerance(sent, RATE, pair.nowMs);
    expect(pair.b.stored).toEqual(["1/0"]);
    expect(pair.a.of("ended")).toMatchObject([{ end: { kind: "done" } }]);
    // Nothing waits any more: no timer runs in an idle session.
    expect(pair.a.engine.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it("shares it among all transfers, large files and small ones", () => {
    const pair = new EnginePair(new TokenBucket(RATE));
    const small = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`f${at}`, new Uint8Array(2_500)]));
    const first = pair.a.propose({ big: new Uint8Array(750_000) });
    const second = pair.a.propose(small);
    pair.run();
    for (const transfer of [first, second]) pair.b.engine.accept(transfer, []);
    const { sent, byTransfer } = runLimited(pair, 2, 0);
    expect(sent.total).toBe(1_500_000);
    expectWithinTolerance(sent, RATE, pair.nowMs);
    // While both run neither is far ahead of the other.
    for (const [, one = 0, other = 0] of byTransfer) expect(Math.abs(one - other)).toBeLessThan(25_000);
    expect(pair.b.stored).toHaveLength(301);
  });

  it("does not hold up what is no file data", () => {
    const pair = new EnginePair(new TokenBucket(1));
    const transfer = pair.a.propose({ empty: new Uint8Array() });
    const other = pair.b.propose({ theirs: new Uint8Array(3_000_000) });
    pair.run();
    pair.b.engine.accept(transfer, []);
    pair.a.engine.accept(other, []);
    pair.run();
    expect(pair.a.of("ended")).toHaveLength(2);
    expect(pair.a.stored).toEqual(["1/0"]);
    expect(pair.nowMs).toBe(0);
  });
});
