import { describe, expect, test } from "vitest";
import { checksumOf } from "../../../../src/exchange/code/checksum.ts";
import { hasShortCode, isShortCode } from "../../../../src/exchange/code/code-text.ts";
import { encodeShortCode, readShortCode } from "../../../../src/exchange/code/short-code.ts";
import { decodeExchangeDocument, encodeExchangeDocument } from "../../../../src/exchange/codec.ts";
import type { IceCandidate, OwnDocument, P2pKey } from "../../../../src/exchange/description.ts";
import { withDigest } from "../../../../src/exchange/digest.ts";
import { documentId } from "../../../../src/exchange/document-id.ts";
import { pastedDocument } from "../../../../src/exchange/pasted-text.ts";
import { P2pError } from "../../../../src/lib/errors/p2p-error.ts";
import { generateOwnKey } from "../../../../src/trust/signing.ts";
import { checkSignature, signDocument } from "../../../../src/pairing/people.ts";
import { bytesOf, decode, description, foreign, OFFER_ID, offer, p2pKey } from "../fixtures.ts";

const host = (address: string, number: number): IceCandidate[] => {
  const preference = 0xffff - (number - 1);
  const tcp = (tcpType: "active" | "passive", direction: number, port: number): IceCandidate => ({
    foundation: `${tcpType.charAt(0)}${number}`,
    component: 1,
    transport: "tcp",
    priority: 90 * 2 ** 24 + (direction * 2 ** 13 + (preference % 2 ** 13)) * 2 ** 8 + 255,
    address,
    port,
    type: "host",
    tcpType,
  });
  return [
    {
      foundation: String(number),
      component: 1,
      transport: "udp",
      priority: 126 * 2 ** 24 + preference * 2 ** 8 + 255,
      address,
      port: 40_000 + number,
      type: "host",
    },
    tcp("active", 6, 9),
    tcp("passive", 4, 40_000 + number),
  ];
};
const mapping = (address: string, base: string, number: number): IceCandidate => ({
  foundation: `s${number}`,
  component: 1,
  transport: "udp",
  priority: 100 * 2 ** 24 + (0xffff - (number - 1)) * 2 ** 8 + 255,
  address,
  port: 61_234,
  type: "srflx",
  relatedAddress: base,
  relatedPort: 40_000 + number,
});
const udpFirst = (candidates: IceCandidate[]): IceCandidate[] => [
  ...candidates.filter(({ transport }) => transport === "udp"),
  ...candidates.filter(({ transport }) => transport === "tcp"),
];
const IPV4 = udpFirst([...host("192.168.1.23", 1), mapping("203.0.113.7", "192.168.1.23", 1)]);
const IPV6 = udpFirst([
  ...host("192.168.1.23", 1),
  ...host("2001:db8:1:2:a:b:c:d", 2),
  mapping("203.0.113.7", "192.168.1.23", 1),
]);

function answerOf(candidates: IceCandidate[], changes: Partial<P2pKey> = {}): OwnDocument {
  const facts = description({ type: "answer", setup: "active", iceUfrag: "wxyz", candidates });
  const key = p2pKey({
    id: documentId(facts),
    inReplyTo: OFFER_ID,
    inReplyToRevision: 1,
    tool: "p2p/1",
    nat: { mapping: "endpoint-independent", udp: "open", ipv6: false, relay: false },
    ...changes,
  });
  return { description: facts, p2p: withDigest(facts, key) };
}

function codeOf(document: OwnDocument): string {
  const encoded = encodeShortCode(document);
  if (!("code" in encoded)) throw new Error(encoded.why);
  return encoded.code;
}

const CODE = codeOf(answerOf(IPV4));

describe("length", () => {
  test.each([
    ["a day", {}],
    ["an hour and a half", { expiresAt: "2026-03-01T09:30:00.000Z" }],
  ])("an answer with one IPv4 address and its public one that waits for %s has at most 160 characters", (_, key) => {
    expect(codeOf(answerOf(IPV4, key)).length).toBeLessThanOrEqual(160);
  });

  test("one with an IPv6 address as well has at most 220 characters", () => {
    expect(codeOf(answerOf(IPV6)).length).toBeLessThanOrEqual(220);
  });

  test("a document of our rules comes back the same, digest included", () => {
    expect(readShortCode(codeOf(answerOf(IPV6)))).toEqual({ ok: true, document: answerOf(IPV6) });
  });

  test("one with the values of another program has a code too, and only its addresses matter", () => {
    const [candidate] = description().candidates;
    expect(decode(codeOf(offer())).description.candidates).toEqual([
      { ...candidate, priority: 2130706431, foundation: "1" },
    ]);
  });

  test("a document that is longer than the checksum protects has none", () => {
    const many = Array.from({ length: 30 }, (_, at) => host(`2001:db8::${at + 1}`, at + 1)).flat();
    expect(encodeShortCode(answerOf(many))).toEqual({ why: "too-long" });
  });

  test.each([
    ["another program's", foreign(offer()), "foreign"],
    [
      "one with two fingerprints",
      offer({}, { fingerprints: [...description().fingerprints, ...description().fingerprints] }),
      "odd",
    ],
    ["one with an odd password", offer({}, { icePwd: "abcdefghijklmnopqrst-_" }), "odd"],
  ])("%s has none", (_, document, why) => {
    expect(encodeShortCode(document)).toEqual({ why });
  });
});

/** As mail programs encode a text. */
const base64 = (text: string): string => btoa(text).replaceAll(/.{76}/g, "$&\r\n");

describe("on its way", () => {
  const spaced = CODE.replaceAll(/.{6}/g, "$& ");
  test.each([
    ["wrapped", CODE.replaceAll(/.{30}/g, "$&\r\n")],
    ["quoted", CODE.replaceAll(/.{60}/g, "$&\n> > ").replace("p2p", "> > p2p")],
    ["with spaces", spaced],
    ["with no-break and zero-width spaces", spaced.replaceAll(" ", "\u00a0\u200b")],
    ["in capitals", CODE.toUpperCase()],
    ["as a link of Markdown", `see [${CODE}](${CODE})`],
    ["as a link of a chat", `<${CODE}|${CODE}>`],
    ["as a link of a page", `<a href="${CODE}">${CODE}</a> thanks`],
    ["in a sentence", `here you are: ${CODE}, see you`],
    ["before a name", `${CODE}\n-- \nBob Example\nhttp://example.org/`],
    ["with a full-width colon", CODE.replace(":", "：")],
    ["with an encoded colon", CODE.replace(":", "%3A")],
    ["in quoted-printable", CODE.replaceAll(/.{40}/g, "$&=\r\n")],
    ["with line breaks of a page", CODE.replaceAll(/.{40}/g, "$&<br>\n")],
    ["after lines of p2p itself", `p2p: hint: carry the file\ncode: ${CODE}`],
    ["in bold", `**${CODE}**`],
    ["in a code fence", `\`\`\`\n${CODE}\n\`\`\``],
    ["with letters that look like digits", CODE.replaceAll("0", "o").replaceAll("1", "l")],
  ])("is read %s", (_, text) => {
    const { remarks, ...document } = decode(text);
    expect(document).toEqual(answerOf(IPV4));
    expect(remarks[0]).toEqual({ remark: "code" });
  });

  test("is kept as a whole file when it was pasted", () => {
    const { remarks, ...document } = decode(pastedDocument(` ${CODE}\n`));
    expect(document).toEqual(answerOf(IPV4));
    expect(remarks).toEqual([]);
  });

  test.each([
    ["alone", base64(CODE)],
    ["with the rest of a mail", base64(`Hi Bob,\r\n\r\n${CODE}\r\n\r\nAnn\r\n`)],
    ["below the headers of a mail", `Content-Transfer-Encoding: base64\r\n\r\n${base64(`${CODE}\r\n`)}\r\n`],
    ["in a mail that is quoted", `> ${base64(CODE).replaceAll("\n", "\n> ")}`],
  ])("is read in base64 %s", (_, text) => {
    const { remarks, ...document } = decode(text);
    expect(document).toEqual(answerOf(IPV4));
    expect(remarks).toMatchObject([{ remark: "repaired" }, { remark: "code" }]);
    expect(decode(pastedDocument(text)).p2p).toEqual(answerOf(IPV4).p2p);
  });

  test("two different ones in one text are refused", () => {
    expect(readShortCode(`${CODE}\n${codeOf(answerOf(IPV6))}`)).toEqual({
      ok: false,
      flaw: { flaw: "several-descriptions" },
    });
  });

  test("one in the name of a document is only a name", () => {
    const named = encodeExchangeDocument(offer({ name: CODE }));
    expect(decode(named).description.type).toBe("offer");
  });
});

describe("what is wrong with it", () => {
  const flawOf = (text: string): unknown => {
    const decoding = decodeExchangeDocument(bytesOf(text), "x");
    return decoding.ok ? undefined : decoding.error instanceof P2pError ? decoding.error.params : decoding.error;
  };

  test("a typo is told by the characters around it, as they were written", () => {
    const at = "p2p:".length + 57;
    const wrong = CODE.at(at) === "k" ? "m" : "K";
    const typed = `${CODE.slice(0, at)}${wrong}${CODE.slice(at + 1)}`;
    const group = typed.slice(at - 2, at + 3);
    expect(flawOf(typed)).toMatchObject({ flaw: { flaw: "code-typo", from: 56, to: 60, group } });
    const { message } = new P2pError("FILE_MALFORMED", flawOf(typed) as never);
    expect(message).toContain(`characters 56 to 60 behind 'p2p:' (${group})`);
  });

  test.each([50, 100, 150])("one that ends after %i characters is cut off", (length) => {
    expect(flawOf(CODE.slice(0, length))).toMatchObject({ flaw: { flaw: "code-cut-off" } });
  });

  test("one that was cut off and then encoded is cut off too", () => {
    expect(flawOf(base64(`Hi Bob,\r\n\r\n${CODE.slice(0, 100)}`))).toMatchObject({ flaw: { flaw: "code-cut-off" } });
  });

  test("a typo is not searched for without end in a text of many ends", () => {
    const at = "p2p:".length + 57;
    const typed = `${CODE.slice(0, at)}${CODE.at(at) === "k" ? "m" : "K"}${CODE.slice(at + 1)}`;
    // No code begins with this digit, so that the text behind it is looked at as well.
    const manyEnds = `p2p:0${Array.from({ length: 80 }, () => "7".repeat(11)).join("\n")}`;
    const texts = [`${manyEnds}\n:\n${typed}`, `${manyEnds}\n:\n${manyEnds}\n:\n${typed}`];
    const flaws = texts.map((text) => flawOf(text));
    expect(flaws).toMatchObject([{ flaw: { flaw: "code-typo" } }, { flaw: { flaw: "code-damaged" } }]);
  });

  test("several typos are told", () => {
    const swapped = CODE.replace(/(.{70})(.)(.{9})(.)(.{9})(.)/, "$1$4$3$6$5$2");
    expect(flawOf(swapped)).toMatchObject({
      flaw: { flaw: expect.stringMatching(/^code-(?:damaged|cut-off)$/) as string },
    });
  });

  test("the version of a newer p2p is told", () => {
    const digits = [31, ...Array.from({ length: 120 }, (_, at) => at % 32)];
    const text = [...digits, ...checksumOf(digits)].map((digit) => "0123456789abcdefghjkmnpqrstvwxyz".charAt(digit));
    expect(flawOf(`p2p:${text.join("")}`)).toMatchObject({ flaw: { flaw: "code-newer" } });
  });

  test("prose behind the name of the program is none", () => {
    expect(
      readShortCode("p2p: wrote 3 files, and then some more of them were written by somebody else"),
    ).toBeUndefined();
  });
});

describe("signed", () => {
  const key = generateOwnKey();

  test("a signed document has a signed code, which is as good", () => {
    const signed = signDocument(answerOf(IPV4), key);
    const code = codeOf(signed);
    expect(code.length).toBeLessThanOrEqual(320);
    const read = decode(code);
    expect(read.signature).toEqual(signed.signature);
    expect(() => checkSignature(read, "x")).not.toThrow();
  });

  test("one whose candidates are not of our rules has them in full", () => {
    const signed = signDocument(offer({ tool: "other/2", name: "Ann" }), key);
    const read = decode(codeOf(signed));
    expect(read.signature).toEqual(signed.signature);
    expect(read.description).toEqual(signed.description);
    expect(read.p2p).toEqual(signed.p2p);
  });

  test("one whose signature covers what no code holds has none", () => {
    const signed = signDocument(offer(), key);
    const more = { ...signed, signature: { key: key.publicKey, value: "0".repeat(128), text: "more" } };
    expect(encodeShortCode(more)).toEqual({ why: "signed" });
  });
});

test("isShortCode knows an argument that is a code", () => {
  expect(isShortCode(CODE)).toBe(true);
  expect(isShortCode(CODE.toUpperCase())).toBe(true);
  const groups = CODE.slice(4).match(/.{1,5}/g) ?? [];
  for (const between of [" ", "-", " - ", "\n"]) {
    expect(isShortCode(`p2p:${groups.join(between)}`)).toBe(true);
    expect(isShortCode(` p2p:${between}${groups.join(between)}`)).toBe(true);
  }
  expect(isShortCode("p2p:short")).toBe(false);
  expect(isShortCode("p2p:a short name.txt")).toBe(false);
  expect(isShortCode("/tmp/p2p:file")).toBe(false);
  expect([CODE, CODE.slice(0, -1), "p2p: nothing"].map(hasShortCode)).toEqual([true, false, false]);
});
