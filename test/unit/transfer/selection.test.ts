import { expect, test, vi } from "vitest";
import type { Entry } from "../../../src/transfer/frames.ts";
import { ManifestReader, type ReceivedManifest } from "../../../src/transfer/manifest.ts";
import { selectionOf } from "../../../src/transfer/selection.ts";

const entry = (path: string, type: Entry["type"], bytes = 0): Entry => ({
  path,
  type,
  bytes,
  mode: 0o644,
  mtimeUs: 0,
  ...(type === "symlink" ? { target: "a" } : {}),
});

/** A whole proposal of these. */
function proposal(...entries: Entry[]): ReceivedManifest {
  const files = entries.filter(({ type }) => type === "file").length;
  const bytes = entries.reduce((sum, each) => sum + each.bytes, 0);
  const reader = new ManifestReader({ entries: entries.length, files, bytes }, "posix");
  expect(reader.add(0, entries)).toBeUndefined();
  return reader.take();
}

const ENTRIES = [
  entry("d", "directory"),
  entry("d/a", "file", 3),
  entry("d/e", "directory"),
  entry("d/e/b", "file", 4),
  entry("d/link", "symlink"),
];

test("takes what is chosen and the folders that it needs", () => {
  const selection = selectionOf(proposal(...ENTRIES), (path) => path === "d/e/b");
  expect(selection).toMatchObject({ files: 1, bytes: 4, unwanted: [1, 4] });
  expect(ENTRIES.map((_, index) => selection?.isWanted(index))).toEqual([true, false, true, true, false]);
});

test("everything is no selection, and nothing is an empty one", () => {
  expect(selectionOf(proposal(...ENTRIES), () => true)).toBeUndefined();
  expect(selectionOf(proposal(...ENTRIES), () => false)).toMatchObject({ isEmpty: true, unwanted: [0, 1, 2, 3, 4] });
  const folder = selectionOf(proposal(...ENTRIES), (path) => path === "d/e");
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
  const selection = selectionOf(proposal(...entries), (path) => path.endsWith("/f") || path.endsWith("/g"));
  expect(selection).toMatchObject({ files: 2, bytes: 3, unwanted: [5] });
  expect(selection?.isWanted(99)).toBe(false);
  const top = selectionOf(proposal(entry("f", "file", 1), entry("g", "file", 2)), (path) => path === "g");
  expect(top).toMatchObject({ files: 1, bytes: 2, unwanted: [0] });
  const sameName = selectionOf(proposal(entry("d", "file", 1), entry("d/f", "file", 2)), (path) => path === "d/f");
  expect(sameName).toMatchObject({ unwanted: [0] });
});

test("looks at each folder once, however deep and many the paths are", () => {
  const deep = (at: number): string => `${at}${"/f".repeat(250)}`;
  const entries = Array.from({ length: 500 }, (_, at) => entry(deep(at), "file", 1));
  const manifest = proposal(...entries, entry("0/f", "directory"), entry("none", "file", 1));
  const looks = vi.spyOn(manifest.folders, "parentOf");
  const asked: string[] = [];
  const selection = selectionOf(manifest, (path) => asked.push(path) > 0 && path !== "none");
  expect(selection).toMatchObject({ files: 500, unwanted: [501] });
  expect(asked).toHaveLength(502);
  expect(looks.mock.calls.length).toBeLessThanOrEqual(manifest.folders.count);
});
