// Where a recording goes: a new file, which grows at its end, or stdout. The file is this user's alone while it is written.
import { basename, dirname, join } from "node:path";
import { joinBytes } from "../../lib/bytes.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { ErrorParams } from "../../lib/errors/params.ts";
import { numberedName } from "../../transfer/names.ts";
import { temporaryBeside } from "../atomic-write.ts";
import { absolutePath, type DiskHandle, errnoOf, type FileSystem, systemReason } from "../file-system.ts";
import { NEW_FILE_FLAGS } from "../open-flags.ts";
import { MAX_NUMBERED_NAMES } from "../transfer/output-names.ts";
import { DiskRoom } from "../transfer/room.ts";
import type { Patch } from "./container-writer.ts";

/** What becomes of a name that is taken. */
export type RecordingConflict = "refuse" | "rename" | "overwrite";

const OWNER_ONLY = 0o600;
const ANYBODY = 0o666;

/** Takes pieces of a recording, one call at a time. */
export interface RecordingTarget {
  /** Undefined: it is no file. */
  readonly path: string | undefined;
  /**
   * @param pieces - each of which a player can do without those behind it
   * @throws P2pError WRITE_FAILED, DISK_FULL, FILE_SIZE_LIMITED
   */
  append(pieces: readonly Uint8Array[]): Promise<void>;
  /** @param patches - what is to be put in the place of bytes that were appended. @throws P2pError as `append` */
  close(patches: readonly Patch[]): Promise<void>;
}

/** stdout, which is not closed, as others may write there. */
export function streamTarget(write: (bytes: Uint8Array) => Promise<void>): RecordingTarget {
  return {
    path: undefined,
    append: async (pieces) => {
      try {
        await write(joinBytes(pieces));
      } catch (cause) {
        throw new P2pError("WRITE_FAILED", { path: "-", reason: systemReason(cause) }, { cause });
      }
    },
    close: async () => {},
  };
}

/**
 * Makes the file. One that is to be replaced stays until the first bytes come.
 * @throws P2pError RECORDING_EXISTS, WRITE_FAILED, DISK_FULL
 */
export async function openRecordingFile(
  name: string,
  conflict: RecordingConflict,
  fs: FileSystem,
): Promise<RecordingTarget> {
  const wanted = absolutePath(name);
  try {
    if (conflict !== "overwrite") return await newFile(wanted, conflict === "rename" ? MAX_NUMBERED_NAMES : 1, fs);
    const existing = await fs.lstat(wanted).catch(() => undefined);
    if (existing === undefined) return await newFile(wanted, 1, fs);
    // A folder, a link or a device is nobody's recording.
    if (!existing.isFile()) throw new P2pError("RECORDING_EXISTS", { path: wanted });
    const temporary = temporaryBeside(wanted);
    return new FileTarget(await fs.open(temporary, NEW_FILE_FLAGS, OWNER_ONLY), { path: wanted, temporary, fs });
  } catch (cause) {
    throw await failure(cause, wanted, fs);
  }
}

async function newFile(wanted: string, names: number, fs: FileSystem): Promise<RecordingTarget> {
  for (let count = 0; count < names; count += 1) {
    const path = join(dirname(wanted), numberedName(basename(wanted), count));
    try {
      return new FileTarget(await fs.open(path, NEW_FILE_FLAGS, OWNER_ONLY), { path, temporary: undefined, fs });
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
    }
  }
  throw new P2pError("RECORDING_EXISTS", { path: wanted });
}

/** @param bytes - that were to be written */
async function failure(cause: unknown, path: string, fs: FileSystem, bytes = 0): Promise<P2pError> {
  if (cause instanceof P2pError) return cause;
  const errno = errnoOf(cause);
  if (errno === "EFBIG") return new P2pError("FILE_SIZE_LIMITED", { path }, { cause });
  if (errno === "ENOSPC" || errno === "EDQUOT") {
    const room = new DiskRoom(fs);
    room.need(bytes);
    const { error } = await room.failure(errno, dirname(path));
    return new P2pError("DISK_FULL", { ...(error.params as ErrorParams<"DISK_FULL">), option: "record" }, { cause });
  }
  return new P2pError("WRITE_FAILED", { path, reason: systemReason(cause), place: "record" }, { cause });
}

/** Bytes of the pieces that are whole where only the first so many bytes of them were written. */
function bytesOfWhole(pieces: readonly Uint8Array[], written: number): number {
  let whole = 0;
  for (const { length } of pieces) {
    if (whole + length > written) break;
    whole += length;
  }
  return whole;
}

class FileTarget implements RecordingTarget {
  readonly path: string;
  readonly #handle: DiskHandle;
  readonly #fs: FileSystem;
  /** Its name until it replaces another file. */
  #temporary: string | undefined;
  #bytes = 0;

  constructor(
    handle: DiskHandle,
    { path, temporary, fs }: { path: string; temporary: string | undefined; fs: FileSystem },
  ) {
    this.#handle = handle;
    this.#fs = fs;
    this.path = path;
    this.#temporary = temporary;
  }

  async append(pieces: readonly Uint8Array[]): Promise<void> {
    const bytes = joinBytes(pieces);
    let written = 0;
    try {
      await this.#write(bytes, this.#bytes, (count) => {
        written = count;
      });
      if (this.#temporary !== undefined) await this.#fs.rename(this.#temporary, this.path);
      this.#temporary = undefined;
      this.#bytes += bytes.length;
    } catch (cause) {
      // What was written behind the last whole piece is none, and a player would stumble at it.
      if (this.#temporary === undefined) this.#bytes += bytesOfWhole(pieces, written);
      await this.#handle.truncate(this.#bytes).catch(() => {});
      throw await failure(cause, this.path, this.#fs, bytes.length - written);
    }
  }

  async #write(bytes: Uint8Array, position: number, onWritten: (count: number) => void = () => {}): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      at += (await this.#handle.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
      onWritten(at);
    }
  }

  /** A file into which nothing came is taken away, as is one that could not get its name. */
  async close(patches: readonly Patch[]): Promise<void> {
    try {
      try {
        await this.#end(patches);
      } finally {
        await this.#handle.close();
      }
    } catch (cause) {
      throw await failure(cause, this.path, this.#fs);
    }
  }

  /** Some disks say only when all is flushed, or when the file is closed, that they have no room for it. */
  async #end(patches: readonly Patch[]): Promise<void> {
    if (this.#bytes === 0) {
      await this.#remove(this.#temporary ?? this.path);
      return;
    }
    for (const { position, bytes } of patches) await this.#write(bytes, position);
    await this.#handle.sync();
    if (this.#fs.hasModes) this.#fs.fchmodSync(this.#handle.fd, ANYBODY & ~this.#fs.umask());
  }
  /** Whoever waits for a call may have put something else in the place of the empty file. */
  async #remove(path: string): Promise<void> {
    const found = await this.#fs.lstat(path).catch(() => undefined);
    if (found?.isFile() === true && found.size === 0) await this.#fs.unlink(path);
  }
}
