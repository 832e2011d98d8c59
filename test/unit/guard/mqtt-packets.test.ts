import fc from "fast-check";
import mqtt from "mqtt-packet";
import { expect, test } from "vitest";
import { hasFewProperties, MqttPacketSplitter, type MqttSplit } from "../../../src/guard/mqtt-packets.ts";
import { cutInto } from "../../support/cut-stream.ts";

const LIMITS = { publishBytes: 300_000, otherBytes: 200 };
const PINGRESP = Uint8Array.of(0xd0, 0);

/** A packet with a content of so many bytes. */
function packet(first: number, length: number): Uint8Array {
  const digits: number[] = [];
  let left = length;
  do {
    digits.push((left % 128) + (left >= 128 ? 128 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.concat([Uint8Array.of(first, ...digits), new Uint8Array(length).fill(first)]);
}

function split(chunks: readonly Uint8Array[]): { packets: Uint8Array[]; end: MqttSplit } {
  const splitter = new MqttPacketSplitter(LIMITS);
  const packets: Uint8Array[] = [];
  for (const chunk of chunks) {
    const end = splitter.push(chunk, (one) => packets.push(one));
    expect(splitter.keptBytes).toBeLessThanOrEqual(LIMITS.publishBytes);
    if (end !== "split") return { packets, end };
  }
  return { packets, end: "split" };
}

const anyPacket = fc.oneof(
  fc.integer({ min: 0, max: 20_000 }).map((length) => packet(0x32, length)),
  fc
    .tuple(fc.constantFrom(0x20, 0x40, 0x62, 0x90, 0xe0, 0xf0), fc.integer({ min: 0, max: 197 }))
    .map(([first, length]) => packet(first, length)),
  fc.constant(PINGRESP),
);

test("gives back every packet, however the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(anyPacket, { maxLength: 20 }),
      fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 60 }),
      (packets, lengths) => {
        const got = split(cutInto(Buffer.concat(packets), lengths));
        expect(got.end).toBe("split");
        expect(Buffer.concat(got.packets).equals(Buffer.concat(packets))).toBe(true);
        expect(got.packets.map(({ length }) => length)).toEqual(packets.map(({ length }) => length));
      },
    ),
  );
});

test("gives back packets that come byte by byte", () => {
  const packets = [packet(0x30, 130), PINGRESP, packet(0x20, 0)];
  const got = split(Array.from(Buffer.concat(packets), (byte) => Uint8Array.of(byte)));
  expect(got.packets.map(({ length }) => length)).toEqual(packets.map(({ length }) => length));
});

test("a packet is in one piece, whatever the pieces in which it came", () => {
  const [whole] = split(Array.from(packet(0x30, 299_000), (byte) => Uint8Array.of(byte))).packets;
  expect(whole?.length).toBe(299_004);
  expect(whole?.byteLength).toBe(whole?.buffer.byteLength);
});

test("a message that is too long is passed over without being kept, and the next packet counts", () => {
  const splitter = new MqttPacketSplitter(LIMITS);
  const got: number[] = [];
  splitter.push(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f), () => {});
  const chunk = new Uint8Array(1_048_576);
  for (let left = 268_435_455; left > 0; left -= chunk.length) {
    splitter.push(chunk.subarray(0, left), (one) => got.push(one.length));
    expect(splitter.keptBytes).toBe(0);
  }
  expect(splitter.push(PINGRESP, (one) => got.push(one.length))).toBe("split");
  expect(got).toEqual([2]);
});

test.each([0x20, 0x40, 0x62, 0x90, 0xb0, 0xd0, 0xe0, 0xf0])(
  "another packet (%i) that is too long ends the stream by its header alone",
  (first) => {
    expect(split([packet(first, 197)]).end).toBe("split");
    expect(split([packet(first, 198).subarray(0, 3)]).end).toBe("too-long");
    expect(split([Uint8Array.of(first, 0xff, 0xff, 0xff, 0x7f)]).end).toBe("too-long");
  },
);

test.each([
  ["a web server", Buffer.from("HTTP/1.1 400 Bad Request")],
  ["an SSH server", Buffer.from("SSH-2.0-OpenSSH_9.2")],
  ["an alert of TLS", Uint8Array.of(0x15, 3, 1, 0, 2)],
  ["packets of a client", packet(0x82, 5)],
  ["a PUBLISH of the quality 3", packet(0x36, 5)],
  ["flags that are reserved", packet(0xd1, 0)],
  ["a length of five bytes", Uint8Array.of(0x30, 0x80, 0x80, 0x80, 0x80, 0)],
])("%s is no broker", (_, bytes) => {
  expect(split([bytes]).end).toBe("malformed");
  expect(split(Array.from(bytes, (byte) => Uint8Array.of(byte))).end).toBe("malformed");
});

test.each([0, 1] as const)("a message of quality %i that consists of properties is known", (qos) => {
  const message = (count: number): Uint8Array =>
    mqtt.generate(
      {
        cmd: "publish",
        topic: "p2p/x",
        payload: Buffer.alloc(1_000, 0xff),
        qos,
        dup: false,
        retain: false,
        messageId: 0x8181,
        properties: { userProperties: { a: Array.from({ length: count }, () => "b") } },
      },
      { protocolVersion: 5 },
    );
  // Each takes seven bytes.
  expect([0, 1, 100, 585].map((count) => hasFewProperties(message(count), 4_096))).toEqual([true, true, true, true]);
  expect([586, 50_000].map((count) => hasFewProperties(message(count), 4_096))).toEqual([false, false]);
});

test("other packets are short by themselves, and one that is cut off has no properties", () => {
  expect(hasFewProperties(packet(0x90, 100), 1)).toBe(true);
  expect(hasFewProperties(Uint8Array.of(0x30, 2, 0), 0)).toBe(true);
});
