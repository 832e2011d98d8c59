// How fast something else sends on the path of an association.
import { expect, test } from "vitest";
import { TrafficBeside } from "../../../../src/sctp/tx/traffic-beside.ts";

test("is the rate of the last 200 ms", () => {
  const beside = new TrafficBeside();
  expect(beside.rate(5_000)).toBe(0);
  for (let atMs = 5_000; atMs < 6_000; atMs += 10) beside.note(1_000, atMs);
  expect(beside.rate(5_999)).toBe(100);
  expect(beside.rate(6_100), "in steps of 20 ms").toBe(40);
  expect(beside.rate(6_199)).toBe(0);
});

test("forgets all of it after a long pause", () => {
  const beside = new TrafficBeside();
  beside.note(1_000, 0);
  beside.note(1_000, 1_000_010);
  expect(beside.rate(1_000_010)).toBe(5);
  expect(beside.rate(2_000_010)).toBe(0);
});

test("takes a time that is a little before the last one", () => {
  const beside = new TrafficBeside();
  beside.note(1_000, 1_000);
  beside.note(1_000, 990);
  expect(beside.rate(1_000)).toBe(10);
});
