// Facts that one side knows about its router, as stated in its exchange file (docs/exchange-format.md §3). Plain data.

/** Mapping behaviour of a router for one socket towards several destinations. RFC 4787 §4.1 */
export const NAT_MAPPINGS = [
  /** The address is public without a mapping. */
  "none",
  "endpoint-independent",
  "address-dependent",
  "address-and-port-dependent",
  /** One of the preceding two; which of them was not tested. */
  "endpoint-dependent",
] as const;
export type NatMapping = (typeof NAT_MAPPINGS)[number];

/** Filtering behaviour of a router at a mapped address and port. RFC 4787 §5 */
export const NAT_FILTERINGS = ["endpoint-independent", "address-dependent", "address-and-port-dependent"] as const;
export type NatFiltering = (typeof NAT_FILTERINGS)[number];

/** The protocol that made a router open a port for everybody: RFC 6887, RFC 6886, UPnP Internet Gateway Device. */
export type MappingProtocol = "pcp" | "nat-pmp" | "upnp";

/** Unknown facts are absent. */
export type NatSummary = {
  /** For IPv4. */
  mapping?: NatMapping;
  filtering?: NatFiltering;
  /** Whether a STUN server has answered over UDP; absent where none was asked. */
  udp?: "open" | "silent";
  /** There is a public IPv6 address. */
  ipv6?: boolean;
  /** A TURN server has given a relayed address. */
  relay?: boolean;
  /** A router lets everybody in at a port that we requested. */
  portMapping?: boolean;
};

/** The chances of connecting as predicted from two files, and why. */
export interface Prediction {
  /** `relay`: works at least through a relay. `unlikely` does not consider that both may be in one network. */
  outlook: "likely" | "relay" | "unlikely" | "unknown";
  why: PredictionReason;
}

/** The reason of a prediction. `not-known`: the two files do not show it. */
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
