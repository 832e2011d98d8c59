// English phrases that error sentences are made of: the flaws of exchange files, and advice when nothing connects.
import type { PredictionReason } from "../nat-summary.ts";
import type { OddFile } from "../odd-file.ts";
import type { FileMaker, FlawTexts, Wanted } from "./flaw.ts";
import type { ConnectionEnd, ConnectionLoss } from "./params.ts";

/** Descriptions of the value expected in place of a wrong one. */
const WANTED: Readonly<Record<Wanted, string>> = {
  text: "text",
  object: "an object",
  list: "a list",
  "offer-or-answer": 'either "offer" or "answer"',
  id: "32 lower-case hex digits",
  key: "64 lower-case hex digits",
  signature: "128 lower-case hex digits",
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

const sentences = <P>(problem: (p: P) => string, cure: (by: FileMaker) => string) => ({ problem, cure });

const carryAgain = (): string => "carry it again as it is: copy or attach the file itself instead of pasting its text";
const newFile = (by: FileMaker): string =>
  by === "p2p"
    ? "ask the other side to make a new file with p2p, and carry that one"
    : "the page or program over there has to give its description whole: JSON.stringify(pc.localDescription), once it has gathered its candidates";

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
  "not-json": sentences(() => "is not JSON: cut off or changed on its way", carryAgain),
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
  sealed: sentences(
    () => "is sealed already",
    () => "carry it as it is, or open it with p2p unseal",
  ),
  missing: sentences(() => "is missing", newFile),
  "wrong-value": sentences((p) => `must be ${WANTED[p.wanted]}`, newFile),
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

/** The way a connection was lost, by its end. */
export type LossTexts = Readonly<Record<ConnectionEnd, (seconds: number) => string>>;

export const LOSS_TEXTS: LossTexts = {
  silence: (seconds) => `the connection was lost: nothing heard for ${seconds} s`,
  aborted: () => "the connection was lost: the other side broke it off",
  shutdown: () => "the connection was lost: the other side closed it without a goodbye",
  "channel-closed": () => "the connection was lost: the other side closed a channel that is needed",
  "peer-left": () => "the other side ended the session before it took everything",
  "own-end": () => "the session was ended before the other side took everything",
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
