// Temporal units of AV1 from RTP payloads, in the low-overhead format: each OBU with its size, so that it can be followed by
// another. werift's own leaves the last one without, and takes elements that are shorter than they say.
// AV1 RTP specification §4.4, §5; AV1 bitstream specification §5.3.
import type { AssembledFrame } from "./packetisers.ts";

const SEQUENCE_HEADER = 1;
const TEMPORAL_DELIMITER = 2;
/** Bits of the aggregation header. */
const CONTINUES_BEFORE = 0x80;
const CONTINUES_AFTER = 0x40;
const NEW_SEQUENCE = 0x08;
/** Bits of an OBU header. */
const FORBIDDEN = 0x80;
const HAS_EXTENSION = 0x04;
const HAS_SIZE = 0x02;
/** Limit of a size field; what is carried needs no more. */
const MAX_SIZE_BYTES = 4;

/** Whether a payload begins with an OBU of its own, not with the rest of the one before (Z bit of the AV1 RTP format, §4.4). */
export function beginsAv1([first = 0]: Uint8Array): boolean {
  return (first & CONTINUES_BEFORE) === 0;
}

/** @param payloads - none of them is empty @returns undefined where they are not whole units */
export function assembleAv1(payloads: readonly Buffer[]): AssembledFrame | undefined {
  const obus: Buffer[][] = [];
  let isOpen = false;
  for (const payload of payloads) {
    const [header = 0] = payload;
    const elements = elementsOf(payload);
    if (elements === undefined || isOpen !== ((header & CONTINUES_BEFORE) !== 0)) return undefined;
    for (const [index, element] of elements.entries()) {
      if (index === 0 && isOpen) obus.at(-1)?.push(element);
      else obus.push([element]);
    }
    isOpen = (header & CONTINUES_AFTER) !== 0;
  }
  if (isOpen) return undefined;
  const parts: Buffer[] = [];
  let isKey = ((payloads[0]?.[0] ?? 0) & NEW_SEQUENCE) !== 0;
  for (const pieces of obus) {
    const obu = Buffer.concat(pieces);
    const type = typeOf(obu);
    const sized = withSize(obu);
    if (sized === undefined) return undefined;
    isKey ||= type === SEQUENCE_HEADER;
    if (type !== TEMPORAL_DELIMITER) parts.push(...sized);
  }
  return { bytes: Buffer.concat(parts), isKey };
}

/** The elements of a payload, of which only the last one may have no length. */
function elementsOf(payload: Buffer): Buffer[] | undefined {
  const count = ((payload[0] ?? 0) >> 4) & 0x03;
  const elements: Buffer[] = [];
  let at = 1;
  while (at < payload.length) {
    if (count > 0 && elements.length === count - 1) {
      elements.push(payload.subarray(at));
      return elements;
    }
    const size = readSize(payload, at);
    if (size === undefined || size.value === 0 || size.end + size.value > payload.length) return undefined;
    at = size.end + size.value;
    elements.push(payload.subarray(size.end, at));
  }
  return count === 0 && elements.length > 0 ? elements : undefined;
}

const typeOf = (obu: Buffer): number => ((obu[0] ?? 0) >> 3) & 0x0f;

/** An OBU in pieces, with its size. */
function withSize(obu: Buffer): Buffer[] | undefined {
  const [header = FORBIDDEN] = obu;
  const headerBytes = (header & HAS_EXTENSION) === 0 ? 1 : 2;
  if ((header & FORBIDDEN) !== 0 || obu.length < headerBytes) return undefined;
  if ((header & HAS_SIZE) !== 0) {
    const size = readSize(obu, headerBytes);
    return size !== undefined && size.end + size.value === obu.length ? [obu] : undefined;
  }
  const start = Buffer.from(obu.subarray(0, headerBytes));
  start[0] = header | HAS_SIZE;
  const content = obu.subarray(headerBytes);
  return [start, writeSize(content.length), content];
}

/** leb128, AV1 bitstream specification §4.10.5. */
function readSize(bytes: Buffer, at: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < MAX_SIZE_BYTES; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if ((byte & 0x80) === 0) return { value, end: at + index + 1 };
  }
  return undefined;
}

function writeSize(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}
