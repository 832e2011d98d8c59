// The stored pairing that `--resume` continues: this side's identity when its file was written, and whose file it has
// accepted, stored in the state directory for as long as our file is valid and nobody has connected with it. It contains
// the private key of one session, so it is private to the user, and it is deleted after use.
import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { realpath, unlink, utimes } from "node:fs/promises";
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import * as z from "zod";
import { MAX_CANDIDATES } from "../../exchange/limits.ts";
import { MAX_PORT } from "../../lib/address.ts";
import { ICE_PWD, ICE_UFRAG } from "../../lib/ice-credentials.ts";
import { writeFileAtomically } from "../atomic-write.ts";
import { readRegularFile } from "../regular-file.ts";
import { openStateFolder, pruneStateFolder } from "./state-folder.ts";

const FOLDER = "pairings";
/** Maximum size of an entry; 200 addresses and two PEM texts take a tenth of it. */
const MAX_ENTRY_BYTES = 256 * 1024;
const MAX_PEM_LENGTH = 16 * 1024;
const MAX_SOCKETS = 256;
/** Code units of the name under which somebody is kept; the commands that keep one allow fewer. */
const MAX_PERSON_NAME_LENGTH = 1_024;
/** Nobody rewrites a file that often. */
const MAX_REVISION = 1_000_000_000;
/** The last moment that RFC 3339 can express. */
const LAST_MS = Date.UTC(9999, 11, 31);
const ENTRY_NAME = /^[0-9a-f]{64}\.json$/;

const lineId = z.string().regex(/^[0-9a-f]{32}$/);
const revision = z.number().int().min(1).max(MAX_REVISION);
const moment = z.number().min(0).max(LAST_MS);
const ip = z.string().refine((text) => isIP(text) !== 0);
const port = z.number().int().min(0).max(MAX_PORT);
const longTermKey = z.string().regex(/^[0-9a-f]{64}$/);
const exactly = (value: number) => z.number().refine((number) => number === value);
const pem = z.string().max(MAX_PEM_LENGTH);
const address = z.object({ type: z.enum(["host", "srflx", "prflx", "relay"]), address: ip, port });

const schema = z.object({
  version: z.literal(1),
  id: lineId,
  revision,
  /** Milliseconds since 1970, UTC. */
  createdAtMs: moment,
  expiresAtMs: moment,
  legacySdp: z.boolean(),
  /** Our documents are bare `{type, sdp}`; older entries do not say. */
  bare: z.boolean().optional(),
  /** The id of the offer that our file answers. */
  inReplyTo: lineId.optional(),
  inReplyToRevision: revision.optional(),
  /** Our file was sealed; the passphrase is not stored. */
  sealed: z.boolean().optional(),
  /** The demands of the other side's accepted file on later ones. */
  peer: z
    .object({
      /** The known person who signed it. */
      recognised: z.object({ publicKey: longTermKey, name: z.string().max(MAX_PERSON_NAME_LENGTH) }).optional(),
      isSealed: z.boolean(),
    })
    .optional(),
  /** The candidates in our file. */
  candidates: z.array(address).max(MAX_CANDIDATES),
  /** Secret. */
  self: z
    .object({
      certPem: pem,
      keyPem: pem,
      /** ECDSA with SHA-256 (RFC 5246 §7.4.1.4.1), which all certificates of this program use. */
      signatureHash: z.object({ signature: exactly(3), hash: exactly(4) }),
      iceUfrag: z.string().regex(ICE_UFRAG),
      icePwd: z.string().regex(ICE_PWD),
      sockets: z.array(z.object({ address: ip, port })).max(MAX_SOCKETS),
    })
    .refine(({ certPem, keyPem }) => isKeyPair(certPem, keyPem)),
});

/** One side as its exchange file describes it, and what it needs to serve that file again. */
export type RememberedPairing = z.infer<typeof schema>;

/** Where a pairing is resumed: in the folder of its exchange files, or, without one, under a name. */
export type MemoryPlace = { dir: string } | { name: string };

export class PairingMemory {
  readonly #path: string;
  readonly #nowMs: number;

  private constructor(path: string, nowMs: number) {
    this.#path = path;
    this.#nowMs = nowMs;
  }

  /**
   * Opens the memory of one role in one place. Expired entries are deleted, also those of other places.
   * @param stateDir - created with mode 0700 when absent
   * @param nowMs - milliseconds since 1970, UTC
   * @throws P2pError STATE_UNSAFE, STATE_UNUSABLE
   */
  static async open(
    stateDir: string,
    role: "offer" | "answer",
    place: MemoryPlace,
    nowMs: number,
  ): Promise<PairingMemory> {
    const folder = await openStateFolder(stateDir, FOLDER);
    const name = createHash("sha256")
      .update(`${role} ${await keyOf(place)}`)
      .digest("hex");
    // The file time of an entry is when it expires.
    await pruneStateFolder(folder, ENTRY_NAME, nowMs);
    return new PairingMemory(join(folder, `${name}.json`), nowMs);
  }

  /** @returns the last stored pairing; undefined when there is none, it has expired, or `save` did not write it */
  async load(): Promise<RememberedPairing | undefined> {
    try {
      const pairing = await this.#read();
      return pairing.expiresAtMs < this.#nowMs ? undefined : pairing;
    } catch {
      return undefined;
    }
  }

  /** Stores the pairing, replacing the previous one. @throws P2pError STATE_UNUSABLE */
  async save(pairing: RememberedPairing): Promise<void> {
    await writeFileAtomically(this.#path, JSON.stringify(pairing), "state");
    // The file time is the expiry time, so that expired entries can be deleted without reading a secret.
    const expiresAt = pairing.expiresAtMs / 1_000;
    await utimes(this.#path, expiresAt, expiresAt).catch(() => {});
  }

  /**
   * Deletes a pairing after use. One that another run has stored in the same place since stays.
   * @param id - the id of our file
   */
  async forget(id: string): Promise<void> {
    const stored = await this.#read().catch(() => undefined);
    if (stored === undefined || stored.id === id) await unlink(this.#path).catch(() => {});
  }

  /** Rejects when `save` did not write what is there. */
  async #read(): Promise<RememberedPairing> {
    const { bytes } = await readRegularFile(this.#path, { maxBytes: MAX_ENTRY_BYTES, isPrivate: true });
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  }
}

/** A name is never the same as a folder: the real path of a folder is absolute. */
async function keyOf(place: MemoryPlace): Promise<string> {
  if ("name" in place) return `named ${place.name}`;
  return await realpath(place.dir).catch(() => resolve(place.dir));
}

/** Returns whether the two texts are a certificate and its key. */
function isKeyPair(certPem: string, keyPem: string): boolean {
  try {
    return new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
}
