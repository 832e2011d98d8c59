import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PairPorts } from "../../../src/cli/commands/pair.ts";
import { run } from "../../../src/cli/main.ts";
import { P2pError } from "../../../src/index.ts";
import { FakeIo, NOW } from "./fakes.ts";

// `type` is left out beside a `$ref` that has it, which strictTypes would not see.
const isEvent = new Ajv2020({ strict: true, strictTypes: false }).compile(
  JSON.parse(readFileSync(new URL("../../../docs/events.schema.json", import.meta.url), "utf8")) as object,
);

const unused = async (): Promise<never> => await Promise.reject(new Error("not asked for"));
const PORTS: PairPorts = {
  openLine: unused,
  planPaths: unused,
  earlierOffer: unused,
  meetingWith: unused,
  checkOutput: unused,
  checkStream: unused,
  openMedia: unused,
  runConversation: unused,
};

async function outcome(
  argv: string[],
  env: Record<string, string> = {},
  ports: Partial<PairPorts> = {},
): Promise<{ exit: number; stdout: string; stderr: string }> {
  const io = new FakeIo([], env);
  const exit = await run(argv, io, { ...PORTS, ...ports });
  return { exit, ...(await io.written()) };
}

describe("where things go", () => {
  test("alone: help on stderr, 2", async () => {
    const { exit, stdout, stderr } = await outcome([]);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: p2p /);
  });

  test.each([["-h"], ["help"]])("%s: help on stdout, 0", async (flag) => {
    const { exit, stdout, stderr } = await outcome([flag]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    expect(stdout).toMatch(/^Usage: p2p /);
  });

  test("-V: the version of the package", async () => {
    const { exit, stdout } = await outcome(["-V"]);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
  });

  test("completion on stdout", async () => {
    const { exit, stdout } = await outcome(["completion", "bash"]);
    expect(exit).toBe(0);
    expect(stdout).toContain("complete -F _p2p p2p");
  });

  test("a complaint with its code and a hint on stderr, 2", async () => {
    expect(await outcome(["offer", "--jsn"])).toEqual({
      exit: 2,
      stdout: "",
      stderr: "p2p: error: unknown option '--jsn' (USAGE)\np2p: hint: did you mean --json?\n",
    });
  });

  test("in the language of the locale", async () => {
    const { stderr } = await outcome(["offer", "--jsn"], { LANG: "zh_CN.UTF-8" });
    expect(stderr).toContain("没有选项“--jsn”");
  });

  test("what the arguments hold does not reach the terminal as it is", async () => {
    const { stderr } = await outcome(["offer", "--\u001b[2J"]);
    expect(stderr).toContain("--\\e[2J");
    expect(stderr).not.toContain("\u001b");
  });
});

describe("the single catch", () => {
  const broken = async (): Promise<never> =>
    await Promise.reject(new P2pError("WRITE_FAILED", { path: "x", reason: "EIO" }, { cause: new Error("the cable") }));

  test("exit code and text of the error, no stack", async () => {
    const { exit, stderr } = await outcome(["offer", "x"], {}, { planPaths: broken });
    expect(exit).toBe(8);
    expect(stderr).toMatch(/^p2p: error: cannot write 'x': EIO \(WRITE_FAILED\)\np2p: hint: [^\n]+\n$/);
  });

  test("P2P_DEBUG adds the stack and every cause", async () => {
    const { stderr } = await outcome(["offer", "x"], { P2P_DEBUG: "1" }, { planPaths: broken });
    expect(stderr).toMatch(/P2pError: cannot write 'x': EIO\n\s+at /);
    expect(stderr).toMatch(/caused by: Error: the cable\n\s+at /);
  });

  test.each<[args: string, code: string, exit: number, env?: Record<string, string>]>([
    ["offer --json --nonsense", "USAGE", 2],
    ["offer --json --wait soon", "USAGE", 2],
    ["offer --wait soon", "USAGE", 2, { P2P_JSON: "1" }],
    ["answer --json -o -", "USAGE", 2],
    ["answer --json p2p:", "FILE_MALFORMED", 6],
    ["offer --json x", "WRITE_FAILED", 8],
    ["ofer --json", "USAGE", 2],
    ["inspect --json", "USAGE", 2],
    ["inspect --json /nowhere/x.json", "FILE_MISSING", 6],
    ["doctor --json --stun http://example.org", "USAGE", 2],
    ["loopback --json --turn turn:127.0.0.1", "USAGE", 2],
    ["contacts remove --json", "USAGE", 2],
    ["contacts --json remove nobody", "USAGE", 2],
    ["transfers discard abcd --json", "NO_SUCH_TRANSFER", 2],
    ["transfers --json show", "USAGE", 2],
  ])("`p2p %s`: programs read one event, %s", async (args, code, exit, env) => {
    const told = await outcome(args.split(" "), { P2P_STATE_DIR: "/nowhere/state", ...env }, { planPaths: broken });
    expect(told.exit).toBe(exit);
    const lines = told.stdout.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { event: "error", time: NOW.toISOString(), code, message: expect.any(String), hint: expect.any(String) },
    ]);
    expect(isEvent(JSON.parse(told.stdout)), JSON.stringify(isEvent.errors)).toBe(true);
    expect(told.stderr).toContain(`(${code})\n`);
  });

  test("everything else is a bug, 1", async () => {
    const { exit, stderr } = await outcome(["offer", "x"]);
    expect(exit).toBe(1);
    expect(stderr).toContain("p2p: error: unexpected: not asked for (INTERNAL)");
    expect(stderr).toContain("P2P_DEBUG=1");
  });
});

describe("the config file", () => {
  let dir: string;
  let path: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "p2p-main-"));
    path = join(dir, "config.json");
  });

  afterEach(async () => {
    await rm(dir, { recursive: true });
  });

  test("a broken one stops offer and answer, and nothing else", async () => {
    await writeFile(path, "{");
    const env = { P2P_CONFIG: path };
    const { exit, stderr } = await outcome(["offer"], env);
    expect(exit).toBe(2);
    expect(stderr).toContain(`p2p: error: ${path}: not JSON: `);
    expect(stderr).toContain("(CONFIG_INVALID)");
    expect((await outcome(["-h"], env)).exit).toBe(0);
    expect((await outcome(["completion", "zsh"], env)).exit).toBe(0);
  });

  test("its language holds for everything", async () => {
    await writeFile(path, '{"lang": "zh"}');
    const env = { P2P_CONFIG: path, LANG: "en_US.UTF-8" };
    expect((await outcome(["-h"], env)).stdout).toMatch(/^用法：/);
    expect((await outcome(["-h", "--lang", "en"], env)).stdout).toMatch(/^Usage:/);
  });
});
