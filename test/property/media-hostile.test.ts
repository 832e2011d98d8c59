// A peer that has the keys and means harm: everything here is authentic. The engine throws nothing, keeps little, says
// little, and takes time in proportion to what it is sent.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WINDOW_PACKETS } from "../../src/media/frame-buffer.ts";
import type { MediaEngine } from "../../src/media/media-engine.ts";
import { decodeRtcp } from "../../src/media/rtcp.ts";
import { decodeRtp, encodeRtp } from "../../src/media/rtp.ts";
import { SrtpSender } from "../../src/media/srtp.ts";
import { collectGarbage } from "../support/collect-garbage.ts";
import { nodeMediaCiphers } from "../../src/rtc/media/ciphers.ts";
import { datagramsOf, eventsOf, mediaEngines, pictureTrack, soundTrack } from "../support/media-engines.ts";
import { scaled } from "../support/scale.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { srtpEnds } from "../support/srtp-keys.ts";

const PICTURE = pictureTrack(1);
const SOUND = soundTrack(2);

/** An engine, and what its peer seals with. */
function attacked(): { engine: MediaEngine; peer: SrtpSender } {
  const { b } = mediaEngines();
  const peer = new SrtpSender(srtpEnds("AEAD_AES_128_GCM").a, nodeMediaCiphers);
  for (const track of [PICTURE, SOUND]) {
    b.addReceiveTrack(track);
    b.addSendTrack({ ...track, ssrc: track.ssrc + 10_000 });
    peer.register(track.ssrc);
  }
  return { engine: b, peer };
}

interface Shape {
  readonly index: number;
  readonly timestamp: number;
  readonly isMarked?: boolean;
  readonly bytes?: number;
  readonly payloadType?: number;
}

function packet({ index, timestamp, isMarked = false, bytes = 1_000, payloadType = 96 }: Shape): Uint8Array {
  const payload = new Uint8Array(bytes).fill(index & 1);
  return encodeRtp({ isMarked, payloadType, sequence: index % 65_536, timestamp, ssrc: PICTURE.ssrc, payload });
}

/** Drains, as the driver does after each call. @returns how many datagrams and bytes of frames came out */
function drain(engine: MediaEngine): { datagrams: number; frameBytes: number } {
  const datagrams = datagramsOf(engine).length;
  const frames = eventsOf(engine).map((event) => (event.type === "frame" ? event.frame.bytes.length : 0));
  return { datagrams, frameBytes: frames.reduce((sum, bytes) => sum + bytes, 0) };
}

describe("bytes of any kind", () => {
  test("throw nothing, unauthentic or not", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), fc.nat(), (bytes, isMarked, random) => {
        expect(() => decodeRtp(bytes)).not.toThrow();
        expect(() => decodeRtcp(bytes)).not.toThrow();
        const { engine, peer } = attacked();
        engine.handleDatagram(bytes, 0);
        const index = random % 32_768;
        engine.handleDatagram(
          peer.sealRtp(packet({ index, timestamp: random, isMarked, bytes: bytes.length }), index),
          1,
        );
        if (bytes.length >= 8) engine.handleDatagram(peer.sealRtcp(bytes) ?? bytes, 2);
        engine.handleTimeout(10_000);
        drain(engine);
      }),
      { numRuns: scaled(300, 20_000) },
    );
  });

  test("RTCP made of bent parts throws nothing, and asks for little", () => {
    const part = fc.record({
      type: fc.integer({ min: 192, max: 223 }),
      count: fc.nat({ max: 63 }),
      length: fc.nat({ max: 20 }),
      words: fc.array(fc.constantFrom(0, 1, 0xffff_ffff, PICTURE.ssrc, PICTURE.ssrc + 10_000), { maxLength: 20 }),
    });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        const { engine, peer } = attacked();
        const bytes = parts.flatMap(({ type, count, length, words }) => [
          0x80 | count,
          type,
          length >> 8,
          length & 0xff,
          ...words.flatMap((word) => [word >>> 24, (word >> 16) & 0xff, (word >> 8) & 0xff, word & 0xff]),
        ]);
        if (bytes.length < 8) return;
        engine.sendFrame(1, { bytes: new Uint8Array(2_000), timestampUs: 0, durationUs: undefined, isKey: true }, 0);
        drain(engine);
        engine.handleDatagram(peer.sealRtcp(Uint8Array.from(bytes).subarray(0, 2_000)) ?? new Uint8Array(0), 100);
        expect(drain(engine).datagrams).toBeLessThan(10);
      }),
      { numRuns: scaled(500, 20_000) },
    );
  });
});

const streams: [name: string, shape: (at: number, random: () => number) => Shape][] = [
  ["one frame without an end", (at) => ({ index: at, timestamp: 1 })],
  ["jumps of 2,047", (at) => ({ index: at * 2_047, timestamp: at * 3_000, isMarked: true })],
  ["jumps of 500", (at) => ({ index: at * 500, timestamp: at * 3_000 })],
  ["jumps of half the numbers", (at) => ({ index: at * 32_000, timestamp: at, isMarked: true })],
  ["every second packet", (at) => ({ index: at * 2, timestamp: at >> 3 })],
  ["a new time stamp each", (at) => ({ index: at, timestamp: (at * 0x9e37_79b9) >>> 0, isMarked: at % 3 === 0 })],
  [
    "empty packets and foreign payload types",
    (at) => ({ index: at * 3, timestamp: at, bytes: 0, payloadType: at % 128 }),
  ],
  [
    "anything",
    (at, random) => ({
      index: at * 40 + Math.floor(random() * 39),
      timestamp: Math.floor(random() * 2 ** 32),
      isMarked: random() < 0.2,
      bytes: Math.floor(random() * 1_200),
    }),
  ],
];

describe.each(streams)("a stream of %s", (_, shapeOf) => {
  test("leaves little behind, and is answered with little", () => {
    const { engine, peer } = attacked();
    const random = seededRandom(1);
    let datagrams = 0;
    const count = 4_000;
    for (let at = 0; at < count; at += 1) {
      const shape = shapeOf(at, random);
      // 2,000 packets a second.
      engine.handleDatagram(peer.sealRtp(packet(shape), shape.index), at / 2);
      engine.handleTimeout(at / 2);
      datagrams += drain(engine).datagrams;
    }
    // Requests every 5 ms at most, beside a few reports.
    expect(datagrams).toBeLessThan(count / 2 / 5 + 20);
    const stats = engine.stats("receive", 1);
    expect(stats?.packets).toBeLessThanOrEqual(count);
    engine.handleTimeout(100_000);
    const { frameBytes } = drain(engine);
    expect(frameBytes).toBeLessThanOrEqual(WINDOW_PACKETS * 1_200);
  });
});

test("packets of streams that nobody announced leave nothing behind", () => {
  const { engine } = attacked();
  const packets = Array.from({ length: 1_000 }, (_, at) => {
    const bytes = packet({ index: at, timestamp: 0 });
    new DataView(bytes.buffer).setUint32(8, at * 7_919);
    return bytes;
  });
  const feed = (): void => {
    for (const [at, bytes] of packets.entries()) {
      for (const second of [96, 200]) {
        bytes[1] = second;
        engine.handleDatagram(bytes, at);
      }
      drain(engine);
    }
  };
  feed();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < scaled(20, 200); round += 1) feed();
  collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 * 1024 * 1024);
  expect([engine.nextDeadlineMs(), engine.stats("receive", 1)?.packets]).toEqual([undefined, 0]);
});

test("sender reports of any time keep times finite, in order and near their arrival", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: 2 ** 32 - 1 }), fc.nat({ max: 2 ** 32 - 1 })), { maxLength: 30 }),
      (reports) => {
        const { engine, peer } = attacked();
        let last = -1;
        for (const [at, [seconds, timestamp]] of reports.entries()) {
          const report = Buffer.alloc(28);
          report.writeUInt32BE(0x80c8_0006, 0);
          for (const [word, value] of [PICTURE.ssrc, seconds, 0, timestamp].entries())
            report.writeUInt32BE(value, 4 + word * 4);
          engine.handleDatagram(peer.sealRtcp(report) ?? report, at * 100);
          const index = at + 10;
          const sealed = peer.sealRtp(packet({ index, timestamp: at * 9_000, isMarked: true }), index);
          engine.handleDatagram(sealed, at * 100);
          for (const event of eventsOf(engine)) {
            if (event.type !== "frame") continue;
            expect(event.frame.timestampUs).toBeGreaterThan(last);
            last = event.frame.timestampUs;
          }
          datagramsOf(engine);
        }
        expect(Math.abs(last)).toBeLessThan(60_000_000);
      },
    ),
    { numRuns: scaled(100, 3_000) },
  );
});
