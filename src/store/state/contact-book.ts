// The people whose long-term keys this user keeps, and this user's own long-term key: small files of the state directory,
// the owner's alone. What a key is worth is decided by pairing/people.ts.
import { randomBytes } from "node:crypto";
import { link, readdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { writeDurably, writeFileAtomically } from "../atomic-write.ts";
import { errnoOf, systemReason } from "../file-system.ts";
import { openStateFolder } from "./state-folder.ts";

const FOLDER = "contacts";
const OWN_KEY_FILE = "own-key.json";
const ENTRY_NAME = /^[0-9a-f]{64}\.json$/;

const publicKey = z.string().regex(/^[0-9a-f]{64}$/);
const contactSchema = z.object({
  version: z.literal(1),
  publicKey,
  /** What this user calls them; may have been proposed by them. */
  name: z.string().min(1).max(200),
  /** What they called themselves then. */
  calledThemselves: z.string().max(200).optional(),
  /** When the two have compared a string. RFC 3339 UTC. */
  verifiedAt: z.iso.datetime(),
});
const ownKeySchema = z.object({ version: z.literal(1), publicKey, privateKey: z.base64() });

/** Somebody whose key was kept after a verified session. */
export type Contact = Omit<z.infer<typeof contactSchema>, "version">;

interface StoredKey {
  publicKey: string;
  /** Secret. */
  privateKey: string;
}

export class ContactBook {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param stateDir - made with mode 0700 when absent @throws P2pError WRITE_FAILED */
  static async open(stateDir: string): Promise<ContactBook> {
    return new ContactBook(await openStateFolder(stateDir, FOLDER));
  }

  /** By name. What cannot be read is left out. */
  async list(): Promise<Contact[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const entries = names.filter((name) => ENTRY_NAME.test(name));
    const contacts = await Promise.all(entries.map(async (name) => this.#read(name, contactSchema)));
    return contacts
      .filter((contact) => contact !== undefined)
      .map(({ publicKey: key, name, calledThemselves, verifiedAt }) => ({
        publicKey: key,
        name,
        ...(calledThemselves === undefined ? {} : { calledThemselves }),
        verifiedAt,
      }))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Keeps somebody, in place of what was kept of the same key before. @throws P2pError WRITE_FAILED */
  async keep(contact: Contact): Promise<void> {
    await writeFileAtomically(this.#pathOf(contact), `${JSON.stringify({ version: 1, ...contact }, null, 2)}\n`);
  }

  /** @throws P2pError WRITE_FAILED */
  async remove(contact: Contact): Promise<void> {
    const path = this.#pathOf(contact);
    try {
      await unlink(path);
    } catch (cause) {
      if (errnoOf(cause) === "ENOENT") return;
      throw new P2pError("WRITE_FAILED", { path, reason: systemReason(cause) }, { cause });
    }
  }

  /** @returns undefined when there is none yet */
  async ownKey(): Promise<StoredKey | undefined> {
    return await this.#read(OWN_KEY_FILE, ownKeySchema);
  }

  /**
   * Keeps a first key of this user's own. Of two processes that do so at once both get the same.
   * @throws P2pError WRITE_FAILED
   */
  async keepOwnKey(key: StoredKey): Promise<StoredKey> {
    const path = join(this.#folder, OWN_KEY_FILE);
    const temporary = join(this.#folder, `.${randomBytes(8).toString("hex")}.tmp`);
    try {
      await writeDurably(temporary, `${JSON.stringify({ version: 1, ...key })}\n`);
      await link(temporary, path).catch((error: unknown) => {
        if (errnoOf(error) !== "EEXIST") throw error;
      });
    } catch (cause) {
      throw new P2pError("WRITE_FAILED", { path, reason: systemReason(cause) }, { cause });
    } finally {
      await unlink(temporary).catch(() => {});
    }
    const kept = await this.ownKey();
    if (kept === undefined) throw new P2pError("WRITE_FAILED", { path, reason: "it holds no key: move it away" });
    return kept;
  }

  #pathOf({ publicKey: key }: Contact): string {
    return join(this.#folder, `${key}.json`);
  }

  async #read<T>(name: string, schema: z.ZodType<T>): Promise<T | undefined> {
    try {
      return schema.parse(JSON.parse(await readFile(join(this.#folder, name), "utf8")));
    } catch {
      return undefined;
    }
  }
}
