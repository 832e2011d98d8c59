// Entries of a shared folder, in which any number of pairs meet (docs/carriers.md): an offer, the claim of the one who
// answers it, and the answer. Each is a small file of JSON that is named after its kind and says when it expires, also
// where the document within is sealed.
import { MAX_DOCUMENT_BYTES } from "./limits.ts";
import { formatTimestamp, parseTimestamp } from "./timestamp.ts";

/** The identity of an entry: which offer it belongs to, and of an answer also who answers. */
export type EntryId = { kind: "offer" | "claim"; slot: string } | { kind: "answer"; slot: string; by: string };

/** What an entry says about itself beside its document. */
export interface EntryHead {
  kind: EntryId["kind"];
  /** The place of one pair, 32 hex digits, made by its offer. */
  slot: string;
  /** The run that wrote the entry, 16 hex digits. */
  by: string;
  /** The revision of the document within, from 1; 0 in a claim. */
  revision: number;
  /** Milliseconds since 1970, UTC. */
  createdAtMs: number;
  expiresAtMs: number;
  /** It is for one person, who alone can open the document, in base64 (docs/carriers.md); absent: for anybody. */
  isForOne?: boolean;
}

/** `document` is empty in a claim. */
export interface SharedEntry extends EntryHead {
  document: string;
}

/** Every byte of a document may take six in JSON, where control characters are escaped; beside it stands little. */
export const MAX_ENTRY_BYTES = 6 * MAX_DOCUMENT_BYTES + 4_096;

/** The version of an entry for anybody. */
const FORMAT = 1;
/** The version of an entry for one person, which programs that know only the other one pass over. */
const FORMAT_FOR_ONE = 2;
const ENTRY_NAME = /^p2p-([0-9a-f]{32})-(?:(offer|claim)|answer-([0-9a-f]{16}))\.json$/;
/**
 * The same with something before the extension, as sync services name the other one of two versions: `.sync-conflict-…`
 * (Syncthing), ` (… conflicted copy …)` (Dropbox, Nextcloud), `-COMPUTER` (OneDrive), ` 2` (iCloud), ` (1)` (Google Drive).
 */
const COPY_NAME = /^p2p-([0-9a-f]{32})-(?:(offer|claim)|answer-([0-9a-f]{16}))[^0-9A-Za-z].*\.json$/;
const SLOT = /^[0-9a-f]{32}$/;
const WRITER = /^[0-9a-f]{16}$/;

/** The name of an entry in the folder. */
export function entryName(id: EntryId): string {
  return id.kind === "answer" ? `p2p-${id.slot}-answer-${id.by}.json` : `p2p-${id.slot}-${id.kind}.json`;
}

/**
 * Reads the name of a file in a shared folder.
 * @returns undefined for a file that is none of ours; `isCopy`: a sync service has made it beside the entry of that name
 */
export function parseEntryName(name: string): (EntryId & { isCopy: boolean }) | undefined {
  const match = ENTRY_NAME.exec(name);
  const parts = match ?? COPY_NAME.exec(name);
  if (parts === null) return undefined;
  const [, slot = "", kind, by] = parts;
  const isCopy = match === null;
  return by === undefined
    ? { kind: kind === "claim" ? kind : "offer", slot, isCopy }
    : { kind: "answer", slot, by, isCopy };
}

/** @returns the text of the file */
export function encodeEntry(entry: SharedEntry): string {
  const { kind, slot, by, revision, createdAtMs, expiresAtMs, isForOne = false, document } = entry;
  const times = { createdAt: formatTimestamp(createdAtMs), expiresAt: formatTimestamp(expiresAtMs) };
  const p2pShared = isForOne ? FORMAT_FOR_ONE : FORMAT;
  return `${JSON.stringify({ p2pShared, kind, slot, by, revision, ...times, document }, undefined, 1)}\n`;
}

/**
 * @returns undefined when the bytes are no entry: they have not arrived completely, or somebody else has written them
 */
export function decodeEntry(bytes: Uint8Array): SharedEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { p2pShared, kind, slot, by, revision, createdAt, expiresAt, document } = value as Record<string, unknown>;
  const isForOne = p2pShared === FORMAT_FOR_ONE;
  if (!isForOne && p2pShared !== FORMAT) return undefined;
  if (kind !== "offer" && kind !== "claim" && kind !== "answer") return undefined;
  if (typeof slot !== "string" || !SLOT.test(slot) || typeof by !== "string" || !WRITER.test(by)) return undefined;
  if (typeof revision !== "number" || !Number.isSafeInteger(revision) || revision < 0) return undefined;
  const createdAtMs = typeof createdAt === "string" ? parseTimestamp(createdAt) : undefined;
  const expiresAtMs = typeof expiresAt === "string" ? parseTimestamp(expiresAt) : undefined;
  if (createdAtMs === undefined || expiresAtMs === undefined || typeof document !== "string") return undefined;
  const entry: SharedEntry = { kind, slot, by, revision, createdAtMs, expiresAtMs, document };
  return isForOne ? { ...entry, isForOne } : entry;
}
