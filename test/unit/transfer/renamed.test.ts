import { expect, test, vi } from "vitest";
import { safeRelativePath } from "../../../src/transfer/names.ts";
import { MAX_TOLD_RENAMED, MAX_TOLD_RENAMED_BYTES, renamedEntries } from "../../../src/transfer/renamed.ts";

const renamed = (...paths: string[]) => renamedEntries(paths.map((path) => ({ path })));

test.each([
  ["d/.p2p-notes.txt", "d/_.p2p-notes.txt"],
  [".P2P-x", "_.P2P-x"],
  ["a\\b", "a_b"],
  ["d/line\nfeed", "d/line_feed"],
  ["txt\u202eexe", "txt_exe"],
  ["caf\udce9\\", "caf\\xe9_"],
])("%j becomes %j, as on the disk", (path, as) => {
  expect(renamed(path).told.map((one) => one.as)).toEqual([as]);
  const safe = safeRelativePath(path, "linux");
  expect(safe.ok && safe.segments.join("/").replace("\udce9", "\\xe9")).toBe(as);
});

test("what stays is not told, nor what is in a folder that is", () => {
  expect(renamed("f", "d/p2p-x", ".p2p", "zażółć", "caf\udce9", ".p2p-d/f")).toEqual({ count: 0, told: [] });
  expect(renamed(".p2p-d", ".p2p-d/f")).toEqual({ count: 1, told: [{ path: ".p2p-d", as: "_.p2p-d" }] });
});

test("the first are told, all are counted", () => {
  const short = Array.from({ length: MAX_TOLD_RENAMED + 5 }, (_, at) => `.p2p-${at}`);
  expect(renamed(...short)).toMatchObject({ count: MAX_TOLD_RENAMED + 5 });
  expect(renamed(...short).told).toHaveLength(MAX_TOLD_RENAMED);
  const long = Array.from({ length: 50 }, () => `${"dddd/".repeat(200)}.p2p-x`);
  const { count, told } = renamed(...long);
  expect(count).toBe(50);
  expect(told).toHaveLength(Math.floor(MAX_TOLD_RENAMED_BYTES / 2_013));
});

test("names that are only counted are not repaired", () => {
  const replaced = vi.spyOn(String.prototype, "replace");
  renamed(...Array.from({ length: 1_000 }, (_, at) => `d/\u0001${at}`));
  const all = replaced.mock.calls.length;
  replaced.mockClear();
  renamed(...Array.from({ length: MAX_TOLD_RENAMED }, (_, at) => `d/\u0001${at}`));
  const told = replaced.mock.calls.length;
  replaced.mockRestore();
  expect(told).toBeGreaterThan(0);
  expect(all).toBe(told);
});
