// The screen of `p2p doctor`, and its JSON, for networks of every kind.
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { runDoctor } from "../../../src/cli/commands/doctor.ts";
import type { NetworkReport } from "../../../src/command-port.ts";
import { wordsFor } from "../../../src/words/index.ts";
import type { Lang } from "../../../src/words/lang.ts";
import { NAT_FILTERINGS, NAT_MAPPINGS } from "../../../src/lib/nat-summary.ts";
import type { NetworkAdvice, NetworkVerdict } from "../../../src/nat/network-report.ts";
import { type Part, PLAIN_STYLE, plainParts } from "../../../src/ui/style.ts";
import { displayWidth } from "../../../src/ui/width.ts";

const schema = readFileSync(new URL("../../../docs/doctor.schema.json", import.meta.url), "utf8");
const validate = new Ajv2020({ strict: true }).compile(JSON.parse(schema) as object);

const STRICT: NetworkReport = {
  addresses: [
    { interface: "wlp0s20f3", address: "192.168.1.20", family: 4, kind: "private", used: true },
    { interface: "eth0", address: "2001:db8:1234:5678:9abc:def0:1234:5678", family: 6, kind: "public", used: true },
    { interface: "tun0", address: "100.64.3.4", family: 4, kind: "carrier-nat", used: true },
    { interface: "eth0", address: "fd00::1", family: 6, kind: "private", used: true },
    { interface: "eth0", address: "fe80::1", family: 6, kind: "link-local", used: false },
  ],
  stun: [
    {
      url: "stun:stun.example.org:3478",
      state: "answered",
      answers: [
        { family: 4, server: "192.0.2.1:3478", mapped: "203.0.113.9:41234", isOutside: true, rttMs: 23.4 },
        {
          family: 6,
          server: "[2001:db8::1]:3478",
          mapped: "[2001:db8:1234:5678:9abc:def0:1234:5678]:41234",
          isOutside: true,
          rttMs: 12,
        },
      ],
    },
    { url: "stun:a-name-that-is-rather-long.stun.example.org:3478", state: "silent", answers: [] },
    { url: "stun:nowhere.example.org", state: "unresolved", answers: [] },
  ],
  turn: [
    { url: "turn:turn.example.org:3478", state: "works", relayed: "198.51.100.7:50000", rttMs: 80 },
    { url: "turns:turn.example.org", state: "credentials", reason: "401 Unauthorized" },
    { url: "turn:turn.example.org:3479?transport=tcp", state: "unreachable", reason: "ECONNREFUSED" },
    { url: "turn:127.0.0.1:1", state: "unreachable" },
    { url: "turn:x.example.org", state: "unresolved", reason: "EAI_AGAIN" },
    { url: "turns:old.example.org", state: "certificate", reason: "CERT_HAS_EXPIRED" },
    { url: "turn:full.example.org", state: "refused", reason: "486 Allocation Quota Reached" },
  ],
  udp: "open",
  portMapping: { state: "granted", protocol: "nat-pmp", external: "198.51.100.11:40123" },
  ipv6: "works",
  mapping: "endpoint-dependent",
  filtering: "address-and-port-dependent",
  verdict: "strict",
  advice: ["relay-is-there", "turn-credentials", "turn-unreachable", "turn-refused"],
  ms: 1_234,
};
const NOTHING: NetworkReport = {
  addresses: [],
  stun: [],
  turn: [],
  udp: "not-asked",
  portMapping: { state: "not-asked" },
  ipv6: "none",
  verdict: "offline",
  advice: ["connect-network"],
  ms: 1,
};

async function screen(report: NetworkReport, lang: Lang = "en", json = false): Promise<string[]> {
  const lines: string[] = [];
  const printer = {
    style: PLAIN_STYLE,
    columns: 80,
    out: (...parts: Part[]) => lines.push(plainParts(parts)),
    err: () => {},
  };
  const servers = { stunServers: [], turnServers: [], bind: [] };
  const examine = (): Promise<NetworkReport> => Promise.resolve(report);
  expect(await runDoctor({ json, servers, printer, words: wordsFor(lang).doctor, examine })).toBe(0);
  return lines;
}

describe("p2p doctor", () => {
  test("shows what was found in columns, and says what to do", async () => {
    const lines = await screen(STRICT);
    expect(lines.slice(0, 2).map((line) => line.replace(/ {3,}/g, " … "))).toEqual([
      "addresses",
      "  ✓ wlp0s20f3  192.168.1.20 … private: behind a router",
    ]);
    expect(lines).toContain("  ✗ mapping       address-dependent, perhaps port-dependent too: another public");
    expect(lines).toContain("  ✓ port mapping  granted by NAT-PMP, 198.51.100.11:40123");
    const advice = lines.slice(lines.indexOf("what to do") + 1).filter((line) => line.startsWith("  - "));
    expect(advice).toHaveLength(4);
    expect(lines.join("\n")).toMatch(/✗ turns:turn\.example\.org +refuses user or password \(401 Unauthorized\)/);
  });

  test.each(["en", "zh"] as const)("fits 80 columns in %s, and has words for everything", async (lang) => {
    const verdicts = Object.keys(wordsFor("en").doctor.verdict) as NetworkVerdict[];
    const advice = Object.keys(wordsFor("en").doctor.advice) as NetworkAdvice[];
    const reports: NetworkReport[] = [
      STRICT,
      NOTHING,
      ...verdicts.map((verdict) => ({ ...STRICT, verdict, advice })),
      ...NAT_MAPPINGS.map((mapping) => ({ ...STRICT, mapping })),
      ...NAT_FILTERINGS.map((filtering) => ({ ...STRICT, filtering })),
      ...(["blocked", "silent", "not-asked"] as const).map((udp) => ({ ...NOTHING, udp })),
      { ...STRICT, portMapping: { state: "none" } },
      { ...STRICT, portMapping: { state: "behind-router", external: "100.64.0.9:40123" } },
      ...(["silent", "untested"] as const).map((ipv6) => ({ ...NOTHING, ipv6 })),
    ];
    for (const report of reports) {
      const lines = await screen(report, lang);
      expect(lines.filter((line) => displayWidth(line) > 80)).toEqual([]);
      expect(lines.join("\n")).not.toMatch(/undefined|\[object|NaN/);
      expect(lines.filter((line) => line.endsWith(" "))).toEqual([]);
      if (lang === "en") expect(lines.join("")).not.toMatch(/\p{Script=Han}/u);
    }
  });

  test("prints JSON as the schema says, and nothing else", async () => {
    for (const report of [STRICT, NOTHING]) {
      const lines = await screen(report, "en", true);
      expect(lines).toHaveLength(1);
      const parsed: unknown = JSON.parse(lines[0] ?? "");
      expect(validate(parsed), JSON.stringify(validate.errors)).toBe(true);
      expect(parsed).toEqual(report);
    }
  });
});
