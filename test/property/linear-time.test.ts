// What reads text of strangers takes time by its length, whatever the text is: repeats of what each reader knows, at the
// size of a whole exchange file. Reading it takes milliseconds; where time grows with the square, minutes.
import { describe, expect, test } from "vitest";
import { wrapText } from "../../src/cli/help-layout.ts";
import { serverUrlProblem } from "../../src/rtc/server-url.ts";
import { decodeControl } from "../../src/control/messages.ts";
import { readExpectation } from "../../src/control/verify-string.ts";
import { decodeCandidate } from "../../src/exchange/candidate.ts";
import { decodeExchangeDocument } from "../../src/exchange/codec.ts";
import { DocumentScanner } from "../../src/exchange/document-scanner.ts";
import { parseTimestamp } from "../../src/exchange/timestamp.ts";
import { escapeForDisplay, escapeLinesForDisplay } from "../../src/lib/text.ts";
import { readDescription, readSearchAnswer, readSoapAnswer } from "../../src/nat/port-mapping/upnp.ts";
import { documentsOfStream } from "../../src/store/exchange/documents-of-stream.ts";
import { safeRelativePath } from "../../src/transfer/names.ts";
import { parseLine } from "../../src/ui/command.ts";
import { displayWidth, truncateEnd, truncateMiddle } from "../../src/ui/width.ts";
import { scaled } from "../support/scale.ts";
import { cpuMs } from "../support/cpu-time.ts";
import { seededRandom } from "../support/seeded-random.ts";

const TEXT_CHARACTERS = 200_000;
/** A hundred times what the slowest reader takes, and a hundredth of what a quadratic one does. */
const MAX_READING_MS = 4_000;
const MAX_LINE_CHARACTERS = 8_192;
const TEXTS = scaled(6, 500);
const TIMEOUT_MS = scaled(120_000, 3_600_000);

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const MODERN = "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";
const ARMOR = "-----BEGIN AGE ENCRYPTED FILE-----";
const blanks = [" ", "\t", "\n", "\r", "\r\n", "\u00a0", "\ufeff", "\0"];

/** Each reader, and what its texts are made of. */
const readers: Record<string, { read: (text: string) => unknown; words: readonly string[] }> = {
  "an exchange file": {
    read: (text) => decodeExchangeDocument(bytesOf(text), "f"),
    words: [
      "`",
      "```",
      "~",
      "~~~",
      "{",
      "}",
      "[",
      "]",
      '"',
      "\\",
      '"sdp":',
      '{"sdp":',
      '"icecandidate":[',
      "null,",
      "-",
      ARMOR,
      "A",
      "=",
      "x",
    ],
  },
  "the print of a program": {
    read: (text) => decodeExchangeDocument(bytesOf(text), "f"),
    words: [
      "v=0\n",
      "v=0\\r\\n",
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\n",
      "a=mid:0",
      "\\r\\n",
      "\n",
      "'",
      '"',
      "+",
      " ",
      "{type: ",
      "}",
      "offer",
      "remote ",
      "sdpMid: ",
      "candidate:1 1 udp 1 192.0.2.7 5000",
      " typ host",
      " raddr 192.0.2.7",
      "eyJ",
      "=",
      "|",
    ],
  },
  "a candidate": {
    read: decodeCandidate,
    words: [
      "candidate:",
      "a=candidate:1 1 udp 1 1.2.3.4 5000 typ host",
      "1",
      " 1",
      "udp",
      "typ",
      " typ host",
      "[",
      "]",
      "%",
      ":",
      "::",
      ".",
      "raddr ",
      "tcptype ",
    ],
  },
  "an entry of icecandidate": {
    read: (text) =>
      decodeExchangeDocument(
        bytesOf(JSON.stringify({ sdp: { type: "offer", sdp: MODERN }, icecandidate: [text] })),
        "f",
      ),
    words: ["candidate:1 1 udp 1 1.2.3.4 5000 typ host", "{", "a=end-of-candidates", '{"candidate":"', " x", "\\"],
  },
  "a session description": {
    read: (text) => decodeExchangeDocument(bytesOf(JSON.stringify({ type: "offer", sdp: MODERN + text })), "f"),
    words: [
      "m=",
      "m=application 9 DTLS/SCTP",
      "/dtls/sctp",
      "a=",
      "a=candidate:",
      "a=fingerprint:",
      "sha-256 ",
      "AA:",
      "AA",
      ":",
      "a=ice-ufrag:",
      "a=x:",
      "9",
    ],
  },
  "a p2p key": {
    read: (text) => decodeExchangeDocument(bytesOf(JSON.stringify({ type: "offer", sdp: MODERN, p2p: text })), "f"),
    words: ["{", "[", '"', '{"a":', "]", "}", "0", "-", "\\"],
  },
  armor: {
    read: (text) => decodeExchangeDocument(bytesOf(ARMOR + text), "f"),
    words: ["A", "AAAA", "=", "-", "-----END", "-----END AGE ENCRYPTED FILE-----", ARMOR],
  },
  "what is pasted": {
    read: (text) => new DocumentScanner().push(text),
    words: ["{", "}", '"', "\\", "-", "-----BEGIN ", ARMOR, "-----END AGE ENCRYPTED FILE----", "A"],
  },
  "what is pasted key by key": {
    read: (text) => {
      const scanner = new DocumentScanner();
      for (const char of text) scanner.push(char);
    },
    words: ["{", '"', "-", ARMOR, "-----END AGE ENCRYPTED FILE----", "A"],
  },
  "a time": { read: parseTimestamp, words: ["0", "2026-03-01T08:00:00.", "Z", "-"] },
  "what a router says": {
    read: (text) => {
      const xml = text.slice(0, 120_000);
      readDescription(`<a>${xml}</a>`, new URL("http://192.0.2.1/"));
      readSoapAnswer(xml, "AddPortMapping");
      readSearchAnswer(bytesOf(`HTTP/1.1 200\r\nlocation:${text.slice(0, 3_900)}`), "192.0.2.1");
    },
    words: [
      "<a>",
      "</a>",
      "<a b='",
      "<service>",
      "<!--",
      "-->",
      "<![CDATA[",
      "]]>",
      "&amp;",
      "&x;",
      "<?x",
      "?>",
      "<!DOCTYPE a [",
      "<",
      "'",
      "=",
    ],
  },
  "a control message": {
    read: (text) => decodeControl(text.slice(0, 8_192)),
    words: ["{", '{"type":"path","candidates":["', '"', "[", "\\"],
  },
  "a comparison string": { read: readExpectation, words: ["able", "0", ":", ".", "_", "-", "的", "ﷺ", "a\u0301"] },
  "a server": {
    read: (text) => serverUrlProblem(text, "turn"),
    words: ["turn:", "stun:", "a", ".", "-", "[", "]", ":", "?", "//", "1", "a."],
  },
  "a name of a file": {
    read: (text) => {
      safeRelativePath(text.slice(0, 4_096), "windows");
      safeRelativePath(text, "posix");
    },
    words: [".", " .", "/", "\\", "con", "x", "\ud800", "😀"],
  },
  "a command": {
    read: (text) => parseLine(`/send ${text}`, { homeDir: "/home/x", hasBackslashEscapes: true }),
    words: ["/", "'", '"', "\\", "~", "x", "~/"],
  },
  "text on a terminal": {
    read: (text) => {
      // No line of the peer is longer: of a name or a message on the screen.
      const line = escapeForDisplay(text.slice(0, MAX_LINE_CHARACTERS));
      escapeLinesForDisplay(text);
      wrapText(line, 80);
      return [displayWidth(line), truncateEnd(line, 40), truncateMiddle(line, 40)];
    },
    words: [
      "\u001b]",
      "\u001b[",
      "\\e]",
      "\u009b",
      "0;",
      "\u0301",
      "\u200d",
      "👨‍👩‍👧",
      "🇨",
      "中",
      "가",
      "ᄀ",
      "\ufe0f",
      "，",
      "x",
    ],
  },
};

function adversary(words: readonly string[], seed: number): string {
  const random = seededRandom(seed);
  const all = [...words, ...words, ...blanks];
  const some = (most: number): string =>
    Array.from({ length: Math.floor(random() * (most + 1)) }, () => all[Math.floor(random() * all.length)] ?? "").join(
      "",
    );
  const prefix = some(3);
  const unit = some(2) || (all[seed % all.length] ?? " ");
  return prefix + unit.repeat(Math.ceil(TEXT_CHARACTERS / unit.length)).slice(0, TEXT_CHARACTERS) + some(2);
}

describe("time grows with the length of", () => {
  test.each(Object.entries(readers))("%s", { timeout: TIMEOUT_MS }, (_, { read, words }) => {
    // Each word alone first: most of what is slow is slow on one thing many times.
    const single = [...words, ...blanks].map((word) => word.repeat(Math.ceil(TEXT_CHARACTERS / word.length)));
    const texts = Array.from({ length: TEXTS }, (__, seed) => adversary(words, seed + 1));
    for (const text of [...single.flatMap((repeats) => [repeats, `${repeats}\u0001x`]), ...texts]) {
      const begin = process.cpuUsage();
      read(text);
      expect(cpuMs(begin), JSON.stringify(text.slice(0, 80))).toBeLessThan(MAX_READING_MS);
    }
  });

  test.each(["{", " ", "-", "A", "\ufeff"])("a stream of single bytes: %j", { timeout: TIMEOUT_MS }, async (char) => {
    const unit = bytesOf(char);
    async function* stream(): AsyncGenerator<Uint8Array, void, void> {
      for (let count = 0; count < TEXT_CHARACTERS; count += 1)
        yield unit.subarray(count % unit.length, (count % unit.length) + 1);
    }
    const begin = process.cpuUsage();
    for await (const document of documentsOfStream(stream())) expect(document.length).toBeGreaterThan(0);
    expect(cpuMs(begin)).toBeLessThan(MAX_READING_MS);
  });
});
