// Odd properties of a readable document: none of them is forbidden, and a person should know them before the
// file is used. The candidates that we send to are chosen in permitted-candidates.ts; the sentences are in words/oddities.ts.
import { escapeForDisplay } from "../lib/text.ts";
import { addressKind, destinationOf, isReservedAddress, networkOf } from "../lib/address.ts";
import { candidateRefusal, MAX_PORTS_OF_ONE_ADDRESS } from "./permitted-candidates.ts";
import type { ExchangeDocument, IceCandidate, P2pKey, SessionDescription } from "./description.ts";
import { parseTimestamp } from "./timestamp.ts";

/** An odd thing about a document; texts are the peer's, unescaped. */
export type Oddity =
  /** The addresses belong to the reader of the file. */
  | { remark: "loopback-addresses"; count: number }
  | { remark: "link-local-addresses"; count: number }
  /** Addresses that nobody on the internet has. */
  | { remark: "reserved-addresses"; addresses: string[] }
  /** IPv4 in the form of IPv6: never contacted. */
  | { remark: "mapped-addresses"; addresses: string[] }
  /** Below 1024 and not a web port of a public address: never contacted. */
  | { remark: "privileged-ports"; ports: number[] }
  /** Ports where other services listen. */
  | { remark: "service-ports"; ports: number[] }
  | { remark: "many-ports"; address: string; count: number; limit: number }
  | { remark: "many-networks"; count: number }
  /** Above the limit of RFC 8445 §5.1.2: the file wants its candidates tried before all others. */
  | { remark: "high-priorities"; count: number }
  | { remark: "expires-before-made" }
  | { remark: "long-expiry"; hours: number }
  /** Control, invisible or direction-changing characters. */
  | { remark: "odd-characters"; field: "name" | "tool" }
  | { remark: "weak-fingerprint"; algorithm: string }
  /** More than one certificate would be accepted. */
  | { remark: "several-fingerprints"; count: number }
  | { remark: "offer-without-choice"; setup: SessionDescription["setup"] }
  | { remark: "ice-lite" };

const ODD_PORT_COUNT = MAX_PORTS_OF_ONE_ADDRESS / 2;
const ODD_NETWORK_COUNT = 8;
/** RFC 8445 §5.1.2: a priority is between 1 and 2^31 - 1. */
const MAX_PRIORITY = 2 ** 31 - 1;
/** The longest `--wait`. */
const MAX_WAIT_HOURS = 500;
const HOUR_MS = 3_600_000;
const WEAK_HASHES: readonly string[] = ["md2", "md5", "sha-1"];
/** QUIC and games choose theirs freely; these services answer strangers, or are used as amplifiers or targets. */
const SERVICE_PORTS: readonly number[] = [
  1_194, 1_434, 1_701, 1_812, 1_900, 3_283, 3_306, 3_389, 3_702, 4_500, 5_060, 5_061, 5_353, 5_432, 6_379, 8_080, 8_443,
  11_211, 27_017,
];
const MAX_NAMED = 10;

/** @returns the same kind at most once, except for one address with many ports */
export function odditiesOf({ description, p2p }: ExchangeDocument): Oddity[] {
  return [
    ...addressOddities(description.candidates),
    ...portOddities(description.candidates),
    ...scanOddities(description.candidates),
    ...identityOddities(description),
    ...(p2p === undefined ? [] : keyOddities(p2p)),
  ];
}

function addressOddities(candidates: readonly IceCandidate[]): Oddity[] {
  const addresses = distinct(candidates.map(({ address }) => address));
  const ofKind = (kind: string): number => addresses.filter((address) => addressKind(address) === kind).length;
  const oddities: Oddity[] = [];
  const [loopback, linkLocal] = [ofKind("loopback"), ofKind("link-local")];
  if (loopback > 0) oddities.push({ remark: "loopback-addresses", count: loopback });
  if (linkLocal > 0) oddities.push({ remark: "link-local-addresses", count: linkLocal });
  const reserved = addresses.filter(isReservedAddress);
  if (reserved.length > 0) oddities.push({ remark: "reserved-addresses", addresses: reserved.slice(0, MAX_NAMED) });
  const mapped = distinct(refused(candidates, "mapped").map(({ address }) => address));
  if (mapped.length > 0) oddities.push({ remark: "mapped-addresses", addresses: mapped.slice(0, MAX_NAMED) });
  return oddities;
}

function portOddities(candidates: readonly IceCandidate[]): Oddity[] {
  const oddities: Oddity[] = [];
  const privileged = distinct(refused(candidates, "privileged-port").map(({ port }) => port));
  if (privileged.length > 0) oddities.push({ remark: "privileged-ports", ports: privileged.slice(0, MAX_NAMED) });
  const ofServices = distinct(candidates.map(({ port }) => port).filter((port) => SERVICE_PORTS.includes(port)));
  if (ofServices.length > 0) oddities.push({ remark: "service-ports", ports: ofServices.slice(0, MAX_NAMED) });
  return oddities;
}

function refused(candidates: readonly IceCandidate[], why: string): IceCandidate[] {
  return candidates.filter((candidate) => candidateRefusal(candidate, []) === why);
}

/** Signs that the file's author wants us to probe other machines. */
function scanOddities(candidates: readonly IceCandidate[]): Oddity[] {
  const oddities: Oddity[] = [];
  const portsOf = new Map<string, Set<number>>();
  for (const { address, port } of candidates) {
    const { key } = destinationOf(address, port);
    portsOf.set(key, (portsOf.get(key) ?? new Set()).add(port));
  }
  for (const [address, { size: count }] of portsOf) {
    if (count > ODD_PORT_COUNT) {
      oddities.push({ remark: "many-ports", address, count, limit: MAX_PORTS_OF_ONE_ADDRESS });
    }
  }
  const isPublic = ({ address }: IceCandidate): boolean => addressKind(address) === "public";
  const networks = distinct(candidates.filter(isPublic).map(({ address }) => networkOf(address)));
  if (networks.length > ODD_NETWORK_COUNT) oddities.push({ remark: "many-networks", count: networks.length });
  const high = candidates.filter(({ priority }) => priority > MAX_PRIORITY).length;
  if (high > 0) oddities.push({ remark: "high-priorities", count: high });
  return oddities;
}

function identityOddities({ type, setup, iceLite, fingerprints }: SessionDescription): Oddity[] {
  const oddities: Oddity[] = fingerprints
    .filter(({ algorithm }) => WEAK_HASHES.includes(algorithm))
    .map(({ algorithm }) => ({ remark: "weak-fingerprint", algorithm }));
  const count = fingerprints.filter(({ algorithm }) => algorithm === "sha-256").length;
  if (count > 1) oddities.push({ remark: "several-fingerprints", count });
  if (type === "offer" && setup !== "actpass") oddities.push({ remark: "offer-without-choice", setup });
  if (iceLite) oddities.push({ remark: "ice-lite" });
  return oddities;
}

function keyOddities({ createdAt, expiresAt, name = "", tool = "" }: P2pKey): Oddity[] {
  const oddities: Oddity[] = [];
  const goodForMs = (parseTimestamp(expiresAt) ?? 0) - (parseTimestamp(createdAt) ?? 0);
  if (goodForMs <= 0) oddities.push({ remark: "expires-before-made" });
  const hours = Math.floor(goodForMs / HOUR_MS);
  if (goodForMs > MAX_WAIT_HOURS * HOUR_MS) oddities.push({ remark: "long-expiry", hours });
  if (escapeForDisplay(name) !== name) oddities.push({ remark: "odd-characters", field: "name" });
  if (escapeForDisplay(tool) !== tool) oddities.push({ remark: "odd-characters", field: "tool" });
  return oddities;
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
