// Undoes what a log puts before each line of a text: times, levels, names. The lines begin alike but for their numbers,
// so what all of them have is taken away where it has the time of a clock or the level of a log.

/** A prefix is looked for in so many characters of a line. */
const MAX_PREFIX = 160;
const TOKEN = /\d+|[ \t]+|[A-Za-z]+|[^\dA-Za-z \t]/g;
/** The tokens that lines must share to be lines of one log: three. */
const BEGIN = /^(?:\d+|[ \t]+|[A-Za-z]+|[^\dA-Za-z \t]){1,3}/;
const NUMBERS = /\d+/g;
const BLANKS = /[ \t]+/g;
const MIN_LINES = 3;
const LOG_SIGN = /\d{1,2}:\d\d|^\W{0,2}(?:debug|info|warn(?:ing)?|error|trace|notice|log|verbose)(?![a-z])/i;
/** What no prefix of a log holds, and each line of a document does. */
const DOCUMENT_SIGN = /["\\={}]/;

interface LogLine {
  tokens: readonly string[];
  /** The same, with one sign for any number and one for any blanks. */
  shape: readonly string[];
}

/** Takes the prefix away that three lines out of four have, and three lines at least. Other lines stay. */
export function undoLogPrefixes(text: string): string[] {
  const rows = text.split("\n");
  const keys = rows.map(keyOf);
  const counts = new Map<string, number>();
  for (const key of keys) if (key !== "") counts.set(key, (counts.get(key) ?? 0) + 1);
  const lineCount = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const [most] = [...counts].toSorted(([, one], [, other]) => other - one);
  if (most === undefined || most[1] < MIN_LINES || most[1] * 4 < lineCount * 3) return [];
  const isOfGroup = (_: string, at: number): boolean => keys[at] === most[0];
  const [begin = ""] = rows.filter(isOfGroup);
  // All that lines have in common is in the first one: where it has no sign of a log, taking the others apart is for nothing.
  if (!LOG_SIGN.test(begin.slice(0, MAX_PREFIX))) return [];
  const group = rows.filter(isOfGroup).map(logLine);
  const first = logLine(begin);
  const length = group.reduce((least, { shape }) => Math.min(least, agreeing(shape, first.shape)), MAX_PREFIX);
  const prefix = first.tokens.slice(0, length).join("");
  if (!LOG_SIGN.test(prefix) || DOCUMENT_SIGN.test(prefix)) return [];
  const ends = group.map(({ tokens }) => tokens.slice(0, length).join("").length).values();
  const plain = rows.map((row, at) => (isOfGroup(row, at) ? row.slice(ends.next().value) : row));
  return [plain.join("\n")];
}

/** The shape of the first tokens of a line; "" for one that is blank. */
function keyOf(row: string): string {
  const begin = BEGIN.exec(row.slice(0, MAX_PREFIX))?.[0] ?? "";
  if (begin.trim() === "" && row.trim() === "") return "";
  return begin.replaceAll(NUMBERS, "0").replaceAll(BLANKS, " ");
}

function logLine(row: string): LogLine {
  const tokens = row.slice(0, MAX_PREFIX).match(TOKEN) ?? [];
  return {
    tokens,
    shape: tokens.map((token) => (/^\d/.test(token) ? "0" : /^[ \t]/.test(token) ? " " : token)),
  };
}

function agreeing(one: readonly string[], other: readonly string[]): number {
  const end = one.findIndex((token, at) => token !== other[at]);
  return end === -1 ? one.length : end;
}
