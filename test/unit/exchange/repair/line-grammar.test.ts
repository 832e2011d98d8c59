// Whether a break in a line has taken the place of a space: the grammar of the line decides.
import { expect, test } from "vitest";
import { joinLine } from "../../../../src/exchange/repair/line-grammar.ts";

const MARK = "\ue000";
const join = (line: string, names: readonly string[] = []): string =>
  joinLine(line.replaceAll("|", MARK), MARK, new Set(names));

test.each([
  ["candidate:1 1 udp 21|22260223 192.0.2.1 50000 typ host", "candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host"],
  ["candidate:1 1 udp 2122260223|192.0.2.1 50000 typ host", "candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host"],
  ["candidate:1 1 udp 2122260223 192.0|.2.1 50000 ty|p host", "candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host"],
  ["a=fingerprint:sha-256|AB:CD", "a=fingerprint:sha-256 AB:CD"],
  ["a=fingerprint:sha-256 AB:|CD", "a=fingerprint:sha-256 AB:CD"],
  ["a=ice-pwd:abc|def", "a=ice-pwd:abcdef"],
])("%s", (broken, line) => {
  expect(join(broken)).toBe(line);
});

test("the mids of a group are those that other lines give", () => {
  expect(join("a=group:BUNDLE 0|1", ["0", "1"])).toBe("a=group:BUNDLE 0 1");
  expect(join("a=group:BUNDLE 0|1", ["01"])).toBe("a=group:BUNDLE 01");
});
