// What the protocols of port mapping have in common: what is wished of a router, and what it grants. Plain data.
import { addressKind } from "../../lib/address.ts";
import type { Endpoint } from "../mapping.ts";

/** Where PCP and NAT-PMP are spoken. RFC 6887 §19.5, RFC 6886 §3.2 */
export const CONTROL_PORT = 5_351;

export type MappedTransport = "udp" | "tcp";

/** A port of this computer that strangers are to reach. */
export interface PortWish {
  readonly transport: MappedTransport;
  /** Of the socket here. */
  readonly internalPort: number;
  /** Of the router, as was granted before; else the same number is asked for. It may give another. */
  readonly externalPort: number;
  /** Of the router, as was granted before; undefined: any. */
  readonly externalAddress: string | undefined;
}

export interface Grant {
  /** IPv4. Whether it can be reached from everywhere is for the asker to judge. */
  readonly external: Endpoint;
  /** In seconds from now. */
  readonly lifetimeSeconds: number;
}

/** @param bytes - four of them */
export function ipv4Text(bytes: Uint8Array): string {
  return bytes.join(".");
}

/** @returns four bytes; undefined for what is no IPv4 address */
export function ipv4Bytes(address: string): Uint8Array | undefined {
  if (address.includes(":") || addressKind(address) === undefined) return undefined;
  return Uint8Array.from(address.split("."), Number);
}

/** Whether a router behind a grant can be meant: an address of one machine that is not this one. */
export function isUsable({ external: { address, port }, lifetimeSeconds }: Grant): boolean {
  const kind = addressKind(address);
  return (kind === "public" || kind === "private" || kind === "carrier-nat") && port > 0 && lifetimeSeconds > 0;
}
