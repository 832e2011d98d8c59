// Reasons why a transfer or a file failed or was refused: one table of wire numbers for DECLINE, CANCEL, FILE-FAILED
// and RESULT. A number that this version does not know is read as `other`, which is still a failure.

const REASON_CODES = {
  /** A person refused or ended the transfer. */
  user: 1,
  /** Nobody can be asked for consent. */
  policy: 2,
  "disk-full": 3,
  "write-failed": 4,
  /** More entries or proposals than this side accepts. */
  limit: 5,
  /** A path in the proposal would lead out of the output folder, or occurs twice. */
  "unsafe-path": 6,
  /** The session is ending. */
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

/** @returns the code on the wire, 0 to 255 */
export function encodeReason(reason: Reason): number {
  return REASON_CODES[reason];
}

/** @param code - 0 to 255; unknown ones become `other` */
export function decodeReason(code: number): Reason {
  return BY_CODE.get(code) ?? "other";
}
