// Why a transfer or a file did not happen: one table of numbers on the wire for DECLINE, CANCEL, FILE-FAILED
// and RESULT. A number that this version does not know reads as `other`: still a failure.

const REASON_CODES = {
  /** A person said no, or ended the transfer. */
  user: 1,
  /** Nobody is there to be asked. */
  policy: 2,
  "disk-full": 3,
  "write-failed": 4,
  /** More entries or offers than this side takes. */
  limit: 5,
  /** A path in the offer would lead out of the output folder, or there are two of it. */
  "unsafe-path": 6,
  /** The session ends. */
  closing: 7,
  /** The source changed or vanished while it was being sent. */
  "source-changed": 8,
  unreadable: 9,
  "hash-mismatch": 10,
  /** The other side gave up on this file first. */
  abandoned: 11,
  other: 255,
} as const;

export type Reason = keyof typeof REASON_CODES;

const BY_CODE = new Map<number, Reason>(Object.entries(REASON_CODES).map(([name, code]) => [code, name as Reason]));

export function encodeReason(reason: Reason): number {
  return REASON_CODES[reason];
}

/** @param code - 0 to 255; unknown ones become `other` */
export function decodeReason(code: number): Reason {
  return BY_CODE.get(code) ?? "other";
}
