// Keys at a run without a conversation: before it is connected they may be a pasted document, afterwards nobody reads them.
import { expect, test, vi } from "vitest";
import { TypedInput, type TypedInputOptions } from "../../../src/cli/typed-input.ts";
import type { P2pEvent } from "../../../src/index.ts";
import { QUIET_AFTER_A_TALK_MS } from "../../../src/ui/last-typing.ts";
import { settled } from "../../support/fake-terminal.ts";
import { FakeIo } from "./fakes.ts";

function setUp(settings: Partial<TypedInputOptions["settings"]> = {}) {
  const io = new FakeIo(["stdin", "stderr"]);
  const told: P2pEvent[] = [];
  const late: string[] = [];
  const quits: string[] = [];
  const typed = new TypedInput({
    settings: { stdin: "terminal", takesPaste: false, role: "answer", paths: [], ...settings },
    io,
    quit: () => quits.push("quit"),
    tell: (event) => told.push(event),
    tellTooLate: (text) => late.push(text),
  });
  typed.prepareKeys({ takeDocument: async (text) => text });
  typed.open();
  const type = async (text: string): Promise<void> => {
    io.input.write(text);
    await settled();
  };
  return { typed, told, late, quits, io, type };
}

test("what is typed after the last event is told as such, and keeps the process no longer than it is typed", async () => {
  const { typed, told, late, io, type } = setUp();
  typed.handleConnected();
  typed.handleClosed("peer-bye");
  await type("too late\rand then");
  typed.close();
  const end = typed.readLast(false);
  await type(" some\r");
  await end;
  expect([told, late, io.isInputUnref]).toEqual([[], ["too late", "and then some"], true]);
});

test("a line is told as early before the connection and as unsent after it, with what this side does", async () => {
  const { typed, told, type } = setUp();
  await type("hello\r");
  typed.handleConnected();
  await type("is anybody there\r");
  typed.close();
  expect(told).toMatchObject([
    { event: "typed-early", text: "hello" },
    { event: "typed-unsent", text: "is anybody there", side: "receives" },
  ]);
});

test.each([
  [{ paths: ["a"], role: "offer" }, "sends"],
  [{ paths: [], role: "offer" }, "offers"],
] as const)("the side of %o %s", async (settings, side) => {
  const { typed, told, type } = setUp(settings);
  typed.handleConnected();
  await type("hello\r");
  typed.close();
  expect(told).toMatchObject([{ event: "typed-unsent", side }]);
});

test("without a terminal nothing is read, and without a folder nothing is pasted", async () => {
  const { typed, told, type } = setUp({ stdin: "messages" });
  expect(typed.catchPastes({ takeDocument: async (text) => text })).toBeUndefined();
  await type("hello\r");
  typed.close();
  expect(told).toEqual([]);
});

test("what a question reads, as a passphrase, is neither judged nor told", async () => {
  const { typed, told, type } = setUp({ takesPaste: true });
  typed.catchPastes({ takeDocument: async (text) => text });
  const press = (text: string): void => {
    for (const char of text) typed.press(char, { name: char === "\r" ? "return" : char, sequence: char });
  };
  vi.useFakeTimers();
  typed.hold();
  press("my secret\r");
  typed.resume();
  press("hello\r");
  await vi.advanceTimersByTimeAsync(2_000);
  vi.useRealTimers();
  typed.close();
  await type("");
  expect(told).toMatchObject([{ event: "typed-early", text: "hello" }]);
});

test.each([["/quit\r"], ["\u0004"], ["hello\r\u0004"]])(
  "%j ends the run before it is connected, and never a later one",
  async (keys) => {
    const { typed, quits, type } = setUp();
    await type(keys);
    expect(quits).toEqual(["quit"]);
    typed.handleConnected();
    await type(`\r${keys}`);
    expect(quits).toEqual(["quit"]);
    typed.close();
  },
);

test("Ctrl-D behind a line that was begun ends nothing", async () => {
  const { typed, quits, type } = setUp();
  await type("hel\u0004");
  expect(quits).toEqual([]);
  typed.close();
});

test("commands are answered by what they can do before the connection", async () => {
  const { typed, told, type } = setUp();
  await type("/status\r");
  typed.note({ event: "waiting", for: "file", path: "/d/LocaltionJson_p.json" });
  await type("/status\r/send a.jpg\r/verify\r/help\rquit\r");
  typed.close();
  const doing = { what: "waiting-for-file", path: "/d/LocaltionJson_p.json" };
  expect(told).toEqual([
    { event: "typed-early", text: "/status", about: "status", doing: { what: "preparing" } },
    { event: "typed-early", text: "/status", about: "status", doing },
    { event: "typed-early", text: "/send a.jpg", about: "send-never", doing },
    { event: "typed-early", text: "/verify", about: "command", doing },
    { event: "typed-early", text: "/help", about: "help", doing },
    { event: "typed-early", text: "quit", about: "leaving", doing },
  ]);
});

test("in a conversation /quit is obeyed before it is connected, and /send is for later", async () => {
  const { typed, told, quits } = setUp({ stdin: "conversation", takesPaste: true });
  typed.catchPastes({ takeDocument: async (text) => text });
  vi.useFakeTimers();
  for (const char of "/send a\r/quit\r") typed.press(char, { name: char === "\r" ? "return" : char, sequence: char });
  await vi.advanceTimersByTimeAsync(2_000);
  vi.useRealTimers();
  typed.close();
  expect([quits, told]).toMatchObject([["quit"], [{ text: "/send a", about: "send" }]]);
});

test("where nothing can be pasted, a conversation obeys and answers lines, too; nobody is told to carry what is carried", async () => {
  const { typed, told, quits } = setUp({ stdin: "conversation" });
  const press = (text: string): void => {
    for (const char of text) typed.press(char, { name: char === "\r" ? "return" : char, sequence: char });
  };
  expect(typed.catchPastes({ takeDocument: async (text) => text })).toBeUndefined();
  press("hello\r");
  typed.note({ event: "carrier", via: "folder:/d", state: "waiting" });
  press("hello\r/quit\r");
  typed.hold();
  press("my secret\r");
  await settled();
  typed.close();
  expect(quits).toEqual(["quit"]);
  expect(told).toMatchObject([
    { event: "typed-early", text: "hello", about: "other" },
    { event: "typed-early", text: "hello", about: "other", isCarried: true },
  ]);
  expect(told[0]).not.toHaveProperty("isCarried");
});

test.each([
  ["conversation", "peer-bye", true],
  ["conversation", "lost", true],
  ["conversation", "quit", false],
  ["terminal", "peer-bye", false],
] as const)("after a %s that ended by %s the terminal is read for long: %s", async (stdin, reason, isLong) => {
  const { typed, late, io } = setUp({ stdin });
  typed.handleConnected();
  typed.handleClosed(reason);
  typed.close();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const end = typed.readLast(false);
  let hasEnded = false;
  void end.then(() => {
    hasEnded = true;
  });
  await vi.advanceTimersByTimeAsync(QUIET_AFTER_A_TALK_MS - 1);
  await settled();
  expect(hasEnded).toBe(!isLong);
  io.input.write("ls\r");
  await settled();
  await vi.advanceTimersByTimeAsync(QUIET_AFTER_A_TALK_MS);
  vi.useRealTimers();
  await end;
  expect(late).toEqual(["ls"]);
});
