import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeRecord, splitRecords } from "../../../src/guard/dtls-record.ts";

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
