// The report of `p2p doctor` about a network, as plain data: docs/doctor.schema.json.
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

/** One answer of a STUN server. Endpoints are `address:port`, IPv6 in brackets. */
export interface StunAnswer {
  family: 4 | 6;
  server: string;
  /** Our address as the server sees it. */
  mapped: string;
  /** Whether that is a public address; otherwise the server is on our side of the router. */
  isOutside: boolean;
  rttMs: number;
}

export interface StunResult {
  url: string;
  /** `unresolved`: its name has no address; `wrong`: it reports an address that cannot be ours, given in `reason`. */
  state: "answered" | "silent" | "unresolved" | "wrong";
  answers: StunAnswer[];
  /** With `unresolved`: the code of the name server, such as EAI_AGAIN. With `wrong`: the address that it reports. */
  reason?: string;
}

export interface TurnResult {
  url: string;
  /**
   * `credentials`: it refuses user or password; `refused`: it answers and gives no relay; `certificate`: it could not
   * be verified to be the named server.
   */
  state: "works" | "credentials" | "refused" | "certificate" | "unreachable" | "unresolved";
  /** The relayed address that it allocated; it was released again. */
  relayed?: string;
  rttMs?: number;
  reason?: string;
}

/** `external`: `address:port` on the router, which was released again. */
export type PortMappingResult =
  | { state: "granted"; protocol: MappingProtocol; external: string }
  /** The granted address is itself behind a router. */
  | { state: "behind-router"; external: string }
  /**
   * `none`: no router that supports port mapping has answered; `not-asked`: asking was not allowed, or there is no
   * private IPv4 address or no router.
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
  /** Over IPv4; absent when unknown. */
  mapping?: NatMapping;
  filtering?: NatFiltering;
  /** Whether the router opens a port to everybody on request. */
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

/** The result of `examineNetwork`: the findings, their meaning, and advice. */
export interface NetworkReport extends NetworkFindings {
  verdict: NetworkVerdict;
  advice: NetworkAdvice[];
  /** Duration in milliseconds. */
  ms: number;
}
