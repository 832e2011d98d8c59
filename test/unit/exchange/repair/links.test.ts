// Addresses that a program has made into links.
import { expect, test } from "vitest";
import { undoLinks } from "../../../../src/exchange/repair/links.ts";
import { cpuMs } from "../../../support/cpu-time.ts";

const MAX_CPU_MS = 500;

test.each([
  ["udp 1 192.0.2.7<http://192.0.2.7> 9", "udp 1 192.0.2.7 9"],
  ["udp 1 192.0.2.7 <http://192.0.2.7/> 9", "udp 1 192.0.2.7 9"],
  ["udp 1 <http://192.0.2.7> 9", "udp 1 192.0.2.7 9"],
  ["udp 1 <http://192.0.2.7|192.0.2.7> 9", "udp 1 192.0.2.7 9"],
  ["udp 1 [192.0.2.7](http://192.0.2.7) 9", "udp 1 192.0.2.7 9"],
  ['"<http://192.0.2.7>"', '"192.0.2.7"'],
])("%s", (text, plain) => {
  expect(undoLinks(text).map((line) => line.replaceAll(/ +/g, " "))).toEqual([plain]);
});

test("a text of one long word takes time by its length", () => {
  const text = `http://1 ${"x".repeat(262_144)}`;
  const begin = process.cpuUsage();
  undoLinks(text);
  expect(cpuMs(begin)).toBeLessThan(MAX_CPU_MS);
});
