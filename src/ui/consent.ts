// The consent screen that a person reads before deciding on the peer's files. Pure. All names are foreign: they are
// escaped here, so that widths are right, and again when printed, which changes nothing.
import {
  displayName,
  escapeForDisplay,
  formatBytes,
  type IncomingEntry,
  type ResumableEntry,
} from "../command-port.ts";
import type { P2pEvent } from "../index.ts";
import { choiceExample } from "./entry-choice.ts";
import { formatCount, formatTenths, fullPath } from "./format.ts";
import type { Part, Style } from "./style.ts";
import { displayWidth, padToStart, truncateEnd, truncateMiddle } from "./width.ts";
import type { ConversationWords } from "../words/index.ts";

/** `number`: several transfers wait, so the commands name the one meant. */
export type ConsentAnswer = { by: "commands"; number?: number } | { by: "yes-no" };

export interface ConsentContext {
  readonly words: ConversationWords;
  readonly style: Style;
  readonly columns: number;
  /** The name that the peer gives itself; foreign text. */
  readonly peerName: string | undefined;
  /** Target folder; `-` for stdout. */
  readonly outputDir: string;
  /** Free space on the disk of `outputDir`; undefined when unknown. */
  readonly freeBytes: number | undefined;
  /** How the person answers. `below`: the question stands in the live rows, and is not repeated here. */
  readonly answer: ConsentAnswer | { by: "below"; number?: number };
}

const STDOUT = "-";
const ENTRIES_SHOWN = 20;
const SIZE_COLUMNS = 10;

/** Lines of the screen: sender, amount, the largest entries, target folder, free space, and finally the question. */
export function consentLines(event: Extract<P2pEvent, { event: "incoming" }>, context: ConsentContext): Part[][] {
  const { words, style } = context;
  const size = formatBytes(event.bytes);
  const ordered = consentOrder(event);
  const folderCount = ordered.filter(({ type }) => type === "directory").length;
  const folders = folderCount === 0 ? "" : words.folders({ count: folderCount, text: formatCount(folderCount) });
  const files = words.contents({ files: words.files({ count: event.files, text: formatCount(event.files) }), folders });
  const shown = ordered.slice(0, ENTRIES_SHOWN);
  const numbered = ordered.length > 1 ? ordered.length : 0;
  const lines: Part[][] = [
    [style.bold(words.wantsToSend({ name: shownPeer(context), files, size }))],
    ...shown.map((entry, at) => entryLine(entry, { at, numbered }, context)),
  ];
  const hidden = countHidden(event, shown.length);
  if (hidden > 0) {
    const more = words.moreEntries({ count: formatCount(hidden) });
    lines.push([`${" ".repeat(SIZE_COLUMNS)}  ${words.moreListed({ more })}`]);
  }
  if (numbered > 0) {
    lines.push([style.dim(partHint(numbered, context))]);
  }
  const { freeBytes } = context;
  const neededBytes = (event.resumable ?? []).reduce((left, { bytes }) => left - bytes, event.bytes);
  const free = freeBytes === undefined ? undefined : formatBytes(freeBytes);
  const place = context.outputDir === STDOUT ? words.goesToStdout : words.goesTo({ dir: fullPath(context.outputDir) });
  lines.push([place + (free === undefined ? "" : words.freeDisk({ free }))]);
  if (freeBytes !== undefined && free !== undefined && freeBytes < neededBytes) {
    lines.push([style.red(words.notEnoughSpace({ needed: formatBytes(neededBytes), free }))]);
  }
  const { resumable = [] } = event;
  if (resumable.some(({ changed }) => changed === true)) lines.push([style.yellow(words.resumeChanged)]);
  if (resumable.length > 0) lines.push(...resumeQuestion(resumable, context).map((text) => [style.bold(text)]));
  else if (context.answer.by !== "below") lines.push([style.bold(consentQuestion(context.answer, words))]);
  return lines;
}

function partHint(count: number, { answer, words }: ConsentContext): string {
  const example = choiceExample(count);
  if (answer.by === "yes-no") return words.partHintYesNo({ example });
  return words.partHint({ example: answer.number === undefined ? example : `#${answer.number} ${example}` });
}

/** The entries as they are shown and numbered, from 1: the largest first. */
export function consentOrder({ entries }: Extract<P2pEvent, { event: "incoming" }>): IncomingEntry[] {
  return entries.toSorted(byLargest);
}

/** All entries of the event with their numbers. */
export function entryLines(
  event: Extract<P2pEvent, { event: "incoming" }>,
  context: Pick<ConsentContext, "words" | "style" | "columns">,
): Part[][] {
  const ordered = consentOrder(event);
  const lines = ordered.map((entry, at) => entryLine(entry, { at, numbered: ordered.length }, context));
  const hidden = countHidden(event, ordered.length);
  if (hidden > 0) lines.push([context.words.moreEntries({ count: formatCount(hidden) })]);
  return lines;
}

/** The peer's name, cut to half of the row. */
function shownPeer({ peerName, words, columns }: ConsentContext): string {
  return truncateEnd(displayName(peerName ?? words.peer), Math.max(Math.floor(columns / 2), SIZE_COLUMNS));
}

/** The question for a resumed transfer, and its answers: existing parts are resumed, nothing is replaced. */
function resumeQuestion(resumable: readonly ResumableEntry[], { answer, words, columns }: ConsentContext): string[] {
  const [first] = resumable.toSorted((a, b) => b.bytes - a.bytes);
  const room = Math.max(Math.floor(columns / 2), SIZE_COLUMNS);
  const name = truncateMiddle(escapeForDisplay(first?.path ?? ""), room);
  const percent = formatTenths(first?.bytes ?? 0, first?.total ?? 0);
  const question = words.resume({ name, percent, more: resumable.length - 1 });
  if (answer.by === "yes-no") return [question, words.resumeYesNo];
  return [question, words.resumeCommands({ mark: answer.number === undefined ? "" : ` #${answer.number}` })];
}

/** The question of a transfer that does not resume one. */
export function consentQuestion(answer: ConsentAnswer, words: ConversationWords): string {
  if (answer.by === "yes-no") return words.askYesNo;
  return answer.number === undefined ? words.askCommands : words.askNumbered({ number: answer.number });
}

function byLargest(a: IncomingEntry, b: IncomingEntry): number {
  if (a.bytes !== b.bytes) return b.bytes - a.bytes;
  return a.path < b.path ? -1 : Number(a.path > b.path);
}

/** Marks that `ls -F` uses. */
const TYPE_MARKS = { file: "", directory: "/", symlink: "@" } as const;

/** @param place - index of the entry, and how many have numbers: none where there is only one */
function entryLine(
  entry: IncomingEntry,
  { at, numbered }: { at: number; numbered: number },
  { style, columns }: Pick<ConsentContext, "style" | "columns">,
): Part[] {
  const number = numbered === 0 ? "" : `${padToStart(String(at + 1), String(numbered).length)}  `;
  const size = entry.type === "file" ? formatBytes(entry.bytes) : "-";
  const name = escapeForDisplay(entry.path) + TYPE_MARKS[entry.type];
  const room = Math.max(columns - SIZE_COLUMNS - displayWidth("  ") - displayWidth(number) - 1, SIZE_COLUMNS);
  return [number, style.dim(padToStart(size, SIZE_COLUMNS)), `  ${truncateMiddle(name, room)}`];
}

/** Counts the files not shown: an `incoming` event lists the first 1,000 entries only, but counts all files. */
function countHidden(event: Extract<P2pEvent, { event: "incoming" }>, shown: number): number {
  const listedFiles = event.entries.filter((entry) => entry.type === "file").length;
  return event.entries.length - shown + Math.max(0, event.files - listedFiles);
}
