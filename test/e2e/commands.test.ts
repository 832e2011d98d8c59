// The command line around a session: help, usage errors, inspect, completion, settings.
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, type TestContext, test } from "vitest";
import { binary, offer, OWN_FILE, people, type Running, run } from "../support/processes.ts";

const samples = fileURLToPath(new URL("../../samples", import.meta.url));

async function ran(t: TestContext, args: readonly string[], options: Parameters<typeof run>[2] = {}): Promise<Running> {
  const { ann } = await people(t, "ann");
  const side = run(ann, args, options);
  await side.exit();
  return side;
}

describe.concurrent("help and version", () => {
  test("p2p alone: help on stderr, exit 2", async (t) => {
    const side = await ran(t, []);
    expect(await side.exit()).toBe(2);
    expect(side.stdout).toBe("");
    expect(side.stderr).toContain("p2p offer");
  });

  test.for([["--help"], ["-h"], ["offer", "--help"], ["answer", "-h"], ["inspect", "--help"]])(
    "p2p %s %s",
    async (args, t) => {
      const side = await ran(t, args);
      expect(await side.exit()).toBe(0);
      expect(side.stdout).toMatch(/usage/i);
      expect(side.stderr).toBe("");
    },
  );

  test("the help of offer names every option of the contract", async (t) => {
    const { stdout } = await ran(t, ["offer", "--help"]);
    const options = [
      "-d, --dir --out --in -o, --output -y, --yes --conflict -m, --message --chat --no-chat --stun --turn --no-stun",
      "--relay-only --port",
      "--bind --wait --connect-timeout --legacy-sdp --bare --name --lang --json -q, -v, --no-color -h, ",
    ].flatMap((line) => line.split(" "));
    for (const option of options) expect(stdout).toContain(option);
  });

  test("the help comes in Chinese, by flag and by locale", async (t) => {
    const byFlag = await ran(t, ["--lang", "zh", "--help"]);
    const byLocale = await ran(t, ["--help"], { env: { LANG: "zh_CN.UTF-8" } });
    expect(byFlag.stdout).toMatch(/\p{Script=Han}/u);
    expect(byLocale.stdout).toBe(byFlag.stdout);
  });

  test.for(["-V", "--version"])("p2p %s", async (flag, t) => {
    const manifest = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    const side = await ran(t, [flag]);
    expect(await side.exit()).toBe(0);
    expect(side.stdout.trim()).toBe(manifest.version);
  });

  test("help loads nothing of what a connection needs", async (t) => {
    const { ann } = await people(t, "ann");
    const coverage = join(ann.dir, "coverage");
    await promisify(execFile)(process.execPath, [binary, "--help"], { env: { NODE_V8_COVERAGE: coverage } });
    const [report = ""] = await readdir(coverage);
    const loaded = await readFile(join(coverage, report), "utf8");
    expect(loaded).toContain("/dist/cli/start.js");
    // A chunk has the name of the package in it.
    const chunks = await readdir(new URL("../../dist/chunks", import.meta.url));
    for (const name of ["werift", "zod"]) {
      expect(chunks.some((chunk) => chunk.startsWith(`${name}-`))).toBe(true);
      expect(loaded).not.toContain(`/dist/chunks/${name}-`);
    }
  });
});

describe.concurrent("usage errors → 2, with a hint, and nothing is written", () => {
  test.for<[what: string, args: string[]]>([
    ["an unknown command", ["ofer"]],
    ["an unknown option", ["offer", "--nonsense"]],
    ["only relays, without a TURN server", ["answer", "--relay-only"]],
    ["a duration that is none", ["offer", "--wait", "soon"]],
    ["a policy that is none", ["offer", "--conflict", "maybe"]],
    ["a language that is none", ["offer", "--lang", "fr"]],
    ["a server that is none", ["offer", "--stun", "http://example.org"]],
    ["--chat and --no-chat", ["offer", "--chat", "--no-chat"]],
    ["--json and --out -", ["offer", "--json", "--out", "-"]],
    ["--json and -o -", ["answer", "--json", "-o", "-"]],
    ["--in - and PATH -", ["answer", "--in", "-", "-"]],
    ["a rate that is none", ["offer", "--limit", "500"]],
    ["inspect without a file", ["inspect"]],
    ["completion for an unknown shell", ["completion", "tcsh"]],
  ])("%s", async ([, args], t) => {
    const { ann } = await people(t, "ann");
    const side = run(ann, args);
    expect(await side.exit()).toBe(2);
    const told = args.includes("--json") ? [{ event: "error", code: "USAGE" }] : [];
    expect(side.lines.map((line) => JSON.parse(line) as unknown)).toMatchObject(told);
    expect(side.lines).toHaveLength(told.length);
    expect(side.stderr).toMatch(/^p2p: error: .+\n(p2p: hint: .+\n)?/);
    expect(await readdir(ann.dir)).toEqual([]);
  });
});

describe.concurrent("inspect", () => {
  test.for(["2018-offer.json", "2018-answer.json"])("explains %s in words", async (name, t) => {
    const side = await ran(t, ["inspect", join(samples, name)]);
    expect(await side.exit()).toBe(0);
    expect(side.stdout).toContain(name.includes("offer") ? "offer" : "answer");
    expect(side.stdout).toMatch(/tcp/i);
    expect(side.stdout).toContain("DTLS/SCTP 5000");
    expect(side.stdout.replaceAll(/\s/g, "")).toMatch(/[0-9A-F]{2}(:[0-9A-F]{2}){31}/);
  });

  test("with --json as one object", async (t) => {
    const side = await ran(t, ["inspect", "--json", join(samples, "2018-offer.json")]);
    expect(await side.exit()).toBe(0);
    expect(side.lines).toHaveLength(1);
    expect(JSON.parse(side.stdout)).toMatchObject({ type: "offer" });
  });

  test("an expired file of ours is a warning, not a failure", async (t) => {
    const { ann } = await people(t, "ann");
    const side = offer(ann, ["--json"]);
    await side.event("local-file");
    const document = JSON.parse(await readFile(join(ann.dir, OWN_FILE), "utf8")) as { p2p: Record<string, unknown> };
    Object.assign(document.p2p, { createdAt: "2020-01-01T00:00:00Z", expiresAt: "2020-01-02T00:00:00Z" });
    await writeFile(join(ann.dir, "old.json"), JSON.stringify(document));
    const inspect = run(ann, ["inspect", "old.json"]);
    expect(await inspect.exit()).toBe(0);
    expect(inspect.stdout).toMatch(/expired/i);
  });

  test.for([
    ["not there", undefined],
    ["no exchange file", '{"hello":1}'],
    ["empty", ""],
  ])("a file that is %s → 6", async ([, content], t) => {
    const { ann } = await people(t, "ann");
    if (content !== undefined) await writeFile(join(ann.dir, "x.json"), content);
    const side = run(ann, ["inspect", "x.json"]);
    expect(await side.exit()).toBe(6);
    expect(side.stderr).toMatch(/^p2p: error: .*x\.json/);
  });
});

describe.concurrent("completion", () => {
  test.for(["bash", "zsh", "fish"])("for %s names commands and options", async (shell, t) => {
    const side = await ran(t, ["completion", shell]);
    expect(await side.exit()).toBe(0);
    for (const word of ["offer", "answer", "inspect", "connect-timeout", "overwrite"])
      expect(side.stdout).toContain(word);
  });

  test("the bash script is one that bash takes", async (t) => {
    const { stdout } = await ran(t, ["completion", "bash"]);
    const check = execFile("bash", ["-n"]);
    check.stdin?.end(stdout);
    expect(await new Promise((resolve) => check.once("close", resolve))).toBe(0);
  });
});

describe.concurrent("settings", () => {
  test("flag before environment before config file", async (t) => {
    const { ann } = await people(t, "ann");
    await mkdir(ann.stateDir, { recursive: true });
    await writeFile(join(ann.stateDir, "config.json"), JSON.stringify({ wait: "1h", name: "from config" }), {
      mode: 0o600,
    });
    const env = { P2P_CONFIG: join(ann.stateDir, "config.json"), P2P_WAIT: "2h" };
    const waits = async (args: string[], environment: Record<string, string>): Promise<[number, unknown]> => {
      const side = offer(ann, ["--json", ...args], { env: environment });
      await side.event("local-file");
      await side.kill();
      const { p2p } = JSON.parse(await readFile(join(ann.dir, OWN_FILE), "utf8")) as { p2p: Record<string, string> };
      return [Date.parse(p2p.expiresAt ?? "") - Date.parse(p2p.createdAt ?? ""), p2p.name];
    };
    const hour = 3_600_000;
    expect(await waits(["--wait", "3h"], env)).toEqual([3 * hour, "from config"]);
    expect(await waits([], env)).toEqual([2 * hour, "from config"]);
    expect(await waits([], { P2P_CONFIG: env.P2P_CONFIG })).toEqual([hour, "from config"]);
    expect(await waits([], {})).toEqual([24 * hour, undefined]);
  });

  test("a config file with a password that others can read is refused", async (t) => {
    const { ann } = await people(t, "ann");
    const config = join(ann.dir, "config.json");
    const turn = [{ url: "turn:127.0.0.1", user: "u", password: "secret-word" }];
    await writeFile(config, JSON.stringify({ turn }), { mode: 0o644 });
    const side = offer(ann, [], { env: { P2P_CONFIG: config } });
    expect(await side.exit()).toBe(2);
    expect(side.stderr).toContain("(CONFIG_INVALID)");
    expect(side.stderr).not.toContain("secret-word");
  });
});

describe.concurrent("a file whose name begins as an option does", () => {
  test.for([
    ["-dash.txt", ["offer", "-dash.txt"]],
    ["-q.txt", ["offer", "a.txt", "-q.txt"]],
    ["--long.txt", ["inspect", "--long.txt"]],
  ] as const)("%s is told apart, and nothing is made", async ([file, args], t) => {
    const { ann } = await people(t, "ann");
    await Promise.all([file, "a.txt"].map((name) => writeFile(join(ann.dir, name), "")));
    const side = run(ann, args);
    expect(await side.exit()).toBe(2);
    expect(side.stderr).toBe(
      `p2p: error: '${file}' would be taken for an option, and a file here has that name (USAGE)\np2p: hint: for the file type ./${file}\n`,
    );
    expect((await readdir(ann.dir)).sort()).toEqual([file, "a.txt"].sort());
  });

  test("is no trouble where it is the value of an option, or an option is meant", async (t) => {
    const { ann } = await people(t, "ann");
    await Promise.all(["-m", "-x.txt", "--json"].map((name) => writeFile(join(ann.dir, name), "")));
    const side = offer(ann, ["--json", "-m", "-x.txt", "--wait", "1s"]);
    expect(await side.exit()).toBe(6);
    expect(side.stderr).not.toContain("USAGE");
  });
});
