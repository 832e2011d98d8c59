// Undoes what a log puts before each line of a text: times, levels, names. The lines begin alike but for their numbers,
// so what all of them have is taken away where it has the time of a clock or the level of a log.

/** A prefix is looked for in so many characters of a line. */
const MAX_PREFIX = 160;
const TOKEN = /\d+|[ \t]+|[A-Za-z]+|[^\dA-Za-z \t]/g;
/** Tokens that lines must share to be lines of one log. */
const GROUP_TOKENS = 3;
const MIN_LINES = 3;
const LOG_SIGN = /\d{1,2}:\d\d|^\W{0,2}(?:debug|info|warn(?:ing)?|error|trace|notice|log|verbose)\b/i;
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
  const lines = rows.filter((row) => row.trim() !== "").map(logLine);
  const key = ({ shape }: LogLine): string => shape.slice(0, GROUP_TOKENS).join("\u0000");
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(key(line), (counts.get(key(line)) ?? 0) + 1);
  const [most] = [...counts].toSorted(([, one], [, other]) => other - one);
  if (most === undefined || most[1] < MIN_LINES || most[1] * 4 < lines.length * 3) return [];
  const group = lines.filter((line) => key(line) === most[0]);
  const [first] = group;
  if (first === undefined) return [];
  const length = group.reduce((least, { shape }) => Math.min(least, agreeing(shape, first.shape)), MAX_PREFIX);
  const prefix = first.tokens.slice(0, length).join("");
  if (!LOG_SIGN.test(prefix) || DOCUMENT_SIGN.test(prefix)) return [];
  const plain = rows.map((row) => {
    const line = logLine(row);
    return key(line) === most[0] ? row.slice(line.tokens.slice(0, length).join("").length) : row;
  });
  return [plain.join("\n")];
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
