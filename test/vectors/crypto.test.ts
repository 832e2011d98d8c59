// Vectors of others for what seals records and proves who is there: NIST CAVP, RFC 6979 and C2SP Wycheproof. Where each
// file comes from, and its licence, stands in it.
import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { splitRecords } from "../../src/guard/dtls-record.ts";
import { openAesGcm, sealAesGcm, TAG_BYTES } from "../../src/rtc/dtls/aes-gcm.ts";
import { isSignedBy } from "../../src/rtc/dtls/peer-proof.ts";
import { RecordProtection } from "../../src/rtc/dtls/record-protection.ts";
import { isSignedBy as isSignedByEd25519 } from "../../src/trust/signing.ts";

function load(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`crypto/${name}.json`, import.meta.url), "utf8"));
}

const hex = (text: string): Buffer => Buffer.from(text, "hex");

interface GcmTest {
  id?: number;
  key: string;
  iv: string;
  aad: string;
  msg: string;
  ct: string;
  tag: string;
  result?: string;
}

describe.each(["nist-aes-128-gcm", "wycheproof-aes-128-gcm"])("%s", (name) => {
  const { tests } = load(name) as { tests: GcmTest[] };

  test("seals as it says", () => {
    const valid = tests.filter(({ result }) => result !== "invalid");
    expect(valid.length).toBeGreaterThan(20);
    for (const { key, iv, aad, msg, ct, tag } of valid) {
      const into = Buffer.alloc(hex(msg).length + TAG_BYTES);
      sealAesGcm(createSecretKey(hex(key)), hex(iv), hex(aad), hex(msg), into, 0);
      expect(into.toString("hex")).toBe(ct + tag);
    }
  });

  test("opens what is right, and nothing else", () => {
    for (const { id, key, iv, aad, msg, ct, tag, result } of tests) {
      const opened = openAesGcm(createSecretKey(hex(key)), hex(iv), hex(aad), hex(ct + tag));
      expect([id, opened?.toString("hex")]).toEqual([id, result === "invalid" ? undefined : msg]);
    }
  });

  test("no record opens with another bit of its tag or ciphertext", () => {
    for (const { key, iv, msg } of tests.filter(({ result }) => result !== "invalid")) {
      const keys = { key: hex(key), salt: hex(iv).subarray(0, 4) };
      const sealed = new RecordProtection(keys, keys, 1).seal(23, hex(msg));
      for (const bit of [0, 7, 8 * 8, 8 * 16 - 1]) {
        const bent = Buffer.from(sealed);
        const at = bent.length - 1 - (bit >> 3);
        bent[at] = (bent[at] ?? 0) ^ (1 << (bit & 7));
        const [record] = splitRecords(bent);
        if (record === undefined) throw new Error("no record");
        expect(new RecordProtection(keys, keys, 1).open(record)).toBeUndefined();
      }
      const [record] = splitRecords(sealed);
      if (record === undefined) throw new Error("no record");
      expect(new RecordProtection(keys, keys, 1).open(record)?.toString("hex")).toBe(msg);
    }
  });
});

type SignatureTest = [id: number, result: string, message: string, signature: string];

interface SignatureFile {
  groups: { key: string; tests: SignatureTest[] }[];
}

/** @param point - uncompressed, hex */
function p256(point: string): KeyObject {
  const [x, y] = [hex(point).subarray(1, 33), hex(point).subarray(33)].map((bytes) => bytes.toString("base64url"));
  return createPublicKey({ key: { kty: "EC", crv: "P-256", x, y } as never, format: "jwk" });
}

const ecdsa = (bytes: Buffer) => ({ hash: "sha256", signature: "ecdsa", bytes }) as const;

/**
 * Where we decide otherwise, by id. Empty: OpenSSL takes what the vectors call valid, and nothing that they call
 * invalid. Signatures of a handshake are DER and nothing around it.
 */
const DEVIATIONS: Readonly<Record<string, readonly number[]>> = {
  "wycheproof-ecdsa-p256-sha256": [],
  "wycheproof-ed25519": [],
};

test.each([
  [
    "wycheproof-ecdsa-p256-sha256",
    (key: string, message: Buffer, signature: string) => isSignedBy(p256(key), ecdsa(hex(signature)), message),
  ],
  [
    "wycheproof-ed25519",
    (key: string, message: Buffer, signature: string) => isSignedByEd25519(key, signature, message),
  ],
] as const)("%s: a signature counts when it is valid", (name, isSigned) => {
  const { groups } = load(name) as SignatureFile;
  const others = groups.flatMap(({ key, tests }) =>
    tests
      .filter(([, result, message, signature]) => isSigned(key, hex(message), signature) !== (result === "valid"))
      .map(([id]) => id),
  );
  expect(groups.flatMap(({ tests }) => tests).length).toBeGreaterThan(100);
  expect(others).toEqual(DEVIATIONS[name]);
});

test("RFC 6979 A.2.5: its two signatures with P-256 and SHA-256 count, for their own message", () => {
  const key = p256(
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
  );
  const sample =
    "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
  const other =
    "3045022100f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d383670220019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083";
  const verdicts = [sample, other].flatMap((signature) =>
    ["sample", "test"].map((message) => isSignedBy(key, ecdsa(hex(signature)), Buffer.from(message))),
  );
  expect(verdicts).toEqual([true, false, false, true]);
});
