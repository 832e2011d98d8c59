// The file system port: the part of node:fs that file-source, file-sink and send-plan use. Tests pass one that fails,
// fills up or behaves like another system's. Paths are strings; bytes that are not UTF-8 stand in them as
// lib/byte-names.ts says, in both directions.
import type { Stats } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { fchmodSync, fstatSync, futimesSync, lstatSync, readlinkSync } from "node:fs";
import * as promises from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { decodeName, encodeName, isByteName } from "../lib/byte-names.ts";
import { clampTimeUs } from "../transfer/attributes.ts";

/** An open file; positions and lengths are in bytes. */
export interface DiskHandle {
  readonly fd: number;
  read(into: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  write(from: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>;
  writev(parts: readonly Uint8Array[], position: number): Promise<{ bytesWritten: number }>;
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

/** Seconds since 1970, as a number or as a numeric string. */
export type SystemTime = number | string;

export interface FileSystem {
  /** Files have permission bits of their own; Windows makes them up. */
  readonly hasModes: boolean;
  /** The permission bits that new files of this process do not get. */
  readonly umask: () => number;
  access(path: string, mode: number): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  link(from: string, to: string): Promise<void>;
  lstat(path: string): Promise<Stats>;
  mkdir(path: string, options: { mode?: number; recursive?: boolean }): Promise<string | undefined>;
  lutimes(path: string, atime: SystemTime, mtime: SystemTime): Promise<void>;
  open(path: string, flags: number, mode?: number): Promise<DiskHandle>;
  /** Names without `.` and `..`. */
  readdir(path: string): Promise<string[]>;
  readlink(path: string): Promise<string>;
  realpath(path: string): Promise<string>;
  rename(from: string, to: string): Promise<void>;
  stat(path: string): Promise<Stats>;
  /** `files`: how many the disk can have, 0 when it does not count them; `ffree`: how many more; `type`: Linux's magic. */
  statfs(path: string): Promise<{ bavail: number; bsize: number; files?: number; ffree?: number; type?: number }>;
  symlink(target: string, path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  utimes(path: string, atime: SystemTime, mtime: SystemTime): Promise<void>;
  // These calls are for files that are open or were just looked up. The system has their attributes in memory: the
  // round trip through the thread pool costs more than the call, and each small file needs four of them.
  readonly fchmodSync: (fd: number, mode: number) => void;
  readonly fstatSync: (fd: number) => Stats;
  readonly futimesSync: (fd: number, atime: SystemTime, mtime: SystemTime) => void;
  readonly lstatSync: (path: string) => Stats;
  /** Returns the real path of an open file, without links; undefined where the system does not report it. */
  readonly pathOfOpen: (fd: number) => string | undefined;
}

/** A path for node:fs, which takes bytes as a Buffer only. */
export function systemPath(path: string): string | Buffer {
  return isByteName(path) ? Buffer.from(encodeName(path)) : path;
}

/** Node puts this character in the place of bytes that are not UTF-8; it may also be part of a name. */
const REPLACEMENT = "\ufffd";

const plainFileSystem: FileSystem = {
  access: (path, mode) => promises.access(systemPath(path), mode),
  chmod: (path, mode) => promises.chmod(systemPath(path), mode),
  link: (from, to) => promises.link(systemPath(from), systemPath(to)),
  lstat: (path) => promises.lstat(systemPath(path)),
  mkdir: (path, options) => promises.mkdir(systemPath(path), options),
  lutimes: (path, atime, mtime) => promises.lutimes(systemPath(path), atime, mtime),
  open: (path, flags, mode) => promises.open(systemPath(path), flags, mode),
  readdir: async (path) => {
    const names = await promises.readdir(systemPath(path));
    // Almost every folder is read once only.
    if (!names.some((name) => name.includes(REPLACEMENT))) return names;
    return (await promises.readdir(systemPath(path), { encoding: "buffer" })).map((name) => decodeName(name));
  },
  readlink: async (path) => {
    const target = await promises.readlink(systemPath(path));
    if (!target.includes(REPLACEMENT)) return target;
    return decodeName(await promises.readlink(systemPath(path), { encoding: "buffer" }));
  },
  realpath: async (path) => {
    const real = await promises.realpath(systemPath(path));
    if (!real.includes(REPLACEMENT)) return real;
    return decodeName(await promises.realpath(systemPath(path), { encoding: "buffer" }));
  },
  rename: (from, to) => promises.rename(systemPath(from), systemPath(to)),
  stat: (path) => promises.stat(systemPath(path)),
  statfs: (path) => promises.statfs(systemPath(path)),
  symlink: (target, path) => promises.symlink(systemPath(target), systemPath(path)),
  unlink: (path) => promises.unlink(systemPath(path)),
  utimes: (path, atime, mtime) => promises.utimes(systemPath(path), atime, mtime),
  umask: () => process.umask(),
  hasModes: process.platform !== "win32",
  fchmodSync,
  fstatSync,
  futimesSync,
  lstatSync: (path) => lstatSync(systemPath(path)),
  pathOfOpen,
};

/** The real file system. */
export const nodeFileSystem: FileSystem =
  process.platform === "win32" ? waitingForHolders(plainFileSystem, pause) : plainFileSystem;

/** Codes of a file that is held. Each may also be a lasting refusal, which is thrown once the time is over. */
const HELD = new Set(["EACCES", "EBUSY", "EPERM"]);
const FIRST_WAIT_MS = 10;
/** The waits double; together they are 2.55 s, which the scanner of a large file may take. */
const WAITS = 8;

/** Returns whether a call may have failed only because another program holds the file. */
export function isHeld(error: unknown): boolean {
  return HELD.has(errnoOf(error) ?? "");
}

/** Returns whether a file was written and could not be put in its place, which another program may hold. */
export function isHeldName(error: unknown): boolean {
  return isHeld(error) && error instanceof Error && "syscall" in error && error.syscall === "rename";
}

/**
 * Makes the calls that change names wait for whoever holds a file. Windows refuses to rename, replace or remove a file
 * while a program has it open without sharing it, as virus scanners, sync clients and editors do for a moment.
 * @param wait - resolves after so many milliseconds
 */
export function waitingForHolders<F extends Pick<FileSystem, "link" | "rename" | "unlink">>(
  fileSystem: F,
  wait: (ms: number) => Promise<unknown>,
): F {
  const { link, rename, unlink } = fileSystem;
  return {
    ...fileSystem,
    // EPERM of a link means that the disk has none.
    link: async (from: string, to: string) => await whileHeld(() => link(from, to), new Set(["EBUSY"]), wait),
    rename: async (from: string, to: string) => await whileHeld(() => rename(from, to), HELD, wait),
    unlink: async (path: string) => await whileHeld(() => unlink(path), HELD, wait),
  };
}

async function whileHeld(
  change: () => Promise<void>,
  held: ReadonlySet<string>,
  wait: (ms: number) => Promise<unknown>,
): Promise<void> {
  for (let waited = 0; ; waited += 1) {
    try {
      await change();
      return;
    } catch (error) {
      if (!held.has(errnoOf(error) ?? "") || waited === WAITS) throw error;
    }
    await wait(FIRST_WAIT_MS * 2 ** waited);
  }
}

/** Linux reports the path; a file that no longer has a name is reported as a path that does not exist. */
function pathOfOpen(fd: number): string | undefined {
  try {
    return decodeName(readlinkSync(`/proc/self/fd/${fd}`, { encoding: "buffer" }));
  } catch {
    return undefined;
  }
}

/** Returns an absolute path, also where the working directory has a name that is not UTF-8. */
export function absolutePath(path: string): string {
  const cwd = process.cwd();
  if (isAbsolute(path) || !cwd.includes(REPLACEMENT)) return resolve(path);
  return join(decodeName(readlinkSync("/proc/self/cwd", { encoding: "buffer" })), path);
}

/** Returns the code (`ENOENT` etc.) of an error that a file system function threw; undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Error codes of a pipe or a socket whose reader has closed its end; on Windows EOF. */
const READER_GONE = new Set(["EPIPE", "EOF", "ERR_STREAM_DESTROYED"]);

/** Returns whether writing to a stream failed only because nobody reads it any more. */
export function isReaderGone(error: unknown): boolean {
  return READER_GONE.has(errnoOf(error) ?? "");
}

/** The numbers that tell a file from all others. */
export type FileIdentity = Pick<Stats, "dev" | "ino">;

/**
 * Returns whether two looks were at the same file. Some versions of Node for Windows (of early 2025) give all 64
 * bits of the disk's number for a path and 32 of them for an open file, so there the number of the file alone decides.
 */
export function isSameFile(one: FileIdentity, other: FileIdentity, platform = process.platform): boolean {
  return one.ino === other.ino && (one.dev === other.dev || platform === "win32");
}

/** Returns the modification time in microseconds since 1970, clamped to the years 1 to 9999. */
export function mtimeUs(stats: Stats): number {
  return clampTimeUs(Math.floor(stats.mtimeMs * 1_000));
}

/** Returns the system's message for a failure, for the `reason` of a P2pError: `EACCES: permission denied`. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node appends `, open '/path'`, but the sentence contains the path already.
  return error.message.split(", ")[0] ?? error.message;
}
