// The documents of other programs: each is read as its writer meant it, or named for what it is.
import { describe, expect, test } from "vitest";
import { decodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { CARRIED_TEXTS, DOCUMENT_SHAPES, SDP_DIALECTS, type Verdict } from "../../support/foreign/public-documents.ts";
import { answerTo, flawsOfAnswer } from "../../support/foreign/answer-rules.ts";
import { decode, bytesOf } from "./fixtures.ts";
import { flawOf } from "./odd-documents.ts";

function expectVerdict(text: string, verdict: Verdict): void {
  if ("flaw" in verdict) {
    const { flaw, field } = flawOf(text);
    expect({ flaw, ...(verdict.field === undefined ? {} : { field }) }).toEqual(verdict);
    return;
  }
  const { description, remarks } = decode(text);
  expect(description.iceUfrag).toMatch(/^(?:v8Lx|4ht-1yvSJu_VayA)$/);
  const sha256 = description.fingerprints.find(({ algorithm }) => algorithm === "sha-256");
  expect(sha256?.value).toMatch(/^7A:D7:C9.*8E:15$/);
  for (const { address, port } of description.candidates) {
    expect(["192.0.2.7 40001", "192.0.2.7 40002", "fe80::1 40002"]).toContain(`${address} ${port}`);
  }
  expect(description.candidates).toHaveLength(verdict.candidates);
  const names = remarks.map(({ remark }) => remark);
  for (const remark of verdict.remarks ?? []) expect(names).toContain(remark);
}

describe("documents in other shapes", () => {
  test.each(DOCUMENT_SHAPES)("%s", (_name, text, verdict) => {
    expectVerdict(text, verdict);
  });
});

describe("texts that were handed on", () => {
  test.each(CARRIED_TEXTS)("%s", (_name, text, verdict) => {
    expectVerdict(text, verdict);
  });
});

describe("dialects of SDP", () => {
  test.each(SDP_DIALECTS)("%s", (_name, text, verdict) => {
    expectVerdict(text, verdict);
  });

  test.each(SDP_DIALECTS.filter(([, text, verdict]) => "candidates" in verdict && text.includes('"offer"')))(
    "the answer to %s keeps the rules",
    (name, text) => {
      const { sdp } = JSON.parse(text) as { sdp: string };
      const flaws = flawsOfAnswer(sdp, answerTo(text));
      // The one text whose group names a section that it does not name itself.
      expect(flaws).toEqual(name.startsWith("c23") ? ["RFC 5888 §9.1: section 0 has another mid"] : []);
    },
  );
});

test("the cure for a document of another program is not to use p2p there", () => {
  for (const [, text, verdict] of [...DOCUMENT_SHAPES, ...SDP_DIALECTS]) {
    if (!("flaw" in verdict)) continue;
    const decoding = decodeExchangeDocument(bytesOf(text), "peer.json");
    if (decoding.ok) throw new Error("was read");
    expect(decoding.error.hint).not.toContain("with p2p");
  }
});
