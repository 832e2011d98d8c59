// `p2p loopback` as a process: what it finds on this machine, as JSON and in words, and what it leaves behind.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test, type TestContext } from "vitest";
import type { LoopbackReport } from "../../src/command-port.ts";
import { people, type Person, type Running, run } from "../support/processes.ts";

const schema = readFileSync(new URL("../../docs/loopback.schema.json", import.meta.url), "utf8");
const validate = new Ajv2020({ strict: true }).compile(JSON.parse(schema) as object);

/** On a machine where every other test runs beside it, connecting alone has taken 20 s. */
const LIMIT_MS = 110_000;
const ON_LOOPBACK = ["loopback", "--bind", "127.0.0.1"];

async function loopback(
  t: TestContext,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ running: Running; ann: Person; temp: string }> {
  const { ann } = await people(t, "ann");
  const temp = join(ann.dir, "..", "temp");
  await mkdir(temp, { recursive: true });
  return { running: run(ann, args, { env: { TMPDIR: temp, ...env } }), ann, temp };
}

describe("p2p loopback", () => {
  test("connects two peers: texts, files and media get through, with figures, and nothing is left", async (t) => {
    const env = { P2P_STUN: "stun:127.0.0.1:9" };
    const { running, ann, temp } = await loopback(t, [...ON_LOOPBACK, "--json"], env);
    expect(await running.exit(LIMIT_MS)).toBe(0);
    expect(running.lines).toHaveLength(1);
    const report = JSON.parse(running.stdout) as LoopbackReport;
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
    expect(report).toMatchObject({
      verdict: "works",
      exit: 0,
      pair: { kind: "host", local: expect.stringMatching(/^127\.0\.0\.1:/) },
      dtls: { version: "DTLS 1.2", cipher: "AES-128-GCM", srtpProfile: "AEAD_AES_128_GCM" },
      texts: [{ same: true }, { same: true }],
      files: [
        { direction: "forth", outcome: "done", same: true },
        { direction: "back", outcome: "done", same: true },
      ],
    });
    expect(Object.keys(report.steps).toSorted()).toEqual([
      "answerMs",
      "dtlsMs",
      "helloMs",
      "iceMs",
      "offerMs",
      "sctpMs",
    ]);
    expect(report.media?.tracks.map(({ codec }) => codec)).toEqual(["vp8", "opus"]);
    // Nobody was asked who is not on the command line, and no address but that one was used.
    expect(new Set(report.candidates.map(({ type }) => type))).toEqual(new Set(["host"]));
    for (const folder of [ann.dir, temp]) expect(readdirSync(folder)).toEqual([]);
    expect(existsSync(ann.stateDir)).toBe(false);
  });

  test.for([
    ["en", "verdict", "It works: "],
    ["zh", "结论", "一切正常："],
  ] as const)("says so in words: %s", async ([lang, title, verdict], t) => {
    const { running } = await loopback(t, [...ON_LOOPBACK, "--lang", lang]);
    expect(await running.exit(LIMIT_MS)).toBe(0);
    const { lines } = running;
    expect(lines[lines.indexOf(title) + 1]?.trim().startsWith(verdict)).toBe(true);
    expect(running.stdout).toMatch(/✓ DTLS +\d+ /);
    expect(running.stdout).toContain("SHA-256");
  });

  test("an address that is not here: the report, then the error with its cure", async (t) => {
    const { running } = await loopback(t, ["loopback", "--bind", "203.0.113.77"]);
    expect(await running.exit()).toBe(8);
    expect(running.stdout).toMatch(/verdict\n {2}It does not begin/);
    expect(running.stderr).toContain("BIND_FAILED");
    const { running: forPrograms } = await loopback(t, ["loopback", "--bind", "203.0.113.77", "--json"]);
    expect(await forPrograms.exit()).toBe(8);
    const report = JSON.parse(forPrograms.stdout) as LoopbackReport;
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
    expect(report).toMatchObject({
      verdict: "no-sockets",
      exit: 8,
      error: { code: "BIND_FAILED" },
      texts: [],
      files: [],
    });
  });

  test("a wrong option ends with 2", async (t) => {
    for (const wrong of [["--chat"], ["--bind", "here"], ["--relay-only"], ["--stun", "http://example.org"]]) {
      const { running } = await loopback(t, ["loopback", ...wrong]);
      expect(await running.exit()).toBe(2);
    }
  });
});
