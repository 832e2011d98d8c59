// The manifest of a proposal: its entries and their sums. The receiver's half checks every entry as it arrives, so that
// the code behind it meets no unsafe path, no false size and no duplicate path.
import { FolderTree } from "./folder-tree.ts";
import type { Entry } from "./frames.ts";
import { MAX_ENTRIES } from "./limits.ts";
import type { ProposalExcess } from "../lib/errors/params.ts";
import { hasByteNames, type NameRules, pathCost, safeLinkTarget, safeRelativePath } from "./names.ts";

/** A complete list of entries. A directory may be listed before or after its contents, or not at all. */
export interface Manifest {
  readonly entries: readonly Entry[];
  readonly files: number;
  /** Sum of all file sizes; a safe integer. */
  readonly bytes: number;
}

/** A complete proposal of the peer, with the names that its paths become on this disk. */
export interface ReceivedManifest extends Manifest {
  /** Listed folders, and all folders above listed entries. */
  readonly folders: FolderTree;
  /** By index of the entry: its own folder for a directory, the containing folder for a file or a link. */
  readonly folderOf: Uint32Array;
}

/** @throws RangeError when there are more entries than a proposal may have, or their sum is past 2^53-1 */
export function makeManifest(entries: readonly Entry[]): Manifest {
  let files = 0;
  let bytes = 0;
  for (const entry of entries) {
    if (entry.type === "file") files += 1;
    bytes += entry.bytes;
  }
  if (entries.length > MAX_ENTRIES || !Number.isSafeInteger(bytes)) {
    throw new RangeError(`Cannot make a manifest as it has ${entries.length} entries of ${bytes} bytes`);
  }
  return { entries, files, bytes };
}

/** A problem with a proposal: `refused` is answered by a DECLINE, `broken` ends the protocol. */
export type ManifestProblem = { kind: "refused"; why: ProposalRefusal } | { kind: "broken"; detail: string };

/** Why a proposal is declined without asking: it breaks a rule, or is more than this side keeps of the peer's. */
export type ProposalRefusal = { reason: "unsafe-path"; detail: string } | { reason: "limit"; excess: ProposalExcess };

/** Collects the entries of one proposal of the peer. */
export class ManifestReader {
  readonly #expected: { entries: number; files: number; bytes: number };
  readonly #rules: NameRules;
  readonly #entries: Entry[] = [];
  readonly #paths = new Set<string>();
  readonly #folders = new FolderTree();
  /** One for each entry so far, and room for as many again: that a proposal names a number of entries costs nothing. */
  #folderOf = new Uint32Array(0);
  #files = 0;
  #bytes = 0;
  #pathBytes = 0;

  /** @param expected - the counts in the PROPOSAL; at most MAX_ENTRIES entries */
  constructor(expected: { entries: number; files: number; bytes: number }, rules: NameRules) {
    this.#expected = expected;
    this.#rules = rules;
  }

  get expectedEntries(): number {
    return this.#expected.entries;
  }

  /** Cost of all paths so far, link targets included. */
  get pathBytes(): number {
    return this.#pathBytes;
  }

  /** Folders that the paths so far lead through, listed or not. */
  get folderCount(): number {
    return this.#folders.count;
  }

  get isComplete(): boolean {
    return this.#entries.length === this.#expected.entries;
  }

  /** Adds the entries of one frame; the first problem ends the proposal. */
  add(first: number, entries: readonly Entry[]): ManifestProblem | undefined {
    if (first !== this.#entries.length) return { kind: "broken", detail: "entries out of order" };
    if (first + entries.length > this.#expected.entries) {
      return { kind: "broken", detail: "more entries than were proposed" };
    }
    this.#makeRoomFor(first + entries.length);
    for (const entry of entries) {
      if (this.#rules !== "linux" && hasByteNames(entry)) return { kind: "broken", detail: "a path is not UTF-8" };
      const safe = safeRelativePath(entry.path, this.#rules);
      if (!safe.ok) return unsafePath(entry.path, ` (${safe.reason})`);
      if (entry.type === "symlink") {
        if (this.#rules === "windows") return { kind: "broken", detail: "a symbolic link to a side that takes none" };
        const target = entry.target ?? "";
        if (safeLinkTarget(entry.path, target) === undefined) return unsafePath(entry.path, " (a link that leads out)");
        this.#pathBytes += pathCost(target);
      }
      if (this.#paths.has(entry.path)) return unsafePath(entry.path, " twice");
      this.#paths.add(entry.path);
      this.#pathBytes += pathCost(entry.path);
      if (entry.type === "file") this.#files += 1;
      this.#bytes += entry.bytes;
      const { segments } = safe;
      const depth = entry.type === "directory" ? segments.length : segments.length - 1;
      this.#folderOf[this.#entries.length] = this.#folders.add(segments, depth);
      this.#entries.push(entry);
    }
    if (this.isComplete && (this.#files !== this.#expected.files || this.#bytes !== this.#expected.bytes)) {
      return { kind: "broken", detail: "files and bytes of the proposal do not add up" };
    }
    return undefined;
  }

  #makeRoomFor(count: number): void {
    if (count <= this.#folderOf.length) return;
    const roomier = new Uint32Array(Math.min(this.#expected.entries, 2 * count));
    roomier.set(this.#folderOf);
    this.#folderOf = roomier;
  }

  /** May be called only when `isComplete`. */
  take(): ReceivedManifest {
    this.#folders.seal();
    const sums = { files: this.#files, bytes: this.#bytes };
    return { entries: this.#entries, ...sums, folders: this.#folders, folderOf: this.#folderOf };
  }
}

/** Characters of a bad path in a report, enough to recognize it. */
const TOLD_PATH_LENGTH = 80;

function unsafePath(path: string, why: string): ManifestProblem {
  const detail = `path '${path.slice(0, TOLD_PATH_LENGTH)}'${why}`;
  return { kind: "refused", why: { reason: "unsafe-path", detail } };
}
