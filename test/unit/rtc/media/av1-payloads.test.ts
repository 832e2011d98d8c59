// AV1 payloads, well-formed and not. AV1 RTP specification §4.4.
import { describe, expect, test } from "vitest";
import { assembleAv1, beginsAv1 } from "../../../../src/rtc/media/av1-payloads.ts";

describe("AV1 payloads", () => {
  const read = (...payloads: number[][]): number[] | undefined => {
    const frame = assembleAv1(payloads.map((bytes) => Buffer.from(bytes)));
    return frame === undefined ? undefined : [...frame.bytes];
  };

  test("get their sizes back, and lose temporal delimiters", () => {
    // Delimiter, sequence header and the first part of a frame; then its rest.
    expect(read([0x78, 1, 0x10, 2, 0x08, 5, 0x30, 6], [0x90, 7])).toEqual([0x0a, 1, 5, 0x32, 2, 6, 7]);
    expect(read([0x00, 2, 0x30, 6, 4, 0x36, 0x10, 1, 7])).toEqual([0x32, 1, 6, 0x36, 0x10, 1, 7]);
  });

  test.each([
    ["a fragment that never ends", [[0x50, 0x30, 6]]],
    [
      "a fragment that never began",
      [
        [0x10, 0x30, 6],
        [0x90, 7],
      ],
    ],
    ["an element beyond its payload", [[0x20, 9, 0x30, 6]]],
    ["fewer elements than it says", [[0x30, 2, 0x30, 6]]],
    ["an empty element", [[0x20, 0, 0x30, 6]]],
    ["a size that never ends", [[0x20, 0x80, 0x80, 0x80, 0x80, 0x80, 1]]],
    ["a size in the unit that is wrong", [[0x10, 0x32, 9, 1]]],
    ["a forbidden bit", [[0x10, 0xb0, 9, 1]]],
    ["nothing in it", [[0x10]]],
  ])("are not read with %s", (_, payloads) => {
    expect(read(...payloads)).toBeUndefined();
  });

  test("begin where nothing is continued", () => {
    expect(beginsAv1(Uint8Array.of(0x78))).toBe(true);
    expect(beginsAv1(Uint8Array.of(0x90))).toBe(false);
  });
});
