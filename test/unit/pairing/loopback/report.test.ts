// What the findings of a loopback run mean: the verdict, the advice and the exit code.
import { describe, expect, test } from "vitest";
import type { ErrorEvent } from "../../../../src/lib/events.ts";
import { judgeLoopback, type LoopbackFindings } from "../../../../src/pairing/loopback/report.ts";
import { GOOD_LOOPBACK } from "../../../support/loopback-findings.ts";

const errorOf = (code: ErrorEvent["code"]): ErrorEvent => ({ event: "error", code, message: "m", hint: "h" });

const judged = (change: Partial<LoopbackFindings>): unknown[] => {
  const { verdict, exit, advice } = judgeLoopback({ ...GOOD_LOOPBACK, ...change }, 5_000);
  return [verdict, exit, advice];
};

const [track] = GOOD_LOOPBACK.media?.tracks ?? [];
const [file] = GOOD_LOOPBACK.files;

describe("the verdict", () => {
  test("all of it works: what is left is between the two computers", () => {
    expect(judged({})).toEqual(["works", 0, ["run-doctor"]]);
    expect(judgeLoopback(GOOD_LOOPBACK, 5_000)).toMatchObject({ ...GOOD_LOOPBACK, ms: 5_000 });
  });

  test("a machine that is in no network has shown only that it reaches itself", () => {
    const addresses = GOOD_LOOPBACK.addresses.map((of) => ({ ...of, kind: "loopback" as const }));
    expect(judged({ addresses })).toEqual(["works", 0, ["connect-network"]]);
  });

  test("what cannot be opened has the exit code of its error, which says what to do", () => {
    const failed = { step: "opening", error: errorOf("BIND_FAILED"), exit: 8 } as const;
    const { pair: _, ...before } = { ...GOOD_LOOPBACK, texts: [], files: [], failed };
    const report = judgeLoopback(before, 10);
    expect(report).toMatchObject({ verdict: "no-sockets", exit: 8, advice: [], error: { code: "BIND_FAILED" } });
    expect(report).not.toHaveProperty("failed");
  });

  test("no connection: another address is advised unless it was loopback", () => {
    const failed = { step: "connecting", error: errorOf("CANNOT_CONNECT"), exit: 3 } as const;
    const { pair: _, ...before } = { ...GOOD_LOOPBACK, texts: [], files: [], failed };
    expect(judgeLoopback(before, 10)).toMatchObject({
      verdict: "no-connection",
      exit: 3,
      advice: ["allow-packets", "try-loopback"],
    });
    const addresses = before.addresses.map((of) => ({ ...of, kind: "loopback" as const }));
    expect(judgeLoopback({ ...before, addresses }, 10).advice).toEqual(["allow-packets", "report"]);
  });

  test("a text that is not acknowledged, or came changed", () => {
    expect(judged({ texts: GOOD_LOOPBACK.texts.slice(1) })).toEqual(["text", 3, ["report"]]);
    expect(judged({ texts: GOOD_LOOPBACK.texts.map((text) => ({ ...text, same: false })) })).toEqual([
      "text",
      3,
      ["report"],
    ]);
  });

  test("a file that came changed counts more than one that did not come whole", () => {
    if (file === undefined) throw new TypeError("no file");
    const changed = { ...file, same: false };
    const cut = { ...file, outcome: "timeout", same: false } as const;
    expect(judged({ files: [changed, cut] })).toEqual(["file", 5, ["report"]]);
    expect(judged({ files: [file, cut] })).toEqual(["file", 4, ["report"]]);
    expect(judged({ files: [file] })).toEqual(["file", 4, ["report"]]);
    const failed = { step: "files", error: errorOf("SPOOL_FAILED"), exit: 8 } as const;
    expect(judged({ files: [], failed })).toEqual(["file", 8, ["report"]]);
  });

  test("frames that are missing: told, and half of them is not working", () => {
    if (track === undefined) throw new TypeError("no track");
    const withTaken = (taken: number): Partial<LoopbackFindings> => ({
      media: { tracks: [{ ...track, given: 100, taken }] },
    });
    expect(judged(withTaken(99))).toEqual(["works", 0, ["less-load", "run-doctor"]]);
    expect(judged(withTaken(50))).toEqual(["media", 3, ["less-load"]]);
    expect(judged(withTaken(0))).toEqual(["media", 3, ["less-load"]]);
    expect(judged({ media: { tracks: [] } })).toEqual(["media", 3, ["report"]]);
  });

  test("a defect of p2p is called one, wherever it is", () => {
    const failed = { step: "files", error: errorOf("INTERNAL"), exit: 1 } as const;
    expect(judged({ failed })).toEqual(["internal", 1, ["report"]]);
  });
});
