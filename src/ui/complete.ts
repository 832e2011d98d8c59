// Tab completion in the conversation: command names, and the paths of /send. The disk is read through a port. A name
// that cannot be shown safely is not suggested, because completion puts it into the line being typed.
import { escapeForDisplay } from "../command-port.ts";
import { COMMAND_NAMES, type CommandOptions, splitWords } from "./command.ts";

export interface FolderEntry {
  name: string;
  isDirectory: boolean;
}

export interface CompletionOptions extends CommandOptions {
  /** Lists a folder; returns an empty list when it cannot be read. */
  readonly listFolder: (path: string) => Promise<FolderEntry[]>;
}

export interface Completion {
  /** Text to insert at the cursor. */
  insert: string;
  /** Possible completions, when there is more than one. */
  choices: string[];
}

const NOTHING: Completion = { insert: "", choices: [] };
const SEND = /^\/send\s+/;

/** @param line - the text before the cursor */
export async function completeLine(line: string, options: CompletionOptions): Promise<Completion> {
  const send = SEND.exec(line);
  if (send !== null) return completePath(line.slice(send[0].length), options);
  if (!line.startsWith("/") || /\s/.test(line)) return NOTHING;
  const names = COMMAND_NAMES.filter((name) => name.startsWith(line));
  const [only] = names;
  if (names.length === 1 && only !== undefined) return { insert: `${only.slice(line.length)} `, choices: [] };
  return { insert: commonPrefix(names).slice(line.length), choices: names };
}

async function completePath(text: string, options: CompletionOptions): Promise<Completion> {
  const { list, openQuote } = splitWords(text, options);
  const last = list.at(-1);
  // A space that is not part of a word starts a new word.
  const isNewWord = last === undefined || (openQuote === undefined && /\s$/.test(text) && !endsEscaped(text, options));
  const typed = isNewWord ? "" : last.text;
  if (!isNewWord && text.slice(last.start) === "~") return { insert: "/", choices: [] };
  const slash = options.hasBackslashEscapes
    ? typed.lastIndexOf("/")
    : Math.max(typed.lastIndexOf("/"), typed.lastIndexOf("\\"));
  const folder = slash < 0 ? "." : typed.slice(0, slash + 1);
  const begun = typed.slice(slash + 1);
  const entries = (await options.listFolder(folder))
    .filter(({ name }) => begins(name, begun, options) && (begun !== "" || !name.startsWith(".")))
    .filter(({ name }) => escapeForDisplay(name) === name && canBeWritten(name, openQuote, options))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const [only] = entries;
  if (entries.length === 1 && only !== undefined) {
    const rest = quoteFor(only.name.slice(begun.length), openQuote, options);
    return { insert: rest.text + (only.isDirectory ? "/" : `${rest.openQuote ?? ""} `), choices: [] };
  }
  const insert = commonPrefix(entries.map(({ name }) => name.slice(begun.length)));
  return {
    insert: quoteFor(insert, openQuote, options).text,
    choices: entries.map((entry) => entry.name + (entry.isDirectory ? "/" : "")),
  };
}

function endsEscaped(text: string, { hasBackslashEscapes }: CommandOptions): boolean {
  if (!hasBackslashEscapes || !/\s$/.test(text)) return false;
  let begin = text.length - 1;
  while (text.charAt(begin - 1) === "\\") begin -= 1;
  return (text.length - 1 - begin) % 2 === 1;
}

type Quote = "'" | '"' | undefined;

/** Windows, where a backslash is no escape, takes names in any case. */
function begins(name: string, begun: string, { hasBackslashEscapes }: CommandOptions): boolean {
  if (hasBackslashEscapes) return name.startsWith(begun);
  return name.slice(0, begun.length).toLowerCase() === begun.toLowerCase();
}

/** False if the name has the very quote that it stands or has to stand in. */
function canBeWritten(name: string, openQuote: Quote, { hasBackslashEscapes }: CommandOptions): boolean {
  if (openQuote === "'") return !name.includes("'");
  return hasBackslashEscapes || !name.includes('"');
}

/** Returns the part as it is typed, and the quote that is open behind it: where nothing escapes a space one is opened before it. */
function quoteFor(
  part: string,
  openQuote: Quote,
  { hasBackslashEscapes }: CommandOptions,
): { text: string; openQuote: Quote } {
  if (openQuote === "'") return { text: part, openQuote };
  if (hasBackslashEscapes) {
    const special = openQuote === '"' ? /["\\]/g : /[\s'"\\]/g;
    return { text: part.replace(special, "\\$&"), openQuote };
  }
  const at = openQuote === undefined ? part.search(/[\s']/) : -1;
  if (at === -1) return { text: part, openQuote };
  return { text: `${part.slice(0, at)}"${part.slice(at)}`, openQuote: '"' };
}

function commonPrefix(names: readonly string[]): string {
  const [first = ""] = names;
  let length = first.length;
  for (const name of names) {
    while (!name.startsWith(first.slice(0, length))) length -= 1;
  }
  // Half of a surrogate pair is not a character.
  return first.slice(0, length).replace(/[\ud800-\udbff]$/, "");
}
