import { expect, test } from "vitest";
import { encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { P2pError } from "../../../src/lib/errors/p2p-error.ts";
import { otherForm, shortCodeOf } from "../../../src/pairing/document-forms.ts";
import { signDocument } from "../../../src/pairing/people.ts";
import { generateOwnKey } from "../../../src/trust/signing.ts";
import { bytesOf, decode, foreign, offer } from "../exchange/fixtures.ts";

test("a file becomes a code, and the code a file that says the same", () => {
  const file = encodeExchangeDocument(offer());
  const code = otherForm(bytesOf(file), "x.json");
  expect(code).toMatchObject({ form: "code", text: expect.stringMatching(/^p2p:[0-9a-z]+$/) as string });
  const again = otherForm(bytesOf(code.text), "p2p:…");
  expect(again.form).toBe("file");
  expect(decode(again.text).p2p).toMatchObject(offer().p2p ?? {});
  for (const text of [file, code.text]) expect(shortCodeOf(bytesOf(text), "x.json")).toBe(code.text);
});

test("what has no code is told, and so is a wrong signature", () => {
  const refusal = (text: string): [code: string, message: string] => {
    try {
      return [otherForm(bytesOf(text), "x.json").form, ""];
    } catch (error) {
      if (error instanceof P2pError) return [error.code, error.message];
      throw error;
    }
  };
  expect(refusal(encodeExchangeDocument(foreign(offer())))).toEqual([
    "CODE_IMPOSSIBLE",
    "x.json: there is no short code of it: it is for other programs, which know no codes",
  ]);
  const signed = signDocument(offer(), generateOwnKey());
  const value = "0".repeat(128);
  const forged = encodeExchangeDocument({ ...signed, signature: { key: "0".repeat(64), value, text: "" } });
  expect(refusal(forged)[0]).toBe("FILE_SIGNATURE_WRONG");
  expect(refusal("-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----")[0]).toMatch(
    /^FILE_SEAL/,
  );
});
