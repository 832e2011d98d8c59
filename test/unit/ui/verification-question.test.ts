import { expect, test } from "vitest";
import type { VerifyEvent } from "../../../src/index.ts";
import { type EnteredLine, VerificationQuestion } from "../../../src/ui/verification-question.ts";

const SHOWN: VerifyEvent = { event: "verify", words: "one two", digits: "0004298764", state: "shown" };
const line = (text: string, facts: Partial<EnteredLine> = {}): EnteredLine => ({
  text,
  isPasted: false,
  isFileAsked: false,
  ...facts,
});

function asked({ isTyping = false } = {}): VerificationQuestion {
  const question = new VerificationQuestion();
  question.ask(SHOWN, isTyping);
  return question;
}

test("before a question, and after it is over, every line means something else", () => {
  const question = new VerificationQuestion();
  expect([question.asked, question.take(line("y"))]).toEqual([undefined, "other"]);
  question.ask(SHOWN, false);
  expect(question.asked).toBe(SHOWN);
  question.handleOver();
  expect([question.asked, question.take(line("n"))]).toEqual([undefined, "other"]);
});

test("an answer ends the question", () => {
  for (const [text, meaning] of [
    ["Y", "yes"],
    ["不", "no"],
    ["/accept", "yes"],
  ] as const) {
    const question = asked();
    expect(question.take(line(text))).toBe(meaning);
    expect([question.asked, question.take(line(text))]).toEqual([undefined, "other"]);
  }
});

test("what is no clear answer is held back, and the question stays", () => {
  const question = asked();
  const lines = [line("hello"), line(""), line("y", { isPasted: true })];
  expect(lines.map((each) => question.take(each))).toEqual(["unclear", "unclear", "unclear"]);
  expect(question.take(line("y"))).toBe("yes");
});

test("a command is a command: also a pasted one, and one that means the files", () => {
  const question = asked();
  const lines = [
    line("/status"),
    line("/accept", { isFileAsked: true }),
    line("/decline", { isPasted: true }),
    line("/decline", { isFileAsked: true }),
  ];
  expect(lines.map((each) => question.take(each))).toEqual(["other", "other", "other", "other"]);
  expect(question.asked).toBe(SHOWN);
});

test("a plain yes means the comparison, whatever else is asked", () => {
  expect(asked().take(line("y", { isFileAsked: true }))).toBe("yes");
});

test("a line that was begun before the question does not answer it", () => {
  const early = asked({ isTyping: true });
  expect([early.take(line("y")), early.asked, early.take(line("y"))]).toEqual(["too-early", SHOWN, "yes"]);
  const message = asked({ isTyping: true });
  expect([message.take(line("hello")), message.take(line("hello"))]).toEqual(["other", "unclear"]);
  const pasted = asked({ isTyping: true });
  expect(pasted.take(line("y", { isPasted: true }))).toBe("other");
});
