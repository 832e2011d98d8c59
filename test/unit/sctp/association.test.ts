// The whole engine, two of them back to back. Names follow the tests of dcSCTP's socket where there is one.
import { describe, expect, test } from "vitest";
import { MAX_PACKET_BYTES } from "../../../src/sctp/limits.ts";
import { ChunkType } from "../../../src/sctp/packet/chunk-types.ts";
import { chunkTypes, losesFirst, pattern, SctpPair } from "../../support/sctp-pair.ts";
import { seededRandom } from "../../support/seeded-random.ts";

const DATA_LOSS_SEED = 7;

describe("messages", () => {
  test("establish connection and send a message", () => {
    const pair = new SctpPair().connect();
    expect(pair.of("a", "established")).toHaveLength(1);
    expect(pair.of("b", "established")).toHaveLength(1);
    pair.send("a", 1, pattern(5));
    pair.run(1_000);
    expect(pair.of("b", "message").map(({ streamId, ppid, data }) => [streamId, ppid, [...data]])).toEqual([
      [1, 53, [...pattern(5)]],
    ]);
    expect(pair.a.isDrained).toBe(true);
  });

  test("queued before the connection is established are sent with it", () => {
    const pair = new SctpPair();
    pair.send("a", 3, pattern(10));
    pair.connect();
    expect(pair.received("b")).toEqual(["3:10"]);
  });

  test("send large message both ways", () => {
    const pair = new SctpPair().connect();
    pair.send("a", 1, pattern(200_000));
    pair.send("b", 2, pattern(150_000, 9));
    pair.run(10_000);
    expect([...(pair.of("b", "message")[0]?.data ?? [])]).toEqual([...pattern(200_000)]);
    expect([...(pair.of("a", "message")[0]?.data ?? [])]).toEqual([...pattern(150_000, 9)]);
  });

  test("of zero bytes are the caller's mistake", () => {
    const pair = new SctpPair().connect();
    expect(() => pair.send("a", 1, new Uint8Array(0))).toThrow(RangeError);
  });

  test.each([
    ["cubic", 0.02],
    ["bbr", 0.02],
    ["bbr", 0.2],
    ["cubic", 0.2],
  ] as const)("arrive in order with %s when %d of all packets are lost", (congestion, rate) => {
    const random = seededRandom(DATA_LOSS_SEED);
    const pair = new SctpPair({ a: { congestion }, b: { congestion }, isLost: () => random() < rate }).connect();
    pair.run(60_000, () => pair.of("a", "established").length + pair.of("b", "established").length === 2);
    const messages = Array.from({ length: 200 }, (_, index) => pattern(1 + ((index * 977) % 5_000), index));
    for (const [index, message] of messages.entries()) pair.send("a", index % 3, message);
    pair.run(300_000, () => pair.a.isDrained);
    expect(pair.a.isDrained).toBe(true);
    for (const stream of [0, 1, 2]) {
      const got = pair.of("b", "message").filter(({ streamId }) => streamId === stream);
      const wanted = messages.filter((_, index) => index % 3 === stream);
      expect(got.map(({ data }) => Buffer.from(data).toString("base64"))).toEqual(
        wanted.map((data) => Buffer.from(data).toString("base64")),
      );
    }
  });

  test("survive TSN, SSN and request numbers that wrap", () => {
    const wrap = { initialTsn: 2 ** 32 - 20, initialSsn: 65_530 };
    const pair = new SctpPair({ a: wrap, b: wrap, isLost: losesFirst("a", ChunkType.DATA, 3) }).connect();
    for (let index = 0; index < 60; index += 1) pair.send("a", 0, pattern(1_500, index));
    pair.run(20_000);
    expect(pair.of("b", "message").map(({ data }) => data[0])).toEqual(
      Array.from({ length: 60 }, (_, index) => pattern(1, index)[0]),
    );
  });

  test("an expired lifetime drops what has not left, and tells that there is room again", () => {
    const pair = new SctpPair().connect();
    pair.isLost = ({ from }) => from === "b";
    pair.send("a", 0, pattern(100_000));
    for (let index = 0; index < 10; index += 1) pair.send("a", 1, pattern(1_000), { lifetimeMs: 50 });
    pair.run(100);
    pair.events.a = [];
    pair.run(200);
    pair.isLost = () => false;
    pair.run(10_000);
    expect(pair.received("b")).toEqual(["0:100000"]);
    expect(pair.a.isDrained).toBe(true);
    expect(pair.a.bufferedBytes(1)).toBe(0);
    expect(pair.of("a", "progress").length).toBeGreaterThan(0);
  });
});

describe("the path", () => {
  test("a timeout when the last packet and its probe are lost", () => {
    const pair = new SctpPair().connect();
    pair.isLost = losesFirst("a", ChunkType.DATA, 2);
    pair.send("a", 1, pattern(10));
    pair.run(5_000);
    expect(pair.received("b")).toEqual(["1:10"]);
    expect(pair.a.metrics()?.timeouts).toBe(1);
    expect(pair.a.metrics()?.tailProbes).toBe(1);
  });

  test("a lost chunk in the middle is repeated without a timeout, and so is its repetition", () => {
    const pair = new SctpPair().connect();
    let data = 0;
    pair.isLost = ({ from, types }) => {
      if (from !== "a" || !types.includes(ChunkType.DATA)) return false;
      data += 1;
      return data === 3 || data === 11;
    };
    for (let index = 0; index < 60; index += 1) pair.send("a", 1, pattern(1_000, index));
    pair.run(10_000);
    expect(pair.received("b")).toHaveLength(60);
    expect(pair.a.metrics()?.timeouts).toBe(0);
  });

  test("an outage of ten seconds ends in a complete delivery", () => {
    const pair = new SctpPair().connect();
    for (let index = 0; index < 50; index += 1) pair.send("a", 1, pattern(4_000, index));
    pair.run(15);
    pair.isLost = () => true;
    pair.run(10_000);
    pair.isLost = () => false;
    const ms = pair.run(20_000, () => pair.a.isDrained);
    expect(pair.received("b")).toHaveLength(50);
    expect(ms).toBeLessThan(5_000);
  });

  test("a larger packet size is found when the path carries it", () => {
    const sizes = { maxPacketBytes: 1_435, maxForeignPacketBytes: 1_435 };
    const pair = new SctpPair({ a: sizes, b: sizes }).connect();
    expect(pair.a.metrics()?.packetBytes).toBe(1_435);
    expect(Math.max(...pair.sent.map(({ bytes }) => bytes.length))).toBe(1_432);
    pair.isLost = ({ bytes }) => bytes.length > 1_300;
    pair.send("a", 1, pattern(100_000));
    pair.run(60_000, () => pair.a.isDrained);
    expect(pair.received("b")).toEqual(["1:100000"]);
    expect(pair.a.metrics()?.packetBytes).toBe(1_191);
  });

  test("the packet size that an outage cost is found again", () => {
    const sizes = { maxPacketBytes: 1_435, maxForeignPacketBytes: 1_435 };
    const pair = new SctpPair({ a: sizes, b: sizes }).connect();
    pair.isLost = () => true;
    pair.send("a", 1, pattern(100_000));
    pair.run(4_000);
    expect(pair.a.metrics()?.packetBytes).toBe(1_191);
    pair.isLost = () => false;
    pair.run(10_000);
    expect(pair.a.metrics()?.packetBytes).toBe(1_435);
  });

  test("packets are no larger than the path is known to carry", () => {
    const pair = new SctpPair().connect();
    for (let index = 0; index < 300; index += 1) pair.send("a", index % 5, pattern(700, index));
    pair.a.resetStreams(Array.from({ length: 300 }, (_, index) => index));
    pair.b.resetStreams(Array.from({ length: 300 }, (_, index) => index));
    pair.run(30_000);
    expect(Math.max(...pair.sent.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(1_191);
    expect(pair.received("b")).toHaveLength(300);
  });

  test("send heartbeat and expect ack when idle", () => {
    const pair = new SctpPair().connect();
    pair.run(60_000);
    expect(pair.count("a", ChunkType.HEARTBEAT)).toBeGreaterThan(0);
    expect(pair.count("b", ChunkType.HEARTBEAT_ACK)).toBe(pair.count("a", ChunkType.HEARTBEAT));
  });
});

test("an association that says it is at rest has nothing to tell, and no SACK to send", () => {
  const pair = new SctpPair({
    a: { maxPacketBytes: 1_435, congestion: "bbr" },
    b: { maxPacketBytes: 1_435, congestion: "bbr" },
  });
  const into = new Uint8Array(MAX_PACKET_BYTES);
  let restCount = 0;
  for (const side of [pair.a, pair.b]) {
    const handle = side.handle.bind(side);
    side.handle = (packet, nowMs) => {
      handle(packet, nowMs);
      if (!side.isAtRest(nowMs)) return;
      restCount += 1;
      expect(side.pollEvent()).toBeUndefined();
      // What its pacer would let go already may wait for its timer.
      const types = chunkTypes(into.subarray(0, side.pollTransmit(into, nowMs)));
      expect(types.length === 0 || types.includes(ChunkType.DATA)).toBe(true);
    };
  }
  let count = 0;
  pair.isLost = () => (count += 1) % 50 === 0;
  pair.connect();
  for (let index = 0; index < 40; index += 1) pair.send(index % 3 === 0 ? "b" : "a", 1, pattern(50_000, index));
  pair.run(30_000);
  expect(
    [pair.events.a, pair.events.b].map((events) => events.filter(({ type }) => type === "message").length),
  ).toEqual([14, 26]);
  expect(restCount).toBeGreaterThan(20);
});

describe("the window", () => {
  test("closes with a reader that is busy and opens with it", () => {
    const pair = new SctpPair({ b: { receiveWindowBytes: 65_536 } }).connect();
    pair.b.pauseStream(1);
    for (let index = 0; index < 100; index += 1) pair.send("a", 1, pattern(4_000, index));
    pair.run(20_000);
    expect(pair.received("b")).toEqual([]);
    expect(pair.b.metrics()?.heldBytes).toBeLessThanOrEqual(65_536 + 262_144);
    pair.b.resumeStream(1);
    pair.run(30_000, () => pair.a.isDrained);
    expect(pair.of("b", "message").map(({ data }) => data[0])).toEqual(
      Array.from({ length: 100 }, (_, index) => pattern(1, index)[0]),
    );
  });

  test("that opens with a lost SACK is found by a probe", () => {
    const pair = new SctpPair({ b: { receiveWindowBytes: 65_536 } }).connect();
    pair.b.pauseStream(1);
    for (let index = 0; index < 60; index += 1) pair.send("a", 1, pattern(4_000, index));
    pair.run(20_000);
    pair.b.resumeStream(1);
    pair.isLost = losesFirst("b", ChunkType.SACK, 1);
    pair.run(30_000, () => pair.a.isDrained);
    expect(pair.received("b")).toHaveLength(60);
  });

  test("a message larger than the window arrives", () => {
    const pair = new SctpPair({ b: { receiveWindowBytes: 65_536 } }).connect();
    pair.send("a", 1, pattern(262_144));
    pair.run(200_000, () => pair.a.isDrained);
    expect(pair.received("b")).toEqual(["1:262144"]);
  });
});
