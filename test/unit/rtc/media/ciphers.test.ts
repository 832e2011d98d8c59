// The ciphers of media against published vectors. SP 800-38A F.5.1, RFC 2202 §3, RFC 7714 §16.1.1.
import { expect, test } from "vitest";
import { nodeMediaCiphers } from "../../../../src/rtc/media/ciphers.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const hex = (some: Uint8Array | undefined): string | undefined => some && Buffer.from(some).toString("hex");

test("AES-128 in counter mode, also of a part of a block", () => {
  const key = bytes("2b7e151628aed2a6abf7158809cf4f3c");
  const iv = bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  const plain = bytes("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
  const wanted = "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff";
  expect(hex(nodeMediaCiphers.aesCtr(key, iv, plain))).toBe(wanted);
  expect(hex(nodeMediaCiphers.aesCtr(key, iv, plain.subarray(0, 5)))).toBe(wanted.slice(0, 10));
});

test("HMAC-SHA1 of several parts is that of all in a row", () => {
  const key = new Uint8Array(20).fill(0x0b);
  const wanted = "b617318655057264e28bc0b6fb378c8ef146be00";
  expect(hex(nodeMediaCiphers.hmacSha1(key, [Buffer.from("Hi There")]))).toBe(wanted);
  expect(hex(nodeMediaCiphers.hmacSha1(key, [Buffer.from("Hi "), new Uint8Array(0), Buffer.from("There")]))).toBe(
    wanted,
  );
});

test("AES-128-GCM seals as RFC 7714 does, and opens what is authentic", () => {
  const key = bytes("000102030405060708090a0b0c0d0e0f");
  const iv = bytes("51753c6580c2726f20718414");
  const aad = bytes("8040f17b8041f8d35501a0b2");
  const plain = Buffer.from("Gallia est omnis divisa in partes tres");
  const sealed = nodeMediaCiphers.gcmSeal(key, iv, aad, plain);
  expect(hex(sealed)).toBe(
    "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce",
  );
  expect(hex(nodeMediaCiphers.gcmOpen(key, iv, aad, sealed))).toBe(plain.toString("hex"));
  for (const at of [0, sealed.length - 1]) {
    const bent = sealed.with(at, (sealed[at] ?? 0) ^ 1);
    expect(nodeMediaCiphers.gcmOpen(key, iv, aad, bent)).toBeUndefined();
  }
  expect(nodeMediaCiphers.gcmOpen(key, iv, aad.with(0, 0), sealed)).toBeUndefined();
});

test("what is too short to have a tag is not authentic", () => {
  const [key, iv] = [new Uint8Array(16), new Uint8Array(12)];
  for (let length = 0; length < 16; length += 1) {
    expect(nodeMediaCiphers.gcmOpen(key, iv, new Uint8Array(0), new Uint8Array(length))).toBeUndefined();
  }
});
