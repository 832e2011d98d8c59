// Exchange files as nobody would write them: valid ones bent in bytes, text, structure, encoding, numbers and length.
// Seeded, so that a failure comes again.
import { mutateBytes, mutateText } from "./mutate.ts";
import { seededRandom } from "./seeded-random.ts";

type Random = () => number;

const below = (random: Random, limit: number): number => Math.floor(random() * limit);
const pick = <T>(random: Random, from: readonly T[]): T => from[below(random, from.length)] as T;

/** Most documents are short, as real ones are; one in so many is as long as one may be. */
const ONE_LONG_OF = 200;
const MAX_LONG_CHARACTERS = 262_000;
const MAX_SHORT_CHARACTERS = 2_000;

const EXTREMES: readonly unknown[] = [
  0,
  -0,
  -1,
  1,
  0.5,
  1e-320,
  1e308,
  2 ** 16,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  null,
  true,
  "",
  " ",
  [],
  {},
  "null",
  "[]",
  "{}",
  "0000-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999999999Z",
  "2026-06-30T23:59:60Z",
  "\ud800",
  "\u0000",
  "\u202e",
  "😀".repeat(100),
];
const NUMBERS = [
  "0",
  "00",
  "-1",
  "1e9",
  "255",
  "256",
  "999",
  "65535",
  "65536",
  "99999",
  "2147483648",
  "4294967295",
  "4294967296",
  "9007199254740991",
  "9007199254740993",
  "18446744073709551616",
];
const UNITS = [
  "`",
  "~",
  " ",
  "\t",
  "\n",
  "\r\n",
  "{",
  "[",
  '"',
  "\\",
  '\\\\"',
  "-",
  ":",
  "::",
  "%",
  ".",
  "A",
  "AA:",
  "\0",
  "\ufeff",
  "a=",
  "m=",
  "m=application 9 DTLS/SCTP 5000\r\n",
  "a=candidate:1 1 udp 1 10.0.0.1 5000 typ host\r\n",
  "a=fingerprint:sha-1 AA\r\n",
  "candidate:1 1 udp 1 10.0.0.1 5000 typ host",
  '"candidate:1 1 udp 1 10.0.0.1 5000 typ host",',
  "null,",
  '{"a":',
  "[[",
  "-----BEGIN AGE ENCRYPTED FILE-----",
  "=",
];

/** One document of a seed. @param corpus - texts of valid ones */
export function bentDocument(corpus: readonly string[], seed: number): Uint8Array {
  const random = seededRandom(seed);
  const sample = pick(random, corpus);
  const isLong = below(random, ONE_LONG_OF) === 0;
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  switch (below(random, 7)) {
    case 0:
      return mutateBytes(encode(sample), corpus.map(encode), random);
    case 1:
      return encode(mutateText(sample, corpus, random));
    case 2:
      return encode(bendStructure(sample, random));
    case 3:
      return encode(withNumbers(sample, random));
    case 4:
      return encode(withRepeats(sample, random, isLong ? MAX_LONG_CHARACTERS : MAX_SHORT_CHARACTERS));
    case 5:
      return otherwiseEncoded(mutateText(sample, corpus, random), random);
    default:
      return encode(
        withRepeats(bendStructure(mutateText(sample, corpus, random), random), random, MAX_SHORT_CHARACTERS),
      );
  }
}

/** Values replaced, doubled, wrapped in each other or taken away, also within the JSON inside JSON. */
function bendStructure(text: string, random: Random): string {
  let value: unknown;
  try {
    value = JSON.parse(text) as unknown;
  } catch {
    return text;
  }
  return JSON.stringify(bend(value, random, 0));
}

function bend(value: unknown, random: Random, depth: number): unknown {
  if (below(random, 12) === 0) return pick(random, EXTREMES);
  if (depth > 6) return value;
  if (typeof value === "string" && /^[{[]/.test(value) && below(random, 2) === 0) return bendStructure(value, random);
  if (typeof value === "string") return below(random, 8) === 0 ? withNumbers(value, random) : value;
  if (Array.isArray(value)) {
    const items = value.map((item) => bend(item, random, depth + 1));
    return below(random, 6) === 0
      ? Array.from({ length: below(random, 300) }, () => pick(random, [...items, null]))
      : items;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, bend(item, random, depth + 1)] as const);
  if (below(random, 6) === 0) entries.splice(below(random, entries.length), 1);
  if (below(random, 10) === 0)
    entries.push([pick(random, ["__proto__", "constructor", "toString", "x", ""]), pick(random, EXTREMES)]);
  return Object.fromEntries(entries);
}

function withNumbers(text: string, random: Random): string {
  return text.replaceAll(/\d+/g, (digits) => (below(random, 5) === 0 ? pick(random, NUMBERS) : digits));
}

function withRepeats(text: string, random: Random, maxCharacters: number): string {
  const unit = pick(random, UNITS) + (below(random, 3) === 0 ? pick(random, UNITS) : "");
  const count = Math.ceil((random() * maxCharacters) / unit.length);
  const at = below(random, 3) === 0 ? 0 : below(random, text.length + 1);
  return text.slice(0, at) + unit.repeat(count) + text.slice(at);
}

function otherwiseEncoded(text: string, random: Random): Uint8Array {
  switch (below(random, 5)) {
    case 0:
      return new TextEncoder().encode(`\ufeff${text}`);
    case 1:
      return Buffer.from(`\ufeff${text}`, "utf16le");
    case 2:
      return Buffer.from(`\ufeff${text}`, "utf16le").swap16();
    case 3:
      return Buffer.from(text, "latin1");
    default:
      return new TextEncoder().encode(JSON.stringify(text));
  }
}
