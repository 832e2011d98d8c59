// What the digest of a document covers: everything that a reader takes, and neither itself nor a signature.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { documentDigest, withDigest } from "../../../src/exchange/digest.ts";
import { signedText } from "../../../src/exchange/signed-text.ts";
import { description, p2pKey } from "./fixtures.ts";

const FACTS = description();
const KEY = p2pKey({ name: "王芳" });

test("is the beginning of the SHA-256 of what a signature would be over", () => {
  const whole = createHash("sha256").update(signedText(FACTS, KEY)).digest("hex");
  expect(documentDigest(FACTS, KEY)).toBe(whole.slice(0, 16));
});

test("is added to a key, and is the same for the key with it, with a signature, and in another order", () => {
  const key = withDigest(FACTS, KEY);
  expect(key).toEqual({ ...KEY, digest: documentDigest(FACTS, KEY) });
  const signed = { ...key, signature: { key: "ab".repeat(32), value: "cd".repeat(64) } };
  for (const same of [key, signed, Object.fromEntries(Object.entries(signed).toReversed())]) {
    expect(documentDigest(FACTS, same)).toBe(key.digest);
  }
});

test("changes with the description and with every other key, of later versions too", () => {
  const digests = [
    documentDigest(FACTS, KEY),
    documentDigest(description({ iceUfrag: "abce" }), KEY),
    documentDigest(FACTS, { ...KEY, revision: 2 }),
    documentDigest(FACTS, { ...KEY, name: "王方" }),
    documentDigest(FACTS, { ...KEY, later: { digest: 1 } }),
    documentDigest(FACTS, { ...KEY, later: { digest: 2 } }),
  ];
  expect(new Set(digests).size).toBe(digests.length);
});
