import { expect, test } from "vitest";
import { parseRateBytesPerSecond } from "../../../src/cli/rate.ts";

test.each([
  ["1B", 1],
  ["500B/s", 500],
  ["500kB", 500_000],
  ["1.5MB/s", 1_500_000],
  ["0.001GB", 1_000_000],
  ["2KiB", 2_048],
  ["2.5MiB/s", 2_621_440],
  ["1GiB/s", 1_073_741_824],
  ["500k", 512_000],
  ["500K/s", 512_000],
  ["2M", 2_097_152],
  ["1.5m", 1_572_864],
  ["1G", 1_073_741_824],
  ["1g", 1_073_741_824],
])("%s is %d bytes per second", (text, expected) => {
  expect(parseRateBytesPerSecond(text)).toBe(expected);
});

test.each([
  "",
  "0",
  "0B",
  "0.1B",
  "500",
  "500KB",
  "500kb",
  "5Mb",
  "5Mbit",
  "5T",
  "-5MB",
  "5 MB",
  "5MB/m",
  "5TB",
  ".5MB",
  "5.MB",
  "1e6B",
  "999999999999999GiB",
  "٣MB",
])("'%s' is no rate", (text) => {
  expect(parseRateBytesPerSecond(text)).toBeUndefined();
});
