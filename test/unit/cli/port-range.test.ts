// Which texts are a port or a range of ports.
import { expect, test } from "vitest";
import { parsePortRange } from "../../../src/cli/port-range.ts";

test.each([
  ["1", { first: 1, last: 1 }],
  ["5000", { first: 5_000, last: 5_000 }],
  ["5000-5010", { first: 5_000, last: 5_010 }],
  ["65535-65535", { first: 65_535, last: 65_535 }],
])("%s is a range", (text, range) => {
  expect(parsePortRange(text)).toEqual(range);
});

test.each(["", "0", "65536", "99999", "5010-5000", "5000-", "-5000", "05000", "5000-65536", "5e3", " 5000", "1-2-3"])(
  "'%s' is none",
  (text) => {
    expect(parsePortRange(text)).toBeUndefined();
  },
);
