// Whether a folder can take files, before anything is carried; nothing stays of the question.
import { lstat, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FileSystem, nodeFileSystem } from "../../../src/store/file-system.ts";
import type { P2pError } from "../../../src/lib/errors/p2p-error.ts";
import { toP2pError } from "../../../src/lib/errors/p2p-error.ts";
import { errorText } from "../../../src/words/errors.ts";
import { probeOutput } from "../../../src/store/output-probe.ts";
import { systemError, withHandles } from "../../support/fake-disk.ts";
import { ODD_FILES } from "../../support/odd-files.ts";
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

  it.each([
    ["/proc/x", "no-files", "en", "its file system takes no new files, as /proc and /sys"],
    ["/sys", "no-files", "zh", "它所在的文件系统不能新建文件，例如 /proc 和 /sys"],
    ["/dev/null", "file", "en", "it is a device, not a folder"],
    ["/dev/null/x", "file", "en", "/dev/null is a device, not a folder"],
    [`/tmp/${"n".repeat(300)}`, "name-too-long", "en", "a name in it is too long"],
  ] as const)("%s is none, for the cause that is true", async (path, problem, lang, words) => {
    const error = await probeOutput(path).catch(toP2pError);
    expect(error).toMatchObject({ params: { problem } });
    expect(errorText(error as P2pError, lang).message).toContain(words);
  });

  it("that a circle of links stands for, or lies behind a closed folder, is told with what is in the way", async () => {
    await symlink("circle", join(dir, "circle"));
    await expect(probeOutput(join(dir, "circle/below"))).rejects.toMatchObject({
      params: { problem: "circle", at: join(dir, "circle") },
    });
    const closed: FileSystem = {
      ...nodeFileSystem,
      stat: (path) =>
        path.startsWith(join(dir, "closed/")) ? Promise.reject(systemError("EACCES")) : nodeFileSystem.stat(path),
    };
    await mkdir(join(dir, "closed"));
    await expect(probeOutput(join(dir, "closed/a/b"), closed)).rejects.toMatchObject({
      params: { problem: "denied", at: join(dir, "closed") },
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

  it.each(["file", "pipe", "socket"] as const)("that is a %s is told by its kind", async (kind) => {
    const path = join(dir, kind);
    await (kind === "file" ? writeFile(path, "") : ODD_FILES[kind](path));
    await expect(probeOutput(path)).rejects.toMatchObject({ params: { problem: "file", kind } });
  });

  it("that fails as a whole is told without what would be in its way", async () => {
    const reason = "EROFS: made by a test";
    const error = await probeOutput(dir, refusingToOpen("EROFS")).catch(toP2pError);
    expect((error as P2pError).params).toStrictEqual({ dir, problem: "read-only", reason });
  });

  it.each([
    ["ENOTDIR", "/a", "other", undefined],
    ["ENOENT", "/a", "other", undefined],
    ["EACCES", "/a/b", "denied", "/"],
    ["ELOOP", "/a/b", "circle", "/"],
  ])("on a disk that answers nothing but %s is told, and looked for no further than the root", async (...row) => {
    const [code, path, problem, at] = row;
    const refuse = (): Promise<never> => Promise.reject(systemError(code));
    const nothing: FileSystem = { ...nodeFileSystem, stat: refuse, lstat: refuse, statfs: refuse };
    await expect(probeOutput(path, nothing)).rejects.toMatchObject({ params: { dir: path, problem } });
    const error = await probeOutput(path, nothing).catch(toP2pError);
    expect((error as P2pError<"OUTPUT_UNUSABLE">).params.at).toBe(at);
  });

  it.each([
    ["EROFS", 0x9fa0, "read-only"],
    ["EACCES", undefined, "denied"],
    ["ENOSPC", undefined, "full"],
  ])("that fails with %s, and is of the kind %s, is %s", async (code, type, problem) => {
    const fileSystem: FileSystem = {
      ...refusingToOpen(code),
      statfs: () =>
        type === undefined ? Promise.reject(systemError("ENOSYS")) : Promise.resolve({ bavail: 1, bsize: 1, type }),
    };
    await expect(probeOutput(dir, fileSystem)).rejects.toMatchObject({ params: { problem } });
  });

  it("is written a whole block, however little a call takes, and let go", async () => {
    const written: [number, number, number][] = [];
    let closed = 0;
    const slow = withHandles((handle) => {
      const close = handle.close.bind(handle);
      handle.write = async (_block, offset, length, position) => {
        written.push([offset, length, position]);
        return { bytesWritten: 1_500 };
      };
      handle.close = async () => {
        closed += 1;
        await close();
      };
    });
    await probeOutput(dir, slow);
    expect(written).toEqual([
      [0, 4_096, 0],
      [1_500, 2_596, 1_500],
      [3_000, 1_096, 3_000],
    ]);
    expect(closed).toBe(1);
  });

  it("that is reached by a link is fine", async () => {
    await mkdir(join(dir, "real"));
    await symlink("real", join(dir, "link"));
    await probeOutput(join(dir, "link"));
  });
});
