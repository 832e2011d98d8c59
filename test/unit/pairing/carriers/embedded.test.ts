// The carrier of an embedder: what it is given, what of its texts reaches the line, and what its failures become.
import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { encodeExchangeDocument } from "../../../../src/exchange/codec.ts";
import { MAX_DOCUMENT_BYTES } from "../../../../src/exchange/limits.ts";
import { P2pError } from "../../../../src/lib/errors/p2p-error.ts";
import type { CarriedText } from "../../../../src/pairing/carrier.ts";
import { type Carrier, type DocumentToCarry, EmbeddedCarrier } from "../../../../src/pairing/carriers/embedded.ts";
import { createOffer, openLine } from "../../../../src/pairing/embed.ts";
import { bytesOf, offer } from "../../exchange/fixtures.ts";

const DOCUMENT = encodeExchangeDocument(offer());

/** A carrier that brings these texts, and what was done with it. */
function carrierOf(texts: readonly (string | Uint8Array)[], parts: Partial<Carrier> = {}) {
  const published: DocumentToCarry[] = [];
  const calls: string[] = [];
  const carrier: Carrier = {
    publish: (document) => void published.push(document),
    async *incoming() {
      for (const text of texts) yield await Promise.resolve(text);
    },
    close: () => void calls.push("close"),
    ...parts,
  };
  return { carrier, published, calls };
}

async function read(carrier: EmbeddedCarrier, signal = new AbortController().signal): Promise<CarriedText[]> {
  const texts: CarriedText[] = [];
  for await (const text of carrier.incoming(signal)) texts.push(text);
  return texts;
}

const shown = ({ bytes }: CarriedText): string => new TextDecoder().decode(bytes);

test("is given the document as text and as code, with revision and expiry", async () => {
  const { carrier, published } = carrierOf([]);
  const embedded = new EmbeddedCarrier(carrier);
  expect(await embedded.publish(DOCUMENT, 3, 5_000)).toEqual({ isMadeAnew: false });
  await embedded.publish("-----BEGIN AGE ENCRYPTED FILE-----", 4, 6_000);
  expect(published).toEqual([
    { text: DOCUMENT, code: expect.stringMatching(/^p2p:/), revision: 3, expiresAtMs: 5_000 },
    { text: "-----BEGIN AGE ENCRYPTED FILE-----", code: undefined, revision: 4, expiresAtMs: 6_000 },
  ]);
});

test("what has come before, and what is ours in either form, is passed over", async () => {
  const { carrier, published } = carrierOf([]);
  const embedded = new EmbeddedCarrier({
    ...carrier,
    async *incoming() {
      const [ours] = published;
      yield await Promise.resolve("one");
      yield* [DOCUMENT, ours?.code ?? "", bytesOf("one"), "two"];
    },
  });
  await embedded.publish(DOCUMENT, 1, 0);
  const texts = await read(embedded);
  expect(texts.map(shown)).toEqual(["one", "two"]);
  expect(texts.map(({ label, isFromBefore }) => [label, isFromBefore])).toEqual(Array(2).fill(["the carrier", false]));
});

test("of a text that is too long no more is kept than says so", async () => {
  const long = "x".repeat(2 * MAX_DOCUMENT_BYTES);
  const { carrier } = carrierOf([long, bytesOf(`${long}y`)]);
  // Both are the same up to there.
  expect((await read(new EmbeddedCarrier(carrier))).map(({ bytes }) => bytes.length)).toEqual([MAX_DOCUMENT_BYTES + 1]);
});

test("refusals of one kind are told ever less often, and our own document never", async () => {
  const { carrier } = carrierOf(Array.from({ length: 50 }, (_, index) => `text ${index}`));
  const texts = await read(new EmbeddedCarrier(carrier, () => 0));
  const wrong = new P2pError("FILE_MISMATCHED", { path: "" });
  const told = texts.filter(({ tellsRefusal }) => tellsRefusal?.(wrong) === true);
  expect(told).toHaveLength(4);
  expect(texts[0]?.tellsRefusal?.(new P2pError("FILE_OWN", { path: "" }))).toBe(false);
});

test("sealed texts are opened at a bounded rate, and what waits for that ends with the line", async () => {
  const { carrier } = carrierOf(Array.from({ length: 100 }, (_, index) => `sealed ${index}`));
  const end = new AbortController();
  const embedded = new EmbeddedCarrier(carrier, () => 0).handleOpen({ costOf: () => 1 });
  const reading = embedded.incoming(end.signal);
  let count = 0;
  // The eighth is the last one that may be opened at once.
  for (; count < 8; count += 1) expect((await reading.next()).done).toBe(false);
  const ninth = reading.next();
  end.abort();
  expect(await ninth).toEqual({ done: true, value: undefined });
});

/** Sealed texts as far as the work goes that each takes. */
const sealedCost = (bytes: Uint8Array): number => (new TextDecoder().decode(bytes).startsWith("sealed") ? 1 : 0);

test("sealed texts that wait hold up nothing that comes behind them", async () => {
  const sealed = Array.from({ length: 20 }, (_, index) => `sealed ${index}`);
  const { carrier } = carrierOf([...sealed, "plain"]);
  const end = new AbortController();
  const embedded = new EmbeddedCarrier(carrier, () => 0).handleOpen({ costOf: sealedCost });
  const seen: string[] = [];
  for await (const text of embedded.incoming(end.signal)) {
    seen.push(shown(text));
    if (seen.at(-1) === "plain") end.abort();
  }
  expect(seen).toEqual([...sealed.slice(0, 8), "plain"]);
});

test("of costly texts that wait the newest are kept, and one that was dropped may come again", async () => {
  const sealed = Array.from({ length: 20 }, (_, index) => `sealed ${index}`);
  let nowMs = 0;
  const { carrier } = carrierOf([], {
    async *incoming() {
      yield* sealed;
      yield await Promise.resolve("plain");
      yield* ["sealed 19", "sealed 8"];
    },
  });
  const embedded = new EmbeddedCarrier(carrier, () => nowMs).handleOpen({ costOf: sealedCost });
  const seen: string[] = [];
  for await (const text of embedded.incoming(new AbortController().signal)) {
    seen.push(shown(text));
    // From here on all of them may be opened.
    if (seen.at(-1) === "plain") nowMs = 1_000_000;
    if (seen.at(-1) === "sealed 19") nowMs = 2_000_000;
  }
  expect(seen).toEqual([...sealed.slice(0, 8), "plain", ...sealed.slice(12), "sealed 8"]);
});

test("a text leaves no listener with the signal, and the end of reading leaves none at all", async () => {
  const end = new AbortController();
  const { carrier } = carrierOf(Array.from({ length: 100 }, (_, index) => `text ${index}`));
  const counts = new Set<number>();
  for await (const _ of new EmbeddedCarrier(carrier).incoming(end.signal)) {
    counts.add(getEventListeners(end.signal, "abort").length);
  }
  expect([...counts]).toEqual([1]);
  expect(getEventListeners(end.signal, "abort")).toEqual([]);
});

test("reading ends at the signal, whether the carrier heeds it or not", async () => {
  const end = new AbortController();
  const { carrier } = carrierOf([], {
    async *incoming() {
      yield "one";
      await new Promise(() => {});
    },
  });
  const reading = new EmbeddedCarrier(carrier).incoming(end.signal);
  expect((await reading.next()).done).toBe(false);
  const next = reading.next();
  end.abort();
  expect(await next).toEqual({ done: true, value: undefined });
});

const broken = (): never => {
  throw new Error("no network");
};
const FAILED = { code: "CARRIER_FAILED", message: "the chat does not carry the documents: no network" };

test("what it throws is CARRIER_FAILED, a P2pError stays itself, and a failing close is nobody's business", async () => {
  const name = "the chat";
  const { carrier } = carrierOf([]);
  const fails = new EmbeddedCarrier({ ...carrier, name, publish: broken, incoming: broken, close: broken });
  await expect(fails.publish("{}", 1, 0)).rejects.toMatchObject(FAILED);
  await expect(read(fails)).rejects.toMatchObject(FAILED);
  await fails.close();
  const later = new EmbeddedCarrier({
    ...carrier,
    name,
    async *incoming() {
      yield "one";
      broken();
    },
  });
  await expect(read(later)).rejects.toMatchObject(FAILED);
  const error = new P2pError("BIND_FAILED", { address: "x", reason: "y" });
  const refuses = new EmbeddedCarrier({
    ...carrier,
    publish: () => {
      throw error;
    },
  });
  await expect(refuses.publish("{}", 1, 0)).rejects.toBe(error);
});

test("is closed once: when the documents have served, or at the end", async () => {
  const { carrier, calls } = carrierOf([]);
  const embedded = new EmbeddedCarrier(carrier);
  await embedded.handleConnected();
  await embedded.close();
  expect(calls).toEqual(["close"]);
});

test("what is to be published after its close is not brought to it", async () => {
  const { carrier, published } = carrierOf([]);
  const embedded = new EmbeddedCarrier(carrier);
  await embedded.publish(DOCUMENT, 1, 0);
  await embedded.close();
  expect(await embedded.publish(DOCUMENT, 2, 0)).toEqual({ isMadeAnew: false });
  expect(published.map(({ revision }) => revision)).toEqual([1]);
});

test.each([
  ["no function 'publish'", { publish: undefined }],
  ["no function 'incoming'", { incoming: "x" }],
  ["'close' must be a function", { close: 1 }],
  ["'name' must be a text", { name: "" }],
])("what is no carrier is refused: %s", (message, part) => {
  const carrier = { ...carrierOf([]).carrier, ...part } as Carrier;
  expect(() => openLine("offer", carrier)).toThrow(message);
});

const LOCAL = { network: { bind: ["127.0.0.1"] } };

test("a line whose first document cannot be carried ends, and closes the carrier", async () => {
  const { carrier, calls } = carrierOf([], { publish: broken, name: "the chat" });
  const line = openLine("offer", carrier, LOCAL);
  await expect(line.session).rejects.toMatchObject(FAILED);
  await line.close();
  expect(calls).toEqual(["close"]);
});

test("a line that ends before it opens its carrier closes it too", async () => {
  const { carrier, calls } = carrierOf([]);
  const line = openLine("offer", carrier, { ...LOCAL, stateDir: "/dev/null/nowhere" });
  await expect(line.session).rejects.toThrow(P2pError);
  await line.close();
  expect(calls).toEqual(["close"]);
});

test("a carrier that brings nothing more ends a line that waits", async () => {
  const { carrier } = carrierOf(["no document"]);
  const line = openLine("answer", carrier, LOCAL);
  await expect(line.session).rejects.toMatchObject({ code: "FILE_MALFORMED" });
});

test("a role and a signal that cannot be used are refused", () => {
  const { carrier } = carrierOf([]);
  expect(() => openLine("both" as "offer", carrier)).toThrow(TypeError);
  expect(() => openLine("offer", carrier, { signal: AbortSignal.abort(new Error("late")) })).toThrow("late");
});

test("ends at the signal of its owner, also while it publishes", async () => {
  const end = new AbortController();
  const { carrier, calls } = carrierOf([], { publish: () => new Promise(() => {}) });
  const line = openLine("offer", carrier, { ...LOCAL, signal: end.signal });
  end.abort();
  await expect(line.session).rejects.toThrow();
  await line.close();
  expect(calls).toEqual(["close"]);
});

test("a line that has ended leaves nothing with the signal of its owner", async () => {
  const owner = new AbortController();
  const options = { ...LOCAL, signal: owner.signal };
  const { carrier } = carrierOf([], { publish: () => new Promise(() => {}) });
  const line = openLine("offer", carrier, options);
  const offering = await createOffer(options);
  expect(getEventListeners(owner.signal, "abort")).toHaveLength(2);
  await Promise.all([line.close(), offering.close()]);
  expect(getEventListeners(owner.signal, "abort")).toEqual([]);
});
