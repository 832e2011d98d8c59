// A terminal that understands no escape sequences gets none, in a conversation and while a paste is waited for.
import { expect, it } from "vitest";
import { JobForeground } from "../../../src/ui/foreground.ts";
import { KeyReader } from "../../../src/ui/key-reader.ts";
import { connected, CTRL_D, ENTER, says } from "../../support/conversation-talk.ts";
import { FakeTerminal, settled } from "../../support/fake-terminal.ts";

const ESCAPE = "\u001b";

it("a conversation writes each thing on a line of its own, and the prompt again below", async () => {
  const { line, terminal, type, ended } = await connected({ isDumb: true, quiet: false });
  line.emit(says("hello"));
  line.emit({ event: "network", state: "interrupted" });
  await settled();
  await type(`hx\u007fi${ENTER}`);
  await type(CTRL_D);
  line.end("done", 0);
  await ended;
  expect(terminal.bytes).not.toContain(ESCAPE);
  expect(terminal.bytes).toMatch(/\r\n.*hello\r\n(.*\r\n)*> /);
});

it("waiting for a paste writes nothing", () => {
  const terminal = new FakeTerminal();
  const { input, output } = terminal;
  const reader = new KeyReader({
    input,
    output,
    isDumb: true,
    foreground: new JobForeground(() => true),
    onInterrupt: () => {},
    onKey: () => {},
    discardTyped: () => {},
  });
  reader.open();
  expect(terminal.isRaw).toBe(true);
  reader.close();
  expect(terminal.bytes).toBe("");
});
