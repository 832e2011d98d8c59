// The sentences about files that are sent and received: proposals and their answers, each file, the sums at the end.
import { basename } from "node:path";
import { formatBytes } from "../command-port.ts";
import type { PersonEvent, TransferEvent } from "../index.ts";
import type { ConversationWords } from "../words/index.ts";
import type { MovedAmounts } from "../words/line.ts";
import { formatCount, formatSpeed } from "./format.ts";
import { type Lines, type NarrateContext, STREAM } from "./narration.ts";
import { type TransferFacts, transferLabel } from "./transfer-label.ts";

export type LimitedEvent = Extract<PersonEvent, { event: "limited" }>;

const LEFT_OUT_SHOWN = 5;
/** A transfer of more files than this is reported as a whole, not file by file. */
const FILES_TOLD = 5;

const DECLINED_SHOWN = 5;
const RENAMED_SHOWN = 5;

/** An error of the sender names one entry. */
function narrateDeclinedPart(
  { direction, paths = [], pathsLeftOut = 0 }: Extract<TransferEvent, { event: "declined" }>,
  { words, style, verbose }: NarrateContext,
): Lines {
  const entries = verbose ? paths : paths.slice(0, DECLINED_SHOWN);
  const more = paths.length - entries.length + pathsLeftOut;
  if (direction === "send" && entries.length + more === 1) return [];
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

/** The lines for an event of a transfer. */
export function narrateTransfer(event: Exclude<TransferEvent, { event: "progress" }>, context: NarrateContext): Lines {
  const { words, style, verbose, columns } = context;
  const facts = context.transfer(event.transfer);
  const what = transferLabel(facts?.names ?? [], words, Math.max(20, Math.floor(columns / 2)));
  switch (event.event) {
    case "incoming":
      return [[words.incoming({ what, ...amounts(event, words) })]];
    case "offered":
      return [[words.offered({ what, ...amounts(event, words) })]];
    case "accepted": {
      const byPeer = (facts?.files ?? 1) > 1 ? words.acceptedByPeerAllOrPart : words.acceptedByPeer;
      const begun = event.direction === "send" ? byPeer({ what }) : words.acceptedByMe({ what });
      return [[begun + (event.resumedFrom > 0 ? words.resumedFrom({ size: formatBytes(event.resumedFrom) }) : "")]];
    }
    case "declined":
      if (event.paths !== undefined) return narrateDeclinedPart(event, context);
      return narrateDeclined(event, what, context);
    case "left-out":
      return narrateLeftOut(event, context);
    case "renamed":
      return narrateRenamed(event, context);
    case "file-done": {
      const { path } = event;
      const size = formatBytes(event.bytes);
      const isSend = event.direction === "send";
      const isTold = verbose || ((!isSend || event.skipped === true) && (facts?.files ?? 0) <= FILES_TOLD);
      if (!isTold) return [];
      if (event.skipped === true) {
        // The path is the one on this side's disk.
        return [[isSend ? words.fileSkippedThere({ name: basename(path) }) : words.fileSkipped({ path })]];
      }
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

function narrateRenamed(
  event: Extract<TransferEvent, { event: "renamed" }>,
  { words, style, verbose }: NarrateContext,
): Lines {
  const shown = verbose ? event.entries : event.entries.slice(0, RENAMED_SHOWN);
  const named = { entries: shown.map((one) => words.renamedEntry(one)), more: event.count - shown.length };
  return [[style.yellow(event.direction === "send" ? words.renamedThere(named) : words.renamedHere(named))]];
}

/**
 * The files that were moved, without those that the receiving side had already; time and rate only where they mean
 * something.
 */
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

/** The lines for what a received file has lost or lacks. */
export function narrateReceived(
  event: Extract<PersonEvent, { event: "part-differs" | "attribute-lost" }>,
  { words, style }: NarrateContext,
): Lines {
  if (event.event === "attribute-lost") return [[style.yellow(words.attributeLost(event))]];
  const [kept, of] = [formatBytes(event.kept), formatBytes(event.of)];
  return [[style.yellow(words.partDiffers({ path: event.path, kept, of, isNone: event.kept === 0 }))]];
}

/** Said with `verbose` only: it may change often. */
export function narrateLimited(event: LimitedEvent, { words, style, verbose }: NarrateContext): Lines {
  const limit = words.limitedBy(event);
  return verbose ? [[style.dim(words.limitedNow({ doing: words[event.direction], limit }))]] : [];
}
