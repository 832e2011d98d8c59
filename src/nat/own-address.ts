// Plausibility check for an address that a STUN or TURN server reports as ours. It goes into our exchange file, and the
// other side sends checks to it: an address that no peer can have comes from a server that is broken or lies.
import { addressKind, isIpv4InIpv6, isPort } from "../lib/address.ts";
import type { Endpoint } from "./mapping.ts";

/** Ports below it belong to system services, not to a router's mappings. RFC 6335 §6 */
const FIRST_UNPRIVILEGED_PORT = 1_024;

/**
 * Private addresses can be right: a router behind another one, a server inside a company. So can a low port of a public
 * address. Loopback and link-local addresses can be ours when `near` is of the same kind.
 * @param near - where the server saw us from or gives us a relay: the address of the socket that asked, or of the
 * server
 */
export function canBeOurs({ address, port }: Endpoint, near: string): boolean {
  const kind = addressKind(address);
  if (kind === undefined || kind === "unspecified" || kind === "not-unicast" || isIpv4InIpv6(address)) return false;
  if (!isPort(port)) return false;
  if (port < FIRST_UNPRIVILEGED_PORT && kind !== "public") return false;
  return (kind !== "loopback" && kind !== "link-local") || addressKind(near) === kind;
}

/** The same check for a server-reflexive address, which must have the family of the socket. */
export function canBeReflexive(mapped: Endpoint, socket: string): boolean {
  return mapped.address.includes(":") === socket.includes(":") && canBeOurs(mapped, socket);
}
