// Layout of the help: commander's layout with titles in the user's language, values without brackets, and
// wrapping that handles full-width characters and breaks between them, because Chinese has no blanks.
import type { Help, HelpConfiguration } from "commander";
import type { Words } from "../words/index.ts";

/** Maximum width of the help in columns, however wide the terminal is. */
const MAX_COLUMNS = 100;
const MIN_COLUMNS = 40;

// CJK punctuation, kana, ideographs and full-width forms: the characters our own texts use. The help never contains
// foreign text, so nothing more is needed and string-width is not loaded for it.
const WIDE = /[\u3000-\u30ff\u3400-\u9fff\uff00-\uff60]/g;
/** Blanks, or an unbreakable piece: a word or one wide character, with what must not start a line after it. */
const PIECE =
  /\s+|(?:[\u3000-\u30ff\u3400-\u9fff\uff00-\uff60]|[^\s\u3000-\u30ff\u3400-\u9fff\uff00-\uff60]+)[，。；：！？、）”]*/g;

function widthOf(text: string): number {
  return text.length + (text.match(WIDE)?.length ?? 0);
}

/** Wraps text at blanks and between wide characters; existing line feeds are kept. */
export function wrapText(text: string, columns: number): string {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    let blanks = "";
    for (const found of paragraph.match(PIECE) ?? []) {
      const piece = blanks + found;
      blanks = found.trim() === "" ? piece : "";
      if (blanks !== "") continue;
      if (line !== "" && widthOf(line) + widthOf(piece) > columns) {
        lines.push(line);
        line = piece.trimStart();
      } else {
        line += piece;
      }
    }
    lines.push(line);
  }
  return lines.join("\n");
}

/** Number of columns to use on a terminal of this width. */
export function helpWidth(columns: number): number {
  return Math.max(MIN_COLUMNS, Math.min(columns, MAX_COLUMNS));
}

/** Settings of commander's help in this language. */
export function helpLayout(words: Words, columns: number): HelpConfiguration {
  const withoutBrackets = (term: string): string => term.replaceAll(/[<>]/g, "");
  return {
    helpWidth: helpWidth(columns),
    displayWidth: widthOf,
    boxWrap: wrapText,
    styleTitle: (title: string) => words.cli.help.titles[title] ?? title,
    styleUsage: withoutBrackets,
    // Flags without a short form are aligned with the long ones.
    optionTerm: (option) => withoutBrackets(option.short === undefined ? `    ${option.flags}` : option.flags),
    subcommandTerm: (command) => command.name(),
  } satisfies Partial<Help>;
}
