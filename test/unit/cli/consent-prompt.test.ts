import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { ConsentPrompt } from "../../../src/cli/consent-prompt.ts";
import { JobForeground } from "../../../src/ui/foreground.ts";
import { yesOrNo } from "../../../src/ui/yes-no.ts";

function setUp(isTerminalGone = false): {
  input: PassThrough;
  prompt: ConsentPrompt;
  shown: string[];
  held: (boolean | "gone")[];
  ask: (name: string) => Promise<boolean | undefined>;
} {
  const input = new PassThrough();
  const held: (boolean | "gone")[] = [];
  const foreground = new JobForeground(() => true);
  const prompt = new ConsentPrompt({
    input,
    foreground,
    onHold: (isHeld) => held.push(isHeld),
    isTerminalGone: () => isTerminalGone,
    onGone: () => held.push("gone"),
  });
  const shown: string[] = [];
  const ask = (name: string): Promise<boolean | undefined> => prompt.ask(() => void shown.push(name), yesOrNo);
  return { input, prompt, shown, held, ask };
}

const untilAsking = async (prompt: ConsentPrompt): Promise<void> => {
  while (!prompt.isAsking) await new Promise((resolve) => setImmediate(resolve));
};

test.each([
  ["y", true],
  [" yes ", true],
  ["是", true],
  ["n", false],
  ["/decline", false],
])("'%s' is %s", async (typed, expected) => {
  const { input, prompt, ask } = setUp();
  const answer = ask("one");
  await untilAsking(prompt);
  input.write(`${typed}\n`);
  expect(await answer).toBe(expected);
  prompt.close();
});

test("Ctrl-L shows the question again, and is no part of an answer", async () => {
  const { input, prompt, ask, shown } = setUp();
  const answer = ask("one");
  await untilAsking(prompt);
  input.write("\f\n");
  while (shown.length < 2) await new Promise((resolve) => setImmediate(resolve));
  await untilAsking(prompt);
  input.write("\f\u0001y\n");
  expect(await answer).toBe(true);
  expect(shown).toEqual(["one", "one"]);
  prompt.close();
});

test.each(["", "sure", "yes please", "yy"])("'%s' is no answer, and the question stays", async (typed) => {
  const { input, prompt, ask, held } = setUp();
  const answer = ask("one");
  await untilAsking(prompt);
  input.write(`${typed}\n`);
  await new Promise((resolve) => setImmediate(resolve));
  expect(prompt.isAsking).toBe(true);
  input.write("y\n");
  expect(await answer).toBe(true);
  expect(held).toEqual([true, false]);
  prompt.close();
});

test.each([
  ["Ctrl-D leaves the question", false, [true, false]],
  ["the end of a terminal that is gone is told apart from Ctrl-D", true, [true, "gone", false]],
])("%s", async (_, isGone, told) => {
  const { input, prompt, ask, held } = setUp(isGone);
  const answer = ask("one");
  await untilAsking(prompt);
  input.end();
  expect(await answer).toBeUndefined();
  expect(prompt.isGone).toBe(isGone);
  expect(held).toEqual(told);
});

test("a background job reads nothing until it has the terminal", async () => {
  const input = new PassThrough();
  let isOurs = false;
  let tell = (): void => {};
  const foreground = {
    isOurs: () => isOurs,
    watch: (onChange: () => void) => {
      tell = onChange;
      return () => {};
    },
  };
  const prompt = new ConsentPrompt({
    input,
    foreground,
    onHold: () => {},
    isTerminalGone: () => false,
    onGone: () => {},
  });
  const answer = prompt.ask(() => {}, yesOrNo);
  await untilAsking(prompt);
  input.write("n\n");
  await new Promise((resolve) => setImmediate(resolve));
  expect(input.isPaused()).toBe(true);
  isOurs = true;
  tell();
  expect(await answer).toBe(false);
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

test("a terminal that is closed answers nothing, then and later", async () => {
  const { input, prompt, ask } = setUp();
  const answers = [ask("one"), ask("two")];
  await untilAsking(prompt);
  input.end();
  expect(await Promise.all(answers)).toEqual([undefined, undefined]);
  expect(await ask("three")).toBeUndefined();
});

test("a terminal that cannot be read answers nothing", async () => {
  const { input, prompt, ask } = setUp();
  const answer = ask("one");
  await untilAsking(prompt);
  input.destroy(new Error("EIO"));
  expect(await answer).toBeUndefined();
});

test("closing lets the input go", async () => {
  const { input, prompt, ask } = setUp();
  const answer = ask("one");
  await untilAsking(prompt);
  prompt.close();
  expect(await answer).toBeUndefined();
  expect(input.isPaused()).toBe(true);
});

test("a question that cannot be shown stays unanswered, and the next one comes", async () => {
  const { input, prompt, ask } = setUp();
  const failing = prompt.ask(() => {
    throw new Error("nothing to show it on");
  }, yesOrNo);
  const next = ask("next");
  expect(await failing).toBeUndefined();
  await untilAsking(prompt);
  input.write("y\n");
  expect(await next).toBe(true);
  prompt.close();
});

test("a question is not shown where the run ends first", async () => {
  const { prompt, ask, shown } = setUp();
  const answer = ask("one");
  prompt.close();
  expect(await answer).toBeUndefined();
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(shown).toEqual([]);
});
