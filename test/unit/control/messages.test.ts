import { describe, expect, test } from "vitest";
import {
  type ControlMessage,
  decodeControl,
  encodeControl,
  MAX_CONTROL_MESSAGE_CHARS,
} from "../../../src/control/messages.ts";

const MESSAGES: ControlMessage[] = [
  { type: "contact", key: "0f".repeat(32), signature: "9a".repeat(64) },
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

const HASH = "0f".repeat(32);

describe("control messages", () => {
  test.each(MESSAGES)("survive encoding and decoding: %j", (message) => {
    expect(decodeControl(encodeControl(message))).toStrictEqual(message);
  });

  test.each([
    [
      "all that a hello may say",
      { mode: "once", verify: "required", recovers: false, contacts: true, silent: true, capabilities: ["a/1"] },
    ],
    ["the least that a hello says", { mode: "conversation" }],
  ])("%s", (_what, keys) => {
    expect(decodeControl(JSON.stringify({ type: "hello", ...keys }))).toStrictEqual({ type: "hello", ...keys });
  });

  test("keep nothing of a hello that only a later version means", () => {
    const text = '{"type":"hello","mode":"once","contacts":"x","silent":false,"colour":1}';
    expect(decodeControl(text)).toEqual({ type: "hello", mode: "once" });
  });

  test.each<[string, Record<string, unknown>]>([
    ["the shortest credentials", { type: "path", ufrag: "aB+/", pwd: "x".repeat(22), candidates: [] }],
    ["the longest credentials", { type: "path", ufrag: "9".repeat(256), pwd: "x".repeat(256), candidates: ["", "x"] }],
    ["the longest names", { type: "channel-refused", label: "x".repeat(128), protocol: "y".repeat(128) }],
    ["no count yet", { type: "ack", count: 0 }],
    ["the largest number", { type: "pong", number: Number.MAX_SAFE_INTEGER }],
  ])("may have %s", (_what, message) => {
    expect(decodeControl(JSON.stringify(message))).toEqual(message);
  });

  test("are as long as they may be", () => {
    const ofLength = (chars: number): string => `{"type":"${"x".repeat(chars - 11)}"}`;
    expect(ofLength(20)).toHaveLength(20);
    const texts = [MAX_CONTROL_MESSAGE_CHARS, MAX_CONTROL_MESSAGE_CHARS + 1].map(ofLength);
    expect(texts.map(decodeControl)).toEqual(["unknown", "malformed"]);
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
    ["a text", '"done"'],
    ["a type that is no text", '{"type":1}'],
    ["a ping without a number", '{"type":"ping"}'],
    ["a pong of a text", '{"type":"pong","number":"1"}'],
    ["a number for a commitment", '{"type":"verify-commit","commitment":1}'],
    ["a long commitment", JSON.stringify({ type: "verify-commit", commitment: "0f".repeat(33) })],
    ["a commitment with something before it", JSON.stringify({ type: "verify-commit", commitment: `x${HASH}` })],
    ["a contact without a signature", JSON.stringify({ type: "contact", key: HASH })],
    ["a contact with a short signature", JSON.stringify({ type: "contact", key: HASH, signature: HASH })],
    ["a contact with a long signature", JSON.stringify({ type: "contact", key: HASH, signature: `${HASH}${HASH}0` })],
    [
      "a contact with more before its signature",
      JSON.stringify({ type: "contact", key: HASH, signature: `x${HASH}${HASH}` }),
    ],
    ["a contact without a key", JSON.stringify({ type: "contact", signature: HASH + HASH })],
    ["a long ufrag", JSON.stringify({ type: "path", ufrag: "a".repeat(257), pwd: "x".repeat(22), candidates: [] })],
    ["no ufrag", JSON.stringify({ type: "path", ufrag: 1234, pwd: "x".repeat(22), candidates: [] })],
    ["a long password", JSON.stringify({ type: "path", ufrag: "abcd", pwd: "x".repeat(257), candidates: [] })],
    ["a password of two", JSON.stringify({ type: "path", ufrag: "abcd", pwd: `x:${"x".repeat(22)}`, candidates: [] })],
    [
      "a password that begins with none",
      JSON.stringify({ type: "path", ufrag: "abcd", pwd: `:${"x".repeat(22)}`, candidates: [] }),
    ],
    ["no password", JSON.stringify({ type: "path", ufrag: "abcd", pwd: 10 ** 22, candidates: [] })],
    [
      "one candidate that is none",
      JSON.stringify({ type: "path", ufrag: "abcd", pwd: "x".repeat(22), candidates: ["x", 1] }),
    ],
    ["a refused channel without a protocol", JSON.stringify({ type: "channel-refused", label: "", protocol: 1 })],
    [
      "a refused channel with a long protocol",
      JSON.stringify({ type: "channel-refused", label: "", protocol: "x".repeat(129) }),
    ],
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
    ["a ufrag in a list", JSON.stringify({ type: "path", ufrag: ["abcd"], pwd: "x".repeat(22), candidates: [] })],
    ["a password in a list", JSON.stringify({ type: "path", ufrag: "abcd", pwd: ["x".repeat(22)], candidates: [] })],
    ["a commitment in a list", JSON.stringify({ type: "verify-commit", commitment: [HASH] })],
    ["a signature in a list", JSON.stringify({ type: "contact", key: HASH, signature: [HASH + HASH] })],
    ["a refused channel with a list for a name", '{"type":"channel-refused","label":[],"protocol":""}'],
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
