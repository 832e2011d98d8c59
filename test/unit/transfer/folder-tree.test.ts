import fc from "fast-check";
import { expect, it } from "vitest";
import { FolderTree, ROOT_FOLDER } from "../../../src/transfer/folder-tree.ts";

const PATHS = fc.array(fc.array(fc.constantFrom("a", "b", "1", "名", "a b"), { maxLength: 6 }), { maxLength: 40 });

it("gives one number to one folder, and its names back", () => {
  fc.assert(
    fc.property(PATHS, (paths) => {
      const tree = new FolderTree();
      const numbers = new Map<string, number>();
      for (const segments of paths) {
        const folder = tree.add(segments, segments.length);
        expect(numbers.get(segments.join("/")) ?? folder).toBe(folder);
        numbers.set(segments.join("/"), folder);
        expect(tree.segmentsOf(folder)).toEqual(segments);
        expect(tree.outermostOf(folder)).toBe(tree.add(segments, Math.min(1, segments.length)));
      }
      const prefixes = paths.flatMap((segments) => segments.map((_, at) => segments.slice(0, at + 1).join("/")));
      expect(tree.count).toBe(new Set(prefixes).size);
      tree.seal();
      for (const [path, folder] of numbers) expect(tree.segmentsOf(folder).join("/")).toBe(path);
    }),
  );
});

it("numbers a folder after the one around it, and keeps each name once", () => {
  const tree = new FolderTree();
  const depth = 255;
  const segments = Array.from({ length: depth }, (_, at) => `folder-${at}`);
  for (let file = 0; file < 100; file += 1) tree.add([...segments, `${file}`], depth);
  expect(tree.count).toBe(depth);
  for (let folder = 1; folder <= tree.count; folder += 1) expect(tree.parentOf(folder)).toBeLessThan(folder);
  expect(tree.parentOf(1)).toBe(ROOT_FOLDER);
});
