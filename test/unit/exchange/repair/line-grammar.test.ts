// Whether a break in a line has taken the place of a space: the grammar of the line decides.
import { expect, test } from "vitest";
import { joinLine } from "../../../../src/exchange/repair/line-grammar.ts";
import { cpuMs } from "../../../support/cpu-time.ts";

const MARK = "\ue000";
const join = (line: string, names: readonly string[] = []): string =>
  joinLine(line.replaceAll("|", MARK), MARK, new Set(names));

test.each([
  ["candidate:1 1 udp 21|22260223 192.0.2.1 50000 typ host", "candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host"],
  ["candidate:1 1 udp 2122260223|192.0.2.1 50000 typ host", "candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host"],
  ["candidate:1 1 udp 2122260223 192.0|.2.1 50000 ty|p host", "candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host"],
  ["a=fingerprint:sha-256|AB:CD", "a=fingerprint:sha-256 AB:CD"],
  ["a=fingerprint:sha-256 AB:|CD", "a=fingerprint:sha-256 AB:CD"],
  ["a=ice-pwd:abc|def", "a=ice-pwd:abcdef"],
])("%s", (broken, line) => {
  expect(join(broken)).toBe(line);
});

test("the mids of a group are those that other lines give", () => {
  expect(join("a=group:BUNDLE 0|1", ["0", "1"])).toBe("a=group:BUNDLE 0 1");
  expect(join("a=group:BUNDLE 0|1", ["01"])).toBe("a=group:BUNDLE 01");
});

/** Lines of real programs, each kind that has spaces, and the names that its text would give. */
const WHOLE_LINES: readonly { readonly line: string; readonly names?: readonly string[] }[] = [
  { line: "candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host" },
  { line: '"candidate:1 1 UDP 2122260223 3f5b2c1e-1111-4222-8333-444455556666.local 50000 typ host",' },
  {
    line:
      "a=candidate:842163049 1 tcp 1677729535 2001:db8::7 9 typ srflx raddr 10.0.0.1 rport 0 tcptype active " +
      "generation 0 ufrag ab+d network-id 1 network-cost 10",
  },
  { line: "a=candidate:7 256 ssltcp 9 192.0.2.1 443 typ relay x-odd any/value" },
  { line: "a=candidate:7 1 udp 9 192.0.2.1 443 typ prflx" },
  { line: "o=- 4611731400430051336 2 IN IP4 127.0.0.1" },
  { line: "o=mozilla...THIS 1 0 IN IP6 ::1" },
  { line: "t=0 0" },
  { line: "c=IN IP4 0.0.0.0" },
  { line: "c=IN IP6 ff15::101/3" },
  { line: "m=application 9 UDP/DTLS/SCTP webrtc-datachannel" },
  { line: "m=application 50000 DTLS/SCTP 5000" },
  { line: "m=application 9 TCP/DTLS/SCTP webrtc-datachannel" },
  { line: "a=fingerprint:sha-256 0A:1B:2C:3D:4E:5F" },
  { line: "a=sctpmap:5000 webrtc-datachannel 1024" },
  { line: "a=group:BUNDLE 0 audio data-1", names: ["0", "audio", "data-1"] },
  { line: "m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8", names: ["111", "0", "8"] },
];

test.each(WHOLE_LINES)("$line is whole again, wherever it was broken", ({ line, names = [] }) => {
  const broken = Array.from(line, (char, at) =>
    char === " "
      ? [`${line.slice(0, at)}|${line.slice(at + 1)}`, `${line.slice(0, at)}|${line.slice(at)}`]
      : [`${line.slice(0, at)}|${line.slice(at)}`],
  ).flat();
  expect(broken.map((each) => join(each, names)).filter((joined) => joined !== line)).toEqual([]);
});

test.each(WHOLE_LINES)("$line is whole again where any two of its spaces were broken", ({ line, names = [] }) => {
  const words = line.split(" ");
  const broken = words.slice(2).flatMap((_, second) =>
    words.slice(1, second + 2).map((__, first) => {
      const breaks = [first + 1, second + 2];
      return words.reduce((begun, word, at) => `${begun}${breaks.includes(at) ? "|" : " "}${word}`);
    }),
  );
  expect(broken.map((each) => join(each, names)).filter((joined) => joined !== line)).toEqual([]);
});

test("what does not fit the grammar of its line in any way is joined without a space", () => {
  for (const [broken, joined] of [
    ["t=0|x", "t=0x"],
    ["t=0 0|0 0", "t=0 00 0"],
    ["a=group:BUNDLE 0|2", "a=group:BUNDLE 02"],
    ["candidate:1 1 sctp|1 192.0.2.1 1 typ host", "candidate:1 1 sctp1 192.0.2.1 1 typ host"],
    ["candidate:1 1 udp 1 192.0.2.1 1 typ host|tcptype maybe", "candidate:1 1 udp 1 192.0.2.1 1 typ hosttcptype maybe"],
  ] as const) {
    expect(join(broken, ["0", "1"])).toBe(joined);
  }
});

test("of a line that is broken everywhere only so many ways are tried", () => {
  const names = Array.from({ length: 200 }, (_, at) => `n${at}`);
  const few = `a=group:BUNDLE ${names.slice(0, 5).join(" ")}`;
  expect(join(few.replaceAll(" ", "|"), names)).toBe(few);
  const many = `a=group:BUNDLE ${names.join(" ")}`;
  expect(join(many.replaceAll(" ", "|"), names)).toBe(many.replaceAll(" ", ""));
});

test("a line that is broken behind each of its characters takes as long as it is, not that for each way to join it", () => {
  const started = process.cpuUsage();
  const pieces = "=".repeat(2_000_000);
  expect(join(`o=${pieces.replaceAll("=", "=|")}`)).toBe(`o=${pieces}`);
  // A tenth of what joining the pieces for each way takes.
  expect(cpuMs(started)).toBeLessThan(2_000);
});
