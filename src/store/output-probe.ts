// Whether files can be received into a folder, found out before anything is carried: a hidden file is made there, written to
// and removed. Its name is that of a part, so a file that a killed process leaves is cleaned up as parts are.
import { dirname, join } from "node:path";
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { ErrorParams, OutputProblem } from "../lib/errors/params.ts";
import { absolutePath, errnoOf, type FileSystem, nodeFileSystem, systemReason } from "./file-system.ts";
import { probeFile } from "./probe-file.ts";
import { partName } from "./transfer/part-journal.ts";
import { newPartId } from "./transfer/part-owner.ts";

type OutputUnusable = ErrorParams<"OUTPUT_UNUSABLE">;

const PROBLEMS: Readonly<Record<string, OutputProblem>> = {
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "read-only",
  EDQUOT: "quota",
  EEXIST: "file",
  ELOOP: "circle",
  ENAMETOOLONG: "name-too-long",
};

/** File systems in which only the kernel makes files, by their magic (linux/magic.h): proc, sysfs, cgroup, cgroup2. */
const KERNEL_FILE_SYSTEMS: ReadonlySet<number> = new Set([0x9fa0, 0x62656572, 0x27e0eb, 0x63677270]);
/** The errors with which these refuse a file. */
const REFUSALS = ["ENOENT", "EACCES", "EPERM", "EINVAL"];

/** An obstacle to receiving into a folder: the path that is in the way, and why. */
class Obstacle extends Error {
  readonly at: string;
  readonly problem: OutputProblem;
  readonly kind: OutputUnusable["kind"];

  constructor(at: string, problem: OutputProblem, cause: unknown, kind?: OutputUnusable["kind"]) {
    super(problem, { cause });
    this.at = at;
    this.problem = problem;
    this.kind = kind;
  }
}

/**
 * Checks a folder that files will be received into. A folder that does not exist is not made: the nearest one above it is
 * checked.
 * @param fileSystem - the real disk unless a test passes another
 * @throws P2pError OUTPUT_UNUSABLE
 */
export async function probeOutput(dir: string, fileSystem: FileSystem = nodeFileSystem): Promise<void> {
  const path = absolutePath(dir);
  let folder: string | undefined;
  try {
    folder = await nearestFolder(path, fileSystem);
    await probeFile(join(folder, partName(newPartId())), fileSystem);
  } catch (cause) {
    const isObstacle = cause instanceof Obstacle;
    const problem = isObstacle ? cause.problem : await problemOf(cause, folder ?? path, fileSystem);
    const reason = systemReason(isObstacle ? cause.cause : cause);
    const at = isObstacle && cause.at !== path ? { at: cause.at } : {};
    const kind = isObstacle && cause.kind !== undefined ? { kind: cause.kind } : {};
    throw new P2pError("OUTPUT_UNUSABLE", { dir, problem, reason, ...at, ...kind }, { cause });
  }
}

/** @throws Obstacle when the path, or one above it, is something else than a folder; a system error */
async function nearestFolder(path: string, fs: FileSystem): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    try {
      const stats = await fs.stat(at);
      if (stats.isDirectory()) return at;
      throw new Obstacle(at, "file", undefined, kindOf(stats));
    } catch (error) {
      const errno = errnoOf(error);
      const above = dirname(at);
      // The folders above have the answer: what is no folder, or may not be looked into.
      if (errno === "ENOTDIR" && above !== at) continue;
      if (errno === "EACCES" && above !== at) throw new Obstacle(await closedFolder(above, fs), "denied", error);
      if (errno === "ELOOP") throw new Obstacle(await firstLink(at, fs), "circle", error);
      if (errno !== "ENOENT" || above === at) throw error;
      // A link to nothing cannot become a folder.
      if ((await fs.lstat(at).catch(() => undefined)) !== undefined) throw new Obstacle(at, "link", error);
    }
  }
}

/** The uppermost folder that may not be looked into. */
async function closedFolder(path: string, fs: FileSystem): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const isSeen = await fs.stat(at).then(
      () => true,
      () => false,
    );
    if (isSeen || dirname(at) === at) return at;
  }
}

/** The link itself, where names follow the one that leads in a circle. */
async function firstLink(path: string, fs: FileSystem): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const stats = await fs.lstat(at).catch(() => undefined);
    if (stats?.isSymbolicLink() === true || dirname(at) === at) return at;
  }
}

function kindOf(stats: Awaited<ReturnType<FileSystem["stat"]>>): OutputUnusable["kind"] {
  if (stats.isFile()) return "file";
  if (stats.isFIFO()) return "pipe";
  return stats.isSocket() ? "socket" : "device";
}

async function problemOf(cause: unknown, dir: string, fs: FileSystem): Promise<OutputProblem> {
  const errno = errnoOf(cause) ?? "";
  if (errno === "ENOSPC") return (await hasNoInodes(dir, fs)) ? "files" : "full";
  if (REFUSALS.includes(errno)) {
    const { type = 0 } = await fs.statfs(dir).catch(() => ({ type: 0 }));
    if (KERNEL_FILE_SYSTEMS.has(type)) return "no-files";
  }
  return PROBLEMS[errno] ?? "other";
}

/** Returns whether a disk has space but no room for another file. Disks that do not count files report 0 of 0. */
export async function hasNoInodes(path: string, fs: FileSystem): Promise<boolean> {
  const { files = 0, ffree = 0 } = await fs.statfs(path).catch(() => ({ files: 0, ffree: 0 }));
  return files > 0 && ffree === 0;
}
