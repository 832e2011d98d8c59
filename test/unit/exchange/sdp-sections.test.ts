// How an SDP text is taken apart: which lines belong to which section, and how much of them is kept.
import { describe, expect, it } from "vitest";
import { MAX_SECTIONS, splitSdp, TOKEN, type TextSection } from "../../../src/exchange/sdp-sections.ts";

function sectionOf(...lines: string[]): TextSection {
  const [section] = splitSdp(lines.join("\r\n")).sections;
  if (section === undefined) throw new Error("no section");
  return section;
}

const DATA = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel";

describe("the lines of a text", () => {
  it("belong to the session until a section begins, whatever ends them", () => {
    for (const end of ["\r\n", "\n", "\r"]) {
      const text = ["v=0", "a=ice-ufrag:one", "a=candidate:1", DATA, " a=ice-ufrag:two ", "A=Candidate:2", DATA].join(
        end,
      );
      const { session, sections } = splitSdp(text);
      expect([session.attributes.get("ice-ufrag"), session.candidateLines]).toEqual([["one"], ["candidate:1"]]);
      expect(sections.map(({ attributes, candidateLines }) => [attributes.get("ice-ufrag"), candidateLines])).toEqual([
        [["two"], ["Candidate:2"]],
        [undefined, []],
      ]);
    }
  });

  it("count once where a description has one value, and each where it has several", () => {
    const { attributes } = sectionOf(
      DATA,
      "a=mid:0",
      "a=mid:1",
      "a=Fingerprint : sha-1 AA",
      "a=fingerprint:sha-256 BB:CC",
      "a=ice-lite",
      "a=extmap:1 x",
      "b=AS:30",
    );
    expect(Object.fromEntries(attributes)).toEqual({
      mid: ["0"],
      fingerprint: ["sha-1 AA", "sha-256 BB:CC"],
      "ice-lite": [""],
    });
  });

  it("have as many sections as can be answered", () => {
    const sections = (count: number) => Array.from({ length: count }, () => DATA).join("\n");
    expect(splitSdp(sections(MAX_SECTIONS)).sections).toHaveLength(MAX_SECTIONS);
    expect(() => splitSdp(sections(MAX_SECTIONS + 1))).toThrow(
      expect.objectContaining({ field: "sdp", flaw: { flaw: "too-many-sections", limit: MAX_SECTIONS } }),
    );
  });
});

describe("the line of a section", () => {
  it("says what it is for; what is not visible ASCII does not go into an answer", () => {
    expect(sectionOf("M=audio 9  UDP/TLS/RTP/SAVPF 111 63")).toMatchObject({
      kind: "audio",
      protocol: "UDP/TLS/RTP/SAVPF",
      formats: ["111", "63"],
      state: "live",
    });
    expect(sectionOf("m=vidéo 9 UDP\u0007 111 \u202e 63")).toMatchObject({
      kind: "x",
      protocol: "x",
      formats: ["111", "63"],
    });
    expect(sectionOf("m=")).toMatchObject({ kind: "", protocol: "", formats: [] });
  });

  it("keeps 128 formats", () => {
    const numbers = Array.from({ length: 130 }, (_, index) => String(index));
    expect(sectionOf(`m=video 9 RTP ${numbers.join(" ")}`).formats).toEqual(numbers.slice(0, 128));
  });

  it("is rejected with port 0, unless it is bundled with another", () => {
    const states = [["m=audio 0 RTP 0"], ["m=audio 0 RTP 0", "a=bundle-only"], ["m=audio 9 RTP 0", "a=bundle-only"]];
    expect(states.map((lines) => sectionOf(...lines).state)).toEqual(["rejected", "bundle-only", "live"]);
  });

  it("has the name that its mid gives it, if that is a token (RFC 8866 §9)", () => {
    expect([sectionOf(DATA, "a=mid:data").mid, sectionOf(DATA).mid, sectionOf(DATA, "a=mid:a b").mid]).toEqual([
      "data",
      undefined,
      undefined,
    ]);
    const isToken = (text: string): boolean => TOKEN.test(text);
    expect(["0", "a.b-c_d~", "x".repeat(256)].map(isToken)).toEqual([true, true, true]);
    expect(["", "a:b", "a b", "é", "x".repeat(257), "a\n"].map(isToken)).toEqual(
      Array.from({ length: 6 }, () => false),
    );
  });
});

describe("the lines about codecs", () => {
  it("are kept of a section, as they came", () => {
    const section = sectionOf("m=audio 9 RTP 111", "a=rtpmap:111 opus/48000/2", "a=FMTP:111 useinbandfec=1", "a=mid:0");
    expect(section.codecLines).toEqual(["rtpmap:111 opus/48000/2", "FMTP:111 useinbandfec=1"]);
    expect(splitSdp("a=rtpmap:1 x\n").sections).toEqual([]);
    expect(sectionOf("m=audio 9 RTP 1", "a=rtpmap:1 ö", "a=rtpmaps:1 x").codecLines).toEqual([]);
  });

  it("let the section be bundled as long as all of them are kept", () => {
    const line = `a=fmtp:1 ${"x".repeat(1_015)}`;
    const section = (count: number) =>
      sectionOf("m=audio 9 RTP 1", ...Array.from({ length: count }, () => line), "a=rtcp-mux");
    expect(line).toHaveLength(2 + 1_022);
    expect([section(64).isCut, section(64).hasRtcpMux, section(64).codecLines.length]).toEqual([false, true, 64]);
    expect([section(65).isCut, section(65).hasRtcpMux, section(65).codecLines.length]).toEqual([true, false, 64]);
    expect(sectionOf("m=audio 9 RTP 1", "a=rtcp-mux-only").hasRtcpMux).toBe(true);
    expect(sectionOf("m=audio 9 RTP 1").hasRtcpMux).toBe(false);
  });
});
