// On one transport each payload type stands for one codec.
import { expect, test } from "vitest";
import { PayloadTypes } from "../../../src/lib/payload-types.ts";

const h264 = (profile?: string): { name: string; payloadType: number; profile: string | undefined } => ({
  name: "h264",
  payloadType: 102,
  profile,
});

test("a codec has its usual number, another profile of it another one, and both keep them", () => {
  const types = new PayloadTypes();
  const numbers = ["42e01f", "640028", "42E01F", undefined, "640028"].map((profile) => types.numberOf(h264(profile)));
  expect(numbers).toEqual([102, 103, 102, 104, 103]);
  expect(types.numberOf({ name: "VP8", payloadType: 96 })).toBe(96);
  expect(types.numberOf({ name: "vp8", payloadType: 96 })).toBe(96);
});

test("a number that somebody else has given stands, and is given to no other codec", () => {
  const types = new PayloadTypes();
  types.note({ ...h264("42001f"), payloadType: 102 });
  types.note({ name: "vp9", payloadType: 102 });
  expect([types.numberOf(h264("42e01f")), types.numberOf(h264("42001f"))]).toEqual([103, 102]);
  types.note({ ...h264("42e01f"), payloadType: 120 });
  expect(types.numberOf(h264("42e01f"))).toBe(103);
  expect(types.numberOf({ name: "vp9", payloadType: 98 })).toBe(98);
});

test("what RTCP looks like is never given, and when all are taken there is none", () => {
  const types = new PayloadTypes();
  const given: number[] = [];
  for (let number = types.numberOf(h264("0")); number !== undefined; number = types.numberOf(h264(`${given.length}`))) {
    given.push(number);
  }
  expect(new Set(given).size).toBe(given.length);
  expect(given).toHaveLength(32 + 29);
  expect(given.every((number) => (number >= 96 && number <= 127) || (number >= 35 && number <= 63))).toBe(true);
  expect(types.numberOf(h264("0"))).toBe(102);
});
