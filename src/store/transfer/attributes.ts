// The mode and the time of what was received. A disk that refuses one of them, or keeps another value, costs no file:
// the caller hears of it once for each of the two.
import type { FileSystem } from "../file-system.ts";
import { mtimeUs, type SystemTime } from "../file-system.ts";
import type { Entry } from "../../transfer/frames.ts";
import type { LostAttribute } from "../../transfer/storing.ts";

/** Modes of new entries before the umask, as the system has them for programs that ask for nothing else. */
const NEW_FILE_MODE = 0o666;
const NEW_FOLDER_MODE = 0o777;
const PERMISSION_BITS = 0o777;
/** A disk that counts in steps of up to 2 s, as FAT does, has kept the time. */
const TIME_STEP_US = 2_000_000;

export class Attributes {
  readonly #umask: number;
  readonly #hasModes: boolean;
  readonly #onLost: (lost: LostAttribute) => void;
  readonly #told = new Set<LostAttribute["what"]>();

  /** @param onLost - called at most once for each kind */
  constructor({ umask, hasModes }: FileSystem, onLost: (lost: LostAttribute) => void) {
    this.#umask = umask();
    this.#hasModes = hasModes;
    this.#onLost = onLost;
  }

  /** Returns the permission bits that an entry gets: the sender's under our umask, or those of any new one here. */
  modeOf({ type, mode }: Pick<Entry, "type" | "mode">): number {
    return (mode ?? (type === "directory" ? NEW_FOLDER_MODE : NEW_FILE_MODE)) & ~this.#umask;
  }

  /** Sets those of an open file or folder. What is in it must not change any more, since that would change the time. */
  setOpen(fs: FileSystem, fd: number, entry: Entry): void {
    const mode = this.modeOf(entry);
    const time = toSystemTime(entry.mtimeUs);
    const modeKept = succeeds(() => fs.fchmodSync(fd, mode));
    const timeKept = succeeds(() => fs.futimesSync(fd, time, time));
    const stats = fs.fstatSync(fd);
    this.#note("mode", entry, modeKept && this.#isMode(stats.mode, mode));
    this.#note("time", entry, timeKept && isTime(mtimeUs(stats), entry));
  }

  /** Sets those of a folder where none can be opened. @param path - checked by the caller to be still that folder */
  async setFolder(fs: FileSystem, path: string, entry: Entry): Promise<void> {
    const mode = this.modeOf(entry);
    const time = toSystemTime(entry.mtimeUs);
    const timeKept = await resolves(fs.utimes(path, time, time));
    const modeKept = await resolves(fs.chmod(path, mode));
    const stats = fs.lstatSync(path);
    this.#note("mode", entry, modeKept && this.#isMode(stats.mode, mode));
    this.#note("time", entry, timeKept && isTime(mtimeUs(stats), entry));
  }

  /** Sets the time of a symbolic link; its mode means nothing. */
  async setLink(fs: FileSystem, path: string, entry: Entry): Promise<void> {
    const time = toSystemTime(entry.mtimeUs);
    const timeKept = await resolves(fs.lutimes(path, time, time));
    this.#note("time", entry, timeKept && isTime(mtimeUs(fs.lstatSync(path)), entry));
  }

  #isMode(found: number, wanted: number): boolean {
    return !this.#hasModes || (found & PERMISSION_BITS) === wanted;
  }

  #note(what: LostAttribute["what"], { path }: Entry, isKept: boolean): void {
    if (isKept || this.#told.has(what)) return;
    this.#told.add(what);
    this.#onLost({ what, path });
  }
}

function isTime(found: number, { mtimeUs: wanted }: Entry): boolean {
  return Math.abs(found - wanted) < TIME_STEP_US;
}

function succeeds(call: () => void): boolean {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}

function resolves(call: Promise<void>): Promise<boolean> {
  return call.then(
    () => true,
    () => false,
  );
}

/**
 * Returns a time for utimes, in seconds. utimes truncates towards 1970 to microseconds: the added half keeps it from
 * ending one short. Node takes a negative number to mean now, but not a numeric string: so do 20.19 and all later ones.
 */
function toSystemTime(timeUs: number): SystemTime {
  return timeUs < 0 ? String((timeUs - 0.5) / 1_000_000) : (timeUs + 0.5) / 1_000_000;
}
