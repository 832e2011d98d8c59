// The module as a program uses it, over real sockets: documents are judged as the command judges them, and the newest
// document counts.
import { describe, expect, test, type TestContext } from "vitest";
import { createAnswer, createOffer, type PeerOptions } from "../../src/index.ts";

const OPTIONS: PeerOptions = { bind: ["127.0.0.1"] };

/** Closed with the test; its events are read, since messages count as taken then. */
async function kept<Pending extends { events: AsyncIterable<unknown>; close(): Promise<void> }>(
  t: TestContext,
  made: Promise<Pending>,
): Promise<Pending> {
  const pending = await made;
  t.onTestFinished(() => pending.close());
  void (async () => {
    for await (const event of pending.events) void event;
  })();
  return pending;
}

/** With a signature that is nobody's. */
function forged(document: string): string {
  const parsed = JSON.parse(document) as { p2p: Record<string, unknown> };
  parsed.p2p["signature"] = { key: "ab".repeat(32), value: "cd".repeat(64) };
  return JSON.stringify(parsed);
}

describe("a document whose signature is wrong", () => {
  test("is refused by both sides, and leaves the offer as it was", async (t) => {
    const offer = await kept(t, createOffer(OPTIONS));
    await expect(createAnswer(forged(offer.document), OPTIONS)).rejects.toMatchObject({ code: "FILE_SIGNATURE_WRONG" });
    const answer = await kept(t, createAnswer(offer.document, OPTIONS));
    await expect(offer.accept(forged(answer.document))).rejects.toMatchObject({ code: "FILE_SIGNATURE_WRONG" });
    const session = await offer.accept(answer.document);
    await session.sendMessage("still here");
  });
});

describe("a second document", () => {
  test("takes the place of one that is being tried: that fails at once, and the session lives", async (t) => {
    const offer = await kept(t, createOffer(OPTIONS));
    const gone = await createAnswer(offer.document, OPTIONS);
    const goneDocument = gone.document;
    await gone.close();
    const first = offer.accept(goneDocument);
    const second = offer.accept(goneDocument);
    await expect(first).rejects.toMatchObject({ code: "FILE_SUPERSEDED" });
    const live = await kept(t, createAnswer(offer.document, OPTIONS));
    const third = offer.accept(live.document);
    await expect(second).rejects.toMatchObject({ code: "FILE_SUPERSEDED" });
    const session = await third;
    await session.sendMessage("alive");
    const peer = await live.session;
    await peer.sendMessage("too");
    await expect(offer.accept(live.document)).rejects.toThrow(TypeError);
    await session.sendMessage("and still");
  });

  test("that cannot serve leaves the one that is being tried", async (t) => {
    const offer = await kept(t, createOffer(OPTIONS));
    const answer = await kept(t, createAnswer(offer.document, OPTIONS));
    const session = offer.accept(answer.document);
    await expect(offer.accept("no document")).rejects.toMatchObject({ code: "FILE_MALFORMED" });
    await expect(offer.accept(offer.document)).rejects.toMatchObject({ code: "FILE_OWN" });
    await (await session).sendMessage("hi");
  });
});

test("an offer from which this process was connected is used", async (t) => {
  const offer = await kept(t, createOffer(OPTIONS));
  const answer = await kept(t, createAnswer(offer.document, OPTIONS));
  await offer.accept(answer.document);
  await answer.session;
  await expect(createAnswer(offer.document, OPTIONS)).rejects.toMatchObject({ code: "FILE_USED" });
});

test("closing while a document is tried ends the try", async () => {
  const offer = await createOffer(OPTIONS);
  const gone = await createAnswer(offer.document, OPTIONS);
  const document = gone.document;
  await gone.close();
  const session = offer.accept(document);
  session.catch(() => {});
  await offer.close();
  await expect(session).rejects.toMatchObject({ code: "CANNOT_CONNECT" });
});
