// INIT, INIT ACK, COOKIE ECHO, COOKIE ACK: collisions, losses, wrong tags, old cookies. RFC 9260 §5.
import { describe, expect, test } from "vitest";
import { Association } from "../../../src/sctp/association.ts";
import { CauseCode, ChunkType, TAG_REFLECTED } from "../../../src/sctp/packet/chunk-types.ts";
import { encodeParameter } from "../../../src/sctp/packet/chunk-walk.ts";
import { readU32, writeU32 } from "../../../src/sctp/packet/fields.ts";
import { encodeInit } from "../../../src/sctp/packet/init-chunk.ts";
import { dataChunk, packetOf } from "../../support/sctp-packets.ts";
import {
  associationOptions,
  chunkTypes,
  drain,
  drainEvents,
  losesFirst,
  pattern,
  SctpPair,
} from "../../support/sctp-pair.ts";

const { INIT, INIT_ACK, COOKIE_ECHO, COOKIE_ACK, ABORT, ERROR } = ChunkType;

/** What the INIT of another stack says. */
const FOREIGN_INIT = {
  initiateTag: 5,
  windowBytes: 100_000,
  outboundStreams: 1,
  inboundStreams: 1,
  initialTsn: 1,
  supportsForwardTsn: true,
  takesReconfig: true,
  takesZeroChecksum: true,
  ownStack: undefined,
  cookie: undefined,
};

function tagOf(packet: Uint8Array): number {
  return readU32(packet, 4);
}

/** The initiate tag of the INIT or INIT ACK that a packet begins with. */
function initiateTagOf(packet: Uint8Array): number {
  return readU32(packet, 16);
}

describe("setting up", () => {
  test("both connect at the same time (simultaneous open)", () => {
    const pair = new SctpPair().connect();
    expect(pair.of("a", "established")).toHaveLength(1);
    expect(pair.of("b", "established")).toHaveLength(1);
    pair.send("a", 0, pattern(1));
    pair.send("b", 0, pattern(2));
    pair.run(1_000);
    expect([pair.received("a"), pair.received("b")]).toEqual([["0:2"], ["0:1"]]);
  });

  test("one side begins well before the other", () => {
    const pair = new SctpPair();
    pair.a.start(pair.nowMs);
    pair.run(2_500);
    expect(pair.of("a", "established")).toHaveLength(0);
    pair.b.start(pair.nowMs);
    pair.run(5_000);
    expect(pair.of("a", "established")).toHaveLength(1);
    expect(pair.of("b", "established")).toHaveLength(1);
  });

  test.each([
    ["INIT", INIT],
    ["INIT ACK", INIT_ACK],
    ["COOKIE ECHO", COOKIE_ECHO],
    ["COOKIE ACK", COOKIE_ACK],
  ])("resending %s", (_, type) => {
    for (const from of ["a", "b"] as const) {
      const pair = new SctpPair();
      pair.isLost = losesFirst(from, type, 2);
      pair.connect();
      pair.run(20_000);
      pair.send("a", 0, pattern(1));
      pair.send("b", 0, pattern(2));
      pair.run(5_000);
      expect([pair.received("a"), pair.received("b")]).toEqual([["0:2"], ["0:1"]]);
      expect(pair.of("a", "closed")).toHaveLength(0);
    }
  });

  test("never gives up: whether the peer is there is not for SCTP to say", () => {
    const pair = new SctpPair();
    pair.isLost = () => true;
    pair.connect();
    pair.run(300_000);
    pair.isLost = () => false;
    pair.run(10_000);
    expect(pair.of("a", "established")).toHaveLength(1);
    expect(pair.of("b", "established")).toHaveLength(1);
    // At most every three seconds.
    expect(pair.count("a", INIT)).toBeLessThan(130);
  });

  test("measures the round trip, in a collision too", () => {
    const pair = new SctpPair({ oneWayMs: 30 }).connect();
    expect(pair.a.metrics()?.srttMs).toBe(60);
    expect(pair.b.metrics()?.srttMs).toBe(60);
  });

  test("an outage longer than the life of a cookie ends in an association", () => {
    const pair = new SctpPair();
    pair.isLost = ({ types }) => types.includes(COOKIE_ECHO);
    pair.connect();
    pair.run(90_000);
    expect(pair.of("a", "established")).toHaveLength(0);
    pair.isLost = () => false;
    pair.run(60_000);
    expect(pair.of("a", "established")).toHaveLength(1);
    expect(pair.of("b", "established")).toHaveLength(1);
  });

  test("INIT and COOKIE ECHO carry a checksum and the right tags, and are alone", () => {
    const pair = new SctpPair().connect();
    const inits = pair.sent.filter(({ types }) => types.includes(INIT));
    const echoes = pair.sent.filter(({ types }) => types.includes(COOKIE_ECHO));
    expect(inits.map(({ bytes }) => tagOf(bytes))).toEqual([0, 0]);
    const tags = Object.fromEntries(inits.map(({ from, bytes }) => [from, initiateTagOf(bytes)]));
    for (const { from, bytes, types } of echoes) {
      expect(tagOf(bytes)).toBe(tags[from === "a" ? "b" : "a"]);
      expect(types).toEqual([COOKIE_ECHO]);
    }
    for (const { bytes } of [...inits, ...echoes]) expect(readU32(bytes, 8)).not.toBe(0);
  });
});

describe("what does not fit", () => {
  test("a packet of any type with a wrong verification tag is dropped", () => {
    const pair = new SctpPair().connect();
    const tag = initiateTagOf(
      pair.sent.find(({ from, types }) => from === "a" && types.includes(INIT))?.bytes ?? pattern(0),
    );
    for (const type of Object.values(ChunkType)) {
      if (type === INIT) continue;
      pair.a.handle(packetOf((tag + 1) >>> 0, { type, value: new Uint8Array(16) }), pair.nowMs);
    }
    expect(drain(pair.a, pair.nowMs)).toEqual([]);
    expect(drainEvents(pair.a)).toEqual([]);
  });

  test("an INIT with a tag in its packet, of tag 0, or without streams is dropped", () => {
    const side = new Association(associationOptions(3));
    side.start(0);
    drain(side, 0);
    const init = encodeInit(FOREIGN_INIT);
    side.handle(packetOf(7, { type: INIT, value: init }), 0);
    for (const [at, bytes] of [
      [0, 4],
      [8, 2],
      [10, 2],
    ] as const) {
      side.handle(packetOf(0, { type: INIT, value: init.slice().fill(0, at, at + bytes) }), 0);
    }
    expect(drain(side, 0)).toEqual([]);
    side.handle(packetOf(0, { type: INIT, value: init }), 0);
    expect(drain(side, 0).map(chunkTypes)).toEqual([[INIT_ACK]]);
  });

  test("a cookie that nobody gave out is dropped", () => {
    const pair = new SctpPair();
    pair.change = ({ bytes, types }) => {
      if (!types.includes(COOKIE_ECHO)) return bytes;
      return packetOf(tagOf(bytes), { type: COOKIE_ECHO, value: new Uint8Array(16) });
    };
    pair.connect();
    expect(pair.of("a", "established")).toHaveLength(0);
    expect(pair.count("a", COOKIE_ACK)).toBe(0);
  });

  test("a stale cookie is replaced by a new one", () => {
    const pair = new SctpPair();
    pair.isLost = ({ types }) => types.includes(COOKIE_ECHO);
    pair.a.start(pair.nowMs);
    pair.b.start(pair.nowMs);
    pair.run(100);
    const inits = pair.count("a", INIT);
    const tag = initiateTagOf(
      pair.sent.find(({ from, types }) => from === "a" && types.includes(INIT))?.bytes ?? pattern(0),
    );
    pair.a.handle(
      packetOf(tag, { type: ERROR, value: encodeParameter(CauseCode.STALE_COOKIE, new Uint8Array(4)) }),
      1_100,
    );
    pair.run(1);
    expect(pair.count("a", INIT)).toBe(inits + 1);
    pair.isLost = () => false;
    pair.run(10_000);
    expect(pair.of("a", "established")).toHaveLength(1);
  });
});

describe("a cookie that comes again", () => {
  test("is acknowledged each time, but not without measure, and changes nothing", () => {
    const pair = new SctpPair().connect();
    const echo = pair.sent.find(({ from, types }) => from === "b" && types.includes(COOKIE_ECHO))?.bytes ?? pattern(20);
    pair.a.handle(echo, pair.nowMs + 100_000);
    expect(drain(pair.a, pair.nowMs).map(chunkTypes)).toEqual([[COOKIE_ACK]]);
    for (let index = 0; index < 500; index += 1) pair.a.handle(echo, pair.nowMs);
    const acks = drain(pair.a, pair.nowMs).flatMap(chunkTypes);
    expect(acks.length).toBeLessThanOrEqual(32);
    expect(drainEvents(pair.a)).toEqual([]);
    pair.send("a", 0, pattern(3));
    pair.run(1_000);
    expect(pair.received("b")).toEqual(["0:3"]);
  });

  test("may bring data along", () => {
    const pair = new SctpPair();
    pair.change = ({ bytes, from, types }) => {
      if (from !== "b" || !types.includes(COOKIE_ECHO)) return bytes;
      const tsn = readU32(pair.sent.find((one) => one.from === "b" && one.types.includes(INIT))?.bytes ?? bytes, 28);
      const value = bytes.subarray(16);
      return packetOf(tagOf(bytes), { type: COOKIE_ECHO, value }, dataChunk({ tsn, data: Uint8Array.of(7) }));
    };
    pair.a.start(pair.nowMs);
    pair.b.start(pair.nowMs);
    pair.run(35);
    expect(pair.events.a.slice(0, 2).map(({ type }) => type)).toEqual(["established", "message"]);
  });
});

describe("the end of what has hardly begun", () => {
  test("an ABORT while the cookie is on its way, with either tag", () => {
    for (const isReflected of [false, true]) {
      const pair = new SctpPair();
      pair.isLost = ({ types }) => types.includes(COOKIE_ECHO);
      pair.a.start(pair.nowMs);
      pair.b.start(pair.nowMs);
      pair.run(100);
      const init = (side: string) => pair.sent.find(({ from, types }) => from === side && types.includes(INIT))?.bytes;
      const tag = initiateTagOf(init(isReflected ? "b" : "a") ?? pattern(0));
      const flags = isReflected ? TAG_REFLECTED : 0;
      pair.a.handle(packetOf(tag, { type: ABORT, flags, value: new Uint8Array(0) }), pair.nowMs);
      expect(drainEvents(pair.a)).toEqual([{ type: "closed", reason: "aborted", detail: "the peer aborted" }]);
      expect(pair.a.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
    }
  });

  test("shutdown before there is an association ends at once", () => {
    const pair = new SctpPair();
    pair.a.start(0);
    pair.a.shutdown(0);
    expect(drainEvents(pair.a)).toMatchObject([{ type: "closed", reason: "aborted" }]);
  });

  test("a peer that begins anew gets an ABORT that it takes for its own", () => {
    const pair = new SctpPair().connect();
    const peer = new Association(associationOptions(77));
    peer.start(pair.nowMs);
    for (let turn = 0; turn < 4; turn += 1) {
      for (const bytes of drain(peer, pair.nowMs)) pair.a.handle(bytes, pair.nowMs);
      for (const bytes of drain(pair.a, pair.nowMs)) peer.handle(bytes, pair.nowMs);
    }
    expect(drainEvents(pair.a)).toMatchObject([{ type: "closed", detail: "the peer began anew" }]);
    expect(drainEvents(peer)).toMatchObject([{ type: "closed", detail: "the peer aborted" }]);
  });
});

describe("a foreign peer's INIT", () => {
  test("with one huge unknown parameter or thousands of small ones is answered by a packet that fits", () => {
    const huge = encodeParameter(0xf000, new Uint8Array(16_000));
    const small = Array.from({ length: 3_500 }, () => encodeParameter(0xf000, new Uint8Array(0)));
    for (const parameters of [[huge], small]) {
      const side = new Association(associationOptions(3));
      side.start(0);
      drain(side, 0);
      const value = Uint8Array.from([
        ...encodeInit(FOREIGN_INIT),
        ...parameters.flatMap((parameter) => [...parameter]),
      ]);
      side.handle(packetOf(0, { type: INIT, value }), 0);
      const [answer, ...others] = drain(side, 0);
      expect(others).toEqual([]);
      expect(chunkTypes(answer ?? pattern(0))).toEqual([INIT_ACK]);
      expect(answer?.length).toBeLessThan(1_191);
    }
  });

  test("repeated a thousand times costs no more than a few answers at a time", () => {
    const side = new Association(associationOptions(3));
    side.start(0);
    drain(side, 0);
    for (let index = 0; index < 1_000; index += 1) {
      const value = encodeInit(FOREIGN_INIT);
      writeU32(value, 0, 1 + index);
      side.handle(packetOf(0, { type: INIT, value }), 0);
    }
    expect(drain(side, 0).length).toBeLessThanOrEqual(32);
  });
});
