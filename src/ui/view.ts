// The appearance of the conversation: chat lines, the live rows above the line being typed, /status and /help.
// Pure: state in, lines of parts out. The peer's text is escaped here where widths matter, and when printed.
import { displayName, escapeLinesForDisplay, formatBytes } from "../command-port.ts";
import type { SessionStatus, TransferStatus } from "../index.ts";
import type { Command } from "./command.ts";
import { consentQuestion } from "./consent.ts";
import { formatClock, formatDuration, formatPercent } from "./format.ts";
import { isRelayed } from "./narrate.ts";
import { mediaStatusLine } from "./narrate-media.ts";
import type { OutgoingMessage } from "./outbox.ts";
import { progressLine } from "./progress.ts";
import type { Part, Style } from "./style.ts";
import { transferLabel } from "./transfer-label.ts";
import { displayWidth, padToEnd, truncateEnd } from "./width.ts";
import type { ConversationWords } from "../words/index.ts";

export interface ViewContext {
  readonly words: ConversationWords;
  readonly style: Style;
  readonly columns: number;
  /** The number by which people name a transfer; 0 for one that was never seen. */
  readonly numberOf: (transfer: string) => number;
}

type Look = Pick<ViewContext, "words" | "style">;

const NAME_COLUMNS = 24;
const LIVE_MESSAGES = 3;
const LIVE_TRANSFERS = 4;
const MARKS = { acknowledged: "✓", failed: "✗" } as const;

/** Formats `12:01 name: text`; further lines and rows are indented, so that none can pass for another's. */
function chatLines(at: Date, name: Part, text: string, mark: readonly Part[], { style, words }: Look): Part[][] {
  const time = formatClock(at);
  const hang = displayWidth(time) + 1;
  const indent = " ".repeat(hang);
  const lines = escapeLinesForDisplay(text)
    .split("\n")
    .map((line, index): Part[] =>
      index === 0
        ? [{ ...style.dim(time), hang }, " ", name, words.afterName + line]
        : [{ raw: indent, plain: indent, hang }, line],
    );
  lines.at(-1)?.push(...mark);
  return lines;
}

/** The peer's name for itself, safe to show and short; a generic word if it gives none. */
function shownName(peerName: string | undefined, words: ConversationWords): string {
  return truncateEnd(displayName(peerName ?? words.peer), NAME_COLUMNS);
}

/** Formats a message of the peer. */
export function peerMessage(text: string, at: Date, peerName: string | undefined, { words, style }: Look): Part[][] {
  const name = shownName(peerName, words);
  return chatLines(at, style.cyan(name), text, [], { words, style });
}

/** Formats our own message that the peer has acknowledged. */
export function acknowledgedMessage({ text, at }: OutgoingMessage, { words, style }: Look): Part[][] {
  return chatLines(at, style.bold(words.me), text, [" ", style.green(MARKS.acknowledged)], { words, style });
}

/** Formats our own message that will no longer arrive. */
export function failedMessage({ text, at }: OutgoingMessage, { words, style }: Look): Part[][] {
  const mark = style.red(`${MARKS.failed} ${words.notDelivered}`);
  return chatLines(at, style.bold(words.me), text, [" ", mark], { words, style });
}

/** True if a transfer delays the end of a session that was asked to end. */
export function isBusy({ state, direction }: TransferStatus): boolean {
  return state === "running" || (state === "awaiting-consent" && direction === "send");
}

/** True for a proposal of the peer that the person has not answered. */
export function awaitsMe({ state, direction }: TransferStatus): boolean {
  return state === "awaiting-consent" && direction === "receive";
}

/** The rows above the line being typed: messages in flight, then transfers. Each fits in one row. */
export function liveLines(
  outgoing: readonly OutgoingMessage[],
  status: SessionStatus | undefined,
  context: ViewContext,
): Part[][] {
  const { words, style, columns } = context;
  const lines = outgoing.slice(0, LIVE_MESSAGES).map(({ text, at }): Part[] => {
    const room = columns - displayWidth(" …") - 1;
    const [first = ""] = escapeLinesForDisplay(text).split("\n");
    return [style.dim(`${truncateEnd(`${formatClock(at)} ${words.me}${words.afterName}${first}`, room)} …`)];
  });
  if (outgoing.length > LIVE_MESSAGES) {
    lines.push([style.dim(words.moreMessages({ count: outgoing.length - LIVE_MESSAGES }))]);
  }
  if (status === undefined) return lines;
  // Transfers that need a decision come first, so that they are never left out.
  const live = [...status.transfers.filter(awaitsMe), ...status.transfers.filter(isBusy)];
  const shown = live.slice(0, LIVE_TRANSFERS);
  for (const transfer of shown) lines.push(liveTransfer(transfer, status, context));
  if (live.length > shown.length) {
    lines.push([style.dim(words.moreTransfers({ count: live.length - shown.length }))]);
  }
  return lines;
}

function liveTransfer(transfer: TransferStatus, status: SessionStatus, context: ViewContext): Part[] {
  const { words, style, columns, numberOf } = context;
  if (transfer.state === "running") {
    const { pair, isInterrupted } = status;
    return progressLine({ ...transfer, relayed: isRelayed(pair.kind), isInterrupted }, context);
  }
  const what = transferLabel(transfer.names, words, Math.floor(columns / 2));
  if (!awaitsMe(transfer)) return [style.dim(truncateEnd(words.waitsForPeer({ what }), columns - 1))];
  const isOnly = status.transfers.filter(awaitsMe).length === 1;
  const ask = consentQuestion({ by: "commands", ...(isOnly ? {} : { number: numberOf(transfer.transfer) }) }, words);
  return [style.yellow(truncateEnd(words.waitsForMe({ what, ask }), columns - 1))];
}

/** Lines that /status prints. */
export function statusLines(status: SessionStatus, { words, columns, numberOf }: ViewContext): Part[][] {
  const { pair, rttMs, sinceMs } = status;
  const { local, remote, protocol } = pair;
  return [
    ...(status.isInterrupted ? [[words.interrupted]] : []),
    [words.statusConnection({ relayed: isRelayed(pair.kind), local, remote, protocol })],
    [words.statusTime({ rttMs, since: formatDuration(sinceMs, words) })],
    [words.statusMessages({ count: status.messagesUnacknowledged })],
    ...status.transfers.flatMap(({ transfer, direction, names, state, isPart, bytes, total, limitedBy }): Part[][] => {
      const amount = words.amount({ bytes: formatBytes(bytes), total: formatBytes(total) });
      const what = transferLabel(names, words, Math.floor(columns / 2));
      const number = numberOf(transfer);
      const percent = formatPercent(bytes, total);
      const doing = words[direction];
      const doneSoFar = words.transferStates[state] + (isPart === true ? words.partDeclined : "");
      const row = words.statusTransfer({ number, doing, what, state: doneSoFar, amount, percent });
      return limitedBy === undefined ? [[row]] : [[row], [`   ${words.limitedBy(limitedBy)}`]];
    }),
    ...status.media.map((track) => mediaStatusLine(track, words)),
  ];
}

/** Lines that /help prints. */
export function helpLines({ words, style }: Look): Part[][] {
  const column = Math.max(...words.help.map(([command]) => displayWidth(command))) + 2;
  return words.help.map(([command, meaning]) => [{ ...style.bold(padToEnd(command, column)), hang: column }, meaning]);
}

/** Explains why a command is invalid as typed. */
export function misuseText(command: Extract<Command, { type: "misused" }>, words: ConversationWords): string {
  return {
    "needs-path": words.sendNeedsPath,
    "unclosed-quote": words.unclosedQuote,
    "no-arguments": words.takesNoArguments(command),
    "one-transfer": words.takesOneTransfer(command),
    "unmarked-transfer": words.unmarkedTransfer(command),
    "no-part": words.noSuchPart(command),
  }[command.problem];
}
