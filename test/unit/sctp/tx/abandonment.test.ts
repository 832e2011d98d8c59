// Partial reliability between two associations: messages that are given up, and FORWARD TSN. RFC 3758, RFC 7496.
import { describe, expect, test } from "vitest";
import { ChunkType } from "../../../../src/sctp/packet/chunk-types.ts";
import { withoutParameters } from "../../../support/sctp-packets.ts";
import { losesFirst, pattern, type SentPacket, SctpPair } from "../../../support/sctp-pair.ts";
import { seededRandom } from "../../../support/seeded-random.ts";

const { DATA, FORWARD_TSN, SACK } = ChunkType;

function setUp(): SctpPair {
  const pair = new SctpPair().connect();
  // One exchange, so that round trips are known.
  pair.send("a", 9, pattern(1));
  pair.run(1_000);
  pair.events.b = [];
  return pair;
}

/** Loses packets of a with DATA by their place: the first one has 1. */
function losesData(...places: number[]): (packet: SentPacket) => boolean {
  let place = 0;
  return ({ from, types }) => {
    if (from !== "a" || !types.includes(DATA)) return false;
    place += 1;
    return places.includes(place);
  };
}

describe("a message that may be sent once", () => {
  test.each([false, true])(
    "is given up when it is lost, and what follows is not held up (unordered: %s)",
    (isUnordered) => {
      const pair = setUp();
      pair.isLost = losesData(1);
      pair.send("a", 0, pattern(1_100, 1), { maxRetransmits: 0, isUnordered });
      for (let index = 2; index < 8; index += 1) pair.send("a", 0, pattern(1_100, index), { isUnordered });
      const ms = pair.run(5_000, () => pair.a.isDrained);
      expect(pair.of("b", "message").map(({ data }) => data[0])).toEqual([2, 3, 4, 5, 6, 7]);
      expect(pair.a.isDrained).toBe(true);
      // It takes round trips, not timeouts.
      expect(ms).toBeLessThan(150);
      expect(pair.a.metrics()?.timeouts).toBe(0);
      expect(pair.count("a", FORWARD_TSN)).toBeGreaterThan(0);
    },
  );

  test("at the end of all is given up by the probe, and the rest is quiet", () => {
    const pair = setUp();
    pair.isLost = losesData(1);
    pair.send("a", 0, pattern(100), { maxRetransmits: 0 });
    const ms = pair.run(5_000, () => pair.a.isDrained);
    expect([pair.received("b"), pair.a.isDrained]).toEqual([[], true]);
    expect(ms).toBeLessThan(300);
    const { length } = pair.sent;
    pair.run(5_000);
    expect(pair.sent.length - length).toBeLessThan(3);
    pair.send("a", 0, pattern(7));
    pair.run(1_000);
    expect(pair.received("b")).toEqual(["0:7"]);
  });

  test("that arrived is not touched by the loss of others", () => {
    const pair = setUp();
    pair.isLost = losesData(2);
    for (let index = 1; index < 8; index += 1) pair.send("a", 0, pattern(1_100, index), { maxRetransmits: 0 });
    pair.run(5_000);
    expect(pair.of("b", "message").map(({ data }) => data[0])).toEqual([1, 3, 4, 5, 6, 7]);
    expect(pair.a.metrics()?.chunksRetransmitted).toBe(0);
  });
});

describe("a message of many chunks", () => {
  test("of which one is lost is given up as a whole, and its stream goes on", () => {
    const pair = setUp();
    pair.isLost = losesData(2);
    pair.send("a", 0, pattern(8_000), { maxRetransmits: 0 });
    pair.send("a", 0, pattern(5));
    const ms = pair.run(5_000, () => pair.a.isDrained);
    expect(pair.received("b")).toEqual(["0:5"]);
    expect(ms).toBeLessThan(300);
    expect(pair.b.metrics()?.heldBytes).toBe(0);
  });

  test("that is partly sent ends where it is: the rest is never sent", () => {
    const pair = setUp();
    pair.isLost = losesData(1);
    pair.send("a", 0, pattern(200_000), { maxRetransmits: 0 });
    pair.send("a", 1, pattern(5));
    pair.run(5_000, () => pair.a.isDrained);
    expect(pair.received("b")).toEqual(["1:5"]);
    expect(pair.a.isDrained).toBe(true);
    expect(pair.a.bufferedBytes(0)).toBe(0);
    const dataBytes = pair.sent
      .filter(({ from, types }) => from === "a" && types.includes(DATA))
      .reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(dataBytes).toBeLessThan(100_000);
    pair.send("a", 0, pattern(6));
    pair.run(1_000);
    expect(pair.received("b")).toEqual(["1:5", "0:6"]);
  });
});

describe("a message with a lifetime", () => {
  test("that ends before it leaves is never sent, and needs no FORWARD TSN", () => {
    const pair = setUp();
    pair.isLost = ({ from }) => from === "b";
    pair.send("a", 0, pattern(60_000));
    pair.send("a", 1, pattern(10), { lifetimeMs: 20 });
    pair.run(100);
    pair.isLost = () => false;
    pair.run(5_000);
    expect(pair.received("b")).toEqual(["0:60000"]);
    expect(pair.count("a", FORWARD_TSN)).toBe(0);
  });

  test("is repeated within it and given up after it", () => {
    for (const [lifetimeMs, isDelivered] of [
      [10_000, true],
      [30, false],
    ] as const) {
      const pair = setUp();
      pair.isLost = losesFirst("a", DATA, 1);
      pair.send("a", 0, pattern(10), { lifetimeMs });
      pair.run(5_000);
      expect(pair.received("b")).toEqual(isDelivered ? ["0:10"] : []);
      expect(pair.a.isDrained).toBe(true);
    }
  });
});

describe("FORWARD TSN", () => {
  test("that is lost is repeated: nothing that has arrived is sent again for it", () => {
    const pair = setUp();
    const loses = losesData(1);
    pair.isLost = (packet) => loses(packet) || (packet.from === "a" && packet.types.includes(FORWARD_TSN));
    pair.send("a", 0, pattern(1_100, 1), { maxRetransmits: 0 });
    for (let index = 2; index < 8; index += 1) pair.send("a", 0, pattern(1_100, index));
    pair.run(2_000);
    expect(pair.a.isDrained).toBe(false);
    pair.isLost = () => false;
    pair.run(6_000);
    expect(pair.of("b", "message").map(({ data }) => data[0])).toEqual([2, 3, 4, 5, 6, 7]);
    expect([pair.a.isDrained, pair.a.metrics()?.chunksRetransmitted]).toEqual([true, 0]);
    expect(pair.a.metrics()?.timeouts).toBe(0);
  });

  test("does not go back and forth", () => {
    const pair = setUp();
    pair.isLost = losesData(1);
    pair.send("a", 0, pattern(100), { maxRetransmits: 0 });
    pair.run(20_000);
    expect(pair.count("a", FORWARD_TSN)).toBeLessThan(4);
    expect(pair.count("b", SACK)).toBeLessThan(10);
  });

  test("names more streams than fit into one of it", () => {
    const pair = setUp();
    pair.isLost = ({ from, types }) => from === "a" && types.includes(DATA);
    for (let id = 0; id < 200; id += 1) pair.send("a", id, pattern(30), { maxRetransmits: 0 });
    pair.run(3_000);
    pair.isLost = () => false;
    for (let id = 0; id < 200; id += 1) pair.send("a", id, pattern(31));
    pair.run(5_000);
    expect(pair.received("b")).toEqual(Array.from({ length: 200 }, (_, id) => `${id}:31`));
  });

  test("is not sent to a peer that does not know it: the message is repeated", () => {
    const pair = new SctpPair();
    pair.change = ({ bytes, types }) => {
      const isInit = types.includes(ChunkType.INIT) || types.includes(ChunkType.INIT_ACK);
      return isInit ? withoutParameters(bytes, [0xc000, 0x8008]) : bytes;
    };
    pair.connect();
    pair.isLost = losesData(1);
    pair.send("a", 0, pattern(10), { maxRetransmits: 0 });
    pair.run(5_000);
    expect([pair.received("b"), pair.count("a", FORWARD_TSN)]).toEqual([["0:10"], 0]);
  });
});

describe("anything between reliable and not", () => {
  test.each([1, 2, 3, 4])("under loss leaves reliable messages whole and in order (seed %d)", (seed) => {
    const random = seededRandom(seed);
    const pair = new SctpPair().connect();
    pair.isLost = () => random() < 0.1;
    for (let index = 0; index < 300; index += 1) {
      const size = 2 + Math.floor(random() * 4_000);
      const kinds = [{}, { maxRetransmits: 0 }, { maxRetransmits: 2 }, { lifetimeMs: 100 }];
      const which = Math.floor(random() * kinds.length);
      const isUnordered = random() < 0.3;
      // The two first bytes: whether it is reliable and ordered, and its place.
      pair.send(
        "a",
        index % 4,
        Uint8Array.from([which === 0 && !isUnordered ? 1 : 0, index & 0xff, ...pattern(size)]),
        {
          ...kinds[which],
          isUnordered,
        },
      );
    }
    pair.run(120_000, () => pair.a.isDrained);
    expect(pair.a.isDrained).toBe(true);
    expect(pair.b.metrics()?.heldBytes).toBe(0);
    for (let id = 0; id < 4; id += 1) {
      const places = pair
        .of("b", "message")
        .filter(({ streamId, data }) => streamId === id && data[0] === 1)
        .map(({ data }) => data[1] ?? 0);
      expect(new Set(places).size).toBeGreaterThan(5);
    }
    expect(pair.of("b", "closed")).toEqual([]);
  });
});
