// Layout of the help: commander's layout with titles in the user's language, values without brackets, and
// wrapping that handles full-width characters and breaks between them, because Chinese has no blanks.
import { Help, type HelpConfiguration } from "commander";
import type { Words } from "../words/index.ts";

/** Maximum width of the help in columns, however wide the terminal is. */
const MAX_COLUMNS = 100;
const MIN_COLUMNS = 40;

// CJK punctuation, kana, ideographs and full-width forms: the characters our own texts use. The help never contains
// foreign text, so nothing more is needed and string-width is not loaded for it.
const WIDE = /[\u3000-\u30ff\u3400-\u9fff\uff00-\uff60]/g;
/** Blanks, or an unbreakable piece: a word or one wide character, with what must not end a line before it or start one after it. */
const PIECE =
  /\s+|（?(?:[\u3000-\u30ff\u3400-\u9fff\uff00-\uff60]|[^\s\u3000-\u30ff\u3400-\u9fff\uff00-\uff60]+)[，。；：！？、）”]*/g;

function widthOf(text: string): number {
  return text.length + (text.match(WIDE)?.length ?? 0);
}

/** One wide character, with what follows it. */
const SINGLE = /^（?[\u3000-\u30ff\u3400-\u9fff\uff00-\uff60][，。；：！？、）”]*$/;

/**
 * Wraps text at blanks and between wide characters; existing line feeds are kept. No wide character stands on a last line
 * by itself: the one before it keeps it company.
 */
export function wrapText(text: string, columns: number): string {
  return text
    .split("\n")
    .flatMap((paragraph) => wrapParagraph(paragraph, columns))
    .join("\n");
}

function wrapParagraph(paragraph: string, columns: number): string[] {
  let line = "";
  /** Where the last piece of the line before begins. */
  let cut = 0;
  const lines: string[] = [];
  let [start, blanks] = [0, ""];
  for (const found of paragraph.match(PIECE) ?? []) {
    const piece = blanks + found;
    blanks = found.trim() === "" ? piece : "";
    if (blanks !== "") continue;
    if (line !== "" && widthOf(line) + widthOf(piece) > columns) {
      lines.push(line);
      [cut, start] = [start, 0];
      line = piece.trimStart();
    } else {
      start = line.length;
      line += piece;
    }
  }
  const before = lines.at(-1);
  const company = before?.slice(cut).trimStart() ?? "";
  if (before !== undefined && cut > 0 && SINGLE.test(line) && SINGLE.test(company)) {
    lines[lines.length - 1] = before.slice(0, cut);
    line = company + line;
  }
  return [...lines, line];
}

/** Number of columns to use on a terminal of this width. */
export function helpWidth(columns: number): number {
  return Math.max(MIN_COLUMNS, Math.min(columns, MAX_COLUMNS));
}

/** Narrowest column of descriptions; where there is less room they go below their terms. */
const MIN_DESCRIPTION_COLUMNS = 36;
const TERM_INDENT = "  ";
const GAP_COLUMNS = 2;
const BELOW_INDENT = "      ";

/** Formats a term with its description beside or below it, indented and wrapped to `columns`. */
function describedTerm(term: string, termColumns: number, description: string, columns: number): string {
  const beside = TERM_INDENT.length + termColumns + GAP_COLUMNS;
  const isBeside = columns - beside >= MIN_DESCRIPTION_COLUMNS;
  const indent = isBeside ? " ".repeat(beside) : BELOW_INDENT;
  const text = wrapText(description, columns - indent.length)
    .split("\n")
    .map((line) => indent + line)
    .join("\n");
  if (description === "") return TERM_INDENT + term;
  if (!isBeside) return `${TERM_INDENT}${term}\n${text}`;
  return TERM_INDENT + term + " ".repeat(beside - TERM_INDENT.length - widthOf(term)) + text.slice(beside);
}

/** Formats a title and terms with their descriptions, such as examples. */
export function describedTerms(title: string, rows: readonly (readonly [string, string])[], columns: number): string {
  const termColumns = Math.max(...rows.map(([term]) => widthOf(term)));
  return [title, ...rows.map(([term, text]) => describedTerm(term, termColumns, text, columns))].join("\n");
}

/** Settings of commander's help in this language. */
export function helpLayout(words: Words, columns: number): HelpConfiguration {
  const withoutBrackets = (term: string): string => term.replaceAll(/[<>]/g, "");
  const width = helpWidth(columns);
  const { titles, usageParts } = words.cli.help;
  return {
    helpWidth: width,
    displayWidth: widthOf,
    boxWrap: wrapText,
    styleTitle: (title: string) => titles[title] ?? title,
    styleUsage: (usage: string) => withoutBrackets(usage).replaceAll(/\[[a-z]+\]/g, (part) => usageParts[part] ?? part),
    // Flags without a short form are aligned with the long ones.
    optionTerm: (option) => withoutBrackets(option.short === undefined ? `    ${option.flags}` : option.flags),
    subcommandTerm: (command) => command.name(),
    formatItem: (term, termWidth, description) => describedTerm(term, termWidth, description, width),
    formatHelp: (command, helper) => {
      const [usage = "", ...rest] = Help.prototype.formatHelp.call(helper, command, helper).split("\n");
      // Full-width punctuation brings its own blank.
      const [first = "", ...more] = wrapText(usage.replace("： ", "："), width - TERM_INDENT.length).split("\n");
      return [first, ...more.map((line) => TERM_INDENT + line), ...rest].join("\n");
    },
  } satisfies Partial<Help>;
}
