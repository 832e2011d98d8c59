// H.264 payloads, well-formed and not. RFC 6184 §5.
import { describe, expect, test } from "vitest";
import { assembleH264, beginsH264 } from "../../../../src/rtc/media/h264-payloads.ts";

describe("H.264 payloads", () => {
  const read = (...payloads: number[][]): number[] | undefined => {
    const frame = assembleH264(payloads.map((bytes) => Buffer.from(bytes)));
    return frame === undefined ? undefined : [...frame.bytes];
  };

  test("of aggregated units and of fragments are units of Annex B", () => {
    expect(read([0x78, 0, 2, 0x67, 1, 0, 1, 0x68], [0x7c, 0x85, 9], [0x7c, 0x05, 8], [0x7c, 0x45, 7])).toEqual(
      [
        [0, 0, 0, 1, 0x67, 1],
        [0, 0, 0, 1, 0x68],
        [0, 0, 0, 1, 0x65, 9, 8, 7],
      ].flat(),
    );
  });

  test.each([
    ["a fragment that never ends", [[0x7c, 0x85, 9]]],
    [
      "a fragment of another unit in between",
      [
        [0x7c, 0x85, 9],
        [0x7c, 0x41, 8],
      ],
    ],
    [
      "a whole unit in between",
      [
        [0x7c, 0x85, 9],
        [0x67, 1],
        [0x7c, 0x45, 8],
      ],
    ],
    [
      "a unit that begins twice",
      [
        [0x7c, 0x85, 9],
        [0x7c, 0xc5, 8],
      ],
    ],
    ["a fragment without content", [[0x7c, 0xc5]]],
    ["an aggregate that ends early", [[0x78, 0, 4, 0x67, 1]]],
    ["an aggregate of nothing", [[0x78]]],
    ["an aggregate with an empty unit", [[0x78, 0, 0]]],
    ["an aggregate in an aggregate", [[0x78, 0, 1, 0x78]]],
    ["a type that is not used", [[0x7d, 0x85, 0, 1, 9]]],
  ])("are not read with %s", (_, payloads) => {
    expect(read(...payloads)).toBeUndefined();
  });

  test("begin with anything but a fragment in the middle", () => {
    expect([[0x67], [0x78, 0], [0x7c, 0x85]].map((bytes) => beginsH264(Uint8Array.from(bytes)))).toEqual([
      true,
      true,
      true,
    ]);
    expect(
      [[0x7c, 0x05], [0x7c, 0x45], [0x7d, 0x05], [0x7c]].map((bytes) => beginsH264(Uint8Array.from(bytes))),
    ).toEqual([false, false, false, false]);
  });
});
