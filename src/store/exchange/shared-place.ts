// The disk of a shared folder (docs/carriers.md): lists, reads, writes and removes our entries in it, and touches nothing else.
// Anybody with write access to the folder chooses how many files it has and how large they are, so names, files and bytes
// of one look are limited, and one document is in memory at a time.
import { constants } from "node:fs";
import { access, lstat, opendir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  decodeEntry,
  type EntryHead,
  type EntryId,
  MAX_ENTRY_BYTES,
  parseEntryName,
  type SharedEntry,
} from "../../exchange/shared-entry.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { writeDurably, writeFileAtomically } from "../atomic-write.ts";
import { errnoOf, nodeFileSystem, systemReason } from "../file-system.ts";
import { readRegularFile } from "../regular-file.ts";
import { documentFileState } from "./document-file.ts";

/** Maximum number of entries that are examined; those of one slot come first. */
const MAX_ENTRIES = 500;
/** Maximum number of names that are read to find them. */
const MAX_NAMES = 20_000;
/** Bytes that are read in one look; what is left is read in later looks. */
const MAX_BYTES_PER_LOOK = 4 * 1_048_576;
/** Left by a process that was killed while it wrote an entry. */
const TEMPORARY_NAME = /^\.p2p-[0-9a-f]{16}\.tmp$/;

/** One file of ours in the folder. */
export interface FoundEntry {
  name: string;
  /** The parts of its name; undefined for a temporary file. */
  id: (EntryId & { isCopy: boolean }) | undefined;
  /** Its content without the document; undefined: it does not parse yet, is not read yet, or is something else. */
  head: EntryHead | undefined;
}

interface Known {
  signature: string;
  head: EntryHead | undefined;
}

export class SharedPlace {
  /** The folder as the user would write it. */
  readonly dir: string;
  readonly #real: string;
  readonly #mode: number;
  readonly #known = new Map<string, Known>();
  #bytesLeft = 0;
  /** The last look has not reached everything. */
  #isCrowded = false;

  private constructor(dir: string, real: string, mode: number) {
    this.dir = dir;
    this.#real = real;
    this.#mode = mode;
  }

  /** @throws P2pError FOLDER_UNUSABLE when it is not there, is no folder, or cannot be written to */
  static async open(dir: string): Promise<SharedPlace> {
    try {
      const real = await realpath(dir);
      const stats = await stat(real);
      if (!stats.isDirectory()) throw new Error("it is no folder");
      await access(real, constants.R_OK | constants.W_OK | constants.X_OK);
      return new SharedPlace(dir, real, entryMode(stats.mode));
    } catch (cause) {
      throw new P2pError("FOLDER_UNUSABLE", { dir, reason: systemReason(cause), option: "via" }, { cause });
    }
  }

  /** Whether there was more in the folder than the last look has examined. */
  get isCrowded(): boolean {
    return this.#isCrowded;
  }

  /** The path of an entry as the user would write it. */
  pathOf(name: string): string {
    return join(this.dir, name);
  }

  /**
   * Lists our entries.
   * @param slot - the slot whose entries come first
   * @throws a system error when the folder cannot be read now
   */
  async look(slot: string | undefined): Promise<FoundEntry[]> {
    const { names, isCutOff } = await this.#names();
    // In a crowded folder a name would be taken apart dozens of times while it is sorted.
    const ranked = names.map(({ name, id }) => ({ name, id, rank: rankOf(id, slot) }));
    ranked.sort((one, other) => one.rank - other.rank);
    const kept = ranked.slice(0, MAX_ENTRIES);
    this.#isCrowded = isCutOff || names.length > MAX_ENTRIES;
    const present = new Set(kept.map(({ name }) => name));
    for (const name of this.#known.keys()) if (!present.has(name)) this.#known.delete(name);
    this.#bytesLeft = MAX_BYTES_PER_LOOK;
    const found: FoundEntry[] = [];
    for (const { name, id } of kept) found.push({ name, id, head: await this.#headOf(name) });
    return found;
  }

  /** Reads an entry whole. @returns undefined when it is gone, does not parse, or is not what its name says */
  async read(name: string): Promise<SharedEntry | undefined> {
    const bytes = await this.#bytesOf(name);
    const entry = bytes === undefined ? undefined : decodeEntry(bytes);
    return entry !== undefined && isOfName(entry, name) ? entry : undefined;
  }

  /** Whether something of this name is there, also where a look into a crowded folder does not reach it. */
  async has(name: string): Promise<boolean> {
    return await lstat(join(this.#real, name)).then(
      () => true,
      () => false,
    );
  }

  /** Replaces an entry of ours. @throws P2pError WRITE_FAILED */
  async write(name: string, text: string): Promise<void> {
    await writeFileAtomically(join(this.#real, name), text, "via", this.#mode);
  }

  /**
   * Creates an entry that must not exist.
   * @returns false when it exists
   * @throws P2pError WRITE_FAILED
   */
  async create(name: string, text: string): Promise<boolean> {
    try {
      await writeDurably(join(this.#real, name), text, this.#mode);
      return true;
    } catch (cause) {
      if (errnoOf(cause) === "EEXIST") return false;
      const failure = { path: this.pathOf(name), reason: systemReason(cause), place: "via" as const };
      throw new P2pError("WRITE_FAILED", failure, { cause });
    }
  }

  /** Removes an entry; one that cannot be removed stays until it expires. */
  async remove(name: string): Promise<void> {
    await nodeFileSystem.unlink(join(this.#real, name)).catch(() => {});
  }

  /** @returns our names, and whether not all names were read */
  async #names(): Promise<{ names: Omit<FoundEntry, "head">[]; isCutOff: boolean }> {
    const names: Omit<FoundEntry, "head">[] = [];
    let left = MAX_NAMES;
    for await (const { name } of await opendir(this.#real, { bufferSize: 1_024 })) {
      const id = parseEntryName(name);
      if (id !== undefined || TEMPORARY_NAME.test(name)) names.push({ name, id });
      left -= 1;
      if (left === 0) return { names, isCutOff: true };
    }
    return { names, isCutOff: false };
  }

  async #headOf(name: string): Promise<EntryHead | undefined> {
    const state = await documentFileState(join(this.#real, name)).catch(() => undefined);
    if (state === undefined || state.odd !== undefined || state.size > MAX_ENTRY_BYTES) return undefined;
    const known = this.#known.get(name);
    if (known?.signature === state.signature) return known.head;
    if (state.size > this.#bytesLeft) return undefined;
    this.#bytesLeft -= state.size;
    const bytes = await this.#bytesOf(name);
    const entry = bytes === undefined ? undefined : decodeEntry(bytes);
    if (entry === undefined || !isOfName(entry, name)) {
      this.#known.set(name, { signature: state.signature, head: undefined });
      return undefined;
    }
    const { document: _, ...head } = entry;
    this.#known.set(name, { signature: state.signature, head });
    return head;
  }

  async #bytesOf(name: string): Promise<Uint8Array | undefined> {
    try {
      return (await readRegularFile(join(this.#real, name), { maxBytes: MAX_ENTRY_BYTES })).bytes;
    } catch {
      return undefined;
    }
  }
}

/** The mode of our entries: whoever may write to the folder can be the other side and has to read them, and nobody else. */
function entryMode(folder: number): number {
  return 0o600 | ((folder & 0o020) << 1) | ((folder & 0o002) << 1);
}

/** The content of a temporary file may be any entry; that of an entry is what its name says. */
function isOfName(entry: SharedEntry, name: string): boolean {
  const id = parseEntryName(name);
  if (id === undefined) return true;
  return entry.kind === id.kind && entry.slot === id.slot && (id.kind !== "answer" || entry.by === id.by);
}

/** Entries of the slot first, then offers, which an answering side looks for. */
function rankOf(id: FoundEntry["id"], slot: string | undefined): number {
  if (slot !== undefined && id?.slot === slot) return 0;
  return id?.kind === "offer" ? 1 : 2;
}
