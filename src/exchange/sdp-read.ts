// Parses an SDP text. Only the data channel section counts; every line of it that we use is checked, every
// other line is skipped. RFC 8866 (lines), RFC 8839 (ICE), RFC 8122 and 8842 (DTLS), RFC 8841 (SCTP) and its
// drafts from before 2019 (`DTLS/SCTP 5000`, `a=sctpmap`).
import type { Fingerprint, Remark, SessionDescription } from "./description.ts";
import { FlawError, missing, wrongValue } from "./flaw-error.ts";
import {
  ASSUMED_MAX_MESSAGE_SIZE,
  DEFAULT_SCTP_PORT,
  MIN_FOREIGN_MESSAGE_SIZE,
  MIN_P2P_MESSAGE_SIZE,
  MAX_FINGERPRINT_BYTES,
  MAX_FINGERPRINTS,
} from "./limits.ts";

/** Values of each used attribute, by lower-case name, in order; a flag has the value "". */
type Attributes = ReadonlyMap<string, readonly string[]>;

interface Section {
  /** First words of the `m=` line, without `m=`; empty for the session part. */
  media: string[];
  attributes: Map<string, string[]>;
}

/** The parts of a text that are kept: a hostile one has tens of thousands of sections and attributes. */
interface Sections {
  session: Section;
  /** The first data channel section. */
  data: Section | undefined;
  /** Kinds of the other sections, in order. */
  otherKinds: ReadonlySet<string>;
  /** Candidate lines of all sections, from `candidate:` on. */
  candidateLines: string[];
}

/** The attributes that are read, except `candidate`. */
const ATTRIBUTES: ReadonlySet<string> = new Set([
  "bundle-only",
  "fingerprint",
  "ice-lite",
  "ice-pwd",
  "ice-ufrag",
  "max-message-size",
  "mid",
  "sctp-port",
  "setup",
]);
/** Kind, port, protocol, and the rest. */
const MEDIA_WORDS = 4;

export interface SdpReading {
  description: Omit<SessionDescription, "candidates">;
  /** Candidate lines of the whole text, from `candidate:` on, not yet read. */
  candidateLines: string[];
  remarks: Remark[];
}

const ICE_UFRAG = /^[A-Za-z0-9+/]{4,256}$/;
const ICE_PWD = /^[A-Za-z0-9+/]{22,256}$/;
/** RFC 8866 §9, `token`. */
const TOKEN = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]{1,64}$/;
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
 * @throws FlawError
 */
export function readSdp(text: string, type: SessionDescription["type"]): SdpReading {
  const { session, data, otherKinds, candidateLines } = readSections(text);
  if (data === undefined) throw new FlawError("sdp", { flaw: "no-data-section" });
  if (data.media[1] === "0" && !data.attributes.has("bundle-only")) {
    throw new FlawError("sdp: m=application", { flaw: "section-rejected" });
  }
  // A session-level attribute applies to each section that does not give its own.
  const attributes: Attributes = new Map([...session.attributes, ...data.attributes]);
  const remarks: Remark[] = [];
  if (otherKinds.size > 0) remarks.push({ remark: "other-sections", kinds: [...otherKinds] });
  return {
    description: {
      type,
      form: isLegacy(data) ? "legacy" : "modern",
      mid: readMid(attributes, remarks),
      iceUfrag: readCredential(attributes, "ice-ufrag", ICE_UFRAG),
      icePwd: readCredential(attributes, "ice-pwd", ICE_PWD),
      iceLite: session.attributes.has("ice-lite"),
      fingerprints: readFingerprints(attributes),
      setup: readSetup(attributes, type, remarks),
      sctpPort: readSctpPort(data, attributes, remarks),
      maxMessageSize: readMaxMessageSize(attributes),
    },
    candidateLines,
    remarks,
  };
}

function readSections(text: string): Sections {
  const session: Section = { media: [], attributes: new Map() };
  const otherKinds = new Set<string>();
  const candidateLines: string[] = [];
  let data: Section | undefined;
  /** Undefined within a skipped section. */
  let current: Section | undefined = session;
  for (const rawLine of text.split(/\r\n|\n|\r/)) {
    const line = rawLine.trim();
    const value = line.slice(2).trim();
    if (/^m=/i.test(line)) {
      const section: Section = { media: value.split(/\s+/, MEDIA_WORDS), attributes: new Map() };
      current = data === undefined && isDataSection(section) ? section : undefined;
      if (current !== undefined) data = current;
      else if (otherKinds.size < MAX_KINDS) otherKinds.add((section.media[0] ?? "").slice(0, MAX_KIND_LENGTH));
    } else if (/^a=candidate:/i.test(line)) candidateLines.push(value);
    else if (/^a=/i.test(line)) addAttribute(current?.attributes, value);
  }
  return { session, data, otherKinds, candidateLines };
}

function addAttribute(attributes: Map<string, string[]> | undefined, text: string): void {
  const colon = text.indexOf(":");
  const name = (colon < 0 ? text : text.slice(0, colon)).trim().toLowerCase();
  if (!ATTRIBUTES.has(name)) return;
  const value = colon < 0 ? "" : text.slice(colon + 1).trim();
  const values = attributes?.get(name);
  if (values === undefined) attributes?.set(name, [value]);
  else if (name === "fingerprint") values.push(value);
}

function isDataSection(section: Section): boolean {
  const [kind, , protocol] = section.media;
  return kind?.toLowerCase() === "application" && /(^|\/)dtls\/sctp$/i.test(protocol ?? "");
}

/** The old form has the SCTP port where the new one has the application. */
function isLegacy(data: Section): boolean {
  return /^\d+$/.test(data.media[3] ?? "");
}

function readMid(attributes: Attributes, remarks: Remark[]): string {
  const mid = attributes.get("mid")?.[0];
  if (mid === undefined) {
    remarks.push({ remark: "line-assumed", line: "a=mid:0" });
    return "0";
  }
  if (!TOKEN.test(mid)) throw wrongValue("sdp: a=mid", "word");
  return mid;
}

function readCredential(attributes: Attributes, name: "ice-ufrag" | "ice-pwd", pattern: RegExp): string {
  const value = attributes.get(name)?.[0];
  const field = `sdp: a=${name}`;
  if (value === undefined) throw missing(field);
  if (!pattern.test(value)) throw wrongValue(field, name);
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
    TOKEN.test(algorithm) &&
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

function readSctpPort(data: Section, attributes: Attributes, remarks: Remark[]): number {
  const named = isLegacy(data) ? data.media[3] : attributes.get("sctp-port")?.[0];
  if (named === undefined) {
    remarks.push({ remark: "line-assumed", line: `a=sctp-port:${DEFAULT_SCTP_PORT}` });
    return DEFAULT_SCTP_PORT;
  }
  const port = /^\d{1,5}$/.test(named) ? Number(named) : 0;
  if (port < 1 || port > 65_535) throw wrongValue(isLegacy(data) ? "sdp: m=application" : "sdp: a=sctp-port", "port");
  return port;
}

/**
 * RFC 8841 §6: 0 means any size. No program means 1 to 3 bytes; one that says so still gets whole characters.
 * @returns 0, or at least 4
 */
function readMaxMessageSize(attributes: Attributes): number {
  const value = attributes.get("max-message-size")?.[0];
  if (value === undefined) return ASSUMED_MAX_MESSAGE_SIZE;
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
