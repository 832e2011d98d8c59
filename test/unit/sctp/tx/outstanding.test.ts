// Chunks that are not acknowledged, under commands in any order, against lists that are kept the slow way.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addTsn, firstTsn, type Tsn } from "../../../../src/sctp/serial.ts";
import { ChunkState, Outstanding } from "../../../../src/sctp/tx/outstanding.ts";
import { queuedMessage } from "../../../support/sctp-packets.ts";
import { scaled } from "../../../support/scale.ts";

const HEADER = 16;

const message = queuedMessage();

interface ModelChunk {
  tsn: number;
  bytes: number;
  state: number;
  sends: number;
}

class Model {
  chunks: ModelChunk[] = [];
  /** In the order of sending, those in flight only. */
  sent: ModelChunk[] = [];

  in(...states: number[]): ModelChunk[] {
    return this.chunks.filter(({ state }) => states.includes(state));
  }

  set(chunk: ModelChunk, state: number): void {
    this.sent = this.sent.filter((one) => one !== chunk);
    chunk.state = state;
    if (state === ChunkState.IN_FLIGHT) {
      this.sent.push(chunk);
      chunk.sends += 1;
    }
  }
}

function check(outstanding: Outstanding, model: Model, nextTsn: number): void {
  const { IN_FLIGHT, LOST, ACKED } = ChunkState;
  const inFlight = model.in(IN_FLIGHT);
  expect(outstanding.inflightChunks).toBe(inFlight.length);
  expect(outstanding.inflightBytes).toBe(inFlight.reduce((sum, { bytes }) => sum + bytes, 0));
  expect(outstanding.inflightPayloadBytes).toBe(outstanding.inflightBytes - HEADER * inFlight.length);
  expect(outstanding.lostCount).toBe(model.in(LOST).length);
  expect(outstanding.ackedCount).toBe(model.in(ACKED).length);
  expect(outstanding.firstLost()).toBe(model.in(LOST)[0]?.tsn ?? nextTsn);
  expect(outstanding.span).toBe(model.chunks.length);
  expect(outstanding.isEmpty).toBe(model.chunks.length === 0);
  const order: number[] = [];
  for (let slot = outstanding.oldestSentSlot; slot !== -1; slot = outstanding.sentAfter(slot)) {
    order.push(outstanding.tsnAt(slot));
  }
  expect(order).toEqual(model.sent.map(({ tsn }) => tsn));
  const notAcked = model.chunks.find(({ state }) => state !== ACKED)?.tsn ?? nextTsn;
  expect(outstanding.nextNotAcked(outstanding.firstTsn, nextTsn)).toBe(notAcked);
  for (const { tsn, bytes, state, sends } of model.chunks) {
    const slot = outstanding.slotOf(tsn as Tsn);
    expect([outstanding.bytesAt(slot), outstanding.state[slot], outstanding.sendCount[slot]]).toEqual([
      bytes,
      state,
      sends,
    ]);
  }
}

describe("outstanding chunks", () => {
  test("are what plain lists say, under any commands", () => {
    const command = fc.tuple(
      fc.constantFrom("append", "append", "append", "ack", "lose", "repeat", "abandon", "advance"),
      fc.nat(1_000),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120 }), fc.constantFrom(7, 2 ** 32 - 20), (commands, first) => {
        const { IN_FLIGHT, ACKED, LOST, ABANDONED } = ChunkState;
        const outstanding = new Outstanding(firstTsn(first));
        const model = new Model();
        let nextTsn = firstTsn(first);
        for (const [nowMs, [kind, value]] of commands.entries()) {
          const pick = (...states: number[]): ModelChunk | undefined => {
            const chunks = model.in(...states);
            return chunks[value % Math.max(1, chunks.length)];
          };
          if (kind === "append") {
            const slot = outstanding.append(message, 0, value, 3);
            outstanding.markSent(slot, nowMs);
            const chunk = { tsn: nextTsn, bytes: value + HEADER, state: 0, sends: 0 };
            model.chunks.push(chunk);
            model.set(chunk, IN_FLIGHT);
            nextTsn = addTsn(nextTsn, 1);
          } else if (kind === "advance") {
            const count = value % (model.chunks.length + 1);
            outstanding.advanceTo(addTsn(outstanding.firstTsn, count));
            for (const chunk of model.chunks.splice(0, count)) model.set(chunk, -1);
          } else {
            const [states, state, mark] = (
              {
                ack: [[IN_FLIGHT, LOST], ACKED, (slot: number) => outstanding.markAcked(slot)],
                lose: [[IN_FLIGHT, ACKED], LOST, (slot: number) => outstanding.markLost(slot)],
                repeat: [[LOST], IN_FLIGHT, (slot: number) => outstanding.markSent(slot, nowMs)],
                abandon: [[IN_FLIGHT, LOST], ABANDONED, (slot: number) => outstanding.markAbandoned(slot)],
              } as const
            )[kind];
            const chunk = pick(...states);
            if (chunk === undefined) continue;
            mark(outstanding.slotOf(chunk.tsn as Tsn));
            model.set(chunk, state);
          }
          check(outstanding, model, nextTsn);
        }
      }),
      { numRuns: scaled(100, 5_000) },
    );
  });

  test("count how often a chunk was sent, beyond 255", () => {
    const outstanding = new Outstanding(firstTsn(1));
    const slot = outstanding.append(message, 0, 10, 3);
    for (let count = 0; count < 300; count += 1) {
      outstanding.markSent(slot, count);
      outstanding.markLost(slot);
    }
    expect(outstanding.sendCount[slot]).toBe(300);
  });
});
