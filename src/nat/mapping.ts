// NAT classification: the kind of router in front of us, derived from how several servers saw the same sockets.
// RFC 5780 §4.3, RFC 4787 §4.1.
import { addressKind } from "../lib/address.ts";
import type { NatMapping, NatSummary } from "../lib/nat-summary.ts";

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** A server's observation of one of our sockets. */
export interface Sighting {
  /** The bound address. */
  readonly socket: Endpoint;
  readonly server: Endpoint;
  readonly mapped: Endpoint;
}

/** Best first: one good path is enough. */
const BEST_FIRST: readonly NatMapping[] = [
  "none",
  "endpoint-independent",
  "address-dependent",
  "endpoint-dependent",
  "address-and-port-dependent",
];

/**
 * @param sightings - observations of any sockets, of one address family
 * @returns the kind among those of the sockets that is best for connecting; undefined: it takes two servers outside of
 * this network to know
 */
export function mappingOf(sightings: readonly Sighting[]): NatMapping | undefined {
  const bySocket = new Map<string, Sighting[]>();
  // A server that sees us at a private address is on this side of the router.
  for (const sighting of sightings.filter(({ mapped }) => addressKind(mapped.address) === "public")) {
    const key = keyOf(sighting.socket);
    bySocket.set(key, [...(bySocket.get(key) ?? []), sighting]);
  }
  const kinds = [...bySocket.values()].map(mappingOfSocket);
  return BEST_FIRST.find((kind) => kinds.includes(kind));
}

function mappingOfSocket(sightings: readonly Sighting[]): NatMapping | undefined {
  if (sightings.every(({ socket, mapped }) => isSame(socket, mapped))) return "none";
  const isOneMapping = (some: readonly Sighting[]): boolean =>
    new Set(some.map(({ mapped }) => keyOf(mapped))).size === 1;
  const addresses = [...new Set(sightings.map(({ server }) => server.address))];
  const ofAddress = addresses.map((address) => sightings.filter(({ server }) => server.address === address));
  if (isOneMapping(sightings)) return addresses.length > 1 ? "endpoint-independent" : undefined;
  if (ofAddress.some((some) => !isOneMapping(some))) return "address-and-port-dependent";
  const hasTwoPorts = ofAddress.some((some) => new Set(some.map(({ server }) => server.port)).size > 1);
  return hasTwoPorts ? "address-dependent" : "endpoint-dependent";
}

/** Whether another destination gets another public address and port: commonly called symmetric. */
export function isSymmetric(mapping: NatMapping | undefined): boolean {
  return mapping !== undefined && mapping !== "none" && mapping !== "endpoint-independent";
}

/** The NAT facts from gathering, as the exchange file states them. */
export function natSummary(seen: {
  /** Observations of STUN servers over IPv4. */
  sightings: readonly Sighting[];
  isStunAsked: boolean;
  isStunAnswered: boolean;
  hasPublicIpv6: boolean;
  hasRelay: boolean;
  hasPortMapping: boolean;
}): NatSummary {
  const mapping = mappingOf(seen.sightings);
  return {
    ...(mapping === undefined ? {} : { mapping }),
    ...(seen.isStunAsked ? { udp: seen.isStunAnswered ? "open" : "silent" } : {}),
    ipv6: seen.hasPublicIpv6,
    relay: seen.hasRelay,
    ...(seen.hasPortMapping ? { portMapping: true } : {}),
  };
}

function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}

function isSame(one: Endpoint, other: Endpoint): boolean {
  return one.address === other.address && one.port === other.port;
}
