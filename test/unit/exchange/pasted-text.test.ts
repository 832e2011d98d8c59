// Text that a person pastes: its document alone is stored, or it is named at once what it lacks.
import { expect, test } from "vitest";
import { encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { pastedDocument } from "../../../src/exchange/pasted-text.ts";
import { readSealed } from "../../../src/exchange/sealed.ts";
import { bytesOf, decode, offer } from "./fixtures.ts";

const TEXT = encodeExchangeDocument(offer());
const BASE64 = Buffer.from("age-encryption.org/v1\n-> scrypt c2FsdA 18\nAAAA\n--- bWFj\nciphertext").toString("base64");
const ARMOR = `-----BEGIN AGE ENCRYPTED FILE-----\n${BASE64}\n-----END AGE ENCRYPTED FILE-----\n`;

test("text around a document is not stored", () => {
  expect(pastedDocument(`Hi {Bob}!\n${TEXT}\n--\nAcme Inc. {sales}\n`)).toBe(TEXT.trim());
  expect(decode(pastedDocument(`> ${TEXT.replaceAll("\n", "\n> ")}`)).p2p).toEqual(offer().p2p);
});

test("our own document is not stored, in whatever form it comes", () => {
  const own = offer().p2p?.id;
  for (const text of [TEXT, `> ${TEXT.replaceAll("\n", "\n> ")}`]) {
    expect(() => pastedDocument(text, own)).toThrow("the pasted text: this is our own file");
  }
  expect(pastedDocument(TEXT, "0".repeat(32))).toBe(TEXT.trim());
});

test.each([
  ["quoted", ARMOR.replaceAll(/^/gm, "> ")],
  ["with joined dashes", ARMOR.replaceAll("-----", "—--")],
  ["behind other text", `Hi Bob,\nhere it is:\n\n${ARMOR}`],
  ["as quoted-printable", ARMOR.replaceAll("=", "=3D").replace(BASE64.slice(0, 20), `${BASE64.slice(0, 20)}=\n`)],
  ["with no-break spaces", ARMOR.replaceAll(" ", "\u00a0")],
])("sealed armor %s is stored as age writes it", (_, text) => {
  const stored = pastedDocument(text);
  const sealed = readSealed(bytesOf(stored));
  expect(stored.startsWith("-----BEGIN AGE ENCRYPTED FILE-----\n")).toBe(true);
  expect(sealed?.state === "whole" && Buffer.from(sealed.bytes).toString("base64")).toBe(BASE64);
});

test.each([
  ["hello", "the pasted text: is not JSON: it is another text, or was cut off or changed on its way"],
  // Nothing in these is of an exchange file, so nobody has mangled one.
  ["{broken", "the pasted text: is not JSON: it is another text, or was cut off or changed on its way"],
  [
    "see {sales} here\nand there",
    "the pasted text: is not JSON: it is another text, or was cut off or changed on its way",
  ],
  ["> {a quotation}", "the pasted text: is not JSON: it is another text, or was cut off or changed on its way"],
  ["“hi”", "the pasted text: is not JSON: it is another text, or was cut off or changed on its way"],
  ["<p>hi</p>", "the pasted text: is not JSON: it is another text, or was cut off or changed on its way"],
  [TEXT.slice(0, 400), "the pasted text: is cut off after 400 characters"],
  [
    TEXT.replaceAll("\\", ""),
    "the pasted text: cannot be read: its backslashes are gone: a chat or forum took them for formatting",
  ],
  [ARMOR.slice(0, 60), "the pasted text: the seal is damaged: cut off or changed on its way"],
])("what is no whole document is refused: %j", (text, message) => {
  expect(() => pastedDocument(text)).toThrow(message);
});
