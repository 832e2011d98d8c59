// IP addresses as text: their validity, and their reachability; ports. Resolves nothing.
// RFC 4291 §2.2 (IPv6 text), RFC 6890 (special ranges, with the registries of IANA), RFC 6598 (carrier NAT).
import { type Embedded, embeddedIpv4, isIpv4Form } from "./embedded-ipv4.ts";

/** The scope from which an address can be reached. `private` includes unique local IPv6 (RFC 4193). */
export type AddressKind =
  | "public"
  | "private"
  | "carrier-nat"
  | "link-local"
  | "loopback"
  | "unspecified"
  | "not-unicast";

/** The highest port of UDP and TCP. */
export const MAX_PORT = 65_535;

/** Whether a value is a port that can be sent to. */
export function isPort(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_PORT;
}

/**
 * @param text - an IPv4 address in dotted decimal, without leading zeros
 * @returns four numbers 0 … 255, or undefined
 */
function parseIpv4(text: string): number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const octets = parts.map(Number);
  return octets.every((octet) => octet <= 255) ? octets : undefined;
}

/** @returns eight 16-bit numbers, or undefined; a zone (`%eth0`) is not part of an address */
function parseIpv6(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => parseGroups(half, index === halves.length - 1));
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => 0);
  return [...head, ...zeros, ...tail];
}

/** @param mayEndInIpv4 - only the last half of an address may end like `::ffff:192.0.2.1` */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const embedded = mayEndInIpv4 && index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (embedded !== undefined) {
      const [a = 0, b = 0, c = 0, d = 0] = embedded;
      groups.push(a * 256 + b, c * 256 + d);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

function ipv4Kind([a = 0, b = 0, c = 0, d = 0]: readonly number[]): AddressKind {
  if (a + b + c + d === 0) return "unspecified";
  if (a === 0 || a >= 224) return "not-unicast";
  if (a === 127) return "loopback";
  if (a === 169 && b === 254) return "link-local";
  if (a === 100 && b >= 64 && b < 128) return "carrier-nat";
  if (a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)) return "private";
  // Addresses in front of a translator on the same machine or link. RFC 7335.
  if (a === 192 && b === 0 && c === 0) return "private";
  return "public";
}

interface Ipv6Range {
  readonly first: readonly number[];
  readonly bits: number;
}

function ipv6Range(prefix: string): Ipv6Range {
  const [first = "", bits] = prefix.split("/");
  return { first: parseIpv6(first) ?? [], bits: Number(bits) };
}

/** Never a machine's address: multicast, discard-only, identifiers of hosts and of segments. */
const IPV6_NOT_UNICAST: readonly Ipv6Range[] = [
  "ff00::/8",
  // Discard-only, RFC 6666; dummy, RFC 9780.
  "100::/64",
  "100:0:0:1::/64",
  // ORCHID in both versions, and drones. RFC 4843, RFC 7343, RFC 9374.
  "2001:10::/28",
  "2001:20::/28",
  "2001:30::/28",
  // Segment identifiers, RFC 9602.
  "5f00::/16",
].map(ipv6Range);
/** Usable within one network: unique local (RFC 4193), site-local (RFC 3879), benchmarks (RFC 5180). */
const IPV6_PRIVATE: readonly Ipv6Range[] = ["fc00::/7", "fec0::/10", "2001:2::/48"].map(ipv6Range);

/** Unspecified, and loopback. */
const LOWEST_TWO = ipv6Range("::/127");
const LINK_LOCAL = ipv6Range("fe80::/10");

function ipv6Kind(groups: readonly number[]): AddressKind {
  if (isIn(groups, LOWEST_TWO)) return groups[7] === 0 ? "unspecified" : "loopback";
  const embedded = embeddedIpv4(groups);
  const kinds: AddressKind[] = [ipv6RangeKind(groups), ...(embedded === undefined ? [] : embeddedKinds(embedded))];
  return kinds.reduce((one, other) => (RESTRICTION.indexOf(other) > RESTRICTION.indexOf(one) ? other : one));
}

function ipv6RangeKind(groups: readonly number[]): AddressKind {
  if (IPV6_NOT_UNICAST.some((range) => isIn(groups, range))) return "not-unicast";
  if (isIn(groups, LINK_LOCAL)) return "link-local";
  return IPV6_PRIVATE.some((range) => isIn(groups, range)) ? "private" : "public";
}

/** Ordered from globally reachable to belonging to nobody. */
const RESTRICTION: readonly AddressKind[] = [
  "public",
  "carrier-nat",
  "private",
  "link-local",
  "loopback",
  "unspecified",
  "not-unicast",
];

function embeddedKinds({ addresses, isLocal = false }: Embedded): AddressKind[] {
  const kinds = addresses.map(ipv4Kind).map((kind) => (kind === "unspecified" ? "not-unicast" : kind));
  return isLocal ? [...kinds, "private"] : kinds;
}

function isIn(groups: readonly number[], { first, bits }: Ipv6Range): boolean {
  const wholeGroups = Math.floor(bits / 16);
  if (groups.slice(0, wholeGroups).some((group, index) => group !== first[index])) return false;
  const restBits = bits % 16;
  return restBits === 0 || ((groups[wholeGroups] ?? 0) ^ (first[wholeGroups] ?? 0)) >> (16 - restBits) === 0;
}

/** `fe80::1` of `fe80::1%eth0`: a zone names an interface of the machine that wrote it. RFC 4007 §11 */
export function withoutZone(address: string): string {
  const percent = address.indexOf("%");
  return percent === -1 ? address : address.slice(0, percent);
}

/**
 * @returns the scope of `address`; undefined when it is not an IP address. An address with an IPv4 address inside has
 *   the narrower scope of the two. Documentation and benchmark ranges of IPv4 are public: where they occur, in an
 *   example or a laboratory, they represent public addresses
 */
export function addressKind(address: string): AddressKind | undefined {
  const ipv4 = parseIpv4(address);
  if (ipv4 !== undefined) return ipv4Kind(ipv4);
  const ipv6 = parseIpv6(address);
  return ipv6 === undefined ? undefined : ipv6Kind(ipv6);
}

/** Whether an IPv6 address is only another form of an IPv4 one: mapped, compatible or translated. */
export function isIpv4InIpv6(address: string): boolean {
  const groups = parseIpv6(address);
  return groups !== undefined && isIpv4Form(groups);
}

/** `address:port`, IPv6 in brackets. */
export function formatAddress(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/**
 * The endpoint where a packet to this address and port arrives: the IPv4 address inside an IPv6 one, through a
 * translator or a tunnel, or the address itself.
 * @param address - an IP address
 * @returns the same `key` for every spelling of one endpoint
 */
export function destinationOf(address: string, port: number): { key: string; port: number } {
  const groups = parseIpv6(address);
  const embedded = groups === undefined ? undefined : embeddedIpv4(groups);
  if (embedded === undefined) return { key: addressKey(address), port };
  return { key: embedded.addresses.at(-1)?.join(".") ?? address, port: embedded.port ?? port };
}

/** Whether the address is a globally reachable IPv6 address. */
export function isPublicIpv6(address: string): boolean {
  return parseIpv6(address) !== undefined && addressKind(address) === "public";
}

/** The canonical text, the same for every spelling of one address. */
function addressKey(address: string): string {
  return (
    parseIpv6(address)
      ?.map((group) => group.toString(16))
      .join(":") ?? address
  );
}

const IPV4_RESERVED: readonly (readonly [first: string, bits: number])[] = [
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
];

/** Documentation, two ranges. RFC 3849, RFC 9637. */
const IPV6_DOCUMENTS: readonly Ipv6Range[] = ["2001:db8::/32", "3fff::/20"].map(ipv6Range);

/** Whether no machine on the internet has this address: documentation, benchmarks, protocols. RFC 6890 */
export function isReservedAddress(address: string): boolean {
  const octets = parseIpv4(address);
  if (octets !== undefined) return isReservedIpv4(octets);
  const groups = parseIpv6(address);
  if (groups === undefined) return false;
  const isOfRange = [...IPV6_DOCUMENTS, ...IPV6_NOT_UNICAST.slice(1), ...IPV6_PRIVATE.slice(1)].some((range) =>
    isIn(groups, range),
  );
  return isOfRange || (embeddedIpv4(groups)?.addresses.some(isReservedIpv4) ?? false);
}

function isReservedIpv4(octets: readonly number[]): boolean {
  return IPV4_RESERVED.some(
    ([first, bits]) =>
      Math.floor(valueOf(octets) / 2 ** (32 - bits)) === Math.floor(valueOf(parseIpv4(first) ?? []) / 2 ** (32 - bits)),
  );
}

function valueOf(octets: readonly number[]): number {
  return octets.reduce((value, octet) => value * 256 + octet, 0);
}

/** The network of a provider or a company: /16 of an IPv4 address, /32 of an IPv6 one, as one text. */
export function networkOf(address: string): string {
  const { key } = destinationOf(address, 0);
  return parseIpv4(key)?.slice(0, 2).join(".") ?? key.split(":").slice(0, 2).join(":");
}

/** @returns the four or sixteen bytes of an address; undefined where the text is none */
export function addressBytes(address: string): Uint8Array | undefined {
  const octets = parseIpv4(address);
  if (octets !== undefined) return Uint8Array.from(octets);
  const groups = parseIpv6(address);
  return groups === undefined ? undefined : Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** @param bytes - four or sixteen @returns the address in the text form of RFC 5952 §4 */
export function addressOfBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, at) => (bytes[at * 2] ?? 0) * 256 + (bytes[at * 2 + 1] ?? 0));
  const zeros = longestZeros(groups);
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(":");
  if (zeros === undefined) return hex(groups);
  return `${hex(groups.slice(0, zeros.from))}::${hex(groups.slice(zeros.from + zeros.count))}`;
}

/** The first of the longest runs of zero groups; undefined where there are no two zeros beside each other. */
function longestZeros(groups: readonly number[]): { from: number; count: number } | undefined {
  let longest: { from: number; count: number } | undefined;
  for (let from = 0; from < groups.length; from += 1) {
    let count = 0;
    while (groups[from + count] === 0) count += 1;
    if (count > Math.max(1, longest?.count ?? 0)) longest = { from, count };
  }
  return longest;
}
