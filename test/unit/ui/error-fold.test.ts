import { describe, expect, it } from "vitest";
import { errorEvent } from "../../../src/command-port.ts";
import { P2pError, type P2pEvent } from "../../../src/index.ts";
import { ErrorFold } from "../../../src/ui/error-fold.ts";
import { PLAIN_STYLE, plainParts } from "../../../src/ui/style.ts";
import { wordsFor } from "../../../src/words/index.ts";

const SHOWN = 20;
const offered: P2pEvent = { event: "offered", transfer: "t", files: 1, bytes: 5 };

const gone = (at: number): P2pEvent => errorEvent(new P2pError("SOURCE_CHANGED", { path: `/it's/${at}'s` }));
const special = (at: number): P2pEvent =>
  errorEvent(new P2pError("PATH_NOT_SENT", { path: `/d/${at}`, kind: "special" }));
const unreadable = (reason: string): P2pEvent => errorEvent(new P2pError("PATH_UNREADABLE", { path: "/d", reason }));

function shown(fold: ErrorFold, events: P2pEvent[], verbose = false): number {
  return events.filter((event) => !fold.folds(event, { verbose })).length;
}

function told(fold: ErrorFold, event: P2pEvent, lang: "en" | "zh" = "en"): string[] {
  return fold.tellFolded(event, { words: wordsFor(lang).conversation, style: PLAIN_STYLE }).map(plainParts);
}

const many = (count: number, make: (at: number) => P2pEvent): P2pEvent[] =>
  Array.from({ length: count }, (_, at) => make(at));

describe("errors of single files", () => {
  it("are shown up to a number of each kind, and the others are told as one line when their work is over", () => {
    const fold = new ErrorFold();
    expect(shown(fold, many(3_000, gone))).toBe(SHOWN);
    expect(shown(fold, many(SHOWN + 1, special))).toBe(SHOWN);
    expect(told(fold, gone(1))).toEqual([]);
    expect(told(fold, offered)).toEqual(["… and 2,981 more like these (--verbose shows them)"]);
    expect(told(fold, offered)).toEqual([]);
    expect(shown(fold, many(SHOWN + 1, gone))).toBe(SHOWN);
    expect(told(fold, { event: "closed", reason: "done", exit: 8 }, "zh")).toEqual([
      "… 另有 1 条类似的错误（加上 --verbose 可全部显示）",
    ]);
  });

  it("are all shown with --verbose, and so are errors of anything else", () => {
    const fold = new ErrorFold();
    expect(shown(fold, many(30, gone), true)).toBe(30);
    const lost = many(30, () => errorEvent(new P2pError("CONNECTION_LOST", {})));
    expect(shown(fold, [...lost, ...many(30, () => offered)])).toBe(60);
    expect(told(fold, offered)).toEqual([]);
  });

  it("of ever new kinds are counted together after some", () => {
    const fold = new ErrorFold();
    const count = shown(
      fold,
      many(1_000, (at) => unreadable(`E${at}`)),
    );
    expect(count).toBe(64 + SHOWN);
    expect(told(fold, offered)).toEqual(["… and 916 more like these (--verbose shows them)"]);
  });
});
