// What a line that resumes demands of the other side's documents.
import { expect, test } from "vitest";
import type { ExchangeDocument } from "../../../src/exchange/description.ts";
import { P2pError } from "../../../src/lib/errors/p2p-error.ts";
import { nodeTrust } from "../../../src/pairing/node-ports.ts";
import { Judgement } from "../../../src/pairing/judgement.ts";
import type { StandingState } from "../../../src/pairing/standing.ts";
import { offersUsedByProcess } from "../../../src/pairing/used-offers.ts";
import { answer, decode, NOW_MS, offer } from "../exchange/fixtures.ts";
import { encodeExchangeDocument } from "../../../src/exchange/codec.ts";

function judgementAfter(standing?: StandingState): Judgement {
  const judgement = new Judgement({
    role: "offer",
    people: undefined,
    usedOffers: offersUsedByProcess,
    trust: nodeTrust,
    isSealRequired: () => false,
    refusesForeignOffers: false,
    nowMs: () => NOW_MS,
  });
  judgement.setOwn(offer());
  if (standing !== undefined) judgement.restore(standing);
  return judgement;
}

const theirs: ExchangeDocument = decode(encodeExchangeDocument(answer()));

function codeOf(judgement: Judgement): string {
  const verdict = judgement.judge(theirs, "here", false);
  return verdict instanceof P2pError ? verdict.code : verdict;
}

test("a sealed document that an earlier run accepted is followed by sealed ones only", () => {
  expect(codeOf(judgementAfter())).toBe("serve");
  expect(codeOf(judgementAfter({ isSealed: true }))).toBe("FILE_NOT_SEALED");
});

test("a person whom an earlier run recognised is followed by nobody else, known or not", () => {
  const recognised = { publicKey: "ab".repeat(32), name: "Wang" };
  const judgement = judgementAfter({ isSealed: false, recognised });
  expect(codeOf(judgement)).toBe("FILE_NOT_RECOGNISED");
  expect(judgement.standing).toEqual({ isSealed: false, recognised });
});

test("where one person is awaited, nobody else's document serves", () => {
  const judgement = judgementAfter();
  judgement.await({ publicKey: "ab".repeat(32), name: "Wang" });
  expect(codeOf(judgement)).toBe("FILE_NOT_RECOGNISED");
});
