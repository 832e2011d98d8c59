// Undoes the escapes of a programming language: a document that was printed as a JSON string, with or without its
// quotation marks, or as Python and JavaScript print one.

/** The first brace is followed by an escaped quotation mark, or by an escaped line feed and spaces. */
const ESCAPED_BEGIN = /^[^{]*\{(?:\\[nrt]|\s){0,200}\\+"/;
const SINGLE_QUOTED = /^\s*[bru]{0,2}'\{/;
/** A cell of a table: its quotation marks are doubled. RFC 4180 §2. */
const DOUBLED_QUOTES = /[{,]\s{0,200}""[A-Za-z]/;
const ESCAPE = /\\(u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[^])/g;
const CONTROLS: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };

/** Undoes one level of escapes. */
export function undoEscapes(text: string): string[] {
  const trimmed = text.trim();
  if (trimmed.startsWith('"')) {
    try {
      const inner: unknown = JSON.parse(trimmed);
      return typeof inner === "string" ? [inner] : [];
    } catch {
      // The quotation mark may belong to a text around the document.
    }
  }
  if (DOUBLED_QUOTES.test(text)) return [text.replaceAll('""', '"')];
  return ESCAPED_BEGIN.test(text) || SINGLE_QUOTED.test(text) ? [unescape(text)] : [];
}

function unescape(text: string): string {
  return text.replaceAll(ESCAPE, (_, escaped: string) => {
    if (escaped.length > 1) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    return CONTROLS[escaped] ?? escaped;
  });
}
