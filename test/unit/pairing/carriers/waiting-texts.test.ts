// The texts that wait to be examined.
import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import type { CarriedText } from "../../../../src/pairing/carrier.ts";
import { WaitingTexts } from "../../../../src/pairing/carriers/waiting-texts.ts";

const textOf = (label: string): CarriedText => ({ bytes: new Uint8Array(), label, isFromBefore: false });

async function labelsOf(texts: AsyncIterable<CarriedText>): Promise<string[]> {
  const labels: string[] = [];
  for await (const { label } of texts) labels.push(label);
  return labels;
}

test("come oldest first, and a later one wakes who reads", async () => {
  const texts = new WaitingTexts<CarriedText>(2);
  texts.push(textOf("one"));
  const reading = texts.read(new AbortController().signal);
  expect((await reading.next()).value?.label).toBe("one");
  const next = reading.next();
  texts.push(textOf("two"));
  expect((await next).value?.label).toBe("two");
});

test("beyond the limit the oldest is dropped, and handed back", async () => {
  const texts = new WaitingTexts<CarriedText>(2);
  const dropped = ["one", "two", "three"].map((label) => texts.push(textOf(label))?.label);
  expect(dropped).toEqual([undefined, undefined, "one"]);
  const reading = texts.read(new AbortController().signal);
  expect([(await reading.next()).value?.label, (await reading.next()).value?.label]).toEqual(["two", "three"]);
});

test("a reading that is over leaves no listener at its signal", async () => {
  const { signal } = new AbortController();
  const texts = new WaitingTexts<CarriedText>(2);
  texts.push(textOf("one"));
  for await (const { label } of texts.read(signal)) {
    expect(label).toBe("one");
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    break;
  }
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("the reading ends with an abort, and with the end", async () => {
  const abort = new AbortController();
  const aborted = labelsOf(new WaitingTexts<CarriedText>(1).read(abort.signal));
  abort.abort();
  expect(await aborted).toEqual([]);
  const texts = new WaitingTexts<CarriedText>(1);
  const ended = labelsOf(texts.read(new AbortController().signal));
  texts.push(textOf("never read"));
  texts.end();
  expect(await ended).toEqual([]);
});
