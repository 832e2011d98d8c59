// The sentences of a far end that has failed.
import { ENGLISH } from "../../../../src/lib/errors/english.ts";
import { expect, test } from "vitest";
import { farStatusText, isCarriedByItself, isFarEnd } from "../../../../src/lib/errors/far-end-texts.ts";
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

test("a document of a far end is nothing that a person carries", () => {
  expect(["ssh://nas", "exec:x", "LocaltionJson.json", "-"].map(isFarEnd)).toEqual([true, true, false, false]);
  expect(new P2pError("FILE_OWN", { path: "exec:cat" }).hint).toMatch(/^what runs there must be/);
  expect(new P2pError("FILE_OWN", { path: "a.json" }).hint).toMatch(/^carry /);
});

test("of what a carrier has brought nobody is told to carry another one", () => {
  const slot = "0123456789abcdef".repeat(2);
  const brought = ["ssh://nas", "exec:x", "mqtt://h", "mqtts://h/p", `/share/p2p-${slot}-offer.json`];
  for (const path of [...brought, `p2p-${slot}-answer-0123456789abcdef.json`]) {
    expect(isCarriedByItself(path)).toBe(true);
    for (const code of ["FILE_EXPIRED", "FILE_USED"] as const) {
      expect(ENGLISH[code].hint({ path, expiresAt: "x" })).not.toContain("carry");
    }
  }
  for (const path of ["LocaltionJson.json", "-", "", "mqtt", "p2p-1-offer.json"]) {
    expect(isCarriedByItself(path)).toBe(false);
    expect(ENGLISH.FILE_USED.hint({ path })).toContain("carry the new file");
  }
});
