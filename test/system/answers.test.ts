// Real browsers judge our answers to the offers that they make themselves.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openPage } from "../support/foreign/chromium.ts";
import { openFirefoxPage } from "../support/foreign/firefox.ts";
import { answerTo, flawsOfAnswer } from "../support/foreign/answer-rules.ts";
import { createOfferMaker } from "../support/foreign/offer-maker.mjs";
import { answer, OWN_FILE, PEER_FILE, people } from "../support/processes.ts";
import { changesOf, type OfferRecipe, offerRecipes } from "../support/foreign/offer-recipes.ts";

/** A browser need not make every offer: it refuses some changes of its own text. */
const MIN_MADE = {
  Chromium: { offers: 250, withDeadSections: 100 },
  Firefox: { offers: 150, withDeadSections: 60 },
} as const;

const BROWSERS = [
  { name: "Chromium", open: openPage },
  { name: "Firefox", open: openFirefoxPage },
] as const;

test.each(BROWSERS)("$name takes our answer to each of its offers", { timeout: 300_000 }, async ({ name, open }) => {
  const { page, close } = await open();
  onTestFinished(close);
  await page.evaluate(`globalThis.maker = (${String(createOfferMaker)})(RTCPeerConnection); undefined`);
  const refused: { recipe: OfferRecipe; flaws: string[]; verdict: unknown }[] = [];
  let made = 0;
  let madeWithDead = 0;
  for (const recipe of offerRecipes(["balanced", "max-bundle", "max-compat"])) {
    const call = `maker.offer(${JSON.stringify(recipe)}, ${JSON.stringify(changesOf(recipe))})`;
    const offer = (await page.evaluate(call)) as { sdp: string } | { cannot: string };
    if ("cannot" in offer) continue;
    made += 1;
    if (/^m=(?:audio|video) 0 (?![^]*?\r\na=bundle-only)/m.test(offer.sdp)) madeWithDead += 1;
    const answer = answerTo(JSON.stringify({ type: "offer", sdp: offer.sdp }));
    const flaws = flawsOfAnswer(offer.sdp, answer);
    const verdict: unknown = await page.evaluate(`maker.take(${JSON.stringify(answer)})`);
    if (verdict !== "taken" || flaws.length > 0) refused.push({ recipe, flaws, verdict });
  }
  expect(refused).toEqual([]);
  expect(made).toBeGreaterThan(MIN_MADE[name].offers);
  expect(madeWithDead).toBeGreaterThan(MIN_MADE[name].withDeadSections);
});

const POLICIES = ["balanced", "max-bundle", "max-compat"] as const;

test.for(BROWSERS.flatMap(({ name, open }) => POLICIES.map((bundlePolicy) => ({ name, open, bundlePolicy }))))(
  "a page of $name with audio, video and a channel ($bundlePolicy) takes our file as it is, and text goes both ways",
  { timeout: 120_000 },
  async ({ open, bundlePolicy }, t) => {
    const [{ bob }, { page, close }] = await Promise.all([people(t, "bob"), open()]);
    t.onTestFinished(close);
    const offer = await page.evaluate(`(async () => {
      globalThis.heard = [];
      globalThis.pc = new RTCPeerConnection({ iceServers: [], bundlePolicy: "${bundlePolicy}" });
      pc.addTransceiver("audio");
      pc.addTransceiver("video");
      const channel = pc.createDataChannel("chat");
      channel.onmessage = ({ data }) => { heard.push(data); channel.send("echo " + data); };
      await pc.setLocalDescription();
      await new Promise((resolve) => { pc.onicecandidate = ({ candidate }) => candidate ?? resolve(); });
      return JSON.stringify(pc.localDescription);
    })()`);
    await writeFile(join(bob.dir, PEER_FILE), String(offer));
    const side = answer(bob, ["--no-chat", "-m", "hello"]);
    await side.until(() => existsSync(join(bob.dir, OWN_FILE)), `${OWN_FILE} is written`);
    await side.says(/it also wants audio, video/);
    const text = await readFile(join(bob.dir, OWN_FILE), "utf8");
    await page.evaluate(`pc.setRemoteDescription(JSON.parse(${JSON.stringify(text)}))`);
    expect(await side.exit()).toBe(0);
    expect(side.stdout).toBe("echo hello\n");
    expect(await page.evaluate("heard")).toEqual(["hello"]);
  },
);
