// The one place where foreign text (the peer's, a file name's) is made safe to display. Control characters,
// bidirectional overrides and invisible code points become visible escapes: they are seen, never executed.

// C0, DEL, C1; soft hyphen; Arabic letter mark; zero-width and bidi marks (ZWJ U+200D stays: emoji need it);
// line and paragraph separators; bidi embeddings, overrides and isolates; word joiner and invisible operators;
// BOM; interlinear annotation; invisible fillers and vowels; variation selectors except the two of emoji; tags;
// everything else reserved for default-ignorable code points; lone surrogates.
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{e0000}-\u{e00ff}\u{e01f0}-\u{e0fff}]|\u034f|[\u17b4\u17b5]|[\u180b-\u180d]|\u180f|[\ufe00-\ufe0d]|[\u{1d173}-\u{1d17a}]|[\u{e0100}-\u{e01ef}]|\p{Surrogate}/gu;

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\u001b": "\\e" };

/**
 * One line of text that is safe in a terminal or a log.
 * @param text - anything; a backslash stays as it is, so the result is for eyes and not for parsing back
 */
export function escapeForDisplay(text: string): string {
  return text.replace(UNSAFE, (char) => {
    const code = char.codePointAt(0) ?? 0;
    // A byte of a name that is not UTF-8 (byte-names.ts).
    if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
    return NAMED[char] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`);
  });
}

/** The same for a line that goes into a pipe or a file: a tab stays one, since programs read it as the end of a field. */
export function escapeForPipe(text: string): string {
  return text
    .split("\t")
    .map((field) => escapeForDisplay(field))
    .join("\t");
}

/** The same for text of several lines: line feeds (and CR LF) stay, the rest is escaped. */
export function escapeLinesForDisplay(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => escapeForDisplay(line))
    .join("\n");
}
