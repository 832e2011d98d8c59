// Lines as logs print them: the same text, with a time, a level or a name before each line.
import { expect, test } from "vitest";
import { undoLogPrefixes } from "../../../../src/exchange/repair/log-prefixes.ts";

const LINES = [
  "{",
  '   "icecandidate" : [',
  '      "candidate:1 1 udp 1 192.0.2.7 4001 typ host"',
  "   ],",
  '   "sdp" : "v=0"',
  "}",
];
/** Indentation means nothing to JSON. */
const WITHOUT_INDENTATION = LINES.map((line) => line.trim());

test.each<[string, (at: number) => string]>([
  ["docker", (at) => `2026-11-28T10:24:3${at}.12345678${at}Z `],
  ["a console", (at) => `[12:0${at}] `],
  ["a chat with names", (at) => `[12:0${at}] ann: `],
  ["syslog", (at) => `Nov 28 10:24:3${at} host app[${1_000 * at + 7}]: `],
  ["logcat", (at) => `11-28 10:24:3${at}.${100 + at}  1234  1234 D p2p: `],
  ["Python", () => "DEBUG:root:"],
  ["levels", () => "INFO  - "],
  ["a server", (at) => `28/Nov/2026 9:5${at}:00 | `],
])("%s", (_, prefix) => {
  const [text = ""] = undoLogPrefixes(LINES.map((line, at) => prefix(at) + line).join("\n"));
  expect(text.split("\n").map((line) => line.trim())).toEqual(WITHOUT_INDENTATION);
});

test("lines that a viewer has wrapped have no prefix and stay", () => {
  const text = ["[12:01] {", '[12:01] "a" : "b', "c", '[12:02] d"', "[12:02] }", ""].join("\n");
  expect(undoLogPrefixes(text)).toEqual([["{", '"a" : "b', "c", 'd"', "}", ""].join("\n")]);
});

test.each([
  ["a document", LINES.join("\n")],
  ["a session description", "v=0\na=candidate:1 1 udp\na=candidate:2 1 udp\na=candidate:3 1 udp"],
  ["lines of a fingerprint", "AB:CD\nAB:CE\nAB:CF"],
  ["two lines", "[12:01] {\n[12:01] }"],
  ["nothing", ""],
])("%s is none", (_, text) => {
  expect(undoLogPrefixes(text)).toEqual([]);
});
