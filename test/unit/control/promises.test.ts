// What a side has promised and not sent, whenever somebody looks.
import { describe, expect, test } from "vitest";
import { NOTHING_PROMISED, type Promised, PromiseLedger } from "../../../src/control/promises.ts";

function ledgerOf(promised: Partial<Promised>): PromiseLedger {
  return new PromiseLedger({ ...NOTHING_PROMISED, ...promised });
}

function namesIn(ledger: PromiseLedger): string[] {
  return ledger.open.files.map(({ name }) => name);
}

describe("announced files", () => {
  test("are open from the start, in the call, and no longer as a transfer", () => {
    const ledger = ledgerOf({ files: ["photo.jpg", "stdin"] });
    expect(namesIn(ledger)).toEqual(["photo.jpg", "stdin"]);
    const first = ledger.callFiles("photo.jpg");
    expect(namesIn(ledger)).toEqual(["photo.jpg", "stdin"]);
    ledger.settleFiles(first);
    expect(namesIn(ledger)).toEqual(["stdin"]);
    const second = ledger.callFiles("stdin");
    ledger.settleFiles(second);
    expect(namesIn(ledger)).toEqual([]);
    expect([first.wasAnnounced, second.wasAnnounced]).toEqual([true, true]);
  });

  test("that never come are given up by who says that nothing follows", () => {
    const ledger = ledgerOf({ files: ["photo.jpg", "stdin"] });
    ledger.callFiles("photo.jpg");
    ledger.finish();
    expect(namesIn(ledger)).toEqual(["photo.jpg"]);
  });
});

test("further files are open while they are called, and were not announced", () => {
  const ledger = ledgerOf({});
  const promise = ledger.callFiles("b.txt");
  expect(promise).toEqual({ name: "b.txt", wasAnnounced: false });
  expect(namesIn(ledger)).toEqual(["b.txt"]);
  ledger.settleFiles(promise);
  expect(namesIn(ledger)).toEqual([]);
});

describe("messages", () => {
  test("that were announced are counted down, never below none", () => {
    const ledger = ledgerOf({ messages: 2 });
    expect(ledger.open.messages).toBe(2);
    for (const left of [1, 0, 0]) {
      ledger.callMessage();
      expect(ledger.open).toEqual({ files: [], messages: left, hasFurther: false });
    }
  });

  test("of an unknown count are open until their end", () => {
    const ledger = ledgerOf({ further: "until-finished" });
    expect(ledger.open.hasFurther).toBe(true);
    ledger.callMessage();
    expect(ledger.open.hasFurther).toBe(true);
    ledger.finish();
    expect(ledger.open.hasFurther).toBe(false);
  });

  test("of an input that may stay empty are open from the first of them on", () => {
    const ledger = ledgerOf({ messages: 1, further: "once-begun" });
    ledger.callMessage();
    expect(ledger.open).toEqual({ files: [], messages: 0, hasFurther: false });
    ledger.callMessage();
    expect(ledger.open.hasFurther).toBe(true);
    ledger.finish();
    expect(ledger.open.hasFurther).toBe(false);
  });
});
