// Iterates over the chunks of a packet, or over the parameters of a chunk, and stops at an impossible
// length. One object is used for all packets. RFC 9260 §3.2, §3.2.1.
import { CHUNK_HEADER_BYTES, COMMON_HEADER_BYTES } from "./chunk-types.ts";
import { padded, readU16 } from "./fields.ts";

export class ChunkWalk {
  #bytes: Uint8Array = new Uint8Array(0);
  #next = 0;
  type = 0;
  flags = 0;
  /** Length of the whole chunk, its header included, without padding. */
  start = 0;
  end = 0;

  begin(packet: Uint8Array): void {
    this.#bytes = packet;
    this.#next = COMMON_HEADER_BYTES;
  }

  /** @returns whether there is a next chunk: `type`, `flags`, `start` and `end` then describe it */
  step(): boolean {
    const at = this.#next;
    const bytes = this.#bytes;
    if (at >= bytes.length) return false;
    const length = readU16(bytes, at + 2);
    if (at + CHUNK_HEADER_BYTES > bytes.length || length < CHUNK_HEADER_BYTES || at + length > bytes.length)
      return false;
    this.type = bytes[at] ?? 0;
    this.flags = bytes[at + 1] ?? 0;
    this.start = at;
    this.end = at + length;
    this.#next = at + padded(length);
    return true;
  }
}

export interface Parameter {
  type: number;
  /** Header included, a view. */
  bytes: Uint8Array;
  /** A view. */
  value: Uint8Array;
}

/** @returns the parameters of `bytes[start, end)`, or undefined when a length is impossible */
export function readParameters(bytes: Uint8Array, start: number, end: number): Parameter[] | undefined {
  const parameters: Parameter[] = [];
  let at = start;
  while (at < end) {
    const length = readU16(bytes, at + 2);
    if (at + CHUNK_HEADER_BYTES > end || length < CHUNK_HEADER_BYTES || at + length > end) return undefined;
    parameters.push({
      type: readU16(bytes, at),
      bytes: bytes.subarray(at, at + length),
      value: bytes.subarray(at + CHUNK_HEADER_BYTES, at + length),
    });
    at += padded(length);
  }
  return parameters;
}

/** One parameter, padded. */
export function encodeParameter(type: number, value: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = CHUNK_HEADER_BYTES + value.length;
  const bytes = new Uint8Array(padded(length));
  bytes[0] = type >>> 8;
  bytes[1] = type;
  bytes[2] = length >>> 8;
  bytes[3] = length;
  bytes.set(value, CHUNK_HEADER_BYTES);
  return bytes;
}
