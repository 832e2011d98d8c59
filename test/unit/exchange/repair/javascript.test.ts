// The notation of JavaScript, written as JSON.
import { expect, test } from "vitest";
import { undoJavascript } from "../../../../src/exchange/repair/javascript.ts";

test.each<[string, string, unknown]>([
  ["keys without quotation marks", "{type: 'offer', $a_1: 2}", { type: "offer", $a_1: 2 }],
  ["keys in single ones", "{'type': 'offer'}", { type: "offer" }],
  ["a class name, as consoles print it", 'RTCSessionDescription {type: "offer"}', { type: "offer" }],
  ["text around it", "const offer = {type: 'offer'};\nsend(offer)", { type: "offer" }],
  ["joined strings", "{sdp: 'v=0\\r\\n' +\n  's=-\\r\\n' + `t=0 0`}", { sdp: "v=0\r\ns=-\r\nt=0 0" }],
  ["a comma before the end", "{a: [1, 2,], b: 'x',}", { a: [1, 2], b: "x" }],
  ["values that JSON does not have", "{a: undefined, b: true, c: null}", { a: null, b: true, c: null }],
  ["quotation marks within", `{a: 'say "hi"', b: "it's", c: 'it\\'s'}`, { a: 'say "hi"', b: "it's", c: "it's" }],
  ["escapes of its own", "{a: '\\x41\\u0042\\q\\\n'}", { a: "ABq" }],
  ["lines within backticks", "{a: `one\ntwo`}", { a: "one\ntwo" }],
])("%s", (_name, text, value) => {
  expect(undoJavascript(text).map((json) => JSON.parse(json) as unknown)).toEqual([value]);
});

test.each([
  ["JSON", '{"type":"offer","name":"see {\\"a\\": 1}"}'],
  ["no object", "type: 'offer'"],
  ["an object that does not end", "{type: 'offer'"],
])("%s is left alone", (_name, text) => {
  expect(undoJavascript(text)).toEqual([]);
});
