import { describe, expect, test } from "vitest";
import { decodeExchangeDocument, encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import type { IceCandidate } from "../../../src/exchange/description.ts";
import { formatJson } from "../../../src/exchange/document-text.ts";
import { writeSdp } from "../../../src/exchange/sdp-write.ts";
import { bytesOf, carried, decode, description, FINGERPRINT, offer, sampleBytes } from "./fixtures.ts";
import { errorText } from "../../../src/words/errors.ts";

import { changed, flawOf, TEXT } from "./odd-documents.ts";

const OTHER_TEXT = encodeExchangeDocument(offer({ id: "f".repeat(32) }, { iceUfrag: "other" }));

function utf16(text: string, isLittleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(2 + text.length * 2);
  const view = new DataView(bytes.buffer);
  `\ufeff${text}`.split("").forEach((char, index) => {
    view.setUint16(index * 2, char.charCodeAt(0), isLittleEndian);
  });
  return bytes;
}

describe("what a file says of its router", () => {
  const nat = { mapping: "endpoint-dependent", filtering: "address-dependent", udp: "open", ipv6: true, relay: false };

  test("is read as it was written", () => {
    const known = { mapping: "endpoint-independent", udp: "silent", ipv6: false, relay: true } as const;
    expect(carried(offer({ nat: known })).p2p?.nat).toEqual(known);
    expect(carried(offer({ nat: {} })).p2p?.nat).toEqual({});
    expect(carried(offer()).p2p).not.toHaveProperty("nat");
  });

  test.each([
    [nat, nat],
    [
      { ...nat, mapping: "quantum", later: 1 },
      { filtering: "address-dependent", udp: "open", ipv6: true, relay: false },
    ],
    [{ mapping: 1, filtering: null, udp: {}, ipv6: "yes", relay: [] }, {}],
    ["endpoint-dependent", undefined],
    [null, undefined],
    [[], undefined],
  ])("is taken as far as it is understood: %j", (written, read) => {
    const text = changed(({ p2p }) => {
      p2p["nat"] = written;
    });
    expect(decode(text).p2p?.nat).toEqual(read);
  });
});

describe("the samples of 2018", () => {
  test("read as an old-form offer and answer of another program", () => {
    const read = decode(sampleBytes("offer"));
    expect(read.p2p).toBeUndefined();
    expect(read.remarks).toEqual([]);
    expect(read.description).toMatchObject({
      type: "offer",
      form: "legacy",
      mid: "data",
      iceUfrag: "aw2DyRWg9U43N6k7",
      icePwd: "TWsP6dwoGcl9o//vO6prjvXF",
      setup: "actpass",
      sctpPort: 5000,
      maxMessageSize: 65_535,
    });
    expect(read.description.candidates.map(({ type, transport }) => `${transport} ${type}`)).toEqual([
      "udp host",
      "udp srflx",
      "udp relay",
      "tcp host",
    ]);
    expect(read.description.candidates[1]).toEqual({
      foundation: "3820131624",
      component: 1,
      transport: "udp",
      priority: 1686052607,
      address: "203.0.113.146",
      port: 61207,
      type: "srflx",
      relatedAddress: "192.168.5.133",
      relatedPort: 61207,
    } satisfies IceCandidate);
    expect(read.description.candidates[3]).toMatchObject({ tcpType: "passive" });
    expect(decode(sampleBytes("answer")).description).toMatchObject({
      type: "answer",
      form: "legacy",
      setup: "active",
    });
  });

  test("have the layout that formatJson writes, to the byte", () => {
    const text = new TextDecoder().decode(sampleBytes("offer"));
    expect(formatJson(JSON.parse(text) as Parameters<typeof formatJson>[0])).toBe(text);
    const outer = JSON.parse(text) as { sdp: string; icecandidate: string[] };
    for (const inner of [outer.sdp, ...outer.icecandidate]) {
      expect(formatJson(JSON.parse(inner) as Parameters<typeof formatJson>[0])).toBe(inner);
    }
  });

  test("stay the same facts when written again", () => {
    for (const type of ["offer", "answer"] as const) {
      const read = decode(sampleBytes(type));
      expect(carried(read)).toEqual(read);
    }
  });
});

describe("writing", () => {
  test("puts candidates in icecandidate only, as text of JSON, and p2p last", () => {
    const outer = JSON.parse(TEXT) as { icecandidate: string[]; sdp: string };
    expect(Object.keys(outer)).toEqual(["icecandidate", "sdp", "p2p"]);
    expect(JSON.parse(outer.icecandidate[0] ?? "")).toEqual({
      candidate: "candidate:1 1 udp 2122260223 127.0.0.1 4000 typ host generation 0 ufrag abcd",
      sdpMLineIndex: 0,
      sdpMid: "data",
    });
    expect(JSON.parse(outer.sdp)).toMatchObject({ type: "offer" });
    expect(outer.sdp).not.toContain("candidate");
    expect(TEXT).toMatch(/^\{\n {3}"icecandidate" : \[\n {6}"\{\\n {3}\\"candidate\\" : /);
  });

  test("makes the modern form", () => {
    expect(writeSdp(description(), 3).split("\r\n")).toEqual([
      "v=0",
      "o=- 72357903272595809 4 IN IP4 127.0.0.1",
      "s=-",
      "t=0 0",
      "a=group:BUNDLE data",
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
      "c=IN IP4 0.0.0.0",
      "a=ice-ufrag:abcd",
      "a=ice-pwd:abcdefghijklmnopqrstuv",
      `a=fingerprint:sha-256 ${FINGERPRINT}`,
      "a=setup:actpass",
      "a=mid:data",
      "a=sctp-port:5000",
      "a=max-message-size:262144",
      "",
    ]);
  });

  test("makes the old form", () => {
    const sdp = writeSdp(description({ form: "legacy", maxMessageSize: 65_536 }), 1);
    expect(sdp).toContain("\r\nm=application 9 DTLS/SCTP 5000\r\n");
    expect(sdp).toContain("\r\na=sctpmap:5000 webrtc-datachannel 1024\r\n");
    expect(sdp).not.toMatch(/BUNDLE|sctp-port|max-message-size/);
  });
});

describe("reading is liberal about how the file came", () => {
  const expected = decode(TEXT);

  test.each([
    ["a UTF-8 BOM", `\ufeff${TEXT}`],
    ["CRLF line ends", TEXT.replaceAll("\n", "\r\n")],
    ["white space around it", `\r\n \t\u00a0${TEXT}\n\n\n`],
    ["one line", JSON.stringify(JSON.parse(TEXT))],
  ])("%s", (_name, text) => {
    expect(decode(text)).toEqual(expected);
  });

  test.each([
    ["a code fence", `\`\`\`json\n${TEXT}\`\`\`\n`],
    ["a code fence of tildes with CRLF", `~~~\r\n${TEXT.replaceAll("\n", "\r\n")}~~~`],
    ["a code fence that was not closed", `\`\`\`\n${TEXT}`],
  ])("%s", (_name, text) => {
    expect(decode(text)).toEqual({ ...expected, remarks: [{ remark: "code-fence" }] });
  });

  test.each([
    ["UTF-16 LE", utf16(TEXT, true)],
    ["UTF-16 BE", utf16(TEXT, false)],
  ])("%s with BOM", (_name, bytes) => {
    expect(decode(bytes)).toEqual({ ...expected, remarks: [{ remark: "utf-16" }] });
  });

  test("objects instead of JSON text, and unknown keys", () => {
    const text = changed(({ outer, p2p }) => {
      outer["sdp"] = JSON.parse(outer["sdp"] as string);
      outer["icecandidate"] = (outer["icecandidate"] as string[]).map((entry) => JSON.parse(entry) as unknown);
      outer["future"] = { a: 1 };
      p2p["nat"] = "cone";
    });
    expect(decode(text)).toEqual(expected);
  });

  test("p2p as JSON text", () => {
    const text = changed(({ outer, p2p }) => {
      outer["p2p"] = JSON.stringify(p2p);
    });
    expect(decode(text)).toEqual(expected);
  });

  test("a bare {type, sdp} with the candidates in the SDP", () => {
    const sdp = `${writeSdp(description(), 1)}a=candidate:1 1 udp 2122260223 127.0.0.1 4000 typ host\r\na=end-of-candidates\r\n`;
    const read = decode(JSON.stringify({ type: "offer", sdp }));
    expect(read.description).toEqual(expected.description);
    expect(read.p2p).toBeUndefined();
    expect(read.remarks).toEqual([{ remark: "bare-description" }]);
  });

  test("a name or a tool of white space as none", () => {
    const file = JSON.parse(encodeExchangeDocument(offer())) as { p2p: object };
    const { p2p } = decode(JSON.stringify({ ...file, p2p: { ...file.p2p, name: "", tool: " \u3000" } }));
    expect(p2p).not.toHaveProperty("name");
    expect(p2p).not.toHaveProperty("tool");
  });

  test("a p2p key of a newer version, unknown keys of it ignored", () => {
    const read = decode(
      changed(({ p2p }) => {
        p2p["version"] = 7;
        p2p["wormhole"] = true;
      }),
    );
    expect(read.p2p).toEqual({ ...offer().p2p, version: 7 });
    expect(read.remarks).toEqual([{ remark: "newer-version", version: 7 }]);
  });
});

describe("refusals name file, field and cure", () => {
  test.each<[string, string, string, string, boolean, boolean]>([
    ["an empty file", "", "file", "empty", true, false],
    ["white space", " \n", "file", "empty", true, false],
    ["a cut file", TEXT.slice(0, -3), "file", "cut-off", true, true],
    ["the first bytes", TEXT.slice(0, 3), "file", "not-json", true, false],
    ["two files in one", TEXT + OTHER_TEXT, "file", "several-descriptions", false, true],
    ["zeros", "\0".repeat(100), "file", "not-json", true, false],
    ["a number", "42", "file", "not-exchange", false, false],
    ["null", "null", "file", "not-exchange", false, false],
    ["a list", "[]", "file", "not-exchange", false, false],
    ["another JSON file", '{"name":"p2p","type":"module"}', "file", "not-exchange", false, false],
    ["candidates alone", '{"icecandidate":[]}', "sdp", "missing", false, true],
    ["an odd list", changed(({ outer }) => (outer["icecandidate"] = {})), "icecandidate", "list", false, true],
    ["sdp that is cut inside", changed(({ outer }) => (outer["sdp"] = '{"sdp":')), "sdp", "not-json", false, true],
    ["sdp that is a number", changed(({ outer }) => (outer["sdp"] = 1)), "sdp", "object", false, true],
    ["no type", changed(({ outer }) => (outer["sdp"] = { sdp: "v=0" })), "sdp.type", "missing", false, true],
    [
      "an odd type",
      changed(({ outer }) => (outer["sdp"] = { sdp: "", type: "pranswer" })),
      "sdp.type",
      "offer-or-answer",
      false,
      true,
    ],
    ["no text", changed(({ outer }) => (outer["sdp"] = { type: "offer" })), "sdp.sdp", "missing", false, true],
    ["a bare text with an odd type", '{"type":"x","sdp":"v=0"}', "type", "offer-or-answer", false, true],
    ["an odd p2p", changed(({ outer }) => (outer["p2p"] = 3)), "p2p", "object", false, true],
    ["an odd id", changed(({ p2p }) => (p2p["id"] = "ABC")), "p2p.id", "id", false, true],
    ["no id", changed(({ p2p }) => delete p2p["id"]), "p2p.id", "missing", false, true],
    ["version 0", changed(({ p2p }) => (p2p["version"] = 0)), "p2p.version", "count", false, true],
    ["an odd revision", changed(({ p2p }) => (p2p["revision"] = 1.5)), "p2p.revision", "count", false, true],
    [
      "an odd time",
      changed(({ p2p }) => (p2p["expiresAt"] = "2026-02-30T00:00:00Z")),
      "p2p.expiresAt",
      "time",
      false,
      true,
    ],
    ["a long name", changed(({ p2p }) => (p2p["name"] = "x".repeat(201))), "p2p.name", "name", false, true],
  ])("%s", (_name, text, field, flaw, incomplete, isExchange) => {
    expect(flawOf(text)).toEqual({ field, flaw, incomplete, isExchange });
  });

  test("message, hint and both languages", () => {
    const decoding = decodeExchangeDocument(bytesOf(changed(({ p2p }) => (p2p["id"] = 1))), "bob.json");
    if (decoding.ok) throw new Error("was read");
    expect(decoding.error.message).toBe("bob.json: p2p.id: must be 32 lower-case hex digits");
    expect(decoding.error.hint).toBe("ask the other side to make a new file with p2p, and carry that one");
    expect(errorText(decoding.error, "zh").message).toBe("bob.json：p2p.id 必须是恰好 32 位小写十六进制数字");
    expect(decoding.error.exit).toBe(6);
  });

  test("takes 256 KiB and refuses a byte more", () => {
    const padded = bytesOf(TEXT + " ".repeat(262_144 - bytesOf(TEXT).length));
    expect(decode(padded)).toEqual(decode(TEXT));
    const decoding = decodeExchangeDocument(bytesOf(TEXT.padEnd(262_145)), "big.json");
    expect(decoding).toMatchObject({ ok: false, incomplete: false, error: { code: "FILE_TOO_LARGE" } });
  });

  test.each([
    ["nested too deep", (deep: string) => deep],
    [
      "a candidate nested too deep",
      (deep: string) => changed(({ outer }) => (outer["icecandidate"] = ["DEEP"])).replace('"DEEP"', deep),
    ],
    [
      "a p2p key nested too deep",
      (deep: string) => changed(({ outer }) => (outer["p2p"] = "DEEP")).replace('"DEEP"', deep),
    ],
  ])("%s is no danger", (_name, build) => {
    const text = build(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
    expect(() => decodeExchangeDocument(bytesOf(text), "deep.json")).not.toThrow();
  });

  test("keys named __proto__ and constructor change nothing", () => {
    const sdp = JSON.stringify({ type: "offer", sdp: writeSdp(description(), 1) });
    const poisoned = sdp.replace("{", '{"__proto__":{"type":"answer"},');
    const text = `{"__proto__":{"p2p":{"id":"x"}},"constructor":1,"sdp":${JSON.stringify(poisoned)}}`;
    const read = decode(text);
    expect(read.description.type).toBe("offer");
    expect(read.p2p).toBeUndefined();
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)["p2p"]).toBeUndefined();
  });
});
