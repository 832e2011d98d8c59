// The credit of a sender: bytes written and a window, told by steps, and no more often than needed.
import { describe, expect, test } from "vitest";
import { CREDIT_INTERVAL_MS, CREDIT_STEPS } from "../../../src/transfer/limits.ts";
import { ReceiveCredit } from "../../../src/transfer/receive-credit.ts";

const WINDOW = 8_000;

describe("a receiver's credit", () => {
  test("is what the ACCEPT granted, to the byte", () => {
    const credit = new ReceiveCredit(WINDOW);
    expect([credit.take(WINDOW - 1), credit.take(1), credit.take(1)]).toEqual([true, true, false]);
  });

  test("grows by what was written, a step at a time", () => {
    const credit = new ReceiveCredit(WINDOW);
    credit.take(WINDOW);
    const step = WINDOW / CREDIT_STEPS;
    expect(credit.poll(WINDOW, 0)).toBeUndefined();
    credit.giveBack(step);
    expect(credit.poll(WINDOW, 0)).toEqual({ written: step, limit: WINDOW + step });
    expect([credit.take(step), credit.take(1)]).toEqual([true, false]);
  });

  test("is told for less than a step when the last word is old, and then not again", () => {
    const credit = new ReceiveCredit(WINDOW);
    credit.giveBack(1);
    expect(credit.poll(WINDOW, 0)).toEqual({ written: 1, limit: WINDOW + 1 });
    credit.giveBack(1);
    expect(credit.poll(WINDOW, CREDIT_INTERVAL_MS - 1)).toBeUndefined();
    expect(credit.poll(WINDOW, CREDIT_INTERVAL_MS)).toEqual({ written: 2, limit: WINDOW + 2 });
    expect(credit.poll(WINDOW, 10 * CREDIT_INTERVAL_MS)).toBeUndefined();
  });

  test("is behind when half of a window waits to be written", () => {
    const credit = new ReceiveCredit(WINDOW);
    credit.take(WINDOW / 2 - 1);
    expect(credit.isBehind(WINDOW)).toBe(false);
    credit.take(1);
    expect(credit.isBehind(WINDOW)).toBe(true);
    credit.giveBack(1);
    expect([credit.isBehind(WINDOW), credit.isBehind(WINDOW - 2)]).toEqual([false, true]);
  });

  test("is told by a step however recent the last word is, and by less only when it is news", () => {
    const credit = new ReceiveCredit(WINDOW);
    const step = WINDOW / CREDIT_STEPS;
    credit.giveBack(step);
    credit.poll(WINDOW, 0);
    credit.giveBack(step - 1);
    expect(credit.poll(WINDOW, 1)).toBeUndefined();
    credit.giveBack(1);
    expect(credit.poll(WINDOW, 1)).toEqual({ written: 2 * step, limit: WINDOW + 2 * step });
    expect(credit.poll(2 * WINDOW, 2)).toEqual({ written: 2 * step, limit: 2 * WINDOW + 2 * step });
  });

  test("is never taken back by a smaller window", () => {
    const credit = new ReceiveCredit(WINDOW);
    credit.giveBack(100);
    expect(credit.poll(10, 0)?.limit).toBe(WINDOW);
  });
});
