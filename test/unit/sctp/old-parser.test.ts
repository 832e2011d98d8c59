// Peers that drop a whole INIT or INIT ACK for one parameter that they do not know: Pion until 3.2.23, sctp-proto until
// August 2024. Here the peer is an association of ours behind such a parser.
import { describe, expect, test } from "vitest";
import {
  ChunkType,
  CHUNK_HEADER_BYTES,
  COMMON_HEADER_BYTES,
  ParameterType,
} from "../../../src/sctp/packet/chunk-types.ts";
import { readParameters } from "../../../src/sctp/packet/chunk-walk.ts";
import { padded, readU32 } from "../../../src/sctp/packet/fields.ts";
import { packetOf } from "../../support/sctp-packets.ts";
import { pattern, type SentPacket, SctpPair } from "../../support/sctp-pair.ts";

const { INIT, INIT_ACK } = ChunkType;
const INIT_FIXED_BYTES = 16;
/** The parameters of INIT and INIT ACK that Pion's sctp 1.8.6 knows. */
const OLD_PARAMETERS: readonly number[] = [
  ParameterType.STATE_COOKIE,
  ParameterType.FORWARD_TSN_SUPPORTED,
  ParameterType.SUPPORTED_EXTENSIONS,
];

/** Types of the parameters of a packet that is one INIT or INIT ACK; undefined for any other. */
function parametersOf({ bytes, types: [type] }: SentPacket): { type: number; bytes: Uint8Array }[] | undefined {
  if (type !== INIT && type !== INIT_ACK) return undefined;
  const start = COMMON_HEADER_BYTES + CHUNK_HEADER_BYTES + INIT_FIXED_BYTES;
  return readParameters(bytes, start, bytes.length)?.map(({ type, bytes }) => ({ type, bytes }));
}

function isTakenByOldParser(packet: SentPacket): boolean {
  return parametersOf(packet)?.every(({ type }) => OLD_PARAMETERS.includes(type)) ?? true;
}

/** The packet as an old stack would have made it. */
function asOldStack(packet: SentPacket): Uint8Array {
  const parameters = parametersOf(packet);
  if (parameters === undefined) return packet.bytes;
  const fixed = packet.bytes.subarray(
    COMMON_HEADER_BYTES + CHUNK_HEADER_BYTES,
    COMMON_HEADER_BYTES + CHUNK_HEADER_BYTES + INIT_FIXED_BYTES,
  );
  const kept = parameters.filter(({ type }) => OLD_PARAMETERS.includes(type));
  const bytes = kept.flatMap((one) => [...one.bytes, ...new Uint8Array(padded(one.bytes.length) - one.bytes.length)]);
  return packetOf(readU32(packet.bytes, 4), {
    type: packet.types[0] ?? INIT,
    value: Uint8Array.from([...fixed, ...bytes]),
  });
}

/** a is ours; b is behind an old parser and announces what an old stack does. */
function pairWithOldPeer(): SctpPair {
  const pair = new SctpPair({ a: { isPeerOwnStack: false }, b: { isPeerOwnStack: false } });
  pair.isLost = (packet) => packet.from === "a" && !isTakenByOldParser(packet);
  pair.change = (packet) => (packet.from === "b" ? asOldStack(packet) : packet.bytes);
  return pair;
}

function initsOf(pair: SctpPair): (readonly number[])[] {
  const inits = pair.sent.filter(({ from, types }) => from === "a" && types.includes(INIT));
  return inits.map((packet) => (parametersOf(packet) ?? []).map(({ type }) => type));
}

describe("a peer with an old parser", () => {
  test("that waits for our INIT takes the third one", () => {
    const pair = pairWithOldPeer();
    pair.b.start(pair.nowMs);
    pair.isLost = (packet) => !isTakenByOldParser(packet) || (packet.from === "b" && packet.types.includes(INIT));
    pair.connect();
    expect(pair.of("a", "established")).toHaveLength(1);
    expect(pair.of("b", "established")).toHaveLength(1);
    const has0x8001 = initsOf(pair).map((types) => types.includes(ParameterType.ZERO_CHECKSUM));
    expect(has0x8001).toEqual([true, true, false]);
    pair.send("a", 0, pattern(3));
    pair.send("b", 0, pattern(4));
    pair.run(1_000);
    expect([pair.received("a"), pair.received("b")]).toEqual([["0:4"], ["0:3"]]);
  });

  test("that sends an INIT takes our answer to it at once", () => {
    const pair = pairWithOldPeer();
    const startMs = pair.nowMs;
    pair.connect();
    expect(pair.of("a", "established")).toHaveLength(1);
    expect(pair.of("b", "established")).toHaveLength(1);
    const answers = pair.sent.filter(({ from, types }) => from === "a" && types.includes(INIT_ACK));
    expect(answers.map(isTakenByOldParser)).toEqual([true]);
    expect(answers[0]?.atMs).toBe(startMs + 10);
  });

  test("is sent checksums in every packet", () => {
    const pair = pairWithOldPeer().connect();
    pair.send("a", 0, pattern(50_000));
    pair.run(5_000);
    expect(pair.received("b")).toEqual(["0:50000"]);
    expect(pair.sent.filter(({ bytes }) => readU32(bytes, 8) === 0)).toEqual([]);
  });
});

describe("the private parameter", () => {
  test("is never sent to a peer that is not known to be of our kind", () => {
    const pair = new SctpPair({ a: { isPeerOwnStack: false } }).connect();
    pair.send("a", 0, pattern(3));
    pair.send("b", 0, pattern(4));
    pair.run(1_000);
    expect([pair.received("a"), pair.received("b")]).toEqual([["0:4"], ["0:3"]]);
    const types = pair.sent.flatMap((packet) =>
      packet.from === "a" ? (parametersOf(packet) ?? []).map(({ type }) => type) : [],
    );
    expect(types).toContain(ParameterType.ZERO_CHECKSUM);
    expect(types).not.toContain(ParameterType.OWN_STACK);
  });

  test("means nothing from a peer that is not known to be of our kind", () => {
    const pair = new SctpPair({ a: { isPeerOwnStack: false, maxForeignPacketBytes: 1_191, maxPacketBytes: 16_384 } });
    pair.connect();
    pair.send("a", 0, pattern(200_000));
    pair.run(20_000);
    expect(pair.received("b")).toEqual(["0:200000"]);
    expect(pair.a.metrics()?.packetBytes).toBe(1_191);
  });

  test("is repeated to a peer of our kind, however often the INIT is lost", () => {
    const pair = new SctpPair();
    let lost = 0;
    pair.isLost = ({ from, types }) => from === "b" || (types.includes(INIT) && (lost += 1) <= 5);
    pair.a.start(pair.nowMs);
    pair.run(20_000);
    for (const types of initsOf(pair)) {
      expect(types).toContain(ParameterType.OWN_STACK);
      expect(types).toContain(ParameterType.ZERO_CHECKSUM);
    }
    expect(initsOf(pair).length).toBeGreaterThan(5);
  });
});
