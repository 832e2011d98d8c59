// Codec for the NAT Port Mapping Protocol: its two requests and their responses. RFC 6886 §3. Anybody in this network
// can send responses: only their source address identifies the router.
import { ipv4Text, type MappedTransport, type PortWish } from "./granted.ts";

const VERSION = 0;
const OPCODE_ADDRESS = 0;
const OPCODE_MAP = { udp: 1, tcp: 2 } as const;
const RESPONSE_FLAG = 128;
const SUCCESS = 0;
const REFUSAL_BYTES = 8;
const ADDRESS_ANSWER_BYTES = 12;
const MAP_ANSWER_BYTES = 16;

/** `code`: RFC 6886 §3.5 */
export type NatPmpRefusal = { readonly type: "refused"; readonly code: number };

export type NatPmpAddress =
  | { readonly type: "address"; readonly address: string; readonly epochSeconds: number }
  | NatPmpRefusal;

export type NatPmpMapping =
  | {
      readonly type: "mapped";
      readonly externalPort: number;
      readonly lifetimeSeconds: number;
      readonly epochSeconds: number;
    }
  | NatPmpRefusal;

/** Builds the request for the router's public address. */
export function encodeAddressRequest(): Uint8Array {
  return Uint8Array.of(VERSION, OPCODE_ADDRESS);
}

/** @returns undefined when the datagram is not a response to that request */
export function decodeAddressAnswer(bytes: Uint8Array): NatPmpAddress | undefined {
  const answer = readHeader(bytes, OPCODE_ADDRESS, ADDRESS_ANSWER_BYTES);
  if (answer === undefined || "type" in answer) return answer;
  return { type: "address", address: ipv4Text(bytes.subarray(8, 12)), epochSeconds: answer.epochSeconds };
}

/** @param lifetimeSeconds - 0 deletes the mapping */
export function encodeMapRequest(
  { transport, internalPort, externalPort }: PortWish,
  lifetimeSeconds: number,
): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  bytes[0] = VERSION;
  bytes[1] = OPCODE_MAP[transport];
  view.setUint16(4, internalPort);
  // It must be zero when the lifetime is zero. RFC 6886 §3.4
  view.setUint16(6, lifetimeSeconds === 0 ? 0 : externalPort);
  view.setUint32(8, lifetimeSeconds);
  return bytes;
}

/** @returns undefined when the datagram is not a response to that request */
export function decodeMapAnswer(
  bytes: Uint8Array,
  { transport, internalPort }: { transport: MappedTransport; internalPort: number },
): NatPmpMapping | undefined {
  const answer = readHeader(bytes, OPCODE_MAP[transport], MAP_ANSWER_BYTES);
  if (answer === undefined || "type" in answer) return answer;
  const { view, epochSeconds } = answer;
  if (view.getUint16(8) !== internalPort) return undefined;
  return { type: "mapped", externalPort: view.getUint16(10), lifetimeSeconds: view.getUint32(12), epochSeconds };
}

function readHeader(
  bytes: Uint8Array,
  opcode: number,
  length: number,
): { view: DataView; epochSeconds: number } | NatPmpRefusal | undefined {
  if (bytes.length < REFUSAL_BYTES || bytes[0] !== VERSION || bytes[1] !== RESPONSE_FLAG + opcode) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const code = view.getUint16(2);
  if (code !== SUCCESS) return { type: "refused", code };
  return bytes.length < length ? undefined : { view, epochSeconds: view.getUint32(4) };
}
