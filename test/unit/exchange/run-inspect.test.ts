// The command on top of inspect.ts: what people and programs get to see.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { runInspect } from "../../../src/cli/commands/inspect.ts";
import { encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import type { Lang } from "../../../src/words/lang.ts";
import { type Part, PLAIN_STYLE, plainParts } from "../../../src/ui/style.ts";
import { displayWidth } from "../../../src/ui/width.ts";
import { makeTempFolder } from "../store/exchange/temp-folder.ts";
import { answer, bytesOf, HOUR_MS, NOW_MS, offer, sampleBytes } from "./fixtures.ts";

const schema = z.fromJSONSchema(
  JSON.parse(readFileSync(new URL("../../../docs/inspect.schema.json", import.meta.url), "utf8")) as Parameters<
    typeof z.fromJSONSchema
  >[0],
);

interface Outcome {
  code: number | undefined;
  error: unknown;
  stdout: string[];
  stderr: string[];
}

async function inspect(
  content: string | Uint8Array,
  json: boolean,
  lang: Lang = "en",
  nowMs = NOW_MS,
): Promise<Outcome> {
  async function* stdin(): AsyncGenerator<Uint8Array> {
    yield typeof content === "string" ? bytesOf(content) : content;
  }
  return await run("-", json, lang, stdin(), nowMs);
}

async function run(
  file: string,
  json: boolean,
  lang: Lang = "en",
  stdin: AsyncIterable<Uint8Array> = Readable.from([]),
  nowMs = NOW_MS,
): Promise<Outcome> {
  const outcome: Outcome = { code: undefined, error: undefined, stdout: [], stderr: [] };
  const printer = {
    style: PLAIN_STYLE,
    columns: 80,
    out: (...parts: Part[]) => outcome.stdout.push(plainParts(parts)),
    err: (...parts: Part[]) => outcome.stderr.push(plainParts(parts)),
  };
  try {
    outcome.code = await runInspect(file, { json, lang, printer, stdin, now: new Date(nowMs) });
  } catch (error) {
    outcome.error = error;
  }
  return outcome;
}

describe("p2p inspect", () => {
  test.each<[Lang, RegExp[]]>([
    [
      "en",
      [
        /an offer/,
        /another WebRTC program/,
        /old SDP form/,
        /Waits for TCP/,
        /relay \(TURN/,
        /STUN server/,
        /Identifies/,
      ],
    ],
    ["zh", [/邀请/, /其他 WebRTC 程序/, /旧 SDP 格式/, /等待 TCP/, /中继（TURN/, /STUN 服务器/, /确认对方身份/]],
  ])("explains the sample in %s within 80 columns", async (lang, patterns) => {
    const { code, stdout, stderr } = await inspect(sampleBytes("offer"), false, lang);
    expect(code).toBe(0);
    expect(stderr).toEqual([]);
    for (const pattern of patterns) expect(stdout.join("\n")).toMatch(pattern);
    expect(stdout.filter((line) => displayWidth(line) > 80)).toEqual([]);
    expect(stdout.join("\n")).toContain("6D:AB:89:7F:F8:DE:9A:A0:43:A2:18:18:46:E1:80:C6:");
  });

  test("tells age, expiry and pairing; an expired file is readable", async () => {
    const text = encodeExchangeDocument(answer({ name: "Ann" }));
    const { stdout } = await inspect(text, false, "en", NOW_MS + 2 * HOUR_MS);
    expect(stdout.join("\n")).toMatch(/p2p\/0\.1\.0, calls itself 'Ann'/);
    expect(stdout.join("\n")).toMatch(/\(2 h ago\)/);
    expect(stdout.join("\n")).toMatch(/answers +0123456789abcdef0123456789abcdef, revision 1/);
    const expired = await inspect(text, false, "en", NOW_MS + 48 * HOUR_MS);
    expect(expired.code).toBe(0);
    expect(expired.stdout.join("\n")).toMatch(/expired, ask for a new file/);
  });

  test("names everything odd, in both languages", async () => {
    const outer = JSON.parse(encodeExchangeDocument(offer({ version: 2 }))) as { icecandidate: unknown[]; sdp: string };
    outer.icecandidate.push(
      outer.icecandidate[0],
      ...["a.local 1", "example.org 1", "0.0.0.0 1", "224.0.0.1 1", "10.0.0.1 0"].map(
        (place) => `candidate:1 1 udp 1 ${place} typ host`,
      ),
      ...["1 2 udp 1 10.0.0.1 1 typ host", "1 1 dccp 1 10.0.0.1 1 typ host", "1 1 udp 1 10.0.0.1 1 typ odd", "x"].map(
        (rest) => `candidate:${rest}`,
      ),
    );
    outer.sdp = outer.sdp
      .replace("a=mid:data\\r\\n", "")
      .replace("m=application", "m=video 9 RTP/AVP 1\\r\\nm=application");
    for (const lang of ["en", "zh"] as const) {
      const { stdout } = await inspect(`\`\`\`\n${JSON.stringify(outer)}`, false, lang);
      expect(stdout.filter((line) => line.startsWith("  - "))).toHaveLength(16);
      expect(stdout.join("\n")).not.toContain("undefined");
    }
  });

  test("tells the router, and with the file that belongs to it beside, the chances", async () => {
    const dir = await makeTempFolder();
    const symmetric = { mapping: "endpoint-dependent", udp: "open", ipv6: false, relay: false } as const;
    const host = { foundation: "1", component: 1, transport: "udp", priority: 1, port: 4000, type: "host" } as const;
    const facts = { candidates: [{ ...host, address: "192.168.1.20" }] };
    await writeFile(join(dir, "LocaltionJson.json"), encodeExchangeDocument(offer({ nat: symmetric }, facts)));
    const alone = await run(join(dir, "LocaltionJson.json"), false);
    expect(alone.stdout.join(" ")).toMatch(/network +a symmetric NAT: .*; UDP\s+gets through/);
    expect(alone.stdout.join("\n")).not.toContain("direct connection");
    await writeFile(join(dir, "LocaltionJson_p.json"), encodeExchangeDocument(answer({ nat: symmetric }, facts)));
    for (const name of ["LocaltionJson.json", "LocaltionJson_p.json"]) {
      const { code, stdout } = await run(join(dir, name), false);
      expect(code).toBe(0);
      expect(stdout.join(" ")).toContain("both sides are behind symmetric NATs: a direct connection will fail");
      expect(stdout.slice(1).filter((line) => displayWidth(line) > 80)).toEqual([]);
    }
    const { stdout } = await run(join(dir, "LocaltionJson_p.json"), true);
    const report: unknown = JSON.parse(stdout[0] ?? "");
    expect(schema.safeParse(report).error).toBeUndefined();
    expect(report).toMatchObject({
      p2p: { nat: symmetric },
      prediction: { with: join(dir, "LocaltionJson.json"), outlook: "unlikely", why: "both-symmetric" },
    });
    await writeFile(join(dir, "LocaltionJson_p.json"), "{");
    expect((await run(join(dir, "LocaltionJson.json"), false)).code).toBe(0);
  });

  test("shows text of the other side without obeying it", async () => {
    const { stdout } = await inspect(encodeExchangeDocument(offer({ name: "A\nmade never\u001b[31m\u202e" })), false);
    expect(stdout.join("\n")).toContain("calls itself 'A\\nmade never\\e[31m\\u{202e}'");
  });

  test("--json prints one ASCII line that the schema describes", async () => {
    const odd = `\`\`\`\n${encodeExchangeDocument(answer({ name: "安\u200b", version: 3 }))}`;
    for (const content of [sampleBytes("offer"), sampleBytes("answer"), odd]) {
      const { code, stdout, stderr } = await inspect(content, true);
      expect(code).toBe(0);
      expect(stderr).toEqual([]);
      expect(stdout).toHaveLength(1);
      expect(stdout[0]).toMatch(/^[ -~]+$/);
      expect(schema.safeParse(JSON.parse(stdout[0] ?? "")).error).toBeUndefined();
    }
    const { stdout } = await inspect(odd, true);
    expect(JSON.parse(stdout[0] ?? "")).toMatchObject({ p2p: { name: "安\u200b", version: 3 } });
    expect(schema.safeParse({ path: "x" }).success).toBe(false);
  });

  test("a file that cannot be read ends with 6", async () => {
    for (const json of [false, true]) {
      const { error, stdout } = await inspect('{"name":"p2p"}', json);
      expect(error).toMatchObject({ code: "FILE_MALFORMED", exit: 6, message: "stdin: is no exchange file" });
      expect(stdout).toEqual([]);
    }
    expect((await inspect("x".repeat(300_000), false)).error).toMatchObject({ code: "FILE_TOO_LARGE", exit: 6 });
  });

  test("reads a file by its path, and names what is in the way", async () => {
    const dir = await makeTempFolder();
    const path = join(dir, "a.json");
    await writeFile(path, sampleBytes("offer"));
    expect((await run(path, false)).stdout[0]).toBe(`${path}: an offer, to be answered with p2p answer`);
    expect((await run(join(dir, "no"), false)).error).toMatchObject({
      code: "FILE_MISSING",
      message: `${join(dir, "no")}: there is no such file`,
    });
    expect((await run(dir, false)).error).toMatchObject({ code: "FILE_MALFORMED", exit: 6 });
  });
});
