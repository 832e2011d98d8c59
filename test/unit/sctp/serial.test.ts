// Sequence numbers that wrap on the wire and not inside. RFC 1982.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addSsn, addTsn, firstSsn, firstTsn, unwrapSsn, unwrapTsn } from "../../../src/sctp/serial.ts";

const anyTsn = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe("TSNs", () => {
  test("come back from the wire as what they were, up to 2^31 away, however long the association lasts", () => {
    fc.assert(
      fc.property(
        anyTsn,
        fc.integer({ min: 0, max: 2 ** 48 }),
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        (first, passed, distance) => {
          const near = addTsn(firstTsn(first), passed);
          const tsn = addTsn(near, distance);
          expect(unwrapTsn(tsn >>> 0, near)).toBe(tsn);
        },
      ),
    );
  });

  test("keep their low 32 bits, and the one before the first is not negative", () => {
    expect(firstTsn(2 ** 32 - 1) >>> 0).toBe(2 ** 32 - 1);
    expect(addTsn(firstTsn(0), -1)).toBeGreaterThan(0);
    expect(addTsn(firstTsn(2 ** 32 - 1), 1) >>> 0).toBe(0);
  });
});

describe("SSNs", () => {
  test("come back from the wire as what they were, up to 2^15 away", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 65_535 }),
        fc.integer({ min: 0, max: 2 ** 40 }),
        fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
        (first, passed, distance) => {
          const near = addSsn(firstSsn(first), passed);
          const ssn = addSsn(near, distance);
          expect(unwrapSsn(((ssn % 65_536) + 65_536) % 65_536, near)).toBe(ssn);
        },
      ),
    );
  });
});
