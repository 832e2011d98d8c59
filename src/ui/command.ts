// Parses a line typed in the conversation into a command. Pure: text in, command out; it looks up and sends nothing.
import { editDistance, SLIP_DISTANCE } from "./edit-distance.ts";
import { isEntryChoice } from "./entry-choice.ts";
import { isListQuestion } from "./yes-no.ts";

export type CommandName =
  | "/send"
  | "/accept"
  | "/decline"
  | "/cancel"
  | "/verify"
  | "/keep"
  | "/status"
  | "/paste"
  | "/help"
  | "/quit";

export type Command =
  | { type: "nothing" }
  | { type: "message"; text: string }
  | { type: "send"; paths: string[] }
  | AnswerCommand
  /** The name may be empty. */
  | { type: "keep"; name: string }
  | { type: "verify" | "status" | "paste" | "help" | "quit" }
  | { type: "unknown"; name: string; suggestion: CommandName | undefined }
  | { type: "misused"; name: CommandName; problem: Misuse };

export type Misuse =
  | "needs-path"
  | "unclosed-quote"
  | "no-arguments"
  | "one-transfer"
  | "unmarked-transfer"
  | "no-part";

/**
 * `which`: number of the transfer, typed as `#N`, or its id; undefined: the only one. `part`: numbers of entries, or `?`,
 * which asks for their list. A number without a mark is always one of entries.
 */
export interface AnswerCommand {
  readonly type: "accept" | "decline" | "cancel";
  readonly which: string | undefined;
  readonly part?: string;
  /** A part of an earlier session is not resumed. */
  readonly from?: "the-beginning";
}

export interface CommandOptions {
  /** Replaces `~` in paths. */
  readonly homeDir: string;
  /** False on Windows, where a backslash is part of a path. */
  readonly hasBackslashEscapes: boolean;
}

export const COMMAND_NAMES: readonly CommandName[] = [
  "/send",
  "/accept",
  "/decline",
  "/cancel",
  "/verify",
  "/keep",
  "/status",
  "/paste",
  "/help",
  "/quit",
];

const PLAIN_COMMANDS = {
  "/verify": "verify",
  "/status": "status",
  "/paste": "paste",
  "/help": "help",
  "/quit": "quit",
} as const;

/** `/name …` is a command, `//x` the message `/x`, everything else a literal message. */
export function parseLine(line: string, options: CommandOptions): Command {
  if (line.trim() === "") return { type: "nothing" };
  if (line.startsWith("//")) return { type: "message", text: line.slice(1) };
  if (!line.startsWith("/")) return { type: "message", text: line };
  const [typed, rest] = splitOnce(line.trim());
  const name = COMMAND_NAMES.find((known) => known === typed);
  switch (name) {
    case undefined:
      return { type: "unknown", name: typed, suggestion: suggestionFor(typed) };
    case "/send": {
      const words = splitWords(rest, options);
      if (words.openQuote !== undefined) return { type: "misused", name, problem: "unclosed-quote" };
      if (words.list.length === 0) return { type: "misused", name, problem: "needs-path" };
      return { type: "send", paths: words.list.map(({ text }) => text) };
    }
    case "/accept":
    case "/decline":
    case "/cancel":
      return parseAnswer(name, rest.normalize("NFKC"));
    case "/keep":
      return { type: "keep", name: rest };
    case "/verify":
    case "/status":
    case "/paste":
    case "/help":
    case "/quit":
      if (rest !== "") return { type: "misused", name, problem: "no-arguments" };
      return { type: PLAIN_COMMANDS[name] };
  }
}

const ANSWERS = { "/accept": "accept", "/decline": "decline", "/cancel": "cancel" } as const;
/** `#2`, and what stands behind it. */
const MARKED_TRANSFER = /^#(\d{1,6})(?!\d)(.*)$/;

const FRESH_WORD = "fresh";
/** The word as the last one. */
const FRESH = /(?:^|\s)fresh$/;

/** `/accept`, `/accept fresh`, `/accept 1,3-5`, `/accept ?`, `/accept #2`, `/accept #2 1,3-5`; `/decline` and `/cancel` know no parts. */
function parseAnswer(name: keyof typeof ANSWERS, rest: string): Command {
  const type = ANSWERS[name];
  const marked = MARKED_TRANSFER.exec(rest);
  const which = marked?.[1];
  const typed = (marked?.[2] ?? rest).replace(/^:/, "").trim();
  const isFromBeginning = type === "accept" && FRESH.test(typed);
  const from = isFromBeginning ? { from: "the-beginning" as const } : {};
  const part = isFromBeginning ? typed.slice(0, -FRESH_WORD.length).trim() : typed;
  if (part === "") return { type, which, ...from };
  const isPart = isEntryChoice(part) || isListQuestion(part);
  if (type === "accept" && isPart) return { type, which, part, ...from };
  if (which !== undefined) return { type: "misused", name, problem: type === "accept" ? "no-part" : "one-transfer" };
  if (isPart) return { type: "misused", name, problem: "unmarked-transfer" };
  return /\s/.test(part) ? { type: "misused", name, problem: "one-transfer" } : { type, which: part };
}

function splitOnce(text: string): [string, string] {
  const space = text.search(/\s/);
  return space < 0 ? [text, ""] : [text.slice(0, space), text.slice(space).trim()];
}

/** The home folder, and what ends it. */
const HOME = /^~(?:[\s/]|$)/;
const WINDOWS_HOME = /^~(?:[\s/\\]|$)/;

export interface Word {
  /** The text without quotes and escapes, with `~` replaced. */
  text: string;
  /** Index of its start in the given text. */
  start: number;
}

export interface Words {
  list: Word[];
  /** The quote that is still open at the end of the text. */
  openQuote: "'" | '"' | undefined;
}

/**
 * Splits as a shell does: white space between words, `'…'` and `"…"` keep it, a backslash keeps the next
 * character (not inside `'…'`), and an unquoted `~` or `~/` at the start is the home folder.
 */
export function splitWords(text: string, { homeDir, hasBackslashEscapes }: CommandOptions): Words {
  const list: Word[] = [];
  let quote: "'" | '"' | undefined;
  let word: Word | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quote === undefined && /\s/.test(char)) {
      word = undefined;
      continue;
    }
    if (word === undefined) {
      word = { text: "", start: at };
      list.push(word);
      if ((hasBackslashEscapes ? HOME : WINDOWS_HOME).test(text.slice(at, at + 2))) {
        word.text = homeDir;
        continue;
      }
    }
    if (char === quote) {
      quote = undefined;
    } else if (quote === undefined && (char === "'" || char === '"')) {
      quote = char;
    } else if (char === "\\" && hasBackslashEscapes && quote !== "'" && at + 1 < text.length) {
      at += 1;
      word.text += text.charAt(at);
    } else {
      word.text += char;
    }
  }
  return { list, openQuote: quote };
}

function suggestionFor(typed: string): CommandName | undefined {
  if (typed.length > 1) {
    const begun = COMMAND_NAMES.filter((name) => name.startsWith(typed));
    if (begun.length === 1) return begun[0];
  }
  const [nearest] = COMMAND_NAMES.map((name) => ({ name, distance: editDistance(typed.toLowerCase(), name) }))
    .filter(({ name, distance }) => distance <= SLIP_DISTANCE && distance < name.length - 2)
    .toSorted((a, b) => a.distance - b.distance);
  return nearest?.name;
}
