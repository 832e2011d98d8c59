// Multicast DNS as far as a candidate's `.local` name takes it: one question, and the addresses in an answer. RFC 6762,
// RFC 1035 §4.1. Anybody in the network can send us such messages, so each field is checked and the work is bounded.

/** RFC 6762 §3. */
export const MDNS_PORT = 5_353;
export const MDNS_GROUPS = { IPv4: "224.0.0.251", IPv6: "ff02::fb" } as const;

/** Larger than what a responder needs for an address, and what fits into a packet of Ethernet. */
export const MAX_MDNS_BYTES = 1_500;
/** Records of one message that are looked at. */
export const MAX_MDNS_RECORDS = 32;
/** Labels and pointers of one name; a candidate's has two labels. */
const MAX_NAME_STEPS = 32;

const TYPE_A = 1;
const TYPE_AAAA = 28;
const CLASS_IN = 1;
/** RFC 6762 §10.2: the top bit of the class is another flag. */
const CLASS_MASK = 0x7fff;
const HEADER_BYTES = 12;
const IS_RESPONSE = 0x8000;
/** OPCODE and RCODE, zero in every message that counts (RFC 6762 §18.3, §18.11). */
const OPCODE_AND_RCODE = 0x780f;
const POINTER = 0xc0;

/** An address that an answer gives for a name. */
export interface MdnsAddress {
  /** Lower case, without the final dot. */
  name: string;
  address: string;
}

/**
 * Queries for the IPv4 and the IPv6 address of a name of ASCII labels, each of at most 63 bytes. Chromium's responder reads
 * only messages with one question.
 */
export function encodeMdnsQueries(name: string): Uint8Array[] {
  const labels = name.split(".").map((label) => new TextEncoder().encode(label));
  const nameBytes = labels.flatMap((label) => [label.length, ...label]);
  // ID and flags are zero (RFC 6762 §18.1, §18.2); one question, nothing else.
  const header = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  return [TYPE_A, TYPE_AAAA].map((type) => Uint8Array.from([...header, ...nameBytes, 0, 0, type, 0, CLASS_IN]));
}

/** The addresses in the answers of a message; none where it is no answer or is malformed. */
export function decodeMdnsAddresses(message: Uint8Array): MdnsAddress[] {
  if (message.length < HEADER_BYTES || message.length > MAX_MDNS_BYTES) return [];
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const flags = view.getUint16(2);
  if ((flags & IS_RESPONSE) === 0 || (flags & OPCODE_AND_RCODE) !== 0) return [];
  const [questions, answers] = [view.getUint16(4), view.getUint16(6)];
  if (questions + answers > MAX_MDNS_RECORDS) return [];
  let at: number | undefined = HEADER_BYTES;
  for (let index = 0; index < questions && at !== undefined; index += 1) {
    at = readName(message, at)?.end;
    if (at !== undefined) at += 4;
  }
  const found: MdnsAddress[] = [];
  for (let index = 0; index < answers && at !== undefined; index += 1) at = readRecord(message, view, at, found);
  return found;
}

/** @returns where the next record begins; undefined: this one is malformed */
function readRecord(message: Uint8Array, view: DataView, at: number, found: MdnsAddress[]): number | undefined {
  const owner = readName(message, at);
  if (owner === undefined || owner.end + 10 > message.length) return undefined;
  const type = view.getUint16(owner.end);
  const recordClass = view.getUint16(owner.end + 2) & CLASS_MASK;
  const dataBytes = view.getUint16(owner.end + 8);
  const data = owner.end + 10;
  const end = data + dataBytes;
  if (end > message.length) return undefined;
  if (recordClass !== CLASS_IN) return end;
  if (type === TYPE_A && dataBytes === 4) {
    found.push({ name: owner.name, address: message.subarray(data, end).join(".") });
  } else if (type === TYPE_AAAA && dataBytes === 16) {
    const groups = Array.from({ length: 8 }, (_, group) => view.getUint16(data + 2 * group).toString(16));
    found.push({ name: owner.name, address: groups.join(":") });
  }
  return end;
}

/** Pointers lead back only, so that no name is endless. */
function readName(message: Uint8Array, start: number): { name: string; end: number } | undefined {
  const labels: string[] = [];
  let end: number | undefined;
  let at = start;
  for (let steps = 0; steps < MAX_NAME_STEPS; steps += 1) {
    const length = message[at];
    if (length === undefined) return undefined;
    if (length === 0) return { name: labels.join(".").toLowerCase(), end: end ?? at + 1 };
    if ((length & POINTER) === POINTER) {
      const target = ((length & ~POINTER) << 8) | (message[at + 1] ?? 0);
      if (at + 1 >= message.length || target >= at) return undefined;
      end ??= at + 2;
      at = target;
      continue;
    }
    if ((length & POINTER) !== 0 || at + 1 + length > message.length) return undefined;
    labels.push(String.fromCharCode(...message.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
  return undefined;
}
