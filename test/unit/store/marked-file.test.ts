// Which files p2p may replace: its own, known by their mark.
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isFreeOrMarked } from "../../../src/store/marked-file.ts";

test("a name is free, ours by the mark near the beginning, or somebody else's", async () => {
  const dir = await mkdtemp(join(tmpdir(), "p2p-marked-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  await writeFile(join(dir, "ours"), "first\nmark\n");
  await writeFile(join(dir, "late"), `${"x".repeat(20)}mark`);
  await writeFile(join(dir, "theirs"), "");
  await mkdir(join(dir, "folder"));
  await symlink("gone", join(dir, "link"));
  const may = (name: string): Promise<boolean> => isFreeOrMarked(join(dir, name), "mark", 20);
  expect(await Promise.all(["none", "ours"].map(may))).toEqual([true, true]);
  expect(await Promise.all(["late", "theirs", "folder"].map(may))).toEqual([false, false, false]);
});
