// What a person sees before deciding about files of the other side. Pure. All names are foreign: they are
// escaped here, so that widths are right, and once more when printed, which changes nothing.
import { displayName, escapeForDisplay, formatBytes } from "../command-port.ts";
import type { IncomingEntry, P2pEvent, ResumableEntry } from "../index.ts";
import { formatCount, formatTenths } from "./format.ts";
import type { Part, Style } from "./style.ts";
import { displayWidth, padToStart, truncateEnd, truncateMiddle } from "./width.ts";
import type { ConversationWords } from "./words.ts";

export interface ConsentContext {
  readonly words: ConversationWords;
  readonly style: Style;
  readonly columns: number;
  /** What the other side calls itself; foreign text. */
  readonly peerName: string | undefined;
  /** `-` for stdout. */
  readonly outputDir: string;
  /** Of the disk of `outputDir`; undefined when it cannot be known. */
  readonly freeBytes: number | undefined;
  /** How the answer is given. `number`: several wait, so the commands name the one meant. */
  readonly answer: { by: "commands"; number?: number } | { by: "yes-no" };
}

const STDOUT = "-";
const ENTRIES_SHOWN = 20;
const SIZE_COLUMNS = 10;

/** The screen: who, how much, the largest entries, where to, the free disk, and the question last. */
export function consentLines(event: Extract<P2pEvent, { event: "incoming" }>, context: ConsentContext): Part[][] {
  const { words, style } = context;
  const size = formatBytes(event.bytes);
  const files = words.files({ count: event.files, text: formatCount(event.files) });
  const shown = event.entries.toSorted(byLargest).slice(0, ENTRIES_SHOWN);
  const lines: Part[][] = [
    [style.bold(words.wantsToSend({ name: shownPeer(context), files, size }))],
    ...shown.map((entry) => entryLine(entry, context)),
  ];
  const hidden = countHidden(event, shown.length);
  if (hidden > 0) lines.push([`${" ".repeat(SIZE_COLUMNS)}  ${words.moreEntries({ count: formatCount(hidden) })}`]);
  const { freeBytes } = context;
  const neededBytes = (event.resumable ?? []).reduce((left, { bytes }) => left - bytes, event.bytes);
  const free = freeBytes === undefined ? undefined : formatBytes(freeBytes);
  const place = context.outputDir === STDOUT ? words.goesToStdout : words.goesTo({ dir: context.outputDir });
  lines.push([place + (free === undefined ? "" : words.freeDisk({ free }))]);
  if (freeBytes !== undefined && free !== undefined && freeBytes < neededBytes) {
    lines.push([style.red(words.notEnoughSpace({ needed: formatBytes(neededBytes), free }))]);
  }
  const { resumable = [] } = event;
  if (resumable.some(({ changed }) => changed === true)) lines.push([style.yellow(words.resumeChanged)]);
  const question = consentQuestion(context.answer, words);
  lines.push([style.bold(resumable.length === 0 ? question : resumeQuestion(resumable, context))]);
  return lines;
}

/** What the other side calls itself, in half of the row. */
function shownPeer({ peerName, words, columns }: ConsentContext): string {
  return truncateEnd(displayName(peerName ?? words.peer), Math.max(Math.floor(columns / 2), SIZE_COLUMNS));
}

/** Worded apart from any other: what is there is gone on with, nothing is replaced. */
function resumeQuestion(resumable: readonly ResumableEntry[], { answer, words, columns }: ConsentContext): string {
  const [first] = resumable.toSorted((a, b) => b.bytes - a.bytes);
  const room = Math.max(Math.floor(columns / 2), SIZE_COLUMNS);
  const name = truncateMiddle(escapeForDisplay(first?.path ?? ""), room);
  const percent = formatTenths(first?.bytes ?? 0, first?.total ?? 0);
  const question = words.resume({ name, percent, more: resumable.length - 1 });
  if (answer.by === "yes-no") return `${question} ${words.resumeYesNo}`;
  const { number } = answer;
  return `${question} ${number === undefined ? words.resumeCommands : words.resumeNumbered({ number })}`;
}

/** The last line of the screen. */
export function consentQuestion(answer: ConsentContext["answer"], words: ConversationWords): string {
  if (answer.by === "yes-no") return words.askYesNo;
  return answer.number === undefined ? words.askCommands : words.askNumbered({ number: answer.number });
}

function byLargest(a: IncomingEntry, b: IncomingEntry): number {
  if (a.bytes !== b.bytes) return b.bytes - a.bytes;
  return a.path < b.path ? -1 : Number(a.path > b.path);
}

/** As `ls -F` marks them. */
const TYPE_MARKS = { file: "", directory: "/", symlink: "@" } as const;

function entryLine(entry: IncomingEntry, { style, columns }: ConsentContext): Part[] {
  const size = entry.type === "file" ? formatBytes(entry.bytes) : "-";
  const name = escapeForDisplay(entry.path) + TYPE_MARKS[entry.type];
  const room = Math.max(columns - SIZE_COLUMNS - displayWidth("  ") - 1, SIZE_COLUMNS);
  return [style.dim(padToStart(size, SIZE_COLUMNS)), `  ${truncateMiddle(name, room)}`];
}

/** An `incoming` event lists the first 1,000 entries only, but counts all files. */
function countHidden(event: Extract<P2pEvent, { event: "incoming" }>, shown: number): number {
  const listedFiles = event.entries.filter((entry) => entry.type === "file").length;
  return event.entries.length - shown + Math.max(0, event.files - listedFiles);
}
