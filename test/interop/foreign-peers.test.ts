// The module against WebRTC programs that know nothing of p2p, on loopback: text works both ways, files are
// refused with a reason, and the session ends. Their documents are bare {type, sdp} as browsers give them.
import { afterEach, describe, expect, test } from "vitest";
import { createAnswer, createOffer, type P2pEvent, type PeerOptions, type PendingPeer } from "../../src/index.ts";
import { applyOurs, createForeign, describeForeign, echo } from "../support/foreign-peer.ts";

const OPTIONS: PeerOptions = { bind: ["127.0.0.1"], mode: "once" };

const closers: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function readEvents(pending: PendingPeer): Promise<P2pEvent[]> {
  const events: P2pEvent[] = [];
  for await (const event of pending.events) events.push(event);
  return events;
}

describe("@roamhq/wrtc", () => {
  test("as the answering side", async () => {
    const offer = await createOffer(OPTIONS);
    closers.push(() => offer.close());
    const events = readEvents(offer);
    const foreign = createForeign();
    closers.push(() => foreign.close());
    foreign.addEventListener("datachannel", ({ channel }) => echo(channel));
    await applyOurs(foreign, offer.document);
    const session = await offer.accept(await describeForeign(foreign, "answer"));
    expect(session.isForeign).toBe(true);
    await session.sendMessage("汉字");
    expect(await session.sendFiles(["package.json"])).toBe("failed");
    session.finish();
    expect(await session.ended).toEqual({ event: "closed", reason: "done", exit: 7 });
    expect(await events).toContainEqual({ event: "message", from: "peer", text: "echo 汉字" });
  });

  test("as the offering side", async () => {
    const foreign = createForeign();
    closers.push(() => foreign.close());
    const channel = foreign.createDataChannel("chat");
    echo(channel);
    const answer = await createAnswer(await describeForeign(foreign, "offer"), OPTIONS);
    closers.push(() => answer.close());
    const events = readEvents(answer);
    await applyOurs(foreign, answer.document);
    const session = await answer.session;
    await session.sendMessage("");
    await session.sendMessage("x".repeat(100_000));
    session.finish();
    expect(await session.ended).toEqual({ event: "closed", reason: "done", exit: 0 });
    expect(await events).toContainEqual({ event: "message", from: "peer", text: "echo " });
  });
});
