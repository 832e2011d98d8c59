// The spool: stores a stream on the disk until it is sent, because a manifest contains sizes and a stream's is known
// only at its end. The file is unlinked as soon as it is open, so nothing is left of it however this process ends.
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { Entry } from "../../transfer/frames.ts";
import { PART_PREFIX } from "../../transfer/names.ts";
import { type DiskHandle, type FileSystem, mtimeUs, systemReason } from "../file-system.ts";
import { NO_FOLLOW } from "../open-flags.ts";
import { patientFileSystem } from "./disk.ts";

/** A stream that was read to its end and stored on the disk to be sent. */
export interface SpooledFile {
  /** The name in the manifest. */
  readonly name: string;
  readonly bytes: number;
  /** Frees the disk space. `sendFiles` calls it when it no longer needs the file. */
  close(): Promise<void>;
}

/** The part of a file handle that reading needs. */
export type ReadHandle = Pick<DiskHandle, "fd" | "read" | "close">;

/** Denotes stdin where a path is shown, as on the command line. */
export const STREAM_PATH = "-";
const SPOOL_FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW;
const SPOOL_MODE = 0o600;
/** A stream has no permission bits; these are what a new file has. */
const SENT_MODE = 0o644;

/** The spooled file that `spoolStream` returns. */
export class Spool implements SpooledFile {
  readonly name: string;
  readonly bytes: number;
  /** The entry of the manifest. */
  readonly entry: Entry;
  readonly #handle: DiskHandle;
  #closed: Promise<void> | undefined;

  constructor(name: string, bytes: number, modifiedUs: number, handle: DiskHandle) {
    this.name = name;
    this.bytes = bytes;
    this.entry = { type: "file", path: name, bytes, mode: SENT_MODE, mtimeUs: modifiedUs };
    this.#handle = handle;
  }

  /** A handle for reading; closing it does not close the spool. */
  get reader(): ReadHandle {
    const handle = this.#handle;
    return {
      fd: handle.fd,
      read: (into, offset, length, position) => handle.read(into, offset, length, position),
      close: async () => {},
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#handle.close();
    return this.#closed;
  }
}

/**
 * Reads a stream to its end into a nameless file of the system's folder for temporary files (`TMPDIR`).
 * @param name - the name in the manifest
 * @param fileSystem - the real disk unless a test passes another
 * @throws P2pError SPOOL_FAILED when it cannot be written, PATH_UNREADABLE when the stream fails
 */
export async function spoolStream(
  stream: AsyncIterable<Uint8Array>,
  name: string,
  fileSystem: FileSystem = patientFileSystem,
): Promise<Spool> {
  const dir = tmpdir();
  const fail = (cause: unknown): P2pError =>
    new P2pError("SPOOL_FAILED", { dir, reason: systemReason(cause) }, { cause });
  const chunks = stream[Symbol.asyncIterator]();
  // Start reading at once: a stream that fails before it has a listener ends the process.
  let next = chunks.next();
  next.catch(() => {});
  const handle = await openNameless(dir, fileSystem).catch((error: unknown) => {
    // This is not awaited, because it waits for the pending read, and that one waits for the writer.
    chunks.return?.().catch(() => {});
    throw fail(error);
  });
  try {
    let bytes = 0;
    for (let item = await next; item.done !== true; item = await next) {
      await writeAll(handle, item.value, bytes).catch(async (error: unknown) => {
        await chunks.return?.();
        throw fail(error);
      });
      bytes += item.value.length;
      next = chunks.next();
    }
    return new Spool(name, bytes, mtimeUs(fileSystem.fstatSync(handle.fd)), handle);
  } catch (error) {
    await handle.close().catch(() => {});
    if (error instanceof P2pError) throw error;
    throw new P2pError("PATH_UNREADABLE", { path: STREAM_PATH, reason: systemReason(error) }, { cause: error });
  }
}

async function openNameless(dir: string, fs: FileSystem): Promise<DiskHandle> {
  const path = join(dir, `${PART_PREFIX}${randomUUID()}.spool`);
  const handle = await fs.open(path, SPOOL_FLAGS, SPOOL_MODE);
  await fs.unlink(path);
  return handle;
}

async function writeAll(handle: DiskHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    at += (await handle.write(chunk, at, chunk.length - at, position + at)).bytesWritten;
  }
}
