// The search for a description in messages of other programs: how far it goes, and what it leaves alone.
import { describe, expect, test } from "vitest";
import { encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { contentOf } from "../../../src/exchange/message-shapes.ts";
import { decode, offer } from "./fixtures.ts";
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

  test("keeps 1,000 candidates, and names ten other keys", () => {
    expect(contentOf({ candidates: Array.from({ length: 2_000 }, () => LINE) }).candidates).toHaveLength(1_000);
    const elsewhere = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`paths${at}`, [LINE, LINE]]));
    expect([...contentOf(elsewhere).elsewhere]).toEqual(Array.from({ length: 10 }, (_, at) => [`paths${at}`, 2]));
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
