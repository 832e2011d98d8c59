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
  withSignature,
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
    const cut = second.subarray(0, 40);
    expect(withoutCookie(cut)).toBe(cut);
  });

  test("goes on behind its cookie: one that ends with it is cut", () => {
    const ended = bytes(VERSION, RANDOM, 0, 2, 8, 9);
    expect(helloCookie(ended)).toBeUndefined();
    expect(helloCookie(bytes([...ended], 0))).toEqual(bytes(8, 9));
  });

  test("has its random once it is long enough for one", () => {
    expect(helloRandom(bytes(VERSION, RANDOM))).toEqual(bytes(RANDOM));
    expect(helloRandom(bytes(VERSION, RANDOM.slice(1)))).toBeUndefined();
  });
});

describe("a Certificate", () => {
  const message = (...certificates: number[][]): Uint8Array => {
    const list = certificates.flatMap((der) => [0, der.length >> 8, der.length & 255, ...der]);
    return bytes(0, list.length >> 8, list.length & 255, list);
  };

  test("gives the first one of its chain, from a view too", () => {
    expect(firstCertificate(message([1, 2, 3], [4, 5]))).toEqual(bytes(1, 2, 3));
    expect(firstCertificate(message(ones(300)))).toEqual(bytes(ones(300)));
    expect(firstCertificate(bytes(9, [...message([7])], 9).subarray(1, -1))).toEqual(bytes(7));
  });

  test("reads its lengths as three bytes", () => {
    const long = bytes(1, 0, 3, 1, 0, 0, ones(0x10000));
    expect(firstCertificate(long)?.length).toBe(0x10000);
  });

  test.each([
    ["without a certificate", bytes(0, 0, 0)],
    ["with an empty one", message([])],
    ["cut", message([1, 2, 3]).subarray(0, -1)],
    ["with more behind it", bytes([...message([1, 2, 3])], 0)],
    ["with one that is longer than the list", bytes(0, 0, 4, 0, 0, 2, 1)],
    ["with none but a header", bytes(0, 0, 2, 0, 0)],
  ])("%s has none", (_, body) => {
    expect(firstCertificate(body)).toBeUndefined();
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
    ["that is cut before its compression", bytes(head, 0xc0, 0x2b), false],
    ["with the longest session id", bytes(VERSION, RANDOM, 32, ones(32), 0xc0, 0x2b, 0), true],
    ["with a longer one", bytes(VERSION, RANDOM, 33, ones(33), 0xc0, 0x2b, 0), false],
    ["with no extensions in their field", bytes(head, 0xc0, 0x2b, 0, 0, 0), true],
    ["with half of their length", bytes(head, 0xc0, 0x2b, 0, 0), false],
    ["with more behind them", bytes(head, 0xc0, 0x2b, 0, 0, 4, 0, 23, 0, 0, 0), false],
    ["with half an extension", bytes(head, 0xc0, 0x2b, 0, 0, 6, 0, 23, 0, 0, 0, 1), false],
    ["with a longer field than there is", bytes(head, 0xc0, 0x2b, 0, 0, 5, 0, 23, 0, 0), false],
  ])("%s: %s", (_, body, isSound) => {
    expect(isSoundServerHello(body)).toBe(isSound);
  });
});

test.each([
  ["whole", bytes(1, 64, 0, 2, 4, 3, 0, 0), true],
  ["cut", bytes(1, 64, 0, 2, 4, 3, 0), false],
  ["with more behind it", bytes(1, 64, 0, 2, 4, 3, 0, 0, 0), false],
  ["empty", bytes(), false],
  ["with names", bytes(2, 1, 64, 0, 2, 4, 3, 0, 3, 7, 7, 7), true],
  ["with names that are cut", bytes(1, 64, 0, 2, 4, 3, 0, 3, 7, 7), false],
  ["of types only", bytes(1, 64), false],
  ["with half a length of algorithms", bytes(1, 64, 0), false],
  ["without names and their length", bytes(1, 64, 0, 2, 4, 3), false],
  ["with 256 bytes of algorithms", bytes(0, 1, 0, ones(256), 0, 0), true],
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

test("the signed parameters end where the key ends", () => {
  const params = bytes(3, 0, 29, 32, ones(32));
  const signature = bytes(4, 3, 0, 2, 8, 9);
  expect(splitServerKeyExchange(bytes([...params], [...signature]))).toEqual({
    params,
    signed: { hash: "sha256", signature: "ecdsa", bytes: bytes(8, 9) },
  });
  for (const body of [bytes(), params, params.subarray(0, 20), params.subarray(0, 3), bytes(3, 0, 30)]) {
    expect(splitServerKeyExchange(body)).toBeUndefined();
  }
  for (const [at, value] of [
    [0, 1], // explicit parameters in place of a named curve
    [1, 1], // another group, whose lower byte is the same
  ] as const) {
    const changed = bytes([...params], [...signature]);
    changed[at] = value;
    expect(splitServerKeyExchange(changed)).toBeUndefined();
  }
  expect(clientPoint(bytes(32, ones(33)))).toBeUndefined();
  expect(clientPoint(bytes(33, ones(32)))).toBeUndefined();
});

describe("a signed value", () => {
  test("is of SHA-256 or longer, by RSA or ECDSA (RFC 5246 §7.4.1.4.1)", () => {
    const kindOf = (hash: number, signature: number): string | undefined => {
      const signed = decodeSigned(bytes(hash, signature, 0, 1, 9));
      return signed && `${signed.hash} ${signed.signature}`;
    };
    const hashes = [0, 1, 2, 3, 4, 5, 6, 7].map((hash) => kindOf(hash, 1));
    expect(hashes).toEqual([...Array.from({ length: 4 }), "sha256 rsa", "sha384 rsa", "sha512 rsa", undefined]);
    expect([0, 1, 2, 3, 4].map((signature) => kindOf(4, signature))).toEqual([
      undefined,
      "sha256 rsa",
      undefined,
      "sha256 ecdsa",
      undefined,
    ]);
  });

  test("is as long as it says", () => {
    expect(decodeSigned(bytes(4, 3, 1, 0, ones(256)))?.bytes).toHaveLength(256);
    for (const body of [bytes(4, 3, 0), bytes(4, 3, 0, 2, 9), bytes(4, 3, 0, 1, 9, 9), bytes(4, 3, 1, 0, 9)]) {
      expect(decodeSigned(body)).toBeUndefined();
    }
  });

  test("with another signature in it keeps what signs how", () => {
    const replaced = withSignature(bytes(5, 3, 0, 2, 8, 9), bytes(ones(300)));
    expect(decodeSigned(replaced)).toEqual({ hash: "sha384", signature: "ecdsa", bytes: bytes(ones(300)) });
  });
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

  test("is there for two integers in a sequence, the second one below the order", () => {
    const order = 300n;
    const signature = bytes(0x30, 7, 2, 1, 5, 2, 2, 1, 0);
    expect(ecdsaTwin(signature, order)).toEqual(bytes(0x30, 6, 2, 1, 5, 2, 1, 44));
    expect(ecdsaTwin(signature, 256n)).toBeUndefined();
    expect(ecdsaTwin(signature, 257n)).toEqual(bytes(0x30, 6, 2, 1, 5, 2, 1, 1));
    for (const [at, value] of [
      [0, 0x31],
      [2, 3],
      [3, 0],
      [5, 3],
      [6, 0],
      [6, 3],
    ] as const) {
      const changed = Uint8Array.from(signature);
      changed[at] = value;
      expect(ecdsaTwin(changed, order)).toBeUndefined();
    }
  });

  test("is positive: a first bit of one has a zero before it", () => {
    expect(ecdsaTwin(bytes(0x30, 6, 2, 1, 5, 2, 1, 1), 0x80n)).toEqual(bytes(0x30, 6, 2, 1, 5, 2, 1, 0x7f));
    expect(ecdsaTwin(bytes(0x30, 6, 2, 1, 5, 2, 1, 1), 0x81n)).toEqual(bytes(0x30, 7, 2, 1, 5, 2, 2, 0, 0x80));
  });

  test("of any bytes at all is one, or none", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (der) => {
        expect(ecdsaTwin(der, ORDERS["P-256"])?.[0] ?? 0x30).toBe(0x30);
      }),
    );
  });
});
