import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { ConsentPrompt } from "../../../src/cli/consent-prompt.ts";

function setUp(): {
  input: PassThrough;
  prompt: ConsentPrompt;
  shown: string[];
  ask: (name: string) => Promise<boolean>;
} {
  const input = new PassThrough();
  const prompt = new ConsentPrompt(input);
  const shown: string[] = [];
  const ask = (name: string): Promise<boolean> => prompt.ask(() => void shown.push(name));
  return { input, prompt, shown, ask };
}

const untilAsking = async (prompt: ConsentPrompt): Promise<void> => {
  while (!prompt.isAsking) await new Promise((resolve) => setImmediate(resolve));
};

test.each([
  ["y", true],
  ["Y", true],
  [" yes ", true],
  ["是", true],
  ["", false],
  ["n", false],
  ["yes please", false],
  ["yy", false],
])("'%s' is %s", async (typed, expected) => {
  const { input, prompt, ask } = setUp();
  const answer = ask("one");
  await untilAsking(prompt);
  input.write(`${typed}\n`);
  expect(await answer).toBe(expected);
  prompt.close();
});

test("one question at a time", async () => {
  const { input, prompt, shown, ask } = setUp();
  const answers = [ask("one"), ask("two")];
  await untilAsking(prompt);
  expect(shown).toEqual(["one"]);
  input.write("n\n");
  expect(await answers[0]).toBe(false);
  await untilAsking(prompt);
  expect(shown).toEqual(["one", "two"]);
  input.write("y\n");
  expect(await answers[1]).toBe(true);
  prompt.close();
});

test("what was typed before the question does not answer it", async () => {
  const { input, prompt, ask } = setUp();
  input.write("y\n");
  const answer = ask("one");
  await untilAsking(prompt);
  input.write("n\n");
  expect(await answer).toBe(false);
  prompt.close();
});

test("a terminal that is closed says no, then and later", async () => {
  const { input, prompt, ask } = setUp();
  const answers = [ask("one"), ask("two")];
  await untilAsking(prompt);
  input.end();
  expect(await Promise.all(answers)).toEqual([false, false]);
  expect(await ask("three")).toBe(false);
});

test("a terminal that cannot be read says no", async () => {
  const { input, prompt, ask } = setUp();
  const answer = ask("one");
  await untilAsking(prompt);
  input.destroy(new Error("EIO"));
  expect(await answer).toBe(false);
});

test("closing lets the input go", async () => {
  const { input, prompt, ask } = setUp();
  const answer = ask("one");
  await untilAsking(prompt);
  prompt.close();
  expect(await answer).toBe(false);
  expect(input.isPaused()).toBe(true);
});

test("a question that cannot be shown is answered with no, and the next one comes", async () => {
  const { input, prompt, ask } = setUp();
  const failing = prompt.ask(() => {
    throw new Error("nothing to show it on");
  });
  const next = ask("next");
  expect(await failing).toBe(false);
  await untilAsking(prompt);
  input.write("y\n");
  expect(await next).toBe(true);
  prompt.close();
});
