// CRC32c against the vectors of RFC 3720 and the slow definition.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32c, packetChecksum } from "../../../../src/sctp/packet/crc32c.ts";

const SCSI_READ =
  "01c00000000000000000000000000000140000000000040000000014000000182800000000000000" + "0200000000000000";

function slow(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe("crc32c", () => {
  test.each([
    ["123456789", new TextEncoder().encode("123456789"), 0xe3069283],
    ["nothing", new Uint8Array(0), 0],
    ["32 zeros (RFC 3720 §B.4)", new Uint8Array(32), 0x8a9136aa],
    ["32 ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["32 that count up", Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
    ["32 that count down", Uint8Array.from({ length: 32 }, (_, index) => 31 - index), 0x113fdb5c],
    ["an iSCSI read", Uint8Array.from(Buffer.from(SCSI_READ, "hex")), 0xd9963a56],
  ])("of %s", (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  test("is what the definition says, of any length", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(crc32c(bytes)).toBe(slow(bytes));
      }),
    );
  });

  test("of a packet takes its checksum field as zero and looks at its part alone", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 60 }), fc.nat(20), fc.nat(20), (bytes, before, after) => {
        const zeroed = Uint8Array.from(bytes).fill(0, 8, 12);
        const around = new Uint8Array(before + bytes.length + after).fill(7);
        around.set(bytes, before);
        expect(packetChecksum(around, before, before + bytes.length)).toBe(slow(zeroed));
      }),
    );
  });
});
