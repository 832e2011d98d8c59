// The module against WebRTC programs that know nothing of p2p, on loopback: text works both ways, files are
// refused with a reason, and the session ends. Their documents are bare {type, sdp} as browsers give them.
import { describe, expect, onTestFinished, test } from "vitest";
import { createAnswer, createOffer, type P2pEvent, type PeerOptions, type PendingPeer } from "../../src/index.ts";
import { bareDescription, type ForeignKind, type ForeignPeer } from "../support/foreign/peer.ts";
import { bareWerift, nodeDatachannel, wrtc } from "../support/foreign/stacks.ts";

const OPTIONS: PeerOptions = { bind: ["127.0.0.1"], mode: "once" };

async function started(kind: ForeignKind): Promise<ForeignPeer> {
  const foreign = await kind.start();
  onTestFinished(() => foreign.close());
  return foreign;
}

/** Closes it after the test. @returns its events once it has closed */
async function follow(pending: PendingPeer): Promise<P2pEvent[]> {
  onTestFinished(() => pending.close());
  const events: P2pEvent[] = [];
  for await (const event of pending.events) events.push(event);
  return events;
}

describe.each([wrtc, nodeDatachannel, bareWerift])("$name", (kind) => {
  test("as the answering side", async () => {
    const offer = await createOffer(OPTIONS);
    const events = follow(offer);
    const foreign = await started(kind);
    const session = await offer.accept(JSON.stringify(await foreign.answer(bareDescription(offer.document))));
    expect(session.isForeign).toBe(true);
    await session.sendMessage("汉字");
    expect(await session.sendFiles(["package.json"])).toBe("failed");
    session.finish();
    expect(await session.ended).toEqual({ event: "closed", reason: "done", exit: 7 });
    expect(await events).toContainEqual({ event: "message", from: "peer", text: "echo 汉字" });
  });

  test("as the offering side", async () => {
    const foreign = await started(kind);
    const answer = await createAnswer(JSON.stringify(await foreign.offer()), OPTIONS);
    const events = follow(answer);
    await foreign.accept(bareDescription(answer.document));
    const session = await answer.session;
    await session.sendMessage("");
    await session.sendMessage("x".repeat(100_000));
    session.finish();
    expect(await session.ended).toEqual({ event: "closed", reason: "done", exit: 0 });
    expect(await events).toContainEqual({ event: "message", from: "peer", text: "echo " });
  });
});
