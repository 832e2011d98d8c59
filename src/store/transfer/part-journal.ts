// The journal of a part: a file next to `.p2p-<16 hex>.part` that tells a later session which file the part belongs to.
// It does not record how much of the part is correct: a resuming session compares its blocks with the sender's.
// Whatever the journal contains, reading it returns facts or undefined.
import { MAX_PATH_BYTES } from "../../transfer/limits.ts";
import { PART_PREFIX, utf8Bytes } from "../../transfer/names.ts";

/** Facts about one received file, from the manifest. All of it is untrusted input. */
export interface PartFacts {
  /** The path in the manifest, before it was made safe for this disk. */
  readonly path: string;
  readonly bytes: number;
  readonly mtimeUs: number;
  /** The name that the sender gave itself; may be empty. */
  readonly from: string;
  /** Time at which the part was started, in milliseconds since 1970. */
  readonly createdMs: number;
  /** A different file has arrived under this path since, and had nothing in common with the part. */
  readonly differs?: true;
}

/** The location of a part and its journal. */
export interface PartPlace {
  /** Absolute. */
  readonly folder: string;
  /** 16 hex digits. */
  readonly id: string;
}

/** This is more than any journal has: each byte of a path may take six in JSON. */
export const MAX_JOURNAL_BYTES = 64 * 1024;
const MAX_FROM_BYTES = 4096;
const VERSION = 1;
const JOURNAL_NAME = /^\.p2p-([0-9a-f]{16})\.journal$/;
const OWN_NAME = /^\.p2p-([0-9a-f]{16})\./;
/** The lock of a folder of exchange files (store/exchange/folder-lock.ts). */
const FOLDER_LOCK_NAME = ".p2p-lock";
/** The mark of a folder whose mode and time are still to be set (unfinished-folders.ts). */
export const UNFINISHED_FOLDER_NAME = ".p2p-unfinished";
const PART_ID = /^[0-9a-f]{16}$/;

/** Returns the name of the hidden file that collects what has come. */
export function partName(id: string): string {
  return `${PART_PREFIX}${id}.part`;
}

/** Returns the name of the file beside a part that says what it is of. */
export function journalName(id: string): string {
  return `${PART_PREFIX}${id}.journal`;
}

/** Returns the name of the lock that a process holds while it works on a part. */
export function partLockName(id: string): string {
  return `${PART_PREFIX}${id}.lock`;
}

/** @returns the id in the name of anything that belongs to a part */
export function idOf(name: string): string | undefined {
  return OWN_NAME.exec(name)?.[1];
}

/** @returns the id in the name of a journal, or undefined for any other name */
export function idOfJournal(name: string): string | undefined {
  return JOURNAL_NAME.exec(name)?.[1];
}

/** @returns whether a name in any folder is of a file that p2p makes for its own use: of a part, a lock or a mark */
export function isNameOfOurs(name: string): boolean {
  return name === FOLDER_LOCK_NAME || name === UNFINISHED_FOLDER_NAME || idOf(name) !== undefined;
}

/** Whether a text can be the id of a part. */
export function isPartId(text: string): boolean {
  return PART_ID.test(text);
}

/** @returns one line of JSON */
export function encodeFacts(facts: PartFacts): string {
  return `${JSON.stringify({ version: VERSION, ...facts })}\n`;
}

/** @returns undefined for text that `encodeFacts` does not produce */
export function decodeFacts(text: string): PartFacts | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { version, path, bytes, mtimeUs, from, createdMs, differs } = value as Partial<Record<string, unknown>>;
  if (version !== VERSION) return undefined;
  if (!isShortText(path, MAX_PATH_BYTES) || path === "" || !isShortText(from, MAX_FROM_BYTES)) return undefined;
  if (!isSafeInteger(bytes) || bytes < 0 || !isInteger(mtimeUs) || !isSafeInteger(createdMs)) return undefined;
  const facts = { path, bytes, mtimeUs, from, createdMs };
  return differs === true ? { ...facts, differs } : facts;
}

function isShortText(value: unknown, maxBytes: number): value is string {
  return typeof value === "string" && value.length <= maxBytes && utf8Bytes(value) <= maxBytes;
}

/** Times of the years before 1684 and after 2255 are no safe integers. */
function isInteger(value: unknown): value is number {
  return Number.isInteger(value);
}

function isSafeInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
