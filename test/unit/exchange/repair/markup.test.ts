// The markup of pages and forums, undone.
import { expect, test } from "vitest";
import { undoBbcode, undoEntities, undoHtml } from "../../../../src/exchange/repair/markup.ts";

test("character references are undone twice where that changes anything, the deeper result first", () => {
  expect(undoEntities("&quot;a&#58;&#x22;")).toEqual(['"a:"']);
  expect(undoEntities("&amp;quot;")).toEqual(['"', "&quot;"]);
  expect(undoEntities("a & b")).toEqual([]);
});

test("a reference that names no character stays", () => {
  expect(undoEntities("&quot;&constructor;&#0;&#x110000;")).toEqual(['"&constructor;&#0;&#x110000;']);
});

test("tags go, lines break where a page breaks them, and hidden elements are no text", () => {
  const page = "<head><title>x</title></head><p>{</p><STYLE>b</STYLE><!-- c --><span>&quot;a&quot;</span><br>}";
  expect(undoHtml(page)).toEqual(['\n{\n"a"\n}']);
});

test("a text in angle brackets that is no tag of HTML is left alone", () => {
  expect(undoHtml("<Ann> hello")).toEqual([]);
});

test("the tags of forums go, brackets of JSON stay", () => {
  expect(undoBbcode('[code][{"a":1}][/code]')).toEqual(['[{"a":1}]']);
  expect(undoBbcode('[{"a":1}]')).toEqual([]);
});
