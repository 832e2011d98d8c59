// What a signature is over: every fact that a reader takes, and nothing of how the file looked on its way.
import { describe, expect, test } from "vitest";
import { encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import type { ExchangeDocument } from "../../../src/exchange/description.ts";
import { signedText } from "../../../src/exchange/signed-text.ts";
import { bytesOf, decode, FINGERPRINT, offer } from "./fixtures.ts";
import { flawOf } from "./odd-documents.ts";

const SIGNATURE = { key: "ab".repeat(32), value: "cd".repeat(64), text: "" };
const DOCUMENT = { ...offer({ name: "王芳", nat: { ipv6: true } }), signature: SIGNATURE };
const TEXT = encodeExchangeDocument(DOCUMENT);

const textOf = (document: ExchangeDocument): string => document.signature?.text ?? "";

/** The file with its objects changed. */
function changed(change: (p2p: Record<string, unknown>, outer: Record<string, unknown>) => void): string {
  const outer = JSON.parse(TEXT) as { p2p: Record<string, unknown> };
  change(outer.p2p, outer);
  return JSON.stringify(outer);
}

test("is the same where it is made and where it is read", () => {
  const { description, p2p = {} } = DOCUMENT;
  const read = decode(TEXT);
  expect(textOf(read)).toBe(signedText(description, p2p));
  expect(textOf(read)).toMatch(/^p2p document\/1\n\{"description":\{"candidates":\[\{"address":"127\.0\.0\.1",/);
  expect(read.signature).toMatchObject({ key: SIGNATURE.key, value: SIGNATURE.value });
  expect(read.p2p).toEqual(p2p);
});

test("of the old form, which gives no message size, is the same too", () => {
  const { description, p2p = {} } = DOCUMENT;
  const legacy = { ...description, form: "legacy" as const, maxMessageSize: 65_536 };
  const read = decode(encodeExchangeDocument({ ...DOCUMENT, description: legacy }));
  expect(textOf(read)).toBe(signedText(legacy, p2p));
});

test("is as docs/exchange-format.md shows it", () => {
  const facts = {
    type: "answer" as const,
    form: "modern" as const,
    mid: "data",
    iceUfrag: "abcd",
    icePwd: "abcdefghijklmnopqrstuv",
    iceLite: false,
    fingerprints: [{ algorithm: "sha-256", value: FINGERPRINT }],
    setup: "active" as const,
    sctpPort: 5000,
    maxMessageSize: 262_144,
    candidates: [],
  };
  expect(signedText(facts, { version: 1, b: [1, "é\n"], a: { z: null, y: true } })).toBe(
    `p2p document/1\n{"description":{"candidates":[],"fingerprints":[{"algorithm":"sha-256","value":"${FINGERPRINT}"}],"form":"modern","iceLite":false,"icePwd":"abcdefghijklmnopqrstuv","iceUfrag":"abcd","maxMessageSize":262144,"mid":"data","sctpPort":5000,"setup":"active","type":"answer"},"p2p":{"a":{"y":true,"z":null},"b":[1,"é\\n"],"version":1}}`,
  );
});

describe("does not depend on", () => {
  test.each<[string, string | Uint8Array]>([
    ["line ends", TEXT.replaceAll("\n", "\r\n")],
    ["a code fence", `\`\`\`json\n${TEXT}\`\`\``],
    ["white space", JSON.stringify(JSON.parse(TEXT))],
    ["UTF-16", Uint8Array.from(Buffer.from(`\u{feff}${TEXT}`, "utf16le"))],
    ["the p2p key as text", changed((p2p, outer) => Object.assign(outer, { p2p: JSON.stringify(p2p) }))],
    [
      "the order of keys",
      changed((p2p, outer) => Object.assign(outer, { p2p: Object.fromEntries(Object.entries(p2p).toReversed()) })),
    ],
    ["keys outside that nobody reads", changed((_, outer) => Object.assign(outer, { more: 1 }))],
  ])("%s", (_, carried) => {
    expect(textOf(decode(carried))).toBe(textOf(decode(TEXT)));
  });
});

describe("changes with", () => {
  test.each<[string, string]>([
    ["the fingerprint", TEXT.replace(FINGERPRINT.slice(0, 5), "00:00")],
    ["the ICE password", TEXT.replace("abcdefghijklmnopqrstuv", "abcdefghijklmnopqrstuw")],
    ["the ICE user", TEXT.replace("a=ice-ufrag:abcd", "a=ice-ufrag:abce")],
    ["a candidate", TEXT.replace("127.0.0.1 4000", "127.0.0.1 4001")],
    ["the role", TEXT.replace("actpass", "active")],
    ["the SCTP port", TEXT.replace("sctp-port:5000", "sctp-port:5001")],
    ["the type", TEXT.replace('type\\" : \\"offer', 'type\\" : \\"answer').replace("actpass", "active")],
    ["the id", TEXT.replace("0123456789abcdef", "1123456789abcdef")],
    ["the revision", changed((p2p) => Object.assign(p2p, { revision: 2 }))],
    ["the expiry", changed((p2p) => Object.assign(p2p, { expiresAt: "2027-03-02T08:00:00.000Z" }))],
    ["what it answers", changed((p2p) => Object.assign(p2p, { inReplyTo: "1".repeat(32) }))],
    ["the name", TEXT.replace("王芳", "王方")],
    ["what it says of the router", changed((p2p) => Object.assign(p2p, { nat: { ipv6: false } }))],
    ["a key of a later version", changed((p2p) => Object.assign(p2p, { later: "x" }))],
    [
      "a key of a later version within another",
      changed((p2p) => Object.assign(p2p, { nat: { ipv6: true, later: 1 } })),
    ],
  ])("%s", (_, carried) => {
    const text = textOf(decode(carried));
    expect(text).not.toBe("");
    expect(text).not.toBe(textOf(decode(TEXT)));
  });
});

describe("a signature", () => {
  test.each([
    [{ key: "ab" }, "p2p.signature.key"],
    [{ key: SIGNATURE.key.toUpperCase(), value: SIGNATURE.value }, "p2p.signature.key"],
    [{ key: SIGNATURE.key, value: 7 }, "p2p.signature.value"],
    ["signed", "p2p.signature"],
  ])("must have its form: %j", (signature, field) => {
    expect(flawOf(changed((p2p) => Object.assign(p2p, { signature })))).toMatchObject({ field });
  });

  test("over something nested without end is refused, not followed", () => {
    const deep = `${"[".repeat(60_000)}${"]".repeat(60_000)}`;
    const text = TEXT.replace('"version" : 1', `"version" : 1, "later" : ${deep}`);
    expect(flawOf(text)).toMatchObject({ field: "p2p" });
    // Without a signature there is no need to look into it.
    const unsigned = text.replace(/,\s*"signature" : \{[^}]*\}/, "");
    expect(decode(bytesOf(unsigned)).signature).toBeUndefined();
  });
});
