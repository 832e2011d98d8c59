// INIT and INIT ACK: fixed fields and the parameters that we know. RFC 9260 §3.3.2, §3.3.3.
import { CHUNK_HEADER_BYTES, isReportable, isSkippable, ParameterType } from "./chunk-types.ts";
import { encodeParameter, readParameters } from "./chunk-walk.ts";
import { padded, readU16, readU32, writeU16, writeU32 } from "./fields.ts";

const FIXED_BYTES = 16;
/** Identifies DTLS as the error detection method. RFC 9653 §4, §7.1. */
const EDMID_DTLS = 1;
const OWN_STACK_VERSION = 1;
const OWN_STACK_BYTES = 8;
/** In its second byte, which older programs write as zero and do not read. */
const TAKES_PARTS = 1;

/** Capabilities that our own stack announces in a parameter that others skip. docs/rfc-deviations.md, D11. */
export interface OwnStack {
  /** The largest SCTP packet that it accepts. */
  maxPacketBytes: number;
  /** Receive buffer of its socket, as the system counts: headers and slack included. */
  socketBufferBytes: number;
  /** DATA chunks may be sent to it in parts. */
  supportsParts: boolean;
}

/** The parameters that one side announces. */
export interface InitFields {
  /** Nonzero. */
  initiateTag: number;
  windowBytes: number;
  outboundStreams: number;
  inboundStreams: number;
  /** Wire value, not unwrapped. */
  initialTsn: number;
  /** FORWARD TSN may be sent to it. */
  supportsForwardTsn: boolean;
  /** RE-CONFIG may be sent to it. */
  takesReconfig: boolean;
  /** Packets without a checksum may be sent to it. */
  takesZeroChecksum: boolean;
  /** Undefined for any other stack. */
  ownStack: OwnStack | undefined;
  /** INIT ACK only. */
  cookie: Uint8Array | undefined;
}

export interface DecodedInit {
  fields: InitFields;
  /** Parameters that we do not know and that ask to be reported, header included. RFC 9260 §3.2.2. */
  unrecognized: Uint8Array[];
}

/**
 * Encodes an INIT, or an INIT ACK where there is a cookie. FORWARD TSN and RE-CONFIG are always announced.
 * @returns the value of the chunk, without chunk header
 */
export function encodeInit(fields: InitFields, unrecognized: readonly Uint8Array[] = []): Uint8Array<ArrayBuffer> {
  const parameters: Uint8Array[] = [
    encodeParameter(ParameterType.FORWARD_TSN_SUPPORTED, new Uint8Array(0)),
    encodeParameter(ParameterType.SUPPORTED_EXTENSIONS, Uint8Array.of(130, 192)),
  ];
  if (fields.takesZeroChecksum)
    parameters.push(encodeParameter(ParameterType.ZERO_CHECKSUM, Uint8Array.of(0, 0, 0, EDMID_DTLS)));
  if (fields.ownStack !== undefined)
    parameters.push(encodeParameter(ParameterType.OWN_STACK, encodeOwnStack(fields.ownStack)));
  if (fields.cookie !== undefined) parameters.push(encodeParameter(ParameterType.STATE_COOKIE, fields.cookie));
  for (const parameter of unrecognized) {
    parameters.push(encodeParameter(ParameterType.UNRECOGNIZED_PARAMETER, parameter));
  }
  const bytes = new Uint8Array(parameters.reduce((sum, parameter) => sum + parameter.length, FIXED_BYTES));
  writeU32(bytes, 0, fields.initiateTag);
  writeU32(bytes, 4, fields.windowBytes);
  writeU16(bytes, 8, fields.outboundStreams);
  writeU16(bytes, 10, fields.inboundStreams);
  writeU32(bytes, 12, fields.initialTsn);
  let at = FIXED_BYTES;
  for (const parameter of parameters) {
    bytes.set(parameter, at);
    at += parameter.length;
  }
  return bytes;
}

/**
 * @param start - start of the chunk, header included
 * @returns undefined when the chunk is unusable: truncated, no tag, no streams
 */
export function decodeInit(bytes: Uint8Array, start: number, end: number): DecodedInit | undefined {
  const at = start + CHUNK_HEADER_BYTES;
  if (end - at < FIXED_BYTES) return undefined;
  const parameters = readParameters(bytes, at + FIXED_BYTES, end);
  if (parameters === undefined) return undefined;
  const fields: InitFields = {
    initiateTag: readU32(bytes, at),
    windowBytes: readU32(bytes, at + 4),
    outboundStreams: readU16(bytes, at + 8),
    inboundStreams: readU16(bytes, at + 10),
    initialTsn: readU32(bytes, at + 12),
    supportsForwardTsn: false,
    takesReconfig: false,
    takesZeroChecksum: false,
    ownStack: undefined,
    cookie: undefined,
  };
  if (fields.initiateTag === 0 || fields.outboundStreams === 0 || fields.inboundStreams === 0) return undefined;
  const unrecognized: Uint8Array[] = [];
  let reportedBytes = 0;
  for (const { type, bytes: whole, value } of parameters) {
    if (takeParameter(fields, type, value)) continue;
    const bytes = CHUNK_HEADER_BYTES + padded(whole.length);
    if (isReportable(type, 16) && reportedBytes + bytes <= MAX_REPORTED_BYTES) {
      unrecognized.push(Uint8Array.from(whole));
      reportedBytes += bytes;
    }
    if (!isSkippable(type, 16)) break;
  }
  return { fields, unrecognized };
}

/** An INIT ACK must fit into the smallest packet; only this many of a peer's unknown parameters are reported. */
const MAX_REPORTED_BYTES = 512;
/** Address types, cookie preservative, host name, supported address types: for multi-homing, which WebRTC lacks. */
const WITHOUT_MEANING_HERE: readonly number[] = [5, 6, 9, 11, 12, ParameterType.UNRECOGNIZED_PARAMETER];

function takeParameter(fields: InitFields, type: number, value: Uint8Array): boolean {
  switch (type) {
    case ParameterType.FORWARD_TSN_SUPPORTED:
      fields.supportsForwardTsn = true;
      return true;
    case ParameterType.SUPPORTED_EXTENSIONS:
      fields.takesReconfig = value.includes(130);
      fields.supportsForwardTsn ||= value.includes(192);
      return true;
    case ParameterType.ZERO_CHECKSUM:
      fields.takesZeroChecksum = value.length === 4 && readU32(value, 0) === EDMID_DTLS;
      return true;
    case ParameterType.OWN_STACK:
      fields.ownStack = decodeOwnStack(value);
      return true;
    case ParameterType.STATE_COOKIE:
      fields.cookie = Uint8Array.from(value);
      return true;
    default:
      return WITHOUT_MEANING_HERE.includes(type);
  }
}

function encodeOwnStack({ maxPacketBytes, socketBufferBytes, supportsParts }: OwnStack): Uint8Array {
  const value = new Uint8Array(OWN_STACK_BYTES);
  value[0] = OWN_STACK_VERSION;
  value[1] = supportsParts ? TAKES_PARTS : 0;
  writeU16(value, 2, maxPacketBytes);
  writeU32(value, 4, socketBufferBytes);
  return value;
}

function decodeOwnStack(value: Uint8Array): OwnStack | undefined {
  if (value.length < OWN_STACK_BYTES || value[0] !== OWN_STACK_VERSION) return undefined;
  return {
    maxPacketBytes: readU16(value, 2),
    socketBufferBytes: readU32(value, 4),
    supportsParts: ((value[1] ?? 0) & TAKES_PARTS) !== 0,
  };
}
