// The sentences about the two exchange documents: ours, which a person carries, theirs, which is waited for, the folder of
// both, and what is copied and pasted in their place.
import { basename } from "node:path";
import { asTyped, isSubstitution, SHORT_CODE_NAME, shellWord } from "../command-port.ts";
import type { P2pEvent, PairingEvent, PersonEvent } from "../index.ts";
import { errorEventText } from "../words/errors.ts";
import type { ConversationWords } from "../words/index.ts";
import { formatAge, formatMoment, fullPath } from "./format.ts";
import { isOfCommand, narrateReady } from "./narrate-carrier.ts";
import { errorLines, type Lines, type NarrateContext, STREAM } from "./narration.ts";
import { drawQrCode, fitsInto } from "./qr-code.ts";
import type { Part } from "./style.ts";

type ExchangeEvent = Extract<PairingEvent, { event: "local-file" | "waiting" | "peer-file" }>;

const EVENTS = [
  "file-awaited",
  "own-file-overwritten",
  "own-file-gone",
  "folder-back",
  "folder-crowded",
  "sealed-crowd",
  "file-ignored",
  "answer-replaced",
  "answer-held",
  "clocks-differ",
  "newer-version",
  "peer-file-doubts",
  "bare-document",
  "no-code",
  "file-rewritten",
  "two-offers",
  "can-resume",
  "earlier-offer-void",
  "qr-code",
  "copied",
  "pasted",
  "paste-useless",
  "paste-failed",
  "paste-how",
  "typed-early",
] as const satisfies readonly PersonEvent["event"][];

/** What a person alone has to know of the documents. */
export type DocumentEvent = Extract<PersonEvent, { event: (typeof EVENTS)[number] }>;

/** Whether an event for a person is about one of the two documents. */
export function isOfDocuments(event: P2pEvent): event is DocumentEvent {
  return (EVENTS as readonly string[]).includes(event.event);
}

/** The lines for an event that only people see. */
export function narrateDocument(event: DocumentEvent, context: NarrateContext): Lines {
  switch (event.event) {
    case "file-awaited":
      // A code that was given is read at once.
      return event.path === SHORT_CODE_NAME ? [] : narrateWaiting({ ...event, for: "file" }, context);
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
    case "qr-code":
      return narrateQrCode(event, context);
    case "copied":
    case "pasted":
    case "paste-useless":
    case "paste-failed":
    case "paste-how":
    case "typed-early":
      return narrateCarrying(event, context);
  }
}

/** The two documents on their way: ours is there, theirs is waited for or has come. */
export function narrateExchange(event: ExchangeEvent, context: NarrateContext): Lines {
  const { words, style, now } = context;
  switch (event.event) {
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
      // A file that is there already is read at once: nobody has to bring it.
      return event.for === "file" ? [] : narrateWaiting(event, context);
    case "peer-file":
      if (isOfCommand(event.path)) return [];
      if (event.path === STREAM) return [[words.readStdin({ type: event.type })]];
      return [[words.foundFile({ type: event.type, path: asTyped(event.path) })]];
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

/** What is waited for, and where it has to be put. */
type Awaited = Omit<Extract<PairingEvent, { event: "waiting" }>, "event">;

function narrateWaiting(awaited: Awaited, { words, style, takesPaste = false }: NarrateContext): Lines {
  return [[style.dim(waitingText(awaited, words, takesPaste) + words.ctrlCEnds)]];
}

function waitingText(event: Awaited, words: ConversationWords, takesPaste: boolean): string {
  if (event.for === "connection") return words.waitingForConnection;
  if (event.path === STREAM) return words.waitingForStdin;
  // Nobody can save a file in the place of a command's pipe.
  const { path: awaited = "" } = event;
  if (isSubstitution(awaited)) return words.waitingForCommand({ typed: asTyped(awaited) });
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
  return waitingText({ for: waitsFor, ...place }, words, takesPaste);
}
