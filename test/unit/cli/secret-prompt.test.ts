// Reading what must not be seen: nothing of it on the screen, raw mode given back, other users of the keys left alone.
import { describe, expect, test } from "vitest";
import { SecretPrompt } from "../../../src/cli/secret-prompt.ts";
import { FakeTerminal, settled } from "../../support/fake-terminal.ts";

function prompt(): { terminal: FakeTerminal; secrets: SecretPrompt; interrupts: () => number } {
  const terminal = new FakeTerminal();
  let count = 0;
  const secrets = new SecretPrompt({
    input: terminal.input,
    onInterrupt: () => {
      count += 1;
    },
  });
  return { terminal, secrets, interrupts: () => count };
}

describe("a line that is not shown", () => {
  test.each([
    ["able crane\r", "able crane"],
    ["口令 🔑\n", "口令 🔑"],
    ["wrng\u007f\u007f\u007fong\r", "wong"],
    ["🔑\u007fa\r", "a"],
    ["wrong\u0015right\r", "right"],
    ["a\tb\u001b[A\u001b[200~c\u0001\r", "abc"],
    ["\r", ""],
  ])("%j", async (keys, expected) => {
    const { terminal, secrets } = prompt();
    const reading = secrets.read();
    expect(terminal.isRaw).toBe(true);
    terminal.type(keys);
    expect(await reading).toBe(expected);
    expect(terminal.isRaw).toBe(false);
    expect(terminal.bytes).toBe("");
  });

  test.each([["\u0003"], ["\u0004"]])("%j gives none, and Ctrl-C is passed on", async (key) => {
    const { terminal, secrets, interrupts } = prompt();
    const reading = secrets.read();
    terminal.type(`x\u007f${key}`);
    expect(await reading).toBeUndefined();
    expect(interrupts()).toBe(key === "\u0003" ? 1 : 0);
    expect(terminal.isRaw).toBe(false);
  });

  test("one after the other, and none after close", async () => {
    const { terminal, secrets } = prompt();
    const first = secrets.read();
    await expect(secrets.read()).rejects.toThrow(TypeError);
    terminal.type("one\r");
    expect(await first).toBe("one");
    const second = secrets.read();
    await settled();
    secrets.close();
    expect(await second).toBeUndefined();
    expect(terminal.isRaw).toBe(false);
    secrets.close();
  });

  test("a terminal that goes gives none, and breaks nothing", async () => {
    const { terminal, secrets } = prompt();
    const reading = secrets.read();
    terminal.vanish();
    expect(() => secrets.close()).not.toThrow();
    expect(await reading).toBeUndefined();
  });

  test("beside somebody who has the keys already, raw mode and Ctrl-C stay theirs", async () => {
    const { terminal, secrets, interrupts } = prompt();
    terminal.input.setRawMode(true);
    const reading = secrets.read();
    terminal.type("\u0003able\r");
    expect(await reading).toBe("able");
    expect([terminal.isRaw, interrupts()]).toEqual([true, 0]);
  });
});
