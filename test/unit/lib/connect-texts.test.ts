// What is said of an attempt that failed: how far it came, and what to do. Each stage has its own likely cause.
import { describe, expect, test } from "vitest";
import { P2pError } from "../../../src/lib/errors/p2p-error.ts";
import type { ConnectFailure, PairState } from "../../../src/lib/events.ts";
import { errorText } from "../../../src/words/errors.ts";

function failure(change: Partial<ConnectFailure>, ...states: PairState[]): P2pError {
  const pairs = states.map((state) => ({
    local: "192.0.2.1:1",
    remote: "192.0.2.2:2",
    localKind: "host" as const,
    remoteKind: "host" as const,
    state,
    protocol: "udp" as const,
  }));
  const facts = {
    seconds: 60,
    pairs,
    why: "not-known",
    stage: "unanswered",
    isOfferer: true,
    isForeign: true,
  } as const;
  return new P2pError("CANNOT_CONNECT", { ...facts, ...change });
}

test.each([
  [failure({ stage: "no-pairs" }), "no address of the other side's file fits one of ours"],
  [failure({}, "failed", "failed"), "2 pairs of addresses tried, none answered"],
  [
    failure({ stage: "not-chosen" }, "succeeded"),
    "1 pair of addresses tried, 1 answered, and the other side has chosen none yet",
  ],
  [
    failure({ stage: "no-dtls" }, "succeeded"),
    "the other side answers, but no encrypted connection (DTLS) was made with it",
  ],
  [
    failure({ stage: "no-sctp" }, "succeeded"),
    "the connection is encrypted, but data channels (SCTP) did not start on it",
  ],
])("tells what was reached", (error, reached) => {
  expect(error.message).toBe(`no connection after 60 s: ${reached}`);
});

describe("the likely cause", () => {
  test("is an untaken file only where the other side has chosen no pair", () => {
    expect(failure({ stage: "not-chosen" }, "succeeded").hint).toMatch(/has not taken our file/);
    for (const stage of ["unanswered", "no-dtls", "no-sctp", "no-channel"] as const) {
      for (const isForeign of [true, false]) {
        expect(failure({ stage, isForeign }, "succeeded").hint).not.toMatch(/has not taken our file/);
      }
    }
  });

  test("of a browser that has answered is that it does not wait", () => {
    for (const stage of ["unanswered", "no-dtls"] as const) {
      const error = failure({ stage });
      expect(error.hint).toMatch(/let the browser make the offer/);
      expect(errorText(error, "zh").hint).toMatch(/让浏览器发起/);
      expect(failure({ stage, isOfferer: false }).hint).not.toMatch(/browser/);
      expect(failure({ stage, isForeign: false }).hint).not.toMatch(/browser/);
    }
  });

  test("is what the two files show, as long as nobody has answered", () => {
    const why = "both-symmetric";
    expect(failure({ why }).hint).toMatch(/--turn/);
    expect(failure({ why, stage: "no-sctp" }).hint).not.toMatch(/--turn/);
  });
});

test("both languages say something else for each stage", () => {
  for (const lang of ["en", "zh"] as const) {
    const stages = ["no-pairs", "unanswered", "not-chosen", "no-dtls", "no-sctp", "no-channel"] as const;
    const messages = stages.map((stage) => errorText(failure({ stage }), lang).message);
    expect(new Set(messages).size).toBe(stages.length);
  }
});
