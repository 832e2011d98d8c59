// A list of entries, as it is made here and as it is checked when it comes from the peer.
import { describe, expect, test } from "vitest";
import { MAX_ENTRIES } from "../../../src/transfer/limits.ts";
import { makeManifest, ManifestReader } from "../../../src/transfer/manifest.ts";
import type { NameRules } from "../../../src/transfer/names.ts";
import { entryOf, folderOf, received, symlinkOf } from "../../support/engine-pair.ts";

const reader = (entries: number, rules: NameRules = "posix", files = 0, bytes = 0): ManifestReader =>
  new ManifestReader({ entries, files, bytes }, rules);

describe("our own list", () => {
  test("has its sums, and no more entries than a proposal may have", () => {
    const entries = [folderOf("d"), entryOf("d/a", 3), symlinkOf("d/l", "a"), entryOf("d/b", 4)];
    expect(makeManifest(entries)).toEqual({ entries, files: 2, bytes: 7 });
    const most = Array.from({ length: MAX_ENTRIES }, () => folderOf("d"));
    expect(makeManifest(most).entries).toBe(most);
    expect(() => makeManifest([...most, folderOf("e")])).toThrow(RangeError);
  });

  test("has no more bytes than can be counted", () => {
    const almost = entryOf("a", Number.MAX_SAFE_INTEGER - 1);
    expect(makeManifest([almost, entryOf("b", 1)]).bytes).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => makeManifest([almost, entryOf("b", 2)])).toThrow(RangeError);
  });
});

describe("a list of the peer", () => {
  test("says for each entry in which folder it is, and which folders there are", () => {
    const { folders, folderOf: places } = received([
      folderOf("a/b"),
      entryOf("a/b/f", 1),
      entryOf("g", 1),
      symlinkOf("a/c/l", "x"),
    ]);
    expect([...places].map((folder) => folders.segmentsOf(folder).join("/"))).toEqual(["a/b", "a/b", "", "a/c"]);
    expect(folders.count).toBe(3);
  });

  test("costs nothing for entries that have not come, however many are proposed", () => {
    const before = process.memoryUsage().arrayBuffers;
    const open = Array.from({ length: 200 }, () => reader(MAX_ENTRIES));
    for (const one of open) one.add(0, [folderOf("d")]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
    expect(open.map(({ expectedEntries }) => expectedEntries)).toContain(MAX_ENTRIES);
  });

  test("costs its paths and the targets of its links", () => {
    const open = reader(4);
    open.add(0, [entryOf("a/ü", 0), symlinkOf("a/l", "数")]);
    expect([open.pathBytes, open.folderCount, open.isComplete, open.expectedEntries]).toEqual([10, 1, false, 4]);
    open.add(2, [entryOf("a/c", 0), entryOf("b/d", 0)]);
    expect([open.pathBytes, open.folderCount, open.isComplete]).toEqual([16, 2, true]);
  });

  test.each<[NameRules, string | undefined]>([
    ["linux", undefined],
    ["posix", "a path is not UTF-8"],
    ["windows", "a path is not UTF-8"],
  ])("has names of any bytes on %s: %s", (rules, detail) => {
    expect(reader(2, rules).add(0, [folderOf("caf\udce9")])).toEqual(detail && { kind: "broken", detail });
  });

  test.each<[NameRules, object | undefined]>([
    ["linux", undefined],
    ["posix", undefined],
    ["windows", { kind: "broken", detail: "a symbolic link to a side that takes none" }],
  ])("has links on %s: %j", (rules, problem) => {
    expect(reader(2, rules).add(0, [symlinkOf("d/l", "f")])).toEqual(problem);
  });

  test("has no links that lead out of what was sent", () => {
    for (const target of ["../f", "/f", ""]) {
      const detail = "path 'd/l' (a link that leads out)";
      expect(reader(2).add(0, [symlinkOf("d/l", target)])).toEqual({
        kind: "refused",
        why: { reason: "unsafe-path", detail },
      });
    }
  });

  test("has no path twice, and a bad one is told by its beginning", () => {
    expect(reader(2).add(0, [entryOf("f", 0), folderOf("f")])).toMatchObject({
      why: { detail: "path 'f' twice" },
    });
    const problem = reader(2).add(0, [entryOf(`${"x".repeat(100)}/../y`, 0)]);
    expect(problem).toMatchObject({ kind: "refused", why: { detail: `path '${"x".repeat(80)}' (dot-segment)` } });
  });

  test.each([
    [1, 4],
    [3, 4],
    [2, 5],
  ])("of two files and four bytes is not one of %i files and %i bytes", (files, bytes) => {
    const detail = "files and bytes of the proposal do not add up";
    const entries = [entryOf("a", 1), entryOf("b", 3)];
    expect(reader(2, "posix", files, bytes).add(0, entries)).toEqual({ kind: "broken", detail });
    expect(reader(2, "posix", 2, 4).add(0, entries)).toBeUndefined();
    // What is missing may still come.
    expect(reader(3, "posix", files, bytes).add(0, entries)).toBeUndefined();
  });
});
