// Whether a folder can take files, before anything is carried; nothing stays of the question.
import { lstat, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FileSystem, nodeFileSystem } from "../../../src/store/file-system.ts";
import { probeOutput } from "../../../src/store/output-probe.ts";
import { systemError, withHandles } from "../../support/fake-disk.ts";
import { makeTempDir, removeTempDir } from "../../support/transfer-pair.ts";

let dir: string;

beforeEach(async () => {
  dir = await makeTempDir();
});

afterEach(async () => {
  expect((await readdir(dir)).filter((name) => name.startsWith(".p2p-"))).toEqual([]);
  await removeTempDir(dir);
});

const refusingToOpen = (code: string): FileSystem => ({
  ...nodeFileSystem,
  open: () => Promise.reject(systemError(code)),
});

const fullOnWriting = (counts: { files: number; ffree: number }): FileSystem => ({
  ...withHandles((handle) => {
    handle.write = () => Promise.reject(systemError("ENOSPC"));
  }),
  statfs: async () => ({ bavail: 1, bsize: 1, ...counts }),
});

describe("a folder", () => {
  it("that can be written to is fine, and one below it that is still to be made", async () => {
    await probeOutput(dir);
    await probeOutput(join(dir, "a/b/c"));
    expect(await readdir(dir)).toEqual([]);
  });

  it.each<[string, FileSystem, string]>([
    ["EACCES", refusingToOpen("EACCES"), "denied"],
    ["EROFS", refusingToOpen("EROFS"), "read-only"],
    ["EDQUOT", refusingToOpen("EDQUOT"), "quota"],
    ["EIO", refusingToOpen("EIO"), "other"],
    ["ENOSPC", fullOnWriting({ files: 100, ffree: 50 }), "full"],
    ["ENOSPC on a disk that does not count files", fullOnWriting({ files: 0, ffree: 0 }), "full"],
    ["ENOSPC with no inodes", fullOnWriting({ files: 100, ffree: 0 }), "files"],
  ])("that fails with %s is told", async (_, fileSystem, problem) => {
    await expect(probeOutput(dir, fileSystem)).rejects.toMatchObject({
      code: "OUTPUT_UNUSABLE",
      exit: 8,
      params: { dir, problem },
    });
  });

  it("that is a file, or lies below one, or is a link to nothing is told", async () => {
    await writeFile(join(dir, "file"), "");
    await symlink("nowhere", join(dir, "link"));
    for (const [path, problem] of [
      ["file", "file"],
      ["file/below", "file"],
      ["link", "link"],
      ["link/below", "link"],
    ] as const) {
      await expect(probeOutput(join(dir, path)), path).rejects.toMatchObject({ params: { problem } });
    }
    expect((await lstat(join(dir, "link"))).isSymbolicLink()).toBe(true);
  });

  it("that is reached by a link is fine", async () => {
    await mkdir(join(dir, "real"));
    await symlink("real", join(dir, "link"));
    await probeOutput(join(dir, "link"));
  });
});
