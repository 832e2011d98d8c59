// The search for the steps that undo damage: it is linear, and ends, whatever the text is.
import { expect, test } from "vitest";
import { MAX_DOCUMENT_BYTES } from "../../../../src/exchange/limits.ts";
import { mayHoldDocument, repairsOf, signsOf } from "../../../../src/exchange/repair/repairs.ts";
import { cpuMs } from "../../../support/cpu-time.ts";
import { bytesOf } from "../fixtures.ts";

/** Signs of each kind of damage, which hostile texts repeat. */
const UNITS = [
  "{",
  '{"',
  '{"sdp":"',
  "=3D",
  "=\n",
  "%22",
  "&amp;",
  "&quot;",
  "<br>",
  "<head>",
  "<!--",
  "[b]",
  "> ",
  ">",
  "10:24 <a> \n",
  "Ann: \n",
  "http://1.2.3.4 ",
  "a <http://1>",
  "[a](http://1)",
  '\\"',
  '{\\n\\"',
  "“",
  "\u200b",
  '"a\nb" ',
  '"candidate:1 1\n',
  "A",
  "AAAA\n",
  "{\\rtf1 ",
  "\\u8220?",
  "\\'93",
  '"name" : "a\n',
  "\n",
  "\ue000",
  " ",
];
/** Thirty times what the slowest takes on a quiet machine; a quadratic search takes minutes. */
const MAX_SEARCH_MS = 6_000;
const MAX_TEXTS = 64;

function textsOf(text: string): number {
  let texts = 0;
  let characters = 0;
  for (const repaired of repairsOf(bytesOf(text))) {
    texts += 1;
    characters += repaired.text.length;
    expect(repaired.undone.filter((damage) => damage !== "surroundings").length).toBeLessThanOrEqual(4);
    expect(repaired.text.length).toBeLessThanOrEqual(text.length + 16);
  }
  expect(characters).toBeLessThanOrEqual(5 * 1_048_576);
  return texts;
}

test.each(UNITS)("a text of nothing but %j is searched in linear time", (unit) => {
  for (const begin of ["", '{"sdp":"', "{\\rtf1 candidate "]) {
    const text = (begin + unit.repeat(MAX_DOCUMENT_BYTES / unit.length)).slice(0, MAX_DOCUMENT_BYTES);
    const started = process.cpuUsage();
    expect(textsOf(text)).toBeLessThanOrEqual(MAX_TEXTS);
    signsOf(text);
    mayHoldDocument(text);
    expect(cpuMs(started), JSON.stringify(begin)).toBeLessThan(MAX_SEARCH_MS);
  }
});

test("a text with signs of all kinds is given up after so many texts", () => {
  expect(textsOf(UNITS.join("").repeat(20))).toBeLessThanOrEqual(MAX_TEXTS);
});

test("bytes that are no UTF-8 are tried as Windows and as Chinese text", () => {
  const repairs = [...repairsOf(Uint8Array.of(0x93, 0x61, 0x94))];
  expect(repairs.map(({ text }) => text)).toContain("“a”");
  expect(repairs.find(({ text }) => text === '"a"')?.undone).toEqual(["encoding", "typography"]);
});

test("the digits of a signature are no base64", () => {
  const digits = "489b4e7873bb39b371140a7085a1b458".repeat(4);
  expect(signsOf(JSON.stringify({ key: digits.slice(64), value: digits }))).toEqual([]);
  expect(signsOf(btoa(`{"value" : "${digits}"}`))).toEqual(["base64"]);
});
