// Documents in a text that has other text around them.
import { expect, test } from "vitest";
import { undoSurroundings } from "../../../../src/exchange/repair/surroundings.ts";

const OBJECT = '{"icecandidate":[],"sdp":"v=0\\r\\n{ in a string }"}';
const SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";

test("an object is found between sentences, whatever is in its strings", () => {
  expect(undoSurroundings(`here is {my} file:\n${OBJECT}\nthanks {`)).toEqual([OBJECT]);
});

test("two objects are found in their order", () => {
  const other = OBJECT.replace("icecandidate", "expiresAt");
  expect(undoSurroundings(`${OBJECT} or ${other}`)).toEqual([OBJECT, other]);
});

test("a session description ends where other text begins", () => {
  expect(undoSurroundings(`sdp:\n${SDP.replaceAll("\r\n", "\n")}\nSent from my phone`)).toEqual([SDP]);
});

test.each([
  ["the object alone", OBJECT],
  ["objects of other things", 'log {"level":1} end'],
  ["an object that is cut off", `see ${OBJECT.slice(0, -4)}`],
  ["braces that close nothing", "{".repeat(100)],
])("%s: nothing is taken out of it", (_, text) => {
  expect(undoSurroundings(text)).toEqual([]);
});
