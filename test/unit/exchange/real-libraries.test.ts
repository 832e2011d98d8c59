// Documents that libraries of mail, pages, tables, word processors and character sets have changed: each is read as it was
// written, or refused with what was done to it. None is read as something else.
import { stringify as toCsv } from "csv-stringify/sync";
import XmlBuilder from "fast-xml-builder";
import { deflateSync, gzipSync, zipSync } from "fflate";
import he from "he";
import { execFileSync } from "node:child_process";
import { convert } from "html-to-text";
import iconv from "iconv-lite";
import { marked } from "marked";
import MailComposer from "nodemailer/lib/mail-composer";
import { smartypants, smartypantsu } from "smartypants";
import { expect, test } from "vitest";
import { stringify as toYaml } from "yaml";
import { decodeExchangeDocument, encodeBareDescription, encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { withDigest } from "../../../src/exchange/digest.ts";
import type { OwnDocument } from "../../../src/exchange/description.ts";
import { bytesOf, decode, offer } from "./fixtures.ts";

const CANDIDATES = [
  "candidate:3 1 udp 2122260223 192.0.2.31 54321 typ host",
  "candidate:4 1 udp 1686052607 203.0.113.77 61234 typ srflx raddr 192.0.2.31 rport 54321",
  "candidate:5 1 udp 2122262783 2001:db8:10:24:31a:ff:fe00:77 49152 typ host",
];

function realistic(name: string): OwnDocument {
  const value = JSON.parse(encodeExchangeDocument(offer({ name }, { iceUfrag: "F+/4", iceLite: false }))) as {
    icecandidate: string[];
  };
  value.icecandidate = CANDIDATES.map((candidate) => JSON.stringify({ candidate, sdpMLineIndex: 0, sdpMid: "data" }));
  const { remarks: _, ...read } = decode(JSON.stringify(value));
  return read.p2p === undefined ? read : { ...read, p2p: withDigest(read.description, read.p2p) };
}

const OURS = realistic("Ann Meier");
const TEXT = encodeExchangeDocument(OURS);
/** What a page gives: one line. */
const BARE_TEXT = encodeBareDescription(OURS).trim();
const BARE = decode(BARE_TEXT).description;

interface MailPart {
  subject?: string;
  text?: string;
  html?: string;
  textEncoding?: "quoted-printable" | "base64";
  encoding?: string;
  attachments?: {
    filename: string;
    content: string | Buffer;
    contentType?: string;
    encoding?: string;
    contentTransferEncoding?: "7bit" | "base64" | "quoted-printable" | false;
  }[];
}

/** The source of a mail. */
async function mail(part: MailPart): Promise<Buffer> {
  const message = { from: "ann@example.org", to: "bob@example.org", subject: "Re: p2p", date: new Date(0), ...part };
  return await new MailComposer(message).compile().build();
}

/** What a mail program shows of a mail's text that is format=flowed and whose reader does not know that. RFC 3676. */
async function shown(part: MailPart): Promise<string> {
  const source = String(await mail(part));
  return source.slice(source.indexOf("\r\n\r\n") + 4);
}

const page = (html: string): string =>
  `<!DOCTYPE html><html><head><title>p2p</title></head><body>${html}</body></html>`;
const pre = (text: string): string => `<pre>${he.escape(text)}</pre>`;
const quoted = (text: string): string => text.replaceAll("\r\n", "\n").replaceAll(/^/gm, "> ");
/** The library changes what the prototype of strings does, so it runs on its own. */
const RTF_PROGRAM = `
  const JsRtf = require("jsrtf");
  const document = new JsRtf();
  for (const line of require("node:fs").readFileSync(0, "utf8").split("\\n")) {
    document.writeText(line);
    document.addLine();
  }
  process.stdout.write(document.createDocument());
`;
const rtf = (text: string): string => String(execFileSync(process.execPath, ["-e", RTF_PROGRAM], { input: text }));
const xml = (value: object, options: object = {}): string =>
  new XmlBuilder({ format: true, ...options }).build(value) as string;
const word = (text: string): Uint8Array =>
  zipSync({
    "word/document.xml": bytesOf(xml({ "w:document": { "w:p": text.split("\n").map((line) => ({ "w:t": line })) } })),
  });

type Mangling = (text: string) => string | Uint8Array | Promise<string | Uint8Array>;

/** What both documents are read from. */
const READ: Record<string, Mangling> = {
  "nodemailer: plain text": (text) => mail({ text }),
  "nodemailer: the text alone, format=flowed": (text) => shown({ text }),
  "nodemailer: quoted-printable": (text) => mail({ text: `Grüße,\n\n${text}\n`, textEncoding: "quoted-printable" }),
  "nodemailer: the quoted-printable alone": (text) => shown({ text, textEncoding: "quoted-printable" }),
  "nodemailer: base64": (text) => mail({ text, textEncoding: "base64" }),
  "nodemailer: the base64 alone": (text) => shown({ text, textEncoding: "base64" }),
  "nodemailer: an attachment in base64": (text) =>
    mail({ text: "here it is", attachments: [{ filename: "LocaltionJson.json", content: Buffer.from(text) }] }),
  "nodemailer: an attachment as text": (text) =>
    mail({
      text: "here",
      attachments: [{ filename: "a.txt", content: text, contentTransferEncoding: "quoted-printable" }],
    }),
  "nodemailer: HTML alone": (text) => mail({ html: page(pre(text)) }),
  "nodemailer: HTML in quoted-printable": (text) =>
    mail({ html: page(pre(`${text}é`)), textEncoding: "quoted-printable" }),
  "nodemailer: text and HTML": (text) => mail({ text: `Hi,\n\n${text}`, html: page(`<p>Hi,</p>${pre(text)}`) }),
  "nodemailer: text and HTML in base64": (text) => mail({ text, html: page(pre(text)), textEncoding: "base64" }),
  "nodemailer: a quoted answer": (text) => mail({ text: `On Sat, Ann wrote:\n${quoted(text)}\nthanks\n` }),
  "nodemailer: forwarded, in a mail in a mail": async (text) =>
    mail({ text: `FW:\n\n${String(await mail({ text }))}` }),
  "html-to-text: pre": (text) => convert(page(pre(text))),
  "html-to-text: pre, not wrapped": (text) => convert(page(pre(text)), { wordwrap: false }),
  "html-to-text: a paragraph": (text) => convert(page(`<p>Hi,</p><p>${he.escape(text)}</p><p>Ann</p>`)),
  "html-to-text: breaks, 60 columns": (text) =>
    convert(page(`<div>${he.escape(text).replaceAll("\n", "<br>")}</div>`), { wordwrap: 60 }),
  "html-to-text: a blockquote": (text) => convert(page(`<blockquote>${pre(text)}</blockquote>`)),
  "html-to-text: a table": (text) => convert(page(`<table><tr><td>${pre(text)}</td></tr></table>`)),
  "he: escape": (text) => he.escape(text),
  "he: escape, twice": (text) => he.escape(he.escape(text)),
  "he: numbers": (text) => he.encode(text),
  "he: decimal numbers": (text) => he.encode(text, { decimal: true }),
  "he: names": (text) => he.encode(text, { useNamedReferences: true }),
  "he: every character": (text) => he.encode(text, { encodeEverything: true }),
  "he: every character, in a page": (text) => page(`<code>${he.encode(text, { encodeEverything: true })}</code>`),
  "marked: a code fence": (text) => page(marked.parse(`Hi,\n\n\`\`\`json\n${text}\n\`\`\`\n`, { async: false })),
  "marked: an indented block": (text) =>
    page(marked.parse(`Hi,\n\n${text.replaceAll(/^/gm, "    ")}\n`, { async: false })),
  "marked, html-to-text": (text) => convert(marked.parse(`\`\`\`\n${text}\n\`\`\``, { async: false })),
  jsrtf: rtf,
  "yaml: a literal": (text) => toYaml({ offer: text, note: "from Ann" }, { lineWidth: 0 }),
  "yaml: a list of texts": (text) => toYaml(["see", text], { lineWidth: 0 }),
  "csv-stringify: a cell": (text) =>
    toCsv([
      ["name", "offer"],
      ["Ann", text],
    ]),
  "csv-stringify: semicolons, everything quoted": (text) => toCsv([["Ann", text]], { delimiter: ";", quoted: true }),
  "csv-stringify: tabs, with BOM": (text) => toCsv([["Ann", text]], { delimiter: "\t", bom: true }),
  "fast-xml-builder: an element": (text) => xml({ message: { from: "Ann", body: text } }),
  "fast-xml-builder: CDATA": (text) => xml({ message: { body: { data: text } } }, { cdataPropName: "data" }),
  "iconv-lite: UTF-16 LE": (text) => iconv.encode(text, "utf-16le"),
  "iconv-lite: UTF-16 BE": (text) => iconv.encode(text, "utf-16be"),
  "iconv-lite: UTF-16 with BOM": (text) => iconv.encode(text, "utf-16", { addBOM: true }),
  "iconv-lite: UTF-7": (text) => iconv.encode(text, "utf-7"),
  "iconv-lite: GBK, with a greeting": (text) => iconv.encode(`你好，看这里：\n${text}\n谢谢\n`, "gbk"),
  "iconv-lite: GB 18030, typographic": (text) => iconv.encode(`你好：\n${text.replaceAll('"', "”")}`, "gb18030"),
  "iconv-lite: Big5, with a greeting": (text) => iconv.encode(`你好，看這裡：\n${text}`, "big5"),
  "iconv-lite: Shift_JIS, with a greeting": (text) => iconv.encode(`こんにちは：\n${text}`, "shift_jis"),
  "iconv-lite: Windows-1252, typographic": (text) => iconv.encode(`Grüße –\n${text.replaceAll('"', "”")}`, "win1252"),
  // It takes backslashes for its own: those of the text are told from them by others.
  "smartypants: entities": (text) => smartypants(text.replaceAll("\\", "\\\\")),
  "smartypants: characters": (text) => smartypantsu(text.replaceAll("\\", "\\\\")),
  "smartypants, format=flowed, quoted": async (text) =>
    quoted(await shown({ text: smartypantsu(text.replaceAll("\\", "\\\\")) })),
};

/** What is refused, and as what. */
const NAMED: Record<string, { mangle: Mangling; flaw: string }> = {
  "smartypants: entities, backslashes gone": { mangle: (text) => smartypants(text), flaw: "mangled" },
  "smartypants: characters, backslashes gone": { mangle: (text) => smartypantsu(text), flaw: "mangled" },
  "smartypants in a page": {
    mangle: (text) => page(`<pre>${smartypants(he.escape(text).replaceAll("&quot;", '"'))}</pre>`),
    flaw: "mangled",
  },
  "yaml: a quoted text": {
    mangle: (text) => toYaml({ offer: text }, { defaultStringType: "QUOTE_DOUBLE", lineWidth: 0 }),
    flaw: "mangled",
  },
  "fflate: a Word document": { mangle: word, flaw: "foreign-format" },
  "fflate: gzip": { mangle: (text) => gzipSync(bytesOf(text)), flaw: "foreign-format" },
  "fflate: deflate in base64": {
    mangle: (text) => Buffer.from(deflateSync(bytesOf(text), { level: 9 })).toString("base64"),
    flaw: "mangled",
  },
};

/** Returns what was read; throws what was found instead. */
async function read(mangle: Mangling, text: string) {
  const result = await mangle(text);
  const decoding = decodeExchangeDocument(typeof result === "string" ? bytesOf(result) : result, "f");
  if (!decoding.ok) throw new Error(`${decoding.error.message}\n${String(result).slice(0, 1_500)}`);
  return decoding.document;
}

test("so many ways are tried", () => {
  expect(Object.keys(READ).length + Object.keys(NAMED).length).toBeGreaterThanOrEqual(50);
});

test.each(Object.entries(READ))("ours: %s", async (_, mangle) => {
  const { remarks: __, ...ours } = await read(mangle, TEXT);
  expect(ours).toEqual(OURS);
});

test.each(Object.entries(READ))("bare: %s", async (_, mangle) => {
  expect((await read(mangle, BARE_TEXT)).description).toEqual(BARE);
});

test.each(Object.entries(NAMED))("%s", async (_, { mangle, flaw }) => {
  const result = await mangle(TEXT);
  const decoding = decodeExchangeDocument(typeof result === "string" ? bytesOf(result) : result, "f");
  expect(decoding.ok ? undefined : decoding.error.params).toMatchObject({ flaw: { flaw } });
});
