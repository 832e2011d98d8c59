// One word of a command that a person copies into a shell, whose kind nobody knows.

/** What no shell takes for anything else, letters of all scripts included. */
const PLAIN = /^[\p{L}\p{M}\p{N}_@+=:,./-]+$/u;
/** What means something within double quotes, in a POSIX shell, PowerShell or cmd. */
const SPECIAL_IN_DOUBLE_QUOTES = /["$`\\!%]/;

/**
 * Quotes a word where that is needed. Double quotes serve in all shells; single ones, which cmd does not know, only
 * where they have to.
 */
export function shellWord(text: string): string {
  if (PLAIN.test(text)) return text;
  return SPECIAL_IN_DOUBLE_QUOTES.test(text) ? `'${text.replaceAll("'", String.raw`'\''`)}'` : `"${text}"`;
}
