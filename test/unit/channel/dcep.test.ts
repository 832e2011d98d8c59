import { describe, expect, test } from "vitest";
import { decodeDcep, encodeDcepAck, encodeDcepOpen } from "../../../src/channel/dcep.ts";

const open = { label: "p2p", protocol: "", ordered: true, priority: 0 };

describe("DATA_CHANNEL_OPEN (RFC 8832 §5.1)", () => {
  test("has the layout of the RFC", () => {
    expect([...encodeDcepOpen({ ...open, protocol: "x/1", priority: 256 })]).toEqual([
      3, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0, 3, 112, 50, 112, 120, 47, 49,
    ]);
  });

  test.each([
    ["reliable", open],
    ["unordered", { ...open, ordered: false }],
    ["no retransmission", { ...open, maxRetransmits: 0 }],
    ["limited life", { ...open, ordered: false, maxPacketLifeTimeMs: 4_000_000_000 }],
    ["names in any script", { ...open, label: "文件🙂", protocol: "プロトコル" }],
  ])("survives encoding and decoding: %s", (_name, message) => {
    expect(decodeDcep(encodeDcepOpen(message))).toEqual({ type: "open", ...message });
  });

  test("counts the bytes of a label, not its characters", () => {
    expect(encodeDcepOpen({ ...open, label: "é" })[9]).toBe(2);
  });

  test("refuses names longer than the length field", () => {
    expect(() => encodeDcepOpen({ ...open, label: "x".repeat(65_536) })).toThrow(RangeError);
  });
});

describe("decodeDcep", () => {
  test("knows DATA_CHANNEL_ACK", () => {
    expect(decodeDcep(encodeDcepAck())).toEqual({ type: "ack" });
  });

  test.each([
    ["nothing", []],
    ["an unknown type", [7]],
    ["a cut header", [3, 0, 0]],
    ["names past the end", [3, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 65]],
    ["an unknown channel type", [3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ])("takes %s as no message", (_name, bytes) => {
    expect(decodeDcep(Uint8Array.from(bytes))).toBeUndefined();
  });

  test("reads from a view into a larger buffer", () => {
    const bytes = encodeDcepOpen(open);
    const larger = new Uint8Array(bytes.length + 8);
    larger.set(bytes, 4);
    expect(decodeDcep(larger.subarray(4, 4 + bytes.length))).toEqual({ type: "open", ...open });
  });
});
