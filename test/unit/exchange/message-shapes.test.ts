// The search for a description in messages of other programs: how far it goes, and what it leaves alone.
import { describe, expect, test } from "vitest";
import { encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { contentOf } from "../../../src/exchange/message-shapes.ts";
import { writeSdp } from "../../../src/exchange/sdp-write.ts";
import { decode, description, offer } from "./fixtures.ts";
import { flawOf } from "./odd-documents.ts";

const SDP = "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";
const LINE = "candidate:1 1 udp 1 192.0.2.7 40001 typ host";

function nested(depth: number): unknown {
  return depth === 0 ? { type: "offer", sdp: SDP } : { a: nested(depth - 1) };
}

describe("the search for a description", () => {
  test("goes six levels down and looks at 10,000 values", () => {
    expect(contentOf(nested(6)).descriptions).toHaveLength(1);
    expect(contentOf(nested(7)).descriptions).toEqual([]);
    const many = (count: number): unknown => [...Array.from({ length: count }, () => 1), { type: "offer", sdp: SDP }];
    expect(contentOf(many(9_000)).descriptions).toHaveLength(1);
    expect(contentOf(many(10_000)).descriptions).toEqual([]);
  });

  test("counts one text once, and keeps two", () => {
    const twice = { offer: { type: "offer", sdp: SDP }, localDescription: { type: "offer", sdp: SDP } };
    expect(contentOf(twice).descriptions).toHaveLength(1);
    const several = Array.from({ length: 5 }, (_, at) => ({ type: "offer", sdp: `${SDP}a=mid:${at}` }));
    expect(contentOf(several).descriptions).toHaveLength(2);
  });

  test.each([
    ["the description of a document of ours", '{"a":{"p2p":{},"sdp":DEEP}}'],
    ["the key of one", '{"a":{"p2p":DEEP,"sdp":"v=0"}}'],
    [
      "a description in lines",
      '{"type":"offer","sdp":["v=0\\r\\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel",DEEP]}',
    ],
    ["a candidate", '{"type":"offer","sdp":"v=0\\r\\n","candidates":[DEEP]}'],
    ["an entry of the list", '{"icecandidate":[DEEP],"sdp":"{}","p2p":{}}'],
    ["the message itself", "DEEP"],
  ])("values as deep as a file can have them, in the place of %s, are refused", (_, text) => {
    const depth = 120_000;
    for (const [open, close, levels] of [
      ["[", "]", depth],
      ['{"sdp":', "}", depth / 4],
      ['{"candidate":', "}", depth / 8],
    ] as const) {
      expect(flawOf(text.replace("DEEP", `${open.repeat(levels)}1${close.repeat(levels)}`))).toBeDefined();
    }
  });

  test("keeps 1,000 candidates, and names ten other keys", () => {
    expect(contentOf({ candidates: Array.from({ length: 2_000 }, () => LINE) }).candidates).toHaveLength(1_000);
    const elsewhere = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`paths${at}`, [LINE, LINE]]));
    expect([...contentOf(elsewhere).elsewhere]).toEqual(Array.from({ length: 10 }, (_, at) => [`paths${at}`, 2]));
  });

  test("repeats of each key in a place no more than its beginning: hundreds of remarks may have the same place", () => {
    const long = "k".repeat(50_000);
    const sdp = writeSdp(description(), 1);
    const list = { [`candidates${"-".repeat(50_000)}`]: Array.from({ length: 200 }, () => LINE) };
    const sections = { candidates: { [long]: Array.from({ length: 200 }, () => LINE) } };
    for (const candidates of [list, sections]) {
      const { remarks } = decode(JSON.stringify({ [long]: { [long]: { type: "offer", sdp, ...candidates } } }));
      expect(remarks.filter(({ remark }) => remark === "candidate-duplicate")).toHaveLength(199);
      expect(JSON.stringify(remarks).length).toBeLessThan(200 * 500);
    }
    expect(flawOf(JSON.stringify({ [long]: { type: "pranswer", sdp } })).field.length).toBeLessThan(100);
  });

  test("takes a document of ours whole, wherever it stands", () => {
    const own = encodeExchangeDocument(offer());
    expect(decode(JSON.stringify({ message: JSON.parse(own) as object })).p2p).toEqual(decode(own).p2p);
    expect(decode(JSON.stringify({ message: own })).p2p).toEqual(decode(own).p2p);
    expect(decode(own + own).p2p).toEqual(decode(own).p2p);
    const newer = encodeExchangeDocument(offer({ revision: 2 }));
    expect(flawOf(own + newer)).toMatchObject({ flaw: "several-descriptions" });
  });

  test.each<[string, (own: { sdp: string; icecandidate: string[]; p2p: object }) => unknown]>([
    ["beside the object that has the rest", ({ p2p, ...rest }) => ({ offer: rest, p2p })],
    ["under another name", ({ p2p, ...rest }) => ({ ...rest, P2P: p2p })],
    [
      "with the description alone",
      ({ p2p, sdp, icecandidate }) => ({ description: JSON.parse(sdp), candidates: icecandidate, p2p }),
    ],
    [
      "in a list of names and values",
      (own) => ({ offer: Object.entries(own).map(([key, value]) => ({ key, value })) }),
    ],
    ["as text", ({ p2p, ...rest }) => ({ payload: rest, meta: JSON.stringify(p2p) })],
  ])("refuses the description of ours whose key stands %s", (_, apart) => {
    const own = JSON.parse(encodeExchangeDocument(offer())) as { sdp: string; icecandidate: string[]; p2p: object };
    expect(flawOf(JSON.stringify(apart(own)))).toMatchObject({ flaw: "apart" });
  });

  test("takes the type from the nearest that says one", () => {
    const typeOf = (value: unknown): string | undefined => contentOf(value).descriptions[0]?.type;
    expect(typeOf({ type: "OFFER", payload: { sdp: { type: "answer", sdp: SDP } } })).toBe("answer");
    expect(typeOf({ type: "ANSWER", payload: { sdp: SDP } })).toBe("answer");
    expect(typeOf({ type: "video-offer", sdp: SDP })).toBe("offer");
    expect(typeOf({ action: "x", sdpAnswer: SDP })).toBe("answer");
    expect(typeOf({ type: "offer/answer", sdp: SDP })).toBeUndefined();
    expect(typeOf({ type: "data", offer: { sdp: SDP } })).toBe("offer");
    expect(typeOf({ answer: { type: "pranswer", sdp: SDP } })).toBe("pranswer");
    expect(typeOf({ sdp: SDP })).toBeUndefined();
  });

  test.each([
    [
      "a web token",
      JSON.stringify({ token: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6y" }),
    ],
    ["a package", '{"name":"x","description":"a program","version":"1.0.0"}'],
    ["a list of servers", '{"iceServers":[{"urls":"stun:stun.example"}],"ice":"connected"}'],
    ["the other side of a dump", JSON.stringify({ remoteDescription: { type: "offer", sdp: SDP } })],
  ])("%s is none", (_name, text) => {
    expect(flawOf(text)).toMatchObject({ flaw: "not-exchange", isExchange: false });
  });
});

describe("candidates of other programs", () => {
  const offerSdp = [
    "v=0",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "a=ice-ufrag:abcd",
    "a=ice-pwd:abcdefghijklmnopqrstuv",
    `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => "AB").join(":")}`,
    "a=setup:actpass",
    "a=mid:0",
    "a=sctp-port:5000",
    "",
  ].join("\r\n");
  const read = (rest: object): readonly { address: string; port: number; type: string }[] =>
    decode(JSON.stringify({ type: "offer", sdp: offerSdp, ...rest })).description.candidates;
  const HERE = { address: "192.0.2.7", port: 40_001, type: "srflx" };

  test.each([
    ["mediasoup", { foundation: "a", priority: 1, ip: "192.0.2.7", protocol: "udp", port: 40_001, type: "srflx" }],
    [
      "aiortc",
      {
        component: 1,
        foundation: "a",
        ip: "192.0.2.7",
        port: 40_001,
        priority: 1,
        protocol: "udp",
        type: "srflx",
        sdpMid: "0",
        tcpType: null,
      },
    ],
    [
      "W3C",
      {
        component: "rtp",
        foundation: "a",
        address: "192.0.2.7",
        port: 40_001,
        priority: 1,
        protocol: "udp",
        type: "srflx",
        relatedAddress: "10.0.0.1",
        relatedPort: 5,
      },
    ],
    [
      "Go",
      { Foundation: "a", Component: 1, Protocol: "UDP", Priority: 1, Address: "192.0.2.7", Port: 40_001, Typ: "srflx" },
    ],
    ["LiveKit", { candidateInit: JSON.stringify({ candidate: LINE.replace("host", "srflx"), sdpMid: "0" }) }],
  ])("in parsed fields: %s", (_, entry) => {
    expect(read({ candidates: [entry] })).toMatchObject([HERE]);
  });

  test("in an object of databases", () => {
    expect(read({ candidates: { a: LINE } })).toMatchObject([{ address: "192.0.2.7" }]);
  });

  test("with names in snake case: those of another section or generation are left out", () => {
    const entry = { candidate: LINE, sdp_mid: "0", sdp_mline_index: 0 };
    expect(read({ ice_candidates: [entry] })).toHaveLength(1);
    expect(read({ ice_candidates: [{ ...entry, username_fragment: "zzzz" }] })).toEqual([]);
  });

  test("that name the other side are left out", () => {
    expect(
      read({ offerCandidates: [{ candidate: LINE }], answerCandidates: [{ candidate: LINE.replace("7", "8") }] }),
    ).toMatchObject([{ address: "192.0.2.7" }]);
    expect(read({ calleeCandidates: { x: { candidate: LINE } } })).toEqual([]);
  });

  test("beside a type that is a number, which the setup line decides", () => {
    expect(decode(JSON.stringify({ type: 1, sdp: offerSdp })).description.type).toBe("offer");
    expect(decode(JSON.stringify({ type: 3, sdp: offerSdp.replace("actpass", "active") })).description.type).toBe(
      "answer",
    );
  });
});
