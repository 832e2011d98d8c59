// Which certificates are read at all: anybody can show one in a handshake, and what it takes to check a signature with its
// key is his choice.
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readCertificate } from "../../../../src/rtc/dtls/peer-proof.ts";

/** A value of ASN.1 in DER, of less than 2^16 bytes. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), content]);
}

const [SEQUENCE, INTEGER, OBJECT_ID, UTC_TIME, BIT_STRING, VERSION] = [0x30, 2, 6, 0x17, 3, 0xa0];
/** 1.2.840.113549.1.1.11, sha256WithRSAEncryption. */
const ALGORITHM = der(SEQUENCE, der(OBJECT_ID, Buffer.from("2a864886f70d01010b", "hex")));

/** A certificate of this key without names, under no signature. */
function certificateOf(key: KeyObject): Buffer {
  const time = der(UTC_TIME, Buffer.from("250101000000Z"));
  const version = der(VERSION, der(INTEGER, Buffer.of(2)));
  const serial = der(INTEGER, Buffer.of(1));
  const nobody = der(SEQUENCE);
  const spki = key.export({ format: "der", type: "spki" });
  const signed = der(SEQUENCE, version, serial, ALGORITHM, nobody, der(SEQUENCE, time, time), nobody, spki);
  return der(SEQUENCE, signed, ALGORITHM, der(BIT_STRING, Buffer.of(0, 1)));
}

const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });

function withExponent(exponent: Uint8Array): KeyObject {
  const jwk = publicKey.export({ format: "jwk" });
  return createPublicKey({ key: { ...jwk, e: Buffer.from(exponent).toString("base64url") }, format: "jwk" });
}

describe("certificates of RSA keys", () => {
  test.each(["03", "010001"])("an exponent of 0x%s is read", (hex) => {
    const key = withExponent(Buffer.from(hex, "hex"));
    expect(readCertificate(certificateOf(key), [])?.key.asymmetricKeyType).toBe("rsa");
  });

  test.each([3, 8, 255])("one of %i bytes, which makes checking slow, is not", (bytes) => {
    const key = withExponent(Buffer.alloc(bytes, 0x7f));
    expect(readCertificate(certificateOf(key), [])).toBeUndefined();
  });
});
