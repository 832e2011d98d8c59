// Two associations over a path that loses, delays, repeats and reorders, with anything asked of them at any time. When
// the path is good again, all that was promised arrives, and nothing stands still.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AssociationOptions, DeliveryOptions } from "../../src/sctp/association-types.ts";
import { ChunkType, ParameterType } from "../../src/sctp/packet/chunk-types.ts";
import { writeU32 } from "../../src/sctp/packet/fields.ts";
import { scaled } from "../support/scale.ts";
import { withoutParameters } from "../support/sctp-packets.ts";
import { pattern, type Side, SctpPair } from "../support/sctp-pair.ts";
import { seededRandom } from "../support/seeded-random.ts";

const STREAMS = 4;
const KINDS: readonly DeliveryOptions[] = [
  {},
  {},
  { isUnordered: true },
  { maxRetransmits: 0 },
  { maxRetransmits: 1, isUnordered: true },
  { lifetimeMs: 60 },
];

const anyStep = fc.record({
  kind: fc.constantFrom("send", "send", "send", "send", "run", "run", "pause", "resume", "reset"),
  side: fc.constantFrom<Side>("a", "b"),
  streamId: fc.nat(STREAMS - 1),
  delivery: fc.nat(KINDS.length - 1),
  size: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 6_000 }), fc.constant(40_000)),
  forMs: fc.integer({ min: 0, max: 400 }),
});

const anyPath = fc.record({
  seed: fc.nat(),
  loss: fc.constantFrom(0, 0.02, 0.1, 0.3),
  repeat: fc.constantFrom(0, 0.05),
  jitterMs: fc.constantFrom(0, 0, 5, 60),
  delayMs: fc.constantFrom(0, 1, 20, 150),
  /** The two take each other for another stack. */
  isForeign: fc.boolean(),
});

const anyOptions = fc.record<Partial<AssociationOptions>>({
  congestion: fc.constantFrom("bbr", "cubic"),
  receiveWindowBytes: fc.constantFrom(65_536, 1_048_576),
  initialTsn: fc.constantFrom(0, 2 ** 32 - 40, 2 ** 31 - 10),
  initialSsn: fc.constant(0),
  maxPacketBytes: fc.constantFrom(1_191, 1_435, 16_384),
});

/** Reliable and ordered messages of each stream, in the order in which they were sent. */
type Promised = Map<string, number[]>;

function run(pair: SctpPair, steps: readonly (typeof anyStep extends fc.Arbitrary<infer T> ? T : never)[]): Promised {
  const promised: Promised = new Map();
  for (const [index, { kind, side, streamId, delivery, size, forMs }] of steps.entries()) {
    if (kind === "send") {
      const data = pattern(5 + size);
      data[0] = delivery;
      writeU32(data, 1, index);
      pair.send(side, streamId, data, KINDS[delivery] ?? {});
      const key = `${side}${streamId}`;
      if (delivery < 2) promised.set(key, [...(promised.get(key) ?? []), index]);
    } else if (kind === "run") pair.run(forMs);
    else if (kind === "pause") pair[side].pauseStream(streamId);
    else if (kind === "resume") pair[side].resumeStream(streamId);
    else pair[side].resetStreams([streamId]);
  }
  return promised;
}

function receivedInOrder(pair: SctpPair, side: Side, streamId: number): number[] {
  return pair
    .of(side, "message")
    .filter((message) => message.streamId === streamId && (message.data[0] ?? 9) < 2)
    .map(({ data }) => (data[1] ?? 0) * 2 ** 24 + (data[2] ?? 0) * 65_536 + (data[3] ?? 0) * 256 + (data[4] ?? 0));
}

describe("whatever happens", () => {
  test("what was promised arrives whole, once and in order, and nothing stands still", () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), anyPath, anyOptions, anyOptions, (steps, path, a, b) => {
        const random = seededRandom(path.seed);
        const pair = new SctpPair({ a, b });
        pair.isLost = () => random() < path.loss;
        const delayMs = (): number => path.delayMs + path.jitterMs * random();
        pair.delaysMs = () => (random() < path.repeat ? [delayMs(), delayMs()] : [delayMs()]);
        pair.change = ({ bytes, types }) => {
          const isInit = types.includes(ChunkType.INIT) || types.includes(ChunkType.INIT_ACK);
          return path.isForeign && isInit ? withoutParameters(bytes, [ParameterType.OWN_STACK]) : bytes;
        };
        pair.a.start(pair.nowMs);
        pair.b.start(pair.nowMs);
        const promised = run(pair, steps);
        pair.isLost = () => false;
        for (const side of ["a", "b"] as const) {
          for (let id = 0; id < STREAMS; id += 1) pair[side].resumeStream(id);
        }
        pair.run(60_000, () => pair.a.isDrained && pair.b.isDrained);
        pair.run(2_000);
        expect([pair.a.isDrained, pair.b.isDrained]).toEqual([true, true]);
        for (const [key, indexes] of promised) {
          const to = key.startsWith("a") ? "b" : "a";
          expect(receivedInOrder(pair, to, Number(key.slice(1)))).toEqual(indexes);
        }
        expect([pair.a.metrics()?.heldBytes ?? 0, pair.b.metrics()?.heldBytes ?? 0]).toEqual([0, 0]);
        pair.a.shutdown(pair.nowMs);
        pair.run(20_000);
        const end = [{ type: "closed", reason: "shutdown", detail: "" }];
        expect([pair.of("a", "closed"), pair.of("b", "closed")]).toEqual([end, end]);
      }),
      { numRuns: scaled(120, 5_000) },
    );
  });
});
