import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameBuffer, type HeldPacket, WINDOW_PACKETS } from "../../../src/media/frame-buffer.ts";

const VIDEO = 96;
const AUDIO = 111;

interface Setup {
  buffer: FrameBuffer;
  /** Indexes of the packets of each frame that was passed on. */
  frames: number[][];
  broken: () => number;
  /** From this index on packets are waited for. */
  waitFrom: (index: number) => void;
}

/** @param begins - what the payload itself says of its being a begin */
function setup(begins: (packet: HeldPacket, isFirst: boolean) => boolean = (_, isFirst) => isFirst): Setup {
  const frames: number[][] = [];
  let broken = 0;
  let hopelessBefore = -Infinity;
  const buffer = new FrameBuffer({
    isPacketAFrame: (payloadType) => payloadType === AUDIO,
    begins,
    isHopeless: (index) => index < hopelessBefore,
    onFrame: (packets) => frames.push(packets.map(({ index }) => index)),
    onBroken: () => {
      broken += 1;
    },
  });
  const waitFrom = (index: number): void => {
    hopelessBefore = index;
    buffer.release();
  };
  return { buffer, frames, broken: () => broken, waitFrom };
}

function packet(index: number, timestamp: number, isMarked = false, payload = Uint8Array.of(1)): HeldPacket {
  return { index, timestamp, timeUs: 0, payloadType: VIDEO, isMarked, payload };
}

function add({ buffer }: Setup, ...packets: HeldPacket[]): void {
  for (const one of packets) {
    buffer.add(one);
    buffer.release();
  }
}

describe("FrameBuffer", () => {
  test("passes a frame on with its last packet", () => {
    const all = setup();
    add(all, packet(10, 1), packet(11, 1));
    expect(all.frames).toEqual([]);
    add(all, packet(12, 1, true), packet(13, 2, true));
    expect(all.frames).toEqual([[10, 11, 12], [13]]);
    expect(all.buffer.isWaiting).toBe(false);
  });

  test("a frame without a mark ends where another begins", () => {
    const all = setup();
    add(all, packet(10, 1), packet(11, 1), packet(12, 2));
    expect(all.frames).toEqual([[10, 11]]);
  });

  test("puts packets in order", () => {
    const all = setup();
    add(all, packet(10, 1), packet(12, 1, true), packet(13, 2, true));
    expect(all.frames).toEqual([]);
    expect(all.buffer.gap).toBe(11);
    add(all, packet(11, 1));
    expect(all.frames).toEqual([[10, 11, 12], [13]]);
    expect(all.buffer.gap).toBeUndefined();
  });

  test("packets that overtake the very first ones do not cost these", () => {
    const all = setup();
    add(all, packet(12, 1), packet(10, 1), packet(11, 1), packet(13, 1, true));
    expect(all.frames).toEqual([[10, 11, 12, 13]]);
  });

  test("every packet of sound is a frame", () => {
    const all = setup(() => true);
    add(all, { ...packet(5, 1), payloadType: AUDIO }, { ...packet(6, 1), payloadType: AUDIO });
    expect(all.frames).toEqual([[5], [6]]);
  });

  test("drops a frame that lacks a part in its middle", () => {
    const all = setup();
    add(all, packet(10, 1, true), packet(11, 2), packet(13, 2, true), packet(14, 3, true));
    all.waitFrom(13);
    expect(all.frames).toEqual([[10], [14]]);
    expect(all.broken()).toBe(1);
  });

  test("drops a frame that lacks its begin, and the next is whole behind its mark", () => {
    const all = setup();
    add(all, packet(10, 1, true), packet(12, 2), packet(13, 2, true), packet(14, 3, true));
    all.waitFrom(12);
    expect(all.frames).toEqual([[10], [14]]);
  });

  test("takes what says itself that it is a begin, behind a loss between frames", () => {
    const all = setup(() => true);
    add(all, packet(10, 1, true), packet(12, 3), packet(13, 3, true));
    all.waitFrom(12);
    expect(all.frames).toEqual([[10], [12, 13]]);
  });

  test("what calls itself a begin is none in a frame that was broken before", () => {
    const all = setup(() => true);
    add(all, packet(10, 1), packet(12, 1, true), packet(13, 2, true));
    all.waitFrom(12);
    expect(all.frames).toEqual([[13]]);
    expect(all.broken()).toBe(1);
  });

  test("a frame that lacks its end is dropped, and one whose time stamp is new behind it is whole", () => {
    const all = setup();
    add(all, packet(10, 1), packet(12, 2), packet(13, 2, true), packet(14, 3), packet(15, 3, true));
    all.waitFrom(12);
    // Whether 11 was of the first or of the second, nobody knows.
    expect(all.frames).toEqual([[14, 15]]);
    expect(all.broken()).toBe(2);
  });

  test("an empty packet holds its place and is no part of a frame", () => {
    const all = setup();
    const empty = (index: number): HeldPacket => packet(index, 9, false, new Uint8Array(0));
    add(all, empty(9), packet(10, 1), empty(11), packet(12, 1, true), empty(13), packet(14, 2, true));
    expect(all.frames).toEqual([[10, 12], [14]]);
  });

  test("what comes after it was given up is told to be late", () => {
    const all = setup();
    add(all, packet(10, 1, true), packet(12, 2, true));
    all.waitFrom(12);
    expect(all.buffer.add(packet(11, 2))).toBe(false);
  });

  test("holds WINDOW_PACKETS at most, however far a packet jumps", () => {
    const all = setup();
    add(all, packet(0, 1, true));
    add(all, packet(2, 3, true), packet(WINDOW_PACKETS + 1, 4, true));
    expect(all.frames).toEqual([[0]]);
    add(all, packet(2 ** 40, 5, true), packet(2 ** 40 + 1, 6, true));
    all.waitFrom(2 ** 40);
    expect(all.frames).toEqual([[0], [2 ** 40 + 1]]);
    expect(all.buffer.isWaiting).toBe(false);
  });

  test("a frame without an end is dropped once, and its packets are not held", () => {
    const all = setup();
    for (let index = 0; index < 3 * WINDOW_PACKETS; index += 1) add(all, packet(index, 1));
    expect(all.broken()).toBe(1);
    expect(all.buffer.isWaiting).toBe(false);
    add(all, packet(3 * WINDOW_PACKETS, 2, true));
    expect(all.frames).toEqual([[3 * WINDOW_PACKETS]]);
  });

  test("passes on exactly the whole frames, in whatever order packets come", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        sizes,
        fc.infiniteStream(fc.nat({ max: 5 })),
        fc.array(fc.nat({ max: 60 })),
        (lengths, swaps, lost) => {
          const all = setup();
          let index = 1;
          const frames = lengths.map((length, at) =>
            Array.from({ length }, (_, part) => packet(index++, at, part === length - 1)),
          );
          // The first packet tells where the stream begins.
          const gone = new Set(lost.filter((one) => one > 1 && one < index));
          const packets = frames.flat().filter((one) => !gone.has(one.index));
          for (let at = 1; at + 1 < packets.length; at += 1) {
            const other = Math.min(packets.length - 1, at + (swaps.next().value ?? 0));
            [packets[at], packets[other]] = [packets[other] as HeldPacket, packets[at] as HeldPacket];
          }
          add(all, ...packets);
          all.waitFrom(Infinity);
          const passed = new Set(all.frames.map((one) => one.join()));
          for (const [at, frame] of frames.entries()) {
            const isWhole = frame.every((one) => !gone.has(one.index));
            const text = frame.map((one) => one.index).join();
            if (!isWhole) expect(passed.has(text)).toBe(false);
            // Behind a packet that is not lost, a begin is known.
            else if (at === 0 || !gone.has((frame[0]?.index ?? 0) - 1)) expect(passed.has(text)).toBe(true);
          }
          const order = all.frames.flat();
          expect(order).toEqual(order.toSorted((one, other) => one - other));
          const lengthsPassed = all.frames.map((one) => frames.find((frame) => frame[0]?.index === one[0])?.length);
          expect(all.frames.map((one) => one.length)).toEqual(lengthsPassed);
        },
      ),
      { numRuns: 300 },
    );
  });
});
