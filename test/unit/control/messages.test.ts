import { describe, expect, test } from "vitest";
import { type ControlMessage, decodeControl, encodeControl } from "../../../src/control/messages.ts";

const MESSAGES: ControlMessage[] = [
  { type: "hello", mode: "once" },
  { type: "hello", mode: "conversation" },
  { type: "hello", mode: "once", verify: "required" },
  { type: "hello", mode: "once", verify: "possible" },
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
    ["too long", JSON.stringify({ type: "x".repeat(2_000) })],
  ])("that are %s are malformed", (_name, data) => {
    expect(decodeControl(data)).toBe("malformed");
  });
});
