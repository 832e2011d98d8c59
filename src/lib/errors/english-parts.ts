// English phrases that error sentences are made of: the flaws of exchange files, and advice when nothing connects.
import type { PredictionReason } from "../nat-summary.ts";
import type { Damage, ForeignFormat } from "../damage.ts";
import type { NoCode } from "../events.ts";
import type { OddFile } from "../odd-file.ts";
import { asTyped } from "../shell-word.ts";
import type { FileMaker, FlawTexts, Wanted } from "./flaw.ts";
import type { BrokerFlaw, ConnectionEnd, ConnectionLoss } from "./params.ts";

/** Descriptions of the value expected in place of a wrong one. */
const WANTED: Readonly<Record<Wanted, string>> = {
  text: "text",
  object: "an object",
  list: "a list",
  "offer-or-answer": 'either "offer" or "answer"',
  id: "32 lower-case hex digits",
  key: "64 lower-case hex digits",
  signature: "128 lower-case hex digits",
  digest: "at most 128 characters",
  count: "a whole number from 1",
  number: "a whole number",
  "p2p-message-size": "0 or a number of bytes from 32768",
  time: "a UTC time such as 2026-03-01T08:00:00Z",
  name: "text of at most 200 characters",
  port: "a port from 1 to 65535",
  word: "one short word",
  "ice-ufrag": "4 to 256 letters, digits, '+' or '/'",
  "ice-pwd": "22 to 256 letters, digits, '+' or '/'",
  fingerprint: "the name of a hash and as many hex pairs as it has bytes",
  "setup-of-offer": "actpass, active or passive",
  "setup-of-answer": "active or passive",
};

const sentences = <P>(problem: (p: P) => string, cure: (by: FileMaker, p: P) => string) => ({ problem, cure });

const carryAgain = (): string => "carry it again: attach the file itself, in a .zip where programs change attachments";
const newFile = (by: FileMaker): string =>
  by === "p2p"
    ? "ask the other side to make a new file with p2p, and carry that one"
    : "the page or program over there has to give its description whole: JSON.stringify(pc.localDescription), once it has gathered its candidates";

/** What helps against single values that another program gives; beside them its description is whole. */
const copyAgain = "copy the description once more, whole; if it stays so, the program over there has a fault";
const VALUE_CURES: Readonly<Partial<Record<Wanted, string>>> = {
  "offer-or-answer": "the page or program over there has to give its final offer or answer",
  "ice-ufrag": copyAgain,
  "ice-pwd": copyAgain,
  fingerprint: copyAgain,
  "setup-of-answer": "this is an offer that says it is an answer: over there, make an answer with createAnswer",
};

/** Reasons why a document has no short code. */
export const NO_CODE: Readonly<Record<NoCode, string>> = {
  sealed: "it is sealed, and a code would not be",
  foreign: "it is for other programs, which know no codes",
  odd: "it has a value that p2p does not write",
  signed: "its signature covers more than a code holds",
  "too-long": "it has too many addresses",
};

/** Descriptions of what was found in place of a readable file. */
export const ODD_FILES: Readonly<Record<OddFile, string>> = {
  link: "it is a link",
  file: "it is a file",
  folder: "it is a folder",
  pipe: "it is a pipe",
  socket: "it is a socket",
  device: "it is a device",
  "too-large": "it is too large",
  foreign: "it belongs to another user",
  open: "others may change it",
  moving: "it was exchanged meanwhile",
};

/** Changes that programs make to a text on its way. */
const SEEN: Readonly<Record<Damage, string>> = {
  encoding: "it came in another character set than UTF-8",
  "quoted-printable": "a mail program wrote it as quoted-printable (=3D)",
  base64: "it came as base64",
  percent: "it came as a web address has it (%22)",
  rtf: "this is an RTF file of a word processor",
  html: "this is the source of a web page or of an HTML mail",
  entities: "a web page put &quot; in the place of quotation marks",
  bbcode: "the tags of a forum are in it",
  "hex-dump": "this is a hex dump",
  uuencode: "it came as uuencode",
  "utf-7": "it came as UTF-7 (+AHs-)",
  "log-lines": "the times or names of a log stand before its lines",
  escaped: "it came inside a string of a programming language",
  javascript: "it is in the notation of JavaScript; over there JSON.stringify gives the right one",
  printed: "it is the print of a program; JSON of {type, sdp} is the right one",
  quoting: "a mail program quoted it (>)",
  "chat-headers": "names and times of a chat are in it",
  links: "a program made links of its addresses",
  typography: "these are typographic quotes, dashes or spaces, as word processors and phones put them in",
  "broken-lines": "a mail program broke the lines",
  surroundings: "there is other text around it",
  backslashes: "its backslashes are gone: a chat or forum took them for formatting",
  pictures: "a chat program put pictures (emoji) in the place of characters",
};

/** Damage that cannot be undone, even where nothing else is wrong. */
const IRREPARABLE: readonly Damage[] = ["backslashes", "pictures"];

const MANGLED_CURES: Readonly<Partial<Record<Damage, string>>> = {
  rtf: "copy the text itself, or attach the file that p2p wrote",
  html: "copy the text itself, or attach the file that p2p wrote",
  "hex-dump": "copy the text itself, or attach the file that p2p wrote",
  backslashes: "send it as a code block, or attach the file that p2p wrote",
  pictures: "send it as a code block, or attach the file that p2p wrote",
};

const FOREIGN_FORMATS: Readonly<Record<ForeignFormat, string>> = {
  zip: "this is a ZIP archive or a Word document",
  "7z": "this is a 7z archive",
  rar: "this is a RAR archive",
  gzip: "this is a gzip archive",
  compressed: "this is compressed",
  pdf: "this is a PDF",
  word: "this is a Word document",
  picture: "this is a picture",
};

/** Problem and cure of each flaw. */
export const FLAW_TEXTS: FlawTexts = {
  unreadable: sentences(
    (p) => `cannot be read: ${p.reason}`,
    () => "check the name, and that you may read it",
  ),
  "odd-file": sentences(
    (p) => `is not read: ${ODD_FILES[p.kind]}`,
    () => "put the file itself there",
  ),
  empty: sentences(() => "is empty", carryAgain),
  "not-json": sentences(() => "is not JSON: it is another text, or was cut off or changed on its way", carryAgain),
  mangled: sentences(
    (p) => `cannot be read: ${SEEN[p.by]}${IRREPARABLE.includes(p.by) ? "" : ", and more than that was changed"}`,
    (_, p) => MANGLED_CURES[p.by] ?? carryAgain(),
  ),
  "cut-off": sentences(
    (p) => `is cut off after ${p.characters} characters`,
    () => "send all of it, or attach the file itself",
  ),
  shortened: sentences(
    () => "is shown in part only: a program has left out the rest (…)",
    () => "copy all of it over there: JSON.stringify(pc.localDescription), or the file itself",
  ),
  altered: sentences((p) => `is not what p2p wrote, so it is not used: ${SEEN[p.by]}`, carryAgain),
  "code-typo": sentences(
    (p) => `has a code with a typo in characters ${p.from} to ${p.to} behind 'p2p:' (${p.group})`,
    () => "compare these characters with the code over there; copying it is safer than typing",
  ),
  "code-cut-off": sentences(
    () => "has only the beginning of a code",
    () => "copy all of the code, from 'p2p:' to its end",
  ),
  "code-damaged": sentences(
    () => "has a code in which several characters are wrong",
    () => "copy the whole code once more, or carry the file",
  ),
  "code-newer": sentences(
    () => "has a code of a newer p2p",
    () => "update p2p here, or let the other side carry its file",
  ),
  "foreign-format": sentences(
    (p) => FOREIGN_FORMATS[p.format],
    (_, p) =>
      p.format === "picture"
        ? "a QR code is read with a phone, and the code that it shows is pasted here; else attach the file that p2p wrote"
        : p.format === "pdf" || p.format === "word"
          ? "the text itself is needed: attach the file that p2p wrote"
          : p.format === "compressed"
            ? "unpack it, or let the program over there give its description uncompressed"
            : "unpack it, and give the LocaltionJson.json in it",
  ),
  "not-exchange": sentences(
    () => "is no exchange file",
    () => "ask the other side for its LocaltionJson.json",
  ),
  "only-candidates": sentences(
    () => "has candidates, and no description that they belong to",
    () => "carry the offer or answer of that program, too: {type, sdp} and the candidates in one file",
  ),
  "not-sdp": sentences(() => "is not the text of a session description: that begins with v=0", newFile),
  "several-descriptions": sentences(
    () => "holds two descriptions, and nothing says which one is meant",
    () => "carry only the newest offer or answer of that program",
  ),
  apart: sentences(
    () => "stands in another place than the description to which it belongs",
    () => "carry the file as p2p wrote it, without taking it apart",
  ),
  sealed: sentences(
    () => "is sealed already",
    () => "carry it as it is, or open it with p2p unseal",
  ),
  missing: sentences(() => "is missing", newFile),
  "wrong-value": sentences(
    (p) => `must be ${WANTED[p.wanted]}`,
    (by, p) => (by === "other" ? VALUE_CURES[p.wanted] : undefined) ?? newFile(by),
  ),
  "too-many": sentences((p) => `has ${p.count} candidates, ${p.limit} are allowed`, newFile),
  "too-many-fingerprints": sentences((p) => `stands there ${p.count} times, ${p.limit} are allowed`, newFile),
  "too-many-sections": sentences(
    (p) => `has more than ${p.limit} sections (m= lines)`,
    () => "the other program must make its description with fewer tracks",
  ),
  "no-data-section": sentences(
    () => "has no data channel section (m=application … DTLS/SCTP …)",
    () => "the other program must open a data channel before it makes its offer",
  ),
  "section-rejected": sentences(
    () => "the data channel is refused (port 0)",
    () => "the other program must accept the data channel: make the answer again",
  ),
  "no-sha-256": sentences(
    () => "none is a sha-256 fingerprint",
    () => "the other program must identify its certificate by sha-256",
  ),
};

/** Advice for when nothing connects. */
export type ConnectAdvice = "relay" | "tcp-here" | "tcp-there";

const ADVICE_FOR: Readonly<Partial<Record<PredictionReason, ConnectAdvice>>> = {
  "both-symmetric": "relay",
  "symmetric-here": "relay",
  "symmetric-there": "relay",
  "udp-silent-here": "tcp-here",
  "udp-silent-there": "tcp-there",
};

/** The advice in English. */
export const ADVICE_TEXTS: Readonly<Record<ConnectAdvice, string>> = {
  relay: "use --turn on one side, or forward a port to one side",
  "tcp-here": "use --turn 'turn:HOST:PORT?transport=tcp' here, or another network",
  "tcp-there": "use --turn 'turn:HOST:PORT?transport=tcp' over there, or another network",
};

/**
 * Advice for the reason why no connection is expected.
 * @param texts - the advice in the wanted language
 * @returns undefined where the two files do not show any
 */
export function connectAdvice(
  why: PredictionReason,
  texts: Readonly<Record<ConnectAdvice, string>>,
): string | undefined {
  const advice = ADVICE_FOR[why];
  return advice === undefined ? undefined : texts[advice];
}

/** Describes how a connection was lost, by its end. */
export type LossTexts = Readonly<Record<ConnectionEnd, (seconds: number) => string>>;

export const LOSS_TEXTS: LossTexts = {
  silence: (seconds) => `the connection was lost: nothing heard for ${seconds} s`,
  aborted: () => "the connection was lost: the other side broke it off",
  shutdown: () => "the connection was lost: the other side closed it without a goodbye",
  "channel-closed": () => "the connection was lost: the other side closed a channel that is needed",
  "peer-left": () => "the other side ended the session before it took everything",
  "own-end": () => "the session was ended before the other side took everything",
  "peer-left-early": () => "the other side ended the session before the end of this side's input",
  "own-end-early": () => "the session was ended before the end of this side's input",
  over: () => "the connection is closed",
};

/** A silence of less than a second is not noticeable: the connection then counts as closed. */
export function lossText(
  { seconds, end = seconds === undefined ? "over" : "silence" }: ConnectionLoss,
  texts: LossTexts,
): string {
  const silentSeconds = seconds ?? 0;
  return texts[end === "silence" && silentSeconds < 1 ? "shutdown" : end](silentSeconds);
}

/** True for a path with characters by which shells match several names: a shell that finds none passes them on. */
export function isPattern(path: string): boolean {
  return /[*?[{]/.test(path);
}

/** True for a path that begins with a long dash: word processors and phones put one in the place of hyphens. */
export function beginsWithDash(path: string): boolean {
  return /^[\u2010-\u2015\u2212]/.test(path);
}

/** What a file that cannot be written lacks. */
export type WriteProblem = "folder" | "held" | "permission" | "room" | "taken" | "other";

/** @param reason - of WRITE_FAILED: it begins with the system's code where the system gave it, else it is one of ODD_FILES */
export function writeProblemOf(reason: string): WriteProblem {
  const [code = ""] = /^[A-Z0-9]+/.exec(reason) ?? [];
  if (code === "ENOENT" || code === "ENOTDIR") return "folder";
  // Windows says so of a file that another program has open.
  if (code === "EBUSY" || code === "EPERM") return "held";
  if (code === "EACCES" || code === "EROFS") return "permission";
  if (reason === ODD_FILES.folder) return "taken";
  return code === "ENOSPC" || code === "EDQUOT" ? "room" : "other";
}

/** Whether the folder of FOLDER_UNUSABLE has to be made: nothing else has its name. */
export function isFolderMissing({ reason, takesNoFiles }: { reason: string; takesNoFiles?: true }): boolean {
  return takesNoFiles !== true && reason.startsWith("ENOENT");
}

export const WRITE_CURES: Readonly<Record<WriteProblem, string>> = {
  folder: "its folder is not there, or takes no files: make it",
  held: "close the program that may have it open, or check its permissions",
  permission: "check the folder's permissions",
  room: "make room on that disk",
  taken: "move it away",
  other: "check the folder's permissions, and that there is room",
};

/** What a broker sends that ends the connection. */
export const BROKER_FLAWS: Readonly<Record<BrokerFlaw, string>> = {
  "not-mqtt": "it sends what is not MQTT",
  "too-much": "it sends too much",
};

/** Whether the reason of BROKER_UNREACHABLE is what the broker sends, and no code of the system. */
export function isBrokerFlaw(reason: string): reason is BrokerFlaw {
  return Object.hasOwn(BROKER_FLAWS, reason);
}

/** The name of a file in sentences: stdin and a pasted text have none. */
export function subjectOf(path: string): string {
  if (path === "") return "the pasted text";
  return path === "-" ? "stdin" : asTyped(path);
}
