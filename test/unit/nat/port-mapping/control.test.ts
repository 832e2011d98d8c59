// Requests and answers of PCP and NAT-PMP, byte by byte, and the epoch of a router.
import { describe, expect, test } from "vitest";
import { Epoch } from "../../../../src/nat/port-mapping/epoch.ts";
import { ipv4Bytes, isUsable } from "../../../../src/nat/port-mapping/granted.ts";
import {
  decodeAddressAnswer,
  decodeMapAnswer,
  encodeAddressRequest,
  encodeMapRequest,
} from "../../../../src/nat/port-mapping/nat-pmp.ts";
import { decodePcpMap, encodePcpMap, type PcpRequest } from "../../../../src/nat/port-mapping/pcp.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

const request: PcpRequest = {
  transport: "udp",
  internalPort: 40_000,
  externalPort: 40_000,
  nonce: bytes("000102030405060708090a0b"),
  clientAddress: "192.168.1.10",
  lifetimeSeconds: 7_200,
  externalAddress: undefined,
};
const HEAD = "02 81 00 00  00000e10  00000064 000000000000000000000000";
const BODY = "000102030405060708090a0b 11 000000 9c40 9c41 00000000000000000000ffff 2d4e0707";

describe("PCP", () => {
  test("a MAP request", () => {
    expect(hex(encodePcpMap(request))).toBe(
      [
        "02010000" + "00001c20" + "00000000000000000000ffffc0a8010a",
        "000102030405060708090a0b" + "11000000" + "9c409c40" + "00000000000000000000ffff00000000",
      ].join(""),
    );
  });

  test("an answer that grants", () => {
    expect(decodePcpMap(bytes(HEAD + BODY), request)).toEqual({
      type: "granted",
      lifetimeSeconds: 3_600,
      epochSeconds: 100,
      external: { address: "45.78.7.7", port: 40_001 },
    });
  });

  test.for<[title: string, answer: string]>([
    ["another nonce", HEAD + BODY.replace("0001", "ff01")],
    ["another protocol", HEAD + BODY.replace(" 11 ", " 06 ")],
    ["another port", HEAD + BODY.replace("9c40", "9c42")],
    ["a request, not an answer", HEAD.replace("81", "01") + BODY],
    ["another opcode", HEAD.replace("81", "82") + BODY],
    ["an IPv6 address", HEAD + BODY.replace("ffff", "fffe")],
    ["cut off", (HEAD + BODY).slice(0, -2)],
    ["no whole words", `${HEAD}${BODY}00`],
    ["too long", HEAD + BODY + "00".repeat(1_100)],
    ["nothing", ""],
  ])("no answer: %s", ([, answer]) => {
    expect(decodePcpMap(bytes(answer), request)).toBeUndefined();
  });

  test("an answer that refuses, and one of a router that speaks NAT-PMP only", () => {
    const refused = bytes(HEAD.replace("02 81 00 00", "02 81 00 02") + BODY);
    expect(decodePcpMap(refused, request)).toEqual({ type: "refused", code: 2 });
    expect(decodePcpMap(bytes("00 81 0001 00000064"), request)).toEqual({ type: "other-version" });
  });
});

describe("NAT-PMP", () => {
  const wish = { transport: "tcp", internalPort: 40_000, externalPort: 40_000, externalAddress: undefined } as const;

  test("requests", () => {
    expect(hex(encodeAddressRequest())).toBe("0000");
    expect(hex(encodeMapRequest(wish, 7_200))).toBe("000200009c409c4000001c20");
    expect(hex(encodeMapRequest(wish, 0))).toBe("000200009c40000000000000");
  });

  test("answers", () => {
    expect(decodeAddressAnswer(bytes("0080 0000 00000064 2d4e0707"))).toEqual({
      type: "address",
      address: "45.78.7.7",
      epochSeconds: 100,
    });
    expect(decodeMapAnswer(bytes("0082 0000 00000064 9c40 9c41 00000e10"), wish)).toEqual({
      type: "mapped",
      externalPort: 40_001,
      lifetimeSeconds: 3_600,
      epochSeconds: 100,
    });
    expect(decodeMapAnswer(bytes("0082 0002 00000064"), wish)).toEqual({ type: "refused", code: 2 });
  });

  test.for<[title: string, answer: string]>([
    ["of another protocol", "0081 0000 00000064 9c40 9c41 00000e10"],
    ["of another port", "0082 0000 00000064 9c41 9c41 00000e10"],
    ["of another version", "0182 0000 00000064 9c40 9c41 00000e10"],
    ["cut off", "0082 0000 00000064 9c40 9c41 00000e"],
    ["a request", "0002 0000 9c40 9c40 00001c20"],
  ])("no answer: %s", ([, answer]) => {
    expect(decodeMapAnswer(bytes(answer), wish)).toBeUndefined();
  });
});

describe("a router's epoch", () => {
  test.for<[title: string, epochSeconds: number, nowMs: number, isNew: boolean]>([
    ["goes on as our clock does", 700, 600_000, false],
    ["a little slow", 670, 600_000, false],
    ["a little fast", 730, 600_000, false],
    ["one second back: packets in another order", 99, 0, false],
    ["back", 50, 600_000, true],
    ["behind what it must be", 500, 600_000, true],
    ["ahead of what it can be", 900, 600_000, true],
  ])("%s", ([, epochSeconds, nowMs, isNew]) => {
    const epoch = new Epoch();
    expect(epoch.read(100, 0)).toBe(false);
    expect(epoch.read(epochSeconds, nowMs)).toBe(isNew);
  });
});

test("which grants can be meant", () => {
  const of = (address: string, port = 1, lifetimeSeconds = 1): boolean =>
    isUsable({ external: { address, port }, lifetimeSeconds });
  expect([of("45.78.7.7"), of("10.0.0.1"), of("100.64.0.1")]).toEqual([true, true, true]);
  expect([of("0.0.0.0"), of("127.0.0.1"), of("224.0.0.1"), of("router"), of("")]).not.toContain(true);
  expect([of("45.78.7.7", 0), of("45.78.7.7", 1, 0)]).toEqual([false, false]);
  expect([ipv4Bytes("1.2.3.4"), ipv4Bytes("::1"), ipv4Bytes("1.2.3")]).toEqual([
    Uint8Array.of(1, 2, 3, 4),
    undefined,
    undefined,
  ]);
});
