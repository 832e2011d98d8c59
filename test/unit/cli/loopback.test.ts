// The screen of `p2p loopback`, and its JSON, for what it may find.
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { runLoopback } from "../../../src/cli/commands/loopback.ts";
import type { ToldError } from "../../../src/cli/error-report.ts";
import { errorEvent } from "../../../src/lib/errors/error-event.ts";
import { P2pError } from "../../../src/lib/errors/p2p-error.ts";
import { judgeLoopback, type LoopbackReport } from "../../../src/pairing/loopback/report.ts";
import { type Part, PLAIN_STYLE, plainParts } from "../../../src/ui/style.ts";
import { displayWidth } from "../../../src/ui/width.ts";
import { wordsFor } from "../../../src/words/index.ts";
import type { Lang } from "../../../src/words/lang.ts";
import { GOOD_LOOPBACK } from "../../support/loopback-findings.ts";

const schema = readFileSync(new URL("../../../docs/loopback.schema.json", import.meta.url), "utf8");
const validate = new Ajv2020({ strict: true }).compile(JSON.parse(schema) as object);

const { pair: _pair, dtls: _dtls, media: _media, rttMs: _rttMs, ...begun } = GOOD_LOOPBACK;
const BIND_FAILED = new P2pError("BIND_FAILED", { address: "203.0.113.77", reason: "EADDRNOTAVAIL" });
const UNOPENED = judgeLoopback(
  {
    ...begun,
    candidates: [],
    steps: {},
    texts: [],
    files: [],
    failed: { step: "opening", error: errorEvent(BIND_FAILED), exit: BIND_FAILED.exit },
  },
  12,
);
const GOOD = judgeLoopback(GOOD_LOOPBACK, 5_000);
const UNMET = judgeLoopback({ ...begun, steps: { offerMs: 100, answerMs: 12 }, texts: [], files: [] }, 15_000);
const BROKEN = judgeLoopback(
  {
    ...GOOD_LOOPBACK,
    texts: GOOD_LOOPBACK.texts.slice(1).map((text) => ({ ...text, same: false })),
    files: GOOD_LOOPBACK.files.map((file, at) => ({ ...file, same: false, outcome: at === 0 ? "done" : "failed" })),
    media: {
      tracks: (GOOD_LOOPBACK.media?.tracks ?? []).map(({ delay: _delay, ...track }) => ({ ...track, taken: 0 })),
    },
  },
  60_000,
);
const REPORTS: readonly LoopbackReport[] = [GOOD, UNOPENED, UNMET, BROKEN];

async function screen(
  report: LoopbackReport,
  { lang = "en", json = false, columns = 80 }: { lang?: Lang; json?: boolean; columns?: number } = {},
): Promise<{ lines: string[]; exit: number | string }> {
  const lines: string[] = [];
  const printer = {
    style: PLAIN_STYLE,
    columns,
    out: (...parts: Part[]) => lines.push(plainParts(parts)),
    err: () => {},
  };
  const test = (): Promise<LoopbackReport> => Promise.resolve(report);
  const run = runLoopback({ json, version: "0.1.0", network: {}, printer, words: wordsFor(lang), test });
  const exit = await run.catch((thrown: unknown) => (thrown as ToldError).error.code);
  return { lines, exit };
}

describe("p2p loopback", () => {
  test("shows the figures of each step, and the verdict", async () => {
    const { lines, exit } = await screen(GOOD);
    expect(exit).toBe(0);
    expect(lines[0]).toBe("p2p 0.1.0, Node v20.19.0, linux 6.1.0-28 x64, 8 processors");
    expect(lines).toContain("  ✓ offer has   2 host udp, 4 host tcp");
    expect(lines).toContain("  ✓ DTLS        100 ms, DTLS 1.2, AES-128-GCM");
    expect(lines).toContain("  ✓ session     0.7 ms");
    expect(lines).toContain("  ✓ file there  16.0 MiB in 0.9 s over udp, 18.2 MiB/s; SHA-256 agrees");
    expect(lines.join(" ").replace(/ +/g, " ")).toContain(
      "✓ VP8 69 of 69 frames came as they were sent; packets lost: 0",
    );
    expect(lines[lines.indexOf("verdict") + 1]).toMatch(/^ {2}It works: /);
  });

  test("what cannot be opened is thrown after the report: its cure is that of the error", async () => {
    const { lines, exit } = await screen(UNOPENED);
    expect(exit).toBe("BIND_FAILED");
    expect(lines).toContain("  ✗ ICE        not reached");
    expect(lines.join("\n")).toContain("It does not begin");
    expect(lines).not.toContain("what to do");
  });

  test("no connection has words of its own", async () => {
    const { lines, exit } = await screen(UNMET);
    expect(exit).toBe(3);
    expect(lines.join(" ").replace(/ +/g, " ")).toMatch(/let this program send and receive UDP .* --bind 127\.0\.0\.1/);
    expect(lines).not.toContain("data");
  });

  test("what went wrong is marked where it stands", async () => {
    const { lines } = await screen(BROKEN);
    expect(lines).toContain("  ✗ text there  not acknowledged");
    expect(lines).toContain("  ✗ text back   did not come as it was sent");
    expect(lines).toContain("  ✗ file there  16.0 MiB came, but its SHA-256 is another one");
    expect(lines).toContain("  ✗ file back   did not come whole: 16.0 MiB of it");
    expect(lines.join("\n")).toMatch(/✗ VP8 +0 of 69 frames/);
  });

  test.each([
    ["en", 80],
    ["en", 50],
    ["zh", 80],
    ["zh", 50],
  ] as const)("has words for everything in %s, and fits %i columns", async (lang, columns) => {
    const words = wordsFor("en").loopback;
    const verdicts = Object.keys(words.verdict) as LoopbackReport["verdict"][];
    const advice = Object.keys(words.advice) as LoopbackReport["advice"];
    for (const report of [...REPORTS, ...verdicts.map((verdict) => ({ ...GOOD, verdict, advice }))]) {
      const { lines } = await screen(report, { lang, columns });
      // An address of IPv6 with its port is one word.
      const tooWide = lines.filter((line) => displayWidth(line) > columns && !line.includes("2001:db8"));
      expect(tooWide).toEqual([]);
      expect(lines.join("\n")).not.toMatch(/undefined|\[object|NaN/);
      expect(lines.filter((line) => line.endsWith(" "))).toEqual([]);
      if (lang === "en") expect(lines.join("")).not.toMatch(/\p{Script=Han}/u);
    }
  });

  test("prints JSON as the schema says, and nothing else", async () => {
    for (const report of REPORTS) {
      const { lines } = await screen(report, { json: true });
      expect(lines).toHaveLength(1);
      const parsed: unknown = JSON.parse(lines[0] ?? "");
      expect(validate(parsed), JSON.stringify(validate.errors)).toBe(true);
      expect(parsed).toEqual(JSON.parse(JSON.stringify(report)));
    }
  });
});
