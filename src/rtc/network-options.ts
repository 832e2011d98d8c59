// How to find a network path: the same options for the command line and for embedders.

import type { PortRange } from "../lib/errors/params.ts";

/** A TURN server with its credentials (RFC 8656). */
export interface TurnServer {
  /** `turn:host[:port][?transport=udp|tcp]` or `turns:host[:port]`. */
  url: string;
  user: string;
  password: string;
}

/** Which servers are asked and which addresses are offered. */
export interface NetworkOptions {
  /** `stun:host[:port]`; empty: none is asked. There is no default here. */
  stunServers: readonly string[];
  turnServers: readonly TurnServer[];
  /** Offer only candidates of these local addresses; empty: all but loopback. */
  bind: readonly string[];
  /** Offer and use relayed addresses only: no socket of this machine is in the file, and no STUN server is asked. */
  relayOnly?: boolean;
  /**
   * Ask the router of each private IPv4 address, by PCP, NAT-PMP and UPnP, to let everybody in at our ports, until we
   * close; a router is asked only when this is true. Nothing is asked with `relayOnly`.
   */
  portMapping?: boolean;
  /** One of these local ports for each local address, the lowest that is free; undefined: what the system gives. */
  ports?: PortRange;
  /** Make the offer in the pre-2019 form `DTLS/SCTP 5000`. An answer mirrors the form of its offer. */
  legacySdp: boolean;
  /** How our engine shares the path with others: `bbr`, the default, by a model of it, `cubic` by losses. */
  congestion?: "bbr" | "cubic";
  /** No SCTP packet of ours is larger, whatever the path carries; at least 1,191. Undefined: discovery decides. */
  maxPacketBytes?: number;
}
