// Reads exchange documents from files and streams, up to the maximum size of a document.
import { createHash } from "node:crypto";
import { lstat, stat } from "node:fs/promises";
import { MAX_DOCUMENT_BYTES } from "../../exchange/limits.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { OddFile } from "../../lib/odd-file.ts";
import { errnoOf, systemReason } from "../file-system.ts";
import { kindOf, OddFileError, readNamedFile, readRegularFile } from "../regular-file.ts";

/** The state of a file that shows, without reading it, whether the file has changed. */
export interface FileState {
  /** Inode, size and times in one text. */
  signature: string;
  /** The kind of a file that is not regular; undefined for a regular file. */
  odd: OddFile | undefined;
  size: number;
  modifiedNs: bigint;
}

/** @param isNamed - the user named the path: a link is followed, and the state is that of its target */
export async function documentFileState(path: string, isNamed = false): Promise<FileState> {
  const stats = isNamed ? await stat(path, { bigint: true }) : await lstat(path, { bigint: true });
  return {
    signature: [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(" "),
    odd: kindOf(stats),
    size: Number(stats.size),
    modifiedNs: stats.mtimeNs,
  };
}

/**
 * @param isNamed - the user named the path: a link is followed
 * @returns at most one byte more than a document may have, which is enough for the codec to reject it as too large
 * @throws OddFileError; any system error
 */
export async function readDocumentFile(path: string, isNamed = false): Promise<Uint8Array> {
  return (await readRegularFile(path, { maxBytes: MAX_DOCUMENT_BYTES + 1, truncates: true, isNamed })).bytes;
}

/**
 * Reads a stream to its end, or to one byte more than a document may have.
 * @throws any error of the stream
 */
export async function readDocumentStream(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const buffer = new Uint8Array(MAX_DOCUMENT_BYTES + 1);
  let length = 0;
  for await (const chunk of stream) {
    const taken = chunk.subarray(0, buffer.length - length);
    buffer.set(taken, length);
    length += taken.length;
    if (length === buffer.length) break;
  }
  return buffer.slice(0, length);
}

/**
 * Reads a document that the user named. A path may also be a pipe, as shells make them.
 * @param isNamed - false: no link is followed and no pipe is read
 * @throws P2pError FILE_MALFORMED, FILE_MISSING
 */
export async function readDocument(source: string | AsyncIterable<Uint8Array>, isNamed = true): Promise<Uint8Array> {
  const path = typeof source === "string" ? source : "-";
  try {
    if (typeof source !== "string") return await readDocumentStream(source);
    if (!isNamed) return await readDocumentFile(source);
    return (await readNamedFile(source, { maxBytes: MAX_DOCUMENT_BYTES + 1, truncates: true })).bytes;
  } catch (cause) {
    throw unreadableError(path, cause);
  }
}

/** @param cause - the error that `readRegularFile` or a stream has thrown @returns FILE_MALFORMED or FILE_MISSING */
export function unreadableError(path: string, cause: unknown): P2pError {
  if (errnoOf(cause) === "ENOENT") return new P2pError("FILE_MISSING", { path }, { cause });
  const flaw =
    cause instanceof OddFileError
      ? ({ flaw: "odd-file", kind: cause.kind } as const)
      : ({ flaw: "unreadable", reason: systemReason(cause) } as const);
  return new P2pError("FILE_MALFORMED", { path, field: "file", flaw }, { cause });
}

/** Returns a digest that identifies the bytes. */
export function digestOf(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
