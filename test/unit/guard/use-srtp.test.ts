// The extension use_srtp in hellos, well-formed and not. RFC 5764 §4.1.1.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chosenSrtpProfile, offeredSrtpProfiles } from "../../../src/guard/use-srtp.ts";

const FIXED = [0xfe, 0xfd, ...Array.from({ length: 32 }, () => 9)];
const EMS = [0, 23, 0, 0];

/** Length in two bytes, then the content. */
const sized = (content: readonly number[]): number[] => [content.length >> 8, content.length & 255, ...content];
const useSrtp = (profiles: readonly number[], mki: readonly number[] = []): number[] => [
  0,
  14,
  ...sized([...sized(profiles.flatMap((profile) => [profile >> 8, profile & 255])), mki.length, ...mki]),
];

const clientHello = (...extensions: readonly number[][]): Uint8Array =>
  Uint8Array.from([...FIXED, 1, 7, 2, 8, 8, ...sized([0xc0, 0x2b]), 1, 0, ...sized(extensions.flat())]);
const serverHello = (...extensions: readonly number[][]): Uint8Array =>
  Uint8Array.from([...FIXED, 1, 7, 0xc0, 0x2b, 0, ...sized(extensions.flat())]);

describe("a ClientHello", () => {
  test("offers its profiles in their order, whatever stands around them", () => {
    expect(offeredSrtpProfiles(clientHello(EMS, useSrtp([8, 7, 1], [5, 5]), EMS))).toEqual([8, 7, 1]);
  });

  test("offers none without the extension, and without extensions", () => {
    expect(offeredSrtpProfiles(clientHello(EMS))).toEqual([]);
    expect(offeredSrtpProfiles(clientHello(EMS).subarray(0, -2 - EMS.length))).toEqual([]);
  });

  test.each([
    ["a list of an odd length", [0, 14, ...sized([0, 3, 0, 7, 0, 0])]],
    ["a list beyond the extension", [0, 14, ...sized([0, 9, 0, 7, 0])]],
    ["a key identifier beyond the extension", [0, 14, ...sized([0, 2, 0, 7, 4])]],
    ["bytes behind the key identifier", [0, 14, ...sized([0, 2, 0, 7, 0, 1])]],
    ["no key identifier", [0, 14, ...sized([0, 2, 0, 7])]],
    ["nothing", [0, 14, 0, 0]],
  ])("offers none with %s", (_, extension) => {
    expect(offeredSrtpProfiles(clientHello(extension))).toEqual([]);
  });

  test("that is cut anywhere offers none", () => {
    const whole = clientHello(useSrtp([7, 1]));
    for (let length = 0; length < whole.length; length += 1) {
      expect(offeredSrtpProfiles(whole.subarray(0, length))).toEqual([]);
    }
  });
});

describe("a ServerHello", () => {
  test("has chosen one profile, or none", () => {
    expect(chosenSrtpProfile(serverHello(EMS, useSrtp([7])))).toBe(7);
    expect(chosenSrtpProfile(serverHello(EMS))).toBeUndefined();
    expect(chosenSrtpProfile(serverHello(useSrtp([])))).toBeUndefined();
  });

  test("that names two has chosen none", () => {
    expect(chosenSrtpProfile(serverHello(useSrtp([7, 1])))).toBeUndefined();
  });

  test("that wants a key identifier which nobody has offered has chosen none", () => {
    expect(chosenSrtpProfile(serverHello(useSrtp([7], [1])))).toBeUndefined();
  });
});

test("bytes of any kind do no harm", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
      const hello = Uint8Array.from([...FIXED, ...tail]);
      expect(offeredSrtpProfiles(hello).length).toBeLessThan(100);
      chosenSrtpProfile(hello);
    }),
  );
});
