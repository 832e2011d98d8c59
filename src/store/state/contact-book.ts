// The contact book: the long-term keys of this user's contacts, and this user's own, in small files of the state
// directory that are private to the user. pairing/people.ts decides how far a key is trusted.
import { createPrivateKey, createPublicKey, randomBytes } from "node:crypto";
import { link, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { writeDurably, writeFileAtomically } from "../atomic-write.ts";
import { errnoOf, systemReason } from "../file-system.ts";
import { readRegularFile } from "../regular-file.ts";
import { openStateFolder } from "./state-folder.ts";

const FOLDER = "contacts";
const OWN_KEY_FILE = "own-key.json";
const ENTRY_NAME = /^[0-9a-f]{64}\.json$/;
/** Two names of 200 code units, each up to six characters in JSON, and a key take half of this. */
const MAX_ENTRY_BYTES = 8 * 1024;
/** Nobody compares that many strings; anything beyond in the folder is a mistake. */
const MAX_CONTACTS = 4_096;

const publicKey = z.string().regex(/^[0-9a-f]{64}$/);
const contactSchema = z.object({
  version: z.literal(1),
  publicKey,
  /** The name that this user gave the contact; the contact may have proposed it. */
  name: z.string().min(1).max(200),
  /** The name that the contact used for themselves at that time. */
  calledThemselves: z.string().max(200).optional(),
  /** Time at which the two compared a string. RFC 3339 UTC. */
  verifiedAt: z.iso.datetime(),
});
const ownKeySchema = z
  .object({ version: z.literal(1), publicKey, privateKey: z.base64() })
  .refine((key) => isKeyPair(key.publicKey, key.privateKey));

/** A person whose key was stored after a verified session. */
export type Contact = Omit<z.infer<typeof contactSchema>, "version">;

interface StoredKey {
  publicKey: string;
  /** Secret. */
  privateKey: string;
}

interface Entry {
  readonly path: string;
  /** Undefined: the file cannot be used. */
  readonly contact: Contact | undefined;
}

export class ContactBook {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param stateDir - created with mode 0700 when absent @throws P2pError STATE_UNSAFE, STATE_UNUSABLE */
  static async open(stateDir: string): Promise<ContactBook> {
    return new ContactBook(await openStateFolder(stateDir, FOLDER));
  }

  /** Returns the contacts by name, each key once. Unusable files are left out; `unusable` returns them. */
  async list(): Promise<Contact[]> {
    const byKey = new Map<string, Contact>();
    for (const { contact, path } of await this.#entries()) {
      // A file that was copied or renamed contains the key of another one.
      if (contact !== undefined && (path === this.#pathOf(contact) || !byKey.has(contact.publicKey))) {
        byKey.set(contact.publicKey, contact);
      }
    }
    return [...byKey.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Returns entries that cannot be used: not regular files, not this user's, writable by others, or truncated. */
  async unusable(): Promise<string[]> {
    return (await this.#entries()).filter(({ contact }) => contact === undefined).map(({ path }) => path);
  }

  /** Stores a contact, replacing any entry with the same key. @throws P2pError STATE_UNUSABLE */
  async keep(contact: Contact): Promise<void> {
    await writeFileAtomically(
      this.#pathOf(contact),
      `${JSON.stringify({ version: 1, ...contact }, null, 2)}\n`,
      "state",
    );
  }

  /** Removes every file that contains this key, whatever its name. @throws P2pError STATE_UNUSABLE */
  async remove({ publicKey: key }: Pick<Contact, "publicKey">): Promise<void> {
    for (const { contact, path } of await this.#entries()) {
      if (contact?.publicKey !== key) continue;
      try {
        await unlink(path);
      } catch (cause) {
        if (errnoOf(cause) === "ENOENT") continue;
        // What the person has to look at is the folder, whose files have names that say nothing to them.
        throw new P2pError("STATE_UNUSABLE", { path: this.#folder, reason: systemReason(cause) }, { cause });
      }
    }
  }

  /**
   * @returns undefined when there is no key yet
   * @throws P2pError SECRET_UNREADABLE for a key that cannot be used: files would silently go unsigned otherwise
   */
  async ownKey(): Promise<StoredKey | undefined> {
    const path = join(this.#folder, OWN_KEY_FILE);
    try {
      const { publicKey: key, privateKey } = await readEntry(path, ownKeySchema);
      return { publicKey: key, privateKey };
    } catch (cause) {
      if (errnoOf(cause) === "ENOENT") return undefined;
      throw new P2pError("SECRET_UNREADABLE", { path, problem: "no-own-key" }, { cause });
    }
  }

  /**
   * Stores the first key of this user. Two processes that do so at once both get the same key.
   * @throws P2pError STATE_UNUSABLE, SECRET_UNREADABLE
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
      throw new P2pError("STATE_UNUSABLE", { path, reason: systemReason(cause) }, { cause });
    } finally {
      await unlink(temporary).catch(() => {});
    }
    return (await this.ownKey()) ?? key;
  }

  #pathOf({ publicKey: key }: Pick<Contact, "publicKey">): string {
    return join(this.#folder, `${key}.json`);
  }

  /** Reads the files one by one: there may be many, and opening all at once could exhaust the file descriptors. */
  async #entries(): Promise<Entry[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const entries: Entry[] = [];
    for (const name of names.filter((candidate) => ENTRY_NAME.test(candidate)).slice(0, MAX_CONTACTS)) {
      const path = join(this.#folder, name);
      entries.push({ path, contact: await readEntry(path, contactSchema).then(contactOf, () => undefined) });
    }
    return entries;
  }
}

function contactOf({ publicKey: key, name, calledThemselves, verifiedAt }: z.infer<typeof contactSchema>): Contact {
  return { publicKey: key, name, ...(calledThemselves === undefined ? {} : { calledThemselves }), verifiedAt };
}

/** @throws OddFileError; any error of the system, of JSON or of the schema */
async function readEntry<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const { bytes } = await readRegularFile(path, { maxBytes: MAX_ENTRY_BYTES, isPrivate: true });
  return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
}

/** Returns whether the two belong together: an Ed25519 key in PKCS #8, and its public point. */
function isKeyPair(point: string, privateKey: string): boolean {
  try {
    const key = createPrivateKey({ key: Buffer.from(privateKey, "base64"), format: "der", type: "pkcs8" });
    const { crv, x = "" } = createPublicKey(key).export({ format: "jwk" });
    return crv === "Ed25519" && Buffer.from(x, "base64url").toString("hex") === point;
  } catch {
    return false;
  }
}
