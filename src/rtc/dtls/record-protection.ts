// Sealing and opening of DTLS 1.2 records with AES-128-GCM and the negotiated keys, with our own sequence numbers
// and replay window. RFC 6347 §4.1.2, RFC 5288 §3.
import { createSecretKey, type KeyObject } from "node:crypto";
import { type DtlsRecord, RECORD_HEADER_BYTES } from "../../guard/dtls-record.ts";
import { ReplayWindow } from "../../guard/replay-window.ts";
import { openAesGcm, sealAesGcm, TAG_BYTES } from "./aes-gcm.ts";

const EPOCH = 1;
const VERSION = 0xfefd;
/** Of the twelve nonce bytes, those that come from the handshake. */
export const SALT_BYTES = 4;
const EXPLICIT_NONCE_BYTES = 8;
const AAD_BYTES = 13;
const OVERHEAD_BYTES = EXPLICIT_NONCE_BYTES + TAG_BYTES;

/** One direction: key and the implicit part of the nonce. */
export interface DirectionKeys {
  key: Buffer;
  /** Four bytes. */
  salt: Buffer;
}

/** What one direction needs for a record; the buffers are filled anew for each. */
interface Direction {
  readonly key: KeyObject;
  /** Salt, then the explicit part of the record. */
  readonly nonce: Buffer;
  readonly additionalData: Buffer;
}

/** Both directions as a key derivation leaves them; nonces are cut to their implicit part. */
export interface SessionKeys {
  readonly clientWriteKey: Buffer;
  readonly serverWriteKey: Buffer;
  readonly clientNonce: Buffer;
  readonly serverNonce: Buffer;
}

/**
 * werift numbers its Finished on from epoch 0 and then begins again at 0, so that a later record would have the
 * same nonce. Ours begin where no Finished of a handshake gets to.
 */
const FIRST_OWN_SEQUENCE = 4_096;

/** @param role - ours */
export function protectionOf(role: "client" | "server", keys: SessionKeys): RecordProtection {
  const client = { key: keys.clientWriteKey, salt: Buffer.from(keys.clientNonce.subarray(0, SALT_BYTES)) };
  const server = { key: keys.serverWriteKey, salt: Buffer.from(keys.serverNonce.subarray(0, SALT_BYTES)) };
  const [write, read] = role === "client" ? [client, server] : [server, client];
  return new RecordProtection(write, read, FIRST_OWN_SEQUENCE);
}

export class RecordProtection {
  readonly #write: Direction;
  readonly #read: Direction;
  readonly #window = new ReplayWindow();
  #nextSequence: number;

  /** @param firstSequence - no record of these write keys may have had it or a larger one: it makes the nonce */
  constructor(write: DirectionKeys, read: DirectionKeys, firstSequence: number) {
    this.#write = createDirection(write);
    this.#read = createDirection(read);
    this.#nextSequence = firstSequence;
  }

  /**
   * @param plaintext - at most 2^14 bytes; not kept
   * @returns a buffer that nothing else refers to
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

  /** @returns the plaintext, or undefined for what is forged, damaged or was here before */
  open(record: DtlsRecord): Buffer | undefined {
    if (!this.#window.isFresh(record.sequence)) return undefined;
    const plaintext = openWith(this.#read, record);
    if (plaintext !== undefined) this.#window.mark(record.sequence);
    return plaintext;
  }

  /** Opens a record that we sealed, to seal it again under a new number when it is repeated. */
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

/** Epoch, sequence number, type, version, length of the plaintext. RFC 5246 §6.2.3.3. */
function fillAdditionalData(into: Buffer, header: Uint8Array, plaintextBytes: number): void {
  for (let at = 0; at < 8; at += 1) into[at] = header[3 + at] ?? 0;
  for (let at = 0; at < 3; at += 1) into[8 + at] = header[at] ?? 0;
  into.writeUInt16BE(plaintextBytes, 11);
}
