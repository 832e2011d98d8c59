// What the door of WHEP makes of an offer, while something comes over the line, not yet, or no more.
// draft-ietf-wish-whep-03 §4.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MAX_MEDIA_OFFER_BYTES } from "../../../../src/exchange/media-offer.ts";
import { MAX_VIEWERS, WhepDoor } from "../../../../src/pairing/doors/whep-door.ts";
import type { OfferOutcome } from "../../../../src/rtc/media/http-door.ts";
import { badOffers, largeOffers, PUBLISHED, WATCHED } from "../../../support/door-offers.ts";
import { formatOf } from "../../../support/fake-media.ts";

let door: WhepDoor;

beforeEach(async () => {
  door = await WhepDoor.open({ port: 0, token: "0123456789abcdef", bind: ["127.0.0.1"], codecs: {} });
});
afterEach(async () => {
  await door.close();
});

function made(outcome: OfferOutcome): { sdp: string; id: string } {
  if (outcome.status !== 201) throw new Error(`${outcome.status} ${outcome.text}`);
  return outcome;
}

test("an offer is answered with what comes, all of it sent, as one stream", async () => {
  door.addTrack(formatOf("opus"));
  door.addTrack(formatOf("vp8"));
  const { sdp, id } = made(await door.handleOffer(WATCHED));
  const lines = sdp.split("\r\n");
  expect(lines.filter((line) => /^a=(?:sendrecv|sendonly|recvonly|inactive)$/.test(line))).toEqual([
    "a=sendonly",
    "a=sendonly",
  ]);
  const streams = lines.filter((line) => line.startsWith("a=msid:")).map((line) => line.split(" ")[0]);
  expect([streams.length, new Set(streams).size]).toEqual([2, 1]);
  expect(door.has(id)).toBe(true);
});

test("a program that would send as well is sent to", async () => {
  door.addTrack(formatOf("vp8"));
  expect(made(await door.handleOffer(WATCHED.replaceAll("recvonly", "sendrecv"))).sdp).toContain("a=sendonly");
});

test("a section for which nothing comes is inactive", async () => {
  door.addTrack(formatOf("vp8"));
  expect(made(await door.handleOffer(WATCHED)).sdp).toMatch(/m=audio 9 [^]*a=inactive[^]*m=video 9 [^]*a=sendonly/);
});

describe("an offer that no door takes", () => {
  test.each(badOffers("recvonly"))("with %s is refused for good", async (_what, offer, status) => {
    door.addTrack(formatOf("vp8"));
    expect(await door.handleOffer(offer)).toMatchObject({ status, mayRetry: false });
  });

  test("is one that cannot show what comes", async () => {
    door.addTrack(formatOf("av1"));
    expect(await door.handleOffer(WATCHED)).toMatchObject({ status: 422, text: "what comes is av1" });
    expect(await door.handleOffer(PUBLISHED)).toMatchObject({ status: 422 });
  });

  test.each(largeOffers(WATCHED, MAX_MEDIA_OFFER_BYTES))("is not one that is large: %s", async (_what, offer) => {
    door.addTrack(formatOf("opus"));
    made(await door.handleOffer(offer));
  });
});

test("while nothing is published, a player may come again later", async () => {
  expect(await door.handleOffer(WATCHED)).toMatchObject({ status: 409, mayRetry: true });
  const track = door.addTrack(formatOf("vp8"));
  door.endTrack(track);
  expect(await door.handleOffer(WATCHED)).toMatchObject({ status: 409, mayRetry: true });
});

test("there is room for some, each with an address of its own, and for the next when one has left", async () => {
  door.addTrack(formatOf("vp8"));
  const sessions = await Promise.all(
    Array.from({ length: MAX_VIEWERS }, async () => made(await door.handleOffer(WATCHED)).id),
  );
  expect(new Set(sessions).size).toBe(MAX_VIEWERS);
  expect(await door.handleOffer(WATCHED)).toMatchObject({ status: 503, mayRetry: true });
  expect([door.handleEnd("another"), door.handleEnd(sessions[0] ?? "")]).toEqual([false, true]);
  expect(sessions.map((id) => door.has(id))).toEqual([false, true, true, true]);
  made(await door.handleOffer(WATCHED));
});

test("at the end of the line nobody watches, and nobody comes in", async () => {
  door.addTrack(formatOf("vp8"));
  const { id } = made(await door.handleOffer(WATCHED));
  const late = door.handleOffer(WATCHED);
  await door.close();
  expect(await late).toMatchObject({ mayRetry: true });
  expect(await door.handleOffer(WATCHED)).toMatchObject({ status: 503, mayRetry: true });
  expect(door.has(id)).toBe(false);
});
