import { expect, test } from "vitest";
import { EventStream } from "../../../src/pairing/event-stream.ts";

test("EventStream keeps what comes before its reader, wakes it, and ends", async () => {
  const stream = new EventStream<number>();
  stream.push(1);
  stream.push(2);
  const read: number[] = [];
  const reading = (async () => {
    for await (const value of stream) {
      read.push(value);
      if (value === 2) {
        queueMicrotask(() => {
          stream.push(3);
          stream.end();
          stream.push(4);
        });
      }
    }
  })();
  await reading;
  expect(read).toEqual([1, 2, 3]);
});

test("EventStream tells when the reader asks for a value", async () => {
  const stream = new EventStream<number>();
  const taken: number[] = [];
  for (const value of [1, 2, 3]) stream.push(value, () => taken.push(value));
  const reader = stream[Symbol.asyncIterator]();
  expect(taken).toEqual([]);
  expect((await reader.next()).value).toBe(1);
  expect(taken).toEqual([1]);
  expect((await reader.next()).value).toBe(2);
  expect(taken).toEqual([1, 2]);
});
