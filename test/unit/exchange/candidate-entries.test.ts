// The entries of a candidate list, in the shapes in which programs hand them out.
import { expect, test } from "vitest";
import { isParsedCandidate, readCandidateEntry } from "../../../src/exchange/candidate-entries.ts";

const LINE = "candidate:1 1 udp 1 192.0.2.1 5000 typ host";
const WHERE = "candidates[0]";

test.each<[string, unknown, object[]]>([
  ["a line", LINE, [{ text: LINE }]],
  ["lines in one text", `a=${LINE}\r\n${LINE}\n`, [{ text: `a=${LINE}` }, { text: LINE }]],
  [
    "an RTCIceCandidateInit",
    { candidate: LINE, sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "abcd" },
    [{ text: LINE, mid: "0", line: 0, ufrag: "abcd" }],
  ],
  ["JSON text of one", JSON.stringify({ candidate: LINE, sdpMid: "data" }), [{ text: LINE, mid: "data" }]],
  ["one inside a message", { type: "ice", data: { candidate: LINE, sdpMid: "1" } }, [{ text: LINE, mid: "1" }]],
  ["the names of Android", { sdp: LINE, label: 0, id: "audio" }, [{ text: LINE, mid: "audio", line: 0 }]],
  ["an end that is null", null, []],
  ["an end that is empty", { candidate: "" }, []],
  ["an end that is named", "a=end-of-candidates", []],
  ["an object without a candidate", { other: 1 }, [{ text: "{…}" }]],
  ["a number", 7, [{ text: "7" }]],
])("%s", (_name, entry, expected) => {
  expect(readCandidateEntry(entry, WHERE)).toEqual(expected.map((one) => ({ where: WHERE, ...one })));
});

test("is not followed into messages without end", () => {
  let entry: unknown = { candidate: LINE };
  for (let depth = 0; depth < 100; depth += 1) entry = { data: entry };
  expect(readCandidateEntry(entry, WHERE)).toEqual([{ where: WHERE, text: "{…}" }]);
});

const PARSED = {
  foundation: "2",
  component: 1,
  protocol: "udp",
  priority: 5,
  ip: "192.0.2.1",
  port: 5000,
  type: "host",
};
const PARSED_LINE = "candidate:2 1 udp 5 192.0.2.1 5000 typ host";

test.each<[string, object, string]>([
  ["numbers and words", PARSED, PARSED_LINE],
  ["a component by name", { ...PARSED, component: "RTCP" }, "candidate:2 2 udp 5 192.0.2.1 5000 typ host"],
  ["no component", { ...PARSED, component: undefined }, PARSED_LINE],
  ["no foundation", { ...PARSED, foundation: undefined }, PARSED_LINE.replace(":2", ":0")],
  ["no type", { ...PARSED, type: undefined }, "{…}"],
  ["no port", { ...PARSED, port: undefined }, "{…}"],
  ["two words for an address", { ...PARSED, ip: "192.0.2.1 x" }, "{…}"],
  ["a word before another of the same meaning", { ...PARSED, Address: "", connection_address: "h" }, PARSED_LINE],
  [
    "its base and its kind of TCP",
    { ...PARSED, transport: "x", relatedAddress: "10.0.0.1", "related-port": 9, tcpType: "active", generation: 0 },
    `${PARSED_LINE} raddr 10.0.0.1 rport 9 tcptype active generation 0`,
  ],
])("parsed fields with %s are a line", (_name, entry, text) => {
  expect(readCandidateEntry({ candidate: entry, sdpMid: "1" }, WHERE)).toEqual([{ where: WHERE, text }]);
  expect(readCandidateEntry(entry, WHERE)).toEqual([{ where: WHERE, text }]);
  expect(isParsedCandidate(entry)).toBe(text !== "{…}");
});

test.each([null, "candidate:1", 7, undefined])("%j is no parsed candidate", (entry) => {
  expect(isParsedCandidate(entry)).toBe(false);
});

test("of two fields with one meaning the first counts", () => {
  expect(readCandidateEntry({ candidate: LINE, sdp_mid: "a", sdpMid: "b" }, WHERE)).toMatchObject([{ mid: "a" }]);
});

test.each<[object, object]>([
  [{ sdpMLineIndex: "12" }, { line: 12 }],
  [{ sdpMLineIndex: 1.5 }, {}],
  [{ sdpMLineIndex: "123456" }, {}],
  [{ sdpMLineIndex: "1x" }, {}],
  [{ sdpMLineIndex: "x1" }, {}],
  [{ sdpMLineIndex: true }, {}],
  [
    { label: 3, id: "v" },
    { line: 3, mid: "v" },
  ],
  [
    { mid: 0, ufrag: "uuuu" },
    { mid: "0", ufrag: "uuuu" },
  ],
  [{ mid: "", usernameFragment: "" }, {}],
  [{ mid: {}, usernameFragment: 5 }, {}],
])("beside its text, %j says %j", (beside, expected) => {
  expect(readCandidateEntry({ candidate: LINE, ...beside }, WHERE)).toEqual([
    { where: WHERE, text: LINE, ...expected },
  ]);
});

test.each([
  ["commas", `${LINE}, a=${LINE},${LINE}`, [LINE, `a=${LINE}`, LINE]],
  ["empty lines and white space", `\n\n  ${LINE} \r\n`, [LINE]],
  ["the end of the list", `${LINE}\nEnd-Of-Candidates\na=end-of-candidates`, [LINE]],
  [
    "what only looks like the end",
    "x end-of-candidates\nend-of-candidates x",
    ["x end-of-candidates", "end-of-candidates x"],
  ],
])("lines with %s between them are each an entry", (_name, text, lines) => {
  expect(readCandidateEntry(text, WHERE).map((one) => one.text)).toEqual(lines);
});

test("JSON text inside JSON text is read, and text that only begins like it is text", () => {
  const inner = JSON.stringify({ candidate: LINE, sdpMid: "0" });
  expect(readCandidateEntry(JSON.stringify(inner), WHERE)).toEqual([{ where: WHERE, text: LINE, mid: "0" }]);
  expect(readCandidateEntry(` ${inner}`, WHERE)).toEqual([{ where: WHERE, text: LINE, mid: "0" }]);
  expect(readCandidateEntry("{x", WHERE)).toEqual([{ where: WHERE, text: "{x" }]);
  expect(readCandidateEntry({ candidate: 5, sdp: LINE }, WHERE)).toEqual([{ where: WHERE, text: LINE }]);
});
