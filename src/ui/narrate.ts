// The text that a person reads on stderr for each event, except progress, chat text and the consent
// screen. Pure: event in, lines of parts out, one idea per line. Plain strings are escaped when printed.
import {
  type ConnectionEnd,
  displayName,
  groupedDigits,
  type MediaDoorEvent,
  originOf,
  type PairKind,
  type TransferStop,
} from "../command-port.ts";
import {
  type ErrorEvent,
  isForPrograms,
  type P2pErrorCode,
  type P2pEvent,
  type PersonEvent,
  type VerifyEvent,
} from "../index.ts";
import { formatDay } from "./format.ts";
import { type FarEndEvent, isOfPlace, type PlaceEvent, narrateCarrier, narrateFarEnd } from "./narrate-carrier.ts";
import { type DocumentEvent, isOfDocuments, narrateDocument, narrateExchange } from "./narrate-documents.ts";
import { type LimitedEvent, narrateLimited, narrateReceived, narrateTransfer } from "./narrate-transfers.ts";
import { narrateDoor, narrateMedia, narrateRecording, type RecordingEvent } from "./narrate-media.ts";
import { errorLines, type Lines, type NarrateContext } from "./narration.ts";
import { connectFailedLines } from "./tried-pairs.ts";

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
  if (isOfDocuments(event)) return narrateDocument(event, context);
  if (!isForPrograms(event)) return narrateForPerson(event, context);
  const { words, style, verbose } = context;
  switch (event.event) {
    case "local-file":
    case "waiting":
    case "peer-file":
      return narrateExchange(event, context);
    case "connecting":
      return context.isAnswering === true ? [] : [[words.connecting]];
    case "carrier":
      return narrateCarrier(event, context);
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

type OtherPersonEvent = Exclude<
  PersonEvent,
  LimitedEvent | FarEndEvent | PlaceEvent | RecordingEvent | MediaDoorEvent | DocumentEvent
>;

function narrateForPerson(event: OtherPersonEvent, context: NarrateContext): Lines {
  const { words, style } = context;
  switch (event.event) {
    case "asking-servers":
    case "port-mapped":
    case "servers-silent":
    case "local-addresses-only":
    case "loopback-only":
      return narrateGathering(event, context);
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
