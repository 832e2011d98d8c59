import { describe, expect, test } from "vitest";
import { type ControlMessage, decodeControl, encodeControl } from "../../../src/control/messages.ts";

const MESSAGES: ControlMessage[] = [
  { type: "hello", mode: "once" },
  { type: "hello", mode: "conversation" },
  { type: "hello", mode: "once", verify: "required" },
  { type: "hello", mode: "once", verify: "possible" },
  { type: "hello", mode: "once", recovers: true },
  { type: "hello", mode: "once", capabilities: [] },
  { type: "hello", mode: "once", capabilities: ["p2p-transfer/1", "path/1", "not-yet-known/9999"] },
  { type: "channel-refused", label: "", protocol: "" },
  { type: "channel-refused", label: "😀".repeat(64), protocol: "x\u0000".repeat(64) },
  { type: "path", ufrag: "abcd", pwd: "x".repeat(22), candidates: ["candidate:1 1 udp 1 192.0.2.1 5 typ host"] },
  { type: "path", ufrag: "a".repeat(256), pwd: "+/".repeat(128), candidates: [] },
  { type: "ack", count: 0 },
  { type: "ping", number: 7 },
  { type: "pong", number: Number.MAX_SAFE_INTEGER },
  { type: "done" },
  { type: "bye" },
  { type: "bye-ack" },
  { type: "verify-commit", commitment: "0f".repeat(32) },
  { type: "verify-reveal", nonce: "a0".repeat(32) },
  { type: "verify-answer", same: false },
];

describe("control messages", () => {
  test.each(MESSAGES)("survive encoding and decoding: %j", (message) => {
    expect(decodeControl(encodeControl(message))).toEqual(message);
  });

  test("of an unknown type are left to later versions", () => {
    expect(decodeControl('{"type":"verify","words":[]}')).toBe("unknown");
  });

  test("may have keys of later versions", () => {
    expect(decodeControl('{"type":"done","why":"x","__proto__":{"a":1}}')).toEqual({ type: "done" });
  });

  test.each([
    ["bytes", new Uint8Array([123, 125])],
    ["no JSON", "{"],
    ["no object", "null"],
    ["no type", "{}"],
    ["a count below zero", '{"type":"ack","count":-1}'],
    ["a broken count", '{"type":"ack","count":1.5}'],
    ["a count beyond integers", '{"type":"ack","count":1e30}'],
    ["an unknown mode", '{"type":"hello","mode":"x"}'],
    ["an unknown wish to verify", '{"type":"hello","mode":"once","verify":true}'],
    ["a short commitment", JSON.stringify({ type: "verify-commit", commitment: "0f".repeat(31) })],
    ["an upper-case nonce", JSON.stringify({ type: "verify-reveal", nonce: "0F".repeat(32) })],
    ["no answer", '{"type":"verify-answer","same":"yes"}'],
    ["an ability that is no yes or no", '{"type":"hello","mode":"once","recovers":1}'],
    ["a short ufrag", JSON.stringify({ type: "path", ufrag: "abc", pwd: "x".repeat(22), candidates: [] })],
    ["a ufrag of two", JSON.stringify({ type: "path", ufrag: "ab:cd", pwd: "x".repeat(22), candidates: [] })],
    ["a short password", JSON.stringify({ type: "path", ufrag: "abcd", pwd: "x".repeat(21), candidates: [] })],
    ["no candidates", JSON.stringify({ type: "path", ufrag: "abcd", pwd: "x".repeat(22) })],
    ["candidates that are none", JSON.stringify({ type: "path", ufrag: "abcd", pwd: "x".repeat(22), candidates: [1] })],
    ["a refused channel without a name", '{"type":"channel-refused","label":"x"}'],
    [
      "a refused channel with a long name",
      JSON.stringify({ type: "channel-refused", label: "x".repeat(129), protocol: "" }),
    ],
    ["capabilities that are no list", '{"type":"hello","mode":"once","capabilities":"path/1"}'],
    ["a capability without a version", '{"type":"hello","mode":"once","capabilities":["path"]}'],
    ["too long", JSON.stringify({ type: "x".repeat(9_000) })],
  ])("that are %s are malformed", (_name, data) => {
    expect(decodeControl(data)).toBe("malformed");
  });
});
