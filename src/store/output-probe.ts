// Whether files can be received into a folder, found out before anything is carried: a hidden file is made there, written to
// and removed. Its name is that of a part, so a file that a killed process leaves is cleaned up as parts are.
import { constants } from "node:fs";
import { dirname, join } from "node:path";
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { OutputProblem } from "../lib/errors/params.ts";
import {
  absolutePath,
  type DiskHandle,
  errnoOf,
  type FileSystem,
  nodeFileSystem,
  systemReason,
} from "./file-system.ts";
import { partName } from "./transfer/part-journal.ts";
import { newPartId } from "./transfer/part-owner.ts";

const PROBE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
const OWNER_ONLY = 0o600;
/** One block of every common file system, so that a full one has no room for it. */
const PROBE_BYTES = 4096;

const PROBLEMS: Readonly<Record<string, OutputProblem>> = {
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "read-only",
  EDQUOT: "quota",
  ENOTDIR: "file",
  EEXIST: "file",
};

/**
 * Checks a folder that files will be received into. A folder that does not exist is not made: the nearest one above it is
 * checked.
 * @param fileSystem - the real disk unless a test passes another
 * @throws P2pError OUTPUT_UNUSABLE
 */
export async function probeOutput(dir: string, fileSystem: FileSystem = nodeFileSystem): Promise<void> {
  try {
    await probe(await nearestFolder(absolutePath(dir), fileSystem), fileSystem);
  } catch (cause) {
    const problem = await problemOf(cause, absolutePath(dir), fileSystem);
    throw new P2pError("OUTPUT_UNUSABLE", { dir, problem, reason: systemReason(cause) }, { cause });
  }
}

/** @throws a system error; ENOTDIR when the path, or one above it, is something else than a folder */
async function nearestFolder(path: string, fs: FileSystem): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    try {
      if ((await fs.stat(at)).isDirectory()) return at;
      throw Object.assign(new Error("ENOTDIR: not a directory"), { code: "ENOTDIR" });
    } catch (error) {
      if (errnoOf(error) !== "ENOENT" || dirname(at) === at) throw error;
      // A link to nothing cannot become a folder.
      if ((await fs.lstat(at).catch(() => undefined)) !== undefined) throw error;
    }
  }
}

async function probe(folder: string, fs: FileSystem): Promise<void> {
  const path = join(folder, partName(newPartId()));
  const handle = await fs.open(path, PROBE_FLAGS, OWNER_ONLY);
  try {
    // It has no name any more when anything ends this process.
    await fs.unlink(path);
    await writeBlock(handle);
  } finally {
    await handle.close().catch(() => {});
  }
}

async function writeBlock(handle: DiskHandle): Promise<void> {
  const block = new Uint8Array(PROBE_BYTES);
  for (let at = 0; at < block.length; ) at += (await handle.write(block, at, block.length - at, at)).bytesWritten;
}

async function problemOf(cause: unknown, dir: string, fs: FileSystem): Promise<OutputProblem> {
  const errno = errnoOf(cause) ?? "";
  if (errno === "ENOSPC") return (await hasNoInodes(dir, fs)) ? "files" : "full";
  if (errno === "ENOENT") return "link";
  return PROBLEMS[errno] ?? "other";
}

/** Returns whether a disk has space but no room for another file. Disks that do not count files report 0 of 0. */
export async function hasNoInodes(path: string, fs: FileSystem): Promise<boolean> {
  const { files = 0, ffree = 0 } = await fs.statfs(path).catch(() => ({ files: 0, ffree: 0 }));
  return files > 0 && ffree === 0;
}
