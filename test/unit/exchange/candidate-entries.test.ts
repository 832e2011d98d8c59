// The entries of a candidate list, in the shapes in which programs hand them out.
import { expect, test } from "vitest";
import { readCandidateEntry } from "../../../src/exchange/candidate-entries.ts";

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
