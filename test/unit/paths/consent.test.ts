import { describe, expect, test } from "vitest";
import { Consent, type ConsentEvent } from "../../../src/paths/consent.ts";
import { LIVENESS } from "../../../src/paths/liveness.ts";

const { consentTickMs, silenceMs, unansweredMs, consentExpiryMs } = LIVENESS;

/** Consent in virtual time, with what it has said, each with its time. */
function watched(random = 0): { consent: Consent; said: [ConsentEvent, number][]; pass: (ms: number) => void } {
  const consent = new Consent(0, () => random);
  const said: [ConsentEvent, number][] = [];
  let nowMs = 0;
  const pass = (ms: number): void => {
    const untilMs = nowMs + ms;
    while (consent.nextDeadlineMs() <= untilMs) {
      nowMs = consent.nextDeadlineMs();
      consent.advance(nowMs);
      for (let event = consent.pollEvent(); event !== undefined; event = consent.pollEvent()) said.push([event, nowMs]);
    }
    nowMs = untilMs;
  };
  return { consent, said, pass };
}

const only = (said: [ConsentEvent, number][], event: ConsentEvent): number[] =>
  said.filter(([one]) => one === event).map(([, atMs]) => atMs);

describe("consent", () => {
  test.each([
    [0, 4_000],
    [0.999, 5_500],
  ])("is asked for every 4 to 5.5 s: random %d", (random, everyMs) => {
    const { said, pass, consent } = watched(random);
    for (let second = 0; second < 60; second += 1) {
      pass(1_000);
      consent.handleAnswered(second * 1_000);
    }
    const checks = only(said, "check");
    expect(checks[0]).toBe(everyMs);
    expect((checks[1] ?? 0) - (checks[0] ?? 0)).toBe(everyMs);
    expect(said.filter(([event]) => event !== "check")).toEqual([]);
  });

  test("silence, no answer, expiry: each once, at its time", () => {
    const { said, pass } = watched();
    pass(120_000);
    expect(only(said, "unreachable")).toEqual([silenceMs]);
    expect(only(said, "unanswered")).toEqual([unansweredMs]);
    expect(only(said, "expired")).toEqual([consentExpiryMs]);
    expect(said.at(-1)?.[0]).toBe("expired");
  });

  test("who is heard but never answers is reachable until consent expires", () => {
    const { said, pass, consent } = watched();
    for (let i = 0; i < 40; i += 1) {
      consent.handleHeard();
      pass(1_000);
    }
    expect(only(said, "unreachable")).toEqual([]);
    expect(only(said, "unanswered")).toEqual([unansweredMs]);
    expect(only(said, "expired")).toEqual([consentExpiryMs]);
  });

  test("what is delivered stands for answers, but does not prolong consent", () => {
    const { said, pass, consent } = watched();
    for (let second = 1; second <= 40; second += 1) {
      consent.handleHeard();
      consent.handleDelivered(second * 1_000);
      pass(1_000);
    }
    expect(only(said, "unanswered")).toEqual([]);
    expect(only(said, "expired")).toEqual([consentExpiryMs]);
  });

  test("missing answers are told again after there were some, and one lost answer is no silence", () => {
    const { said, pass, consent } = watched();
    const hear = (seconds: number): void => {
      for (let second = 0; second < seconds; second += 1) {
        consent.handleHeard();
        pass(1_000);
      }
    };
    hear(20);
    consent.handleAnswered(20_000);
    pass(7_000);
    consent.handleAnswered(27_000);
    hear(20);
    expect(only(said, "unanswered")).toEqual([unansweredMs, 27_000 + unansweredMs]);
    expect(only(said, "unreachable")).toEqual([]);
  });

  test("one that is heard again is reachable again", () => {
    const { said, pass, consent } = watched();
    pass(silenceMs);
    consent.handleHeard();
    pass(consentTickMs);
    expect(said.filter(([event]) => event !== "check")).toEqual([
      ["unreachable", silenceMs],
      ["reachable", silenceMs + consentTickMs],
    ]);
  });

  test("a process that stood still does not take its own sleep for the peer's silence", () => {
    const { said, consent } = watched();
    consent.advance(consentTickMs);
    const wokeMs = 20_000;
    consent.advance(wokeMs);
    for (let event = consent.pollEvent(); event !== undefined; event = consent.pollEvent()) said.push([event, wokeMs]);
    expect(said.map(([event]) => event)).toEqual(["check"]);
    expect(consent.isReachable).toBe(true);
  });
});
