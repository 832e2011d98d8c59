// The search for the steps that undo damage takes linear time, whatever the text is.
import { expect, test } from "vitest";
import { MAX_DOCUMENT_BYTES } from "../../../../src/exchange/limits.ts";
import { mayHoldDocument, signsOf } from "../../../../src/exchange/repair/repairs.ts";
import { cpuMs } from "../../../support/cpu-time.ts";
import { MAX_TEXTS, textsOf, UNITS } from "./damage-signs.ts";

/** Thirty times what the slowest takes on a quiet machine; a quadratic search takes minutes. */
const MAX_SEARCH_MS = 6_000;

test.each(UNITS)("a text of nothing but %j is searched in linear time", (unit) => {
  for (const begin of ["", '{"sdp":"', "{\\rtf1 candidate "]) {
    const text = (begin + unit.repeat(MAX_DOCUMENT_BYTES / unit.length)).slice(0, MAX_DOCUMENT_BYTES);
    const started = process.cpuUsage();
    expect(textsOf(text)).toBeLessThanOrEqual(MAX_TEXTS);
    signsOf(text);
    mayHoldDocument(text);
    expect(cpuMs(started), JSON.stringify(begin)).toBeLessThan(MAX_SEARCH_MS);
  }
});
