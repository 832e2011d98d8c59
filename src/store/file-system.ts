// The part of node:fs/promises that file-source, file-sink and send-plan use, as a port: tests hand in one that
// fails, fills up or behaves like another system's.
import * as fs from "node:fs/promises";

export type FileSystem = Pick<
  typeof fs,
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
>;

/** The real one. */
export const nodeFileSystem: FileSystem = fs;

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
