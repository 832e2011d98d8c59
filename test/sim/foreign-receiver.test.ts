// The peer models: what they change of an engine's packets, and what they leave alone.
import { expect, test } from "vitest";
import { assemble, chunksOf, ChunkType, describePacket } from "../support/sim/chunks.ts";
import { isIntact, writeChecksum } from "../support/sim/crc32c.ts";
import { DCSCTP, ForeignReceiver, type ReceiverModel, USRSCTP } from "../support/sim/foreign-receiver.ts";
import type { TalkingEngine } from "../support/sim/talk.ts";

/** Says what it is told to say, and keeps what it hears. */
class Script implements TalkingEngine {
  readonly isDrained = true;
  readonly heard: Uint8Array[] = [];
  readonly toSay: Uint8Array[] = [];

  start(): void {}

  sendMessage(): void {}

  bufferedBytes(): number {
    return 0;
  }

  handle(input: Uint8Array): void {
    this.heard.push(input.slice());
  }

  advance(): void {}

  pollTransmit(into: Uint8Array): number {
    const packet = this.toSay.shift();
    if (packet === undefined) return 0;
    into.set(packet);
    return packet.length;
  }

  pollEvent(): undefined {
    return undefined;
  }

  nextDeadlineMs(): number {
    return Infinity;
  }
}

function packetOf(...chunks: Uint8Array[]): Uint8Array {
  const packet = assemble(new Uint8Array(12), chunks);
  writeChecksum(packet);
  return packet;
}

function chunkOf(type: number, flags: number, words: readonly number[]): Uint8Array {
  const chunk = new Uint8Array(4 + 4 * words.length);
  const view = new DataView(chunk.buffer);
  view.setUint8(0, type);
  view.setUint8(1, flags);
  view.setUint16(2, chunk.length);
  for (const [index, word] of words.entries()) view.setUint32(4 + 4 * index, word);
  return chunk;
}

const data = (tsn: number, flags = 3) => chunkOf(ChunkType.DATA, flags, [tsn, 1, 53, 0x61626364]);

function sack(cumulativeTsn: number, gapCount = 0, duplicates: number[] = []): Uint8Array {
  const gaps = Array.from({ length: gapCount }, (_, index) => (2 + 2 * index) * 0x1_0001);
  return chunkOf(ChunkType.SACK, 0, [
    cumulativeTsn,
    100_000,
    gapCount * 0x1_0000 + duplicates.length,
    ...gaps,
    ...duplicates,
  ]);
}

function inClothesOf(model: ReceiverModel) {
  const script = new Script();
  const receiver = new ForeignReceiver(script, model);
  const into = new Uint8Array(2000);
  const poll = (nowMs: number) => {
    const bytes = receiver.pollTransmit(into, nowMs);
    return bytes === 0 ? undefined : into.slice(0, bytes);
  };
  return { script, receiver, poll };
}

test("a SACK keeps its twenty lowest gaps, and as many duplicates", () => {
  const { script, receiver, poll } = inClothesOf(DCSCTP);
  const duplicates = Array.from({ length: 30 }, (_, index) => index);
  script.toSay.push(packetOf(sack(7, 25, duplicates)));
  const packet = poll(0) ?? new Uint8Array();
  expect(isIntact(packet)).toBe(true);
  const expected = sack(7, 20, duplicates.slice(0, 20));
  expect(chunksOf(packet).map(({ bytes }) => bytes)).toEqual([expected]);
  expect(receiver.cutSacks).toBe(1);
  const short = packetOf(sack(8, 20), data(3));
  script.toSay.push(short);
  expect(poll(1)).toEqual(short);
});

test("DATA too far beyond the last SACK is dropped, what came with it is not", () => {
  const { script, receiver, poll } = inClothesOf(USRSCTP);
  const base = 2 ** 32 - 10;
  script.toSay.push(packetOf(sack(base)));
  poll(0);
  const near = (base + 4095) >>> 0;
  const far = (base + 4096) >>> 0;
  receiver.handle(packetOf(data(near), data(far)), 1);
  receiver.handle(packetOf(data(far)), 2);
  receiver.handle(packetOf(sack(5), data(far)), 3);
  expect(script.heard.map(describePacket)).toEqual([
    `DATA tsn=${near} sid=0 ssn=1 ppid=53 EB 4 B`,
    "SACK cum=5 rwnd=100000",
  ]);
  expect(script.heard.every(isIntact)).toBe(true);
  expect(receiver.droppedChunks).toBe(3);
});

test("the SACK of one packet waits; that of two, with a gap, after a gap, or asked for does not", () => {
  const { script, receiver, poll } = inClothesOf(USRSCTP);
  const hear = (packet: Uint8Array, answer: Uint8Array, nowMs: number) => {
    receiver.handle(packet, nowMs);
    script.toSay.push(answer);
    return poll(nowMs);
  };
  expect(hear(packetOf(data(1)), packetOf(sack(1)), 100)).toBeUndefined();
  expect(receiver.nextDeadlineMs()).toBe(300);
  expect(poll(299)).toBeUndefined();
  expect(poll(300)).toEqual(packetOf(sack(1)));
  expect(receiver.nextDeadlineMs()).toBe(Infinity);
  expect(hear(packetOf(data(2)), packetOf(sack(2)), 400)).toBeUndefined();
  expect(hear(packetOf(data(3)), packetOf(sack(3)), 401)).toEqual(packetOf(sack(3)));
  expect(hear(packetOf(data(5)), packetOf(sack(3, 1)), 402)).toEqual(packetOf(sack(3, 1)));
  expect(hear(packetOf(data(4)), packetOf(sack(5)), 403)).toEqual(packetOf(sack(5)));
  expect(hear(packetOf(data(6, 3 | 8)), packetOf(sack(6)), 404)).toEqual(packetOf(sack(6)));
  expect(hear(packetOf(sack(1)), packetOf(sack(6)), 405)).toEqual(packetOf(sack(6)));
});

test("what engines of one kind tell each other does not pass", () => {
  const { script, receiver, poll } = inClothesOf(DCSCTP);
  const forwardTsn = 0xc000_0004;
  const init = (...parameters: number[]) => packetOf(chunkOf(ChunkType.INIT, 0, [1, 65_536, 0, 42, ...parameters]));
  receiver.handle(init(0x8001_0008, 1, forwardTsn, 0xbf01_0004), 0);
  expect(script.heard).toEqual([init(forwardTsn)]);
  script.toSay.push(init(0xbf01_0008, 7));
  expect(poll(0)).toEqual(init());
});
