import { describe, expect, test } from "vitest";
import { exitWithoutReader, RunOutcome } from "../../../src/cli/run-outcome.ts";
import { P2pError } from "../../../src/index.ts";
import { closed, CONNECTED, LOCAL_FILE } from "./fakes.ts";

const NOTHING = { files: [], messages: 0 };
const EXPIRED = { event: "error", code: "FILE_EXPIRED", message: "", hint: "" } as const;

describe("closed", () => {
  test("is shown with the worse of the line's exit code and that of what could not be sent", () => {
    const exits = [
      [0, 5],
      [3, 5],
      [130, 5],
    ].map(([ofLine = 0, ofUnsent = 0]) => {
      const outcome = new RunOutcome(NOTHING);
      outcome.noteUnsent(7);
      outcome.noteUnsent(ofUnsent);
      outcome.noteUnsent(7);
      return outcome.note(closed(ofLine));
    });
    expect(exits).toEqual([closed(5), closed(5), { ...closed(130) }]);
  });

  test("says `error` for an error that nobody has caught, whatever the line says", () => {
    const outcome = new RunOutcome(NOTHING);
    outcome.noteBug();
    expect(outcome.note(closed(1))).toEqual({ ...closed(1), reason: "error" });
  });

  test("is owed from the first local file on, and made up once where the line emits none", () => {
    const outcome = new RunOutcome(NOTHING);
    expect([outcome.owesClosed, outcome.close({ reason: "error", exit: 1 })]).toEqual([false, undefined]);
    expect(outcome.note(LOCAL_FILE)).toBe(LOCAL_FILE);
    expect(outcome.owesClosed).toBe(true);
    expect(outcome.close({ reason: "error", exit: 1 })).toEqual({ event: "closed", reason: "error", exit: 1 });
    expect([outcome.isClosed, outcome.owesClosed]).toEqual([true, false]);
    expect(outcome.close({ reason: "error", exit: 1 })).toBeUndefined();
  });

  test("is owed no more when the line has emitted it", () => {
    const outcome = new RunOutcome(NOTHING);
    outcome.note(LOCAL_FILE);
    outcome.note(closed());
    expect([outcome.isClosed, outcome.owesClosed]).toEqual([true, false]);
  });
});

describe("leaving before the connection", () => {
  test("has the exit code of what was promised: an interrupted file, or else a message", () => {
    const exits = [{ files: ["f"], messages: 1 }, { files: [], messages: 1 }, NOTHING].map((promised) =>
      new RunOutcome(promised).exitOfLeaving("quit"),
    );
    expect(exits).toEqual([4, 3, undefined]);
  });

  test("by a signal has the code of the signal, which the line knows, and so has leaving a session", () => {
    const outcome = new RunOutcome({ files: ["f"], messages: 1 });
    expect(outcome.exitOfLeaving("interrupted")).toBeUndefined();
    outcome.note(CONNECTED);
    expect([outcome.isConnected, outcome.exitOfLeaving("quit")]).toEqual([true, undefined]);
  });
});

describe("a run without any `closed`", () => {
  const expired = new P2pError("FILE_EXPIRED", { path: "f", expiresAt: "" });

  test("ends with the code of the error that was told", () => {
    const outcome = new RunOutcome(NOTHING);
    outcome.note(EXPIRED);
    expect(outcome.exitWithoutClosed(expired, false)).toBe(6);
  });

  test("throws an error that nobody has told", () => {
    const outcome = new RunOutcome(NOTHING);
    expect(() => outcome.exitWithoutClosed(expired, false)).toThrow(expired);
    outcome.note({ ...EXPIRED, code: "FILE_USED" });
    expect(() => outcome.exitWithoutClosed(expired, false)).toThrow(expired);
  });

  test("ends as the signal says, else as the reader who went away, else as what could not be sent", () => {
    const outcome = new RunOutcome(NOTHING);
    outcome.noteUnsent(5);
    expect(outcome.exitWithoutClosed(expired, false)).toBe(5);
    expect(outcome.exitWithoutClosed(expired, true)).toBe(0);
    outcome.noteSignal("SIGTERM");
    expect(outcome.exitWithoutClosed(expired, true)).toBe(143);
  });
});

test.each([
  ["nothing was promised", NOTHING, 0],
  ["a file was", { ...NOTHING, files: ["a"] }, 4],
] as const)("a line that the run has closed before it wrote a file is no bug: %s", (_what, promised, exit) => {
  const outcome = new RunOutcome(promised);
  expect(outcome.noteLeaving("quit", undefined)).toBe(exit === 0 ? undefined : exit);
  expect(outcome.exitWithoutClosed(new Error("quit"), false)).toBe(exit);
  const told = new P2pError("FOLDER_IN_USE", { dir: ".", command: "offer", pid: 1 });
  expect(() => outcome.exitWithoutClosed(told, false)).toThrow(told);
});

test("a signal counts after the session has ended, too", () => {
  const outcome = new RunOutcome(NOTHING);
  outcome.noteSignal("SIGTERM");
  expect(outcome.note({ event: "closed", reason: "done", exit: 0 })).toMatchObject({
    reason: "interrupted",
    exit: 143,
  });
});

test("only the first signal is one to close in order for", () => {
  const outcome = new RunOutcome(NOTHING);
  expect(outcome.isSignalled).toBe(false);
  expect([outcome.noteSignal("SIGINT"), outcome.noteSignal("SIGTERM"), outcome.isSignalled]).toEqual([
    true,
    false,
    true,
  ]);
  expect(outcome.exitWithoutClosed(new Error("closed"), false)).toBe(130);
});

test("a reader of stdout who has gone makes a lost connection a success, and nothing else", () => {
  expect([3, 4, 5, 0].map(exitWithoutReader)).toEqual([0, 4, 5, 0]);
});
