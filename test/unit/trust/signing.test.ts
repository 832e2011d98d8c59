import { describe, expect, test } from "vitest";
import { generateOwnKey, isSignedBy, signBytes } from "../../../src/trust/signing.ts";

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

describe("Ed25519", () => {
  test("as RFC 8032 §7.1 has it, test 2", () => {
    const seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    const publicKey = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    const signature =
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    const privateKey = Buffer.from(`302e020100300506032b657004220420${seed}`, "hex").toString("base64");
    expect(signBytes({ publicKey, privateKey }, bytesOf("72"))).toBe(signature);
    expect(isSignedBy(publicKey, signature, bytesOf("72"))).toBe(true);
    expect(isSignedBy(publicKey, signature, bytesOf("73"))).toBe(false);
  });

  test("a key that is made signs for itself and for nobody else", () => {
    const [mine, other] = [generateOwnKey(), generateOwnKey()];
    const signature = signBytes(mine, bytesOf("0102"));
    expect(mine.publicKey).toMatch(/^[0-9a-f]{64}$/);
    expect(signature).toMatch(/^[0-9a-f]{128}$/);
    expect(isSignedBy(mine.publicKey, signature, bytesOf("0102"))).toBe(true);
    expect(isSignedBy(other.publicKey, signature, bytesOf("0102"))).toBe(false);
  });

  test("a signature is refused that is cut, is of other bytes, or whose key is none", () => {
    const mine = generateOwnKey();
    const bytes = bytesOf("0102");
    const signature = signBytes(mine, bytes);
    for (const other of ["", signature.slice(2), `${signature}00`, `${signature.slice(2)}00`, "zz".repeat(64)]) {
      expect(isSignedBy(mine.publicKey, other, bytes)).toBe(false);
    }
    for (const key of ["", mine.publicKey.slice(2), `${mine.publicKey}00`, "zz".repeat(32)]) {
      expect(isSignedBy(key, signature, bytes)).toBe(false);
    }
    expect(isSignedBy(mine.publicKey, signature, new Uint8Array(0))).toBe(false);
    expect(generateOwnKey()).not.toEqual(mine);
  });

  // The points of small order, in each of their encodings: with them as keys, h·A is one of eight points, whatever is signed.
  const SMALL = [
    "00".repeat(32),
    `${"00".repeat(31)}80`,
    `01${"00".repeat(31)}`,
    `01${"00".repeat(30)}80`,
    ...["ec", "ed", "ee"].flatMap((first) => ["7f", "ff"].map((last) => `${first}${"ff".repeat(30)}${last}`)),
    ...["05", "85"].map((last) => `26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc${last}`),
    ...["7a", "fa"].map((last) => `c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03${last}`),
  ];

  test.each(SMALL)("nothing is signed by %s, which anybody could sign for", (key) => {
    for (let number = 0; number < 32; number += 1) {
      for (const point of SMALL) {
        expect(isSignedBy(key, `${point}${"00".repeat(32)}`, Uint8Array.of(number))).toBe(false);
      }
    }
  });

  test.each(["ff".repeat(32), "01".padEnd(64, "0"), "ee".repeat(32)])(
    "nothing is signed by %s, which is no point",
    (key) => {
      for (const signature of ["00".repeat(64), "ff".repeat(64), `${key}${"00".repeat(32)}`]) {
        expect(isSignedBy(key, signature, bytesOf("0102"))).toBe(false);
      }
    },
  );
});
