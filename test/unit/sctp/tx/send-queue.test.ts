// Messages that wait: turns by message, whole messages at a time, suspended streams, lifetimes.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { firstSsn } from "../../../../src/sctp/serial.ts";
import { type OutboundMessage, SendQueue } from "../../../../src/sctp/tx/send-queue.ts";

const NEVER = Number.POSITIVE_INFINITY;

function message(streamId: number, length: number, change: Partial<OutboundMessage> = {}): OutboundMessage {
  return {
    streamId,
    ppid: 53,
    data: new Uint8Array(length),
    isUnordered: false,
    maxRetransmits: NEVER,
    expiresAtMs: NEVER,
    ssn: firstSsn(0),
    isAbandoned: false,
    ...change,
  };
}

/** Takes everything in fragments of at most so many bytes, as `stream@ssn[from,to)`. */
function takeAll(queue: SendQueue, most = 10, nowMs = 0): string[] {
  const taken: string[] = [];
  for (let pending = queue.pendingBytes(nowMs); pending > 0; pending = queue.pendingBytes(nowMs)) {
    const { current, offset } = queue;
    const bytes = Math.min(most, pending);
    queue.take(bytes);
    taken.push(`${current?.streamId}@${(current?.ssn ?? 0) & 0xffff}[${offset},${offset + bytes})`);
  }
  return taken;
}

describe("turns", () => {
  test("go from stream to stream by message, and fragments of one follow each other", () => {
    const queue = new SendQueue(0);
    for (const [id, length] of [
      [1, 25],
      [1, 5],
      [2, 5],
      [3, 12],
      [2, 6],
    ] as const) {
      queue.enqueue(message(id, length));
    }
    expect(takeAll(queue)).toEqual([
      "1@0[0,10)",
      "1@0[10,20)",
      "1@0[20,25)",
      "2@0[0,5)",
      "3@0[0,10)",
      "3@0[10,12)",
      "1@1[0,5)",
      "2@1[0,6)",
    ]);
    expect([queue.bufferedBytes, queue.bufferedBytesOf(1)]).toEqual([0, 0]);
  });

  test("a long queue of one stream keeps its order and counts its bytes", () => {
    const queue = new SendQueue(65_000);
    for (let index = 0; index < 5_000; index += 1) queue.enqueue(message(4, 1 + (index % 7)));
    const numbers = takeAll(queue).map((one) => Number(one.slice(2, one.indexOf("["))));
    expect(numbers).toEqual(Array.from({ length: 5_000 }, (_, index) => (65_000 + index) & 0xffff));
    expect(queue.bufferedBytes).toBe(0);
  });

  test("only ordered messages take a number, and only when they leave", () => {
    const queue = new SendQueue(0);
    queue.enqueue(message(1, 1, { isUnordered: true }));
    queue.enqueue(message(1, 1, { expiresAtMs: 5 }));
    queue.enqueue(message(1, 1));
    expect(takeAll(queue, 10, 6).at(-1)).toBe("1@0[0,1)");
  });

  test("buffered bytes are those that have not left, whatever is done", () => {
    const step = fc.record({
      kind: fc.constantFrom("enqueue", "take", "suspend", "resume", "abandon"),
      id: fc.integer({ min: 0, max: 2 }),
      bytes: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const queue = new SendQueue(0);
        let left = 0;
        for (const { kind, id, bytes } of steps) {
          if (kind === "enqueue") {
            queue.enqueue(message(id, bytes));
            left += bytes;
          } else if (kind === "suspend") queue.suspend(id);
          else if (kind === "resume") queue.resume(id, false);
          else {
            const pending = queue.pendingBytes(0);
            if (pending === 0) continue;
            if (kind === "take") queue.take(Math.min(bytes, pending));
            else queue.abandon(queue.current as OutboundMessage);
            left -= kind === "take" ? Math.min(bytes, pending) : pending;
          }
          expect(queue.bufferedBytes).toBe(left);
          expect([0, 1, 2].reduce((sum, one) => sum + queue.bufferedBytesOf(one), 0)).toBe(left);
        }
        for (const id of [0, 1, 2]) queue.resume(id, false);
        takeAll(queue);
        expect(queue.bufferedBytes).toBe(0);
      }),
    );
  });
});

describe("a suspended stream", () => {
  test("finishes the message that is on its way and lets others go on", () => {
    const queue = new SendQueue(0);
    queue.enqueue(message(1, 15));
    queue.enqueue(message(1, 5));
    queue.enqueue(message(2, 5));
    queue.pendingBytes(0);
    expect(queue.isQuiet(1)).toBe(true);
    queue.take(10);
    expect([queue.isQuiet(1), queue.isQuiet(2)]).toEqual([false, true]);
    queue.suspend(1);
    expect(takeAll(queue)).toEqual(["1@0[10,15)", "2@0[0,5)"]);
    expect([queue.isQuiet(1), queue.hasMessages(1), queue.bufferedBytes]).toEqual([true, true, 5]);
    queue.resume(1, true);
    expect(takeAll(queue)).toEqual(["1@0[0,5)"]);
  });

  test("that is released without a reset goes on with its numbers", () => {
    const queue = new SendQueue(0);
    queue.enqueue(message(1, 5));
    takeAll(queue);
    queue.suspend(1);
    queue.enqueue(message(1, 5));
    expect(takeAll(queue)).toEqual([]);
    queue.resume(1, false);
    expect(takeAll(queue)).toEqual(["1@1[0,5)"]);
  });
});

describe("given up", () => {
  test("are messages that come too late, the next one to leave too", () => {
    const queue = new SendQueue(0);
    const next = message(1, 5, { expiresAtMs: 10 });
    queue.enqueue(next);
    queue.enqueue(message(1, 6, { expiresAtMs: 10 }));
    queue.enqueue(message(1, 7));
    expect([queue.pendingBytes(0), queue.hasDropped]).toEqual([5, false]);
    expect([queue.pendingBytes(10), queue.hasDropped, next.isAbandoned]).toEqual([7, true, true]);
    expect([queue.bufferedBytes, queue.current?.data.length]).toEqual([7, 7]);
  });

  test("is what has not left of a message that is partly sent, and of no other", () => {
    const queue = new SendQueue(0);
    const first = message(1, 30, { expiresAtMs: 10 });
    queue.enqueue(first);
    queue.enqueue(message(1, 5));
    queue.pendingBytes(0);
    queue.take(10);
    expect([queue.isPartlySent(first), queue.pendingBytes(99)]).toEqual([true, 20]);
    queue.abandon(message(1, 30));
    expect(queue.bufferedBytes).toBe(25);
    queue.abandon(first);
    expect([queue.bufferedBytes, queue.isPartlySent(first)]).toEqual([5, false]);
    expect(takeAll(queue)).toEqual(["1@1[0,5)"]);
  });
});
