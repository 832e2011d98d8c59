// Names on disk: the one place where a path of the peer becomes names on this disk. Paths that can only be malicious
// are refused; names that are harmless elsewhere and unsafe here are repaired. It touches no file: links in the
// destination are handled by file-sink.
import { encodeName, isByteName } from "../lib/byte-names.ts";
import { MAX_NAME_BYTES, MAX_PATH_BYTES, MAX_PATH_DEPTH } from "./limits.ts";

/**
 * Which system's rules the names on disk follow. `linux`: names may have bytes that are not UTF-8 (lib/byte-names.ts).
 * `windows` also repairs reserved names, `:` and trailing dots.
 */
export type NameRules = "linux" | "posix" | "windows";

export type UnsafePath = "empty" | "too-long" | "too-deep" | "absolute" | "dot-segment" | "empty-segment" | "nul";

export type SafePath = { ok: true; segments: string[] } | { ok: false; reason: UnsafePath };

/** Prefix of our own incomplete files: no received name may begin with it. */
export const PART_PREFIX = ".p2p-";

// C0, DEL, C1; line and paragraph separator; bidi embeddings, overrides and isolates, which make
// `exe.txt` out of `txt.exe`; the byte order mark; the separator of Windows, so that `C:\x` and `\\host\x` are
// one plain name. Joiners and single bidi marks stay: Persian and Hebrew names and emoji need them.
const UNSAFE_CHARS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\\]/gu;
const WINDOWS_CHARS = /[<>:"|?*]/g;
const WINDOWS_RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(?=\.|$| )/i;
const LONE_SURROGATES = /\p{Surrogate}/gu;
/** Lone surrogates that stand for no byte. */
const STRAY_SURROGATES = /[\ud800-\udc7f\udd00-\udfff]/gu;

/** Bytes of a name or text on disk and on the wire. */
export function utf8Bytes(text: string): number {
  return encodeName(text).length;
}

const BEYOND_LATIN_1 = /[^\u0000-\u00ff]/;

/** The cost of a path against the limits: its UTF-8 bytes, or its bytes in memory where those are more. */
export function pathCost(path: string): number {
  const bytes = utf8Bytes(path);
  return bytes > path.length && BEYOND_LATIN_1.test(path) ? Math.max(bytes, 2 * path.length) : bytes;
}

/** Bytes of one code point, one for an escaped byte. It is called for every character of long names, and a peer may send many of them. */
function charBytes(char: string): number {
  const codePoint = char.codePointAt(0) ?? 0;
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  if (codePoint >= 0xdc80 && codePoint <= 0xdcff) return 1;
  return codePoint < 0x1_0000 ? 3 : 4;
}

/** The longest prefix of `text` of at most `maxBytes` UTF-8 bytes that does not cut a code point. */
function cutToBytes(text: string, maxBytes: number): string {
  let bytes = 0;
  let end = 0;
  for (const char of text) {
    bytes += charBytes(char);
    if (bytes > maxBytes) break;
    end += char.length;
  }
  return text.slice(0, end);
}

/** Archive programs look for an extension of two parts. */
const TAR = ".tar";

/** Splits before the last dot, or before `.tar.gz` and the like. A name whose only dot comes first has no extension. */
function splitExtension(name: string): { stem: string; extension: string } {
  const last = name.lastIndexOf(".");
  const isTar = last > TAR.length && name.slice(last - TAR.length, last).toLowerCase() === TAR;
  const dot = isTar ? last - TAR.length : last;
  // A suffix longer than any real extension is part of the name, which may be cut.
  if (dot <= 0 || utf8Bytes(name) - utf8Bytes(name.slice(0, dot)) > 32) return { stem: name, extension: "" };
  return { stem: name.slice(0, dot), extension: name.slice(dot) };
}

/**
 * Adds a number to a name: `f.ext` becomes `f (1).ext`, and `f.tar.gz` `f (1).tar.gz`. The stem is cut where needed, so that the result has at most
 * 255 bytes of UTF-8; with `count` 0 the name is only cut.
 * @param name - one segment that is already safe
 * @param count - ≥ 0
 */
export function numberedName(name: string, count: number): string {
  // A UTF-16 unit has at most 3 bytes, so most names need no counting.
  if (count === 0 && (name.length * 3 <= MAX_NAME_BYTES || utf8Bytes(name) <= MAX_NAME_BYTES)) return name;
  const suffix = count === 0 ? "" : ` (${count})`;
  const { stem, extension } = splitExtension(name);
  const room = MAX_NAME_BYTES - utf8Bytes(suffix) - utf8Bytes(extension);
  return cutToBytes(stem, room) + suffix + extension;
}

/**
 * The first free one of a path and its numbered variants.
 * @param isTaken - whether there is something of that path
 * @param firstCount - the number to begin with, where smaller ones are known to be taken; 0: the path itself
 */
export function freePath(
  path: string,
  isTaken: (path: string) => boolean,
  firstCount = 0,
): { path: string; count: number } {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const name = path.slice(folder.length);
  for (let count = firstCount; ; count += 1) {
    const candidate = folder + numberedName(name, count);
    if (!isTaken(candidate)) return { path: candidate, count };
  }
}

/** Windows drops trailing dots and spaces. The scan starts at the end, since a name may have thousands of them. */
function withoutDotsAtEnd(name: string): string {
  let end = name.length;
  while (end > 0 && (name[end - 1] === "." || name[end - 1] === " ")) end -= 1;
  return name.slice(0, end) + "_".repeat(name.length - end);
}

function repairSegment(segment: string, rules: NameRules): string {
  const lone = rules === "linux" ? STRAY_SURROGATES : LONE_SURROGATES;
  let name = segment.replace(lone, "\ufffd").replace(UNSAFE_CHARS, "_");
  if (rules === "windows") {
    name = withoutDotsAtEnd(name.replace(WINDOWS_CHARS, "_"));
    if (WINDOWS_RESERVED.test(name)) name = `_${name}`;
  }
  if (name.toLowerCase().startsWith(PART_PREFIX)) name = `_${name}`;
  name = numberedName(name, 0);
  // A cut may leave a dot or a space at the end.
  return rules === "windows" ? withoutDotsAtEnd(name) : name;
}

/**
 * Checks a path of the peer and turns it into names for this disk.
 * @param peerPath - relative, `/` between segments; untrusted, so any string may come
 * @returns segments that are never empty, `.` or `..`, hold no separator of either kind of system and no
 *   control or bidi override character, and have at most 255 bytes of UTF-8 each. Distinct paths may become
 *   the same segments, which is a name conflict like any other.
 */
export function safeRelativePath(peerPath: string, rules: NameRules = "posix"): SafePath {
  if (peerPath === "") return { ok: false, reason: "empty" };
  if (peerPath.length > MAX_PATH_BYTES || utf8Bytes(peerPath) > MAX_PATH_BYTES)
    return { ok: false, reason: "too-long" };
  if (peerPath.includes("\u0000")) return { ok: false, reason: "nul" };
  if (peerPath.startsWith("/")) return { ok: false, reason: "absolute" };
  const parts = peerPath.split("/");
  if (parts.length > MAX_PATH_DEPTH) return { ok: false, reason: "too-deep" };
  const segments: string[] = [];
  for (const part of parts) {
    if (part === "") return { ok: false, reason: "empty-segment" };
    // Pieces between backslashes are checked too: no honest sender has a path `a\..\b`.
    if (part.split("\\").some((piece) => piece === "." || piece === "..")) return { ok: false, reason: "dot-segment" };
    segments.push(repairSegment(part, rules));
  }
  return { ok: true, segments };
}

/** Returns whether the last name of a path does not stay as it is, on any disk. A peer may have it asked 250,000 times at once. */
export function isRepaired(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.search(UNSAFE_CHARS) !== -1 || name.slice(0, PART_PREFIX.length).toLowerCase() === PART_PREFIX;
}

/** Returns the path that an entry gets on any disk, as `safeRelativePath` makes it; undefined: it may stand in no manifest. */
export function repairedPath(path: string): string | undefined {
  const safe = safeRelativePath(path, "linux");
  return safe.ok ? safe.segments.join("/") : undefined;
}

/** The destination of a symbolic link: up from the folder that contains the link, then down. */
export interface LinkTarget {
  readonly up: number;
  /** Safe names, as `safeRelativePath` returns them. */
  readonly segments: readonly string[];
}

/**
 * Checks the target of a symbolic link. `..` is accepted only at the start: after a name it would mean another folder
 * if that name is itself a link.
 * @param linkPath - path of the link, as in the manifest; its first segment is the folder that was sent
 * @param target - untrusted, so any string may come
 * @returns undefined when it leads, or may lead, out of that folder
 */
export function safeLinkTarget(linkPath: string, target: string, rules: NameRules = "posix"): LinkTarget | undefined {
  if (target === "" || target.startsWith("/")) return undefined;
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const firstName = parts.findIndex((part) => part !== "..");
  const up = firstName === -1 ? parts.length : firstName;
  // The link may leave only folders below the first segment.
  if (up > linkPath.split("/").length - 2) return undefined;
  if (up === parts.length) return { up, segments: [] };
  const down = safeRelativePath(parts.slice(up).join("/"), rules);
  return down.ok ? { up, segments: down.segments } : undefined;
}

/** Returns whether an entry can be proposed only to a peer that takes names with any bytes. */
export function hasByteNames({ path, target = "" }: { readonly path: string; readonly target?: string }): boolean {
  return isByteName(path) || isByteName(target);
}

/** Returns why `path` may not stand in a manifest, since any peer's `safeRelativePath` refuses it; undefined if it may. */
export function unsendable(path: string): UnsafePath | undefined {
  const safe = safeRelativePath(path, "linux");
  return safe.ok ? undefined : safe.reason;
}
