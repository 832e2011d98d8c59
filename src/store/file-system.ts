// The part of node:fs that file-source, file-sink and send-plan use, as a port: tests hand in one that fails,
// fills up or behaves like another system's.
import type { Stats } from "node:fs";
import { fchmodSync, fstatSync, futimesSync, lstatSync } from "node:fs";
import * as promises from "node:fs/promises";

export type FileSystem = Pick<
  typeof promises,
  | "access"
  | "chmod"
  | "link"
  | "lstat"
  | "mkdir"
  | "open"
  | "readdir"
  | "realpath"
  | "rename"
  | "stat"
  | "statfs"
  | "unlink"
  | "utimes"
> & {
  // Attributes of what is open or was just looked up. The system has them in memory: the way through the thread
  // pool and back costs more than the call, and small files need four of them each.
  readonly fchmodSync: (fd: number, mode: number) => void;
  readonly fstatSync: (fd: number) => Stats;
  readonly futimesSync: (fd: number, atime: number, mtime: number) => void;
  readonly lstatSync: (path: string) => Stats;
};

/** The real one. */
export const nodeFileSystem: FileSystem = { ...promises, fchmodSync, fstatSync, futimesSync, lstatSync };

/** `ENOENT` and the like of what a file system function threw; undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** What the system says about a failure, for the `reason` of a P2pError: `EACCES: permission denied`. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node appends `, open '/path'`: the path stands in the sentence already.
  return error.message.split(", ")[0] ?? error.message;
}
