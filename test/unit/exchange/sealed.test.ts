import { describe, expect, test } from "vitest";
import { decodeExchangeDocument, encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { readSealed } from "../../../src/exchange/sealed.ts";
import { bytesOf, offer } from "./fixtures.ts";

const INSIDE =
  "age-encryption.org/v1\n-> scrypt c2FsdA 18\nAAAA\n--- bWFj\nciphertext of any length at all, so that there are lines";
const BASE64 =
  Buffer.from(INSIDE)
    .toString("base64")
    .match(/.{1,64}/g) ?? [];
const ARMOR = ["-----BEGIN AGE ENCRYPTED FILE-----", ...BASE64, "-----END AGE ENCRYPTED FILE-----", ""].join("\n");

function insideOf(text: string | Uint8Array): string | undefined {
  const sealed = readSealed(typeof text === "string" ? bytesOf(text) : text);
  return sealed?.state === "whole" ? new TextDecoder().decode(sealed.bytes) : sealed?.state;
}

describe("armored text", () => {
  test.each([
    ["as age writes it", ARMOR],
    ["with CR LF", ARMOR.replaceAll("\n", "\r\n")],
    ["with a BOM and white space around", `\u{feff}\n \n${ARMOR}\n\n`],
    ["in a code fence", `\`\`\`text\n${ARMOR}\`\`\``],
    ["indented and with empty lines", ARMOR.replaceAll("\n", "\n\n    ")],
    ["wrapped at another width", ARMOR.replace(BASE64.join("\n"), BASE64.join("").replace(/(.{40})/g, "$1\n"))],
    ["with something behind it", `${ARMOR}\nsent from my phone`],
  ])("%s", (_, text) => {
    expect(insideOf(text)).toBe(INSIDE);
  });

  test("in UTF-16", () => {
    expect(insideOf(Uint8Array.from(Buffer.from(`\u{feff}${ARMOR}`, "utf16le")))).toBe(INSIDE);
  });

  test("is partial before its last line is whole", () => {
    for (let length = 34; length < ARMOR.trimEnd().length; length += 1) {
      expect(insideOf(ARMOR.slice(0, length))).toBe("partial");
    }
  });

  test.each([
    ["a character that is not base64", ARMOR.replace(BASE64[1] ?? "", `*${BASE64[1]?.slice(1)}`)],
    ["a character too few", ARMOR.replace(`${BASE64[0]}`, BASE64[0]?.slice(1) ?? "")],
    ["nothing inside", "-----BEGIN AGE ENCRYPTED FILE-----\n-----END AGE ENCRYPTED FILE-----\n"],
    ["padding in the middle", ARMOR.replace(BASE64[0]?.slice(0, 4) ?? "", "AA==")],
  ])("is damaged: %s", (_, text) => {
    expect(insideOf(text)).toBe("damaged");
  });
});

test("what is inside may stand alone", () => {
  expect(insideOf(INSIDE)).toBe(INSIDE);
});

test.each(["", "{}", "age-encryption.org/v2\n", "-----BEGIN PGP MESSAGE-----", encodeExchangeDocument(offer())])(
  "is not sealed: %j",
  (text) => {
    expect(readSealed(bytesOf(text))).toBeUndefined();
  },
);

describe("the codec", () => {
  test("says that it is sealed, and by what", () => {
    const toKey = Buffer.from(INSIDE.replace("scrypt", "X25519"));
    for (const [bytes, needs] of [
      [bytesOf(ARMOR), "passphrase"],
      [Uint8Array.from(toKey), "identity"],
    ] as const) {
      expect(decodeExchangeDocument(bytes, "f.json")).toMatchObject({
        ok: false,
        incomplete: false,
        isExchange: true,
        error: { code: "FILE_SEALED", params: { path: "f.json", needs }, exit: 6 },
      });
    }
  });

  test("waits for the rest of one that is cut off, and not for a damaged one", () => {
    const read = (text: string) => decodeExchangeDocument(bytesOf(text), "f.json");
    expect(read(ARMOR.slice(0, 100))).toMatchObject({ incomplete: true, error: { code: "FILE_SEAL_DAMAGED" } });
    expect(read(ARMOR.replace(BASE64[0] ?? "", "*"))).toMatchObject({
      incomplete: false,
      error: { code: "FILE_SEAL_DAMAGED" },
    });
  });
});
