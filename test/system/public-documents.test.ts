// The command with the documents of other programs, in the three ways in which one gets there: looked at, as a file, and as
// text on stdin. Each way gives the verdict of the reader, and an answer is written exactly where it can be used.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, type TestContext, test } from "vitest";
import { parseJson } from "../../src/exchange/document-text.ts";
import { flawsOfAnswer } from "../support/foreign/answer-rules.ts";
import { ALL_DOCUMENTS } from "../support/foreign/printed-documents.ts";
import type { PublicDocument, Verdict } from "../support/foreign/public-documents.ts";
import { answer, people, type Person, run, type Running } from "../support/processes.ts";
import { isLong } from "../support/scale.ts";

/** One process takes half a second, and each document three. */
const EVERY = 9;
const TRIED = isLong ? ALL_DOCUMENTS : ALL_DOCUMENTS.filter((_, at) => at % EVERY === 0);
const WITHOUT_ADDRESS = "the other side can only reach us";

interface Inspected {
  type: string;
  candidates: unknown[];
  remarks: { remark: string }[];
}

async function inspected(bob: Person, file: string, verdict: Verdict): Promise<string | undefined> {
  const side = run(bob, ["inspect", "--json", file]);
  const exit = await side.exit();
  if ("flaw" in verdict) {
    expect({ exit, stderr: side.stderr }).toEqual({ exit: 6, stderr: expect.stringContaining("(FILE_MALFORMED)") });
    return undefined;
  }
  expect(exit).toBe(0);
  const { type, candidates, remarks } = JSON.parse(side.stdout) as Inspected;
  expect(candidates).toHaveLength(verdict.candidates);
  expect(remarks.map(({ remark }) => remark)).toEqual(expect.arrayContaining(verdict.remarks ?? []));
  return type;
}

/** Waits for our answer, or for the end. */
async function expectAnswer(side: Running, verdict: Verdict, type: string | undefined): Promise<string | undefined> {
  if (type !== "offer") {
    expect(await side.exit()).toBe(6);
    expect(side.stderr).toContain(type === undefined ? "(FILE_MALFORMED)" : "(FILE_WRONG_TYPE)");
    expect(side.stdout).toBe("");
    return undefined;
  }
  await side.until(() => side.stdout.includes("\n") && /waiting for the other side to/.test(side.stderr), "our answer");
  expect(side.stderr.includes(WITHOUT_ADDRESS)).toBe("candidates" in verdict && verdict.candidates === 0);
  return side.stdout;
}

async function tryDocument([, text, verdict]: PublicDocument, t: TestContext): Promise<void> {
  const { bob } = await people(t, "bob");
  const file = join(bob.dir, "theirs.txt");
  await writeFile(file, text);
  const type = await inspected(bob, file, verdict);
  const asFile = answer(bob, ["--in", file, "--out", "-", "--no-chat"]);
  const written = await expectAnswer(asFile, verdict, type);
  await asFile.kill();
  const asText = answer(bob, ["--in", "-", "--out", "-", "--no-chat"], { stdin: "pipe" });
  asText.type(text);
  asText.endInput();
  await expectAnswer(asText, verdict, type);
  await asText.kill();
  const offered = (parseJson(text) as { sdp?: unknown } | undefined)?.sdp;
  if (written === undefined || typeof offered !== "string" || !offered.startsWith("v=0\r\n")) return;
  const flaws = flawsOfAnswer(offered, (JSON.parse(written) as { sdp: string }).sdp);
  expect(flaws.filter((flaw) => !flaw.startsWith("RFC 5888 §9.1"))).toEqual([]);
}

describe.concurrent("p2p inspect, p2p answer --in FILE and p2p answer --in -", () => {
  test.for(TRIED)("%s", tryDocument);
});
