// What one side knows of the router before it, as its exchange file tells (docs/exchange-format.md §3). Plain data.

/** What a router makes of the public address and port of one socket, towards several destinations. RFC 4787 §4.1 */
export const NAT_MAPPINGS = [
  /** The address is public as it is. */
  "none",
  "endpoint-independent",
  "address-dependent",
  "address-and-port-dependent",
  /** One of the two before; which of them was not asked. */
  "endpoint-dependent",
] as const;
export type NatMapping = (typeof NAT_MAPPINGS)[number];

/** Whom a router lets in at such an address and port. RFC 4787 §5 */
export const NAT_FILTERINGS = ["endpoint-independent", "address-dependent", "address-and-port-dependent"] as const;
export type NatFiltering = (typeof NAT_FILTERINGS)[number];

/** By what a router was asked to let everybody in at a port: RFC 6887, RFC 6886, UPnP Internet Gateway Device. */
export type MappingProtocol = "pcp" | "nat-pmp" | "upnp";

/** What is not known is not there. */
export type NatSummary = {
  /** Over IPv4. */
  mapping?: NatMapping;
  filtering?: NatFiltering;
  /** Whether a STUN server has answered by UDP; absent where none was asked. */
  udp?: "open" | "silent";
  /** There is a public IPv6 address. */
  ipv6?: boolean;
  /** A TURN server has given a relayed address. */
  relay?: boolean;
  /** A router lets everybody in at a port that was asked of it. */
  portMapping?: boolean;
};

/** What two files say of the chances beforehand, and why. */
export interface Prediction {
  /** `relay`: directly or not, through a relay it works. `unlikely` does not count that both may be in one network. */
  outlook: "likely" | "relay" | "unlikely" | "unknown";
  why: PredictionReason;
}

export type PredictionReason =
  | "same-public-address"
  | "public-address"
  | "mapped-port"
  | "ipv6"
  | "independent-mappings"
  | "open-filtering"
  | "relay"
  | "both-symmetric"
  | "symmetric-here"
  | "symmetric-there"
  | "udp-silent-here"
  | "udp-silent-there"
  | "not-known";
