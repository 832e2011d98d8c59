// Atomic writes of small files: temporary file in the same folder, fsync, rename. Readers see all of it or nothing.
import { randomBytes } from "node:crypto";
import { lstat, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { P2pError } from "../lib/errors/p2p-error.ts";
import { nodeFileSystem, systemPath, systemReason } from "./file-system.ts";
import { probeFile } from "./probe-file.ts";
import { kindOf, OddFileError } from "./regular-file.ts";

const OWNER_ONLY = 0o600;

/** Returns a temporary name in the same folder as `path` that nobody else uses. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.p2p-${randomBytes(8).toString("hex")}.tmp`);
}

/** Whose place a file has, for the hint of the error: the folder of the exchange files, our own one, the shared folder, or the state directory. */
type Place = "dir" | "out" | "via" | "state";

/**
 * Replaces `path` with `mode`, by default 0600; a concurrent reader gets either the old bytes or the new ones.
 * @throws P2pError WRITE_FAILED, for the state directory STATE_UNUSABLE; nothing has changed in that case
 */
export async function writeFileAtomically(
  path: string,
  data: string | Uint8Array,
  place?: Place,
  mode = OWNER_ONLY,
): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    await refuseIrreplaceable(path);
    await writeDurably(temporary, data, mode);
    await nodeFileSystem.rename(temporary, path);
  } catch (cause) {
    await nodeFileSystem.unlink(temporary).catch(() => {});
    throw failureOf(cause, path, place);
  }
  await syncFolder(dirname(path));
}

/**
 * Finds out what a later `writeFileAtomically` would meet: whether the folder takes a file, and its name can be had.
 * @throws P2pError as `writeFileAtomically`
 */
export async function probeAtomicWrite(path: string, place?: Place): Promise<void> {
  try {
    await refuseIrreplaceable(path);
    await probeFile(temporaryBeside(path), nodeFileSystem);
  } catch (cause) {
    throw failureOf(cause, path, place);
  }
}

function failureOf(cause: unknown, path: string, place: Place | undefined): P2pError {
  const failure = { path, reason: systemReason(cause) };
  if (place === "state") return new P2pError("STATE_UNUSABLE", failure, { cause });
  return new P2pError("WRITE_FAILED", place === undefined ? failure : { ...failure, place }, { cause });
}

/** Renaming over `/dev/null` would remove it for everybody on this machine; a folder is replaced by no file. */
async function refuseIrreplaceable(path: string): Promise<void> {
  const stats = await lstat(systemPath(path)).catch(() => undefined);
  const kind = stats === undefined ? undefined : kindOf(stats);
  if (kind === "device" || kind === "folder") throw new OddFileError(kind);
}

/** Creates `path`, which must not exist; its bytes are on the disk when this resolves. On failure nothing is left. */
export async function writeDurably(path: string, data: string | Uint8Array, mode = OWNER_ONLY): Promise<void> {
  const file = await open(systemPath(path), "wx", OWNER_ONLY);
  try {
    // The mode counts whatever the umask is; a disk that keeps no modes, as of a stick, shows the file to all.
    if (mode !== OWNER_ONLY) await file.chmod(mode).catch(() => {});
    await file.writeFile(data);
    await file.sync();
  } catch (error) {
    await nodeFileSystem.unlink(path).catch(() => {});
    throw error;
  } finally {
    await file.close();
  }
}

/** Makes the rename durable where the platform can; Windows and some network shares cannot, and need not. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(systemPath(folder), "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // The file is complete either way; only its name could be lost, and only in a power failure.
  }
}
