import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeRecord, plaintextRecord, RECORD_HEADER_BYTES, splitRecords } from "../../../src/guard/dtls-record.ts";

function record(contentType: number, epoch: number, sequence: number, fragment: number[]): number[] {
  const length = fragment.length;
  return [
    contentType,
    0xfe,
    0xfd,
    epoch >> 8,
    epoch & 255,
    0,
    0,
    0,
    0,
    0,
    sequence,
    length >> 8,
    length & 255,
    ...fragment,
  ];
}

describe("splitRecords", () => {
  test("finds every record of a datagram", () => {
    const datagram = Uint8Array.from([...record(22, 0, 1, [7]), ...record(23, 1, 2, [8, 9])]);
    expect(
      splitRecords(datagram).map(({ contentType, epoch, sequence, fragment }) => [
        contentType,
        epoch,
        sequence,
        [...fragment],
      ]),
    ).toEqual([
      [22, 0, 1, [7]],
      [23, 1, 2, [8, 9]],
    ]);
  });

  test("reads 48 bits of sequence number", () => {
    const bytes = Uint8Array.from(record(23, 1, 0, [1]));
    bytes.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xfe], 5);
    expect(splitRecords(bytes)[0]?.sequence).toBe(2 ** 48 - 2);
  });

  test("drops a cut record and what follows a senseless one", () => {
    const good = record(22, 0, 1, [7]);
    expect(splitRecords(Uint8Array.from([...good, ...record(22, 0, 2, [1, 2, 3]).slice(0, -1)]))).toHaveLength(1);
    const wrongVersion = record(22, 0, 2, [1]);
    wrongVersion[1] = 3;
    expect(splitRecords(Uint8Array.from([...wrongVersion, ...good]))).toHaveLength(0);
  });

  test("takes what is made as a plaintext record, with any number", () => {
    for (const sequence of [0, 7, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1]) {
      const bytes = plaintextRecord(22, sequence, Uint8Array.of(1, 2, 3));
      const fragment = Uint8Array.of(1, 2, 3);
      expect(splitRecords(bytes)).toEqual([{ contentType: 22, epoch: 0, sequence, bytes, fragment }]);
      expect([...bytes.subarray(1, 3)]).toEqual([0xfe, 0xfd]);
    }
  });

  test("takes a hello of DTLS 1.0, and one that lies inside a larger buffer", () => {
    const bytes = Uint8Array.from([9, 9, ...record(22, 0, 1, [7]), 9]);
    bytes[4] = 0xff;
    expect(splitRecords(bytes.subarray(2, -1))).toHaveLength(1);
  });

  test("takes the longest record that there is, and no empty one (RFC 5246 §6.2.3)", () => {
    const longest = 2 ** 14 + 24;
    expect(splitRecords(plaintextRecord(23, 1, new Uint8Array(longest)))).toHaveLength(1);
    expect(splitRecords(plaintextRecord(23, 1, new Uint8Array(longest + 1)))).toEqual([]);
    expect(splitRecords(new Uint8Array([...record(23, 1, 1, []), ...record(23, 1, 2, [1])]))).toEqual([]);
  });

  test("cuts nothing out of less than a header", () => {
    const bytes = Uint8Array.from(record(22, 0, 1, [7]));
    for (let length = 0; length < bytes.length; length += 1)
      expect(splitRecords(bytes.subarray(0, length))).toEqual([]);
    expect(splitRecords(bytes)[0]?.bytes).toHaveLength(RECORD_HEADER_BYTES + 1);
  });

  test("returns for any bytes, with views that lie inside them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (datagram) => {
        const total = splitRecords(datagram).reduce((sum, { bytes }) => sum + bytes.length, 0);
        expect(total).toBeLessThanOrEqual(datagram.length);
      }),
    );
  });
});

describe("judgeRecord", () => {
  test.each([
    // contentType, epoch, while handshaking, once connected
    [20, 0, "handshake", "drop"],
    [20, 1, "drop", "drop"],
    [21, 0, "drop", "drop"],
    [21, 1, "protected-alert", "protected-alert"],
    [22, 0, "handshake", "drop"],
    [22, 1, "handshake", "handshake"],
    [23, 0, "drop", "drop"],
    [23, 1, "application", "application"],
    [23, 2, "drop", "drop"],
    [24, 0, "drop", "drop"],
    [63, 1, "drop", "drop"],
  ])("type %i of epoch %i: %s while handshaking, %s once connected", (contentType, epoch, handshaking, connected) => {
    const [one] = splitRecords(Uint8Array.from(record(contentType, epoch, 1, [1])));
    if (one === undefined) throw new Error("no record");
    expect([judgeRecord(one, "handshaking"), judgeRecord(one, "connected")]).toEqual([handshaking, connected]);
  });
});
