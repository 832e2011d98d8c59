// The index of unfinished parts on all disks: one small file for each in the state directory, so that they can be
// listed and discarded without searching folders. It is a convenience: resuming finds the parts without it, and no
// error here fails a transfer.
import { readdir, unlink } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { MAX_PATH_BYTES } from "../../transfer/limits.ts";
import { writeFileAtomically } from "../atomic-write.ts";
import { isPartId, type PartFacts, type PartPlace } from "./part-journal.ts";
import { readRegularFile } from "../regular-file.ts";
import { checkStateFolder, openStateFolder } from "../state/state-folder.ts";

/** An index entry for a part, whether the part still exists or not. */
export interface IndexedPart {
  readonly place: PartPlace;
  readonly path: string;
  readonly bytes: number;
}

const FOLDER_NAME = "transfers";
const ENTRY_SUFFIX = ".json";
const MAX_ENTRY_BYTES = 64 * 1024;
/** Further entries are not listed; discarding some makes the others appear. */
const MAX_ENTRIES = 10_000;

export class UnfinishedIndex {
  readonly #stateDir: string;
  readonly #folder: string;

  /** @param stateDir - created with mode 0700 when something is added */
  constructor(stateDir: string) {
    this.#stateDir = stateDir;
    this.#folder = join(stateDir, FOLDER_NAME);
  }

  async add({ folder, id }: PartPlace, { path, bytes }: PartFacts): Promise<void> {
    try {
      await openStateFolder(this.#stateDir, FOLDER_NAME);
      await writeFileAtomically(this.#pathOf(id), JSON.stringify({ folder, path, bytes }));
    } catch {
      // The part is found without the index as well, but it is not listed.
    }
  }

  async remove(id: string): Promise<void> {
    await unlink(this.#pathOf(id)).catch(() => {});
  }

  /** Returns the entries in no particular order, without invalid ones. @throws P2pError STATE_UNSAFE */
  async list(): Promise<IndexedPart[]> {
    await checkStateFolder(this.#stateDir, FOLDER_NAME);
    const names = await readdir(this.#folder).catch(() => []);
    const found: IndexedPart[] = [];
    for (const name of names) {
      const entry = await this.#read(name);
      if (entry !== undefined) found.push(entry);
      if (found.length === MAX_ENTRIES) break;
    }
    return found;
  }

  async #read(name: string): Promise<IndexedPart | undefined> {
    const id = name.slice(0, -ENTRY_SUFFIX.length);
    if (!name.endsWith(ENTRY_SUFFIX) || !isPartId(id)) return undefined;
    try {
      const options = { maxBytes: MAX_ENTRY_BYTES, isPrivate: true };
      const text = new TextDecoder().decode((await readRegularFile(join(this.#folder, name), options)).bytes);
      const { folder, path, bytes } = (JSON.parse(text) ?? {}) as Partial<Record<string, unknown>>;
      if (typeof folder !== "string" || !isAbsolute(folder) || folder.includes("\0")) return undefined;
      if (typeof path !== "string" || path.length > MAX_PATH_BYTES) return undefined;
      if (!Number.isSafeInteger(bytes) || (bytes as number) < 0) return undefined;
      return { place: { folder, id }, path, bytes: bytes as number };
    } catch {
      return undefined;
    }
  }

  #pathOf(id: string): string {
    return join(this.#folder, `${id}${ENTRY_SUFFIX}`);
  }
}
