// The carrier of embedders: every text that is handed over hears of its fate, once.
import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { MAX_DOCUMENT_BYTES } from "../../../../src/exchange/limits.ts";
import { MemoryCarrier } from "../../../../src/pairing/carriers/memory.ts";
import { bytesOf } from "../../exchange/fixtures.ts";

function handed(carrier: MemoryCarrier, bytes: Uint8Array = bytesOf("text")): string[] {
  const fates: string[] = [];
  carrier.hand(bytes, ({ fate }) => fates.push(fate));
  return fates;
}

test("texts come in their order, before and while they are read", async () => {
  const carrier = new MemoryCarrier(false);
  const reading = carrier.incoming(new AbortController().signal);
  handed(carrier, bytesOf("one"));
  const read = async (): Promise<string> => new TextDecoder().decode((await reading.next()).value?.bytes);
  expect(await read()).toBe("one");
  const later = read();
  handed(carrier, bytesOf("two"));
  expect(await later).toBe("two");
});

test("fates are told once, and are unread when nobody reads any more", async () => {
  const carrier = new MemoryCarrier(false);
  const end = new AbortController();
  const reading = carrier.incoming(end.signal);
  const [first, second, third] = [handed(carrier), handed(carrier), handed(carrier)];
  const { value } = await reading.next();
  value?.tell?.({ fate: "connected" });
  value?.tell?.({ fate: "superseded" });
  await reading.next();
  end.abort();
  expect(await reading.next()).toEqual({ done: true, value: undefined });
  await carrier.close();
  expect([first, second, third, handed(carrier)]).toEqual([["connected"], ["unread"], ["unread"], ["unread"]]);
});

test("of too many texts the oldest are superseded, and of too long ones enough is kept to say so", async () => {
  const carrier = new MemoryCarrier(false);
  const all = Array.from({ length: 70 }, () => handed(carrier, new Uint8Array(MAX_DOCUMENT_BYTES * 2)));
  expect(all.filter(([fate]) => fate === "superseded")).toHaveLength(6);
  expect(all.at(-1)).toEqual([]);
  const { signal } = new AbortController();
  for await (const { bytes } of carrier.incoming(signal)) {
    expect(bytes).toHaveLength(MAX_DOCUMENT_BYTES + 1);
    break;
  }
  // A reader that has what it wants leaves nothing behind.
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("the newest document is the one to fetch", async () => {
  const carrier = new MemoryCarrier(false);
  expect(() => carrier.document).toThrow(TypeError);
  await carrier.publish("one");
  await carrier.publish("two");
  await carrier.published;
  expect(carrier.document).toBe("two");
});
