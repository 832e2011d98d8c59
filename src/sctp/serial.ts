// Sequence numbers that wrap on the wire but never inside: TSNs, stream sequence numbers and the request
// numbers of RFC 6525 are unwrapped where they are read, and compared as plain numbers afterwards.
// RFC 1982, RFC 9260 §1.6.

declare const unwrapped: unique symbol;
/** A transmission sequence number, unwrapped: its low 32 bits are the one on the wire. */
export type Tsn = number & { readonly [unwrapped]: "tsn" };
/** A stream sequence number, unwrapped: its low 16 bits are the one on the wire. */
export type Ssn = number & { readonly [unwrapped]: "ssn" };

/** Unwrapped numbers start above this, so that numbers just before the first one are not negative. */
const ORIGIN = 2 ** 32;

/** @param wire - 32 bits: the first number that will be used */
export function firstTsn(wire: number): Tsn {
  return (ORIGIN + (wire >>> 0)) as Tsn;
}

/** The number nearest to `near` whose low 32 bits are `wire`; it may lie up to 2^31 before it. */
export function unwrapTsn(wire: number, near: Tsn): Tsn {
  return (near + ((wire - near) | 0)) as Tsn;
}

/** @param count - may be negative */
export function addTsn(tsn: Tsn, count: number): Tsn {
  return (tsn + count) as Tsn;
}

/** @param wire - 16 bits */
export function firstSsn(wire: number): Ssn {
  return (ORIGIN + (wire & 0xffff)) as Ssn;
}

/** @param wire - 16 bits @param near - the result is the number nearest to it that has these 16 bits */
export function unwrapSsn(wire: number, near: Ssn): Ssn {
  return (near + (((wire - near) << 16) >> 16)) as Ssn;
}

/** @param count - may be negative */
export function addSsn(ssn: Ssn, count: number): Ssn {
  return (ssn + count) as Ssn;
}
