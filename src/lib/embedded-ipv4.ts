// IPv4 addresses inside IPv6 ones: a packet to such an IPv6 address may arrive at the IPv4 address, so checking the
// former requires checking the latter. Pure arithmetic on the eight 16-bit groups of an address.

/** Four numbers 0 … 255. */
export type Ipv4Octets = readonly [number, number, number, number];

/** The IPv4 addresses inside an IPv6 address, and what they imply. */
export interface Embedded {
  /** Every IPv4 address that a packet to it may reach, at least one; the final destination comes last. */
  readonly addresses: readonly Ipv4Octets[];
  /** UDP port of the final destination; undefined: the packet's own. */
  readonly port?: number;
  /** Only the operator's own network can be reached through it. */
  readonly isLocal?: boolean;
}

const ALL_ONES = 0xffff;
/** Universal and group bit of an interface identifier, which do not matter for ISATAP. RFC 5214 §6.1. */
const IDENTIFIER_FLAGS = 0x0300;

/**
 * @param groups - eight numbers 0 … 65,535
 * @returns undefined where no IPv4 address is inside
 */
export function embeddedIpv4(groups: readonly number[]): Embedded | undefined {
  const [g0 = 0, g1 = 0, g2 = 0, g3 = 0, g4 = 0, g5 = 0, g6 = 0, g7 = 0] = groups;
  const lowest = octetsOf(g6, g7);
  if (isIpv4Form(groups)) return { addresses: [lowest] };
  if (g0 === 0x64 && g1 === 0xff9b) {
    // The well-known prefix of NAT64, RFC 6052 §2.1.
    if ((g2 | g3 | g4 | g5) === 0) return { addresses: [lowest] };
    if (g2 === 1) return { addresses: localTranslations(groups), isLocal: true };
  }
  // 6to4, RFC 3056 §2.
  if (g0 === 0x2002) return { addresses: [octetsOf(g1, g2)] };
  // Teredo: the server, then the client's address as mapped by its router. RFC 4380 §4.
  if (g0 === 0x2001 && g1 === 0) {
    return { addresses: [octetsOf(g2, g3), octetsOf(g6 ^ ALL_ONES, g7 ^ ALL_ONES)], port: g5 ^ ALL_ONES };
  }
  // ISATAP, in any network. RFC 5214 §6.1.
  if ((g4 & ~IDENTIFIER_FLAGS) === 0 && g5 === 0x5efe) return { addresses: [lowest] };
  return undefined;
}

/**
 * Whether the address is only IPv4 in IPv6 form: mapped (`::ffff:0:0/96`) or compatible (`::/96`, RFC 4291
 * §2.5.5), or translated (`::ffff:0:0:0/96`, RFC 2765 §2.1).
 * @param groups - eight numbers 0 … 65,535
 */
export function isIpv4Form(groups: readonly number[]): boolean {
  const [g0 = 0, g1 = 0, g2 = 0, g3 = 0, g4 = 0, g5 = 0, g6 = 0, g7 = 0] = groups;
  if ((g0 | g1 | g2 | g3) !== 0) return false;
  if (g4 === 0) return g5 === ALL_ONES || (g5 === 0 && (g6 > 0 || g7 > 1));
  return g4 === ALL_ONES && g5 === 0;
}

/**
 * `64:ff9b:1::/48` is for an operator's own prefixes (RFC 8215), of 48 to 96 bits, and the position of the IPv4 address
 * depends on their length (RFC 6052 §2.2): all positions count, except those that hold nothing.
 */
function localTranslations([, , , g3 = 0, g4 = 0, g5 = 0, g6 = 0, g7 = 0]: readonly number[]): Ipv4Octets[] {
  // The octet from bit 64 on is not part of an address: it is skipped.
  const [high3, low3, low4] = [g3 >> 8, g3 & 0xff, g4 & 0xff];
  const [high5, low5, high6] = [g5 >> 8, g5 & 0xff, g6 >> 8];
  const places: Ipv4Octets[] = [
    [high3, low3, low4, high5],
    [low3, low4, high5, low5],
    [low4, high5, low5, high6],
    octetsOf(g6, g7),
  ];
  const filled = places.filter(([first]) => first !== 0);
  return filled.length > 0 ? filled : [octetsOf(g6, g7)];
}

function octetsOf(high: number, low: number): Ipv4Octets {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff];
}
