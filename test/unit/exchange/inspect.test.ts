import { describe, expect, test } from "vitest";
import { encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import type { IceCandidate } from "../../../src/exchange/description.ts";
import { inspectExchangeFile, type InspectReport } from "../../../src/exchange/inspect.ts";
import { answer, bytesOf, foreign, HOUR_MS, NOW_MS, offer, sampleBytes } from "./fixtures.ts";

const udp = (address: string, priority = 1): IceCandidate => ({
  foundation: "1",
  component: 1,
  transport: "udp",
  priority,
  address,
  port: 4000,
  type: "host",
});

function inspect(document: Parameters<typeof encodeExchangeDocument>[0], nowMs = NOW_MS): InspectReport {
  return inspectExchangeFile(bytesOf(encodeExchangeDocument(document)), "f.json", nowMs);
}

function remarksOf(report: InspectReport): string[] {
  return report.remarks.map(({ remark }) => remark);
}

describe("inspectExchangeFile()", () => {
  test.each(["offer", "answer"] as const)(
    "explains the sample %s: old form, TCP candidate, foreign program",
    (type) => {
      const report = inspectExchangeFile(sampleBytes(type), "sample", NOW_MS);
      expect(report).toMatchObject({ path: "sample", type, form: "legacy", program: "other" });
      expect(report.p2p).toBeUndefined();
      expect(
        report.candidates.map((c) => `${c.transport} ${c.type} ${c.addressKind} ${c.usable ? "usable" : ""}`),
      ).toEqual([
        "udp host private usable",
        "udp srflx public usable",
        "tcp host private usable",
        "udp relay public usable",
      ]);
      expect(report.remarks).toEqual([
        { remark: "foreign-program" },
        { remark: "legacy-form" },
        { remark: "reserved-addresses", addresses: ["203.0.113.146", "198.51.100.43"] },
      ]);
    },
  );

  test("tells age and expiry", () => {
    const report = inspect(answer({ name: "Ann" }), NOW_MS + HOUR_MS);
    expect(report.program).toBe("p2p");
    expect(report.p2p).toEqual({ ...answer({ name: "Ann" }).p2p, ageSeconds: 3_600, expired: false });
    const old = inspect(offer(), NOW_MS + 25 * HOUR_MS);
    expect(old.p2p?.expired).toBe(true);
    expect(remarksOf(old)).toContain("expired");
    const early = inspect(offer(), NOW_MS - HOUR_MS);
    expect(early.p2p?.ageSeconds).toBe(-3_600);
    expect(remarksOf(early)).toContain("from-the-future");
    expect(remarksOf(inspect(offer(), NOW_MS - 60_000))).not.toContain("from-the-future");
  });

  test("says when no address can be reached from afar", () => {
    expect(remarksOf(inspect(offer({}, { candidates: [udp("10.0.0.1"), udp("100.64.0.1")] })))).toEqual(["local-only"]);
    expect(remarksOf(inspect(offer({}, { candidates: [udp("10.0.0.1"), udp("203.0.113.1")] })))).toEqual([
      "reserved-addresses",
    ]);
    expect(remarksOf(inspect(offer({}, { candidates: [] })))).toEqual(["no-candidates"]);
  });

  test("puts the preferred candidate first", () => {
    const report = inspect(offer({}, { candidates: [udp("10.0.0.1", 1), udp("10.0.0.2", 3), udp("10.0.0.3", 2)] }));
    expect(report.candidates.map(({ address }) => address)).toEqual(["10.0.0.2", "10.0.0.3", "10.0.0.1"]);
  });

  test("hands on what reading remarked, and never the password", () => {
    const bytes = bytesOf(`\`\`\`\n${encodeExchangeDocument(foreign(offer()))}\n\`\`\``);
    const report = inspectExchangeFile(bytes, "f.json", NOW_MS);
    expect(remarksOf(report)).toEqual(["foreign-program", "local-only", "loopback-addresses", "code-fence"]);
    expect(JSON.stringify(report)).not.toContain(offer().description.icePwd);
  });

  test("throws what is wrong with a file that cannot be read", () => {
    expect(() => inspectExchangeFile(bytesOf("{}"), "f.json", NOW_MS)).toThrow("f.json: is no exchange file");
  });
});
