// The parts of handshake messages, of any bytes at all.
import { generateKeyPairSync, sign, verify } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  clientPoint,
  decodeSigned,
  ecdsaTwin,
  firstCertificate,
  helloCookie,
  helloRandom,
  helloVerifyRequest,
  isSoundCertificateRequest,
  isSoundServerHello,
  requestedCookie,
  splitServerKeyExchange,
  withoutCookie,
} from "../../../src/guard/certificate-proof.ts";

const VERSION = [0xfe, 0xfd];
const RANDOM = Array.from({ length: 32 }, (_, index) => index);
const ones = (length: number): number[] => Array.from({ length }, () => 1);
const bytes = (...parts: (number | readonly number[])[]): Uint8Array => Uint8Array.from(parts.flat());

describe("a ClientHello", () => {
  const end = [0, 2, 0xc0, 0x2b, 1, 0];
  const first = bytes(VERSION, RANDOM, 2, 7, 7, 0, end);
  const second = bytes(VERSION, RANDOM, 2, 7, 7, 3, 1, 2, 3, end);

  test("has a cookie, an empty one, or is cut before it", () => {
    expect([...(helloCookie(second) ?? [])]).toEqual([1, 2, 3]);
    expect([...(helloCookie(first) ?? [9])]).toEqual([]);
    expect(helloCookie(second.subarray(0, 40))).toBeUndefined();
    expect(helloRandom(second)).toEqual(Uint8Array.from(RANDOM));
  });

  test("is the first one again without its cookie", () => {
    expect(withoutCookie(second)).toEqual(first);
    expect(withoutCookie(first)).toEqual(first);
  });
});

describe("a HelloVerifyRequest", () => {
  test("has the cookie that it was made with", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 255 }), (cookie) => {
        expect(requestedCookie(helloVerifyRequest(cookie))).toEqual(cookie);
      }),
    );
  });

  test.each([
    ["without a cookie", bytes(VERSION, 0)],
    ["of another version", bytes(3, 3, 1, 5)],
    ["cut", bytes(VERSION, 2, 5)],
    ["with more behind it", bytes(VERSION, 1, 5, 5)],
  ])("%s is none", (_, body) => {
    expect(requestedCookie(body)).toBeUndefined();
  });
});

describe("a ServerHello", () => {
  const head = [...VERSION, ...RANDOM, 1, 0];

  test.each([
    ["without extensions", bytes(head, 0xc0, 0x2b, 0), true],
    ["with some", bytes(head, 0xc0, 0x2f, 0, 0, 9, 0, 23, 0, 0, 255, 1, 0, 1, 0), true],
    ["of a suite that nobody offered", bytes(head, 0, 0x2f, 0), false],
    ["with compression", bytes(head, 0xc0, 0x2b, 1), false],
    ["of another version", bytes(3, 3, RANDOM, 1, 0, 0xc0, 0x2b, 0), false],
    ["with extensions that are cut", bytes(head, 0xc0, 0x2b, 0, 0, 4, 0, 23, 0), false],
    ["with an extension longer than all", bytes(head, 0xc0, 0x2b, 0, 0, 4, 0, 23, 0, 1), false],
    ["that is cut", bytes(head), false],
  ])("%s: %s", (_, body, isSound) => {
    expect(isSoundServerHello(body)).toBe(isSound);
  });
});

test.each([
  ["whole", bytes(1, 64, 0, 2, 4, 3, 0, 0), true],
  ["cut", bytes(1, 64, 0, 2, 4, 3, 0), false],
  ["with more behind it", bytes(1, 64, 0, 2, 4, 3, 0, 0, 0), false],
  ["empty", bytes(), false],
])("a CertificateRequest, %s: %s", (_, body, isSound) => {
  expect(isSoundCertificateRequest(body)).toBe(isSound);
});

test("a key is of a group and a length that go together", () => {
  const exchange = (group: number, length: number): Uint8Array =>
    bytes(3, 0, group, length, ones(length), 4, 3, 0, 1, 9);
  expect([exchange(29, 32), exchange(23, 65)].map((body) => splitServerKeyExchange(body)?.signed.bytes.length)).toEqual(
    [1, 1],
  );
  expect([exchange(29, 65), exchange(23, 33), exchange(30, 32)].map(splitServerKeyExchange)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect([32, 65, 33].map((length) => clientPoint(bytes(length, ones(length)))?.length)).toEqual([32, 65, undefined]);
});

test("everything returns for any bytes, with views that lie inside them", () => {
  const readers = [
    firstCertificate,
    helloCookie,
    helloRandom,
    requestedCookie,
    clientPoint,
    (body: Uint8Array) => decodeSigned(body)?.bytes,
    (body: Uint8Array) => splitServerKeyExchange(body)?.params,
  ];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (body) => {
      for (const read of readers) expect(read(body)?.length ?? 0).toBeLessThanOrEqual(body.length);
      expect(withoutCookie(body).length).toBeLessThanOrEqual(body.length);
      expect([isSoundServerHello(body), isSoundCertificateRequest(body)].every((one) => typeof one === "boolean")).toBe(
        true,
      );
    }),
  );
});

describe("the other signature of the same content", () => {
  const ORDERS = {
    "P-256": 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    "P-384": 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    "P-521":
      0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  };

  test.each(Object.entries(ORDERS))(
    "with %s: is as valid, another one, and its own twin again",
    (namedCurve, order) => {
      const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve });
      for (let round = 0; round < 20; round += 1) {
        const content = Uint8Array.of(round);
        const signature = new Uint8Array(sign("sha256", content, privateKey));
        const twin = ecdsaTwin(signature, order) ?? bytes();
        expect(twin).not.toEqual(signature);
        expect(verify("sha256", content, publicKey, twin)).toBe(true);
        expect(ecdsaTwin(twin, order)).toEqual(signature);
      }
    },
  );

  test("of any bytes at all is one, or none", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (der) => {
        expect(ecdsaTwin(der, ORDERS["P-256"])?.[0] ?? 0x30).toBe(0x30);
      }),
    );
  });
});
