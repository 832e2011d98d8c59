// Which transfer an answer means: one that was on the screen when the person began to type.
import { expect, test } from "vitest";
import type { TransferStatus } from "../../../src/index.ts";
import { type AnswerContext, type AnswerTarget, answerTarget } from "../../../src/ui/answer-target.ts";

const statusOf = (transfer: string): TransferStatus => ({
  transfer,
  direction: "receive",
  names: [],
  state: "awaiting-consent",
  bytes: 0,
  total: 1,
  rate: 0,
});
const [r1, r2] = [statusOf("r1"), statusOf("r2")];
const numberOf = (transfer: string): number => Number(transfer.slice(1));

test.each<[string, Omit<AnswerContext, "numberOf">, AnswerTarget]>([
  ["there is none", { which: undefined, now: [], begun: new Set() }, { kind: "none" }],
  ["there is one", { which: undefined, now: [r1], begun: new Set(["r1"]) }, { kind: "one", transfer: r1 }],
  [
    "there are several",
    { which: undefined, now: [r1, r2], begun: new Set(["r1", "r2"]) },
    { kind: "several", transfers: [r1, r2] },
  ],
  ["a number is named", { which: "2", now: [r1, r2], begun: new Set(["r1", "r2"]) }, { kind: "one", transfer: r2 }],
  ["an id is named", { which: "r1", now: [r1, r2], begun: new Set(["r1", "r2"]) }, { kind: "one", transfer: r1 }],
  ["another is named", { which: "3", now: [r1], begun: new Set(["r1"]) }, { kind: "unknown", which: "3" }],
  [
    "it has taken the place of another",
    { which: undefined, now: [r2], begun: new Set(["r1"]) },
    { kind: "changed", gone: ["r1"], came: ["r2"] },
  ],
  [
    "it has come meanwhile",
    { which: undefined, now: [r1], begun: new Set() },
    { kind: "changed", gone: [], came: ["r1"] },
  ],
  [
    "another has gone meanwhile",
    { which: undefined, now: [r2], begun: new Set(["r1", "r2"]) },
    { kind: "changed", gone: ["r1"], came: [] },
  ],
  [
    "the named one has come meanwhile",
    { which: "2", now: [r1, r2], begun: new Set(["r1"]) },
    { kind: "changed", gone: [], came: ["r2"] },
  ],
  [
    "another than the named one has gone",
    { which: "2", now: [r2], begun: new Set(["r1", "r2"]) },
    { kind: "one", transfer: r2 },
  ],
])("%s", (_name, context, target) => {
  expect(answerTarget({ ...context, numberOf })).toEqual(target);
});
