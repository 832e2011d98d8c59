// Codec for the Port Control Protocol: the MAP request and its response. RFC 6887 §7, §11. Anybody in this network can
// send responses: one that does not match its request is ignored.
import { areEqual } from "../../lib/bytes.ts";
import { type Grant, ipv4Bytes, ipv4Text, type PortWish } from "./granted.ts";

const VERSION = 2;
const OPCODE_MAP = 1;
const RESPONSE_FLAG = 0x80;
const HEADER_BYTES = 24;
const MAP_BYTES = 36;
/** RFC 6887 §7. */
const MAX_BYTES = 1_100;
export const NONCE_BYTES = 12;
const PROTOCOL = { udp: 17, tcp: 6 } as const;
const SUCCESS = 0;
const UNSUPPORTED_VERSION = 1;
/** The prefix `::ffff:0:0/96` of an IPv4-mapped IPv6 address. RFC 6887 §5 */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

export interface PcpRequest extends PortWish {
  /** 12 random bytes, the same in all requests about one mapping. */
  readonly nonce: Uint8Array;
  /** IPv4 source address of the request. */
  readonly clientAddress: string;
  /** 0 deletes the mapping. */
  readonly lifetimeSeconds: number;
}

export type PcpAnswer =
  | (Grant & { readonly type: "granted"; readonly epochSeconds: number })
  /** `code`: RFC 6887 §7.4 */
  | { readonly type: "refused"; readonly code: number }
  /** The gateway speaks another version of PCP, or NAT-PMP. RFC 6887 §9, RFC 6886 §3.5 */
  | { readonly type: "other-version" };

/** @returns 60 bytes */
export function encodePcpMap(request: PcpRequest): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + MAP_BYTES);
  const view = new DataView(bytes.buffer);
  bytes[0] = VERSION;
  bytes[1] = OPCODE_MAP;
  view.setUint32(4, request.lifetimeSeconds);
  writeAddress(bytes, 8, request.clientAddress);
  bytes.set(request.nonce, 24);
  bytes[36] = PROTOCOL[request.transport];
  view.setUint16(40, request.internalPort);
  view.setUint16(42, request.externalPort);
  writeAddress(bytes, 44, request.externalAddress ?? "0.0.0.0");
  return bytes;
}

/** @returns undefined when the datagram is not a response to `request` */
export function decodePcpMap(bytes: Uint8Array, request: PcpRequest): PcpAnswer | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || ((bytes[1] ?? 0) & RESPONSE_FLAG) === 0) return undefined;
  const code = bytes[3] ?? 0;
  if (code === UNSUPPORTED_VERSION) return { type: "other-version" };
  if (bytes.length < HEADER_BYTES + MAP_BYTES || bytes.length > MAX_BYTES || bytes.length % 4 !== 0) return undefined;
  if (bytes[0] !== VERSION || bytes[1] !== (RESPONSE_FLAG | OPCODE_MAP)) return undefined;
  const isOfRequest =
    areEqual(bytes.subarray(24, 36), request.nonce) &&
    bytes[36] === PROTOCOL[request.transport] &&
    view.getUint16(40) === request.internalPort;
  if (!isOfRequest) return undefined;
  if (code !== SUCCESS) return { type: "refused", code };
  if (!areEqual(bytes.subarray(44, 56), Uint8Array.from(MAPPED_PREFIX))) return undefined;
  return {
    type: "granted",
    lifetimeSeconds: view.getUint32(4),
    epochSeconds: view.getUint32(8),
    external: { address: ipv4Text(bytes.subarray(56, 60)), port: view.getUint16(42) },
  };
}

function writeAddress(bytes: Uint8Array, at: number, address: string): void {
  bytes.set(MAPPED_PREFIX, at);
  bytes.set(ipv4Bytes(address) ?? [], at + MAPPED_PREFIX.length);
}
