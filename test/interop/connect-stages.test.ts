// How far an attempt with another program came is told: whoever answers nothing, answers checks only, makes DTLS only.
import { describe, test, type TestContext } from "vitest";
import { encodeExchangeDocument } from "../../src/exchange/codec.ts";
import { createAnswer, createOffer, type PeerOptions } from "../../src/index.ts";
import { LiteEnd } from "../support/foreign/lite-end.ts";
import { readBare } from "../support/foreign/peer.ts";

const OPTIONS: PeerOptions = { network: { bind: ["127.0.0.1"] } };
/** Enough for a handshake on a machine that is busy. */
const PATIENCE_MS = 3_000;

async function started(t: TestContext): Promise<LiteEnd> {
  const lite = await LiteEnd.create();
  t.onTestFinished(() => lite.close());
  return lite;
}

/** Our offer, answered by an end that goes so far. @returns how the attempt fails */
async function failureWith(t: TestContext, lite: LiteEnd, hasDtls: boolean): Promise<unknown> {
  const offer = await createOffer({ ...OPTIONS, connectTimeoutMs: PATIENCE_MS });
  t.onTestFinished(() => offer.close());
  const { sdp } = JSON.parse(offer.document) as { sdp: string };
  if (hasDtls) lite.accept(readBare(JSON.parse(sdp) as { type: string; sdp: string }), "client");
  return await offer
    .accept(encodeExchangeDocument({ description: lite.describe("answer", "active") }))
    .catch((error: unknown) => error);
}

describe.concurrent("CANNOT_CONNECT", () => {
  test("where nobody answers our checks", async (t) => {
    const lite = await started(t);
    lite.refuses = "checks";
    t.expect(await failureWith(t, lite, true)).toMatchObject({
      code: "CANNOT_CONNECT",
      params: { stage: "unanswered", isForeign: true, isOfferer: true },
    });
  });

  test("where the checks are answered and nothing else", async (t) => {
    t.expect(await failureWith(t, await started(t), false)).toMatchObject({ params: { stage: "no-dtls" } });
  });

  test("where DTLS is made and no SCTP", async (t) => {
    const lite = await started(t);
    lite.refuses = "SCTP";
    t.expect(await failureWith(t, lite, true)).toMatchObject({ params: { stage: "no-sctp" } });
  });

  test("where it is for the other side to choose a pair, and it chooses none", async (t) => {
    const lite = await started(t);
    lite.takes = "ICE-CONTROLLED";
    const description = { ...lite.describe("offer", "actpass"), iceLite: false };
    const answer = await createAnswer(encodeExchangeDocument({ description }), { ...OPTIONS, waitMs: PATIENCE_MS });
    t.onTestFinished(() => answer.close());
    await t.expect(answer.session).rejects.toMatchObject({ code: "CANNOT_CONNECT", params: { stage: "not-chosen" } });
  });
});
