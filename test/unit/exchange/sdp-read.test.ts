// The facts of an SDP text, value by value: what is taken, what is assumed, and what is refused.
import { describe, expect, it } from "vitest";
import { FlawError } from "../../../src/exchange/flaw-error.ts";
import { MAX_FINGERPRINT_BYTES, MAX_FINGERPRINTS, MIN_P2P_MESSAGE_SIZE } from "../../../src/exchange/limits.ts";
import { checkP2pMessageSize, readSdp, type SdpReading } from "../../../src/exchange/sdp-read.ts";
import { FINGERPRINT } from "./fixtures.ts";

const DATA = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel";
const LINES = {
  mid: "a=mid:data",
  ufrag: "a=ice-ufrag:abcd",
  pwd: `a=ice-pwd:${"x".repeat(22)}`,
  fingerprint: `a=fingerprint:sha-256 ${FINGERPRINT}`,
  setup: "a=setup:actpass",
  port: "a=sctp-port:5000",
};
type Changes = Partial<Record<keyof typeof LINES, string>> & { begin?: string[]; data?: string; more?: string[] };

function textOf({ begin = [], data = DATA, more = [], ...lines }: Changes = {}): string {
  return ["v=0", ...begin, data, ...Object.values({ ...LINES, ...lines }), ...more].join("\n");
}

const read = (changes: Changes = {}, type: "offer" | "answer" = "offer"): SdpReading =>
  readSdp(textOf(changes), type, 65_536);

function flawOf(act: () => unknown): string {
  try {
    act();
    return "none";
  } catch (error) {
    if (!(error instanceof FlawError)) throw error;
    return `${error.field}: ${error.flaw.flaw === "wrong-value" ? error.flaw.wanted : error.flaw.flaw}`;
  }
}

it("has all of them, and no remark, where a text says all", () => {
  expect(read({ begin: ["a=group:BUNDLE data"], more: ["a=max-message-size:262144"] })).toEqual({
    description: {
      type: "offer",
      form: "modern",
      mid: "data",
      iceUfrag: "abcd",
      icePwd: "x".repeat(22),
      iceLite: false,
      fingerprints: [{ algorithm: "sha-256", value: FINGERPRINT }],
      setup: "actpass",
      sctpPort: 5_000,
      maxMessageSize: 262_144,
    },
    layout: undefined,
    candidateLines: [],
    sections: [{ mid: "data", isShared: true }],
    remarks: [],
  });
});

describe("what a text leaves out", () => {
  it.each<[keyof typeof LINES, "offer" | "answer", string, object]>([
    ["mid", "offer", "a=mid:0", { mid: "0" }],
    ["setup", "offer", "a=setup:actpass", { setup: "actpass" }],
    ["setup", "answer", "a=setup:passive", { setup: "passive" }],
    ["port", "offer", "a=sctp-port:5000", { sctpPort: 5_000 }],
  ])("is assumed: %s of an %s", (name, type, line, facts) => {
    const { description, remarks } = read(
      { setup: type === "offer" ? LINES.setup : "a=setup:active", [name]: "" },
      type,
    );
    expect([description, remarks]).toMatchObject([facts, [{ remark: "line-assumed", line }]]);
  });

  it.each<[keyof typeof LINES, string]>([
    ["ufrag", "sdp: a=ice-ufrag: missing"],
    ["pwd", "sdp: a=ice-pwd: missing"],
    ["fingerprint", "sdp: a=fingerprint: missing"],
  ])("cannot be assumed: %s", (name, flaw) => {
    expect(flawOf(() => read({ [name]: "" }))).toBe(flaw);
  });

  it("says of the message size what the caller assumes", () => {
    expect(read().description.maxMessageSize).toBe(65_536);
  });
});

describe("a value", () => {
  const hex = (bytes: number): string => Array.from({ length: bytes }, () => "AB").join(":");

  it.each<[string, Changes]>([
    ["the shortest ufrag", { ufrag: "a=ice-ufrag:aB+/" }],
    ["the longest ufrag", { ufrag: `a=ice-ufrag:${"9".repeat(256)}` }],
    ["the longest password", { pwd: `a=ice-pwd:${"9".repeat(256)}` }],
    ["the smallest port", { port: "a=sctp-port:1" }],
    ["the largest port", { port: "a=sctp-port:65535" }],
    ["a fingerprint in small letters", { fingerprint: `a=fingerprint:SHA-256  ${FINGERPRINT.toLowerCase()}` }],
    ["an unknown hash of any length", { more: [`a=fingerprint:sha-999 ${hex(MAX_FINGERPRINT_BYTES)}`] }],
    ["as many fingerprints as may be", { more: Array.from({ length: MAX_FINGERPRINTS - 1 }, () => LINES.fingerprint) }],
    ["active", { setup: "a=setup:Active" }],
    ["passive", { setup: "a=setup:passive" }],
    ["any message size", { more: ["a=max-message-size:0"] }],
  ])("is taken: %s", (_what, changes) => {
    expect(read(changes).remarks).toEqual([]);
  });

  it.each<[string, Changes, string]>([
    ["a short ufrag", { ufrag: "a=ice-ufrag:abc" }, "sdp: a=ice-ufrag: ice-ufrag"],
    ["a long ufrag", { ufrag: `a=ice-ufrag:${"a".repeat(257)}` }, "sdp: a=ice-ufrag: ice-ufrag"],
    ["an odd ufrag", { ufrag: "a=ice-ufrag:ab!d" }, "sdp: a=ice-ufrag: ice-ufrag"],
    ["a short password", { pwd: `a=ice-pwd:${"x".repeat(21)}` }, "sdp: a=ice-pwd: ice-pwd"],
    ["a long password", { pwd: `a=ice-pwd:${"x".repeat(257)}` }, "sdp: a=ice-pwd: ice-pwd"],
    ["port 0", { port: "a=sctp-port:0" }, "sdp: a=sctp-port: port"],
    ["a port beyond", { port: "a=sctp-port:65536" }, "sdp: a=sctp-port: port"],
    ["a port in words", { port: "a=sctp-port:x" }, "sdp: a=sctp-port: port"],
    ["a mid of two words", { mid: "a=mid:a b" }, "sdp: a=mid: word"],
    ["holdconn", { setup: "a=setup:holdconn" }, "sdp: a=setup: setup-of-offer"],
    ["a size in words", { more: ["a=max-message-size:big"] }, "sdp: a=max-message-size: number"],
    ["a short fingerprint", { fingerprint: `a=fingerprint:sha-256 ${hex(31)}` }, "sdp: a=fingerprint: fingerprint"],
    [
      "one that is no hex",
      { fingerprint: `a=fingerprint:sha-256 ${"GG:".repeat(32)}` },
      "sdp: a=fingerprint: fingerprint",
    ],
    ["one with more behind it", { fingerprint: `${LINES.fingerprint} x` }, "sdp: a=fingerprint: fingerprint"],
    ["one of another length", { more: [`a=fingerprint:sha-1 ${hex(32)}`] }, "sdp: a=fingerprint: fingerprint"],
    [
      "one that is too long",
      { more: [`a=fingerprint:x ${hex(MAX_FINGERPRINT_BYTES + 1)}`] },
      "sdp: a=fingerprint: fingerprint",
    ],
    ["no SHA-256", { fingerprint: `a=fingerprint:sha-512 ${hex(64)}` }, "sdp: a=fingerprint: no-sha-256"],
    [
      "too many fingerprints",
      { more: Array.from({ length: MAX_FINGERPRINTS }, () => LINES.fingerprint) },
      "sdp: a=fingerprint: too-many-fingerprints",
    ],
  ])("is refused: %s", (_what, changes, flaw) => {
    expect(flawOf(() => read(changes))).toBe(flaw);
  });

  it("of an answer says which side begins", () => {
    expect(read({ setup: "a=setup:active" }, "answer").description.setup).toBe("active");
    expect(flawOf(() => read({}, "answer"))).toBe("sdp: a=setup: setup-of-answer");
  });

  it("that other programs write against the rules is taken with a remark", () => {
    const { description, remarks } = read({ ufrag: "a=ice-ufrag:a-_=", pwd: `a=ice-pwd:${"#".repeat(22)}` });
    expect([description.iceUfrag, description.icePwd]).toEqual(["a-_=", "#".repeat(22)]);
    expect(remarks).toEqual([
      { remark: "odd-credential", field: "ice-ufrag" },
      { remark: "odd-credential", field: "ice-pwd" },
    ]);
  });

  it("counts once, however it is spelt", () => {
    const again = `a=fingerprint:SHA-256 ${FINGERPRINT.toLowerCase()}`;
    expect(read({ more: [again] }).description.fingerprints).toHaveLength(1);
  });

  it.each([
    ["1", 4],
    ["4", 4],
    ["5", 5],
    ["99999999999999999999", Number.MAX_SAFE_INTEGER],
  ])("message size %s means %i", (written, bytes) => {
    expect(read({ more: [`a=max-message-size:${written}`] }).description.maxMessageSize).toBe(bytes);
  });
});

describe("the section of the data channel", () => {
  it("is in the old form when its format is a port", () => {
    const legacy = read({ data: "m=application 9 DTLS/SCTP 5001", port: "a=sctpmap:5001 webrtc-datachannel 1024" });
    expect(legacy.description).toMatchObject({ form: "legacy", sctpPort: 5_001 });
    expect(flawOf(() => read({ data: "m=application 9 DTLS/SCTP 0" }))).toBe("sdp: m=application: port");
  });

  it.each([
    ["none", "m=audio 9 UDP/TLS/RTP/SAVPF 0", "sdp: no-data-section"],
    ["another application", "m=application 9 UDP/BFCP *", "sdp: no-data-section"],
    ["a rejected one", "m=application 0 UDP/DTLS/SCTP webrtc-datachannel", "sdp: m=application: section-rejected"],
  ])("is needed: %s", (_what, data, flaw) => {
    expect(flawOf(() => read({ data }))).toBe(flaw);
  });

  it("is the first that was not closed; of others the kinds are told", () => {
    const closed = "m=application 0 UDP/DTLS/SCTP webrtc-datachannel";
    const { description, sections, remarks } = read({
      begin: [closed, "a=mid:old", ...Array.from({ length: 12 }, (_, at) => `m=kind${at} 9 RTP 0`)],
      more: ["m=kind0 9 RTP 0", `m=${"k".repeat(50)} 0 RTP 0`],
    });
    expect([description.mid, sections.filter(({ isShared }) => isShared)]).toEqual([
      "data",
      [{ mid: "data", isShared: true }],
    ]);
    expect(remarks).toEqual([{ remark: "other-sections", kinds: Array.from({ length: 10 }, (_, at) => `kind${at}`) }]);
  });

  it("shares the transport of its group: credentials and candidates of any of them", () => {
    const { ufrag, pwd, fingerprint } = LINES;
    const { description, candidateLines } = read({
      begin: [
        "a=group:bundle 0 data",
        "a=candidate:of-session",
        "m=audio 9 UDP/TLS/RTP/SAVPF 0",
        "a=mid:0",
        "a=rtcp-mux",
        ufrag,
        pwd,
        fingerprint,
        "a=candidate:of-audio",
        "m=video 9 UDP/TLS/RTP/SAVPF 0",
        "a=mid:1",
        "a=candidate:of-video",
      ],
      ufrag: "",
      pwd: "",
      fingerprint: "",
      more: ["a=candidate:of-data"],
    });
    expect(description).toMatchObject({ iceUfrag: "abcd", mid: "data" });
    expect(candidateLines).toEqual([
      { text: "candidate:of-session", isShared: true },
      { text: "candidate:of-audio", isShared: true },
      { text: "candidate:of-video", isShared: false },
      { text: "candidate:of-data", isShared: true },
    ]);
  });

  it("is ICE-lite where any part of the text says so", () => {
    expect(read({ begin: ["a=ice-lite"] }).description.iceLite).toBe(true);
    expect(read({ more: ["a=ice-lite"] }).description.iceLite).toBe(true);
  });
});

it("a peer of ours takes every message that a session needs", () => {
  const check = (maxMessageSize: number) => flawOf(() => checkP2pMessageSize({ maxMessageSize }));
  expect([0, MIN_P2P_MESSAGE_SIZE, MIN_P2P_MESSAGE_SIZE - 1, 4].map(check)).toEqual([
    "none",
    "none",
    "sdp: a=max-message-size: p2p-message-size",
    "sdp: a=max-message-size: p2p-message-size",
  ]);
});
