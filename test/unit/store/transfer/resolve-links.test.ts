// Links of a path are resolved to the end, whether it exists or not, and loops are none.
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeFileSystem } from "../../../../src/store/file-system.ts";
import { resolveLinks } from "../../../../src/store/transfer/resolve-links.ts";

let root = "";

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "p2p-links-")));
  await mkdir(join(root, "d/e"), { recursive: true });
  await writeFile(join(root, "d/f"), "");
  await symlink("d", join(root, "relative"));
  await symlink(join(root, "d/e"), join(root, "absolute"));
  await symlink("relative/e/../f", join(root, "winding"));
  await symlink("d/not/yet", join(root, "dangling"));
  await symlink("loop-b", join(root, "loop-a"));
  await symlink("loop-a", join(root, "loop-b"));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

test.each([
  ["d/f", "d/f"],
  ["relative/f", "d/f"],
  ["absolute/x", "d/e/x"],
  ["absolute/../f", "d/f"],
  ["winding", "d/f"],
  ["dangling", "d/not/yet"],
  ["dangling/more", "d/not/yet/more"],
  ["d/f/below-a-file", "d/f/below-a-file"],
  ["./d//e/.", "d/e"],
])("%s leads to %s", async (path, end) => {
  // `join` would fold what is to be resolved.
  expect(await resolveLinks(nodeFileSystem, `${root}/${path}`)).toBe(join(root, end));
});

test.each(["loop-a", "loop-b/x", "d/missing/../f"])("%s leads nowhere", async (path) => {
  expect(await resolveLinks(nodeFileSystem, `${root}/${path}`)).toBeUndefined();
});
