// The DTLS record filter: decides which records of a datagram may reach the handshake or the application. RFC 6347
// §4.1, RFC 5246 §6.2.1. Anybody who can reach the port can send records of epoch 0: they are plaintext and prove
// nothing.

export const ContentType = { CHANGE_CIPHER_SPEC: 20, ALERT: 21, HANDSHAKE: 22, APPLICATION_DATA: 23 } as const;

export const RECORD_HEADER_BYTES = 13;
/** 2^14 bytes of plaintext, 8 of explicit nonce and 16 of tag. RFC 5246 §6.2.3. */
const MAX_FRAGMENT_BYTES = 2 ** 14 + 24;
/** DTLS 1.2 and 1.0, as version bytes: a hello may come as 1.0. RFC 6347 §4.2.1. */
const VERSIONS = [0xfefd, 0xfeff];

/** One record, as views into its datagram. */
export interface DtlsRecord {
  contentType: number;
  epoch: number;
  /** 0 … 2^48-1. */
  sequence: number;
  /** Length in bytes, header included. */
  bytes: Uint8Array;
  fragment: Uint8Array;
}

/**
 * Cuts a datagram into records. Everything after an invalid record is dropped with it, because its length cannot be
 * trusted.
 */
export function splitRecords(datagram: Uint8Array): DtlsRecord[] {
  const records: DtlsRecord[] = [];
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
  let offset = 0;
  while (offset + RECORD_HEADER_BYTES <= datagram.length) {
    const fragmentBytes = view.getUint16(offset + 11);
    const end = offset + RECORD_HEADER_BYTES + fragmentBytes;
    const isSound =
      end <= datagram.length &&
      fragmentBytes > 0 &&
      fragmentBytes <= MAX_FRAGMENT_BYTES &&
      VERSIONS.includes(view.getUint16(offset + 1));
    if (!isSound) break;
    records.push({
      contentType: datagram[offset] ?? 0,
      epoch: view.getUint16(offset + 3),
      sequence: view.getUint16(offset + 5) * 2 ** 32 + view.getUint32(offset + 7),
      bytes: datagram.subarray(offset, end),
      fragment: datagram.subarray(offset + RECORD_HEADER_BYTES, end),
    });
    offset = end;
  }
  return records;
}

/**
 * Serializes a record of epoch 0, DTLS 1.2.
 * @param sequence - 0 … 2^48-1
 * @param fragment - at most 2^14 bytes
 */
export function plaintextRecord(contentType: number, sequence: number, fragment: Uint8Array): Uint8Array {
  const record = new Uint8Array(RECORD_HEADER_BYTES + fragment.length);
  const view = new DataView(record.buffer);
  view.setUint8(0, contentType);
  view.setUint16(1, 0xfefd);
  view.setUint16(5, Math.floor(sequence / 2 ** 32));
  view.setUint32(7, sequence % 2 ** 32);
  view.setUint16(11, fragment.length);
  record.set(fragment, RECORD_HEADER_BYTES);
  return record;
}

export type HandshakePhase = "handshaking" | "connected";

/**
 * `handshake`: goes to the handshake. `application`: is to be opened with the negotiated keys. `drop`: is not for us,
 * or is something that only an authenticated peer may say.
 */
export type RecordVerdict = "handshake" | "protected-alert" | "application" | "drop";

/**
 * Classifies one record. Once connected, epoch 0 is dropped entirely: no hello can reset an established association.
 */
export function judgeRecord(record: DtlsRecord, phase: HandshakePhase): RecordVerdict {
  if (record.epoch > 1) return "drop";
  const isProtected = record.epoch === 1;
  switch (record.contentType) {
    case ContentType.HANDSHAKE:
      return isProtected || phase === "handshaking" ? "handshake" : "drop";
    case ContentType.CHANGE_CIPHER_SPEC:
      return !isProtected && phase === "handshaking" ? "handshake" : "drop";
    case ContentType.ALERT:
      return isProtected ? "protected-alert" : "drop";
    case ContentType.APPLICATION_DATA:
      return isProtected ? "application" : "drop";
    default:
      return "drop";
  }
}
