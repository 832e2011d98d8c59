// What must be true of two simulated sessions at every moment, and of each when it has ended. Every function returns what
// is wrong, in words.
import { worseExit } from "../../../src/control/ending.ts";
import { ERROR_CODES } from "../../../src/lib/errors/codes.ts";
import { sha256, type SimulatedSide } from "./session-side.ts";

/** Files by path. */
export type Contents = ReadonlyMap<string, Uint8Array>;

/** What may be on one side's disk. */
export interface Expected {
  /** Everything outside the output folder: it never changes. */
  readonly outside: Contents;
  /** What the other side sends, by the path that it gets here; and what was here before. */
  readonly sent: Contents;
  readonly old: Contents;
}

const HIDDEN = /\/\.p2p-[^/]*$/;

function isEqual(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;
}

/** Each visible file is whole, and nothing but the output folder has changed. */
export function* faultsOfDisk(files: Contents, expected: Expected): Generator<string> {
  for (const [path, content] of files) {
    if (!path.startsWith("/out/")) {
      if (!isEqual(content, expected.outside.get(path))) yield `${path} outside the output folder is new or changed`;
      continue;
    }
    if (HIDDEN.test(path)) continue;
    const original = path.replace(/ \(\d+\)$/, "");
    const isWhole = isEqual(content, expected.sent.get(original)) || isEqual(content, expected.old.get(path));
    if (!isWhole) yield `${path} has its name, but not its bytes`;
  }
  for (const path of expected.outside.keys()) if (!files.has(path)) yield `${path} outside the output folder is gone`;
}

/** What the sender calls done is on the receiver's disk, and would be after a crash. */
export function* faultsOfDone(sender: SimulatedSide, receiver: SimulatedSide): Generator<string> {
  const done = new Set(sender.events.flatMap((event) => (event.event === "transfer-done" ? [event.transfer] : [])));
  const durable = new Set<string>();
  for (const [path, content] of receiver.disk.durableFiles()) {
    if (path.startsWith("/out/")) durable.add(sha256(content).toString("hex"));
  }
  for (const event of sender.events) {
    if (event.event !== "file-done" || event.direction !== "send" || !done.has(event.transfer)) continue;
    // Who skips keeps another file of that name, and counts that as done.
    if (event.skipped === true && receiver.settings.conflict === "skip") continue;
    if (!durable.has(event.sha256)) yield `${event.path} is done, but a crash of the receiver would lose it`;
  }
}

/** Texts arrive in order, once, and none is acknowledged that the other reader has not. */
export function* faultsOfTexts(sender: SimulatedSide, receiver: SimulatedSide): Generator<string> {
  for (const [at, text] of receiver.taken.entries()) {
    if (sender.texts[at]?.text !== text) yield `text ${at} of ${sender.name} arrived as ${text}`;
  }
  for (const [at, { text, outcome }] of sender.texts.entries()) {
    if (outcome === "done" && at >= receiver.taken.length) yield `text ${text} is acknowledged, but nobody has it`;
  }
}

/** Nothing of the peer is told before it is told that there is one, whichever channel was the quickest. */
export function* faultsOfOrder({ name, events }: SimulatedSide): Generator<string> {
  for (const event of events) {
    if (event.event === "connected") return;
    const isOfPeer = event.event === "incoming" || ("direction" in event && event.direction === "receive");
    if (isOfPeer || event.event === "message") yield `${name} told ${event.event} before connected`;
  }
}

/** The exit code follows from what came of everything that this side was asked for. */
export function* faultsOfEnd(side: SimulatedSide): Generator<string> {
  const { closed, texts, sends, codes } = side;
  if (closed === undefined) return;
  const { exit, reason } = closed;
  const say = (what: string): string => `${side.name} ended with ${exit} (${reason}): ${what}`;
  if (side.events.filter(({ event }) => event === "closed").length !== 1) yield say("not told exactly once");
  if (side.events.at(-1)?.event !== "closed") yield say("something was told afterwards");
  if (exit === 1 || exit === 2) yield say("that is a bug");
  if (texts.some(({ outcome }) => outcome === "open")) yield say("a text is still open");
  if (sends.some(({ outcome }) => outcome === "open")) yield say("files are still open");
  if (reason === "interrupted") {
    if (exit !== 130) yield say("interrupted by the person");
    return;
  }
  if (reason === "rejected") {
    if (exit !== 3) yield say("rejected");
    return;
  }
  const worst = codes.reduce((sum, code) => worseExit(sum, ERROR_CODES[code as keyof typeof ERROR_CODES].exit), 0);
  if (exit !== worst) yield say(`its errors say ${worst}: ${codes.join(" ")}`);
  const undelivered = texts.filter(({ outcome }) => outcome !== "done").length;
  if (exit === 0 && undelivered > 0) yield say(`${undelivered} texts were not acknowledged`);
  const unsent = sends.filter(({ outcome, isCancelled }) => outcome !== "done" && !isCancelled).length;
  if (exit === 0 && unsent > 0) yield say(`${unsent} paths are not there`);
}
