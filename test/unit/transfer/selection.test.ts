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
  expect(selection).toMatchObject({ files: 1, bytes: 4, unwantedFiles: [1], unwanted: [1, 4] });
  expect(ENTRIES.map((_, index) => selection?.isWanted(index))).toEqual([true, false, true, true, false]);
});

test("everything is no selection, and nothing has no files", () => {
  expect(selectionOf({ entries: ENTRIES }, () => true)).toBeUndefined();
  expect(selectionOf({ entries: ENTRIES }, () => false)).toMatchObject({ files: 0, unwanted: [0, 1, 2, 3, 4] });
});
