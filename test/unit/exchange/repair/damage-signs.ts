// Texts made of the signs that the steps of repair look for.
import { expect } from "vitest";
import { repairsOf } from "../../../../src/exchange/repair/repairs.ts";
import { bytesOf } from "../fixtures.ts";

/** Signs of each kind of damage, which hostile texts repeat. */
export const UNITS = [
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
/** Texts that are tried at most for one file. */
export const MAX_TEXTS = 64;

/** Searches a text to its end, and holds the bounds of each result and of all. @returns how many texts were tried */
export function textsOf(text: string): number {
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
