// The text that a person reads on stderr for each event, except progress, chat text and the consent
// screen. Pure: event in, lines of parts out, one idea per line. Plain strings are escaped when printed.
import { basename, resolve } from "node:path";
import { displayName, formatBytes, type PairKind } from "../command-port.ts";
import {
  type ErrorEvent,
  isForPrograms,
  type P2pEvent,
  type PairingEvent,
  type PersonEvent,
  type TransferEvent,
  type VerifyEvent,
} from "../index.ts";
import type { Lang } from "../words/lang.ts";
import { formatCount, formatDay, formatDuration, formatMoment, formatSpeed } from "./format.ts";
import type { Part, Style } from "./style.ts";
import { connectFailedLines } from "./tried-pairs.ts";
import { type TransferFacts, transferLabel } from "./transfer-label.ts";
import type { MovedAmounts } from "../words/conversation.ts";
import type { ConversationWords } from "../words/index.ts";
import { errorEventText } from "../words/errors.ts";

/** Everything besides the event that the sentences depend on. */
export interface NarrateContext {
  readonly words: ConversationWords;
  readonly lang: Lang;
  readonly style: Style;
  /** Also prints details: each file sent, hints of ignored files, all pairs tried. */
  readonly verbose: boolean;
  /** Width of the terminal; long names are cut to it. */
  readonly columns: number;
  readonly now: Date;
  /** True: the peer's file may be pasted. */
  readonly takesPaste?: boolean;
  /** Facts about a transfer; undefined for one that was never seen. */
  readonly transfer: (id: string) => TransferFacts | undefined;
  /** Message and hint of an `error` event in the user's language; the event itself is English. */
  readonly describeError: (event: ErrorEvent) => { message: string; hint: string };
}

export type Lines = Part[][];

const STREAM = "-";
/** A transfer of more files than this is reported as a whole, not file by file. */
const LEFT_OUT_SHOWN = 5;
const FILES_TOLD = 5;

/** True for a connection relayed by a TURN server. */
export function isRelayed(kind: PairKind): boolean {
  return kind === "relay";
}

/** The red line and its hint, formatted like every error of the command line. */
export function errorLines(
  error: { code: string; message: string; hint: string },
  { words, style }: Pick<NarrateContext, "words" | "style">,
): Lines {
  return [
    [style.red(words.errorPrefix), words.withCode(error)],
    [style.yellow(words.hintPrefix), error.hint],
  ];
}

type LimitedEvent = Extract<PersonEvent, { event: "limited" }>;

/** The lines for one event; none for those shown another way (progress, messages). */
export function narrate(event: P2pEvent, context: NarrateContext): Lines {
  if (event.event === "limited") return narrateLimited(event, context);
  if (!isForPrograms(event)) return narrateForPerson(event, context);
  const { words, style, verbose } = context;
  switch (event.event) {
    case "local-file":
    case "waiting":
    case "peer-file":
    case "connecting":
      return narratePairing(event, context);
    case "connected": {
      const { kind, local, remote, protocol } = event.pair;
      const relayed = isRelayed(kind);
      return [[style.green(words.connected({ relayed, local, remote, protocol, rttMs: event.rttMs }))]];
    }
    case "message":
    case "progress":
      return [];
    case "verify":
      return narrateVerify(event, context);
    case "network":
      return [[event.state === "interrupted" ? style.yellow(words.interrupted) : style.green(words.restored)]];
    case "error":
      // The line that names the silent servers has said it to a person; the file is written all the same.
      if (event.code === "STUN_SILENT")
        return verbose ? [[style.yellow(words.hintPrefix), hintOf(event, context)]] : [];
      return errorLines({ code: event.code, ...context.describeError(event) }, context);
    case "closed":
      return [[event.reason === "done" && event.exit !== 0 ? words.closedIncomplete : words.closed[event.reason]]];
    default:
      return narrateTransfer(event, context);
  }
}

/** The string that two people must compare, without the question. */
export function verifyLines(event: VerifyEvent, { words, style }: NarrateContext): Lines {
  const { digits, fingerprints } = event;
  if (fingerprints !== undefined) {
    return [
      [words.verifyFingerprints],
      [style.bold(words.verifyMine({ fingerprint: fingerprints.mine }))],
      [style.bold(words.verifyTheirs({ fingerprint: fingerprints.peer }))],
    ];
  }
  const shown = { words: event.words, digits: groupedDigits(digits) };
  return [[style.bold(words.verifyString(shown))], [words.verifyHow]];
}

/** The code that takes the answer asks the question; an error reports why the answer was no. */
function narrateVerify(event: VerifyEvent, { words, style }: NarrateContext): Lines {
  if (event.state !== "agreed") return [];
  if (event.fingerprints !== undefined) return [[style.green(words.verifiedFingerprints)]];
  return [[style.green(words.verified({ words: event.words, digits: groupedDigits(event.digits) }))]];
}

function groupedDigits(digits: string): string {
  return digits.replace(/^(.{5})/, "$1 ");
}

function narratePairing(event: PairingEvent, { words, style, now, takesPaste = false }: NarrateContext): Lines {
  switch (event.event) {
    case "local-file": {
      const isStdout = event.path === STREAM;
      const path = isStdout ? words.documentOut : resolve(event.path);
      const name = basename(event.path);
      const until = formatMoment(new Date(event.expiresAt), now);
      if (event.resumedFrom !== undefined) {
        const moment = formatMoment(new Date(event.resumedFrom), now);
        const isNeeded = event.type === "offer";
        return [[words.goesOnWith({ path, moment, until })], ...(isNeeded ? [[words.bringAnswer]] : [])];
      }
      const wrote = [words.wroteFile({ path, candidates: event.candidates, until, revision: event.revision })];
      if (isStdout) {
        return [wrote, [style.bold(event.type === "offer" ? words.handOverOffer : words.handOverAnswer)]];
      }
      return event.type === "offer"
        ? [wrote, [style.bold(words.carryOffer({ name }))], [words.bringAnswer]]
        : [wrote, [style.bold(words.carryAnswer({ name }))]];
    }
    case "waiting":
      return [[style.dim(waitingText(event, words, takesPaste) + words.ctrlCEnds)]];
    case "peer-file":
      return [[event.path === STREAM ? words.readStdin({ type: event.type }) : words.foundFile(event)]];
    case "connecting":
      return [[words.connecting]];
  }
}

function waitingText(
  event: Extract<PairingEvent, { event: "waiting" }>,
  words: ConversationWords,
  takesPaste: boolean,
): string {
  if (event.for === "connection") return words.waitingForConnection;
  if (event.path === STREAM) return words.waitingForStdin;
  const text = event.path === undefined ? words.waitingForFile : words.waitingForPath({ path: resolve(event.path) });
  return takesPaste ? text + words.carrying.orPasteIt : text;
}

function narrateResuming(
  event: Extract<PersonEvent, { event: "can-resume" | "earlier-offer-void" }>,
  { words, style, now }: NarrateContext,
): Lines {
  if (event.event === "can-resume") return [[words.canResume(event)]];
  const made = new Date(event.createdAt);
  const ago = formatDuration(Math.max(0, now.getTime() - made.getTime()), words);
  return [[style.yellow(words.earlierOfferVoid({ ago, moment: formatMoment(made, now) }))]];
}

const DECLINED_SHOWN = 5;

function narrateDeclinedPart(
  { direction, paths = [], pathsLeftOut = 0 }: Extract<TransferEvent, { event: "declined" }>,
  { words, style, verbose }: NarrateContext,
): Lines {
  const entries = verbose ? paths : paths.slice(0, DECLINED_SHOWN);
  const more = paths.length - entries.length + pathsLeftOut;
  const tell = direction === "send" ? words.declinedPartByPeer : words.declinedPartByMe;
  return [[style.yellow(tell({ entries, more }))]];
}

/** Where the peer refuses what is sent, or stops a transfer, an error follows, which says it all. */
function narrateDeclined(
  { direction, by, how }: Extract<TransferEvent, { event: "declined" }>,
  what: string,
  { words, style }: NarrateContext,
): Lines {
  if (by === "peer" && (direction === "send" || how === "cancelled")) return [];
  if (direction === "send") {
    return [[how === "cancelled" ? words.cancelledSending({ what }) : words.withdrawnByMe({ what })]];
  }
  if (how === "left") return [[by === "me" ? words.unansweredByMe({ what }) : words.unansweredByPeer({ what })]];
  if (by === "peer") return [[style.yellow(words.withdrawnByPeer({ what }))]];
  return [[how === "cancelled" ? words.cancelledReceiving({ what }) : words.declinedByMe({ what })]];
}

function narrateTransfer(event: Exclude<TransferEvent, { event: "progress" }>, context: NarrateContext): Lines {
  const { words, style, verbose, columns } = context;
  const facts = context.transfer(event.transfer);
  const what = transferLabel(facts?.names ?? [], words, Math.max(20, Math.floor(columns / 2)));
  switch (event.event) {
    case "incoming":
      return [[words.incoming({ what, ...amounts(event, words) })]];
    case "offered":
      return [[words.offered({ what, ...amounts(event, words) })]];
    case "accepted": {
      const begun = event.direction === "send" ? words.acceptedByPeer({ what }) : words.acceptedByMe({ what });
      return [[begun + (event.resumedFrom > 0 ? words.resumedFrom({ size: formatBytes(event.resumedFrom) }) : "")]];
    }
    case "declined":
      if (event.paths !== undefined) return narrateDeclinedPart(event, context);
      return narrateDeclined(event, what, context);
    case "left-out":
      return narrateLeftOut(event, context);
    case "file-done": {
      const { path } = event;
      const size = formatBytes(event.bytes);
      const isSend = event.direction === "send";
      const isTold = verbose || ((!isSend || event.skipped === true) && (facts?.files ?? 0) <= FILES_TOLD);
      if (!isTold) return [];
      if (event.skipped === true) return [[isSend ? words.fileSkippedThere({ path }) : words.fileSkipped({ path })]];
      if (event.direction === "send") return [[words.fileSent({ path, size })]];
      return [[path === STREAM ? words.fileWritten({ size }) : words.fileSaved({ path, size })]];
    }
    case "transfer-done": {
      const tell = event.direction === "send" ? words.transferSent : words.transferReceived;
      return [[style.green(tell({ what, ...movedAmounts(event, facts, words) }))]];
    }
  }
}

/** The sender's own person is told about the others by errors. */
function narrateLeftOut(
  event: Extract<TransferEvent, { event: "left-out" }>,
  { words, style, verbose }: NarrateContext,
): Lines {
  const shown = verbose ? event.entries : event.entries.slice(0, LEFT_OUT_SHOWN);
  const more = event.count - shown.length;
  if (event.direction === "send") {
    return [[style.dim(words.leftOutHere({ entries: shown.map(({ path }) => path), more }))]];
  }
  return [[style.yellow(words.leftOutThere({ entries: shown.map((one) => words.leftOutEntry(one)), more }))]];
}

/** What was moved, without what the receiving side had already; time and rate only where they mean something. */
function movedAmounts(
  { files, bytes, ms }: Extract<TransferEvent, { event: "transfer-done" }>,
  { skippedFiles = 0, movedBytes = 0, resumedBytes = 0 }: Partial<TransferFacts> = {},
  words: ConversationWords,
): MovedAmounts {
  const moved = { files: Math.max(0, files - skippedFiles), bytes: skippedFiles === 0 ? bytes : movedBytes };
  const skipped = skippedFiles === 0 ? "" : words.files({ count: skippedFiles, text: formatCount(skippedFiles) });
  const speed = formatSpeed(Math.max(0, moved.bytes - resumedBytes), ms, words);
  return { ...amounts(moved, words), speed, skipped };
}

function amounts(of: { files: number; bytes: number }, words: ConversationWords): { files: string; size: string } {
  return { files: words.files({ count: of.files, text: formatCount(of.files) }), size: formatBytes(of.bytes) };
}

function narrateRecognition(
  { event, name, verifiedAt }: Extract<PersonEvent, { event: "peer-known" | "peer-other-key" | "peer-unsigned" }>,
  { words: { contacts }, style, lang }: NarrateContext,
): Lines {
  const who = { name: displayName(name), date: formatDay(new Date(verifiedAt), lang) };
  if (event === "peer-known") return [[style.green(contacts.peerKnown(who))]];
  const warning = event === "peer-other-key" ? contacts.peerOtherKey(who) : contacts.peerUnsigned(who);
  return [[style.red(warning)], [style.red(contacts.compareAgain)]];
}

function narrateKeeping(
  event: Extract<PersonEvent, { event: "contact-possible" | "contact-asked" | "contact-offered" | "contact-kept" }>,
  { words: { contacts }, style }: NarrateContext,
): Lines {
  switch (event.event) {
    case "contact-possible":
      return [[contacts.possible]];
    case "contact-asked":
      return [[contacts.asked]];
    case "contact-offered":
      return [[style.bold(contacts.offered)]];
    case "contact-kept":
      return [[style.green(contacts.kept({ name: displayName(event.name) }))]];
  }
}

/** No message can be written on one of the two sides. */
function narrateNoTalk(
  event: Extract<PersonEvent, { event: "typed-unsent" | "peer-silent" }>,
  { words, style }: NarrateContext,
): Lines {
  return [[style.yellow(event.event === "peer-silent" ? words.peerSilent : words.typedUnsent(event))]];
}

function narrateReceived(
  event: Extract<PersonEvent, { event: "part-differs" | "attribute-lost" }>,
  { words, style }: NarrateContext,
): Lines {
  if (event.event === "attribute-lost") return [[style.yellow(words.attributeLost(event))]];
  const [kept, of] = [formatBytes(event.kept), formatBytes(event.of)];
  return [[style.yellow(words.partDiffers({ path: event.path, kept, of, isNone: event.kept === 0 }))]];
}

/** Said with `verbose` only: it may change often. */
function narrateLimited(event: LimitedEvent, { words, style, verbose }: NarrateContext): Lines {
  const limit = words.limitedBy(event);
  return verbose ? [[style.dim(words.limitedNow({ doing: words[event.direction], limit }))]] : [];
}

function narrateForPerson(event: Exclude<PersonEvent, LimitedEvent>, context: NarrateContext): Lines {
  const { words, style } = context;
  switch (event.event) {
    case "asking-servers":
      return [[style.dim(words.askingServers({ urls: event.urls, names: event.urls.map(serverName) }))]];
    case "port-mapped":
      return [[style.dim(words.portMapped(event))]];
    case "servers-silent":
      return narrateSilent(event, context);
    case "local-addresses-only":
      return [[style.yellow(event.servers === "none" ? words.noServers : words.silentServers)]];
    case "loopback-only":
      return [[style.yellow(words.loopbackOnly)]];
    case "own-file-overwritten":
    case "folder-back":
    case "folder-crowded":
    case "sealed-crowd":
    case "file-ignored":
      return narrateFolder(event, context);
    case "clocks-differ":
    case "newer-version":
    case "peer-file-doubts":
      return narratePeerFile(event, context);
    case "bare-document":
      return [[style.yellow(words.bareDocument)]];
    case "file-rewritten":
      // Writing a regenerated file prints what to do with it, as for any other; and not all need another way.
      if (event.why === "made-anew" || event.why === "address-gone") return [[words.fileRewritten(event)]];
      return [
        [words.fileRewritten(event)],
        [style.bold(words.carryThisOne({ name: basename(event.path), revision: event.revision }))],
      ];
    case "can-resume":
    case "earlier-offer-void":
      return narrateResuming(event, context);
    case "two-offers":
      return [[words.twoOffers(event)]];
    case "peer-known":
    case "peer-other-key":
    case "peer-unsigned":
      return narrateRecognition(event, context);
    case "contact-possible":
    case "contact-asked":
    case "contact-offered":
    case "contact-kept":
      return narrateKeeping(event, context);
    case "line-sealed":
      return [[style.green(words.lineSealed)]];
    case "part-differs":
    case "attribute-lost":
      return narrateReceived(event, context);
    case "copied":
    case "pasted":
    case "paste-useless":
    case "paste-failed":
    case "paste-how":
      return narrateCarrying(event, context);
    case "typed-unsent":
    case "peer-silent":
      return narrateNoTalk(event, context);
    case "foreign-peer":
    case "binary-message":
    case "channel-refused":
    case "channel-unused":
      return narrateForeign(event, context);
    case "prediction":
      return narratePrediction(event.prediction, context);
    case "connect-failed":
      return connectFailedLines(event, context);
  }
}

function narrateSilent(
  { servers, isOnlyLocal }: Extract<PersonEvent, { event: "servers-silent" }>,
  { words, style }: NarrateContext,
): Lines {
  const reasons = [...new Set(servers.map(({ reason }) => reason))];
  const names = servers.map(({ url, reason }) =>
    reasons.length > 1 ? `${serverName(url)} (${reason})` : serverName(url),
  );
  const text = words.serversSilent({ names, reason: reasons.length > 1 ? "" : (reasons[0] ?? ""), isOnlyLocal });
  return [[isOnlyLocal ? style.yellow(text) : style.dim(text)]];
}

/** URL of a server, without the usual port. */
function serverName(url: string): string {
  return url.replace(/:3478$/, "");
}

function hintOf(event: ErrorEvent, context: NarrateContext): string {
  return context.describeError(event).hint;
}

function narratePeerFile(
  event: Extract<PersonEvent, { event: "clocks-differ" | "newer-version" | "peer-file-doubts" }>,
  { words, style, now }: NarrateContext,
): Lines {
  switch (event.event) {
    case "clocks-differ": {
      const moment = formatMoment(new Date(event.createdAt), now);
      return [[style.yellow(words.clocksDiffer[event.how]({ path: event.path, moment }))]];
    }
    case "newer-version":
      return [[style.yellow(words.newerVersion(event))]];
    case "peer-file-doubts":
      return event.doubts.map((doubt) => [style.yellow(doubtText(doubt, words))]);
  }
}

type Doubt = Extract<PersonEvent, { event: "peer-file-doubts" }>["doubts"][number];

function doubtText(doubt: Doubt, { doubts }: ConversationWords): string {
  // Each doubt has a sentence of the same name.
  return (doubts[doubt.doubt] as (p: Doubt) => string)(doubt);
}

function narrateFolder(
  event: Extract<
    PersonEvent,
    { event: "own-file-overwritten" | "folder-back" | "folder-crowded" | "sealed-crowd" | "file-ignored" }
  >,
  { words, style, verbose, lang }: NarrateContext,
): Lines {
  switch (event.event) {
    case "own-file-overwritten":
      return [[style.yellow(words.ownFileOverwritten(event))]];
    case "folder-back":
      return [[style.green(words.folderBack(event))]];
    case "folder-crowded":
      return [[style.yellow(words.folderCrowded(event))]];
    case "sealed-crowd":
      return [[style.yellow(words.sealedCrowd(event))]];
    case "file-ignored": {
      const { message, hint } = errorEventText(event.error, lang);
      const ignored: Part[] = [style.yellow(words.fileIgnored({ message }))];
      return verbose ? [ignored, [style.yellow(words.hintPrefix), hint]] : [ignored];
    }
  }
}

/** A peer, a message or a channel that this p2p does not share with the other side. */
function narrateForeign(
  event: Extract<PersonEvent, { event: "foreign-peer" | "binary-message" | "channel-refused" | "channel-unused" }>,
  { style, words }: NarrateContext,
): Lines {
  switch (event.event) {
    case "foreign-peer":
      return [[style.yellow(words.foreignPeer)]];
    case "binary-message":
      return [[style.dim(words.binaryMessage({ bytes: event.bytes }))]];
    case "channel-refused":
      return [[style.yellow(words.channelRefused(event))]];
    case "channel-unused":
      return [[style.yellow(words.channelUnused(event))]];
  }
}

function narrateCarrying(
  event: Extract<PersonEvent, { event: "copied" | "pasted" | "paste-useless" | "paste-failed" | "paste-how" }>,
  context: NarrateContext,
): Lines {
  const { words, style, lang } = context;
  const { carrying } = words;
  switch (event.event) {
    case "copied": {
      const text = carrying.copied[event.outcome];
      return [[event.outcome === "sent" ? text : style.yellow(text)]];
    }
    case "pasted":
      return [[carrying.pasted(event)]];
    case "paste-useless":
      return [[style.yellow(carrying.pasteUseless)]];
    case "paste-failed":
      return errorLines({ code: event.error.code, ...errorEventText(event.error, lang) }, context);
    case "paste-how":
      return [[carrying.pasteHow]];
  }
}

/** Bad news is always printed, good news only with `verbose`. */
function narratePrediction(
  { outlook, why }: Extract<PersonEvent, { event: "prediction" }>["prediction"],
  { words: { chances, hintPrefix }, style, verbose }: NarrateContext,
): Lines {
  // That no server answered here has been said when the file was written.
  if (outlook !== "unlikely" || why === "udp-silent-here") return verbose ? [[style.dim(chances.why[why])]] : [];
  const advice = chances.adviceFor(why);
  return [[style.yellow(chances.why[why])], ...(advice === undefined ? [] : [[style.yellow(hintPrefix), advice]])];
}
