// Documents as mail programs, chats, forums and word processors leave them: read, or named for what was done to them.
import { describe, expect, test } from "vitest";
import { decodeExchangeDocument, encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { withDigest } from "../../../src/exchange/digest.ts";
import type { OwnDocument, Remark } from "../../../src/exchange/description.ts";
import { answer, bytesOf, decode, foreign, offer } from "./fixtures.ts";
import { flawOf } from "./odd-documents.ts";

const CANDIDATES = [
  "candidate:3 1 udp 2122260223 192.168.178.31 54321 typ host",
  "candidate:4 1 udp 1686052607 203.0.113.77 61234 typ srflx raddr 192.168.178.31 rport 54321",
  "candidate:5 1 udp 2122262783 2001:db8:10:24:31a:ff:fe00:77 49152 typ host",
];

/** A document of the size and kind of a real one. */
function realistic(document: OwnDocument, name?: string): OwnDocument {
  const text = encodeExchangeDocument(document);
  const value = JSON.parse(text) as { icecandidate: string[] };
  value.icecandidate = CANDIDATES.map((candidate) => JSON.stringify({ candidate, sdpMLineIndex: 0, sdpMid: "data" }));
  const { remarks: _, ...read } = decode(JSON.stringify(value));
  if (read.p2p === undefined) return read;
  const p2p = { ...read.p2p, ...(name === undefined ? {} : { name }) };
  return { ...read, p2p: withDigest(read.description, p2p) };
}

const OFFER = realistic(offer(), "Ann Müller “O'Neill” <R&D>");
const FOREIGN = realistic(foreign(answer()));
const TEXT = encodeExchangeDocument(OFFER);
const FOREIGN_TEXT = encodeExchangeDocument(FOREIGN);

const utf8Base64 = (text: string): string => Buffer.from(text).toString("base64");
const hard = (text: string, width: number): string => text.replaceAll(new RegExp(`(.{${width}})(?=.)`, "g"), "$1\n");
const quoted = (text: string): string =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");
const entities = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const quotedPrintable = (text: string): string =>
  Array.from(Buffer.from(text), (byte) =>
    byte === 10 || (byte >= 32 && byte < 127 && byte !== 61)
      ? String.fromCharCode(byte)
      : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`,
  )
    .join("")
    .split("\n")
    .map((line) => line.replaceAll(/(?:=..|[^=]){72}(?=.)/g, "$&=\n"))
    .join("\n");
/** Breaks at spaces, as mail programs do, and longer words nowhere. */
function wordWrapped(text: string, width: number): string {
  return text
    .split("\n")
    .map((line) => {
      const rows: string[] = [];
      let row = "";
      for (const word of line.split(" ")) {
        if (row.trim() !== "" && row.length + 1 + word.length > width) {
          rows.push(row);
          row = word;
        } else
          row = row === "" && rows.length > 0 ? word : `${row}${row === "" && rows.length === 0 ? "" : " "}${word}`;
      }
      return [...rows, row].join("\n");
    })
    .join("\n");
}
function inMessages(text: string, header: string): string {
  const half = Math.floor(text.length / 2);
  return `${header}${text.slice(0, half)}\n${header}${text.slice(half)}`;
}

function expectRead(mangled: string | Uint8Array, original: OwnDocument): Remark[] {
  const decoding = decodeExchangeDocument(typeof mangled === "string" ? bytesOf(mangled) : mangled, "f");
  if (!decoding.ok) throw new Error(decoding.error.message);
  const { remarks, ...document } = decoding.document;
  expect(document).toEqual(original);
  const again = decodeExchangeDocument(bytesOf(decoding.text), "f");
  expect(again.ok && again.document.p2p).toEqual(document.p2p);
  return remarks;
}

const DAMAGE: Record<string, (text: string) => string | Uint8Array> = {
  "text before and after": (text) => `Hi Bob {see below}, here:\n\n${text}\n--\nSent from my iPhone {Acme "sales"}\n`,
  "a signature with braces": (text) => `${text}\n--\nAcme Inc. {sales} {"a": 1}\n`,
  quoting: quoted,
  "nested quoting": (text) => quoted(quoted(text)),
  "quoting without blanks": (text) => quoted(quoted(text)).replaceAll("> > ", ">>"),
  "lines of 76 columns": (text) => hard(text, 76),
  "lines of 40 columns": (text) => hard(text, 40),
  "lines of 20 columns": (text) => hard(text, 20),
  "lines wrapped at words": (text) => wordWrapped(text, 72),
  "lines wrapped at words and quoted": (text) => quoted(wordWrapped(text, 60)),
  "quoted-printable": quotedPrintable,
  base64: utf8Base64,
  "base64 in lines": (text) => hard(utf8Base64(text), 76),
  "base64 within a text": (text) => `my offer is ${utf8Base64(text)}, thanks`,
  entities: entities,
  "entities twice": (text) => entities(entities(text)),
  "numeric entities": (text) => text.replaceAll('"', "&#34;"),
  "typographic quotes": (text) => text.replaceAll(/(^|[\s[{\\])"/g, "$1“").replaceAll('"', "”"),
  "UTF-16 without BOM": (text) => Buffer.from(text, "utf16le"),
  "UTF-16 of the other order without BOM": (text) => Buffer.from(text, "utf16le").swap16(),
  "JSON in a JSON string": (text) => JSON.stringify(text),
  "JSON in a JSON string, twice": (text) => JSON.stringify(JSON.stringify(text)),
  "a JSON string without its quotes": (text) => JSON.stringify(text).slice(1, -1),
  "percent-encoding": encodeURIComponent,
  "a form": (text) => `text=${new URLSearchParams({ a: text }).toString().slice(2)}`,
  BBCode: (text) => `[quote=Ann][code]${text}[/code][/quote]`,
  "an HTML page": (text) =>
    `<!DOCTYPE html><html><head><style>p { color: red }</style></head><body><p>Hi Bob,</p><pre>${entities(text)}</pre></body></html>`,
  "HTML with breaks": (text) => `<div>${entities(text).replaceAll("\n", "<br>\n").replaceAll("  ", "&nbsp; ")}</div>`,
  "WhatsApp of an iPhone": (text) => inMessages(text, "[28.11.26, 10:24:31] Ann Meier: "),
  "WhatsApp of an Android": (text) => inMessages(text, "28/11/2026, 10:24 - Ann: "),
  IRC: (text) => inMessages(text, "10:24 <ann> "),
  Telegram: (text) => inMessages(text, "Ann, [28.11.2026 10:24]\n"),
  QQ: (text) => inMessages(text, "Ann(123456789)  2026/11/28 10:24:31\n"),
  Teams: (text) => inMessages(text, "Ann Meier  10:24 AM\n"),
  WeChat: (text) => inMessages(text, "Ann:\n"),
  "line numbers": (text) =>
    text
      .trimEnd()
      .split("\n")
      .map((line, at) => `${String(at + 1).padStart(6)}\t${line}`)
      .join("\n"),
};

/** Damage that spares the name, which is never touched. */
const OUTSIDE_THE_NAME: Record<string, (text: string) => string> = {
  "no-break spaces": (text) => text.replaceAll(" ", "\u00a0"),
  "zero-width spaces": (text) => text.replaceAll(/([:,/])/g, "$1\u200b"),
  tabs: (text) => text.replaceAll(" ", "\t"),
  dashes: (text) => text.replaceAll("-", "–"),
  "full-width punctuation": (text) => text.replaceAll(":", "：").replaceAll(",", "，"),
  links: (text) => text.replaceAll("192.168.178.31", "192.168.178.31<http://192.168.178.31>"),
};

describe("a document of ours is read", () => {
  test.each(Object.entries(DAMAGE))("in spite of %s", (_, damage) => {
    expectRead(damage(TEXT), OFFER);
  });

  const plain = realistic(offer(), "Ann");
  test.each(Object.entries({ ...DAMAGE, ...OUTSIDE_THE_NAME }))("with a plain name, in spite of %s", (_, damage) => {
    expectRead(damage(encodeExchangeDocument(plain)), plain);
  });
});

describe("a document of another program is read", () => {
  test.each(Object.entries({ ...DAMAGE, ...OUTSIDE_THE_NAME }))("in spite of %s", (_, damage) => {
    expectRead(damage(FOREIGN_TEXT), FOREIGN);
  });
});

describe("a session description that stands alone", () => {
  const DESCRIPTION = [
    "v=0",
    "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0",
    "m=application 54321 UDP/DTLS/SCTP webrtc-datachannel",
    "c=IN IP4 192.168.178.31",
    ...CANDIDATES.map((candidate) => `a=${candidate} generation 0 network-id 1 network-cost 10`),
    "a=ice-ufrag:9uB6",
    "a=ice-pwd:YH75Fviy6338Vbrhrlp8Yh1234567890abcdef",
    `a=fingerprint:sha-256 ${"AB:".repeat(31)}CD`,
    "a=setup:actpass",
    "a=mid:0",
    "a=sctp-port:5000",
    "a=max-message-size:262144",
    "",
  ];
  const WHOLE = decode(DESCRIPTION.join("\r\n"));

  test.each<[string, (text: string) => string]>([
    ["lines of 76 columns", (text) => hard(text, 76)],
    ["lines of 40 columns", (text) => hard(text, 40)],
    ["lines of 33 columns, quoted", (text) => quoted(hard(text, 33))],
    ["lines wrapped at words", (text) => wordWrapped(text, 60)],
    [
      "lines wrapped at words, quoted, between sentences",
      (text) => `my offer:\n${quoted(wordWrapped(text, 72))}\n\nBob\n`,
    ],
    ["a signature below", (text) => `${text}\nSent from my iPhone\n`],
  ])("%s", (_, damage) => {
    const { description } = decode(damage(DESCRIPTION.join("\n")));
    expect(description).toEqual(WHOLE.description);
  });

  test("with other text between its lines it is refused, not cut off there", () => {
    const broken = [...DESCRIPTION.slice(0, 12), "Ann has left the room", ...DESCRIPTION.slice(12)].join("\n");
    expect(flawOf(broken).flaw).toBe("ice-pwd");
  });
});

describe("what terminals, tables and pages make of a text", () => {
  test("colours, French quotation marks, cells of a table, one line", () => {
    expectRead(FOREIGN_TEXT.replaceAll('"', '\u001b[32m"\u001b[0m'), FOREIGN);
    let count = 0;
    expectRead(
      FOREIGN_TEXT.replaceAll('"', () => (count++ % 2 === 0 ? "«\u00a0" : "\u00a0»")),
      FOREIGN,
    );
    expectRead(`Ann,"${TEXT.replaceAll('"', '""')}",2026\n`, OFFER);
    const { sdp } = JSON.parse((JSON.parse(FOREIGN_TEXT) as { sdp: string }).sdp) as { sdp: string };
    for (const text of [sdp.replaceAll("\r\n", " "), `let sdp = '${sdp}';`, `sdp="${sdp}"`, `Ann: ${sdp}`]) {
      expect(decode(text).description.iceUfrag).toBe(FOREIGN.description.iceUfrag);
    }
  });

  test("archives in base64 and candidates alone are named", () => {
    expect(flawOf(`H4sIAAAAAAAAA${"x".repeat(100)}`).flaw).toBe("foreign-format");
    expect(flawOf("a=candidate:1 1 udp 1 192.0.2.7 40001 typ host\n").flaw).toBe("only-candidates");
    expect(flawOf(TEXT.replaceAll(/\\(["\\])/g, "$1")).flaw).toBe("mangled");
  });
});
