import { expect, test } from "vitest";
import { RawMode } from "../../../src/ui/raw-mode.ts";
import { FakeTerminal } from "../../support/fake-terminal.ts";

test("asks for marked pastes only where the terminal understands it", () => {
  for (const marksPastes of [true, false]) {
    const terminal = new FakeTerminal();
    const mode = new RawMode({ input: terminal.input, output: terminal.output, marksPastes });
    mode.on();
    mode.off();
    expect(terminal.bytes).toBe(marksPastes ? "\u001b[?2004h\u001b[?2004l" : "");
  }
});

test("a terminal that another job has keeps its mode, and is taken again afterwards", () => {
  const terminal = new FakeTerminal();
  const mode = new RawMode({ input: terminal.input, output: terminal.output, marksPastes: false });
  mode.on();
  mode.abandon();
  mode.off();
  expect(terminal.isRaw).toBe(true);
  expect(terminal.input.isPaused()).toBe(true);
  mode.on();
  expect(terminal.input.isPaused()).toBe(false);
});
