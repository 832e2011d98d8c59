import fc from "fast-check";
import { expect, test } from "vitest";
import { BegunFrame } from "../../../src/guard/begun-frame.ts";
import { cutInto } from "../../support/cut-stream.ts";

test("collects a frame, however it is cut, and takes nothing behind it", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 500 }),
      fc.nat(500),
      fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 20 }),
      (frame, begunBytes, lengths) => {
        const beginning = frame.subarray(0, Math.min(begunBytes, frame.length - 1));
        const rest = frame.subarray(beginning.length);
        const begun = new BegunFrame();
        const got: Uint8Array[] = [];
        begun.begin(frame.length, beginning);
        let taken = 0;
        for (const chunk of cutInto(Buffer.concat([rest, Uint8Array.of(1, 2, 3)]), lengths)) {
          expect(begun.keptBytes).toBe(got.length === 0 ? frame.length : 0);
          taken += begun.fill(chunk, 0, (whole) => got.push(whole));
        }
        expect([taken, got]).toEqual([rest.length, [Uint8Array.from(frame)]]);
        expect(begun.keptBytes).toBe(0);
      },
    ),
  );
});

test("a frame that its beginning completes takes nothing of the next chunk", () => {
  const begun = new BegunFrame();
  const got: Uint8Array[] = [];
  begun.begin(2, Uint8Array.of(7, 8));
  expect(begun.fill(Uint8Array.of(9), 1, (whole) => got.push(whole))).toBe(0);
  expect(got).toEqual([Uint8Array.of(7, 8)]);
});

test("whoever receives a frame may begin the next one", () => {
  const begun = new BegunFrame();
  begun.begin(1, new Uint8Array());
  begun.fill(Uint8Array.of(5), 0, () => begun.begin(3, Uint8Array.of(6)));
  expect(begun.keptBytes).toBe(3);
});

test("takes nothing while no frame has begun", () => {
  const unused = (): never => {
    throw new Error("no frame has begun");
  };
  expect(new BegunFrame().fill(Uint8Array.of(1), 0, unused)).toBe(0);
});
