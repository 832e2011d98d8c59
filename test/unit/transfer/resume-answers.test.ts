// What the sender counts of the files that a receiver resumes: it decides on no more than it has announced, and each
// file is settled once.
import { expect, it } from "vitest";
import { planBlocks } from "../../../src/transfer/kept-blocks.ts";
import { MAX_RESUMED_FILES, MIN_BLOCK_BYTES } from "../../../src/transfer/limits.ts";
import { areHashesOf, ResumeAnswers } from "../../../src/transfer/resume-answers.ts";
import { framesOf } from "../../support/frames.ts";

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

it("resumes as many files as there may be, and says what is wrong with more", () => {
  expect(announced(MAX_RESUMED_FILES).isSettled).toBe(false);
  expect(new ResumeAnswers().announce(MAX_RESUMED_FILES + 1)).toContain("too many");
  expect(announced(0).isSettled).toBe(true);
});

it("sends the hashes of a file in order, as many as fit a message, and the next file behind them", () => {
  const answers = announced(2);
  const plan = planBlocks(3 * MIN_BLOCK_BYTES);
  const hashes = Uint8Array.from({ length: 96 }, (_, at) => Math.floor(at / 32));
  answers.decide(5, plan);
  answers.decide(6, PLAN);
  answers.answer(5, hashes);
  answers.answer(6, new Uint8Array(32).fill(9));
  expect(answers.waitingCount).toBe(2);
  const into = new Uint8Array(16 + 2 * 32 + 31);
  const written = (start: number) => framesOf(into.slice(start, answers.writeFrames(1, into, start)));
  expect(written(into.length - 16 - 31)).toEqual([]);
  expect(written(0)).toEqual([{ type: "blocks", transfer: 1, index: 5, first: 0, hashes: hashes.slice(0, 64) }]);
  expect([answers.waitingCount, answers.keep(5, new Uint8Array(1), 1)]).toEqual([2, undefined]);
  expect(written(0)).toEqual([
    { type: "blocks", transfer: 1, index: 5, first: 2, hashes: hashes.slice(64) },
    { type: "blocks", transfer: 1, index: 6, first: 0, hashes: new Uint8Array(32).fill(9) },
  ]);
  expect([answers.waitingCount, written(0)]).toEqual([0, []]);
});

it("sends what fits behind the end of one file", () => {
  const answers = announced(2);
  for (const index of [0, 1]) {
    answers.decide(index, PLAN);
    answers.answer(index, new Uint8Array(32));
  }
  const into = new Uint8Array(2 * (16 + 32));
  expect(answers.writeFrames(1, into, 0)).toBe(into.length);
  expect(framesOf(into)).toHaveLength(2);
});

it("takes a KEEP once for each file, when all of its hashes are sent, with a bitmap of its own", () => {
  const answers = announced(2);
  const into = new Uint8Array(1_000);
  for (const index of [0, 1]) answers.decide(index, PLAN);
  answers.answer(0, new Uint8Array(32));
  expect(answers.keep(0, Uint8Array.of(1), MIN_BLOCK_BYTES)).toBeUndefined();
  answers.writeFrames(1, into, 0);
  const bitmap = Uint8Array.of(1);
  const kept = answers.keep(0, bitmap, MIN_BLOCK_BYTES + 1);
  bitmap[0] = 0;
  expect([kept?.keptBytes, kept?.nextWanted(0)]).toEqual([MIN_BLOCK_BYTES, MIN_BLOCK_BYTES]);
  expect([answers.keptBytes, answers.plan(0), answers.plan(1), answers.isSettled]).toEqual([
    MIN_BLOCK_BYTES,
    undefined,
    PLAN,
    false,
  ]);
  expect([0, 1, 7].map((index) => answers.keep(index, Uint8Array.of(1), MIN_BLOCK_BYTES))).toEqual(
    Array.from({ length: 3 }),
  );
  answers.answer(1, new Uint8Array(32));
  answers.writeFrames(1, into, 0);
  answers.keep(1, Uint8Array.of(1), MIN_BLOCK_BYTES);
  expect([answers.keptBytes, answers.isSettled]).toEqual([2 * MIN_BLOCK_BYTES, true]);
});

it("hashes are those of a plan when there is one for each block", () => {
  const plan = planBlocks(2 * MIN_BLOCK_BYTES + 1);
  expect([64, 96, 97, 128].map((bytes) => areHashesOf(plan, new Uint8Array(bytes)))).toEqual([
    false,
    true,
    false,
    false,
  ]);
});
