// The list of this user's unfinished files, wherever they are: the index, compared with the disk. Missing parts are
// reported and remain listed, because a disk that is not plugged in today may be back tomorrow.
import { join } from "node:path";
import { printableName } from "../../lib/byte-names.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { plainDisk } from "./disk.ts";
import { FileLock } from "../file-lock.ts";
import { nodeFileSystem } from "../file-system.ts";
import { partLockName, partName } from "./part-journal.ts";
import { type IndexedPart, UnfinishedIndex } from "./unfinished-index.ts";
import { UnfinishedFolders } from "./unfinished-folders.ts";
import { type FoundPart, UnfinishedParts } from "./unfinished-parts.ts";

/** One received file that a later session can resume. docs/transfers.schema.json describes it as JSON. */
export interface UnfinishedTransfer {
  /** 16 hex digits, the same until the file is finished or discarded. */
  id: string;
  /** The sender's name for the file: relative, `/`-separated; untrusted input. */
  path: string;
  /** The absolute path of the folder that contains the part and will contain the file. */
  folder: string;
  /** Size of the part; 0 when it is gone. */
  bytes: number;
  /** Size of the whole file in bytes. */
  total: number;
  /** The name that the sender gave itself; untrusted input, empty when it gave none. */
  from: string;
  /** Time at which the part was started, RFC 3339, UTC. Absent when its journal is gone. */
  createdAt?: string;
  /**
   * `receiving`: a process works on it. `set-apart`: a different file has arrived under its path since; the part is
   * reserved for its own file. The last two: it is listed but cannot be resumed.
   */
  state: "ready" | "receiving" | "set-apart" | "part-gone" | "folder-gone";
}

const MIN_PREFIX_LENGTH = 4;
const LAST_MS = 8_640_000_000_000_000;

/** All of this user's unfinished files, the oldest first, with well-formed text for their paths. */
export async function listUnfinished(stateDir: string): Promise<UnfinishedTransfer[]> {
  return (await listAll(stateDir)).map((one) => printable(one));
}

function printable(one: UnfinishedTransfer): UnfinishedTransfer {
  return { ...one, path: printableName(one.path), folder: printableName(one.folder) };
}

async function listAll(stateDir: string): Promise<UnfinishedTransfer[]> {
  const parts = new UnfinishedParts(plainDisk(nodeFileSystem), { stateDir });
  const entries = await new UnfinishedIndex(stateDir).list();
  const listed = await Promise.all(entries.map((entry) => describe(entry, parts)));
  return listed.toSorted((a, b) => compare(a.createdAt ?? "", b.createdAt ?? "") || compare(a.id, b.id));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

async function describe({ place, path, bytes }: IndexedPart, parts: UnfinishedParts): Promise<UnfinishedTransfer> {
  const found = await parts.find(place);
  const state = await stateOf(place, found);
  const known = { id: place.id, folder: place.folder, bytes: found?.part?.bytes ?? 0, state };
  if (found === undefined) return { ...known, path, total: bytes, from: "" };
  const { facts } = found;
  const createdAt = new Date(Math.max(-LAST_MS, Math.min(LAST_MS, facts.createdMs))).toISOString();
  return { ...known, path: facts.path, total: facts.bytes, from: facts.from, createdAt };
}

async function stateOf(
  { folder, id }: IndexedPart["place"],
  found: FoundPart | undefined,
): Promise<UnfinishedTransfer["state"]> {
  if (!(await isFolder(folder))) return "folder-gone";
  if (found?.part === undefined) return "part-gone";
  if ((await FileLock.holder(join(folder, partLockName(id)))) !== undefined) return "receiving";
  return found.facts.differs === true ? "set-apart" : "ready";
}

async function isFolder(path: string): Promise<boolean> {
  const stats = await nodeFileSystem.stat(path).catch(() => undefined);
  return stats?.isDirectory() === true;
}

/**
 * Removes a part, all that belongs to it, and its index entry.
 * @param id - an id, or a unique prefix of at least four digits
 * @returns the removed transfer
 * @throws P2pError NO_SUCH_TRANSFER, TRANSFER_IN_USE, WRITE_FAILED when the part cannot be removed
 */
export async function discardUnfinished(stateDir: string, id: string): Promise<UnfinishedTransfer> {
  const matches = (await listAll(stateDir)).filter(
    (one) => one.id === id || (id.length >= MIN_PREFIX_LENGTH && one.id.startsWith(id)),
  );
  const [match] = matches;
  if (match === undefined || matches.length > 1)
    throw new P2pError("NO_SUCH_TRANSFER", { id, matches: matches.length });
  const place = { folder: match.folder, id: match.id };
  const parts = new UnfinishedParts(plainDisk(nodeFileSystem), { stateDir });
  const isThere = match.state !== "folder-gone";
  if (isThere && !(await parts.lock(place))) throw new P2pError("TRANSFER_IN_USE", { id: match.id, path: match.path });
  await parts.remove(place);
  const path = join(place.folder, partName(place.id));
  if (isThere && (await nodeFileSystem.lstat(path).catch(() => undefined)) !== undefined) {
    throw new P2pError("WRITE_FAILED", { path, reason: "it cannot be removed" });
  }
  const others = (await listAll(stateDir)).map(({ folder }) => folder);
  await new UnfinishedFolders(plainDisk(nodeFileSystem)).unmarkAbove(place.folder, others);
  return printable(match);
}
