// DTLS 1.2 record protection: seals and opens records with AES-128-GCM and the negotiated keys, with our own sequence
// numbers and replay window. RFC 6347 §4.1.2, RFC 5288 §3.
import { createSecretKey, type KeyObject } from "node:crypto";
import { type DtlsRecord, RECORD_HEADER_BYTES } from "../../guard/dtls-record.ts";
import { ReplayWindow } from "../../lib/replay-window.ts";
import { openAesGcm, sealAesGcm, TAG_BYTES } from "./aes-gcm.ts";

/** The one cipher that our records have. */
export const RECORD_CIPHER = "AES-128-GCM";
const EPOCH = 1;
const VERSION = 0xfefd;
/** The number of nonce bytes, of twelve, that come from the handshake. */
const SALT_BYTES = 4;
const EXPLICIT_NONCE_BYTES = 8;
const AAD_BYTES = 13;
/**
 * RFC 6347 asks for at least 32 and prefers 64; a path that reorders a fast flow needs more, and after a move from one path
 * to another the old one delivers for two seconds what has been sealed before.
 */
const RECORD_WINDOW_BITS = 16_384;
const OVERHEAD_BYTES = EXPLICIT_NONCE_BYTES + TAG_BYTES;

/** Keys of one direction: the key and the implicit part of the nonce. */
export interface DirectionKeys {
  key: Buffer;
  /** Four bytes. */
  salt: Buffer;
}

/** The state of one direction; its buffers are reused for each record. */
interface Direction {
  readonly key: KeyObject;
  /** Salt, then the explicit part of the nonce. */
  readonly nonce: Buffer;
  readonly additionalData: Buffer;
}

/** Keys of both directions as key derivation produces them; nonces are cut to their implicit part. */
export interface SessionKeys {
  readonly clientWriteKey: Buffer;
  readonly serverWriteKey: Buffer;
  readonly clientNonce: Buffer;
  readonly serverNonce: Buffer;
}

/**
 * werift numbers its Finished on from epoch 0 and then restarts at 0, so a later record would reuse that nonce. Ours
 * begin at a number that no Finished of a handshake reaches.
 */
const FIRST_OWN_SEQUENCE = 4_096;

/** @param role - our role */
export function protectionOf(role: "client" | "server", keys: SessionKeys): RecordProtection {
  const client = { key: keys.clientWriteKey, salt: Buffer.from(keys.clientNonce.subarray(0, SALT_BYTES)) };
  const server = { key: keys.serverWriteKey, salt: Buffer.from(keys.serverNonce.subarray(0, SALT_BYTES)) };
  const [write, read] = role === "client" ? [client, server] : [server, client];
  return new RecordProtection(write, read, FIRST_OWN_SEQUENCE);
}

export class RecordProtection {
  readonly #write: Direction;
  readonly #read: Direction;
  readonly #window = new ReplayWindow(RECORD_WINDOW_BITS);
  #nextSequence: number;

  /** @param firstSequence - must exceed every number used with these write keys: it forms the nonce */
  constructor(write: DirectionKeys, read: DirectionKeys, firstSequence: number) {
    this.#write = createDirection(write);
    this.#read = createDirection(read);
    this.#nextSequence = firstSequence;
  }

  /**
   * @param plaintext - at most 2^14 bytes; not kept
   * @returns a buffer that nothing else references
   */
  seal(contentType: number, plaintext: Uint8Array): Buffer {
    const { key, nonce, additionalData } = this.#write;
    const record = Buffer.allocUnsafe(RECORD_HEADER_BYTES + OVERHEAD_BYTES + plaintext.length);
    record[0] = contentType;
    record.writeUInt16BE(VERSION, 1);
    record.writeUInt16BE(EPOCH, 3);
    record.writeUIntBE(this.#nextSequence, 5, 6);
    record.writeUInt16BE(plaintext.length + OVERHEAD_BYTES, 11);
    this.#nextSequence += 1;
    // Epoch and sequence number, as RFC 6347 §4.1.2.1 suggests for the explicit nonce.
    record.copy(record, RECORD_HEADER_BYTES, 3, 11);
    record.copy(nonce, SALT_BYTES, 3, 11);
    fillAdditionalData(additionalData, record, plaintext.length);
    sealAesGcm(key, nonce, additionalData, plaintext, record, RECORD_HEADER_BYTES + EXPLICIT_NONCE_BYTES);
    return record;
  }

  /** @returns the plaintext, or undefined when the record is forged, damaged or replayed */
  open(record: DtlsRecord): Buffer | undefined {
    if (!this.#window.isFresh(record.sequence)) return undefined;
    const plaintext = openWith(this.#read, record);
    if (plaintext !== undefined) this.#window.mark(record.sequence);
    return plaintext;
  }

  /** Opens a record that we sealed, so that it can be sealed under a new number for retransmission. */
  openOwn(record: DtlsRecord): Buffer | undefined {
    return openWith(this.#write, record);
  }
}

function createDirection({ key, salt }: DirectionKeys): Direction {
  const nonce = Buffer.alloc(SALT_BYTES + EXPLICIT_NONCE_BYTES);
  salt.copy(nonce, 0, 0, SALT_BYTES);
  return { key: createSecretKey(key), nonce, additionalData: Buffer.alloc(AAD_BYTES) };
}

function openWith({ key, nonce, additionalData }: Direction, { bytes, fragment }: DtlsRecord): Buffer | undefined {
  if (fragment.length < OVERHEAD_BYTES) return undefined;
  nonce.set(fragment.subarray(0, EXPLICIT_NONCE_BYTES), SALT_BYTES);
  const sealed = fragment.subarray(EXPLICIT_NONCE_BYTES);
  fillAdditionalData(additionalData, bytes, sealed.length - TAG_BYTES);
  return openAesGcm(key, nonce, additionalData, sealed);
}

/** Additional data: epoch, sequence number, type, version, length of the plaintext. RFC 5246 §6.2.3.3. */
function fillAdditionalData(into: Buffer, header: Uint8Array, plaintextBytes: number): void {
  for (let at = 0; at < 8; at += 1) into[at] = header[3 + at] ?? 0;
  for (let at = 0; at < 3; at += 1) into[8 + at] = header[at] ?? 0;
  into.writeUInt16BE(plaintextBytes, 11);
}
