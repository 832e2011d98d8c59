// A lock file: it names the process that holds it and is removed by `release`. When a killed process leaves one
// behind, exactly one of the processes that find it replaces it.
import { randomBytes } from "node:crypto";
import { lutimes, readFile, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { writeDurably } from "./atomic-write.ts";
import { errnoOf, nodeFileSystem } from "./file-system.ts";
import { readRegularFile } from "./regular-file.ts";

/** The content of a lock file: the process that holds the lock, or held it. */
export interface Claim {
  pid: number;
  host: string;
  /** The command that the process runs; other processes show it in their error. */
  command: string;
  /** Distinguishes a process from a later one with the same pid; empty where the system does not report it. */
  birth: string;
  /** New for each claim. */
  nonce: string;
  /** Its process touches the file every 5 s: it is for systems that report no birth. */
  beats?: true;
}

/** This is far more than a host name and a boot id take. */
const MAX_CLAIM_BYTES = 4_096;
const BEAT_MS = 5_000;
/** A lock that has not been touched for this long, nor during one more beat, is that of a process that has ended. */
const SILENCE_MS = 60_000;

/** The locks of this process that are touched, by nonce. */
const beating = new Map<string, string>();
/** The nonces of all locks of this process. */
const own = new Set<string>();
let beat: NodeJS.Timeout | undefined;

export class FileLock {
  readonly #path: string;
  readonly #claim: Claim;

  private constructor(path: string, claim: Claim) {
    this.#path = path;
    this.#claim = claim;
  }

  /**
   * @param command - what the user typed (`offer`, `answer`); other processes show it in their error
   * @returns the lock, or the claim of the process that holds it
   * @throws OddFileError when `path` is something other than a lock file; a system error when it cannot be created
   */
  static async acquire(path: string, command: string): Promise<FileLock | Claim> {
    const { pid } = process;
    const birth = await birthOf(pid);
    const nonce = randomBytes(8).toString("hex");
    const claim: Claim = { pid, host: hostname(), command, birth, nonce, ...(birth === "" ? { beats: true } : {}) };
    own.add(nonce);
    const holder = await take(path, claim).catch((error: unknown) => {
      own.delete(nonce);
      throw error;
    });
    if (holder !== undefined) {
      own.delete(nonce);
      return holder;
    }
    if (birth === "") keepBeating(nonce, path);
    return new FileLock(path, claim);
  }

  /** Returns the current holder of the lock at `path`; undefined when nobody holds it, or it cannot be read. */
  static async holder(path: string): Promise<Claim | undefined> {
    const claim = await readClaim(path).catch(() => undefined);
    return claim !== undefined && (await isAlive(claim, path)) ? claim : undefined;
  }

  /** Releases the lock. Never fails: a lock that cannot be removed becomes stale when the process ends. */
  async release(): Promise<void> {
    const { nonce } = this.#claim;
    beating.delete(nonce);
    if (beating.size === 0) clearInterval(beat);
    own.delete(nonce);
    await removeOwn(this.#path, this.#claim);
  }
}

function keepBeating(nonce: string, path: string): void {
  if (beating.size === 0) beat = setInterval(touchAll, BEAT_MS).unref();
  beating.set(nonce, path);
}

/** Somebody else has the lock where this process was stopped for so long that it counted as dead. */
async function touch(path: string, nonce: string, now: Date): Promise<void> {
  if ((await readClaim(path))?.nonce === nonce) await lutimes(path, now, now);
}

function touchAll(): void {
  const now = new Date();
  for (const [nonce, path] of beating) void touch(path, nonce, now).catch(() => {});
}

/**
 * Creates the lock file at `path`, or replaces a stale one. Only the holder of a second lock, named after the stale
 * one's nonce, may replace it, so no process removes a lock that another has just created. The second lock works
 * like the first, and a stale second lock is replaced in the same way.
 * @returns the claim of the holder, if another process holds it
 */
async function take(path: string, claim: Claim): Promise<Claim | undefined> {
  for (;;) {
    if (await createWhole(path, claim)) return undefined;
    const holder = await readClaim(path);
    if (holder === undefined) continue;
    if (await isAlive(holder, path)) return holder;
    const takeover = `${path}.${holder.nonce}`;
    const other = await take(takeover, claim);
    if (other !== undefined) return other;
    try {
      if ((await readClaim(path))?.nonce === holder.nonce) {
        await replace(path, claim);
        return undefined;
      }
    } finally {
      await removeOwn(takeover, claim);
    }
  }
}

/** The name derives from the lock's, so that a person who removes the lock sees which file belongs to it. */
function temporaryOf(path: string, { nonce }: Claim): string {
  return `${path}.${nonce}.tmp`;
}

/** @returns false when `path` exists */
async function createWhole(path: string, claim: Claim): Promise<boolean> {
  const temporary = temporaryOf(path, claim);
  await writeDurably(temporary, JSON.stringify(claim));
  try {
    await nodeFileSystem.link(temporary, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    // This file system has no hard links (exFAT, some network shares): create exclusively, complete a moment later.
    return await createExclusively(path, claim);
  } finally {
    await nodeFileSystem.unlink(temporary).catch(() => {});
  }
}

async function createExclusively(path: string, claim: Claim): Promise<boolean> {
  try {
    await writeDurably(path, JSON.stringify(claim));
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

async function replace(path: string, claim: Claim): Promise<void> {
  const temporary = temporaryOf(path, claim);
  await writeDurably(temporary, JSON.stringify(claim));
  await nodeFileSystem.rename(temporary, path);
}

async function removeOwn(path: string, claim: Claim): Promise<void> {
  const holder = await readClaim(path).catch(() => undefined);
  if (holder?.nonce === claim.nonce) await nodeFileSystem.unlink(path).catch(() => {});
}

/**
 * @returns undefined when there is no lock; content that is not a claim reads as the claim of a process that has ended
 * @throws OddFileError for anything that this program does not create, since it is not ours to remove
 */
async function readClaim(path: string): Promise<Claim | undefined> {
  let text: string;
  try {
    text = new TextDecoder().decode((await readRegularFile(path, { maxBytes: MAX_CLAIM_BYTES })).bytes);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
  return parseClaim(text) ?? { pid: 0, host: hostname(), command: "", birth: "", nonce: "unreadable" };
}

function parseClaim(text: string): Claim | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { pid, host, command, birth, nonce, beats } = (value ?? {}) as Partial<Record<keyof Claim, unknown>>;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid < 1) return undefined;
  if (typeof host !== "string" || typeof command !== "string" || typeof birth !== "string") return undefined;
  if (typeof nonce !== "string" || !/^[0-9a-f]{16}$/.test(nonce)) return undefined;
  return { pid, host, command, birth, nonce, ...(beats === true ? { beats } : {}) };
}

/** A process of another machine counts as alive, because nothing can be known about it. */
async function isAlive({ pid, host, birth, nonce, beats }: Claim, path: string): Promise<boolean> {
  if (host !== hostname()) return true;
  if (pid < 1) return false;
  // Without a birth, a lock with our number that is none of ours is that of an earlier process with this number.
  if (pid === process.pid && birth === "") return own.has(nonce);
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    return errnoOf(error) === "EPERM";
  }
  if (birth !== "") return birth === (await birthOf(pid));
  return beats !== true || (await isBeating(path));
}

/** Whether the lock is touched. A computer that was asleep has touched none, so a silent one has another beat's time. */
async function isBeating(path: string): Promise<boolean> {
  const touchedMs = await touchTime(path);
  if (Math.abs(Date.now() - touchedMs) < SILENCE_MS) return true;
  await new Promise((resolve) => {
    setTimeout(resolve, 2 * BEAT_MS);
  });
  return (await touchTime(path)) !== touchedMs;
}

/** @returns 0 when there is no lock */
async function touchTime(path: string): Promise<number> {
  return await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

/** Returns the start time of the process, on systems that report it in /proc; "" elsewhere. */
async function birthOf(pid: number): Promise<string> {
  try {
    const [bootId, status] = await Promise.all([
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
      readFile(`/proc/${pid}/stat`, "utf8"),
    ]);
    // The start time is field 22 of proc(5); the second field is a name in parentheses that may contain spaces.
    const startTicks = status.slice(status.lastIndexOf(")") + 2).split(" ")[19] ?? "";
    return `${bootId.trim()} ${startTicks}`;
  } catch {
    return "";
  }
}
