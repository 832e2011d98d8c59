// Ends, resets of streams and messages that may be given up, on paths that lose packets.
import { expect, test } from "vitest";
import type { Association } from "../../src/sctp/association.ts";
import type { AssociationEvent, DeliveryOptions } from "../../src/sctp/association-types.ts";
import { Ppid } from "../../src/sctp/port.ts";
import { scaled } from "../support/scale.ts";
import { makeAssociation } from "../support/sim/associations.ts";
import { connect, makePath, symmetricPath } from "../support/sim/pair.ts";

const LOSSY = symmetricPath({ rate: 1_000, delayMs: 20, queueBytes: 100_000, loss: 0.05, duplicate: 0.02 });
const SEEDS = Array.from({ length: scaled(10, 200) }, (_, seed) => seed);

/** Two associations that only note what they are told. */
function listeners(seed: number, conditions = LOSSY) {
  const told: Record<"a" | "b", AssociationEvent[]> = { a: [], b: [] };
  const listener = (name: "a" | "b", engine: Association) => ({
    engine,
    onEvent: (event: AssociationEvent) => {
      if (event.type !== "progress") told[name].push(event);
    },
  });
  const pair = connect<Association, Association, AssociationEvent>(
    makePath(seed, conditions),
    conditions,
    listener("a", makeAssociation(seed + 1)),
    listener("b", makeAssociation(seed + 2)),
  );
  for (const side of [pair.a, pair.b]) {
    side.change((engine, nowMs) => {
      engine.start(nowMs);
    });
  }
  const hasTold = (name: "a" | "b", type: AssociationEvent["type"]) => told[name].some((event) => event.type === type);
  const untilBoth = (type: AssociationEvent["type"]) => {
    pair.simulation.runUntil(() => hasTold("a", type) && hasTold("b", type), pair.simulation.nowMs + 120_000, type);
  };
  untilBoth("established");
  const send = (streamId: number, index: number, bytes: number, delivery?: DeliveryOptions) => {
    const data = new Uint8Array(bytes).fill(index);
    pair.a.change((engine, nowMs) => {
      engine.sendMessage(streamId, Ppid.BINARY, data, delivery, nowMs);
    });
  };
  const messages = (name: "a" | "b") => told[name].flatMap((event) => (event.type === "message" ? [event] : []));
  return { pair, told, untilBoth, send, messages, simulation: pair.simulation };
}

test.each(SEEDS)("a shutdown delivers what was queued and ends both sides (seed %i)", (seed) => {
  const { pair, told, untilBoth, send, messages } = listeners(seed);
  for (let index = 0; index < 50; index += 1) send(index % 3, index, 5_000);
  pair.a.change((engine, nowMs) => {
    engine.shutdown(nowMs);
  });
  untilBoth("closed");
  expect(messages("b")).toHaveLength(50);
  for (const side of ["a", "b"] as const)
    expect(told[side].at(-1)).toMatchObject({ type: "closed", reason: "shutdown" });
});

test.each(SEEDS)("both sides shut down at once (seed %i)", (seed) => {
  const { pair, told, untilBoth } = listeners(seed);
  for (const side of [pair.a, pair.b]) {
    side.change((engine, nowMs) => {
      engine.shutdown(nowMs);
    });
  }
  untilBoth("closed");
  for (const side of ["a", "b"] as const)
    expect(told[side].at(-1)).toMatchObject({ type: "closed", reason: "shutdown" });
});

test("an abort ends both sides at once, and nothing follows", () => {
  const { pair, told, untilBoth, send, simulation } = listeners(1, symmetricPath({ delayMs: 20 }));
  send(1, 1, 500_000);
  pair.a.change((engine, nowMs) => {
    engine.abort(nowMs, "enough");
  });
  untilBoth("closed");
  expect(told.a.at(-1)).toMatchObject({ type: "closed", reason: "aborted" });
  expect(told.b.at(-1)).toMatchObject({ type: "closed", reason: "aborted" });
  const sent = pair.aToB.counts.sent + pair.bToA.counts.sent;
  simulation.runTo(simulation.nowMs + 100_000);
  expect(pair.aToB.counts.sent + pair.bToA.counts.sent).toBeLessThanOrEqual(sent + 1);
  expect(pair.a.wakeAtMs).toBe(Infinity);
  expect(pair.b.wakeAtMs).toBe(Infinity);
});

test.each(SEEDS)("streams are reset after what was sent on them, and used again (seed %i)", (seed) => {
  const { pair, told, send, messages, simulation } = listeners(seed);
  for (let round = 0; round < 3; round += 1) {
    for (let index = 0; index < 20; index += 1) send(index % 2, round, 3_000);
    pair.a.change((engine) => {
      engine.resetStreams([0, 1]);
    });
    const resets = (name: "a" | "b", type: "streams-reset" | "streams-reset-done") =>
      told[name].flatMap((event) => (event.type === type ? event.streamIds : [])).toSorted((x, y) => x - y);
    const isDone = () => resets("a", "streams-reset-done").length >= 2 * (round + 1);
    simulation.runUntil(isDone, simulation.nowMs + 60_000, "reset");
    const expected = [0, 1].flatMap((streamId) => Array.from({ length: round + 1 }, () => streamId));
    expect(resets("a", "streams-reset-done")).toEqual(expected);
    expect(resets("b", "streams-reset")).toEqual(expected);
    expect(messages("b").filter(({ data }) => data[0] === round)).toHaveLength(20);
  }
});

test.each(SEEDS)("what is given up does not hold up what follows (seed %i)", (seed) => {
  const { pair, send, messages, simulation } = listeners(seed);
  const limits: DeliveryOptions[] = [
    { maxRetransmits: 0 },
    { maxRetransmits: 0, isUnordered: true },
    { lifetimeMs: 30 },
    { lifetimeMs: 30, isUnordered: true },
    {},
  ];
  for (let index = 0; index < 200; index += 1) {
    const stream = index % limits.length;
    simulation.at(simulation.nowMs + 10 * index, () => {
      send(stream, index, 2_500, limits[stream]);
    });
  }
  const last = () => messages("b").some(({ streamId, data }) => streamId === 4 && data[0] === 199);
  simulation.runUntil(() => last() && pair.a.engine.isDrained, simulation.nowMs + 120_000, "drained");
  const perStream = limits.map((_, stream) => messages("b").filter(({ streamId }) => streamId === stream));
  // 5 % of the packets are lost, a message has two or three.
  for (const [stream, arrived] of perStream.entries()) {
    expect(arrived.length).toBeGreaterThan(20);
    expect(arrived.every(({ data }) => data.length === 2_500 && data.every((byte) => byte === data[0]))).toBe(true);
    const indexes = arrived.map(({ data }) => data[0] ?? 0);
    expect(new Set(indexes).size).toBe(indexes.length);
    if (limits[stream]?.isUnordered !== true) expect(indexes).toEqual(indexes.toSorted((left, right) => left - right));
  }
  expect(perStream[4]).toHaveLength(40);
});
