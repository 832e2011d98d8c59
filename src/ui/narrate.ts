// The text that a person reads on stderr for each event, except progress, chat text and the consent
// screen. Pure: event in, lines of parts out, one idea per line. Plain strings are escaped when printed.
import { basename } from "node:path";
import {
  type ConnectionEnd,
  displayName,
  type MediaDoorEvent,
  originOf,
  type PairKind,
  SHORT_CODE_NAME,
  shellWord,
  type TransferStop,
} from "../command-port.ts";
import {
  type ErrorEvent,
  isForPrograms,
  type P2pErrorCode,
  type P2pEvent,
  type PairingEvent,
  type PersonEvent,
  type VerifyEvent,
} from "../index.ts";
import { formatDay, formatAge, formatMoment, fullPath } from "./format.ts";
import {
  type FarEndEvent,
  isOfCommand,
  isOfPlace,
  type PlaceEvent,
  narrateCarrier,
  narrateFarEnd,
  narrateReady,
} from "./narrate-carrier.ts";
import { type LimitedEvent, narrateLimited, narrateReceived, narrateTransfer } from "./narrate-transfers.ts";
import { narrateDoor, narrateMedia, narrateRecording, type RecordingEvent } from "./narrate-media.ts";
import { errorLines, type Lines, type NarrateContext, STREAM } from "./narration.ts";
import { drawQrCode, fitsInto } from "./qr-code.ts";
import type { Part } from "./style.ts";
import { connectFailedLines } from "./tried-pairs.ts";
import type { ConversationWords } from "../words/index.ts";
import { errorEventText } from "../words/errors.ts";

/** True for a connection relayed by a TURN server. */
export function isRelayed(kind: PairKind): boolean {
  return kind === "relay";
}

/** The lines for one event; none for those shown another way (progress, messages). */
export function narrate(event: P2pEvent, context: NarrateContext): Lines {
  if (event.event === "limited") return narrateLimited(event, context);
  if (isOfPlace(event)) return narrateCarrier(event, context);
  if (event.event === "peer-recording" || event.event === "recorded" || event.event === "not-recorded")
    return narrateRecording(event, context);
  if (event.event === "rtp-in" || event.event === "rtp-out" || event.event === "door")
    return narrateDoor(event, context);
  if (event.event === "far-end-says" || event.event === "far-end-ended") return narrateFarEnd(event, context);
  if (!isForPrograms(event)) return narrateForPerson(event, context);
  const { words, style, verbose } = context;
  switch (event.event) {
    case "local-file":
    case "waiting":
    case "peer-file":
    case "connecting":
    case "carrier":
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
      if (event.state === "moved") return [[style.dim(words.moved(event.pair))]];
      return [[event.state === "interrupted" ? style.yellow(words.interrupted) : style.green(words.restored)]];
    case "media":
      return narrateMedia(event, context);
    case "error":
      // The line that names the silent servers has said it to a person; the file is written all the same.
      if (event.code === "STUN_SILENT")
        return verbose ? [[style.yellow(words.hintPrefix), hintOf(event, context)]] : [];
      return narrateError(event, context);
    case "closed":
      if (event.reason === "quit" && context.wasConnected === false) return [[words.closedEarly]];
      return [[event.reason === "done" && event.exit !== 0 ? words.closedIncomplete : words.closed[event.reason]]];
    default:
      return narrateTransfer(event, context);
  }
}

/**
 * Codes of what is no fault on this line, but what the other person, or this one, has chosen freely: to decline, cancel,
 * withdraw or leave, or to answer an offer that somebody else has answered. The exit code says what was not done.
 */
const CHOICES: ReadonlySet<string> = new Set<P2pErrorCode>(["PEER_DECLINED", "FILE_SECOND_ANSWER"]);
/** The same of codes that have other causes as well: who made the choice. */
const CHOSEN_BY: ReadonlySet<unknown> = new Set<TransferStop | ConnectionEnd>([
  "peer-left",
  "own-end",
  "peer-left-early",
  "own-end-early",
  "peer-cancelled",
]);

/** Whether an error reports a free choice of one of the two people. */
function isChoice(event: ErrorEvent): boolean {
  if (CHOICES.has(event.code)) return true;
  const { how, end } = (originOf(event)?.params ?? {}) as { how?: unknown; end?: unknown };
  return CHOSEN_BY.has(how) || CHOSEN_BY.has(end);
}

function narrateError(event: ErrorEvent, context: NarrateContext): Lines {
  const { words, style, isLog = false } = context;
  const { message, hint } = context.describeError(event);
  if (isLog || !isChoice(event)) return errorLines({ code: event.code, message, hint }, context);
  const refusal = refusalIn(event);
  // The list of what was declined has said it.
  if (refusal === "of-several") return [];
  // Who reads this knows whom to ask, and was told no.
  if (refusal === "of-one") return [[style.yellow(message)]];
  return [[style.yellow(message)], [style.yellow(words.hintPrefix), hint]];
}

/** Whether a person has refused what was sent: all of it or one entry, or several entries of it. */
function refusalIn(event: ErrorEvent): "of-one" | "of-several" | undefined {
  if (event.code !== "PEER_DECLINED") return undefined;
  const { wasAsked, more } = (originOf(event)?.params ?? {}) as { wasAsked?: unknown; more?: unknown };
  if (wasAsked !== true) return undefined;
  return more === undefined ? "of-one" : "of-several";
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

function narratePairing(event: PairingEvent, context: NarrateContext): Lines {
  const { words, style, now, takesPaste = false, isAnswering = false } = context;
  switch (event.event) {
    case "carrier":
      return narrateCarrier(event, context);
    case "local-file": {
      if (event.path === undefined) return narrateReady(event, context);
      const isStdout = event.path === STREAM;
      const path = isStdout ? words.documentOut : fullPath(event.path);
      const command = answerCommand(basename(event.path));
      const until = formatMoment(new Date(event.expiresAt), now);
      if (event.code !== undefined) return narrateCode({ ...event, path: event.path }, event.code, context);
      if (event.resumedFrom !== undefined) {
        const moment = formatMoment(new Date(event.resumedFrom), now);
        return [[words.goesOnWith({ path, moment, until })]];
      }
      const wrote = [
        words.wroteFile({ path, addresses: event.addresses ?? event.candidates, until, revision: event.revision }),
      ];
      if (isStdout) {
        return [wrote, [style.bold(event.type === "offer" ? words.handOverOffer : words.handOverAnswer)]];
      }
      if (event.type === "answer") return [wrote, [style.bold(words.carryAnswer({ path }))]];
      if (event.page === undefined) return [wrote, [style.bold(words.carryOffer({ path, command }))]];
      const page = fullPath(event.page);
      return [
        wrote,
        [words.wrotePage({ page })],
        [words.pageWarning],
        [style.bold(words.carryOfferOrPage({ path, page, command }))],
      ];
    }
    case "waiting":
      return [[style.dim(waitingText(event, words, takesPaste) + words.ctrlCEnds)]];
    case "peer-file":
      if (isOfCommand(event.path)) return [];
      return [[event.path === STREAM ? words.readStdin({ type: event.type }) : words.foundFile(event)]];
    case "connecting":
      return isAnswering ? [] : [[words.connecting]];
  }
}

/** The document as a file and as a code: the code stands alone in its line, so that it is copied whole. */
function narrateCode(
  event: Extract<PairingEvent, { event: "local-file" }> & { path: string },
  code: string,
  { words, style, now }: NarrateContext,
): Lines {
  const path = event.path === STREAM ? words.documentOut : fullPath(event.path);
  const command = event.path === STREAM ? "p2p answer --in -" : answerCommand(basename(event.path));
  const until = formatMoment(new Date(event.expiresAt), now);
  const wrote =
    event.resumedFrom === undefined
      ? words.wroteFile({ path, addresses: event.addresses ?? event.candidates, until, revision: event.revision })
      : words.goesOnWith({ path, moment: formatMoment(new Date(event.resumedFrom), now), until });
  const { carryOfferOrCode, carryAnswerOrCode } = words.carrying;
  const page = event.page === undefined ? [] : [[words.wrotePage({ page: fullPath(event.page) })], [words.pageWarning]];
  const how = event.type === "offer" ? carryOfferOrCode({ path, command }) : carryAnswerOrCode({ path });
  return [[wrote], ...page, [style.bold(how)], [code]];
}

/** The command of the other side, in the folder where it has put our file: as a PATH only a file of our name is surely read. */
function answerCommand(name: string): string {
  if (name.startsWith("LocaltionJson")) return `p2p answer ${shellWord(name)}`;
  return `p2p answer --in ${shellWord(name.startsWith("-") ? `./${name}` : name)}`;
}

function narrateQrCode(
  { code, window }: Extract<PersonEvent, { event: "qr-code" }>,
  { words, style }: NarrateContext,
): Lines {
  const qr = drawQrCode(code, style);
  if (window !== undefined && !fitsInto(window, qr)) {
    return [[style.yellow(words.carrying.noRoomForQr({ needs: qr.needs, has: window }))]];
  }
  return qr.lines.map((line) => [line]);
}

function waitingText(
  event: Extract<PairingEvent, { event: "waiting" }>,
  words: ConversationWords,
  takesPaste: boolean,
): string {
  if (event.for === "connection") return words.waitingForConnection;
  if (event.path === STREAM) return words.waitingForStdin;
  // A code that was given is not the name of a file.
  const path = event.path === SHORT_CODE_NAME ? undefined : event.path;
  const text = path === undefined ? words.waitingForFile : words.waitingForPath({ path: fullPath(path) });
  return takesPaste ? text + words.carrying.orPasteIt : text;
}

function narrateResuming(
  event: Extract<PersonEvent, { event: "can-resume" | "earlier-offer-void" }>,
  { words, style, now }: NarrateContext,
): Lines {
  if (event.event === "can-resume") return [[words.canResume(event)]];
  const made = new Date(event.createdAt);
  const ago = formatAge(now.getTime() - made.getTime(), words);
  return [[style.yellow(words.earlierOfferVoid({ ago, moment: formatMoment(made, now) }))]];
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
  event: Extract<PersonEvent, { event: `contact-${"possible" | "asked" | "offered" | "kept" | "unkept"}` }>,
  { words: { contacts }, style }: NarrateContext,
): Lines {
  switch (event.event) {
    case "contact-unkept":
      return [[style.yellow(contacts.unkept({ name: displayName(event.name) }))]];
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

type OtherPersonEvent = Exclude<PersonEvent, LimitedEvent | FarEndEvent | PlaceEvent | RecordingEvent | MediaDoorEvent>;

function narrateForPerson(event: OtherPersonEvent, context: NarrateContext): Lines {
  const { words, style } = context;
  switch (event.event) {
    case "asking-servers":
    case "port-mapped":
    case "servers-silent":
    case "local-addresses-only":
    case "loopback-only":
      return narrateGathering(event, context);
    case "own-file-overwritten":
    case "own-file-gone":
    case "folder-back":
    case "folder-crowded":
    case "sealed-crowd":
    case "file-ignored":
      return narrateFolder(event, context);
    case "answer-replaced":
    case "answer-held":
    case "clocks-differ":
    case "newer-version":
    case "peer-file-doubts":
      return narratePeerFile(event, context);
    case "bare-document":
    case "no-code":
    case "file-rewritten":
    case "two-offers":
      return narrateOwnFile(event, context);
    case "can-resume":
    case "earlier-offer-void":
      return narrateResuming(event, context);
    case "peer-known":
    case "peer-other-key":
    case "peer-unsigned":
      return narrateRecognition(event, context);
    case "contact-possible":
    case "contact-asked":
    case "contact-offered":
    case "contact-kept":
    case "contact-unkept":
      return narrateKeeping(event, context);
    case "not-compared":
    case "line-sealed":
      return [[event.event === "line-sealed" ? style.green(words.lineSealed) : style.yellow(words.notCompared)]];
    case "part-differs":
    case "attribute-lost":
      return narrateReceived(event, context);
    case "qr-code":
      return narrateQrCode(event, context);
    case "copied":
    case "pasted":
    case "paste-useless":
    case "paste-failed":
    case "paste-how":
    case "typed-early":
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

type GatheringEvent = Extract<
  PersonEvent,
  { event: "asking-servers" | "port-mapped" | "servers-silent" | "local-addresses-only" | "loopback-only" }
>;

function narrateGathering(event: GatheringEvent, context: NarrateContext): Lines {
  const { words, style } = context;
  switch (event.event) {
    case "asking-servers":
      return [[style.dim(words.askingServers({ urls: event.urls, names: event.urls.map(serverName) }))]];
    case "port-mapped":
      return [[style.dim(words.portMapped(event))]];
    case "servers-silent":
      return narrateSilent(event, context);
    case "local-addresses-only":
      return [[style.yellow(words.localOnly[event.servers](event))]];
    case "loopback-only":
      return [[style.yellow(words.loopbackOnly)]];
  }
}

function narrateOwnFile(
  event: Extract<PersonEvent, { event: "bare-document" | "no-code" | "file-rewritten" | "two-offers" }>,
  { words, style }: NarrateContext,
): Lines {
  switch (event.event) {
    case "bare-document":
      return [[style.yellow(words.bareDocument)]];
    case "no-code":
      return [[style.yellow(words.carrying.noCode(event))]];
    case "two-offers":
      return [[words.twoOffers(event)]];
    case "file-rewritten":
      // Writing a regenerated file prints what to do with it, as for any other; and not all need another way.
      if (event.why === "made-anew" || event.why === "address-gone")
        return [[words.fileRewritten({ ...event, path: fullPath(event.path) })]];
      return [
        [words.fileRewritten({ ...event, path: fullPath(event.path) })],
        [style.bold(words.carryThisOne({ path: fullPath(event.path), revision: event.revision }))],
      ];
  }
}

function narrateSilent(
  { servers, reach }: Extract<PersonEvent, { event: "servers-silent" }>,
  { words, style }: NarrateContext,
): Lines {
  const reasons = [...new Set(servers.map(({ reason }) => reason))];
  const names = servers.map(({ url, reason }) =>
    reasons.length > 1 ? `${serverName(url)} (${reason})` : serverName(url),
  );
  const text = words.serversSilent({ names, reason: reasons.length > 1 ? "" : (reasons[0] ?? ""), reach });
  return [[reach === undefined ? style.dim(text) : style.yellow(text)]];
}

/** URL of a server, without the usual port. */
function serverName(url: string): string {
  return url.replace(/:3478$/, "");
}

function hintOf(event: ErrorEvent, context: NarrateContext): string {
  return context.describeError(event).hint;
}

function narratePeerFile(
  event: Extract<
    PersonEvent,
    { event: "answer-replaced" | "answer-held" | "clocks-differ" | "newer-version" | "peer-file-doubts" }
  >,
  { words, style, now }: NarrateContext,
): Lines {
  switch (event.event) {
    case "answer-replaced":
      return [[style.yellow(words.answerReplaced(event))]];
    case "answer-held":
      return [[style.yellow(words.answerHeld(event))]];
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
    {
      event:
        | "own-file-overwritten"
        | "own-file-gone"
        | "folder-back"
        | "folder-crowded"
        | "sealed-crowd"
        | "file-ignored";
    }
  >,
  { words, style, verbose, lang }: NarrateContext,
): Lines {
  switch (event.event) {
    case "own-file-overwritten":
      return [[style.yellow(words.ownFileOverwritten({ path: fullPath(event.path), keptAs: fullPath(event.keptAs) }))]];
    case "own-file-gone":
      return [[style.yellow(words.ownFileGone({ ...event, path: fullPath(event.path) }))]];
    case "folder-back":
      return [[style.green(words.folderBack(event))]];
    case "folder-crowded":
      return [[style.yellow(words.folderCrowded(event))]];
    case "sealed-crowd":
      return [[style.yellow(words.sealedCrowd(event))]];
    case "file-ignored": {
      const { message, hint } = errorEventText(event.error, lang);
      const ignored: Part[] = [style.yellow(words.fileIgnored({ message }))];
      // Who has just carried a file that reads as expired has to look at the clocks, or to carry another one.
      const isHintShown = verbose || event.error.code === "FILE_EXPIRED";
      return isHintShown ? [ignored, [style.yellow(words.hintPrefix), hint]] : [ignored];
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
  event: Extract<
    PersonEvent,
    { event: "copied" | "pasted" | "paste-useless" | "paste-failed" | "paste-how" | "typed-early" }
  >,
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
      return [[carrying.pasted({ path: fullPath(event.path) })]];
    case "paste-useless":
      return [[style.yellow(carrying.pasteUseless)]];
    case "paste-failed":
      return errorLines({ code: event.error.code, ...errorEventText(event.error, lang) }, context);
    case "paste-how":
      return [[carrying.pasteHow]];
    case "typed-early":
      return [
        [
          carrying.typedEarly({
            ...event,
            takesPaste: context.takesPaste === true,
            doing: doingText(event.doing, context),
          }),
        ],
      ];
  }
}

function doingText(
  { what, ...place }: NonNullable<Extract<PersonEvent, { event: "typed-early" }>["doing"]> = { what: "preparing" },
  { words, takesPaste = false }: NarrateContext,
): string {
  if (what === "preparing") return words.carrying.preparing;
  if (what === "connecting") return words.connecting;
  const waitsFor = what === "waiting-for-file" ? "file" : "connection";
  return waitingText({ event: "waiting", for: waitsFor, ...place }, words, takesPaste);
}

/** Bad news is always printed, good news only with `verbose`. */
function narratePrediction(
  { outlook, why }: Extract<PersonEvent, { event: "prediction" }>["prediction"],
  { words: { chances, hintPrefix }, style, verbose }: NarrateContext,
): Lines {
  // The silence of all servers was reported when the file was written.
  if (outlook !== "unlikely" || why === "udp-silent-here") return verbose ? [[style.dim(chances.why[why])]] : [];
  const advice = chances.adviceFor(why);
  return [[style.yellow(chances.why[why])], ...(advice === undefined ? [] : [[style.yellow(hintPrefix), advice]])];
}
