// The file of a recording on a disk that fails, and among files of others.
import { mkdtemp, readdir, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FileSystem, nodeFileSystem } from "../../../../src/store/file-system.ts";
import { openRecordingFile } from "../../../../src/store/media/recording-file.ts";
import { systemError, withHandles } from "../../../support/fake-disk.ts";

const WHOLE = Buffer.from("a whole piece");

let dir = "";
let path = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "p2p-recording-"));
  path = join(dir, "got.webm");
});
afterEach(() => rm(dir, { recursive: true }));

/** A disk that writes half of what comes after the first piece, and then has no room. */
function halfFull(): FileSystem {
  return withHandles((handle) => {
    const write = handle.write.bind(handle);
    handle.write = async (from, offset, length, position) => {
      if (position === 0) return await write(from, offset, length, position);
      if (length === WHOLE.length) return await write(from, offset, Math.floor(length / 2), position);
      throw systemError("ENOSPC");
    };
  });
}

test("where the disk has no more room, the file ends with the last whole piece", async () => {
  const target = await openRecordingFile(path, "refuse", halfFull());
  await target.append([WHOLE]);
  await expect(target.append([WHOLE])).rejects.toMatchObject({ code: "DISK_FULL" });
  await target.close([]);
  expect(await readFile(path)).toEqual(WHOLE);
});

test("of pieces that are written together, those that the disk has room for stay", async () => {
  const target = await openRecordingFile(
    path,
    "refuse",
    withHandles((handle) => {
      const write = handle.write.bind(handle);
      handle.write = async (from, offset, _length, position) => {
        if (position > 0) throw systemError("ENOSPC");
        return await write(from, offset, 2 * WHOLE.length + 1, position);
      };
    }),
  );
  await expect(target.append([WHOLE, WHOLE, WHOLE])).rejects.toMatchObject({ code: "DISK_FULL" });
  await target.close([]);
  expect(await readFile(path)).toEqual(Buffer.concat([WHOLE, WHOLE]));
});

test.each(["sync", "close"] as const)("a disk that has no room only by the time of %s is told", async (when) => {
  const late = withHandles((handle) => {
    const close = handle.close.bind(handle);
    handle[when] = async () => {
      if (when === "close") await close();
      throw systemError("EDQUOT");
    };
  });
  const target = await openRecordingFile(path, "refuse", late);
  await target.append([WHOLE]);
  await expect(target.close([])).rejects.toMatchObject({ code: "DISK_FULL" });
});

test("a file that cannot take the place of another leaves that, and nothing beside it", async () => {
  await writeFile(path, "before");
  const fs: FileSystem = { ...nodeFileSystem, rename: () => Promise.reject(systemError("EPERM")) };
  const target = await openRecordingFile(path, "overwrite", fs);
  await expect(target.append([WHOLE])).rejects.toMatchObject({ code: "WRITE_FAILED" });
  await target.close([]);
  expect([await readdir(dir), await readFile(path, "utf8")]).toEqual([["got.webm"], "before"]);
});

describe("a file into which nothing came", () => {
  test("is gone", async () => {
    await (await openRecordingFile(path, "refuse", nodeFileSystem)).close([]);
    expect(await readdir(dir)).toEqual([]);
  });

  test("is no matter where somebody has removed it", async () => {
    const target = await openRecordingFile(path, "refuse", nodeFileSystem);
    await unlink(path);
    await target.close([]);
    expect(await readdir(dir)).toEqual([]);
  });

  test("is not what somebody has put in its place", async () => {
    const target = await openRecordingFile(path, "refuse", nodeFileSystem);
    await unlink(path);
    await writeFile(path, "somebody's");
    await target.close([]);
    expect(await readFile(path, "utf8")).toBe("somebody's");
  });
});

test("names that are taken are numbered up to a limit", async () => {
  let asked = 0;
  const fs: FileSystem = {
    ...nodeFileSystem,
    open: () => {
      asked += 1;
      return Promise.reject(systemError("EEXIST"));
    },
  };
  await expect(openRecordingFile(path, "rename", fs)).rejects.toMatchObject({ code: "RECORDING_EXISTS" });
  expect(asked).toBe(10_000);
});

test("a long name leaves room for its number, and keeps its ending", async () => {
  const long = join(dir, `${"n".repeat(250)}.webm`);
  await writeFile(long, "before");
  const target = await openRecordingFile(long, "rename", nodeFileSystem);
  await target.append([WHOLE]);
  await target.close([]);
  expect(target.path).toMatch(/n \(1\)\.webm$/);
});
