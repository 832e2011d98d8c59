// Joins a line of a session description, or a candidate, that was broken: for each break the grammar decides whether it
// has taken the place of a space. RFC 8866 §5, RFC 8839 §5.1. What has no spaces by its grammar is joined without.

/** The words of one line: those in front, then any number of pairs, or of names that other lines of the text give. */
interface LineGrammar {
  readonly sign: RegExp;
  readonly words: readonly RegExp[];
  readonly rest: "none" | "pairs" | "names";
}

const DIGITS = /^\d{1,20}$/;
const ADDRESS = /^(?:(?=.{0,45}[:.])[0-9A-Fa-f:.]{2,45}|[0-9A-Fa-f-]{1,64}\.local)$/;
const TOKEN = /^[!-~]{1,256}$/;

const GRAMMARS: readonly LineGrammar[] = [
  {
    sign: /^"?(?:a=)?candidate:/i,
    words: [
      /^"?(?:a=)?candidate:[!-~]{1,64}$/i,
      /^\d{1,3}$/,
      /^(?:udp|tcp|ssltcp)$/i,
      /^\d{1,10}$/,
      ADDRESS,
      /^\d{1,5}$/,
      /^typ$/i,
      /^(?:host|srflx|prflx|relay)"?,?$/i,
    ],
    rest: "pairs",
  },
  { sign: /^"?o=/, words: [/^"?o=\S{1,64}$/, DIGITS, DIGITS, /^IN$/, /^IP[46]$/, ADDRESS], rest: "none" },
  { sign: /^t=/, words: [/^t=\d{1,20}$/, DIGITS], rest: "none" },
  { sign: /^c=/, words: [/^c=IN$/, /^IP[46]$/, /^(?=.{0,45}[:.])[0-9A-Fa-f:.]{2,45}(?:\/\d{1,3})?$/], rest: "none" },
  {
    sign: /^m=application/,
    words: [/^m=application$/, /^\d{1,5}$/, /^(?:UDP\/|TCP\/)?DTLS\/SCTP$/i, /^(?:webrtc-datachannel|\d{1,5})$/i],
    rest: "none",
  },
  {
    sign: /^a=fingerprint:/i,
    words: [/^a=fingerprint:[a-z0-9-]{1,20}$/i, /^[0-9A-F]{2}(?::[0-9A-F]{2}){0,63}$/i],
    rest: "none",
  },
  { sign: /^a=sctpmap:/i, words: [/^a=sctpmap:\d{1,5}$/i, /^webrtc-datachannel$/i, DIGITS], rest: "none" },
  { sign: /^a=group:/i, words: [/^a=group:(?:BUNDLE|LS|FID)$/i], rest: "names" },
  { sign: /^m=/, words: [/^m=[a-z]{1,20}$/, DIGITS, /^[A-Z/]{3,40}$/], rest: "names" },
];

/** Each key that may follow a candidate, with the form of its value. */
const PAIR_VALUES: Readonly<Record<string, RegExp>> = {
  raddr: ADDRESS,
  rport: /^\d{1,5}"?,?$/,
  tcptype: /^(?:active|passive|so)"?,?$/i,
  generation: /^\d{1,10}"?,?$/,
  ufrag: /^[A-Za-z0-9+/]{4,256}"?,?$/,
  "network-id": /^\d{1,10}"?,?$/,
  "network-cost": /^\d{1,10}"?,?$/,
};

/** Ways to join one line that are looked at; lines broken in a few places need few. */
const MAX_WAYS = 256;
/** No grammar has a longer word. */
const MAX_WORD_LENGTH = 320;

/**
 * @param line - one line, without its end; at most a few places in it are `mark`
 * @param mark - stands for a break that may have been a space
 * @param names - mids and payload types that other lines give
 * @returns the line without marks
 */
export function joinLine(line: string, mark: string, names: ReadonlySet<string>): string {
  const bare = line.replaceAll(mark, "");
  const grammar = GRAMMARS.find(({ sign }) => sign.test(bare));
  if (grammar === undefined) return bare;
  const chunks = line.split(" ").map((chunk) => chunkOf(chunk.split(mark)));
  return wordsFrom({ grammar, names, waysLeft: MAX_WAYS, chunks }, 0, [])?.join(" ") ?? bare;
}

/** What stands between two real spaces: its text without marks, and the place in it where each piece ends. */
interface Chunk {
  readonly text: string;
  readonly ends: readonly number[];
}

interface Search {
  readonly grammar: LineGrammar;
  readonly names: ReadonlySet<string>;
  readonly chunks: readonly Chunk[];
  waysLeft: number;
}

function chunkOf(parts: readonly string[]): Chunk {
  const ends: number[] = [];
  let end = 0;
  for (const { length } of parts) {
    end += length;
    if (length > 0) ends.push(end);
  }
  return { text: parts.join(""), ends };
}

/** @param before - the words of the chunks before `index` */
function wordsFrom(search: Search, index: number, before: readonly string[]): readonly string[] | undefined {
  const chunk = search.chunks[index];
  if (chunk === undefined) return isWhole(search.grammar, before) ? before : undefined;
  return piecesFrom(search, { index, chunk, piece: 0 }, before);
}

/** Makes the next word of one piece or more of a chunk. A hostile line has a break behind each character: no way copies them. */
function piecesFrom(
  search: Search,
  { index, chunk, piece }: { index: number; chunk: Chunk; piece: number },
  before: readonly string[],
): readonly string[] | undefined {
  const { text, ends } = chunk;
  if (piece === ends.length) return wordsFrom(search, index + 1, before);
  const from = ends[piece - 1] ?? 0;
  for (let next = Math.min(ends.length, piece + MAX_WORD_LENGTH); next > piece; next -= 1) {
    search.waysLeft -= 1;
    if (search.waysLeft < 0) return undefined;
    const word = text.slice(from, ends[next - 1]);
    if (!mayFollow(search, before, word)) continue;
    const found = piecesFrom(search, { index, chunk, piece: next }, [...before, word]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function mayFollow({ grammar, names }: Search, before: readonly string[], word: string): boolean {
  const { words, rest } = grammar;
  const form = words[before.length];
  if (form !== undefined) return form.test(word);
  if (rest === "none" || !TOKEN.test(word)) return false;
  if (rest === "names") return names.has(word);
  const isKey = (before.length - words.length) % 2 === 0;
  if (isKey) return mayBeKey(word);
  const key = before.at(-1)?.toLowerCase() ?? "";
  return (Object.hasOwn(PAIR_VALUES, key) ? (PAIR_VALUES[key] ?? TOKEN) : TOKEN).test(word);
}

/** Keys of other programs may have any name, but one that begins with a key of these is that key and its value. */
function mayBeKey(word: string): boolean {
  const key = word.toLowerCase();
  if (Object.hasOwn(PAIR_VALUES, key)) return true;
  return /^[a-z][a-z-]{0,30}$/.test(key) && !Object.keys(PAIR_VALUES).some((known) => key.startsWith(known));
}

function isWhole({ words, rest }: LineGrammar, found: readonly string[]): boolean {
  if (found.length < words.length) return false;
  return rest !== "pairs" || (found.length - words.length) % 2 === 0;
}
