// What the door of WHIP makes of an offer, while the line is there, not yet, or no more. RFC 9725 §4.2, §4.4, §5.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MAX_MEDIA_OFFER_BYTES } from "../../../../src/exchange/media-offer.ts";
import { sessionId } from "../../../../src/pairing/doors/door-client.ts";
import { WhipDoor } from "../../../../src/pairing/doors/whip-door.ts";
import type { OfferOutcome } from "../../../../src/rtc/media/http-door.ts";
import { CONNECT_LIMIT_MS } from "../../../../src/rtc/media/media-endpoint.ts";
import type { DoorOffer, DoorTrack } from "../../../../src/session/ports.ts";
import {
  badOffers,
  largeOffers,
  OFFERED_AUDIO,
  OFFERED_DATA,
  OFFERED_HEAD,
  OFFERED_VIDEO,
  PUBLISHED,
  sdpOf,
} from "../../../support/door-offers.ts";

type Taken = readonly (DoorTrack | undefined)[] | "not-now";

let door: WhipDoor;
let offered: DoorOffer[];
let ended: string[];
/** What the other side makes of what is offered. */
let decide: (offers: readonly DoorOffer[]) => Promise<Taken>;

beforeEach(async () => {
  offered = [];
  ended = [];
  decide = (offers) => Promise.resolve(offers.map(trackOf));
  door = await WhipDoor.open({ port: 0, token: "0123456789abcdef", bind: ["127.0.0.1"], codecs: {} });
  door.open((offers) => {
    offered.push(...offers);
    return decide(offers);
  });
});
afterEach(async () => {
  await door.close();
});

/** A track that the other side takes in the codec that its program prefers. */
function trackOf({ formats }: DoorOffer): DoorTrack {
  const [format] = formats;
  if (format === undefined) throw new Error("a track without a format");
  return { format, isOver: false, write: () => {}, end: () => ended.push(format.codec) };
}

function made(outcome: OfferOutcome): { sdp: string; id: string } {
  if (outcome.status !== 201) throw new Error(`${outcome.status} ${outcome.text}`);
  return outcome;
}

test("an offer is answered with what is taken, all of it received", async () => {
  const { sdp, id } = made(await door.handleOffer(PUBLISHED));
  expect(offered.map(({ formats }) => formats.map(({ codec }) => codec))).toEqual([
    ["opus", "pcmu"],
    ["vp8", "h264"],
  ]);
  const lines = sdp.split("\r\n");
  expect(lines.filter((line) => /^a=(?:sendrecv|sendonly|recvonly|inactive)$/.test(line))).toEqual([
    "a=recvonly",
    "a=recvonly",
  ]);
  expect(lines.filter((line) => line === "a=rtcp-mux")).toHaveLength(2);
  // RFC 8858 §4: an answer says no rtcp-mux-only.
  expect(sdp).not.toMatch(/rtcp-mux-only|ice-lite|a=msid/);
  expect(lines.filter((line) => line.startsWith("a=candidate:")).length).toBeGreaterThan(0);
  expect(door.has(id)).toBe(true);
});

test.each([
  ["leaves the choice", "actpass", "passive"],
  ["is the client of DTLS", "active", "passive"],
  ["is the server", "passive", "active"],
])("where the program %s (%s) we are %s", async (_what, theirs, ours) => {
  const { sdp } = made(await door.handleOffer(PUBLISHED.replaceAll("setup:actpass", `setup:${theirs}`)));
  expect(sdp.split("\r\n").filter((line) => line.startsWith("a=setup:"))).toEqual([
    `a=setup:${ours}`,
    `a=setup:${ours}`,
  ]);
});

test("a program that makes no checks of ICE (ice-lite) is answered by one that does", async () => {
  const { sdp } = made(await door.handleOffer(PUBLISHED.replace("t=0 0", "t=0 0\r\na=ice-lite")));
  expect(sdp).not.toContain("ice-lite");
});

test("a data channel beside it is no reason to refuse", async () => {
  const group = "a=group:BUNDLE 0 1 2";
  const offer = sdpOf(...OFFERED_HEAD.slice(0, 4), group, ...OFFERED_AUDIO, ...OFFERED_VIDEO, ...OFFERED_DATA);
  expect(made(await door.handleOffer(offer)).sdp).toContain("m=application 0 ");
});

test("of what the other side does not take, nothing is sent", async () => {
  decide = (offers) =>
    Promise.resolve(offers.map((one) => (one.formats[0]?.kind === "audio" ? trackOf(one) : undefined)));
  expect(made(await door.handleOffer(PUBLISHED)).sdp).toMatch(/m=audio [^]*a=recvonly[^]*m=video 9 [^]*a=inactive/);
});

describe("an offer that no door takes", () => {
  const [, ...videoWithoutCodec] = OFFERED_VIDEO.filter((line) => !/rtpmap|rtcp-fb|fmtp/.test(line));
  const second = OFFERED_VIDEO.map((line) => (line === "a=mid:1" ? "a=mid:2" : line));
  test.each<[string, string, 400 | 422]>([
    ...badOffers("sendonly"),
    ["two of pictures", sdpOf(...OFFERED_HEAD.slice(0, 4), "a=group:BUNDLE 1 2", ...OFFERED_VIDEO, ...second), 422],
    [
      "a track of no codec that is carried",
      sdpOf(
        ...OFFERED_HEAD,
        ...OFFERED_AUDIO,
        "m=video 9 UDP/TLS/RTP/SAVPF 99",
        ...videoWithoutCodec,
        "a=rtpmap:99 H265/90000",
      ),
      422,
    ],
  ])("with %s is refused for good", async (_what, offer, status) => {
    expect(await door.handleOffer(offer)).toMatchObject({ status, mayRetry: false });
    expect(offered).toEqual([]);
    // It has left nothing that would keep the next one out.
    made(await door.handleOffer(PUBLISHED));
  });

  test.each(largeOffers(PUBLISHED, MAX_MEDIA_OFFER_BYTES))("is not one that is large: %s", async (_what, offer) => {
    made(await door.handleOffer(offer));
  });
});

test("of two that come at once one publishes, and the other may when that has left", async () => {
  let take = (): void => {};
  const waiting = new Promise<void>((resolve) => {
    take = resolve;
  });
  decide = async (offers) => {
    await waiting;
    return offers.map(trackOf);
  };
  const first = door.handleOffer(PUBLISHED);
  expect(await door.handleOffer(PUBLISHED)).toMatchObject({ status: 409, mayRetry: false });
  take();
  const { id } = made(await first);
  expect(await door.handleOffer(PUBLISHED)).toMatchObject({ status: 409 });
  expect(door.handleEnd(id)).toBe(true);
  expect(ended).toEqual(["opus", "vp8"]);
  expect([door.has(id), door.handleEnd(id)]).toEqual([false, false]);
  made(await door.handleOffer(PUBLISHED));
});

test("who does not know the id of a session cannot end it, and ids are not to be guessed", async () => {
  const { id } = made(await door.handleOffer(PUBLISHED));
  for (const guess of ["", "0", "1", id.slice(1), `${id}0`, id.toUpperCase() === id ? "x" : id.toUpperCase()]) {
    expect([door.has(guess), door.handleEnd(guess)]).toEqual([false, false]);
  }
  expect([door.has(id), ended]).toEqual([true, []]);
  const ids = Array.from({ length: 100 }, sessionId);
  expect(new Set(ids).size).toBe(100);
  expect(ids.every((one) => /^[0-9a-f]{32}$/.test(one))).toBe(true);
});

test("a program that never comes to its session makes room", async (t) => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  t.onTestFinished(() => void vi.useRealTimers());
  const { id } = made(await door.handleOffer(PUBLISHED));
  await vi.advanceTimersByTimeAsync(CONNECT_LIMIT_MS - 1);
  expect(door.has(id)).toBe(true);
  await vi.advanceTimersByTimeAsync(1);
  expect([door.has(id), ended]).toEqual([false, ["opus", "vp8"]]);
});

describe("an offer may come again", () => {
  test("where the other side is not there, or takes nothing", async () => {
    decide = () => Promise.resolve("not-now");
    expect(await door.handleOffer(PUBLISHED)).toMatchObject({ status: 503, mayRetry: true });
    decide = (offers) => Promise.resolve(offers.map(() => undefined));
    expect(await door.handleOffer(PUBLISHED)).toMatchObject({ status: 503, mayRetry: true });
    const early = await WhipDoor.open({ port: 0, token: "0123456789abcdef", bind: ["127.0.0.1"], codecs: {} });
    expect(await early.handleOffer(PUBLISHED)).toMatchObject({ status: 503, mayRetry: true });
    await early.close();
  });

  test("where the line ends while the other side is asked, and where it has ended", async () => {
    let take = (): void => {};
    decide = (offers) =>
      new Promise((resolve) => {
        take = () => resolve(offers.map(trackOf));
      });
    const asked = door.handleOffer(PUBLISHED);
    await door.close();
    take();
    expect(await asked).toMatchObject({ status: 503, mayRetry: true });
    const countBefore = offered.length;
    expect(await door.handleOffer(PUBLISHED)).toMatchObject({ status: 503, mayRetry: true });
    expect(offered).toHaveLength(countBefore);
  });

  test("where none of our addresses can be used", async () => {
    const nowhere = await WhipDoor.open({ port: 0, token: "0123456789abcdef", bind: ["192.0.2.1"], codecs: {} });
    nowhere.open(() => decide(offered));
    decide = (offers) => Promise.resolve(offers.map(trackOf));
    expect(await nowhere.handleOffer(PUBLISHED)).toMatchObject({ status: 503, mayRetry: true });
    await nowhere.close();
  });
});
