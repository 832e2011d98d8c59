// Bends valid samples: what a fuzzer feeds to decoders. Bytes as they come from a network, text as it comes from people
// and hostile programs. Seeded, so that a failure comes again.

type Random = () => number;

const below = (random: Random, limit: number): number => Math.floor(random() * limit);
const pick = <T>(random: Random, from: readonly T[]): T | undefined => from[below(random, from.length)];

const SPECIAL_BYTES = [0, 1, 2, 3, 4, 7, 8, 15, 16, 63, 64, 127, 128, 192, 253, 254, 255] as const;
const MAX_CHANGES = 6;

/**
 * A sample with up to six changes: flipped bits, special bytes and lengths, parts cut, doubled, moved or taken from
 * other samples.
 */
export function mutateBytes(sample: Uint8Array, corpus: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = sample.slice();
  for (let count = below(random, MAX_CHANGES); count > 0; count -= 1) {
    const at = below(random, bytes.length + 1);
    const length = below(random, 40);
    switch (below(random, 7)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8));
        break;
      case 1:
        bytes[at] = pick(random, SPECIAL_BYTES) ?? 0;
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
        break;
      case 4:
        bytes = Uint8Array.from([...bytes.subarray(0, at + length), ...bytes.subarray(at)]);
        break;
      case 5:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...(pick(random, corpus) ?? bytes).subarray(at)]);
        break;
      default: {
        const view = new DataView(bytes.buffer);
        const value = below(random, 2) === 0 ? below(random, 2 ** 32) : below(random, 300);
        if (at + 4 <= bytes.length) view.setUint32(at, value);
      }
    }
  }
  return bytes;
}

/** What numbers, words and signs of a text are replaced with. */
const SPECIAL_TOKENS = [
  "0",
  "-1",
  "1",
  "1e309",
  "2147483648",
  "4294967296",
  "9007199254740993",
  "18446744073709551616",
  "00",
  "null",
  "true",
  "{}",
  "[]",
  '""',
  '"',
  "\\",
  "\\u0000",
  "\u0000",
  "\u001b[2J",
  "\u202e",
  "\ud800",
  "\r",
  "\n",
  "=",
  ":",
  "::",
  "::ffff:127.0.0.1%eth0",
  "255.255.255.255",
  "__proto__",
  "constructor",
  "😀",
  "a".repeat(300),
] as const;
const TOKEN = /[A-Za-z_-]+|\d+|[^\sA-Za-z\d]/g;

/** A text with up to six changes: tokens replaced, doubled or left out, lines moved, taken from others, cut. */
export function mutateText(sample: string, corpus: readonly string[], random: Random): string {
  let text = sample;
  for (let count = below(random, MAX_CHANGES); count > 0; count -= 1) {
    const lines = text.split("\n");
    const at = below(random, lines.length);
    switch (below(random, 7)) {
      case 0:
      case 1:
        text = replaceToken(text, pick(random, SPECIAL_TOKENS) ?? "", random);
        break;
      case 2: {
        const other = (pick(random, corpus) ?? "").match(TOKEN) ?? [];
        text = replaceToken(text, pick(random, other) ?? "", random);
        break;
      }
      case 3:
        lines.splice(at, 1);
        text = lines.join("\n");
        break;
      case 4:
        lines.splice(at, 0, ...lines.slice(at, at + 1 + below(random, 3)));
        text = lines.join("\n");
        break;
      case 5:
        lines.splice(at, below(random, 2), pick(random, (pick(random, corpus) ?? "").split("\n")) ?? "");
        text = lines.join("\n");
        break;
      default:
        text = text.slice(0, below(random, text.length + 1));
    }
  }
  return text;
}

function replaceToken(text: string, replacement: string, random: Random): string {
  const tokens = [...text.matchAll(TOKEN)];
  const token = pick(random, tokens);
  if (token === undefined) return text + replacement;
  return text.slice(0, token.index) + replacement + text.slice(token.index + token[0].length);
}
