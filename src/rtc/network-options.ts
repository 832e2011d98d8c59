// Options for finding a network path: one branch of the settings of a pairing (pairing/settings.ts).

import type { PortRange } from "../lib/errors/params.ts";

/** A TURN server with its credentials (RFC 8656). */
export interface TurnServer {
  /** `turn:host[:port][?transport=udp|tcp]` or `turns:host[:port]`. */
  url: string;
  user: string;
  password: string;
}

/** The servers to ask and the addresses to gather. */
export interface NetworkOptions {
  /** `stun:host[:port]`; empty: no server is asked. There is no default here. */
  stunServers: readonly string[];
  turnServers: readonly TurnServer[];
  /** Gather only candidates of these local addresses; empty: all but loopback. */
  bind: readonly string[];
  /** Gather and use relayed addresses only: no socket of this machine is in the file, and no STUN server is asked. */
  relayOnly?: boolean | undefined;
  /**
   * Ask the router of each private IPv4 address, by PCP, NAT-PMP and UPnP, to admit everybody at our ports until we
   * close; a router is asked only when this is true. No router is asked with `relayOnly`.
   */
  portMapping?: boolean | undefined;
  /**
   * Ask the networks of this machine, by multicast DNS, for the `.local` names in the other side's document; default: yes.
   * Never with `relayOnly`, nor on loopback.
   */
  mdns?: boolean | undefined;
  /** Use one of these local ports for each local address, the lowest that is free; undefined: the system chooses. */
  ports?: PortRange | undefined;
  /** Make the offer in the pre-2019 form `DTLS/SCTP 5000`. An answer mirrors the form of its offer. */
  legacySdp: boolean;
  /** Our engine's congestion control: `bbr`, the default, models the path; `cubic` reacts to losses. */
  congestion?: "bbr" | "cubic" | undefined;
  /**
   * While much arrives by UDP from another p2p, 10 ms or more away, the thread stands still for a millisecond at a time, so that
   * packets are handled together, which saves processor time. For a process that does nothing else; default: no.
   */
  coalesceArrivals?: boolean | undefined;
  /** Upper limit for our SCTP packets, whatever the path carries; at least 1,191. Undefined: discovery decides. */
  maxPacketBytes?: number | undefined;
}

/** No server is asked, and every local address is used. */
export const DEFAULT_NETWORK: NetworkOptions = { stunServers: [], turnServers: [], bind: [], legacySdp: false };
