// What `p2p doctor` finds out about a network, as plain data: docs/doctor.schema.json.
import type { AddressKind } from "../lib/address.ts";
import type { MappingProtocol, NatFiltering, NatMapping } from "../lib/nat-summary.ts";

export interface LocalAddress {
  interface: string;
  address: string;
  family: 4 | 6;
  kind: AddressKind;
  /** Whether `p2p offer` would offer it. */
  used: boolean;
}

/** One way in which a STUN server has answered. Endpoints are `address:port`, IPv6 in brackets. */
export interface StunAnswer {
  family: 4 | 6;
  server: string;
  /** Where it sees us. */
  mapped: string;
  /** Whether that is a public address; else the server is on our side of the router. */
  isOutside: boolean;
  rttMs: number;
}

export interface StunResult {
  url: string;
  /** `unresolved`: its name has no address; `wrong`: it answers with what cannot be ours, which is `reason`. */
  state: "answered" | "silent" | "unresolved" | "wrong";
  answers: StunAnswer[];
  /** Why not, in the words of the system. */
  reason?: string;
}

export interface TurnResult {
  url: string;
  /**
   * `credentials`: it refuses user or password; `refused`: it answers and gives no relay; `certificate`: it cannot be
   * believed to be the one that was named.
   */
  state: "works" | "credentials" | "refused" | "certificate" | "unreachable" | "unresolved";
  /** The relayed address that it gave; it was given back. */
  relayed?: string;
  rttMs?: number;
  reason?: string;
}

/** `external`: `address:port` on the router, which was given back. */
export type PortMappingResult =
  | { state: "granted"; protocol: MappingProtocol; external: string }
  /** At an address that is itself behind a router. */
  | { state: "behind-router"; external: string }
  /**
   * `none`: no router that does it has answered; `not-asked`: nobody was to be asked, or there is no private IPv4 address
   * or no router.
   */
  | { state: "none" | "not-asked" };

export interface NetworkFindings {
  addresses: LocalAddress[];
  stun: StunResult[];
  turn: TurnResult[];
  /** `blocked`: no STUN server answered by UDP, and one of them takes TCP connections. */
  udp: "open" | "blocked" | "silent" | "not-asked";
  /** `works`: a server answered over it; `untested`: there is a public address and no server was asked over IPv6. */
  ipv6: "works" | "silent" | "untested" | "none";
  /** Over IPv4; not there: not known. */
  mapping?: NatMapping;
  filtering?: NatFiltering;
  /** Whether the router lets everybody in at a port when it is asked to. */
  portMapping: PortMappingResult;
}

export type NetworkVerdict =
  | "offline"
  | "not-asked"
  | "udp-blocked"
  | "no-answer"
  | "open"
  | "ordinary"
  | "strict"
  | "behind-nat"
  | "inside"
  | "ipv6-only";

export type NetworkAdvice =
  | "connect-network"
  | "ask-servers"
  | "ask-second-server"
  | "ask-outside"
  | "other-servers"
  | "turn-tcp"
  | "turn-or-port"
  | "open-firewall"
  | "relay-is-there"
  | "turn-credentials"
  | "turn-unreachable"
  | "turn-refused"
  | "turn-certificate"
  | "nothing";

/** What `examineNetwork` finds, what it means and what to do. */
export interface NetworkReport extends NetworkFindings {
  verdict: NetworkVerdict;
  advice: NetworkAdvice[];
  /** How long it took, in milliseconds. */
  ms: number;
}
