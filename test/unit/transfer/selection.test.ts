import { expect, test } from "vitest";
import { selectionOf } from "../../../src/transfer/selection.ts";

const entry = (path: string, type: "file" | "directory" | "symlink", bytes = 0) =>
  ({ path, type, bytes, mode: 0o644, mtimeUs: 0 }) as unknown as Parameters<typeof selectionOf>[0]["entries"][number];

const ENTRIES = [
  entry("d", "directory"),
  entry("d/a", "file", 3),
  entry("d/e", "directory"),
  entry("d/e/b", "file", 4),
  entry("d/link", "symlink"),
];

test("takes what is chosen and the folders that it needs", () => {
  const selection = selectionOf({ entries: ENTRIES }, (path) => path === "d/e/b");
  expect(selection).toMatchObject({ files: 1, bytes: 4, unwanted: [1, 4] });
  expect(ENTRIES.map((_, index) => selection?.isWanted(index))).toEqual([true, false, true, true, false]);
});

test("everything is no selection, and nothing is an empty one", () => {
  expect(selectionOf({ entries: ENTRIES }, () => true)).toBeUndefined();
  expect(selectionOf({ entries: ENTRIES }, () => false)).toMatchObject({ isEmpty: true, unwanted: [0, 1, 2, 3, 4] });
  const folder = selectionOf({ entries: ENTRIES }, (path) => path === "d/e");
  expect(folder).toMatchObject({ files: 0, isEmpty: false, unwanted: [1, 3, 4] });
});

test("takes each folder that leads to what is chosen, and no file of its name", () => {
  const entries = [
    entry("a", "directory"),
    entry("a/b", "directory"),
    entry("a/b/c", "directory"),
    entry("a/b/c/f", "file", 1),
    entry("a/b/g", "file", 2),
    entry("a/x", "directory"),
  ];
  const selection = selectionOf({ entries }, (path) => path.endsWith("/f") || path.endsWith("/g"));
  expect(selection).toMatchObject({ files: 2, bytes: 3, unwanted: [5] });
  expect(selection?.isWanted(99)).toBe(false);
  const top = selectionOf({ entries: [entry("f", "file", 1), entry("g", "file", 2)] }, (path) => path === "g");
  expect(top).toMatchObject({ files: 1, bytes: 2, unwanted: [0] });
  const sameName = selectionOf({ entries: [entry("d", "file", 1), entry("d/f", "file", 2)] }, (path) => path === "d/f");
  expect(sameName).toMatchObject({ unwanted: [0] });
});
