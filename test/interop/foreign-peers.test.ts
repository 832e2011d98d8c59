// The module against WebRTC programs that know nothing of p2p, on loopback: text works both ways, files are
// refused with a reason, and the session ends. Their documents are bare {type, sdp} as browsers give them.
import { describe, type TestContext, test } from "vitest";
import { createAnswer, createOffer, type P2pEvent, type PeerOptions, type PendingPeer } from "../../src/index.ts";
import { bareDescription, type ForeignKind, type ForeignPeer } from "../support/foreign/peer.ts";
import { npmStacks } from "../support/foreign/stacks.ts";

const OPTIONS: PeerOptions = { network: { bind: ["127.0.0.1"] }, session: { mode: "once" } };

async function started(t: TestContext, kind: ForeignKind): Promise<ForeignPeer> {
  const foreign = await kind.start();
  t.onTestFinished(() => foreign.close());
  return foreign;
}

/** Closes it after the test. @returns its events once it has closed */
async function follow(t: TestContext, pending: PendingPeer): Promise<P2pEvent[]> {
  t.onTestFinished(() => pending.close());
  const events: P2pEvent[] = [];
  for await (const event of pending.events) events.push(event);
  return events;
}

// Most of the time goes into waiting whether more comes.
describe.concurrent.each(npmStacks())("$name", (kind) => {
  test("as the answering side", async (t) => {
    const offer = await createOffer(OPTIONS);
    const events = follow(t, offer);
    const foreign = await started(t, kind);
    const session = await offer.accept(JSON.stringify(await foreign.answer(bareDescription(offer.document))));
    t.expect(session.isForeign).toBe(true);
    await session.sendMessage("汉字");
    t.expect(await session.sendFiles(["package.json"])).toBe("failed");
    session.finish();
    t.expect(await session.ended).toEqual({ event: "closed", reason: "done", exit: 7 });
    t.expect(await events).toContainEqual({ event: "message", from: "peer", text: "echo 汉字" });
  });

  test("as the offering side", async (t) => {
    const foreign = await started(t, kind);
    const answer = await createAnswer(JSON.stringify(await foreign.offer()), OPTIONS);
    const events = follow(t, answer);
    await foreign.accept(bareDescription(answer.document));
    const session = await answer.session;
    const short = kind.cannotTakeBytes.includes(0) ? "short" : "";
    await session.sendMessage(short);
    await session.sendMessage("x".repeat(100_000));
    session.finish();
    t.expect(await session.ended).toEqual({ event: "closed", reason: "done", exit: 0 });
    t.expect(await events).toContainEqual({ event: "message", from: "peer", text: `echo ${short}` });
  });
});
