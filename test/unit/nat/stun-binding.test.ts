// Questions to STUN servers as bytes, and what their answers say.
import { describe, expect, test } from "vitest";
import {
  decodeBindingAnswer,
  encodeAllocateRequest,
  encodeBindingRequest,
  transactionOf,
} from "../../../src/nat/stun-binding.ts";
import { bindingResponse } from "../../support/stun-server.mjs";

const ID = Uint8Array.from({ length: 12 }, (_, index) => index + 1);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("requests", () => {
  test("have the form of RFC 8489 and RFC 5780", () => {
    expect(hex(encodeBindingRequest(ID))).toBe("000100002112a4420102030405060708090a0b0c");
    expect(hex(encodeBindingRequest(ID, "port"))).toBe("000100082112a4420102030405060708090a0b0c0003000400000002");
    expect(hex(encodeBindingRequest(ID, "address-and-port"))).toMatch(/0003000400000006$/);
    expect(hex(encodeAllocateRequest(ID))).toBe("000300082112a4420102030405060708090a0b0c0019000411000000");
  });

  test("are known again by their transaction", () => {
    expect(transactionOf(encodeBindingRequest(ID))).toBe("0102030405060708090a0b0c");
    expect(transactionOf(encodeAllocateRequest(ID))).toBe("0102030405060708090a0b0c");
    expect(transactionOf(new Uint8Array(20))).toBeUndefined();
    expect(transactionOf(new Uint8Array(3))).toBeUndefined();
  });
});

describe("decodeBindingAnswer()", () => {
  const mapped = { address: "203.0.113.9", port: 41_234 };
  const other = { address: "198.51.100.2", port: 3_479 };
  const request = Buffer.from(encodeBindingRequest(ID));
  const answer = (...args: [typeof mapped, typeof other?]): Uint8Array =>
    bindingResponse(request, ...args) ?? new Uint8Array();

  test("reads where we are seen, and where else the server is", () => {
    expect(decodeBindingAnswer(answer(mapped))).toEqual({ mapped, other: undefined });
    expect(decodeBindingAnswer(answer(mapped, other))).toEqual({ mapped, other });
  });

  // RFC 5769 §2.2 and §2.3: the sample responses over IPv4 and IPv6.
  test.each([
    [
      "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96",
      "192.0.2.1",
    ],
    [
      "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c",
      "2001:db8:1234:5678:11:2233:4455:6677",
    ],
  ])("reads the samples of RFC 5769", (bytes, address) => {
    expect(decodeBindingAnswer(Buffer.from(bytes, "hex"))?.mapped).toEqual({ address, port: 32_853 });
  });

  test("writes IPv6 addresses as RFC 5952 wants them", () => {
    const withAddress = (octets: string): Uint8Array =>
      Buffer.from(`010100182112a4420102030405060708090a0b0c000100140002162e${octets}`, "hex");
    const texts = ["20010db8000000000000000000000001", "fe800000000000000001000000000002", `${"0".repeat(31)}1`].map(
      (octets) => decodeBindingAnswer(withAddress(octets))?.mapped.address,
    );
    expect(texts).toEqual(["2001:db8::1", "fe80::1:0:0:2", "::1"]);
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["a request", request],
    ["an error response", Buffer.from("0111000021 12a4420102030405060708090a0b0c".replace(" ", ""), "hex")],
    ["one without an address", Buffer.from("010100002112a4420102030405060708090a0b0c", "hex")],
    ["one that is cut off", answer(mapped).subarray(0, 28)],
    ["one with an attribute that is too long", Buffer.from("010100042112a4420102030405060708090a0b0c00200fff", "hex")],
    ["an address of no family", Buffer.from("0101000c2112a4420102030405060708090a0b0c00200008000912340a000001", "hex")],
  ])("%s is none", (_, bytes) => {
    expect(decodeBindingAnswer(bytes)).toBeUndefined();
  });

  test("whatever comes, it returns", () => {
    const whole = answer(mapped, other);
    for (let at = 0; at < whole.length; at += 1) {
      for (const value of [0, 1, 127, 255]) {
        const changed = Uint8Array.from(whole);
        changed[at] = value;
        expect(() => decodeBindingAnswer(changed)).not.toThrow();
      }
      expect(() => decodeBindingAnswer(whole.subarray(0, at))).not.toThrow();
    }
  });
});
