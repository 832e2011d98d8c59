// What routers say in XML, however they pad it.
import { expect, test } from "vitest";
import {
  childrenOf,
  childText,
  descendants,
  localName,
  MAX_XML_CHARACTERS,
  ownText,
  readXml,
} from "../../../../src/nat/port-mapping/xml.ts";

const TEXT = '<u:root xmlns:u="x"><a> one </a><u:b><a>two</a>\r\n</u:b></u:root>';

test("elements are found by their local names, in their order", () => {
  const root = readXml(`\ufeff\n${TEXT}\0\0`);
  if (root === undefined) throw new Error("unread");
  expect(localName(root)).toBe("root");
  expect(childrenOf(root).map(localName)).toEqual(["a", "b"]);
  expect(descendants(root, "a").map(ownText)).toEqual(["one", "two"]);
  expect(childText(root, "a")).toBe("one");
  expect(childText(root, "none")).toBeUndefined();
});

test.each([
  ["an element that does not end", "<a><b></a>"],
  ["nothing", ""],
  ["padding alone", "\0 \n"],
  ["a text that is too long", `<a>${"x".repeat(MAX_XML_CHARACTERS)}</a>`],
  ["elements deeper than the stack", "<a>".repeat(40_000)],
])("%s gives nothing", (_, text) => {
  expect(readXml(text)).toBeUndefined();
});
