// One word of a command that a person copies into a shell, whose kind nobody knows, and what a shell has put in the place
// of one.

/** The path that a shell puts in the place of `<(…)`: a person has typed no such name. */
const SUBSTITUTION = /^\/(?:dev|proc\/self)\/fd\/\d{1,5}$/;

/** Whether a path is that of the pipe of a command, as shells pass it on. */
export function isSubstitution(path: string): boolean {
  return SUBSTITUTION.test(path);
}

/** Returns how a person knows a path: the pipe of a command by what they typed for it. */
export function asTyped(path: string): string {
  return isSubstitution(path) ? "<(…)" : path;
}

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
