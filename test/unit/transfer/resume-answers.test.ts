// What the sender counts of the files that a receiver resumes: it decides on no more than it has announced, and each
// file is settled once.
import { expect, it } from "vitest";
import { planBlocks } from "../../../src/transfer/kept-blocks.ts";
import { MIN_BLOCK_BYTES } from "../../../src/transfer/limits.ts";
import { ResumeAnswers } from "../../../src/transfer/resume-answers.ts";

const PLAN = planBlocks(MIN_BLOCK_BYTES);

function announced(count: number): ResumeAnswers {
  const answers = new ResumeAnswers();
  expect(answers.announce(count)).toBeUndefined();
  return answers;
}

it("takes as many decisions as were announced, and no more", () => {
  const answers = announced(2);
  expect([0, 1, 2, 3].map((index) => answers.decide(index, PLAN))).toEqual([true, true, false, false]);
  expect(answers.plan(2)).toBeUndefined();
});

it("settles a file that cannot be read once, however often it is given up", () => {
  const answers = announced(2);
  answers.decide(0, PLAN);
  answers.decide(1, PLAN);
  answers.giveUp(0);
  answers.giveUp(0);
  expect(answers.isSettled).toBe(false);
  answers.giveUp(1);
  expect(answers.isSettled).toBe(true);
});

it("settles nothing by a file that was not decided on", () => {
  const answers = announced(1);
  answers.giveUp(7);
  expect(answers.isSettled).toBe(false);
});
