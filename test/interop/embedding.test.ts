// The module as a program uses it, over real sockets: documents are judged as the command judges them, and the newest
// document counts.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, type TestContext, vi } from "vitest";
import { createAnswer, createOffer, isForPrograms, type P2pEvent, type PeerOptions } from "../../src/index.ts";
import { EventStream } from "../../src/pairing/event-stream.ts";
import { People } from "../../src/pairing/people.ts";
import { makeTempFolder } from "../unit/store/exchange/temp-folder.ts";

const OPTIONS: PeerOptions = { network: { bind: ["127.0.0.1"] } };

/** Closed with the test; its events are read, into `events`, since messages count as taken then. */
async function kept<Pending extends { events: AsyncIterable<unknown>; close(): Promise<void> }>(
  t: TestContext,
  made: Promise<Pending>,
  events: unknown[] = [],
): Promise<Pending> {
  const pending = await made;
  t.onTestFinished(() => pending.close());
  void (async () => {
    for await (const event of pending.events) events.push(event);
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

describe("with a state directory", () => {
  test("used offers are remembered there, and by nobody else", async (t) => {
    const stateDir = await makeTempFolder();
    const offer = await kept(t, createOffer(OPTIONS));
    const answer = await kept(t, createAnswer(offer.document, { ...OPTIONS, stateDir }));
    await offer.accept(answer.document);
    await answer.session;
    await expect(createAnswer(offer.document, { ...OPTIONS, stateDir })).rejects.toMatchObject({ code: "FILE_USED" });
    await kept(t, createAnswer(offer.document, OPTIONS));
  });

  test("documents are signed for those who know us, and nobody else takes their place", async (t) => {
    const [mine, theirs] = [await makeTempFolder(), await makeTempFolder()];
    const [me, wang] = [await People.open(mine), await People.open(theirs)];
    const verifiedAt = "2026-05-03T10:00:00.000Z";
    await me.keep({ publicKey: (await wang.ownKey()).publicKey, name: "Wang", verifiedAt });
    await wang.keep({ publicKey: (await me.ownKey()).publicKey, name: "me", verifiedAt });
    const events: unknown[] = [];
    const offer = await kept(t, createOffer({ ...OPTIONS, stateDir: mine }), events);
    const stranger = await kept(t, createAnswer(offer.document, OPTIONS));
    const gone = await createAnswer(offer.document, { ...OPTIONS, stateDir: theirs });
    const goneDocument = gone.document;
    await gone.close();
    const first = offer.accept(goneDocument);
    await expect(offer.accept(stranger.document)).rejects.toMatchObject({ code: "FILE_NOT_RECOGNISED" });
    expect(events).toContainEqual({ event: "peer-known", name: "Wang", verifiedAt });
    const wangs = await kept(t, createAnswer(offer.document, { ...OPTIONS, stateDir: theirs }));
    const session = offer.accept(wangs.document);
    await expect(first).rejects.toMatchObject({ code: "FILE_SUPERSEDED" });
    await (await session).sendMessage("hi");
  });
});

test("a state directory that cannot be used is named by both sides", async () => {
  const stateDir = join(await makeTempFolder(), "file");
  await writeFile(stateDir, "");
  await expect(createOffer({ ...OPTIONS, stateDir })).rejects.toMatchObject({ code: "STATE_UNUSABLE" });
  await expect(createAnswer("{}", { ...OPTIONS, stateDir })).rejects.toMatchObject({ code: "STATE_UNUSABLE" });
});

describe("a pairing of an earlier run", () => {
  test("goes on with its offer, until it has connected", async (t) => {
    const stateDir = await makeTempFolder();
    const first = await createOffer({ ...OPTIONS, stateDir });
    const firstDocument = first.document;
    const answer = await kept(t, createAnswer(firstDocument, OPTIONS));
    await first.close();
    const second = await kept(t, createOffer({ ...OPTIONS, stateDir, resume: true }));
    expect(second.document).toBe(firstDocument);
    await (await second.accept(answer.document)).sendMessage("hi");
    const third = createOffer({ ...OPTIONS, stateDir, resume: true });
    await expect(third).rejects.toMatchObject({ code: "NOTHING_TO_RESUME" });
  });

  test("goes on with its answer", async (t) => {
    const stateDir = await makeTempFolder();
    const offer = await kept(t, createOffer(OPTIONS));
    const first = await createAnswer(offer.document, { ...OPTIONS, stateDir });
    const firstDocument = first.document;
    await first.close();
    const second = await kept(t, createAnswer(offer.document, { ...OPTIONS, stateDir, resume: true }));
    expect(second.document).toBe(firstDocument);
    await (await offer.accept(firstDocument)).sendMessage("hi");
  });

  test("is found under its name and role, and nowhere else", async (t) => {
    const stateDir = await makeTempFolder();
    const [withWang, withLi] = ["wang", "li"].map((rememberAs) => ({ ...OPTIONS, stateDir, rememberAs }));
    const first = await createOffer({ ...withWang });
    await kept(t, createOffer({ ...withLi }));
    const { document, id } = first;
    await first.close();
    const answer = createAnswer(document, { ...withWang, resume: true });
    await expect(answer).rejects.toMatchObject({ code: "NOTHING_TO_RESUME" });
    const unnamed = createOffer({ ...OPTIONS, stateDir, resume: true });
    await expect(unnamed).rejects.toMatchObject({ code: "NOTHING_TO_RESUME" });
    expect((await kept(t, createOffer({ ...withWang, resume: true }))).id).toBe(id);
  });

  test("still takes nobody else for the person who was recognised", async (t) => {
    const [mine, theirs] = [await makeTempFolder(), await makeTempFolder()];
    const [me, wang] = [await People.open(mine), await People.open(theirs)];
    const verifiedAt = "2026-05-03T10:00:00.000Z";
    await me.keep({ publicKey: (await wang.ownKey()).publicKey, name: "Wang", verifiedAt });
    await wang.keep({ publicKey: (await me.ownKey()).publicKey, name: "me", verifiedAt });
    const first = await createOffer({ ...OPTIONS, stateDir: mine });
    const stranger = await kept(t, createAnswer(first.document, OPTIONS));
    const wangs = await kept(t, createAnswer(first.document, { ...OPTIONS, stateDir: theirs }));
    const gone = await createAnswer(first.document, { ...OPTIONS, stateDir: theirs, rememberAs: "gone" });
    const tried = first.accept(gone.document);
    await gone.close();
    const end = expect(tried).rejects.toMatchObject({ code: "CANNOT_CONNECT" });
    const events: string[] = [];
    for await (const { event } of first.events) {
      events.push(event);
      if (event === "connecting") await first.close();
    }
    await end;
    expect(events).toContain("connecting");
    const second = await kept(t, createOffer({ ...OPTIONS, stateDir: mine, resume: true }));
    await expect(second.accept(stranger.document)).rejects.toMatchObject({ code: "FILE_NOT_RECOGNISED" });
    await (await second.accept(wangs.document)).sendMessage("hi");
  });
});

test("a file is told to whoever reads the events within four calls of where it is finished", async (t) => {
  const [outputDir, folder] = [await makeTempFolder(), await makeTempFolder()];
  await writeFile(join(folder, "f"), "x");
  const callers: string[][] = [];
  const original = Reflect.get(EventStream.prototype, "push") as (event: P2pEvent, onTaken?: () => void) => void;
  const push = vi.spyOn(EventStream.prototype, "push").mockImplementation(function (
    this: EventStream<P2pEvent>,
    event: P2pEvent,
    onTaken,
  ) {
    Reflect.apply(original, this, [event, onTaken]);
    if (event.event !== "file-done") return;
    const stack = (new Error().stack ?? "").split("\n");
    callers.push(stack.flatMap((line) => /\/src\/([\w/-]+\.ts)/.exec(line)?.[1] ?? []));
  });
  t.onTestFinished(() => push.mockRestore());
  const offer = await kept(t, createOffer(OPTIONS));
  const session = { ...OPTIONS.session, consent: "accept", outputDir } as const;
  const answer = await kept(t, createAnswer(offer.document, { ...OPTIONS, session }));
  expect(await (await offer.accept(answer.document)).sendFiles([join(folder, "f")])).toBe("done");
  await vi.waitFor(() => expect(callers).toHaveLength(2), 60_000);
  for (const origin of ["session/transfers/outgoing.ts", "session/transfers/incoming.ts"]) {
    const calls = callers.map((frames) => frames.indexOf(origin)).find((at) => at >= 0);
    expect(calls, `${origin} in ${callers.join(" | ")}`).toBeLessThanOrEqual(3);
  }
});

test("a sealed offer is answered sealed, and an open answer to it cannot serve", async (t) => {
  const sealed: PeerOptions = { ...OPTIONS, seal: { required: true, passphrase: "able crane mutual" } };
  const offer = await kept(t, createOffer(sealed));
  expect(offer.document).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----/);
  await expect(createAnswer(offer.document, OPTIONS)).rejects.toMatchObject({ code: "FILE_SEALED" });
  const open = await kept(t, createOffer(OPTIONS));
  await expect(createAnswer(open.document, sealed)).rejects.toMatchObject({ code: "FILE_NOT_SEALED" });
  const answer = await kept(t, createAnswer(offer.document, sealed));
  await (await offer.accept(answer.document)).sendMessage("hi");
});

test("whose time is over says closed and ends, as the command does", async () => {
  const offer = await createOffer({ ...OPTIONS, waitMs: 1 });
  const events: string[] = [];
  for await (const event of offer.events) if (isForPrograms(event)) events.push(event.event);
  expect(events).toEqual(["local-file", "waiting", "error", "closed"]);
  await expect(offer.accept("anything")).rejects.toMatchObject({ code: "CANNOT_CONNECT" });
});

test("options that cannot be used are refused before a socket is opened", async () => {
  const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name.startsWith("UDP")).length;
  const before = sockets();
  await expect(createOffer({ ...OPTIONS, waitMs: Number.NaN })).rejects.toThrow(RangeError);
  await expect(createAnswer("{}", { ...OPTIONS, connectTimeoutMs: Number.NaN })).rejects.toThrow(RangeError);
  expect(sockets()).toBe(before);
});

test("a signal ends the making of an offer, and what it was made for", async () => {
  await expect(createOffer({ ...OPTIONS, signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  const control = new AbortController();
  const made = createOffer({ ...OPTIONS, signal: control.signal });
  control.abort(new Error("enough"));
  await expect(made).rejects.toThrow("enough");
});
