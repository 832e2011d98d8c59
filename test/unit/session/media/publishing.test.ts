// A source in real time, on a clock that the test moves: each frame when it is due, a late one sooner, none while nothing
// would arrive.
import { describe, expect, test } from "vitest";
import type { P2pError } from "../../../../src/lib/errors/p2p-error.ts";
import { P2pError as SomeError } from "../../../../src/lib/errors/p2p-error.ts";
import { Publishing } from "../../../../src/session/media/publishing.ts";
import { FakeSource } from "../../../support/fake-media.ts";
import { HandClock } from "../../../support/hand-clock.ts";

class Run {
  readonly clock = new HandClock();
  /** Of each frame: the time at which it left, and its time in the source. */
  readonly left: [number, number][] = [];
  readonly told: (string | P2pError)[] = [];
  readonly publishing: Publishing;

  readonly source: FakeSource;

  constructor(source: FakeSource) {
    this.source = source;
    this.publishing = new Publishing(source, this.clock, {
      onFrame: (_index, { timestampUs }) => this.left.push([this.clock.nowMs(), timestampUs / 1_000]),
      onEnd: () => this.told.push("end"),
      onFailed: (error) => this.told.push(error),
    });
  }

  /** Lets the source be read until it waits for the clock, or for the test. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1) {
      await turns();
      this.clock.pass(1);
    }
    await turns();
  }
}

/** Long enough for every promise that waits for nothing but promises. */
async function turns(): Promise<void> {
  for (let count = 0; count < 10; count += 1) await Promise.resolve();
}

describe("a source", () => {
  test("is sent in real time from its first frame on", async () => {
    const run = new Run(new FakeSource([1_000, 1_020, 1_020, 1_055]));
    run.publishing.start();
    run.publishing.start();
    await run.pass(60);
    expect(run.left).toEqual([
      [0, 1_000],
      [20, 1_020],
      [20, 1_020],
      [55, 1_055],
    ]);
    expect(run.told).toEqual(["end"]);
    expect([run.source.closed, run.clock.timerCount]).toEqual([1, 0]);
  });

  test("that is late catches up at twice the speed, and is in time again", async () => {
    const source = new FakeSource([0, 100, 200, 300, 400]);
    const run = new Run(source);
    source.hold(1);
    run.publishing.start();
    await run.pass(300);
    source.release();
    await run.pass(150);
    expect(run.left).toEqual([
      [0, 0],
      [300, 100],
      [350, 200],
      [400, 300],
      [450, 400],
    ]);
  });

  test("stands still while nothing would arrive, and goes on later by as much", async () => {
    const run = new Run(new FakeSource([0, 20, 40]));
    run.publishing.start();
    await run.pass(30);
    run.publishing.pause();
    run.publishing.pause();
    await run.pass(100);
    run.publishing.resume();
    run.publishing.resume();
    await run.pass(20);
    expect(run.left).toEqual([
      [0, 0],
      [20, 20],
      [140, 40],
    ]);
  });

  test("that is stopped sends nothing more, and says nothing", async () => {
    const run = new Run(new FakeSource([0, 20, 40]));
    run.publishing.start();
    await run.pass(25);
    await run.publishing.stop();
    await run.pass(50);
    expect([run.left.length, run.told, run.source.closed, run.clock.timerCount]).toEqual([2, [], 1, 0]);
  });

  test("that is stopped before its first frame is never read", async () => {
    const run = new Run(new FakeSource([0]));
    await run.publishing.stop();
    run.publishing.start();
    await run.pass(5);
    expect([run.left, run.source.readCount, run.source.closed]).toEqual([[], 0, 1]);
  });

  test("that fails is told once, and closed", async () => {
    const error = new SomeError("SOURCE_CHANGED", { path: "x" });
    const run = new Run(new FakeSource([0, 10], error));
    run.publishing.start();
    await run.pass(20);
    expect([run.left.length, run.told, run.source.closed]).toEqual([2, [error], 1]);
  });

  test("that cannot be closed has ended all the same", async () => {
    const source = new FakeSource([0]);
    source.close = () => Promise.reject(new Error("no"));
    const run = new Run(source);
    run.publishing.start();
    await run.pass(2);
    expect(run.told).toEqual(["end"]);
  });
});
