// Reads the facts of a description from an SDP text. Each line that is used is checked. RFC 8866 (lines), RFC 8839 (ICE),
// RFC 8122 and 8842 (DTLS), RFC 8841 (SCTP) and its drafts from before 2019 (`DTLS/SCTP 5000`, `a=sctpmap`), RFC 9143
// (several sections on one transport).
import { isPort } from "../lib/address.ts";
import { ICE_PWD, ICE_UFRAG } from "../lib/ice-credentials.ts";
import type { Fingerprint, Remark, SdpLayout, SdpSection, SessionDescription } from "./description.ts";
import { FlawError, missing, wrongValue } from "./flaw-error.ts";
import {
  DEFAULT_SCTP_PORT,
  MIN_FOREIGN_MESSAGE_SIZE,
  MIN_P2P_MESSAGE_SIZE,
  MAX_FINGERPRINT_BYTES,
  MAX_FINGERPRINTS,
} from "./limits.ts";
import { isAcceptable, isPlainLayout, isRtp, transportSection } from "./sdp-layout.ts";
import { type Attributes, splitSdp, type TextPart, type TextSection, TOKEN } from "./sdp-sections.ts";

/** A section of the text, as far as candidates name it. */
export interface CandidateSection {
  mid: string | undefined;
  /** Its candidates lead to the data channel: it is the data channel section, or shares its transport. */
  isShared: boolean;
}

export interface SdpReading {
  description: Omit<SessionDescription, "candidates">;
  /** Undefined where the text has nothing but a data channel, laid out as ours. */
  layout: SdpLayout | undefined;
  /** Candidate lines of the whole text, from `candidate:` on, not yet read. */
  candidateLines: { text: string; isShared: boolean }[];
  /** All sections, in order. */
  sections: CandidateSection[];
  remarks: Remark[];
}

/** RFC 8839 §5.4 does not allow these; Nest, Kinesis and others write them, and browsers take them. */
const ODD_CREDENTIAL_CHARACTERS = /[-_=#]/g;
const HASH_NAME = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]{1,64}$/;
const HEX_PAIRS = /^[0-9A-F]{2}(?::[0-9A-F]{2})*$/;
const HASH_BYTES: ReadonlyMap<string, number> = new Map([
  ["md2", 16],
  ["md5", 16],
  ["sha-1", 20],
  ["sha-224", 28],
  ["sha-256", 32],
  ["sha-384", 48],
  ["sha-512", 64],
]);

/** Limit of the peer's other sections that a remark repeats. */
const MAX_KINDS = 10;
const MAX_KIND_LENGTH = 40;

/**
 * @param type - the type given next to the text in the exchange file
 * @param assumedMessageSize - the value of `a=max-message-size` where the text gives none
 * @throws FlawError
 */
export function readSdp(text: string, type: SessionDescription["type"], assumedMessageSize: number): SdpReading {
  const { session, sections } = splitSdp(text);
  const data = findDataSection(sections);
  const remarks: Remark[] = [];
  const kinds = otherKinds(sections);
  if (kinds.length > 0) remarks.push({ remark: "other-sections", kinds });
  const bundle = readBundle(session, sections, data);
  const transport = transportSection({ sections, bundle });
  const group = sections.filter(({ mid }) => mid !== undefined && bundle.includes(mid));
  const attributes = attributesOf(session, data, transport, group);
  const description = {
    type,
    form: isLegacy(data) ? ("legacy" as const) : ("modern" as const),
    mid: readMid(data, remarks),
    iceUfrag: readCredential(attributes, "ice-ufrag", ICE_UFRAG, remarks),
    icePwd: readCredential(attributes, "ice-pwd", ICE_PWD, remarks),
    iceLite: [session, ...sections].some((part) => part.attributes.has("ice-lite")),
    fingerprints: readFingerprints(attributes),
    setup: readSetup(attributes, type, remarks),
    sctpPort: readSctpPort(data, attributes, remarks),
    maxMessageSize: readMaxMessageSize(attributes) ?? assumedMessageSize,
  };
  const layout = { sections: sections.map((section) => laidOut(section, data)), bundle };
  const isShared = (section: TextSection): boolean =>
    (section === data || group.includes(section)) &&
    (section.attributes.get("ice-ufrag")?.[0] ?? description.iceUfrag) === description.iceUfrag;
  return {
    description,
    layout: isPlainLayout(layout, description) ? undefined : layout,
    candidateLines: [
      ...session.candidateLines.map((line) => ({ text: line, isShared: true })),
      ...sections.flatMap((section) =>
        section.candidateLines.map((line) => ({ text: line, isShared: isShared(section) })),
      ),
    ],
    sections: sections.map((section) => ({ mid: section.mid, isShared: isShared(section) })),
    remarks,
  };
}

/** What a text says that has sound and picture and no data channel that counts. */
export interface MediaReading {
  description: Omit<SessionDescription, "candidates">;
  layout: SdpLayout;
  /** The candidate lines of the one transport, from `candidate:` on, not yet read. */
  candidateLines: string[];
}

/**
 * Reads an offer of sound and picture whose sections share one transport. Its data channel, if it has one, is a section
 * that cannot be accepted. The description says nothing true of SCTP.
 * @returns undefined: no section can be accepted
 * @throws FlawError
 */
export function readMediaOffer(text: string): MediaReading | undefined {
  const { session, sections } = splitSdp(text);
  const main = sections.find(({ state, protocol }) => state !== "rejected" && isRtp(protocol));
  if (main === undefined) return undefined;
  const bundle = readBundle(session, sections, main);
  const layout = { sections: sections.map((section) => laidOut(section, undefined)), bundle };
  if (!layout.sections.some((section) => isAcceptable(section, layout))) return undefined;
  const group = sections.filter(({ mid }) => mid !== undefined && bundle.includes(mid));
  const attributes = attributesOf(session, main, transportSection({ sections, bundle }), group);
  const description = {
    type: "offer" as const,
    form: "modern" as const,
    mid: main.mid ?? "0",
    iceUfrag: readCredential(attributes, "ice-ufrag", ICE_UFRAG, []),
    icePwd: readCredential(attributes, "ice-pwd", ICE_PWD, []),
    iceLite: [session, ...sections].some((part) => part.attributes.has("ice-lite")),
    fingerprints: readFingerprints(attributes),
    setup: readSetup(attributes, "offer", []),
    sctpPort: DEFAULT_SCTP_PORT,
    maxMessageSize: 0,
  };
  return { description, layout, candidateLines: [session, ...group].flatMap(({ candidateLines }) => candidateLines) };
}

/**
 * The first data channel section that is not rejected: one that was closed stays in the text for ever.
 * @throws FlawError
 */
function findDataSection(sections: readonly TextSection[]): TextSection {
  const ofData = sections.filter(isDataSection);
  if (ofData.length === 0) throw new FlawError("sdp", { flaw: "no-data-section" });
  const data = ofData.find(({ state }) => state !== "rejected");
  if (data === undefined) throw new FlawError("sdp: m=application", { flaw: "section-rejected" });
  data.isData = true;
  return data;
}

function otherKinds(sections: readonly TextSection[]): string[] {
  const others = sections.filter(
    (section) => !section.isData && !(isDataSection(section) && section.state === "rejected"),
  );
  return [...new Set(others.map(({ kind }) => kind.slice(0, MAX_KIND_LENGTH)))].slice(0, MAX_KINDS);
}

/**
 * The BUNDLE group that has the data channel section. Where that section has no `a=mid` and the groups name one section
 * that is not there, it is the one that is meant.
 * @returns its mids without those that no section has; empty when there is none
 */
function readBundle(session: TextPart, sections: readonly TextSection[], data: TextSection): string[] {
  const groups = (session.attributes.get("group") ?? [])
    .map((value) => value.split(/\s+/, sections.length + 2))
    .filter(([semantics]) => semantics?.toUpperCase() === "BUNDLE")
    .map(([, ...mids]) => [...new Set(mids)]);
  const claimed = new Set(data.mid === undefined ? [] : [data.mid]);
  for (const section of sections) {
    if (section === data || section.mid === undefined) continue;
    // Only one of several sections with the same mid can be meant.
    if (claimed.has(section.mid)) section.mid = undefined;
    else claimed.add(section.mid);
  }
  const unclaimed = [...new Set(groups.flat())].filter((mid) => !claimed.has(mid));
  if (!data.attributes.has("mid") && unclaimed.length === 1 && TOKEN.test(unclaimed[0] ?? "")) data.mid = unclaimed[0];
  const group = groups.find((mids) => data.mid !== undefined && mids.includes(data.mid)) ?? [];
  return group.filter((mid) => mid === data.mid || claimed.has(mid));
}

/**
 * The attributes that count for the data channel: its own, and those of the session part where it has none. Those of the
 * transport come from the section that stands for the whole group, or else from any other of the group.
 * @param group - the sections of the group
 */
function attributesOf(
  session: TextPart,
  data: TextSection,
  transport: TextSection,
  group: readonly TextSection[],
): Attributes {
  const attributes: Attributes = new Map([...session.attributes, ...data.attributes]);
  for (const name of ["ice-ufrag", "ice-pwd", "fingerprint", "setup"]) {
    const part = [transport, data, session, ...group].find((one) => one.attributes.has(name));
    const values = part?.attributes.get(name);
    if (values !== undefined) attributes.set(name, values);
  }
  return attributes;
}

/** @param data - undefined: none counts */
function laidOut(section: TextSection, data: TextSection | undefined): SdpSection {
  const { isData, kind, protocol, formats, mid, state, hasRtcpMux, codecLines, direction, stream } = section;
  const isCarried = state !== "rejected" && section !== data;
  const isSending = isCarried && (direction === "sendrecv" || direction === "sendonly");
  return {
    isData,
    kind,
    protocol,
    formats: section === data ? dataFormats(section) : formats,
    mid,
    state,
    hasRtcpMux: isCarried && hasRtcpMux,
    codecLines: isCarried ? codecLines : [],
    direction: isCarried ? direction : "inactive",
    stream: isSending ? stream : undefined,
  };
}

function dataFormats(data: TextSection): string[] {
  if (isLegacy(data)) return [];
  return data.formats.length === 0 ? ["webrtc-datachannel"] : data.formats;
}

function isDataSection({ kind, protocol }: SdpSection): boolean {
  return kind.toLowerCase() === "application" && /(?:^|\/)dtls\/sctp$/i.test(protocol);
}

/** The old form has the SCTP port where the new one has the application. */
function isLegacy({ formats }: SdpSection): boolean {
  return /^\d+$/.test(formats[0] ?? "");
}

function readMid({ mid, attributes }: TextSection, remarks: Remark[]): string {
  const written = attributes.get("mid")?.[0];
  if (written !== undefined && mid === undefined) throw wrongValue("sdp: a=mid", "word");
  if (written === undefined) remarks.push({ remark: "line-assumed", line: `a=mid:${mid ?? "0"}` });
  return mid ?? "0";
}

function readCredential(
  attributes: Attributes,
  name: "ice-ufrag" | "ice-pwd",
  pattern: RegExp,
  remarks: Remark[],
): string {
  const value = attributes.get(name)?.[0];
  const field = `sdp: a=${name}`;
  if (value === undefined) throw missing(field);
  if (pattern.test(value)) return value;
  if (!pattern.test(value.replace(ODD_CREDENTIAL_CHARACTERS, "+"))) throw wrongValue(field, name);
  remarks.push({ remark: "odd-credential", field: name });
  return value;
}

function readFingerprints(attributes: Attributes): Fingerprint[] {
  const values = attributes.get("fingerprint");
  if (values === undefined) throw missing("sdp: a=fingerprint");
  if (values.length > MAX_FINGERPRINTS) {
    const flaw = { flaw: "too-many-fingerprints", count: values.length, limit: MAX_FINGERPRINTS } as const;
    throw new FlawError("sdp: a=fingerprint", flaw);
  }
  // Values that differ only in case are the same.
  const read = values.map(readFingerprint).map((one) => [`${one.algorithm} ${one.value}`, one] as const);
  const fingerprints = [...new Map(read).values()];
  if (!fingerprints.some(({ algorithm }) => algorithm === "sha-256")) {
    throw new FlawError("sdp: a=fingerprint", { flaw: "no-sha-256" });
  }
  return fingerprints;
}

function readFingerprint(text: string): Fingerprint {
  const [algorithm = "", value = "", ...rest] = text.split(/\s+/, 3);
  const fingerprint = { algorithm: algorithm.toLowerCase(), value: value.toUpperCase() };
  const byteCount = (fingerprint.value.length + 1) / 3;
  const isWellFormed =
    HASH_NAME.test(algorithm) &&
    rest.length === 0 &&
    byteCount <= MAX_FINGERPRINT_BYTES &&
    HEX_PAIRS.test(fingerprint.value);
  if (!isWellFormed || byteCount !== (HASH_BYTES.get(fingerprint.algorithm) ?? byteCount)) {
    throw wrongValue("sdp: a=fingerprint", "fingerprint");
  }
  return fingerprint;
}

/**
 * An offer without it counts as `actpass`, so our answer decides and says so. An answer without it counts as
 * `passive`, the default of RFC 4145 §4.1.
 */
function readSetup(
  attributes: Attributes,
  type: SessionDescription["type"],
  remarks: Remark[],
): SessionDescription["setup"] {
  const setup = attributes.get("setup")?.[0]?.toLowerCase();
  if (setup === undefined) {
    const assumed = type === "offer" ? "actpass" : "passive";
    remarks.push({ remark: "line-assumed", line: `a=setup:${assumed}` });
    return assumed;
  }
  if (setup === "active" || setup === "passive") return setup;
  if (setup === "actpass" && type === "offer") return setup;
  throw wrongValue("sdp: a=setup", type === "offer" ? "setup-of-offer" : "setup-of-answer");
}

function readSctpPort(data: TextSection, attributes: Attributes, remarks: Remark[]): number {
  const named = isLegacy(data) ? data.formats[0] : attributes.get("sctp-port")?.[0];
  if (named === undefined) {
    remarks.push({ remark: "line-assumed", line: `a=sctp-port:${DEFAULT_SCTP_PORT}` });
    return DEFAULT_SCTP_PORT;
  }
  const port = /^\d{1,5}$/.test(named) ? Number(named) : 0;
  if (!isPort(port)) throw wrongValue(isLegacy(data) ? "sdp: m=application" : "sdp: a=sctp-port", "port");
  return port;
}

/**
 * RFC 8841 §6: 0 means any size. No program means 1 to 3 bytes; one that says so still gets whole characters.
 * @returns 0, or at least 4; undefined where the text gives none
 */
function readMaxMessageSize(attributes: Attributes): number | undefined {
  const value = attributes.get("max-message-size")?.[0];
  if (value === undefined) return undefined;
  if (!/^\d+$/.test(value)) throw wrongValue("sdp: a=max-message-size", "number");
  const bytes = Math.min(Number(value), Number.MAX_SAFE_INTEGER);
  return bytes === 0 ? 0 : Math.max(bytes, MIN_FOREIGN_MESSAGE_SIZE);
}

/**
 * A peer with our key must accept every message that a session needs.
 * @throws FlawError when it announces less
 */
export function checkP2pMessageSize({ maxMessageSize }: Pick<SessionDescription, "maxMessageSize">): void {
  if (maxMessageSize > 0 && maxMessageSize < MIN_P2P_MESSAGE_SIZE) {
    throw wrongValue("sdp: a=max-message-size", "p2p-message-size");
  }
}
