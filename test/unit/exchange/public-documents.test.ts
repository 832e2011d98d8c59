// The documents of other programs: each is read as its writer meant it, or named for what it is.
import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { BYTE_TEXTS, HANDED_TEXTS, PRINTED_TEXTS, TRICKLED_TEXTS } from "../../support/foreign/printed-documents.ts";
import {
  CANDIDATE_LINE,
  CARRIED_TEXTS,
  DOCUMENT_SHAPES,
  HOLLOW_SDP,
  json,
  SDP,
  SDP_DIALECTS,
  type Verdict,
} from "../../support/foreign/public-documents.ts";
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

describe("texts as programs print them", () => {
  test.each([...PRINTED_TEXTS, ...TRICKLED_TEXTS, ...HANDED_TEXTS, ...BYTE_TEXTS])("%s", (_name, text, verdict) => {
    expectVerdict(text, verdict);
  });

  test.each(PRINTED_TEXTS.slice(0, 23))("the type that %s says counts", (_name, text) => {
    const answer = text
      .replace("actpass", "active")
      .replace(/offer/i, (word) => (word === "OFFER" ? "ANSWER" : word === "Offer" ? "Answer" : "answer"));
    expect(decode(answer).description.type).toBe("answer");
    expect(decode(answer).remarks.map(({ remark }) => remark)).not.toContain("candidate-skipped");
  });

  test("candidates count for the section that they name, by number, digits or key", () => {
    const audio =
      "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:audio\r\na=ice-ufrag:AUDI\r\na=ice-pwd:AudioAudioAudioAudioAudio\r\n";
    const hollow = HOLLOW_SDP.replace("a=group:BUNDLE 0\r\n", "").replace("m=application", `${audio}m=application`);
    const other = CANDIDATE_LINE.replace("40001", "50001");
    for (const candidates of [
      [
        { candidate: other, sdpMLineIndex: "0" },
        { candidate: CANDIDATE_LINE, sdpMLineIndex: "1" },
      ],
      [
        { candidate: other, sdpMid: "audio" },
        { candidate: CANDIDATE_LINE, sdpMid: 0 },
      ],
      { audio: [other], 0: [CANDIDATE_LINE] },
    ]) {
      const { description } = decode(json({ type: "offer", sdp: hollow, candidates }));
      expect(description.candidates.map(({ port }) => port)).toEqual([40_001]);
    }
  });
});

describe("dialects of SDP", () => {
  test.each(SDP_DIALECTS)("%s", (_name, text, verdict) => {
    expectVerdict(text, verdict);
  });

  const answerable = SDP_DIALECTS.filter(([, text, verdict]) => "candidates" in verdict && text.includes('"offer"'));

  test.each(answerable)("the answer to %s keeps the rules", (name, text) => {
    const { sdp } = JSON.parse(text) as { sdp: string };
    const flaws = flawsOfAnswer(sdp, answerTo(text));
    // The one text whose group names a section that it does not name itself.
    expect(flaws).toEqual(name.startsWith("c23") ? ["RFC 5888 §9.1: section 0 has another mid"] : []);
  });
});

test("what is compressed or shown in part is told in a folder too, and numbers of something else are not", () => {
  const packed = [
    gzipSync(SDP),
    deflateSync(SDP),
    gzipSync(SDP).toString("base64"),
    "<Buffer 7b 22 ... 600 more bytes>",
  ];
  expect(packed.map((text) => flawOf(text).isExchange)).toEqual([true, true, true, true]);
  expect(flawOf(json(Array.from({ length: 200 }, () => 7))).isExchange).toBe(false);
});

test("the cure for a document of another program is not to use p2p there", () => {
  for (const [, text, verdict] of [...DOCUMENT_SHAPES, ...SDP_DIALECTS]) {
    if (!("flaw" in verdict)) continue;
    const decoding = decodeExchangeDocument(bytesOf(text), "peer.json");
    if (decoding.ok) throw new Error("was read");
    expect(decoding.error.hint).not.toContain("with p2p");
  }
});
