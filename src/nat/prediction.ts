// The prediction whether two sides will find a direct path, from what their files say. It states what the kinds of
// routers make likely or nearly impossible, and nothing where the files are silent. RFC 4787, RFC 5128 §3.3.
import { addressKind, isPublicIpv6 } from "../lib/address.ts";
import type { NatSummary, Prediction, PredictionReason } from "../lib/nat-summary.ts";
import { isSymmetric } from "./mapping.ts";

/** The location of a side, as its file describes it. */
export interface Side {
  readonly nat: NatSummary | undefined;
  readonly candidates: readonly {
    readonly type: "host" | "srflx" | "prflx" | "relay";
    readonly transport: "udp" | "tcp";
    readonly tcpType?: "active" | "passive" | "so";
    readonly address: string;
  }[];
}

const OUTLOOKS: Readonly<Record<PredictionReason, Prediction["outlook"]>> = {
  "same-public-address": "likely",
  "public-address": "likely",
  "mapped-port": "likely",
  ipv6: "likely",
  "independent-mappings": "likely",
  "open-filtering": "likely",
  relay: "relay",
  "both-symmetric": "unlikely",
  "symmetric-here": "unlikely",
  "symmetric-there": "unlikely",
  "udp-silent-here": "unlikely",
  "udp-silent-there": "unlikely",
  "not-known": "unknown",
};

/**
 * @param ours - our file
 * @param theirs - the other side's file
 */
export function predict(ours: Side, theirs: Side): Prediction {
  const why = reasonOf(ours, theirs);
  return { outlook: OUTLOOKS[why], why };
}

function reasonOf(ours: Side, theirs: Side): PredictionReason {
  const direct = directReason(ours, theirs);
  const hasRelay = [ours, theirs].some((side) => side.candidates.some(({ type }) => type === "relay"));
  return hasRelay && OUTLOOKS[direct] !== "likely" ? "relay" : direct;
}

function directReason(ours: Side, theirs: Side): PredictionReason {
  if (hasPublicIpv6(ours) && hasPublicIpv6(theirs)) return "ipv6";
  if (publicAddresses(ours).some((address) => publicAddresses(theirs).includes(address))) return "same-public-address";
  if (!hasIpv4(ours) || !hasIpv4(theirs)) return "not-known";
  const isReachable = [ours, theirs].some((side) => isOpen(side) || isMapped(side) || hasPublicTcp(side));
  const isSilent = ({ nat }: Side): boolean => nat?.udp === "silent";
  if (isSilent(ours) || isSilent(theirs)) {
    // The servers may be down while UDP works; and a side whose UDP is blocked may get through by TCP.
    if (isReachable) return "not-known";
    return isSilent(ours) ? "udp-silent-here" : "udp-silent-there";
  }
  if (isOpen(ours) || isOpen(theirs)) return "public-address";
  if (isMapped(ours) || isMapped(theirs)) return "mapped-port";
  return isReachable ? "not-known" : mappingReason(ours.nat, theirs.nat);
}

function mappingReason(ours: NatSummary | undefined, theirs: NatSummary | undefined): PredictionReason {
  if (ours?.mapping === undefined || theirs?.mapping === undefined) return "not-known";
  const [here, there] = [isSymmetric(ours.mapping), isSymmetric(theirs.mapping)];
  if (!here && !there) return "independent-mappings";
  // A side with a stable mapping that admits strangers can be reached from any port.
  const letsStrangersIn = (side: NatSummary, isSideSymmetric: boolean): boolean =>
    !isSideSymmetric && (side.filtering === "endpoint-independent" || side.filtering === "address-dependent");
  if (letsStrangersIn(ours, here) || letsStrangersIn(theirs, there)) return "open-filtering";
  if (here && there) return "both-symmetric";
  return here ? "symmetric-here" : "symmetric-there";
}

function hasPublicIpv6({ candidates }: Side): boolean {
  return candidates.some(
    ({ type, transport, address }) => type === "host" && transport === "udp" && isPublicIpv6(address),
  );
}

function hasIpv4({ candidates }: Side): boolean {
  return candidates.some(({ transport, address }) => transport === "udp" && !address.includes(":"));
}

/** IPv4 addresses of its sockets or as servers saw them; not of relays, which many share. */
function publicAddresses({ candidates }: Side): string[] {
  return candidates
    .filter(({ type, address }) => type !== "relay" && !address.includes(":") && addressKind(address) === "public")
    .map(({ address }) => address);
}

/** Whether it has a socket of its own at a public IPv4 address. */
function isOpen({ candidates }: Side): boolean {
  return candidates.some(
    ({ type, transport, address }) =>
      type === "host" && transport === "udp" && !address.includes(":") && addressKind(address) === "public",
  );
}

/** Whether its router admits everybody. */
function isMapped({ nat }: Side): boolean {
  return nat?.portMapping === true;
}

function hasPublicTcp({ candidates }: Side): boolean {
  return candidates.some(
    ({ transport, tcpType, address }) =>
      transport === "tcp" && tcpType === "passive" && addressKind(address) === "public",
  );
}
