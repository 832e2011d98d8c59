// Types and helpers that the port mapping protocols share: the request to a router, and its grant. Plain data.
import { addressKind } from "../../lib/address.ts";
import type { Endpoint } from "../mapping.ts";

/** The UDP port of PCP and NAT-PMP. RFC 6887 §19.5, RFC 6886 §3.2 */
export const CONTROL_PORT = 5_351;

export type MappedTransport = "udp" | "tcp";

/** A port of this computer that is to be reachable from outside. */
export interface PortWish {
  readonly transport: MappedTransport;
  /** The port of the local socket. */
  readonly internalPort: number;
  /**
   * The router's port that was granted before; otherwise the local number is requested. The router may grant another.
   */
  readonly externalPort: number;
  /** The router's address that was granted before; undefined: any. */
  readonly externalAddress: string | undefined;
}

export interface Grant {
  /** IPv4. The caller decides whether it is reachable from everywhere. */
  readonly external: Endpoint;
  /** Lifetime in seconds from now. */
  readonly lifetimeSeconds: number;
}

/** @param bytes - four bytes */
export function ipv4Text(bytes: Uint8Array): string {
  return bytes.join(".");
}

/** @returns four bytes; undefined when the text is not an IPv4 address */
export function ipv4Bytes(address: string): Uint8Array | undefined {
  if (address.includes(":") || addressKind(address) === undefined) return undefined;
  return Uint8Array.from(address.split("."), Number);
}

/** Whether a grant can refer to a router: its address is that of one machine, and not of this one. */
export function isUsable({ external: { address, port }, lifetimeSeconds }: Grant): boolean {
  const kind = addressKind(address);
  return (kind === "public" || kind === "private" || kind === "carrier-nat") && port > 0 && lifetimeSeconds > 0;
}
