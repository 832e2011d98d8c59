// What `--resume` goes on with: who this side was when its file was written, kept in the state directory for as long as
// that file is good and nobody has connected with it. It holds the private key of one line, so it is the owner's alone,
// and it is deleted when it has served.
import { createHash } from "node:crypto";
import { readdir, readFile, realpath, stat, unlink, utimes } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as z from "zod";
import { writeFileAtomically } from "../atomic-write.ts";
import { openStateFolder } from "./state-folder.ts";

const FOLDER = "pairings";
const ENTRY_NAME = /^[0-9a-f]{64}\.json$/;

const address = z.object({
  type: z.enum(["host", "srflx", "prflx", "relay"]),
  address: z.string(),
  port: z.number().int(),
});

const schema = z.object({
  version: z.literal(1),
  id: z.string(),
  revision: z.number().int().positive(),
  /** Milliseconds since 1970, UTC. */
  createdAtMs: z.number(),
  expiresAtMs: z.number(),
  legacySdp: z.boolean(),
  /** Of the offer that our file answers. */
  inReplyTo: z.string().optional(),
  inReplyToRevision: z.number().int().optional(),
  /** Our file was sealed; with which passphrase is not kept. */
  sealed: z.boolean().optional(),
  /** What our file says of where we are. */
  candidates: z.array(address),
  /** Secret. */
  self: z.object({
    certPem: z.string(),
    keyPem: z.string(),
    signatureHash: z.object({ signature: z.number(), hash: z.number() }),
    iceUfrag: z.string(),
    icePwd: z.string(),
    sockets: z.array(z.object({ address: z.string(), port: z.number().int() })),
  }),
});

/** One side as its exchange file shows it, and what it needs to serve that file again. */
export type RememberedPairing = z.infer<typeof schema>;

export class PairingMemory {
  readonly #folder: string;
  readonly #path: string;

  private constructor(folder: string, path: string) {
    this.#folder = folder;
    this.#path = path;
  }

  /**
   * The memory of one command in one folder. What has expired is deleted, of other folders as well.
   * @param stateDir - made with mode 0700 when absent
   * @param dir - of the exchange files
   * @param nowMs - milliseconds since 1970, UTC
   * @throws P2pError WRITE_FAILED
   */
  static async open(stateDir: string, role: "offer" | "answer", dir: string, nowMs: number): Promise<PairingMemory> {
    const folder = await openStateFolder(stateDir, FOLDER);
    const realDir = await realpath(dir).catch(() => resolve(dir));
    const name = createHash("sha256").update(`${role} ${realDir}`).digest("hex");
    const memory = new PairingMemory(folder, join(folder, `${name}.json`));
    await memory.#prune(nowMs);
    return memory;
  }

  /** @returns what was kept last; undefined: nothing, or it cannot be read */
  async load(): Promise<RememberedPairing | undefined> {
    try {
      return schema.parse(JSON.parse(await readFile(this.#path, "utf8")));
    } catch {
      return undefined;
    }
  }

  /** Keeps it in place of what was kept before. @throws P2pError WRITE_FAILED */
  async save(pairing: RememberedPairing): Promise<void> {
    await writeFileAtomically(this.#path, JSON.stringify(pairing));
    // When it may be deleted shows from outside, without reading a secret.
    await utimes(this.#path, pairing.expiresAtMs / 1_000, pairing.expiresAtMs / 1_000).catch(() => {});
  }

  /** Deletes it: it has served. */
  async forget(): Promise<void> {
    await unlink(this.#path).catch(() => {});
  }

  async #prune(nowMs: number): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names.filter((candidate) => ENTRY_NAME.test(candidate))) {
      const path = join(this.#folder, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
      if (mtimeMs < nowMs) await unlink(path).catch(() => {});
    }
  }
}
