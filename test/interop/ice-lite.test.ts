// Our side with an ICE-lite end, which answers checks and sends none, whoever makes the offer. RFC 8445 §6.1.1.
import { expect, test, type TestContext } from "vitest";
import type { SessionDescription } from "../../src/exchange/description.ts";
import type { DataChannels } from "../../src/channel/data-channels.ts";
import { RtcPeer } from "../../src/rtc/peer.ts";
import { LiteEnd } from "../support/foreign/lite-end.ts";
import { LOOPBACK_ONLY } from "../support/loopback.ts";
import { withResolvers } from "../support/with-resolvers.ts";

async function bothSides(t: TestContext): Promise<{ lite: LiteEnd; rtc: RtcPeer }> {
  const [lite, rtc] = await Promise.all([LiteEnd.create(), RtcPeer.create(LOOPBACK_ONLY)]);
  t.onTestFinished(async () => {
    await rtc.close();
    await lite.close();
  });
  return { lite, rtc };
}

function connect(rtc: RtcPeer, remote: SessionDescription, isOfferer: boolean): Promise<DataChannels> {
  const opened = withResolvers<DataChannels>();
  rtc.connect(
    remote,
    { isOfferer, isPeerP2p: false },
    { onOpen: opened.resolve, onChannel: () => {}, onEnded: opened.reject },
  );
  return opened.promise;
}

async function echoOf(channels: DataChannels, text: string): Promise<string | Uint8Array> {
  const channel = channels.open("p2p", "");
  const echoed = withResolvers<string | Uint8Array>();
  channel.onMessage = echoed.resolve;
  channel.send(text);
  return await echoed.promise;
}

test("it makes the offer: we are controlling and nominate", async (t) => {
  const { lite, rtc } = await bothSides(t);
  const ours = rtc.describe({ type: "answer", form: "modern", mid: "0", setup: "active" });
  lite.accept(ours, "server");
  expect(await echoOf(await connect(rtc, lite.describe("offer", "actpass"), false), "hello")).toBe("hello");
  expect(new Set(lite.checks.map(({ role }) => role))).toEqual(new Set(["ICE-CONTROLLING"]));
  expect(lite.checks.map(({ isNominating }) => isNominating)).toContain(true);
});

test("it makes the answer, as the DTLS client", async (t) => {
  const { lite, rtc } = await bothSides(t);
  lite.accept(rtc.describe({ type: "offer", form: "modern", mid: "0", setup: "actpass" }), "client");
  expect(await echoOf(await connect(rtc, lite.describe("answer", "active"), true), "hello")).toBe("hello");
  expect(lite.checks[0]).toEqual({ role: "ICE-CONTROLLING", isNominating: false });
});

test("it claims to be controlling itself: the conflict is settled, and no check of it is waited for", async (t) => {
  const { lite, rtc } = await bothSides(t);
  lite.takes = "ICE-CONTROLLED";
  const ours = rtc.describe({ type: "answer", form: "modern", mid: "0", setup: "active" });
  lite.accept(ours, "server");
  expect(await echoOf(await connect(rtc, lite.describe("offer", "actpass"), false), "hello")).toBe("hello");
  expect(lite.checks.map(({ role }) => role)).toContain("ICE-CONTROLLED");
});
