import { describe, expect, test } from "vitest";
import { writeSdp } from "../../../src/exchange/sdp-write.ts";
import { decode, description } from "./fixtures.ts";
import { decodeCandidate } from "../../../src/exchange/candidate.ts";
import { flawOf, withCandidates } from "./odd-documents.ts";

describe("reading candidates", () => {
  const line = "candidate:1 1 udp 5 127.0.0.1 4000 typ host";

  test("with a=, without, bare, in other cases, with odd extensions, with brackets", () => {
    const read = decode(
      withCandidates(
        `a=${line}`,
        { candidate: "candidate:2 1 UDP 5 127.0.0.1 4001 TYP HOST generation 7 network-cost" },
        { candidate: "candidate:3 1 udp 5 [::1] 4002 typ prflx raddr :: rport 0 generation 0", sdpMid: "other" },
        "candidate:4 1 udp 5 FE80::1%eth0 4003 typ srflx raddr x.local rport 9",
        "candidate:5 1 tcp 5 127.0.0.1 9 typ host tcptype active",
      ),
    );
    expect(read.remarks).toEqual([]);
    expect(read.description.candidates).toEqual([
      { foundation: "1", component: 1, transport: "udp", priority: 5, address: "127.0.0.1", port: 4000, type: "host" },
      { foundation: "2", component: 1, transport: "udp", priority: 5, address: "127.0.0.1", port: 4001, type: "host" },
      {
        foundation: "3",
        component: 1,
        transport: "udp",
        priority: 5,
        address: "::1",
        port: 4002,
        type: "prflx",
        relatedAddress: "::",
        relatedPort: 0,
      },
      { foundation: "4", component: 1, transport: "udp", priority: 5, address: "fe80::1", port: 4003, type: "srflx" },
      {
        foundation: "5",
        component: 1,
        transport: "tcp",
        priority: 5,
        address: "127.0.0.1",
        port: 9,
        type: "host",
        tcpType: "active",
      },
    ]);
  });

  test.each([
    ["candidate:1 1 udp 5 1b2c.local 4000 typ host", "mdns"],
    ["candidate:1 1 udp 5 peer.example.org 4000 typ host", "host-name"],
    ["candidate:1 1 udp 5 0.0.0.0 4000 typ host", "unspecified-address"],
    ["candidate:1 1 udp 5 :: 4000 typ host", "unspecified-address"],
    ["candidate:1 1 udp 5 224.0.0.251 4000 typ host", "not-unicast"],
    ["candidate:1 1 udp 5 ff02::1 4000 typ host", "not-unicast"],
    ["candidate:1 1 udp 5 255.255.255.255 4000 typ host", "not-unicast"],
    ["candidate:1 1 udp 5 ::ffff:224.0.0.1 4000 typ host", "not-unicast"],
    ["candidate:1 1 udp 5 300.1.1.1 4000 typ host", "syntax"],
    ["candidate:1 1 udp 5 1::2::3 4000 typ host", "syntax"],
    ["candidate:1 1 udp 5 127.0.0.1 99999 typ host", "syntax"],
    ["candidate:1 1 udp 99999999999 127.0.0.1 4000 typ host", "syntax"],
    ["candidate:1 1 udp 4294967296 127.0.0.1 4000 typ host", "syntax"],
    ["candidate:1 1 udp 5 127.0.0.1", "syntax"],
    ["candidate:1 1 udp 5 127.0.0.1 0 typ host", "port"],
    ["candidate:1 1 tcp 5 127.0.0.1 9 typ host tcptype passive", "port"],
    ["candidate:1 2 udp 5 127.0.0.1 4000 typ host", "component"],
    ["candidate:1 1 ssltcp 5 127.0.0.1 4000 typ host", "transport"],
    ["candidate:1 1 udp 5 127.0.0.1 4000 typ local", "type"],
  ])("keeps out %s as %s", (text, why) => {
    const read = decode(withCandidates(line, { candidate: text }));
    expect(read.description.candidates).toHaveLength(1);
    expect(read.remarks).toEqual([{ remark: "candidate-skipped", where: "icecandidate[1]", why, text }]);
  });

  test("names entries that are no candidates, with at most 120 characters of them", () => {
    const read = decode(withCandidates(42, true, { a: 1 }, [], '{"candidate":', "x".repeat(500)));
    expect(read.description.candidates).toEqual([]);
    expect(read.remarks.map((remark) => ("text" in remark ? remark.text : remark.remark))).toEqual([
      "42",
      "true",
      "{…}",
      "{…}",
      '{"candidate":',
      "x".repeat(120),
      "no-candidates",
    ]);
  });

  test("takes values at their limits, and names what is beyond", () => {
    const line = (foundation: string, priority: string, port: string, rest = ""): string =>
      `candidate:${foundation} 1 udp ${priority} 192.0.2.1 ${port} typ host${rest}`;
    for (const right of [
      line("f".repeat(64), "0", "1"),
      line("f", "4294967295", "65535"),
      line("f", "1", "5000", ` generation ${"9".repeat(500)} network-id 1e99 x`),
    ]) {
      expect(decodeCandidate(right)).toMatchObject({ candidate: { address: "192.0.2.1" } });
    }
    for (const [wrong, why] of [
      [line("f".repeat(65), "1", "1"), "syntax"],
      [line("", "1", "1"), "syntax"],
      [line("f", "4294967296", "1"), "syntax"],
      [line("f", "-1", "1"), "syntax"],
      [line("f", "1", "65536"), "syntax"],
      [line("f", "1", "0"), "port"],
      [line("f", "1", "5000", ` x ${"y".repeat(1_024)}`), "syntax"],
      [line("f", "1", "5000", "\nx"), "syntax"],
    ] as const) {
      expect(decodeCandidate(wrong), wrong).toEqual({ why });
    }
  });

  test("takes null, an empty candidate and end-of-candidates as the end of a list", () => {
    const read = decode(withCandidates(line, null, "", { candidate: "" }, "a=end-of-candidates"));
    expect(read.description.candidates).toHaveLength(1);
    expect(read.remarks).toEqual([]);
  });

  test("drops duplicates, also between SDP and icecandidate", () => {
    const sdp = `${writeSdp(description(), 1)}a=${line}\r\n`;
    const text = JSON.stringify({
      sdp: { type: "offer", sdp },
      icecandidate: [line, line.replace("typ host", "typ srflx")],
    });
    const read = decode(text);
    expect(read.description.candidates.map(({ type }) => type)).toEqual(["host", "srflx"]);
    expect(read.remarks).toEqual([{ remark: "candidate-duplicate", where: "icecandidate[0]" }]);
  });

  test("takes 200 and refuses 201, duplicates counted", () => {
    expect(decode(withCandidates(...Array.from({ length: 200 }, () => line))).description.candidates).toHaveLength(1);
    expect(flawOf(withCandidates(...Array.from({ length: 201 }, () => line)))).toMatchObject({
      field: "icecandidate",
      flaw: "too-many",
    });
  });
});
