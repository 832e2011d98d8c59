// Reads small files that somebody else may have replaced by a link, an endless pipe, a device or a file that fills the
// memory. No other module of this program opens a small file to read it. Opening never blocks, the open file is checked
// again, and reading stops at a limit. Windows has neither of the two open flags: there the open file is compared with
// what was seen before it was opened.
import { closeSync, fstatSync, lstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { lstat, open, stat } from "node:fs/promises";
import { Socket } from "node:net";
import type { OddFile } from "../lib/odd-file.ts";
import { ODD_FILES } from "../lib/errors/english-parts.ts";
import { isSameFile, systemPath } from "./file-system.ts";
import { NO_FOLLOW, READ_FLAGS } from "./open-flags.ts";

/** The path is not a file that we may read; the message is for the `reason` of a P2pError. */
export class OddFileError extends Error {
  override readonly name = "OddFileError";
  readonly kind: OddFile;

  constructor(kind: OddFile) {
    super(ODD_FILES[kind]);
    this.kind = kind;
  }
}

export interface ReadOptions {
  readonly maxBytes: number;
  /** A file longer than `maxBytes` is truncated instead of refused. */
  readonly truncates?: boolean;
  /** The user named the path, so a link is followed. */
  readonly isNamed?: boolean;
  /** The file must be this user's alone: one that another user owns, or that others may change, is refused. */
  readonly isPrivate?: boolean;
}

export interface SmallFile {
  readonly bytes: Uint8Array;
  readonly stats: Stats;
}

const CHANGEABLE_BY_OTHERS = 0o022;

/**
 * Reads a file that must be a regular one.
 * @throws OddFileError; any system error
 */
export async function readRegularFile(path: string, options: ReadOptions): Promise<SmallFile> {
  const { isNamed = false } = options;
  const at = systemPath(path);
  const seen = isNamed ? await stat(at) : await lstat(at);
  check(seen, options);
  const file = await open(at, READ_FLAGS | (isNamed ? 0 : NO_FOLLOW));
  try {
    const stats = await file.stat();
    check(stats, options);
    checkSame(seen, stats, isNamed);
    const buffer = new Uint8Array(roomFor(stats, options));
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return { bytes: cut(buffer, length, options), stats };
  } finally {
    await file.close();
  }
}

/** Like `readRegularFile` but synchronous, for files that are read at startup. @throws as `readRegularFile` */
export function readRegularFileSync(path: string, options: ReadOptions): SmallFile {
  const { isNamed = false } = options;
  const at = systemPath(path);
  const seen = isNamed ? statSync(at) : lstatSync(at);
  check(seen, options);
  const fd = openSync(at, READ_FLAGS | (isNamed ? 0 : NO_FOLLOW));
  try {
    const stats = fstatSync(fd);
    check(stats, options);
    checkSame(seen, stats, isNamed);
    const buffer = new Uint8Array(roomFor(stats, options));
    let length = 0;
    while (length < buffer.length) {
      const bytesRead = readSync(fd, buffer, length, buffer.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return { bytes: cut(buffer, length, options), stats };
  } finally {
    closeSync(fd);
  }
}

/**
 * Reads a path that the user named: a regular file, following links, or a pipe as shells make them for `<(…)`. Waiting
 * for a pipe blocks no thread, so a signal still ends the program.
 * @throws OddFileError; any system error
 */
export async function readNamedFile(path: string, options: Omit<ReadOptions, "isNamed">): Promise<SmallFile> {
  const stats = await stat(systemPath(path));
  if (!stats.isFIFO()) return await readRegularFile(path, { ...options, isNamed: true });
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of openPipe(path)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > options.maxBytes) break;
  }
  return { bytes: cut(Buffer.concat(chunks), length, options), stats };
}

/** Returns whether a path that the user named leads to a pipe. */
export async function isPipe(path: string): Promise<boolean> {
  return await stat(systemPath(path)).then(
    (stats) => stats.isFIFO(),
    () => false,
  );
}

/**
 * Opens a pipe that the user named, to be read to its end. No thread blocks, however late its writer comes.
 * @throws OddFileError when the path is not a pipe; any system error
 */
export function openPipe(path: string): AsyncIterable<Uint8Array> & { destroy(): unknown } {
  const fd = openSync(systemPath(path), READ_FLAGS);
  const stats = fstatSync(fd);
  if (!stats.isFIFO()) {
    closeSync(fd);
    throw new OddFileError(kindOf(stats) ?? "moving");
  }
  return new Socket({ fd, readable: true, writable: false });
}

/** The part of an `lstat` result that gives the kind of a file, with numbers or bigints. */
type Kinds = Pick<Stats, "isFile" | "isSymbolicLink" | "isDirectory" | "isFIFO" | "isSocket">;

/** @returns what the file is instead of a regular file; undefined for a regular file */
export function kindOf(stats: Kinds): OddFile | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isSymbolicLink()) return "link";
  if (stats.isDirectory()) return "folder";
  if (stats.isFIFO()) return "pipe";
  return stats.isSocket() ? "socket" : "device";
}

/** Returns why another user could have written a file that this user would trust; never on Windows: no such bits. */
export function oddOwnership({ uid, mode }: Pick<Stats, "uid" | "mode">): "foreign" | "open" | undefined {
  const user = process.getuid?.();
  if (user === undefined) return undefined;
  if (uid !== user && uid !== 0) return "foreign";
  return (mode & CHANGEABLE_BY_OTHERS) === 0 ? undefined : "open";
}

function check(stats: Stats, { isPrivate = false }: ReadOptions): void {
  const odd = kindOf(stats) ?? (isPrivate ? oddOwnership(stats) : undefined);
  if (odd !== undefined) throw new OddFileError(odd);
}

function checkSame(seen: Stats, opened: Stats, isNamed: boolean): void {
  if (NO_FOLLOW !== 0 || isNamed) return;
  if (!isSameFile(seen, opened)) throw new OddFileError("moving");
}

/** The buffer has one byte more than the reported size, so that a file that grows meanwhile is detected. */
function roomFor({ size }: Stats, { maxBytes, truncates = false }: ReadOptions): number {
  if (size > maxBytes && !truncates) throw new OddFileError("too-large");
  // Files in /proc report a size of 0 although they have content.
  return size === 0 ? maxBytes + 1 : Math.min(size, maxBytes) + 1;
}

function cut(buffer: Uint8Array, length: number, { maxBytes, truncates = false }: ReadOptions): Uint8Array {
  if (length > maxBytes && !truncates) throw new OddFileError("too-large");
  return buffer.slice(0, Math.min(length, maxBytes));
}
