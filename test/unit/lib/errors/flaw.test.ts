// A flaw, expressed in the sentences of a language.
import { expect, test } from "vitest";
import { FLAW_TEXTS } from "../../../../src/lib/errors/english-parts.ts";
import { flawText } from "../../../../src/lib/errors/flaw.ts";

test("the sentences get the facts of the flaw", () => {
  expect(flawText({ flaw: "too-many-sections", limit: 256 }, FLAW_TEXTS).problem).toContain("256");
});

test("what helps depends on the program that wrote the file", () => {
  const flaw = { flaw: "not-sdp" } as const;
  expect(flawText(flaw, FLAW_TEXTS)).toEqual(flawText(flaw, FLAW_TEXTS, "p2p"));
  expect(flawText(flaw, FLAW_TEXTS, "other").problem).toBe(flawText(flaw, FLAW_TEXTS).problem);
  expect(flawText(flaw, FLAW_TEXTS, "other").cure).not.toBe(flawText(flaw, FLAW_TEXTS).cure);
});
