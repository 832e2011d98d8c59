// What an answer of ours says to the sections of an offer of another program.
import { describe, expect, test } from "vitest";
import { encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { answerLayout } from "../../../src/exchange/sdp-layout.ts";
import { answerTo } from "../../support/foreign/answer-rules.ts";
import { carried, decode, FINGERPRINT } from "./fixtures.ts";

const TRANSPORT = [
  "a=ice-ufrag:v8Lx",
  "a=ice-pwd:GdpW980Caww9WWsbg6jJ5pGu",
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  "a=setup:actpass",
];
const AUDIO = [
  "a=rtcp-mux",
  "a=rtpmap:111 opus/48000/2",
  "a=fmtp:111 minptime=10",
  "a=ssrc:1 cname:x",
  "a=extmap:1 urn:x",
];
const DATA = ["a=sctp-port:5000", "a=max-message-size:262144"];
const HEAD = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0"];
const CANDIDATE = (port: number, more = ""): string =>
  `a=candidate:1 1 udp 2122260223 192.0.2.1 ${port} typ host${more}`;

const text = (...lines: (string | string[])[]): string =>
  JSON.stringify({ type: "offer", sdp: [...HEAD, ...lines.flat()].map((line) => `${line}\r\n`).join("") });
const data = (mid: string, ...more: string[]): string[] => [
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
  `a=mid:${mid}`,
  ...DATA,
  ...more,
];
const audio = (mid: string, ...more: string[]): string[] => [
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 0",
  `a=mid:${mid}`,
  ...AUDIO,
  ...more,
];

/** The lines of our answer that have to do with its layout. */
function laidOut(offer: string): string[] {
  return answerTo(offer)
    .split("\r\n")
    .filter((line) => /^(?:m=|a=(?:group|mid|inactive|rtcp-mux|rtpmap|fmtp|sctp|bundle-only))/.test(line));
}

const MODERN_DATA = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel";

describe("the sections of an answer", () => {
  test("audio that shares the transport is accepted with its formats, and carries nothing", () => {
    expect(laidOut(text("a=group:BUNDLE 0 1", audio("0", ...TRANSPORT), data("1", ...TRANSPORT)))).toEqual([
      "a=group:BUNDLE 0 1",
      "m=audio 9 UDP/TLS/RTP/SAVPF 111 0",
      "a=mid:0",
      "a=inactive",
      "a=rtcp-mux",
      "a=rtpmap:111 opus/48000/2",
      "a=fmtp:111 minptime=10",
      MODERN_DATA,
      "a=mid:1",
      "a=sctp-port:5000",
    ]);
  });

  test("each section has our credentials, fingerprint and part", () => {
    const answer = answerTo(text("a=group:BUNDLE 0 1", audio("0", ...TRANSPORT), data("1", ...TRANSPORT)));
    for (const line of ["a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:sha-256 ", "a=setup:active"]) {
      expect(answer.split(line)).toHaveLength(3);
    }
  });

  test.each<[string, string[], string]>([
    ["of an own transport", audio("0"), "0"],
    ["that is dead", ["m=audio 0 UDP/TLS/RTP/SAVPF 111 0", "a=mid:0", "a=inactive"], "0 1"],
    ["without RTCP on the same port", audio("0").filter((line) => line !== "a=rtcp-mux"), "0 1"],
  ])("audio %s is rejected", (_name, section, group) => {
    const offer = text(`a=group:BUNDLE ${group === "0" ? "1" : group}`, section, data("1", ...TRANSPORT));
    expect(laidOut(offer).slice(0, 4)).toEqual([
      "a=group:BUNDLE 1",
      "m=audio 0 UDP/TLS/RTP/SAVPF 111 0",
      "a=mid:0",
      "a=inactive",
    ]);
  });

  test("what is no audio or video is rejected, also without mid", () => {
    const bfcp = ["m=application 5070 UDP/BFCP *", "a=floorctrl:c-only"];
    expect(laidOut(text("a=group:BUNDLE 1", bfcp, data("1", ...TRANSPORT))).slice(0, 4)).toEqual([
      "a=group:BUNDLE 1",
      "m=application 0 UDP/BFCP *",
      "a=inactive",
      MODERN_DATA,
    ]);
  });

  test("bundle-only sections get a port", () => {
    const only = ["m=audio 0 UDP/TLS/RTP/SAVPF 111", "a=mid:b", "a=bundle-only", ...AUDIO];
    const answer = laidOut(text("a=group:BUNDLE a b", data("a", ...TRANSPORT), only));
    expect(answer).toContain("a=group:BUNDLE a b");
    expect(answer).toContain("m=audio 9 UDP/TLS/RTP/SAVPF 111");
    expect(answer).not.toContain("a=bundle-only");
  });

  test.each([
    ["DTLS/SCTP webrtc-datachannel", "a=sctp-port:5000"],
    ["TCP/DTLS/SCTP webrtc-datachannel", "a=sctp-port:5000"],
    ["UDP/DTLS/SCTP 5000", "a=sctpmap:5000 webrtc-datachannel 1024"],
    ["DTLS/SCTP 5000", "a=sctpmap:5000 webrtc-datachannel 1024"],
  ])("m=application 9 %s is answered alike", (words, sctp) => {
    const offer = text("a=group:BUNDLE data", `m=application 9 ${words}`, "a=mid:data", TRANSPORT);
    expect(laidOut(offer)).toEqual(["a=group:BUNDLE data", `m=application 9 ${words}`, "a=mid:data", sctp]);
  });

  test("no group, no mid: neither in the answer", () => {
    expect(laidOut(text(data("x", ...TRANSPORT)))[0]).toBe(MODERN_DATA);
    const offer = text(data("x", ...TRANSPORT).filter((line) => line !== "a=mid:x"));
    expect(laidOut(offer)).toEqual([MODERN_DATA, "a=sctp-port:5000"]);
  });

  test("a data channel section that was closed is rejected, the one after it is used", () => {
    const closed = ["m=application 0 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:0", "a=sctp-port:5000"];
    expect(laidOut(text("a=group:BUNDLE 1", closed, data("1", ...TRANSPORT)))).toEqual([
      "a=group:BUNDLE 1",
      "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
      "a=mid:0",
      "a=inactive",
      MODERN_DATA,
      "a=mid:1",
      "a=sctp-port:5000",
    ]);
  });

  test("more formats than are kept: the section is rejected and not cut short", () => {
    const huge = Array.from({ length: 700 }, (_, at) => `a=fmtp:${at} ${"x".repeat(100)}`);
    const offer = text("a=group:BUNDLE 0 1", audio("0", ...huge, ...TRANSPORT), data("1", ...TRANSPORT));
    expect(laidOut(offer).slice(0, 2)).toEqual(["a=group:BUNDLE 1", "m=audio 0 UDP/TLS/RTP/SAVPF 111 0"]);
  });

  test("nothing but visible ASCII of the offer comes into the answer", () => {
    const odd = ["m=aud\u202eio 9 RTP/\u0007AVP \u001b[2J 0", "a=mid:0", "a=rtcp-mux", "a=rtpmap:0 x\u0085y"];
    const answer = answerTo(text("a=group:BUNDLE 0 1", odd, data("1", ...TRANSPORT)));
    expect(answer).toMatch(/^[ -~\r\n]*$/);
    expect(answer.match(/^m=/gm)).toHaveLength(2);
  });

  test("an answer document of several sections reads as it was written", () => {
    const offer = decode(
      text("a=group:BUNDLE 0 1", audio("0", ...TRANSPORT), data("1", ...TRANSPORT, CANDIDATE(4000))),
    );
    const { layout, description } = offer;
    const own = { description, layout: answerLayout(layout ?? expect.fail("no layout")) };
    const { remarks, ...read } = carried(own);
    expect(read).toEqual(own);
    expect(remarks).toEqual([{ remark: "other-sections", kinds: ["audio"] }]);
    const outer = JSON.parse(encodeExchangeDocument(own)) as { icecandidate: string[] };
    expect(JSON.parse(outer.icecandidate[0] ?? "")).toMatchObject({ sdpMid: "0", sdpMLineIndex: 0 });
  });
});

describe("what belongs to the data channel", () => {
  const portsOf = (offer: string): number[] => decode(offer).description.candidates.map(({ port }) => port);
  const skipped = (offer: string): unknown[] =>
    decode(offer).remarks.flatMap((remark) => (remark.remark === "candidate-skipped" ? [remark.why] : []));

  test("the candidates of the sections that share its transport, and no others", () => {
    const sections = [audio("0", ...TRANSPORT, CANDIDATE(4001)), data("1", ...TRANSPORT, CANDIDATE(4002))];
    expect(portsOf(text("a=group:BUNDLE 0 1", ...sections))).toEqual([4001, 4002]);
    expect(portsOf(text(...sections))).toEqual([4002]);
    expect(skipped(text(...sections))).toEqual(["section"]);
  });

  test("the credentials of the section that stands for the group", () => {
    const bare = data("1").map((line) => line.replace(" 9 ", " 0 "));
    const offer = text("a=group:BUNDLE 0 1", audio("0", ...TRANSPORT, CANDIDATE(4001)), bare, "a=bundle-only");
    expect(decode(offer).description).toMatchObject({ mid: "1", iceUfrag: "v8Lx", setup: "actpass" });
    expect(portsOf(offer)).toEqual([4001]);
    const other = TRANSPORT.map((line) => line.replace("v8Lx", "othr"));
    const two = text(
      "a=group:BUNDLE 0 1",
      audio("0", ...other, CANDIDATE(4001)),
      data("1", ...TRANSPORT, CANDIDATE(4002)),
    );
    expect(decode(two).description.iceUfrag).toBe("othr");
    expect(portsOf(two)).toEqual([4001]);
  });

  test("no candidate of an earlier generation", () => {
    const offer = text(data("1", ...TRANSPORT, CANDIDATE(4001, " ufrag old1"), CANDIDATE(4002, " ufrag v8Lx")));
    expect(portsOf(offer)).toEqual([4002]);
    expect(skipped(offer)).toEqual(["generation"]);
  });

  test("of the list, the entries that name it or no section", () => {
    const { sdp } = JSON.parse(text(audio("0"), data("1", ...TRANSPORT))) as { sdp: string };
    const entry = (port: number, more: object): object => ({ candidate: CANDIDATE(port).slice(2), ...more });
    const icecandidate = [
      entry(4001, { sdpMid: "0", sdpMLineIndex: 0 }),
      entry(4002, { sdpMid: "1", sdpMLineIndex: 1 }),
      entry(4003, { sdpMid: "", sdpMLineIndex: 0 }),
      entry(4004, { sdpMid: "data", sdpMLineIndex: 1 }),
      entry(4005, {}),
      entry(4006, { usernameFragment: "old1" }),
    ];
    const document = JSON.stringify({ icecandidate, sdp: { type: "offer", sdp } });
    expect(portsOf(document)).toEqual([4002, 4004, 4005]);
    expect(skipped(document)).toEqual(["section", "section", "generation"]);
  });

  test("a=ice-lite wherever it stands", () => {
    expect(decode(text(data("1", ...TRANSPORT))).description.iceLite).toBe(false);
    expect(decode(text(data("1", "a=ice-lite", ...TRANSPORT))).description.iceLite).toBe(true);
    expect(decode(text("a=ice-lite", data("1", ...TRANSPORT))).description.iceLite).toBe(true);
  });

  test("credentials as Nest and Kinesis write them, with a remark", () => {
    const odd = ["a=ice-ufrag:4ht-1yv_S#", "a=ice-pwd:Bt3emDc0z7yjfo0MOewFCSDXe6U=", ...TRANSPORT.slice(2)];
    const read = decode(text(data("1", ...odd)));
    expect(read.description).toMatchObject({ iceUfrag: "4ht-1yv_S#", icePwd: "Bt3emDc0z7yjfo0MOewFCSDXe6U=" });
    expect(read.remarks).toContainEqual({ remark: "odd-credential", field: "ice-ufrag" });
    expect(read.remarks).toContainEqual({ remark: "odd-credential", field: "ice-pwd" });
  });

  test("a mid that only the group tells", () => {
    const section = data("x", ...TRANSPORT).filter((line) => line !== "a=mid:x");
    expect(laidOut(text("a=group:BUNDLE data", section))).toEqual([
      "a=group:BUNDLE data",
      MODERN_DATA,
      "a=mid:data",
      "a=sctp-port:5000",
    ]);
  });
});
