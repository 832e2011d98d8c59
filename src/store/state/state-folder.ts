// The folders of the state directory: only their owner can read them, and nobody else can have written what this
// program trusts, above all the keys of contacts. The state directory itself is created like that too, but the user may
// have chosen it: an existing one is left as it is, and refused if everybody may replace what is in it.
import { access, lstat, mkdir, open, readdir, stat, unlink } from "node:fs/promises";
import { constants, type Stats } from "node:fs";
import { join } from "node:path";
import type { OddFile } from "../../lib/odd-file.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { errnoOf, systemReason } from "../file-system.ts";
import { FOLDER_FLAGS, NO_FOLLOW } from "../open-flags.ts";
import { kindOf, oddOwnership } from "../regular-file.ts";

const OWNER_ONLY = 0o700;
const OF_OTHERS = 0o077;
const CHANGEABLE_BY_ALL = 0o002;
/** In a folder with this bit, such as /tmp, a file can be renamed or removed only by its owner. */
const STICKY = 0o1000;

/**
 * Creates the folder if it does not exist; removes other users' permissions from an existing one.
 * @returns its path
 * @throws P2pError STATE_UNSAFE when it is a link, belongs to another user, or others may write into it; STATE_UNUSABLE when it
 *   cannot be made, or nothing can be written there
 */
export async function openStateFolder(stateDir: string, name: string): Promise<string> {
  const path = join(stateDir, name);
  try {
    await mkdir(stateDir, { recursive: true, mode: OWNER_ONLY });
    await mkdir(path, { mode: OWNER_ONLY }).catch((error: unknown) => {
      if (errnoOf(error) !== "EEXIST") throw error;
    });
    const mode = await checkStateFolder(stateDir, name);
    if (mode !== undefined && (mode & OF_OTHERS) !== 0) await closeToOthers(path);
    // A disk that is read-only, or a mode of the owner's own, is told now and not when something has to be kept.
    await access(path, constants.W_OK | constants.X_OK);
    return path;
  } catch (cause) {
    if (cause instanceof P2pError) throw cause;
    throw new P2pError("STATE_UNUSABLE", { path, reason: systemReason(cause) }, { cause });
  }
}

/**
 * Removes the entries whose file time is before a moment. What cannot be looked at or removed stays, and another process may
 * do the same concurrently.
 * @param names - the names of entries; files with others stay
 * @param beforeMs - milliseconds since 1970, UTC
 */
export async function pruneStateFolder(folder: string, names: RegExp, beforeMs: number): Promise<void> {
  const present = await readdir(folder).catch(() => []);
  for (const name of present.filter((candidate) => names.test(candidate))) {
    const path = join(folder, name);
    const { mtimeMs } = await lstat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (mtimeMs < beforeMs) await unlink(path).catch(() => {});
  }
}

/**
 * Checks a folder that is about to be read, and creates nothing.
 * @returns its mode; undefined when it does not exist
 * @throws P2pError STATE_UNSAFE
 */
export async function checkStateFolder(stateDir: string, name: string): Promise<number | undefined> {
  const above = await stat(stateDir).catch(() => undefined);
  if (above === undefined) return undefined;
  if (isExchangeable(above)) throw unsafe(stateDir, "open");
  const path = join(stateDir, name);
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return undefined;
  if (!stats.isDirectory()) throw unsafe(path, kindOf(stats) ?? "file");
  const odd = oddOwnership(stats);
  if (odd !== undefined) throw unsafe(path, odd);
  return stats.mode;
}

function isExchangeable({ mode }: Stats): boolean {
  return process.getuid !== undefined && (mode & CHANGEABLE_BY_ALL) !== 0 && (mode & STICKY) === 0;
}

/** Works on the open folder, so that a link that has replaced it since is not followed. */
async function closeToOthers(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, FOLDER_FLAGS | NO_FOLLOW);
  try {
    await folder.chmod(OWNER_ONLY);
  } finally {
    await folder.close();
  }
}

function unsafe(path: string, kind: OddFile): P2pError {
  return new P2pError("STATE_UNSAFE", { path, kind });
}
