// A control chunk queued for sending. Rare, so each is an object of its own.

export interface OutgoingChunk {
  readonly type: number;
  readonly flags: number;
  readonly value: Uint8Array;
  /** Undefined: the peer's current tag when the packet leaves. */
  readonly verificationTag?: number;
  /** It must not share its packet. RFC 9260 §3.1, §3.3.2. */
  readonly isAlone?: boolean;
}
