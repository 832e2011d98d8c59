// A persistent set of ids: offers from which a session was connected, and documents that this user wrote. Each id is
// one small file, so that concurrent processes do not overwrite each other's entries.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../atomic-write.ts";
import { openStateFolder, pruneStateFolder } from "./state-folder.ts";

const KEPT_MS = 30 * 24 * 3_600_000;
const ENTRY_NAME = /^[0-9a-f]{64}$/;

export class UsedIds {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * @param stateDir - created with mode 0700 when absent
   * @throws P2pError STATE_UNSAFE, STATE_UNUSABLE
   */
  static async open(stateDir: string, memory: "used-offers" | "own-documents" = "used-offers"): Promise<UsedIds> {
    return new UsedIds(await openStateFolder(stateDir, memory));
  }

  /** Reads the disk, so it sees what another process added a moment ago. */
  has(id: string): boolean {
    return existsSync(this.#pathOf(id));
  }

  /**
   * Remembers `id` for 30 days from `nowMs` on, and removes older entries.
   * @param id - any text; only its hash is stored
   * @param nowMs - milliseconds since 1970, UTC
   * @throws P2pError STATE_UNUSABLE
   */
  async add(id: string, nowMs: number): Promise<void> {
    const path = this.#pathOf(id);
    await writeFileAtomically(path, "", "state");
    // A disk that refuses times has given the file the present one.
    const addedAt = nowMs / 1_000;
    await utimes(path, addedAt, addedAt).catch(() => {});
    await this.prune(nowMs);
  }

  /** Removes entries older than 30 days at `nowMs`. */
  async prune(nowMs: number): Promise<void> {
    await pruneStateFolder(this.#folder, ENTRY_NAME, nowMs - KEPT_MS);
  }

  #pathOf(id: string): string {
    return join(this.#folder, createHash("sha256").update(id).digest("hex"));
  }
}
