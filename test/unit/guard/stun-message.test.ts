import { describe, expect, test } from "vitest";
import {
  isModestStun,
  MAX_STUN_ATTRIBUTES,
  MAX_STUN_BYTES,
  mayBeStun,
  readStunError,
  stunClassOf,
} from "../../../src/guard/stun-message.ts";

const PRIORITY = 0x0024;
const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const MESSAGE_INTEGRITY_SHA256 = 0x001c;
const FINGERPRINT = 0x8028;

interface Fields {
  type?: number;
  cookie?: number;
  length?: number;
}

function message(attributes: readonly [type: number, bytes: number][], fields: Fields = {}): Uint8Array {
  const body = attributes.flatMap(([type, bytes]) => {
    const padded = Math.ceil(bytes / 4) * 4;
    return [type >> 8, type & 0xff, bytes >> 8, bytes & 0xff, ...new Uint8Array(padded)];
  });
  const datagram = new Uint8Array(20 + body.length);
  const view = new DataView(datagram.buffer);
  view.setUint16(0, fields.type ?? 1);
  view.setUint16(2, fields.length ?? body.length);
  view.setUint32(4, fields.cookie ?? 0x2112a442);
  datagram.set(body, 20);
  return datagram;
}

describe("stunClassOf", () => {
  test.each([
    [0x0001, "request"],
    [0x0011, "indication"],
    [0x0101, "response"],
    [0x0111, "error"],
    [0x0003, "request"],
  ])("type %i is a %s", (type, expected) => {
    expect(stunClassOf(message([], { type }))).toBe(expected);
  });

  test("takes what may follow MESSAGE-INTEGRITY (RFC 8489 §14.5)", () => {
    const sealed = message([
      [USERNAME, 9],
      [PRIORITY, 4],
      [MESSAGE_INTEGRITY, 20],
      [MESSAGE_INTEGRITY_SHA256, 32],
      [FINGERPRINT, 4],
    ]);
    expect(stunClassOf(sealed)).toBe("request");
  });

  test.each([USERNAME, PRIORITY, MESSAGE_INTEGRITY, 0x0025, 0x802a])(
    "refuses attribute %i behind MESSAGE-INTEGRITY",
    (type) => {
      for (const between of [[], [[MESSAGE_INTEGRITY_SHA256, 32]], [[FINGERPRINT, 4]]] as [number, number][][]) {
        expect(stunClassOf(message([[MESSAGE_INTEGRITY, 20], ...between, [type, 20]]))).toBeUndefined();
      }
    },
  );

  test.each([FINGERPRINT, USERNAME, MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256])(
    "refuses attribute %i behind FINGERPRINT, which is the last",
    (type) => {
      expect(stunClassOf(message([[FINGERPRINT, 4]]))).toBe("request");
      for (const before of [[], [[MESSAGE_INTEGRITY, 20]]] as [number, number][][]) {
        expect(stunClassOf(message([...before, [FINGERPRINT, 4], [type, 4]]))).toBeUndefined();
      }
    },
  );

  test("refuses what is not whole", () => {
    const whole = message([[USERNAME, 9]]);
    for (let bytes = 0; bytes < whole.length; bytes += 1) expect(stunClassOf(whole.subarray(0, bytes))).toBeUndefined();
    expect(stunClassOf(message([], { length: 4 }))).toBeUndefined();
    expect(stunClassOf(message([], { cookie: 1 }))).toBeUndefined();
    const lying = message([[USERNAME, 8]]);
    lying[23] = 40;
    expect(stunClassOf(lying)).toBeUndefined();
  });

  test("takes the four first bytes that STUN has (RFC 7983 §7)", () => {
    expect([0, 1, 2, 3, 4].map((first) => mayBeStun(Uint8Array.of(first)))).toEqual([true, true, true, true, false]);
    expect(stunClassOf(message([], { type: 0x1401 }))).toBeUndefined();
  });

  test("reads a message that lies inside a larger buffer", () => {
    const whole = message([[USERNAME, 9]], { type: 0x0101 });
    const buffer = new Uint8Array(whole.length + 8).fill(0xff);
    buffer.set(whole, 4);
    expect(stunClassOf(buffer.subarray(4, 4 + whole.length))).toBe("response");
  });

  test("leaves DTLS alone", () => {
    for (const first of [20, 21, 22, 23, 63]) expect(mayBeStun(Uint8Array.of(first))).toBe(false);
    expect(mayBeStun(new Uint8Array(0))).toBe(false);
  });
});

const DATA = 0x0013;
const SOFTWARE = 0x8022;

describe("isModestStun", () => {
  test.each([
    ["nothing in it", []],
    [
      "an IPv4 and an IPv6 address",
      [
        [0x0016, 8],
        [0x0020, 20],
      ],
    ],
    [
      "a datagram of any size",
      [
        [0x0012, 8],
        [DATA, 60_000],
      ],
    ],
    ["as much text as may be", [[SOFTWARE, MAX_STUN_BYTES - 20 - 4]]],
    ["as many attributes as may be", Array.from({ length: MAX_STUN_ATTRIBUTES }, () => [SOFTWARE, 4])],
  ] as [string, [number, number][]][])("takes a message with %s", (_, attributes) => {
    expect(isModestStun(message(attributes))).toBe(true);
  });

  // werift takes time by the square of the length of an address, and reads all before it looks whether it has asked.
  test.each([
    ["a peer's address of 60,000 bytes", [[0x0012, 60_000]]],
    ["a relayed address of 24 bytes", [[0x0016, 24]]],
    ["a mapped address of no bytes", [[0x0020, 0]]],
    ["one byte of text too much", [[SOFTWARE, MAX_STUN_BYTES - 20 - 3]]],
    [
      "too much text beside a datagram",
      [
        [DATA, 8],
        [SOFTWARE, 2_048],
        [USERNAME, 2_048],
      ],
    ],
    ["too many attributes", Array.from({ length: MAX_STUN_ATTRIBUTES + 1 }, () => [SOFTWARE, 4])],
    ["a fingerprint before the last attribute", Array.from({ length: 2 }, () => [FINGERPRINT, 4])],
  ] as [string, [number, number][]][])("does not take one with %s", (_, attributes) => {
    expect(isModestStun(message(attributes))).toBe(false);
    expect(stunClassOf(message(attributes))).toBeUndefined();
  });
});

describe("readStunError", () => {
  function error(code: readonly number[] | undefined, type = 0x0113): Uint8Array {
    const whole = message(code === undefined ? [] : [[0x0009, code.length]], { type });
    if (code !== undefined) whole.set(code, 24);
    return whole;
  }

  test.each([
    [[0, 0, 4, 1], 401],
    [[0, 0, 4, 38, 97, 98], 438],
    [[0, 0, 3, 0], 300],
    [[0, 0, 4], undefined],
    [[], undefined],
    [[0, 0, 0, 0], undefined],
    [[0, 0, 6, 99], 699],
    [[0, 0, 7, 0], undefined],
    [[0, 0, 2, 99], undefined],
    [undefined, undefined],
  ])("reads the code %j as %s", (code, status) => {
    expect(readStunError(error(code))).toEqual({ transactionId: "00".repeat(12), status });
  });

  test("names the request that it answers, and finds its code behind other attributes", () => {
    const whole = message(
      [
        [SOFTWARE, 8],
        [0x0009, 4],
      ],
      { type: 0x0113 },
    );
    whole.set([0xab, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0xcd], 8);
    whole.set([0, 0, 4, 38], whole.length - 4);
    expect(readStunError(whole)).toEqual({ transactionId: "ab0102030405060708090acd", status: 438 });
  });

  test("takes neither a response nor half a message for an error", () => {
    expect(readStunError(error([0, 0, 4, 1], 0x0103))).toBeUndefined();
    expect(readStunError(error([0, 0, 4, 1]).subarray(0, 25))).toBeUndefined();
    expect(readStunError(new Uint8Array(0))).toBeUndefined();
  });
});
