// What programs do to a text that people carry, as functions, and random combinations of them. Seeded, so that a failure
// comes again.
import { seededRandom } from "./seeded-random.ts";

/** Changes a text as one kind of program does. Some give bytes, which end a combination. */
export type Mangling = (text: string, random: () => number) => string | Uint8Array;

const between = (random: () => number, low: number, high: number): number => low + Math.floor(random() * (high - low));
const pick = <T>(random: () => number, from: readonly T[]): T => from[between(random, 0, from.length)] as T;

const GREETINGS = [
  "Hi Bob,\n\nhere it is:\n\n",
  "Hallo {alle}!\n",
  'my "file" :\n',
  "Date: Sat, 28 Nov 2026 10:24:31 +0100\nSubject: Re: p2p\n\n",
  "看这里：\n",
];
const FAREWELLS = [
  "\n--\nSent from my iPhone\n",
  "\nAcme Inc. {sales}\n",
  "\n________________________________\nThis message is confidential.\n",
  '\n{"a": 1}\n',
];
const CHAT_HEADERS = [
  "[28.11.26, 10:24:31] Ann Meier: ",
  "28/11/2026, 10:24 - Ann: ",
  "10:24 <ann> ",
  "Ann, [28.11.2026 10:24]\n",
  "Ann(123456789)  2026/11/28 10:24:31\n",
  "Ann Meier  10:24 AM\n",
  "Ann:\n",
];

function hardWrapped(text: string, random: () => number): string {
  const width = pick(random, [72, 76, 78, 80, 64, 998]);
  return text.replaceAll(new RegExp(`(.{${width}})(?=.)`, "g"), "$1\n");
}

function wordWrapped(text: string, random: () => number): string {
  const width = pick(random, [60, 72, 76]);
  const flowed = random() < 0.3 ? " " : "";
  return text.replaceAll(new RegExp(`([^\\n]{20,${width}}) (?=[^ \\n])`, "g"), `$1${flowed}\n`);
}

function quoted(text: string, random: () => number): string {
  const mark = pick(random, ["> ", ">", ">> ", "> > "]);
  return text.replaceAll(/^/gm, mark);
}

function quotedPrintable(text: string): string {
  return Array.from(Buffer.from(text), (byte) =>
    byte === 10 || (byte >= 32 && byte < 127 && byte !== 61)
      ? String.fromCharCode(byte)
      : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`,
  )
    .join("")
    .replaceAll(/(?:=[0-9A-F]{2}|[^=\n]){70}(?=.)/g, "$&=\n");
}

function base64(text: string, random: () => number): string {
  const whole = Buffer.from(text).toString("base64");
  return random() < 0.5 ? whole : whole.replaceAll(/.{76}/g, "$&\n");
}

function withEntities(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function inMessages(text: string, random: () => number): string {
  const header = pick(random, CHAT_HEADERS);
  const at = between(random, 1, text.length);
  return `${header}${text.slice(0, at)}\n${header}${text.slice(at)}`;
}

export const MANGLINGS: Readonly<Record<string, Mangling>> = {
  before: (text, random) => pick(random, GREETINGS) + text,
  after: (text, random) => text + pick(random, FAREWELLS),
  hardWrapped,
  wordWrapped,
  quoted,
  quotedPrintable,
  base64,
  entities: withEntities,
  html: (text) => `<html><body><p>Hi,</p><pre>${withEntities(text)}</pre></body></html>`,
  breaks: (text) => `<div>${withEntities(text).replaceAll("\n", "<br>\n")}</div>`,
  bbcode: (text, random) => pick(random, [`[code]${text}[/code]`, `[quote=Ann]${text}[/quote]`]),
  percent: encodeURIComponent,
  escaped: (text) => JSON.stringify(text),
  python: (text) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`,
  inMessages,
  smartQuotes: (text) => text.replaceAll(/(^|[\s[{\\])"/g, "$1“").replaceAll('"', "”"),
  oneQuote: (text) => text.replaceAll('"', "“"),
  dashes: (text) => text.replaceAll("--", "—").replaceAll("-", "–"),
  noBreakSpaces: (text) => text.replaceAll(" ", "\u00a0"),
  zeroWidth: (text, random) => text.replaceAll(/[:,/.]/g, (char) => (random() < 0.3 ? `${char}\u200b` : char)),
  fullWidth: (text) => text.replaceAll(":", "：").replaceAll(",", "，"),
  tabs: (text) => text.replaceAll("   ", "\t"),
  carriageReturns: (text) => text.replaceAll("\n", "\r\n"),
  oneLine: (text) => text.replaceAll("\n", " "),
  emptyLines: (text) => text.replaceAll("\n", "\n\n"),
  indented: (text) => text.replaceAll(/^/gm, "    "),
  numbered: (text) =>
    text
      .split("\n")
      .map((line, at) => `${String(at + 1).padStart(5)}\t${line}`)
      .join("\n"),
  logLines: (text, random) => {
    const prefix = pick(random, [
      "2026-11-28T10:24:31.123Z ",
      "[12:01] ann: ",
      "Nov 28 10:24:31 host app[77]: ",
      "INFO  ",
    ]);
    return text.replaceAll(/^/gm, prefix);
  },
  hexDump: (text) =>
    (
      Buffer.from(text)
        .toString("hex")
        .match(/.{1,32}/g) ?? []
    )
      .map((row, at) => `${(at * 16).toString(16).padStart(8, "0")}: ${row.replaceAll(/.{4}(?=.)/g, "$& ")}`)
      .join("\n"),
  utf7: (text) =>
    text.replaceAll("+", "+-").replaceAll(/["\\{}=–—“”]+/g, (run) => {
      const digits = Buffer.from(run, "utf16le").swap16().toString("base64").replaceAll("=", "");
      return `+${digits}-`;
    }),
  links: (text) => text.replaceAll(/\b(\d{1,3}(?:\.\d{1,3}){3})\b/g, "$1<http://$1>"),
  markdown: (text) => text.replaceAll("\\", ""),
  emoji: (text) => text.replaceAll(":p", "😛").replaceAll(":0", "😮"),
  cutOff: (text, random) => text.slice(0, between(random, 1, text.length)),
  utf16: (text) => Uint8Array.from(Buffer.from(text, "utf16le")),
  latin1: (text) => Uint8Array.from(Buffer.from(text, "latin1")),
  bom: (text) => `\ufeff${text}`,
};

/** @returns the text changed in one to four ways, and their names */
export function mangled(text: string, seed: number): { result: string | Uint8Array; ways: string[] } {
  const random = seededRandom(seed);
  const ways: string[] = [];
  let result: string | Uint8Array = text;
  for (let count = between(random, 1, 5); count > 0 && typeof result === "string"; count -= 1) {
    const way = pick(random, Object.keys(MANGLINGS));
    ways.push(way);
    result = MANGLINGS[way]?.(result, random) ?? result;
  }
  return { result, ways };
}
