import { describe, expect, test } from "vitest";
import type { OwnDocument } from "../../../src/exchange/description.ts";
import {
  clockDifference,
  isOtherAnswer,
  judgeDocument,
  partAfterTwoOffers,
  usedIdOf,
} from "../../../src/exchange/judge.ts";
import { ANSWER_ID, answer, carried, foreign, HOUR_MS, NOW_MS, OFFER_ID, offer } from "./fixtures.ts";

const MINUTE_MS = 60_000;
const OTHER_ID = "00000000000000000000000000000001";
const theirOffer = offer({ id: OTHER_ID }, { iceUfrag: "them" });

/** The verdict, or the code of the error. */
function judge(
  role: "offer" | "answer",
  own: OwnDocument | undefined,
  theirs: OwnDocument,
  {
    nowMs = NOW_MS,
    used = [] as string[],
    isFromBefore = false,
    seal = "" as "" | "required" | "required and there",
  } = {},
): string {
  const verdict = judgeDocument(
    { ...carried(theirs), remarks: seal === "required and there" ? [{ remark: "sealed" }] : [] },
    { role, document: own },
    { path: "peer.json", nowMs, isFromBefore, isUsed: (id) => used.includes(id), isSealRequired: seal !== "" },
  );
  return typeof verdict === "string" ? verdict : verdict.code;
}

describe("the offering side", () => {
  test("takes an answer to its offer, also one to an earlier revision and one of a foreign program", () => {
    expect(judge("offer", offer({ revision: 3 }), answer({ inReplyToRevision: 1 }))).toBe("serve");
    expect(judge("offer", offer(), foreign(answer()))).toBe("serve");
  });

  test("refuses an answer to another offer", () => {
    expect(judge("offer", offer(), answer({ inReplyTo: OTHER_ID }))).toBe("FILE_MISMATCHED");
  });

  test("refuses a foreign answer that is older than the offer; the key of one of ours says what it answers", () => {
    expect(judge("offer", offer(), foreign(answer()), { isFromBefore: true })).toBe("FILE_MISMATCHED");
    expect(judge("offer", offer(), answer(), { isFromBefore: true })).toBe("serve");
  });

  test("sees two offers, and a foreign offer that it must answer", () => {
    expect(judge("offer", offer(), theirOffer)).toBe("two-offers");
    expect(judge("offer", offer(), foreign(theirOffer))).toBe("foreign-offer");
  });

  test("refuses an offer that was used or has expired instead of making two offers of it", () => {
    expect(judge("offer", offer(), theirOffer, { used: [OTHER_ID] })).toBe("FILE_USED");
    expect(judge("offer", offer(), theirOffer, { nowMs: NOW_MS + 25 * HOUR_MS })).toBe("FILE_EXPIRED");
  });
});

describe("two answers to one offer", () => {
  const bobs = carried(answer());
  const carols = carried(answer({ id: "c".repeat(32) }, { iceUfrag: "caro" }));
  const signedBy = (document: typeof bobs, key: string) => ({
    ...document,
    signature: { key, value: "0".repeat(128), text: "" },
  });

  test("are of two runs when id and credentials differ, with and without our key", () => {
    expect(isOtherAnswer(carols, bobs)).toBe(true);
    expect(isOtherAnswer(carried(foreign(carols)), bobs)).toBe(true);
    expect(isOtherAnswer(carried(foreign(carols)), carried(foreign(bobs)))).toBe(true);
    expect(isOtherAnswer(signedBy(carols, "c"), signedBy(bobs, "b"))).toBe(true);
    expect(isOtherAnswer(signedBy(carols, "c"), bobs)).toBe(true);
  });

  test("are one where it is a revision, a copy, or signed by the same person; offers are none", () => {
    expect(isOtherAnswer(carried(answer({ revision: 2 }, { iceUfrag: "anew" })), bobs)).toBe(false);
    expect(isOtherAnswer(carried(foreign(bobs)), bobs)).toBe(false);
    expect(isOtherAnswer(signedBy(carols, "b"), signedBy(bobs, "b"))).toBe(false);
    expect(isOtherAnswer(carried(theirOffer), carried(offer()))).toBe(false);
  });
});

describe("a sealed line", () => {
  test.each([
    ["offer", answer()],
    ["offer", foreign(answer())],
    ["offer", theirOffer],
    ["answer", theirOffer],
    ["answer", foreign(theirOffer)],
  ] as const)("takes no open file: %s", (role, theirs) => {
    const own = role === "offer" ? offer() : answer();
    expect(judge(role, own, theirs, { seal: "required" })).toBe("FILE_NOT_SEALED");
    expect(judge(role, own, theirs, { seal: "required and there" })).not.toContain("FILE");
  });

  test("still tells our own file", () => {
    expect(judge("offer", offer(), offer(), { seal: "required" })).toBe("FILE_OWN");
  });
});

describe("the answering side", () => {
  test("takes an offer, with and without p2p key", () => {
    expect(judge("answer", undefined, offer())).toBe("serve");
    expect(judge("answer", undefined, foreign(offer()))).toBe("serve");
    expect(judge("answer", answer(), theirOffer)).toBe("serve");
  });

  test("needs an offer", () => {
    expect(judge("answer", undefined, answer())).toBe("FILE_WRONG_TYPE");
  });

  test("refuses a used offer, also one of a foreign program", () => {
    expect(judge("answer", undefined, offer(), { used: [OFFER_ID] })).toBe("FILE_USED");
    expect(judge("answer", undefined, foreign(offer()), { used: [usedIdOf(foreign(offer()))] })).toBe("FILE_USED");
    expect(judge("answer", undefined, foreign(theirOffer), { used: [usedIdOf(foreign(offer()))] })).toBe("serve");
  });
});

describe("our own document", () => {
  test("is known by its id in any revision", () => {
    expect(judge("offer", offer({ revision: 2 }), offer())).toBe("FILE_OWN");
    expect(judge("answer", answer({ revision: 2 }), answer())).toBe("FILE_OWN");
  });

  test("is known without p2p key", () => {
    expect(judge("offer", offer(), foreign(offer()))).toBe("FILE_OWN");
  });

  test("is not taken for another one of the same certificate or the same ufrag", () => {
    expect(judge("offer", offer(), foreign(theirOffer))).toBe("foreign-offer");
  });
});

describe("expiry", () => {
  const expiry = NOW_MS + 24 * HOUR_MS;

  test("tolerates ten minutes of clock difference", () => {
    expect(judge("answer", undefined, offer(), { nowMs: expiry + 10 * MINUTE_MS })).toBe("serve");
    expect(judge("answer", undefined, offer(), { nowMs: expiry + 10 * MINUTE_MS + 1 })).toBe("FILE_EXPIRED");
  });

  test("of an answer that names our offer is not before that of the offer, whatever its clock says", () => {
    const early = answer({ createdAt: "2026-02-20T00:00:00Z", expiresAt: "2026-02-21T00:00:00Z" });
    expect(judge("offer", offer(), early)).toBe("serve");
    expect(judge("offer", offer(), early, { nowMs: expiry + HOUR_MS })).toBe("FILE_EXPIRED");
  });

  test.each([
    ["made in the future", offer({ createdAt: "2026-03-01T08:10:00.001Z" }), undefined, "later-than-now"],
    ["within ten minutes", offer({ createdAt: "2026-03-01T08:10:00Z" }), undefined, undefined],
    ["an answer older than its offer", answer({ createdAt: "2026-03-01T07:49:59Z" }), offer(), "earlier-than-offer"],
    ["an answer as old as its offer", answer({ createdAt: "2026-03-01T07:50:00Z" }), offer(), undefined],
    ["an old offer", offer({ createdAt: "2026-02-01T08:00:00Z" }), undefined, undefined],
    ["another program's", foreign(answer()), offer(), undefined],
  ] as const)("tells that the clocks differ: %s", (_, document, own, expected) => {
    expect(clockDifference(carried(document), own, NOW_MS)).toBe(expected);
  });

  test("holds for answers, and a file from the future is taken", () => {
    expect(judge("offer", offer(), answer(), { nowMs: expiry + HOUR_MS })).toBe("FILE_EXPIRED");
    expect(judge("answer", undefined, offer(), { nowMs: NOW_MS - 24 * HOUR_MS })).toBe("serve");
  });
});

test("errors name the file", () => {
  const context = { path: "old.json", nowMs: NOW_MS + 48 * HOUR_MS, isFromBefore: false, isUsed: () => false };
  const own = { role: "answer", document: undefined } as const;
  expect(judgeDocument(carried(offer()), own, context)).toMatchObject({
    message: "old.json: expired on 2026-03-02T08:00:00.000Z",
  });
  const showTime = (ms: number): string => `${(ms - NOW_MS) / HOUR_MS} h`;
  expect(judgeDocument(carried(offer()), own, { ...context, showTime })).toMatchObject({
    message: "old.json: expired on 24 h; here it is 48 h",
  });
});

test("of two offers the smaller id stays the offer, on both sides", () => {
  expect(partAfterTwoOffers(OFFER_ID, ANSWER_ID)).toBe("offer");
  expect(partAfterTwoOffers(ANSWER_ID, OFFER_ID)).toBe("answer");
});
