// What nobody answered before the end of a session is one line of each kind.
import { describe, expect, test } from "vitest";
import { errorEvent } from "../../../src/command-port.ts";
import { P2pError, type P2pEvent } from "../../../src/index.ts";
import { PLAIN_STYLE, plainParts } from "../../../src/ui/style.ts";
import { UnansweredFold } from "../../../src/ui/unanswered-fold.ts";
import { wordsFor } from "../../../src/words/index.ts";

const CLOSED: P2pEvent = { event: "closed", reason: "quit", exit: 4 };

const context = (change: { verbose?: boolean; isLog?: boolean } = {}) => ({
  words: wordsFor("en").conversation,
  lang: "en" as const,
  style: PLAIN_STYLE,
  verbose: false,
  columns: 80,
  transfer: (id: string) => ({ number: 1, names: [id], files: 1 }),
  describeError: (event: { message: string; hint: string }) => event,
  ...change,
});

const unsent = (name: string, how: "own-end" | "peer-left"): P2pEvent =>
  errorEvent(new P2pError("TRANSFER_INTERRUPTED", { name, bytes: "0 B", total: "0 B", how }));
const left = (transfer: string, by: "me" | "peer"): P2pEvent => ({
  event: "declined",
  transfer,
  direction: "receive",
  by,
  how: "left",
});

const told = (fold: UnansweredFold, event: P2pEvent): string[] => {
  const { insisted, usual } = fold.tell(event, context());
  return [...usual, ...insisted].map(plainParts);
};

describe("at the end of a session", () => {
  test("six proposals that nobody answered are one line", () => {
    const fold = new UnansweredFold();
    for (const name of ["a", "b", "c", "d", "e", "f"])
      expect(fold.takes(unsent(name, "own-end"), context())).toBe(true);
    expect(told(fold, left("x", "me"))).toEqual([]);
    expect(told(fold, CLOSED)).toEqual(["not sent, this side ended before it was accepted: a, b, c, d, e and 1 more"]);
    expect(told(fold, CLOSED)).toEqual([]);
  });

  test("each kind has a line of its own", () => {
    const fold = new UnansweredFold();
    for (const event of [left("x", "me"), left("y", "me"), left("z", "peer"), unsent("a", "peer-left")]) {
      expect(fold.takes(event, context())).toBe(true);
    }
    expect(told(fold, CLOSED)).toEqual([
      "left without an answer: x, y",
      "the other side left, no longer offered: z",
      "not sent, the other side left before it was accepted: a",
    ]);
  });

  test("a log, and --verbose, have every one, and other errors are never taken", () => {
    const fold = new UnansweredFold();
    expect(fold.takes(unsent("a", "own-end"), context({ isLog: true }))).toBe(false);
    expect(fold.takes(unsent("a", "own-end"), context({ verbose: true }))).toBe(false);
    const broken = new P2pError("TRANSFER_INTERRUPTED", { name: "a", bytes: "1 B", total: "2 B" });
    expect(fold.takes(errorEvent(broken), context())).toBe(false);
    expect(fold.takes(errorEvent(new P2pError("PEER_DECLINED", { name: "a", wasAsked: true })), context())).toBe(false);
    expect(told(fold, CLOSED)).toEqual([]);
  });
});
