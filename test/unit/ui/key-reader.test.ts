import { expect, onTestFinished, test } from "vitest";
import { KeyReader } from "../../../src/ui/key-reader.ts";
import { FakeTerminal, settled } from "../../support/fake-terminal.ts";

function setUp(ownership = { isOurs: true }) {
  const terminal = new FakeTerminal();
  const keys: string[] = [];
  const seen = { interrupts: 0, discards: 0 };
  let tell = (): void => {};
  const reader = new KeyReader({
    input: terminal.input,
    output: terminal.output,
    foreground: {
      isOurs: () => ownership.isOurs,
      watch: (onChange) => {
        tell = onChange;
        return () => {};
      },
    },
    isDumb: false,
    onInterrupt: () => {
      seen.interrupts += 1;
    },
    onKey: (text) => keys.push(text ?? ""),
    discardTyped: () => {
      seen.discards += 1;
    },
  });
  onTestFinished(() => reader.close());
  const type = async (text: string): Promise<void> => {
    terminal.type(text);
    await settled();
  };
  return { terminal, reader, keys, seen, type, tell: () => tell() };
}

test("reads keys in raw mode, and leaves nothing behind", async () => {
  const { terminal, reader, keys, seen, type } = setUp();
  reader.open();
  expect(terminal.isRaw).toBe(true);
  await type("ab\u0003");
  expect(keys).toEqual(["a", "b"]);
  expect(seen).toEqual({ interrupts: 1, discards: 0 });
  reader.close();
  expect(terminal.isRaw).toBe(false);
  expect(seen.discards).toBe(1);
  expect(terminal.input.isPaused()).toBe(true);
});

test("leaves the terminal to a question, and takes it again", async () => {
  const { terminal, reader, keys, type } = setUp();
  reader.open();
  reader.pause();
  expect(terminal.isRaw).toBe(false);
  terminal.input.resume();
  await type("y");
  reader.resume();
  await type("z");
  expect(keys).toEqual(["z"]);
});

test("touches nothing in the background, and reads when it comes to the foreground", async () => {
  const ownership = { isOurs: false };
  const { terminal, reader, keys, seen, type, tell } = setUp(ownership);
  reader.open();
  await type("a");
  expect(terminal.isRaw).toBe(false);
  expect(terminal.input.isPaused()).toBe(true);
  expect(terminal.bytes).toBe("");
  ownership.isOurs = true;
  tell();
  await settled();
  expect(keys).toEqual(["a"]);
  ownership.isOurs = false;
  tell();
  reader.close();
  expect(seen.discards).toBe(0);
});

test("a terminal that goes while a question is open breaks nothing when the question ends", () => {
  const { terminal, reader } = setUp();
  reader.open();
  reader.pause();
  terminal.vanish();
  expect(() => {
    reader.resume();
    reader.close();
  }).not.toThrow();
});
