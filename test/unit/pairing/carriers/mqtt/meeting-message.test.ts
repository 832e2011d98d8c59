// The messages of a meeting.
import { expect, test } from "vitest";
import {
  decodeMeetingMessage,
  encodeMeetingMessage,
  MAX_MESSAGE_BYTES,
  type MeetingMessage,
} from "../../../../../src/pairing/carriers/mqtt/meeting-message.ts";

const DIGEST = "0123456789abcdef".repeat(4);

test.each<MeetingMessage>([
  { kind: "init" },
  { kind: "offer", document: '{"sdp":"…"}' },
  { kind: "answer", document: "" },
  { kind: "ready", received: DIGEST },
])("$kind, there and back", (message) => {
  expect(decodeMeetingMessage(encodeMeetingMessage(message))).toEqual(message);
});

test.each([
  "",
  "null",
  "[]",
  '"init"',
  "{",
  '{"kind":"candidate"}',
  '{"kind":"offer"}',
  '{"kind":"answer","document":7}',
  '{"kind":"ready","received":"0"}',
  `{"kind":"ready","received":"${DIGEST.toUpperCase()}"}`,
])("no message: %s", (text) => {
  expect(decodeMeetingMessage(new TextEncoder().encode(text))).toBeUndefined();
});

test("no message: bytes that are no text, and more than any message has", () => {
  expect(decodeMeetingMessage(Uint8Array.of(0xff, 0xfe))).toBeUndefined();
  const long = JSON.stringify({ kind: "offer", document: "a".repeat(MAX_MESSAGE_BYTES) });
  expect(decodeMeetingMessage(new TextEncoder().encode(long))).toBeUndefined();
});
