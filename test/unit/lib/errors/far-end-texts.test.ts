// The sentences of a far end that has failed.
import { ENGLISH } from "../../../../src/lib/errors/english.ts";
import { expect, test } from "vitest";
import { fileErrorsZh as CHINESE } from "../../../../src/words/file-errors.ts";
import { farStatusText } from "../../../../src/lib/errors/far-end-texts.ts";
import { P2pError } from "../../../../src/lib/errors/p2p-error.ts";

test("how it ended stands behind the sentence, if it is known", () => {
  expect([127, "SIGKILL", undefined].map((status) => farStatusText(status, "exit code"))).toEqual([
    "exit code 127",
    "SIGKILL",
    "",
  ]);
  expect(new P2pError("FAR_END_FAILED", { via: "ssh://nas", why: "no-p2p", status: 127 }).message).toBe(
    "ssh://nas: there is no p2p at the far end (exit code 127)",
  );
});

test("of what no person carries nobody is told to carry another one", () => {
  const path = "anything";
  for (const texts of [ENGLISH, CHINESE]) {
    for (const code of ["FILE_EXPIRED", "FILE_USED", "FILE_SECOND_ANSWER", "FILE_OWN", "FILE_MISMATCHED"] as const) {
      const byHand = texts[code].hint({ path, expiresAt: "x" });
      const byCarrier = texts[code].hint({ path, expiresAt: "x", carriedBy: "carrier" });
      expect(byCarrier).not.toBe(byHand);
      if (texts === ENGLISH) expect([byHand.includes("carry"), byCarrier.includes("carry")]).toEqual([true, false]);
    }
  }
  expect(ENGLISH.FILE_OWN.hint({ path, carriedBy: "command" })).toMatch(/^what runs there must be/);
  expect(ENGLISH.FILE_NOT_RECOGNISED.hint({ path, name: "Bob", carriedBy: "carrier" })).not.toContain("--in");
});

test("an attempt that fails over a carrier is no reason to carry a file", () => {
  const facts = { seconds: 60, pairs: [], why: "not-known", isForeign: false } as const;
  for (const stage of ["unanswered", "not-chosen", "no-dtls", "no-pairs"] as const) {
    for (const isOfferer of [true, false]) {
      const failed = (carriedBy?: "carrier"): string =>
        new P2pError("CANNOT_CONNECT", { ...facts, stage, isOfferer, ...(carriedBy && { carriedBy }) }).hint;
      expect(failed()).toMatch(/carry|file/);
      expect(failed("carrier")).not.toMatch(/carry|file/);
    }
  }
});
