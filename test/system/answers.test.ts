// A real browser judges our answers to the offers that it makes itself.
import { expect, onTestFinished, test } from "vitest";
import { openPage } from "../support/foreign/chromium.ts";
import { answerTo, flawsOfAnswer } from "../support/foreign/answer-rules.ts";
import { createOfferMaker } from "../support/foreign/offer-maker.mjs";
import { changesOf, type OfferRecipe, offerRecipes } from "../support/foreign/offer-recipes.ts";

/** What a browser need not do: it refuses some changes of its own text. */
const MIN_MADE = 150;

test("Chromium takes our answer to each of its offers", { timeout: 120_000 }, async () => {
  const { page, close } = await openPage();
  onTestFinished(close);
  await page.evaluate(`globalThis.maker = (${String(createOfferMaker)})(RTCPeerConnection); undefined`);
  const refused: { recipe: OfferRecipe; flaws: string[]; verdict: unknown }[] = [];
  let made = 0;
  for (const recipe of offerRecipes(["balanced", "max-bundle", "max-compat"])) {
    const call = `maker.offer(${JSON.stringify(recipe)}, ${JSON.stringify(changesOf(recipe))})`;
    const offer = (await page.evaluate(call)) as { sdp: string } | { cannot: string };
    if ("cannot" in offer) continue;
    made += 1;
    const answer = answerTo(JSON.stringify({ type: "offer", sdp: offer.sdp }));
    const flaws = flawsOfAnswer(offer.sdp, answer);
    const verdict: unknown = await page.evaluate(`maker.take(${JSON.stringify(answer)})`);
    if (verdict !== "taken" || flaws.length > 0) refused.push({ recipe, flaws, verdict });
  }
  expect(refused).toEqual([]);
  expect(made).toBeGreaterThan(MIN_MADE);
});
