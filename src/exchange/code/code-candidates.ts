// The candidates of a document in its short code. A code has the addresses; foundations, priorities and what a candidate is
// related to are rebuilt by rules, which are those by which p2p makes them. A signed document whose candidates are not of
// these rules has them in full. docs/exchange-format.md, Code.
import { DISCARD_PORT } from "../candidate.ts";
import { candidatePriority, tcpLocalPreference } from "../candidate-priority.ts";
import { addressBytes, addressOfBytes } from "../../lib/address.ts";
import { bytesOfHex, toHex } from "../../lib/bytes.ts";
import type { IceCandidate } from "../description.ts";
import { MAX_CANDIDATES, MAX_LOCAL_NAMES } from "../limits.ts";
import { type BitReader, type BitWriter, CodeContentError } from "./bits.ts";

/** Usable candidates, and host candidates with a `.local` name. */
export interface CodeCandidates {
  candidates: readonly IceCandidate[];
  localNames: readonly IceCandidate[];
}

type CandidateType = IceCandidate["type"];
type TcpType = NonNullable<IceCandidate["tcpType"]>;

const TYPES: readonly CandidateType[] = ["host", "srflx", "prflx", "relay"];
const TCP_TYPES: readonly (TcpType | undefined)[] = [undefined, "active", "passive", "so"];
/** The first letter of the foundation of a candidate, before the number of its base. */
const MARKS: Readonly<Record<CandidateType, string>> = { host: "", srflx: "s", prflx: "x", relay: "r" };
/** Bits of the number of a base to which an entry is related; zero is none. */
const BASE_BITS = 3;
const NAME = /^([0-9a-f]{8})-([0-9a-f]{4})-(4[0-9a-f]{3})-([0-9a-f]{4})-([0-9a-f]{12})\.local$/;
const ADDRESS_KINDS = ["ipv4", "ipv6", "name"] as const;
const ADDRESS_BYTES = { ipv4: 4, ipv6: 16, name: 16 } as const;

/** All candidates of one type at one address, of one base. */
interface Entry {
  type: CandidateType;
  address: string;
  /** Undefined: no UDP. */
  udpPort: number | undefined;
  isActive: boolean;
  /** Undefined: no TCP port that listens. */
  passivePort: number | undefined;
  /** The number of the host entry, from 1, to which it is related; 0: not told. */
  base: number;
}

/** A candidate that belongs to an entry, by the port that the entry may have once. */
function portOf(entry: Entry, { transport, tcpType }: IceCandidate): number | undefined {
  if (transport === "udp") return entry.udpPort;
  if (tcpType === "passive") return entry.passivePort;
  return entry.isActive ? DISCARD_PORT : undefined;
}

/** Candidates for simultaneous open have no place: nobody uses them. RFC 6544 §4.1. */
function entriesOf({ candidates, localNames }: CodeCandidates): Entry[] {
  const entries: Entry[] = [];
  const place = (candidate: IceCandidate): void => {
    const { type, address, transport, tcpType, port } = candidate;
    if (transport === "tcp" && tcpType !== "active" && tcpType !== "passive") return;
    let entry = entries.find(
      (one) => one.type === type && one.address === address && portOf(one, candidate) === undefined,
    );
    if (entry === undefined) {
      entry = { type, address, udpPort: undefined, isActive: false, passivePort: undefined, base: 0 };
      if (type !== "host") entry.base = baseOf(candidate, entries);
      entries.push(entry);
    }
    if (transport === "udp") entry.udpPort = port;
    else if (tcpType === "passive") entry.passivePort = port;
    else entry.isActive = true;
  };
  for (const candidate of candidates.filter(({ type }) => type === "host")) place(candidate);
  for (const candidate of localNames) place(candidate);
  for (const candidate of candidates.filter(({ type }) => type !== "host")) place(candidate);
  return entries;
}

/** A base beyond those that the bits can name is not told. */
function baseOf({ relatedAddress, relatedPort }: IceCandidate, entries: readonly Entry[]): number {
  const hosts = entries.filter(({ type }) => type === "host");
  const at = hosts.findIndex(
    ({ address, udpPort, passivePort }) =>
      address === relatedAddress && [udpPort, passivePort, DISCARD_PORT].includes(relatedPort),
  );
  return at + 1 < 2 ** BASE_BITS ? at + 1 : 0;
}

/** The addresses of candidates, without what the rules give. */
export function writeEntries(all: CodeCandidates, into: BitWriter): void {
  const entries = entriesOf(all);
  const hosts = entries.filter(({ type }) => type === "host");
  into.count(entries.length);
  for (const entry of entries) {
    into.uint(TYPES.indexOf(entry.type), 2);
    writeAddress(entry.address, into);
    if (entry.type !== "host") into.uint(entry.base, BASE_BITS);
    const { udpPort, isActive, passivePort } = entry;
    const base = hosts[entry.base - 1];
    if (into.flag(udpPort !== undefined)) writePort(udpPort ?? 0, base?.udpPort, into);
    into.flag(isActive);
    if (into.flag(passivePort !== undefined)) writePort(passivePort ?? 0, base?.passivePort ?? udpPort, into);
  }
}

/** A port that is another one too takes a bit. */
function writePort(port: number, usual: number | undefined, into: BitWriter): void {
  if (usual !== undefined && into.flag(port === usual)) return;
  into.uint(port, 16);
}

function readPort(usual: number | undefined, from: BitReader): number {
  return usual !== undefined && from.flag() ? usual : from.uint(16);
}

/** @throws CodeContentError */
export function readEntries(from: BitReader): CodeCandidates {
  const entries: Entry[] = [];
  const count = from.count();
  if (count > MAX_CANDIDATES) throw new CodeContentError(false);
  for (let at = 0; at < count; at += 1) {
    const type = TYPES[from.uint(2)] ?? "host";
    const address = readAddress(from);
    const base = type === "host" ? 0 : from.uint(BASE_BITS);
    const related = entries.filter((entry) => entry.type === "host")[base - 1];
    if (base > 0 && related === undefined) throw new CodeContentError(false);
    const udpPort = from.flag() ? readPort(related?.udpPort, from) : undefined;
    const isActive = from.flag();
    const passivePort = from.flag() ? readPort(related?.passivePort ?? udpPort, from) : undefined;
    entries.push({ type, address, udpPort, isActive, passivePort, base });
  }
  return candidatesOf(entries);
}

/** The candidates of entries by the rules: their order, foundations, priorities and relations. */
function candidatesOf(entries: readonly Entry[]): CodeCandidates {
  const numbered = numberedEntries(entries);
  const udp = numbered.flatMap(({ entry, ...numbers }) =>
    entry.udpPort === undefined ? [] : [candidateOf(entry, numbers, { transport: "udp", port: entry.udpPort })],
  );
  const tcp = numbered.flatMap(({ entry, ...numbers }) => [
    ...(entry.isActive
      ? [candidateOf(entry, numbers, { transport: "tcp", tcpType: "active", port: DISCARD_PORT })]
      : []),
    ...(entry.passivePort === undefined
      ? []
      : [candidateOf(entry, numbers, { transport: "tcp", tcpType: "passive", port: entry.passivePort })]),
  ]);
  const all = [...udp, ...tcp];
  const localNames = all.filter(({ address }) => address.endsWith(".local"));
  if (localNames.length > MAX_LOCAL_NAMES) throw new CodeContentError(false);
  return { candidates: all.filter((candidate) => !localNames.includes(candidate)), localNames };
}

/** The numbers from which a foundation and a priority are made. */
interface Numbers {
  /** The number of the base, from 1; or of a relay, from 0. */
  number: number;
  related: Entry | undefined;
}

/** Hosts are numbered in their order; what is related to one has its number. */
function numberedEntries(entries: readonly Entry[]): (Numbers & { entry: Entry })[] {
  const hosts = entries.filter(({ type }) => type === "host");
  const relays = entries.filter(({ type }) => type === "relay");
  return entries.map((entry, at) => {
    const related = entry.base === 0 ? undefined : hosts[entry.base - 1];
    if (entry.type === "host") return { entry, related, number: hosts.indexOf(entry) + 1 };
    if (entry.type === "relay") return { entry, related, number: relays.indexOf(entry) };
    return { entry, related, number: entry.base === 0 ? at + 1 : entry.base };
  });
}

function candidateOf(
  { type, address }: Entry,
  { number, related }: Numbers,
  { transport, tcpType, port }: Pick<IceCandidate, "transport" | "tcpType" | "port">,
): IceCandidate {
  const preference = 0xffff - (type === "relay" ? number : number - 1);
  const localPreference = tcpType === undefined ? preference : tcpLocalPreference(tcpType, preference);
  const relatedPort =
    tcpType === "passive" ? related?.passivePort : tcpType === "active" ? DISCARD_PORT : related?.udpPort;
  return {
    foundation: `${MARKS[type]}${tcpType?.charAt(0) ?? ""}${number}`,
    component: 1,
    transport,
    priority: candidatePriority(type, localPreference, transport),
    address,
    port,
    type,
    ...(type === "host"
      ? {}
      : { relatedAddress: related?.address ?? "0.0.0.0", relatedPort: related === undefined ? 0 : (relatedPort ?? 0) }),
    ...(tcpType === undefined ? {} : { tcpType }),
  };
}

function writeAddress(address: string, into: BitWriter): void {
  const name = NAME.exec(address)?.slice(1).join("");
  const bytes = name === undefined ? addressBytes(address) : bytesOfHex(name);
  if (bytes === undefined) throw new TypeError("Cannot write what is no address");
  const kind = name !== undefined ? "name" : bytes.length === ADDRESS_BYTES.ipv4 ? "ipv4" : "ipv6";
  into.uint(ADDRESS_KINDS.indexOf(kind), 2);
  into.bytes(bytes);
}

/** @throws CodeContentError */
function readAddress(from: BitReader): string {
  const kind = ADDRESS_KINDS[from.uint(2)];
  if (kind === undefined) throw new CodeContentError(false);
  const bytes = from.bytes(ADDRESS_BYTES[kind]);
  if (kind !== "name") return addressOfBytes(bytes);
  const hex = toHex(bytes);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return `${parts.join("-")}.local`;
}

/** Candidates in full, as a signature covers them. */
export function writeInFull(candidates: readonly IceCandidate[], into: BitWriter): void {
  into.count(candidates.length);
  for (const { foundation, transport, priority, address, port, type, tcpType, ...related } of candidates) {
    into.text(foundation);
    into.uint(TYPES.indexOf(type), 2);
    into.flag(transport === "tcp");
    into.uint(TCP_TYPES.indexOf(tcpType), 2);
    into.uint(priority, 32);
    writeAddress(address, into);
    into.uint(port, 16);
    if (!into.flag(related.relatedAddress !== undefined)) continue;
    writeAddress(related.relatedAddress ?? "", into);
    into.uint(related.relatedPort ?? 0, 16);
  }
}

/** @throws CodeContentError */
export function readInFull(from: BitReader): IceCandidate[] {
  const count = from.count();
  if (count > MAX_CANDIDATES) throw new CodeContentError(false);
  return Array.from({ length: count }, () => {
    const foundation = from.text();
    const type = TYPES[from.uint(2)] ?? "host";
    const transport = from.flag() ? "tcp" : "udp";
    const tcpType = TCP_TYPES[from.uint(2)];
    const priority = from.uint(32);
    const address = readAddress(from);
    const port = from.uint(16);
    const related = from.flag() ? { relatedAddress: readAddress(from), relatedPort: from.uint(16) } : {};
    const candidate = { foundation, component: 1, transport, priority, address, port, type, ...related } as const;
    return tcpType === undefined ? candidate : { ...candidate, tcpType };
  });
}
