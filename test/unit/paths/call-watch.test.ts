// When the pair of a call counts as dead, by the rule alone. Two machines that move by it are in test/sim/call-moves.test.ts.
import { describe, expect, test } from "vitest";
import { CallWatch } from "../../../src/paths/call-watch.ts";
import { LIVENESS } from "../../../src/paths/liveness.ts";

const { callTickMs, callAskMs, callAskAgainMs, callSilenceMs, callLastsMs, callStallMs } = LIVENESS;

/** How soon checks are answered, by the pair that carries and by the other one; undefined: not at all. */
interface Answers {
  carrying?: { afterMs: number };
  spare?: { afterMs: number };
}

/** A call in virtual time, of which so much is sent that it never ends. */
class Bench {
  readonly watch = new CallWatch();
  readonly checks: { pair: "carrying" | "spare"; sentMs: number }[] = [];
  readonly answers: Answers;
  diedMs: number | undefined;
  nowMs = 0;
  #open: { pair: "carrying" | "spare"; sentMs: number; atMs: number }[] = [];

  constructor(answers: Answers = {}) {
    this.answers = answers;
    this.watch.noteDatagrams(1, 0);
  }

  /** @param each - before each look */
  pass(ms: number, each: () => void = () => {}): this {
    const untilMs = this.nowMs + ms;
    while (this.watch.nextDeadlineMs() <= untilMs) {
      this.nowMs = this.watch.nextDeadlineMs();
      this.#answer();
      each();
      this.look();
    }
    this.nowMs = untilMs;
    return this;
  }

  look(): void {
    const { watch, nowMs } = this;
    watch.noteDatagrams(nowMs + 2, nowMs);
    watch.advance(nowMs);
    if (watch.hasDied(nowMs)) this.diedMs ??= nowMs;
    const due = watch.takeDue(nowMs);
    if (due !== "none") this.#ask("carrying");
    if (due === "both") this.#ask("spare");
  }

  sent(pair: "carrying" | "spare"): number[] {
    return this.checks.filter((check) => check.pair === pair).map(({ sentMs }) => sentMs);
  }

  #ask(pair: "carrying" | "spare"): void {
    const check = { pair, sentMs: this.nowMs };
    this.checks.push(check);
    const answer = this.answers[pair];
    if (answer !== undefined) this.#open.push({ ...check, atMs: this.nowMs + answer.afterMs });
  }

  #answer(): void {
    const due = this.#open.filter(({ atMs }) => atMs <= this.nowMs);
    this.#open = this.#open.filter(({ atMs }) => atMs > this.nowMs);
    for (const { pair, sentMs, atMs } of due) {
      if (pair === "carrying") this.watch.handleAnswered(sentMs, atMs);
      else this.watch.handleSpareAnswered(sentMs, atMs);
    }
  }
}

describe("a pair that carries a call", () => {
  test("is not asked while data comes", () => {
    const bench = new Bench();
    bench.pass(10_000, () => bench.watch.handleData());
    expect([bench.checks, bench.diedMs]).toEqual([[], undefined]);
  });

  test("that is silent is asked, and then both are", () => {
    const bench = new Bench().pass(callSilenceMs);
    const times = Array.from({ length: 7 }, (_, index) => callAskMs + index * callAskAgainMs);
    expect(bench.sent("carrying")).toEqual(times);
    expect(bench.sent("spare")).toEqual(times.slice(1));
  });

  test("that answers is asked again after the same pause, for ever, and the other one is not", () => {
    const bench = new Bench({ carrying: { afterMs: 100 }, spare: { afterMs: 10 } }).pass(10_000);
    expect(bench.sent("carrying")).toHaveLength(25);
    expect([bench.sent("spare"), bench.diedMs]).toEqual([[], undefined]);
  });

  test.for([10, 100, 200] as const)("has died where the other one answers, %i ms later each", (afterMs) => {
    const { diedMs } = new Bench({ spare: { afterMs } }).pass(5_000);
    expect(diedMs).toBe(callSilenceMs);
  });

  test("over 600 ms has died when the other one has answered a check that left after its first answer", () => {
    const bench = new Bench({ spare: { afterMs: 600 } }).pass(5_000);
    const firstMs = callAskMs + callAskAgainMs + 600;
    expect(bench.diedMs).toBe(firstMs + 600 + callTickMs);
  });

  test("has not died where nobody answers: the network or the peer stands still", () => {
    const bench = new Bench().pass(60_000);
    expect(bench.diedMs).toBeUndefined();
  });

  test("has not died where the other one is heard first after all were silent, and it comes too", () => {
    const bench = new Bench().pass(3_000);
    Object.assign(bench.answers, { spare: { afterMs: 20 }, carrying: { afterMs: 100 } });
    bench.pass(5_000);
    expect(bench.diedMs).toBeUndefined();
  });

  test("is given time for its own round trip", () => {
    const slow = new Bench({ carrying: { afterMs: 800 }, spare: { afterMs: 10 } }).pass(callSilenceMs - 1);
    expect(slow.watch.hasDied(slow.nowMs)).toBe(false);
    slow.pass(20_000);
    expect(slow.diedMs).toBeUndefined();
  });

  test("is not judged by an answer of the other one to a check from before", () => {
    const bench = new Bench();
    bench.pass(200, () => bench.watch.handleData());
    bench.pass(800, () => bench.watch.handleSpareAnswered(100, bench.nowMs));
    bench.pass(5_000);
    expect(bench.diedMs).toBeUndefined();
  });

  test("is heard again and nothing is left of the silence", () => {
    const bench = new Bench({ spare: { afterMs: 10 } }).pass(callSilenceMs - callTickMs);
    bench.watch.handleData();
    bench.pass(callSilenceMs);
    expect(bench.diedMs).toBeUndefined();
    bench.pass(callTickMs);
    expect(bench.diedMs).toBe(2 * callSilenceMs);
  });

  test("is not held responsible for a stall of this process", () => {
    const bench = new Bench({ spare: { afterMs: 10 } }).pass(600);
    const stalledMs = 2_000;
    bench.nowMs += stalledMs;
    bench.look();
    expect(bench.diedMs).toBeUndefined();
    bench.pass(callSilenceMs - 600);
    // A look is late by what is beyond its interval.
    expect(bench.diedMs).toBe(stalledMs + callSilenceMs - callTickMs);
  });

  test("is looked at late now and then without another judgement", () => {
    const bench = new Bench({ spare: { afterMs: 10 } }).pass(600);
    bench.nowMs += callStallMs;
    bench.look();
    bench.pass(callSilenceMs - 600 - callStallMs);
    expect(bench.diedMs).toBe(callSilenceMs);
  });

  test("begins anew where one of the two is another one", () => {
    const bench = new Bench({ spare: { afterMs: 10 } }).pass(callSilenceMs - callTickMs);
    bench.watch.begin(bench.nowMs);
    bench.pass(callSilenceMs - callTickMs);
    expect(bench.diedMs).toBeUndefined();
  });
});

test("without a call nothing is looked at, and a while after its last datagram", () => {
  const watch = new CallWatch();
  expect(watch.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
  watch.noteDatagrams(0, 0);
  expect(watch.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
  watch.noteDatagrams(1, 1_000);
  expect(watch.nextDeadlineMs()).toBe(1_000 + callTickMs);
  let looks = 0;
  for (; watch.nextDeadlineMs() < Number.POSITIVE_INFINITY; looks += 1) watch.advance(watch.nextDeadlineMs());
  expect(looks).toBe(callLastsMs / callTickMs - 1);
  expect([watch.takeDue(1_000 + callLastsMs), watch.hasDied(1_000 + callLastsMs)]).toEqual(["none", false]);
});
