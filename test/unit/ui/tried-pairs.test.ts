// The pairs that were tried, as a person reads them after a failed attempt.
import { expect, test } from "vitest";
import type { TriedPair } from "../../../src/lib/events.ts";
import { plainParts } from "../../../src/ui/style.ts";
import { connectFailedLines } from "../../../src/ui/tried-pairs.ts";
import { wordsFor } from "../../../src/words/index.ts";
import { narrateContext } from "./narration-context.ts";

function linesOf(pairs: TriedPair[], { verbose = false, goesOn = false } = {}): string[] {
  return connectFailedLines(
    {
      event: "connect-failed",
      seconds: 60,
      pairs,
      why: "not-known",
      stage: pairs.length === 0 ? "no-pairs" : "unanswered",
      isForeign: false,
      isOfferer: true,
      goesOn,
    },
    narrateContext({ verbose }),
  ).map(plainParts);
}

const pair = (remote: string, state: TriedPair["state"], local = "10.0.0.1:5000"): TriedPair => ({
  local,
  localKind: "host",
  remote,
  remoteKind: "host",
  state,
  protocol: "udp",
});

test("pairs stand below their local address, those that answered first", () => {
  const lines = linesOf([
    pair("192.0.2.1:1", "failed"),
    pair("192.0.2.2:22", "succeeded"),
    pair("192.0.2.3:3", "failed", "10.0.0.2:5000"),
  ]);
  const place = (text: string): number => lines.findIndex((line) => line.includes(text));
  expect(place("10.0.0.1:5000")).toBeLessThan(place("192.0.2.2:22"));
  expect(place("192.0.2.2:22")).toBeLessThan(place("192.0.2.1:1"));
  expect(place("192.0.2.1:1")).toBeLessThan(place("10.0.0.2:5000"));
  expect(place("10.0.0.2:5000")).toBeLessThan(place("192.0.2.3:3"));
});

test("eight pairs are shown, and all of them with -v", () => {
  const pairs = Array.from({ length: 10 }, (_, at) => pair(`192.0.2.1:${at + 100}`, "failed"));
  const shown = (lines: string[]): number => lines.filter((line) => line.includes("192.0.2.1:")).length;
  expect(shown(linesOf(pairs))).toBe(8);
  expect(shown(linesOf(pairs, { verbose: true }))).toBe(10);
});

test("without a pair that fits one line says so, and a hint follows only where the line goes on", () => {
  const { chances, hintPrefix } = wordsFor("en").conversation;
  const lines = linesOf([], { goesOn: true });
  expect(lines.some((line) => line.includes(chances.nothingFits))).toBe(true);
  expect(lines.some((line) => line.startsWith(hintPrefix))).toBe(true);
  expect(linesOf([]).some((line) => line.startsWith(hintPrefix))).toBe(false);
});
