// How large chunks are: each fills the packets that the path is proved to carry, and goes in parts where the path has
// become narrower. Ends that take no parts get chunks that every path carries. docs/rfc-deviations.md, D6.
import { describe, expect, test } from "vitest";
import { ChunkType, COMMON_HEADER_BYTES, ParameterType } from "../../../src/sctp/packet/chunk-types.ts";
import { readU16 } from "../../../src/sctp/packet/fields.ts";
import { checksummed } from "../../support/sctp-packets.ts";
import { pattern, type SentPacket, SctpPair } from "../../support/sctp-pair.ts";

const { DATA, DATA_PART, INIT, INIT_ACK } = ChunkType;
const ETHERNET = { maxPacketBytes: 1_435, maxForeignPacketBytes: 1_435, congestion: "bbr" } as const;
const FULL_CHUNK_BYTES = 1_420;
const NARROW_BYTES = 1_191;
/** Its last fragment is small. */
const MESSAGE_BYTES = 20_000;

function connected(change: Partial<SctpPair> = {}): SctpPair {
  return Object.assign(new SctpPair({ a: ETHERNET, b: ETHERNET }), change).connect();
}

/** As a program of ours that knows no parts sends and reads it. */
function withoutParts({ bytes, types: [type] }: SentPacket): Uint8Array {
  if (type !== INIT && type !== INIT_ACK) return bytes;
  const changed = Uint8Array.from(bytes);
  for (let at = COMMON_HEADER_BYTES; at + 8 < changed.length; at += 4) {
    if (readU16(changed, at) === ParameterType.OWN_STACK) changed[at + 5] = 0;
  }
  return checksummed(changed);
}

function received(pair: SctpPair): Uint8Array[] {
  return pair.events.b.flatMap((event) => (event.type === "message" ? [event.data] : []));
}

function sendMany(pair: SctpPair, count: number): Uint8Array[] {
  const messages = Array.from({ length: count }, (_, index) => pattern(MESSAGE_BYTES, index));
  for (const message of messages) pair.send("a", 1, message);
  return messages;
}

/** Byte by byte; a matcher would take seconds for as much. */
function hasArrived(pair: SctpPair, messages: readonly Uint8Array[]): boolean {
  return Buffer.concat(received(pair)).equals(Buffer.concat(messages));
}

/** Types of the chunks that carry data, and the largest first chunk of a packet of one side from some packet on. */
function dataOf(pair: SctpPair, fromPacket: number): { types: Set<number>; largestBytes: number } {
  const packets = pair.sent.slice(fromPacket).filter(({ from }) => from === "a");
  const data = packets.filter(({ types: [type] }) => type === DATA || type === DATA_PART);
  return {
    types: new Set(data.flatMap(({ types }) => types)),
    largestBytes: Math.max(...data.map(({ bytes }) => readU16(bytes, COMMON_HEADER_BYTES + 2))),
  };
}

describe("towards our own stack", () => {
  test("a chunk fills the packet that the path carries", () => {
    const pair = connected();
    const messages = sendMany(pair, 10);
    pair.run(5_000);
    expect(hasArrived(pair, messages)).toBe(true);
    expect(dataOf(pair, 0)).toEqual({ types: new Set([DATA]), largestBytes: FULL_CHUNK_BYTES });
  });

  test.each([
    ["all at once", () => true],
    ["but for small packets, which arrive all the time", ({ bytes }: SentPacket) => bytes.length > NARROW_BYTES],
  ])("goes on in parts when the path gets narrower: larger packets vanish, %s", (_, isLost) => {
    const pair = connected();
    const messages = sendMany(pair, 30);
    pair.run(10_000, () => received(pair).length > 5);
    const before = pair.sent.length;
    pair.isLost = isLost;
    pair.run(1_000);
    pair.isLost = ({ bytes }) => bytes.length > NARROW_BYTES;
    const tookMs = pair.run(60_000, () => received(pair).length === messages.length);
    expect(tookMs).toBeLessThan(10_000);
    expect(hasArrived(pair, messages)).toBe(true);
    expect([...dataOf(pair, before).types]).toContain(DATA_PART);
    expect(pair.a.metrics()).toMatchObject({ packetBytes: NARROW_BYTES });
  });

  test("parts that are lost are sent again, whatever else is", () => {
    const pair = connected();
    const messages = sendMany(pair, 30);
    pair.run(10_000, () => received(pair).length > 5);
    let count = 0;
    pair.isLost = ({ from, bytes }) => bytes.length > NARROW_BYTES || (from === "a" && (count += 1) % 7 === 0);
    pair.run(120_000, () => received(pair).length === messages.length);
    expect(hasArrived(pair, messages)).toBe(true);
  });

  test("a message that may be sent once only is given up, in the middle of a chunk too", () => {
    const pair = connected();
    pair.isLost = ({ bytes }) => bytes.length > NARROW_BYTES;
    for (let index = 0; index < 20; index += 1) pair.send("a", 1, pattern(MESSAGE_BYTES, index), { lifetimeMs: 400 });
    pair.send("a", 1, pattern(500, 99));
    pair.run(30_000);
    expect(received(pair).at(-1)).toEqual(pattern(500, 99));
    expect(pair.a.isDrained).toBe(true);
  });
});

test("a program of ours that takes no parts gets chunks that every path carries", () => {
  const pair = connected({ change: withoutParts });
  const messages = sendMany(pair, 30);
  pair.run(10_000, () => received(pair).length > 5);
  expect(pair.a.metrics()?.packetBytes).toBe(1_435);
  pair.isLost = ({ bytes }) => bytes.length > NARROW_BYTES;
  pair.run(60_000, () => received(pair).length === messages.length);
  expect(hasArrived(pair, messages)).toBe(true);
  expect(dataOf(pair, 0).types).toEqual(new Set([DATA]));
  expect(dataOf(pair, 0).largestBytes).toBeLessThanOrEqual(NARROW_BYTES - COMMON_HEADER_BYTES);
});

test("another stack gets no parts, and takes none", () => {
  const pair = new SctpPair({
    a: { ...ETHERNET, isPeerOwnStack: false },
    b: { ...ETHERNET, isPeerOwnStack: false },
  }).connect();
  const messages = sendMany(pair, 10);
  pair.run(5_000);
  expect(hasArrived(pair, messages)).toBe(true);
  expect(dataOf(pair, 0).largestBytes).toBeLessThanOrEqual(NARROW_BYTES - COMMON_HEADER_BYTES);
});
