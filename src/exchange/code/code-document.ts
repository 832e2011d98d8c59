// A document as the content of a short code: what is written, what is left out, and how that is rebuilt. The format is in
// docs/exchange-format.md, Code.
import { bytesOfHex, toHex } from "../../lib/bytes.ts";
import { NAT_FILTERINGS, NAT_MAPPINGS, type NatSummary } from "../../lib/nat-summary.ts";
import type { DocumentSignature, IceCandidate, OwnDocument, P2pKey, SessionDescription } from "../description.ts";
import { withDigest } from "../digest.ts";
import { documentId } from "../document-id.ts";
import { DEFAULT_SCTP_PORT } from "../limits.ts";
import { isPlainBesideMedia } from "../sdp-layout.ts";
import { signedText } from "../signed-text.ts";
import { formatTimestamp, parseTimestamp } from "../timestamp.ts";
import { BitReader, BitWriter, CodeContentError } from "./bits.ts";
import { readEntries, readInFull, writeEntries, writeInFull } from "./code-candidates.ts";

/** The version of the content. */
const CODE_VERSION = 1;
const VERSION_BITS = 3;

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** Lengths of the credentials that p2p makes. */
const USUAL_UFRAG_LENGTH = 4;
const USUAL_PWD_LENGTH = 22;
const USUAL_MID = "data";
const USUAL_MESSAGE_SIZE = 262_144;
const USUAL_TOOL = "p2p/1";
const FINGERPRINT_BYTES = 32;
const ID_BYTES = 16;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const SETUPS = ["actpass", "active", "passive"] as const;

/** Times: seconds since 2020 in 32 bits, or milliseconds since the year 0 in 49. */
const SECONDS_EPOCH_MS = 1_577_836_800_000;
const SECONDS_BITS = 32;
const FIRST_MS = -62_167_219_200_000;
const MS_BITS = 49;
const LAST_MS = 253_402_300_799_999;
const USUAL_WAIT_MS = 86_400_000;
/** How the two times are written. */
const TIME_FORMS = ["usual", "minutes", "seconds", "milliseconds", "apart"] as const;
const TIME_FORM_BITS = 3;

/** Each fact of `nat` has one of these values, or is not known. */
const NAT_FACTS: readonly (readonly [key: keyof NatSummary, values: readonly unknown[]])[] = [
  ["mapping", NAT_MAPPINGS],
  ["filtering", NAT_FILTERINGS],
  ["udp", ["open", "silent"]],
  ["ipv6", [false, true]],
  ["relay", [false, true]],
  ["portMapping", [false, true]],
];
const NAT_COMBINATIONS = NAT_FACTS.reduce((product, [, values]) => product * (values.length + 1), 1);
const NAT_BITS = 11;

/**
 * Why a document has no code. `foreign`: another program wrote it, and its answer needs more than a code holds. `odd`: it
 * has a value that p2p does not write. `signed`: its signature covers what a code does not hold.
 */
export type CodeImpossible = "foreign" | "odd" | "signed";

/** @returns the digits of the content, without checksum */
export function writeCodeContent(document: OwnDocument): number[] | CodeImpossible {
  const { description, p2p, layout, signature } = document;
  if (p2p === undefined) return "foreign";
  // Media is left out: between two p2p it is negotiated once they are connected, and only p2p reads codes.
  const isMediaOnly = layout === undefined || isPlainBesideMedia(layout, description);
  if (!isMediaOnly || !isWritable(description, p2p)) return "odd";
  const short = contentOf(document, p2p, "entries");
  if (signature === undefined) return short;
  if (isSignedAlike(short, signature)) return short;
  const full = contentOf(document, p2p, "in-full");
  return isSignedAlike(full, signature) ? full : "signed";
}

function isWritable({ iceUfrag, icePwd, fingerprints, candidates }: SessionDescription, p2p: P2pKey): boolean {
  const isOfBase64 = Array.from(iceUfrag + icePwd).every((char) => BASE64.includes(char));
  const [fingerprint, another] = fingerprints;
  const isOnlySha256 = fingerprint?.algorithm === "sha-256" && another === undefined;
  const areAddresses = candidates.every(({ relatedPort = 0 }) => relatedPort <= 0xffff);
  return isOfBase64 && isOnlySha256 && areAddresses && parseTimestamp(p2p.createdAt) !== undefined;
}

/** A document that is not the same to its signature would be refused by everybody. */
function isSignedAlike(digits: readonly number[], { text }: DocumentSignature): boolean {
  return readCodeContent(digits).signature?.text === text;
}

function contentOf(
  { description, localNames = [], signature }: OwnDocument,
  p2p: P2pKey,
  form: "entries" | "in-full",
): number[] {
  const into = new BitWriter();
  into.uint(CODE_VERSION, VERSION_BITS);
  writeDescription(description, into);
  writeKey(p2p, description, into);
  if (into.flag(signature !== undefined)) into.flag(form === "in-full");
  if (form === "in-full") {
    writeInFull(description.candidates, into);
    writeEntries({ candidates: [], localNames }, into);
  } else {
    writeEntries({ candidates: description.candidates, localNames }, into);
  }
  if (signature !== undefined) {
    into.bytes(bytesOfHex(signature.key));
    into.bytes(bytesOfHex(signature.value));
  }
  return into.digits;
}

/**
 * Rebuilds the document of a content. Its values are what the bits say: who uses it checks them as those of a file.
 * @throws CodeContentError; FlawError for a key nested too deep, which no code has
 */
export function readCodeContent(digits: readonly number[]): OwnDocument {
  const from = new BitReader(digits);
  if (from.uint(VERSION_BITS) !== CODE_VERSION) throw new CodeContentError(false);
  const facts = readDescription(from);
  const key = readKey(facts, from);
  const isSigned = from.flag();
  const isInFull = isSigned && from.flag();
  const inFull: readonly IceCandidate[] = isInFull ? readInFull(from) : [];
  const { candidates, localNames } = readEntries(from);
  const description = { ...facts, candidates: [...inFull, ...candidates] };
  const p2p = key.hasDigest ? withDigest(description, key.p2p) : key.p2p;
  const signature = isSigned
    ? {
        key: toHex(from.bytes(KEY_BYTES)),
        value: toHex(from.bytes(SIGNATURE_BYTES)),
        text: signedText(description, p2p),
      }
    : undefined;
  from.end();
  return {
    description,
    p2p,
    ...(localNames.length === 0 ? {} : { localNames: [...localNames] }),
    ...(signature === undefined ? {} : { signature }),
  };
}

/** Whether digits are those of a content that a newer p2p has written. */
export function isNewerContent(digits: readonly number[]): boolean {
  return new BitReader(digits).uint(VERSION_BITS) > CODE_VERSION;
}

function usualSetup(type: SessionDescription["type"]): SessionDescription["setup"] {
  return type === "offer" ? "actpass" : "active";
}

function writeDescription(description: SessionDescription, into: BitWriter): void {
  const { type, form, mid, iceUfrag, icePwd, iceLite, fingerprints, setup, sctpPort, maxMessageSize } = description;
  into.flag(type === "answer");
  const isUsual =
    form === "modern" && mid === USUAL_MID && !iceLite && setup === usualSetup(type) && sctpPort === DEFAULT_SCTP_PORT;
  if (!into.flag(isUsual && maxMessageSize === USUAL_MESSAGE_SIZE)) {
    into.flag(form === "legacy");
    into.text(mid);
    into.flag(iceLite);
    into.uint(SETUPS.indexOf(setup), 2);
    into.uint(sctpPort, 16);
    into.count(maxMessageSize);
  }
  const isUsualLength = iceUfrag.length === USUAL_UFRAG_LENGTH && icePwd.length === USUAL_PWD_LENGTH;
  if (!into.flag(isUsualLength)) {
    into.count(iceUfrag.length);
    into.count(icePwd.length);
  }
  for (const char of iceUfrag + icePwd) into.uint(BASE64.indexOf(char), 6);
  into.bytes(bytesOfHex((fingerprints[0]?.value ?? "").replaceAll(":", "")));
}

/** The description without its candidates. */
function readDescription(from: BitReader): SessionDescription {
  const type = from.flag() ? "answer" : "offer";
  const isUsual = from.flag();
  const form = !isUsual && from.flag() ? "legacy" : "modern";
  const mid = isUsual ? USUAL_MID : from.text();
  const iceLite = !isUsual && from.flag();
  const setup = isUsual ? usualSetup(type) : SETUPS[from.uint(2)];
  if (setup === undefined) throw new CodeContentError(false);
  const sctpPort = isUsual ? DEFAULT_SCTP_PORT : from.uint(16);
  const maxMessageSize = isUsual ? USUAL_MESSAGE_SIZE : from.count();
  const [ufragLength, pwdLength] = from.flag() ? [USUAL_UFRAG_LENGTH, USUAL_PWD_LENGTH] : [from.count(), from.count()];
  const iceUfrag = readBase64(ufragLength, from);
  const icePwd = readBase64(pwdLength, from);
  const pairs = toHex(from.bytes(FINGERPRINT_BYTES)).toUpperCase().match(/../g) ?? [];
  const fingerprints = [{ algorithm: "sha-256", value: pairs.join(":") }];
  return { type, form, mid, iceUfrag, icePwd, iceLite, fingerprints, setup, sctpPort, maxMessageSize, candidates: [] };
}

function readBase64(length: number, from: BitReader): string {
  let text = "";
  for (let at = 0; at < length; at += 1) text += BASE64.charAt(from.uint(6));
  return text;
}

function writeKey(p2p: P2pKey, description: SessionDescription, into: BitWriter): void {
  const { version, id, inReplyTo, inReplyToRevision, revision, name, tool, nat, digest } = p2p;
  if (!into.flag(id === documentId(description))) into.bytes(bytesOfHex(id));
  if (into.flag(inReplyTo !== undefined)) {
    into.bytes(bytesOfHex(inReplyTo ?? ""));
    into.count(inReplyToRevision ?? 0);
  }
  into.count(revision - 1);
  writeTimes(parseTimestamp(p2p.createdAt) ?? 0, parseTimestamp(p2p.expiresAt) ?? 0, into);
  into.uint(nat === undefined ? NAT_COMBINATIONS : natNumber(nat), NAT_BITS);
  const isUsual = version === 1 && digest !== undefined && tool === USUAL_TOOL && name === undefined;
  if (into.flag(isUsual)) return;
  into.count(version);
  into.flag(digest !== undefined);
  into.text(tool ?? "");
  into.text(name ?? "");
}

function readKey(facts: SessionDescription, from: BitReader): { p2p: P2pKey; hasDigest: boolean } {
  const id = from.flag() ? documentId(facts) : toHex(from.bytes(ID_BYTES));
  const inReplyTo = from.flag() ? toHex(from.bytes(ID_BYTES)) : undefined;
  const inReplyToRevision = inReplyTo === undefined ? 0 : from.count();
  const revision = from.count() + 1;
  const times = readTimes(from);
  const combination = from.uint(NAT_BITS);
  if (combination > NAT_COMBINATIONS) throw new CodeContentError(false);
  const isUsual = from.flag();
  const version = isUsual ? 1 : from.count();
  const hasDigest = isUsual || from.flag();
  const tool = isUsual ? USUAL_TOOL : from.text();
  const name = isUsual ? "" : from.text();
  const p2p: P2pKey = {
    version,
    id,
    ...(inReplyTo === undefined ? {} : { inReplyTo }),
    ...(inReplyToRevision === 0 ? {} : { inReplyToRevision }),
    revision,
    ...times,
    ...(name === "" ? {} : { name }),
    ...(tool === "" ? {} : { tool }),
    ...(combination === NAT_COMBINATIONS ? {} : { nat: natOf(combination) }),
  };
  return { p2p, hasDigest };
}

function writeTimes(createdMs: number, expiresMs: number, into: BitWriter): void {
  const waitMs = expiresMs - createdMs;
  const form = timeFormOf(createdMs, waitMs);
  into.uint(TIME_FORMS.indexOf(form), TIME_FORM_BITS);
  if (form === "milliseconds" || form === "apart") into.uint(createdMs - FIRST_MS, MS_BITS);
  else into.uint((createdMs - SECONDS_EPOCH_MS) / 1_000, SECONDS_BITS);
  if (form === "minutes") into.count(waitMs / 60_000);
  else if (form === "seconds") into.count(waitMs / 1_000);
  else if (form === "milliseconds") into.count(waitMs);
  else if (form === "apart") into.uint(expiresMs - FIRST_MS, MS_BITS);
}

/** The shortest form that both times fit into. */
function timeFormOf(createdMs: number, waitMs: number): (typeof TIME_FORMS)[number] {
  if (waitMs < 0) return "apart";
  const seconds = (createdMs - SECONDS_EPOCH_MS) / 1_000;
  const isShort = Number.isInteger(seconds) && seconds >= 0 && seconds < 2 ** SECONDS_BITS;
  if (!isShort || waitMs % 1_000 !== 0) return "milliseconds";
  if (waitMs === USUAL_WAIT_MS) return "usual";
  return waitMs % 60_000 === 0 ? "minutes" : "seconds";
}

function readTimes(from: BitReader): Pick<P2pKey, "createdAt" | "expiresAt"> {
  const form = TIME_FORMS[from.uint(TIME_FORM_BITS)];
  if (form === undefined) throw new CodeContentError(false);
  const isExact = form === "milliseconds" || form === "apart";
  const createdMs = isExact ? from.uint(MS_BITS) + FIRST_MS : from.uint(SECONDS_BITS) * 1_000 + SECONDS_EPOCH_MS;
  const expiresMs = form === "apart" ? from.uint(MS_BITS) + FIRST_MS : createdMs + waitOf(form, from);
  if (createdMs > LAST_MS || expiresMs > LAST_MS) throw new CodeContentError(false);
  return { createdAt: formatTimestamp(createdMs), expiresAt: formatTimestamp(expiresMs) };
}

function waitOf(form: Exclude<(typeof TIME_FORMS)[number], "apart">, from: BitReader): number {
  if (form === "usual") return USUAL_WAIT_MS;
  const unitMs = { minutes: 60_000, seconds: 1_000, milliseconds: 1 }[form];
  return from.count() * unitMs;
}

/** A number for each combination of known and unknown facts. */
function natNumber(nat: NatSummary): number {
  return NAT_FACTS.reduce((number, [key, values]) => number * (values.length + 1) + values.indexOf(nat[key]) + 1, 0);
}

function natOf(combination: number): NatSummary {
  const facts: [key: string, value: unknown][] = [];
  let rest = combination;
  for (const [key, values] of NAT_FACTS.toReversed()) {
    const at = rest % (values.length + 1);
    rest = Math.floor(rest / (values.length + 1));
    if (at > 0) facts.unshift([key, values[at - 1]]);
  }
  return Object.fromEntries(facts) as NatSummary;
}
