// Access units of H.264 from RTP payloads: single units, STAP-A and FU-A, to Annex B. werift's own copies a unit again for
// each fragment, and does not notice when one is missing. RFC 6184 §5.6, §5.7.1, §5.8.
import type { AssembledFrame } from "./packetisers.ts";

const IDR_SLICE = 5;
const STAP_A = 24;
const FU_A = 28;
const FU_B = 29;
/** Bits of the second byte of a FU-A. */
const FU_START = 0x80;
const FU_END = 0x40;
const START_CODE = Buffer.of(0, 0, 0, 1);

/** The five bits that name the type of a unit. */
const typeOf = (byte: number): number => byte & 0x1f;

/** Anything but a fragment in the middle of its unit. */
export function beginsH264([first = 0, second = 0]: Uint8Array): boolean {
  const type = typeOf(first);
  return (type !== FU_A && type !== FU_B) || (second & FU_START) !== 0;
}

/** @param payloads - none of them is empty @returns undefined where they are not whole units */
export function assembleH264(payloads: readonly Buffer[]): AssembledFrame | undefined {
  const parts: Buffer[] = [];
  let isKey = false;
  /** The type of the unit whose fragments are coming. */
  let open: number | undefined;
  const add = (unit: Buffer): boolean => {
    const type = typeOf(unit[0] ?? 0);
    if (type === 0 || type >= STAP_A) return false;
    isKey ||= type === IDR_SLICE;
    parts.push(START_CODE, unit);
    return true;
  };
  for (const payload of payloads) {
    const [first = 0, second = 0] = payload;
    if (typeOf(first) === FU_A) {
      const isStart = (second & FU_START) !== 0;
      const type = typeOf(second);
      if (payload.length < 3 || isStart !== (open === undefined) || (open ?? type) !== type) return undefined;
      if (isStart && !add(Buffer.of((first & 0xe0) | type))) return undefined;
      parts.push(payload.subarray(2));
      open = (second & FU_END) === 0 ? type : undefined;
    } else if (open !== undefined || !addWhole(payload, add)) {
      return undefined;
    }
  }
  return open === undefined ? { bytes: Buffer.concat(parts), isKey } : undefined;
}

/** Adds the units of a payload that has whole ones. @returns whether it is well-formed */
function addWhole(payload: Buffer, add: (unit: Buffer) => boolean): boolean {
  if (typeOf(payload[0] ?? 0) !== STAP_A) return add(payload);
  let at = 1;
  while (at + 2 <= payload.length) {
    const end = at + 2 + payload.readUInt16BE(at);
    if (end === at + 2 || end > payload.length || !add(payload.subarray(at + 2, end))) return false;
    at = end;
  }
  return at === payload.length && at > 1;
}
