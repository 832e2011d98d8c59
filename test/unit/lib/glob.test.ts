import { expect, test } from "vitest";
import { globTest } from "../../../src/lib/glob.ts";

test.each([
  ["*.jpg", "a.jpg"],
  ["*.jpg", "photos/a.jpg"],
  ["photos", "photos/2026/a.jpg"],
  ["photos/", "photos/2026/a.jpg"],
  ["photos/*.jpg", "photos/a.jpg"],
  ["photos/**/a.*", "photos/2026/01/a.jpg"],
  ["photos/**/a.*", "photos/a.jpg"],
  ["**", "anything/at/all"],
  ["?.txt", "好.txt"],
  ["[a-c]1", "b1"],
  ["[!a-c]1", "d1"],
  ["[]]", "]"],
  ["[x", "[x"],
  ["*a*b*", "xxaxxbxx"],
  ["?", "\u{1f600}"],
  ["*\u{1f600}", "a\u{1f600}\u{1f600}"],
  ["[\u{1f600}-\u{1f64f}]", "\u{1f610}"],
  ["a/**", "a"],
  ["**/b", "a/b/c"],
])("%s names %s", (pattern, path) => {
  expect(globTest(pattern)(path)).toBe(true);
});

test.each([
  ["*.jpg", "a.jpeg"],
  ["photos/*.jpg", "photos/2026/a.jpg"],
  ["photos/*.jpg", "my/photos/a.jpg"],
  ["[a-c]1", "d1"],
  ["[!a-c]1", "b1"],
  ["", "a"],
  ["a", "ab"],
  ["A", "a"],
  ["??", "\u{1f600}"],
  ["a/b/c", "a/b"],
  ["**/d", "a/b/c"],
  ["[a-", "[b"],
])("%s does not name %s", (pattern, path) => {
  expect(globTest(pattern)(path)).toBe(false);
});

test("many stars take no longer than the lengths allow", () => {
  expect(globTest("*a".repeat(100))("a".repeat(90))).toBe(false);
});
