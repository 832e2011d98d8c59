// Where unfinished parts are, on all disks: one small file for each in the state directory, so that they can be listed
// and discarded without looking through folders. It is a convenience: resuming finds the parts without it, and nothing
// here fails a transfer.
import { readdir, readFile, unlink } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { writeFileAtomically } from "../atomic-write.ts";
import { isPartId, type PartFacts, type PartPlace } from "./part-journal.ts";
import { openStateFolder } from "../state/state-folder.ts";

/** What the index knows of a part, whether that is still there or not. */
export interface IndexedPart {
  readonly place: PartPlace;
  readonly path: string;
  readonly bytes: number;
}

const FOLDER_NAME = "transfers";
const ENTRY_SUFFIX = ".json";
const MAX_ENTRY_BYTES = 64 * 1024;

export class UnfinishedIndex {
  readonly #stateDir: string;
  readonly #folder: string;

  /** @param stateDir - made with mode 0700 when something is added */
  constructor(stateDir: string) {
    this.#stateDir = stateDir;
    this.#folder = join(stateDir, FOLDER_NAME);
  }

  async add({ folder, id }: PartPlace, { path, bytes }: PartFacts): Promise<void> {
    await openStateFolder(this.#stateDir, FOLDER_NAME).catch(() => {});
    await writeFileAtomically(this.#pathOf(id), JSON.stringify({ folder, path, bytes })).catch(() => {});
  }

  async remove(id: string): Promise<void> {
    await unlink(this.#pathOf(id)).catch(() => {});
  }

  /** In no order; what is no entry is left out. */
  async list(): Promise<IndexedPart[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const found = await Promise.all(names.map((name) => this.#read(name)));
    return found.filter((entry) => entry !== undefined);
  }

  async #read(name: string): Promise<IndexedPart | undefined> {
    const id = name.slice(0, -ENTRY_SUFFIX.length);
    if (!name.endsWith(ENTRY_SUFFIX) || !isPartId(id)) return undefined;
    try {
      const text = await readFile(join(this.#folder, name), "utf8");
      if (text.length > MAX_ENTRY_BYTES) return undefined;
      const { folder, path, bytes } = (JSON.parse(text) ?? {}) as Partial<Record<string, unknown>>;
      if (typeof folder !== "string" || !isAbsolute(folder) || typeof path !== "string") return undefined;
      return Number.isSafeInteger(bytes) ? { place: { folder, id }, path, bytes: bytes as number } : undefined;
    } catch {
      return undefined;
    }
  }

  #pathOf(id: string): string {
    return join(this.#folder, `${id}${ENTRY_SUFFIX}`);
  }
}
