import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { JobForeground } from "../../../src/ui/foreground.ts";
import {
  LAST_TYPING_LIMIT_MS,
  QUIET_AFTER_A_TALK_MS,
  QUIET_MS,
  QUIET_WITHIN_A_LINE_MS,
  readLastTyping,
  type TypedBefore,
} from "../../../src/ui/last-typing.ts";
import { UnsentTyping } from "../../../src/ui/unsent-typing.ts";
import { FakeTerminal, settled } from "../../support/fake-terminal.ts";

let before: NodeJS.ExitListener[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  before = process.listeners("exit");
});

afterEach(() => {
  for (const listener of process.listeners("exit")) if (!before.includes(listener)) process.off("exit", listener);
  vi.useRealTimers();
});

function setUp({ taken = "", isWithinLine = false, hasSurprised = false }: Partial<TypedBefore> = {}, isOurs = true) {
  const terminal = new FakeTerminal();
  const seen = { told: [] as string[], interrupts: 0, hasEnded: false };
  const left = { typed: "" };
  const reading = readLastTyping(
    {
      input: terminal.input,
      output: terminal.output,
      foreground: new JobForeground(() => isOurs),
      takeTyped: () => left.typed,
      typing: new UnsentTyping((text) => seen.told.push(text)),
      onInterrupt: () => {
        seen.interrupts += 1;
      },
    },
    { taken, isWithinLine, hasSurprised },
  );
  void reading.then(() => {
    seen.hasEnded = true;
  });
  const type = async (keys: string): Promise<void> => {
    terminal.type(keys);
    await settled();
  };
  const pass = async (ms: number): Promise<void> => {
    await vi.advanceTimersByTimeAsync(ms);
    await settled();
  };
  const exit = (): void => {
    for (const listener of process.listeners("exit")) if (!before.includes(listener)) listener.call(process, 0);
  };
  return { terminal, seen, left, type, pass, exit };
}

test("tells what comes until the process ends, and what stands in the terminal then", async () => {
  const { terminal, seen, left, type, pass, exit } = setUp({ taken: "taken before\rbeg" });
  expect(terminal.isRaw).toBe(true);
  await type("un\r");
  await type("rm -r x\r");
  await pass(QUIET_MS);
  expect(seen.hasEnded).toBe(true);
  await type("late\r");
  left.typed = "\u001b[Alater\rlast";
  exit();
  expect(seen.told).toEqual(["taken before", "begun", "rm -r x", "late", "later", "last"]);
  expect(terminal.isRaw).toBe(false);
});

test("takes what a person begins to type before reading that the other side has ended the conversation", async () => {
  const { seen, type, pass } = setUp({ hasSurprised: true });
  await pass(QUIET_AFTER_A_TALK_MS - 1);
  await type("rm -r x\r");
  await pass(QUIET_AFTER_A_TALK_MS - 1);
  expect(seen).toMatchObject({ told: ["rm -r x"], hasEnded: false });
  await pass(1);
  expect(seen.hasEnded).toBe(true);
});

test("waits for the end of a line, but not for ever", async () => {
  const { seen, type, pass } = setUp();
  await type("h");
  await pass(QUIET_WITHIN_A_LINE_MS - 1);
  await type("i");
  await pass(QUIET_WITHIN_A_LINE_MS - 1);
  expect(seen.hasEnded).toBe(false);
  await pass(1);
  expect(seen.hasEnded).toBe(true);
  const other = setUp();
  for (let ms = 0; ms < LAST_TYPING_LIMIT_MS; ms += QUIET_MS) {
    await other.type("h");
    await other.pass(QUIET_MS);
  }
  expect(other.seen.hasEnded).toBe(true);
});

test("knows of a line that was begun before", async () => {
  const { seen, type, pass } = setUp({ isWithinLine: true });
  await pass(QUIET_WITHIN_A_LINE_MS - 1);
  expect(seen.hasEnded).toBe(false);
  await type("\r");
  await pass(QUIET_MS);
  expect(seen).toMatchObject({ hasEnded: true, told: [] });
});

test("gives the terminal back before Ctrl-C takes effect", async () => {
  const { terminal, seen, type } = setUp();
  await type("\u0003");
  expect([terminal.isRaw, seen.interrupts]).toEqual([false, 1]);
});

test("a run that follows in the same process takes the terminal over from the one before", async () => {
  const first = setUp({ taken: "beg" });
  await first.type("un\r");
  const second = setUp();
  await second.type("more\r");
  expect([first.terminal.isRaw, second.terminal.isRaw]).toEqual([false, true]);
  expect([first.seen.told, second.seen.told]).toEqual([["begun"], ["more"]]);
  expect(process.listeners("exit").filter((listener) => !before.includes(listener))).toHaveLength(1);
});

test("reads nothing in the background", async () => {
  const { terminal, seen } = setUp({ taken: "x\r" }, false);
  await settled();
  expect([terminal.isRaw, seen.hasEnded, seen.told]).toEqual([false, true, []]);
});
