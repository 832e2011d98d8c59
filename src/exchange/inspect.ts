// The content of an exchange file, as plain data for people and programs. The sentences are in words/exchange.ts, the
// JSON schema is docs/inspect.schema.json. The password of the file (ice-pwd) is not included.
import { type AddressKind, addressKind } from "../lib/address.ts";
import { decodeExchangeDocument } from "./codec.ts";
import { candidateRefusal } from "./permitted-candidates.ts";
import type { ExchangeDocument, IceCandidate, P2pKey, Remark, SessionDescription } from "./description.ts";
import { isExpired } from "./judge.ts";
import { CLOCK_TOLERANCE_MS } from "./limits.ts";
import { type Oddity, odditiesOf } from "./oddities.ts";
import { parseTimestamp } from "./timestamp.ts";

/** One candidate of an exchange file, explained. */
export interface InspectedCandidate extends Omit<IceCandidate, "component" | "foundation"> {
  /** Scope from which the address can be reached. */
  addressKind: AddressKind;
  /**
   * Whether this version of p2p uses it: not TCP simultaneous-open, and never a port of a system service.
   * Loopback and link-local addresses are used only from addresses of the same kind.
   */
  usable: boolean;
}

/** Remarks of the reader, and conclusions from the whole file. */
export type InspectRemark =
  | Remark
  | Oddity
  /** The SDP form from before 2019. */
  | { remark: "legacy-form" }
  /** No `p2p` key: another WebRTC program made it. */
  | { remark: "foreign-program" }
  /** TCP candidates that this version skips. */
  | { remark: "tcp-candidates"; count: number }
  /** No usable candidate that can be reached from another network. */
  | { remark: "local-only" }
  | { remark: "expired" }
  /** Creation time is in the future: one of the clocks is wrong. */
  | { remark: "from-the-future" };

/** The report on an exchange file, in the terms of docs/inspect.schema.json. */
export interface InspectReport {
  path: string;
  type: SessionDescription["type"];
  form: SessionDescription["form"];
  /** The program that wrote it; `other` is any WebRTC program without the `p2p` key. */
  program: "p2p" | "other";
  /** The `p2p` key, with its age at the given time; negative where its creation time is in the future. */
  p2p?: P2pKey & { ageSeconds: number; expired: boolean };
  fingerprints: SessionDescription["fingerprints"];
  setup: SessionDescription["setup"];
  mid: string;
  iceLite: boolean;
  sctpPort: number;
  /** In bytes; 0: no limit. */
  maxMessageSize: number;
  /** Sorted by priority, highest first. */
  candidates: InspectedCandidate[];
  remarks: InspectRemark[];
}

/**
 * Explains an exchange file. Whether it can serve is a separate question: an expired one is explained too.
 * @param path - name of the file in the report and in errors
 * @param nowMs - milliseconds since 1970, UTC; for age and expiry
 * @throws P2pError FILE_MALFORMED, FILE_TOO_LARGE
 */
export function inspectExchangeFile(bytes: Uint8Array, path: string, nowMs: number): InspectReport {
  const decoding = decodeExchangeDocument(bytes, path);
  if (!decoding.ok) throw decoding.error;
  const { document } = decoding;
  const { type, form, fingerprints, setup, mid, iceLite, sctpPort, maxMessageSize } = document.description;
  const p2p = document.p2p === undefined ? undefined : withAge(document.p2p, nowMs);
  const candidates = document.description.candidates
    .map(inspectCandidate)
    .toSorted((one, other) => other.priority - one.priority);
  return {
    path,
    type,
    form,
    program: p2p === undefined ? "other" : "p2p",
    ...(p2p === undefined ? {} : { p2p }),
    fingerprints,
    setup,
    mid,
    iceLite,
    sctpPort,
    maxMessageSize,
    candidates,
    remarks: [...conclusions(document, p2p, candidates), ...odditiesOf(document), ...document.remarks],
  };
}

function withAge(key: P2pKey, nowMs: number): NonNullable<InspectReport["p2p"]> {
  const ageSeconds = Math.floor((nowMs - (parseTimestamp(key.createdAt) ?? nowMs)) / 1_000);
  return { ...key, ageSeconds, expired: isExpired(key.expiresAt, nowMs) };
}

function inspectCandidate(candidate: IceCandidate): InspectedCandidate {
  const { type, transport, address, port, priority, relatedAddress, relatedPort, tcpType } = candidate;
  return {
    type,
    transport,
    ...(tcpType === undefined ? {} : { tcpType }),
    address,
    port,
    priority,
    ...(relatedAddress === undefined ? {} : { relatedAddress }),
    ...(relatedPort === undefined ? {} : { relatedPort }),
    // The codec keeps no candidate with an invalid address.
    addressKind: addressKind(address) ?? "not-unicast",
    usable: (transport === "udp" || isKnownTcp(candidate)) && !isNeverPermitted(candidate),
  };
}

function isKnownTcp({ tcpType }: Pick<IceCandidate, "tcpType">): boolean {
  return tcpType === "active" || tcpType === "passive";
}

function isNeverPermitted(candidate: IceCandidate): boolean {
  const refusal = candidateRefusal(candidate, []);
  return refusal !== undefined && refusal !== "loopback" && refusal !== "link-local";
}

function conclusions(
  { description }: ExchangeDocument,
  p2p: InspectReport["p2p"],
  candidates: readonly InspectedCandidate[],
): InspectRemark[] {
  const remarks: InspectRemark[] = [];
  if (p2p === undefined) remarks.push({ remark: "foreign-program" });
  else if (p2p.expired) remarks.push({ remark: "expired" });
  else if (p2p.ageSeconds * 1_000 < -CLOCK_TOLERANCE_MS) remarks.push({ remark: "from-the-future" });
  if (description.form === "legacy") remarks.push({ remark: "legacy-form" });
  const tcpCount = candidates.filter((candidate) => candidate.transport === "tcp" && !isKnownTcp(candidate)).length;
  if (tcpCount > 0) remarks.push({ remark: "tcp-candidates", count: tcpCount });
  const isReachableFromAfar = candidates.some(
    ({ usable, tcpType, addressKind: kind }) => usable && tcpType !== "active" && kind === "public",
  );
  if (candidates.length > 0 && !isReachableFromAfar) remarks.push({ remark: "local-only" });
  return remarks;
}
