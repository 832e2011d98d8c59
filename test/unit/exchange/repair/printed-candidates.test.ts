// Candidates in texts of whatever notation.
import { expect, test } from "vitest";
import { candidatesIn } from "../../../../src/exchange/repair/printed-candidates.ts";

const LINE = "candidate:1 1 udp 2122260223 192.0.2.7 40001 typ host";

test.each<[string, string, unknown[]]>([
  ["a row", `${LINE}\n`, [{ candidate: LINE }]],
  ["without the word before it", LINE.replace("candidate:", ""), [{ candidate: LINE }]],
  [
    "with what follows it, and no more",
    `${LINE} generation 0 ufrag v8Lx, url: x`,
    [{ candidate: `${LINE} generation 0 ufrag v8Lx` }],
  ],
  [
    "an object that names its section behind it",
    `{candidate: '${LINE}', sdpMid: 'data', sdpMLineIndex: 2}`,
    [{ candidate: LINE, sdpMid: "data", sdpMLineIndex: 2 }],
  ],
  [
    "a record that names it before",
    `sdpMid: 0, sdpMLineIndex: 1, candidate: ${LINE}`,
    [{ candidate: LINE, sdpMid: "0", sdpMLineIndex: 1 }],
  ],
  ["no section", `{'candidate': '${LINE}', 'sdpMid': None}`, [{ candidate: LINE }]],
  [
    "the one before names another section",
    `${LINE} sdpMid: a\n${LINE} sdpMid: b`,
    [
      { candidate: LINE, sdpMid: "a" },
      { candidate: LINE, sdpMid: "b" },
    ],
  ],
  ["the other side's", `addIceCandidate ${LINE}\nremote ${LINE}`, []],
  ["words that are none", "the typ host of a udp 1 typ host", []],
])("%s", (_name, text, candidates) => {
  expect(candidatesIn(text)).toEqual(candidates);
});
