// A browser that answers begins DTLS at once, long before its answer is carried here, and repeats its hello less and less
// often. The hello that it has sent is enough: the end here sends one, and no second one unless something comes back.
import { expect, test } from "vitest";
import type { DataChannels } from "../../src/channel/data-channels.ts";
import { RtcPeer } from "../../src/rtc/peer.ts";
import { LiteEnd } from "../support/foreign/lite-end.ts";
import { LOOPBACK_ONLY } from "../support/loopback.ts";
import { withResolvers } from "../support/with-resolvers.ts";

test("an answer that is applied late connects by the hello that came before it", async (t) => {
  const [browser, rtc] = await Promise.all([LiteEnd.create(), RtcPeer.create(LOOPBACK_ONLY)]);
  t.onTestFinished(async () => {
    await rtc.close();
    await browser.close();
  });
  const offer = rtc.describe({ type: "offer", form: "modern", mid: "0", setup: "actpass" });
  browser.accept(offer, "client");
  await browser.knock(offer);
  const opened = withResolvers<DataChannels>();
  const answer = { ...browser.describe("answer", "active"), iceLite: false };
  rtc.connect(
    answer,
    { isOfferer: true, isPeerP2p: false },
    { onOpen: opened.resolve, onChannel: () => {}, onEnded: opened.reject },
  );
  const channel = (await opened.promise).open("p2p", "");
  const echoed = withResolvers<string | Uint8Array>();
  channel.onMessage = echoed.resolve;
  channel.send("hello");
  expect(await echoed.promise).toBe("hello");
});
