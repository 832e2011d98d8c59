// IP addresses as text: whether they are ones, and from where they can be reached. Resolves nothing.
// RFC 4291 §2.2 (IPv6 text), RFC 6890 (special ranges), RFC 6598 (carrier NAT).

/** From where an address can be reached. `private` includes unique local IPv6 (RFC 4193). */
export type AddressKind =
  | "public"
  | "private"
  | "carrier-nat"
  | "link-local"
  | "loopback"
  | "unspecified"
  | "not-unicast";

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

/** @returns eight 16-bit numbers, or undefined; a zone (`%eth0`) is no part of an address */
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

/** @param mayEndInIpv4 - only the last half of an address may end as in `::ffff:192.0.2.1` */
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
  return "public";
}

function ipv6Kind(groups: readonly number[]): AddressKind {
  const [first = 0, , , , , fifth = 0, sixth = 0, seventh = 0] = groups;
  const isHeadZero = groups.slice(0, 5).every((group) => group === 0);
  if (isHeadZero && fifth === 0xffff) return ipv4Kind([sixth >> 8, sixth & 255, seventh >> 8, seventh & 255]);
  if (isHeadZero && fifth === 0 && sixth === 0 && seventh <= 1) return seventh === 0 ? "unspecified" : "loopback";
  if (first >= 0xff00) return "not-unicast";
  if ((first & 0xffc0) === 0xfe80) return "link-local";
  if ((first & 0xfe00) === 0xfc00) return "private";
  return "public";
}

/** @returns from where `address` can be reached; undefined when it is no IP address */
export function addressKind(address: string): AddressKind | undefined {
  const ipv4 = parseIpv4(address);
  if (ipv4 !== undefined) return ipv4Kind(ipv4);
  const ipv6 = parseIpv6(address);
  return ipv6 === undefined ? undefined : ipv6Kind(ipv6);
}

/** Whether an IPv6 address stands for an IPv4 one: mapped (`::ffff:0:0/96`) or compatible (`::/96`). RFC 4291 §2.5.5 */
export function isIpv4InIpv6(address: string): boolean {
  const groups = parseIpv6(address);
  if (groups === undefined || groups.slice(0, 5).some((group) => group !== 0)) return false;
  const [fifth, sixth = 0, seventh = 0] = groups.slice(5);
  return fifth === 0xffff || (fifth === 0 && (sixth > 0 || seventh > 1));
}

/** Whether it is an IPv6 address that can be reached from everywhere. */
export function isPublicIpv6(address: string): boolean {
  return parseIpv6(address) !== undefined && addressKind(address) === "public";
}

/** The same text for every spelling of one address. */
export function addressKey(address: string): string {
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

/** Whether no machine on the internet has such an address: documentation, benchmarks, protocols. RFC 6890 */
export function isReservedAddress(address: string): boolean {
  const octets = parseIpv4(address);
  if (octets !== undefined) {
    return IPV4_RESERVED.some(
      ([first, bits]) =>
        Math.floor(valueOf(octets) / 2 ** (32 - bits)) ===
        Math.floor(valueOf(parseIpv4(first) ?? []) / 2 ** (32 - bits)),
    );
  }
  const [first, second = 0] = parseIpv6(address) ?? [];
  // Discard-only, documentation (two ranges), ORCHID.
  return first === 0x100 || first === 0x3fff || (first === 0x2001 && (second === 0xdb8 || (second & 0xfff0) === 0x20));
}

function valueOf(octets: readonly number[]): number {
  return octets.reduce((value, octet) => value * 256 + octet, 0);
}

/** The network of a provider or a firm: /16 of an IPv4 address, /32 of an IPv6 one, as one text. */
export function networkOf(address: string): string {
  return parseIpv4(address)?.slice(0, 2).join(".") ?? addressKey(address).split(":").slice(0, 2).join(":");
}
