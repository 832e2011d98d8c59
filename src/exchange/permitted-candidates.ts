// Which remote candidates we are willing to send checks to. They are untrusted input: each becomes a target of STUN
// checks, so they are filtered and limited. RFC 8445 §5.1.1.1 and §19.5, RFC 8421 (only plausible peers).
import { addressKind, destinationOf, isIpv4InIpv6 } from "../lib/address.ts";
import type { IceCandidate } from "./description.ts";

/** Limit of candidates tried per file. */
export const MAX_PERMITTED_CANDIDATES = 100;
/** Limit of different addresses among them. A machine of p2p has at most 16, and those that servers report. */
export const MAX_PERMITTED_ADDRESSES = 32;
/** Limit of ports per address: four STUN servers report as many for four sockets behind a symmetric NAT. */
export const MAX_PORTS_OF_ONE_ADDRESS = 16;

/** System services use ports below it (RFC 6335 §6), where no peer listens, except for those of the web. */
const FIRST_UNPRIVILEGED_PORT = 1_024;
const WEB_PORTS: readonly number[] = [80, 443];

/** The fields of a candidate that decide whether it is contacted. */
type Target = Pick<IceCandidate, "transport" | "address" | "port" | "tcpType">;

/** Why an address is never contacted, or only by a side that has an address of that kind. */
export type CandidateRefusal = "not-unicast" | "mapped" | "privileged-port" | "loopback" | "link-local";

/** Our side: the addresses of its sockets are those of its host candidates. */
type Own = Pick<IceCandidate, "type" | "address">;

/**
 * @param own - our candidates
 * @returns undefined where the candidate may be contacted
 */
export function candidateRefusal(target: Target, own: readonly Own[]): CandidateRefusal | undefined {
  const kind = addressKind(target.address);
  if (kind === undefined || kind === "unspecified" || kind === "not-unicast") return "not-unicast";
  // An IPv4-mapped IPv6 address would bypass the rules for IPv4.
  if (isIpv4InIpv6(target.address)) return "mapped";
  if (target.tcpType !== "active" && isPrivileged(target, kind === "public")) return "privileged-port";
  if (kind !== "loopback" && kind !== "link-local") return undefined;
  return own.some(({ type, address }) => type === "host" && addressKind(address) === kind) ? undefined : kind;
}

/** An address may contain a port as well, where a tunnel ends: neither may be a system port. */
function isPrivileged({ address, port }: Target, isPublic: boolean): boolean {
  return [port, destinationOf(address, port).port].some(
    (one) => one < FIRST_UNPRIVILEGED_PORT && !(isPublic && WEB_PORTS.includes(one)),
  );
}

/**
 * The candidates of a file that are tried, in the order of the file.
 * @param own - our candidates, as they are now
 */
export function permittedCandidates<T extends Target>(candidates: readonly T[], own: readonly Own[]): T[] {
  const portCounts = new Map<string, number>();
  const permitted: T[] = [];
  for (const candidate of candidates) {
    if (permitted.length === MAX_PERMITTED_CANDIDATES) break;
    if (candidateRefusal(candidate, own) !== undefined) continue;
    const { key: address } = destinationOf(candidate.address, candidate.port);
    const portCount = portCounts.get(address) ?? 0;
    if (portCount === 0 && portCounts.size === MAX_PERMITTED_ADDRESSES) continue;
    if (portCount === MAX_PORTS_OF_ONE_ADDRESS) continue;
    portCounts.set(address, portCount + 1);
    permitted.push(candidate);
  }
  return permitted;
}
