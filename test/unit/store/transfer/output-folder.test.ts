// Folders below the output folder, and whether a path leads into one.
import { sep } from "node:path";
import { expect, test } from "vitest";
import { inFolder, isInside, OutputFolder } from "../../../../src/store/transfer/output-folder.ts";

test("a folder's path is built from the names above it", () => {
  const root = new OutputFolder(undefined, `${sep}out`, false, { dev: 1, ino: 1 });
  const inner = new OutputFolder(new OutputFolder(root, "a", true, { dev: 1, ino: 2 }), "b", true, { dev: 1, ino: 3 });
  expect(inner.path).toBe([`${sep}out`, "a", "b"].join(sep));
  expect(root.path).toBe(`${sep}out`);
});

test("a path in the root of the disk has one separator", () => {
  expect(inFolder(sep, ["a"])).toBe(`${sep}a`);
  expect(inFolder(`${sep}a`, [])).toBe(`${sep}a`);
});

test.each([
  ["/out", true],
  ["/out/a", true],
  ["/outside", false],
  ["/", false],
])("%s is inside of /out: %s", (path, is) => {
  expect(isInside(path.replaceAll("/", sep), `${sep}out`)).toBe(is);
});
