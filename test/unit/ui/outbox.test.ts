// Messages of this side that wait for the peer's acknowledgement.
import { expect, test } from "vitest";
import { Outbox } from "../../../src/ui/outbox.ts";

const at = new Date(0);

test("an acknowledgement is for the oldest of the same text, and for none that was not typed here", () => {
  const outbox = new Outbox();
  const [first, second, third] = ["hi", "ho", "hi"].map((text) => ({ text, at }));
  for (const message of [first, second, third]) if (message !== undefined) outbox.add(message);
  expect(outbox.acknowledge("hi")).toBe(first);
  expect(outbox.acknowledge("hey")).toBeUndefined();
  expect(outbox.waiting).toEqual([second, third]);
});

test("what is removed is gone once, and the rest is drained in order", () => {
  const outbox = new Outbox();
  const [first, second] = [
    { text: "a", at },
    { text: "b", at },
  ];
  for (const message of [first, second, { text: "c", at }]) outbox.add(message);
  expect([outbox.remove(second), outbox.remove(second)]).toEqual([true, false]);
  expect(outbox.drain().map(({ text }) => text)).toEqual(["a", "c"]);
  expect(outbox.waiting).toEqual([]);
});
