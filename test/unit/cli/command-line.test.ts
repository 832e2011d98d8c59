import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { wrapText } from "../../../src/cli/help-layout.ts";
import {
  CODE_OPTIONS,
  CONTACTS_OPTIONS,
  EXCLUSIVE_OPTIONS,
  type OptionSpec,
  PAGE_OPTIONS,
  PAIR_OPTIONS,
  SEAL_OPTIONS,
  UNSEAL_OPTIONS,
  INSPECT_OPTIONS,
  LOOPBACK_OPTIONS,
} from "../../../src/cli/option-table.ts";
import { preferredLang, wantsColor, wantsJson } from "../../../src/cli/preferences.ts";
import { type Invocation, parseCommandLine } from "../../../src/cli/program.ts";
import { P2pError } from "../../../src/index.ts";
import { wordsFor } from "../../../src/words/index.ts";

const parse = (argv: string[], lang: "en" | "zh" = "en", columns = 80): Invocation =>
  parseCommandLine(argv, { words: wordsFor(lang), version: "1.2.3", config: "~/.config/p2p/config.json", columns });

const complaintOf = (argv: string[], lang?: "en" | "zh"): { message: string; hint: string } => {
  try {
    parse(argv, lang);
  } catch (error) {
    if (error instanceof P2pError && error.code === "USAGE") return { message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error("no complaint");
};

describe("understood", () => {
  test("options anywhere, values in every spelling", () => {
    const argv = ["offer", "a", "-d", "x", "b", "--wait=1m", "-yq", "-mhi", "-m", "-yes", "--", "-c", "-json"];
    const invocation = parse(argv);
    expect(invocation).toMatchObject({ command: "pair", pair: { role: "offer", paths: ["a", "b", "-c", "-json"] } });
    if (invocation.command !== "pair") return;
    expect(Object.fromEntries(invocation.pair.options)).toEqual({
      dir: ["x"],
      wait: ["1m"],
      yes: true,
      quiet: true,
      message: ["hi", "-yes"],
    });
  });

  test("both of --chat and --no-chat are seen", () => {
    const invocation = parse(["answer", "--chat", "--no-chat"]);
    if (invocation.command !== "pair") throw new TypeError("not a pair");
    expect([...invocation.pair.options.keys()]).toEqual(["chat", "no-chat"]);
  });

  test("transfers", () => {
    expect(parse(["transfers"])).toEqual({ command: "transfers", discard: undefined, json: false });
    expect(parse(["transfers", "list", "--json"])).toEqual({ command: "transfers", discard: undefined, json: true });
    expect(parse(["transfers", "discard", "abcd"])).toEqual({ command: "transfers", discard: "abcd", json: false });
  });

  test("inspect and completion", () => {
    expect(parse(["inspect", "f"])).toMatchObject({ command: "inspect", file: "f", json: false });
    expect(parse(["inspect", "--json", "-"])).toMatchObject({ command: "inspect", file: "-", json: true });
    expect(parse(["completion", "fish"])).toEqual({ command: "completion", shell: "fish" });
  });

  test("seal and unseal", () => {
    const sealing = parse(["seal", "-r", "age1a", "--recipient", "age1b", "-o", "out", "f"]);
    expect(sealing).toMatchObject({ command: "seal", file: "f" });
    const { options } = sealing as Extract<typeof sealing, { command: "seal" | "unseal" }>;
    expect(Object.fromEntries(options)).toEqual({ recipient: ["age1a", "age1b"], output: ["out"] });
    expect(parse(["unseal", "-i", "key", "-"])).toMatchObject({ command: "unseal", file: "-" });
  });

  test.each([["-V"], ["--version"], ["offer", "-V"], ["inspect", "--version"]])("version: %s %s", (...argv) => {
    expect(parse(argv.filter((arg) => arg !== undefined))).toEqual({ command: "text", text: "1.2.3\n", asked: true });
  });

  test("help where it was asked for, and as a complaint", () => {
    for (const argv of [
      ["-h"],
      ["help"],
      ["help", "-h"],
      ["help", "--help"],
      ["help", "offer", "-h"],
      ["offer", "-h"],
      ["help", "offer"],
      ["--lang", "zh", "--help"],
    ]) {
      expect(parse(argv)).toMatchObject({ command: "text", asked: true });
    }
    for (const argv of [[], ["--lang", "zh"]]) {
      expect(parse(argv)).toMatchObject({ command: "text", asked: false });
    }
    expect(parse(["help", "offer"])).toEqual(parse(["offer", "--help"]));
  });

  test.each(["en", "zh"] as const)("the help leads to the config file and to the manual: %s", (lang) => {
    const { text } = parse(["--lang", lang, "--help"], lang) as { text: string };
    expect(text).toMatch(/config\.json|c\.json/);
    expect(text).toContain("man p2p");
  });
});

describe("complaints", () => {
  test.each([
    [["ofer"], "unknown command 'ofer'", "did you mean offer?"],
    [["frobnicate"], "unknown command 'frobnicate'", "see p2p --help"],
    [["offer", "--jsn"], "unknown option '--jsn'", "did you mean --json?"],
    [["help", "nothing"], "unknown command 'nothing'", "see p2p --help"],
    [["nothing", "--help"], "unknown command 'nothing'", "see p2p --help"],
    [["--lang", "en", "nothing", "-h"], "unknown command 'nothing'", "see p2p --help"],
    [
      ["send", "f", "my cat.jpg", "--yes"],
      "unknown command 'send'",
      'p2p offer does that, and p2p answer on the other side; type: p2p offer f "my cat.jpg" --yes',
    ],
    ...["receive", "recv", "get", "GET"].map((word): [string[], string, string] => [
      [word],
      `unknown command '${word}'`,
      "p2p answer does that, and p2p offer on the other side; type: p2p answer",
    ]),
    [
      ["--lang", "en", "send"],
      "unknown command 'send'",
      "p2p offer does that, and p2p answer on the other side; type: p2p --lang en offer",
    ],
    [
      ["help", "receive"],
      "unknown command 'receive'",
      "p2p answer does that, and p2p offer on the other side; type: p2p help answer",
    ],
    [
      ["-v"],
      "option '-v' stands before the command",
      "p2p -V shows the version; -v (say more) goes after the command, as in p2p offer -v",
    ],
    [["offer", "-x"], "unknown option '-x'", "see p2p offer --help"],
    [["inspect", "f", "--wait", "1m"], "unknown option '--wait'", "see p2p inspect --help"],
    [["offer", "--dir"], "-d, --dir DIR needs a value", "see p2p offer --help"],
    [["inspect"], "missing FILE", "see p2p inspect --help"],
    [["transfers", "discard"], "missing ID", "see p2p transfers --help"],
    [["transfers", "list", "x"], "too many arguments for p2p transfers", "see p2p transfers --help"],
    [["transfers", "remove"], "p2p transfers: unknown value 'remove'", "use one of list, discard"],
    [["inspect", "a", "b"], "too many arguments for p2p inspect", "see p2p inspect --help"],
    [["completion", "tcsh"], "p2p completion: unknown value 'tcsh'", "use one of bash, zsh, fish, powershell"],
    [
      ["--json", "offer"],
      "option '--json' stands before the command",
      "put it after the command, as in p2p offer --json",
    ],
    [["-y", "offer"], "option '-y' stands before the command", "put it after the command, as in p2p offer -y"],
    [
      ["version"],
      "unknown command 'version'",
      "p2p -V shows the version; -v (say more) goes after the command, as in p2p offer -v",
    ],
    [["chat"], "unknown command 'chat'", "p2p offer does that, and p2p answer on the other side; type: p2p offer"],
    [["help", "offr"], "unknown command 'offr'", "did you mean offer?"],
    [["-help"], "unknown option '-help'", "did you mean --help?"],
    [["answer", "-output", "Downloads"], "unknown option '-output'", "did you mean --output?"],
    [["answer", "-output=Downloads"], "unknown option '-output=Downloads'", "did you mean --output?"],
    [["offer", "a", "-yes"], "unknown option '-yes'", "did you mean --yes?"],
    [["offer", "it's --odd'", "--it's"], "unknown option '--it's'", "see p2p offer --help"],
  ])("%j", (argv, message, hint) => {
    expect(complaintOf(argv)).toEqual({ message, hint });
  });

  test("a file where the command should be", async () => {
    const dir = await mkdtemp(join(tmpdir(), "p2p-verb-"));
    try {
      const photo = join(dir, "photo.jpg");
      const exchange = join(dir, "LocaltionJson (1).json");
      await Promise.all([writeFile(photo, ""), writeFile(exchange, "")]);
      expect(complaintOf([photo])).toEqual({
        message: `'${photo}' is a file, not a command`,
        hint: `to send it: p2p offer ${photo}`,
      });
      expect(complaintOf([exchange, "-y"]).hint).toContain(`p2p inspect ${exchange}`);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  test("in Chinese", () => {
    expect(complaintOf(["offer", "--jsn"], "zh")).toEqual({ message: "没有选项“--jsn”", hint: "是不是 --json？" });
  });
});

describe("help", () => {
  const helpOf = (argv: string[], lang: "en" | "zh", columns: number): string => {
    const invocation = parse([...argv, "--help"], lang, columns);
    if (invocation.command !== "text") throw new TypeError("no help");
    return invocation.text;
  };

  test.each(["en", "zh"] as const)("in %s fits the terminal", (lang) => {
    for (const command of [[], ["offer"], ["answer"], ["inspect"], ["completion"], ["contacts"], ["seal"]]) {
      for (const columns of [40, 50, 80, 100, 200]) {
        const widths = helpOf(command, lang, columns)
          .split("\n")
          .map((line) => stringWidth(line));
        expect(Math.max(...widths)).toBeLessThanOrEqual(Math.min(columns, 100));
      }
    }
  });

  test("puts descriptions below their terms where there is little room, and hangs them where there is more", () => {
    expect(helpOf([], "en", 40)).toContain(
      "\n  offer\n      write my file, wait for theirs,\n      connect, send the PATHs\n",
    );
    expect(helpOf(["offer"], "zh", 40)).toContain("\n  -y, --yes\n      不询问，直接接收\n");
    expect(helpOf(["offer"], "en", 80)).toMatch(
      /--relay-only {2,}use only relayed addresses of the TURN\n {34}servers;/,
    );
  });

  test("says how settings are written in the environment, where the config file is, and the exit codes", () => {
    const text = helpOf(["offer"], "en", 100).replaceAll(/\s+/g, " ");
    for (const part of ["P2P_WAIT=2h", "P2P_NO_CHAT=1", "P2P_BIND=10.0.0.2,10.0.0.3", "~/.config/p2p/config.json"]) {
      expect(text).toContain(part);
    }
    expect(text).toMatch(/Exit code: 0 done, 2 .* 7 declined, 8 /);
  });

  test.each(["en", "zh"] as const)("in %s names every option and describes it", (lang) => {
    const text = helpOf(["offer"], lang, 80);
    for (const option of PAIR_OPTIONS) expect(text).toMatch(new RegExp(`--${option.name}(?: [A-Z[\\]-]+)?  +\\S`));
  });

  test("in Chinese has no English titles", () => {
    for (const command of [[], ["offer"], ["inspect"]]) {
      expect(helpOf(command, "zh", 80)).not.toMatch(
        /Usage|[Oo]ptions|Arguments|\[command\]|Commands|： |display|undefined/,
      );
    }
  });

  test("wraps Chinese between characters and keeps what closes", () => {
    expect(wrapText("一二三四。五六", 8)).toBe("一二三\n四。五六");
    expect(wrapText("一二三（abcd）五", 8)).toBe("一二三\n（abcd）\n五");
    expect(wrapText("a bb ccc", 4)).toBe("a bb\nccc");
    expect(wrapText("ab\ncd", 80)).toBe("ab\ncd");
  });

  test("no wide character is left alone on the last line, unless a word is before it", () => {
    expect(wrapText("一二三四五", 8)).toBe("一二三\n四五");
    expect(wrapText("一二三四五六七八，九", 8)).toBe("一二三四\n五六七\n八，九");
    expect(wrapText("abcde 一二", 8)).toBe("abcde\n一二");
    expect(wrapText("一二 abc五", 8)).toBe("一二 abc\n五");
    expect(wrapText("ab cd ef g", 8)).toBe("ab cd ef\ng");
  });
});

describe("words", () => {
  const shapeOf = (value: unknown): unknown =>
    typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]))
      : typeof value;

  test("both languages have the same sentences", () => {
    expect(shapeOf(wordsFor("zh"))).toEqual(shapeOf(wordsFor("en")));
  });

  test("every option has a description in the table of words", () => {
    const described = Object.keys(wordsFor("en").cli.help.options);
    const tables: (readonly OptionSpec[])[] = [
      PAIR_OPTIONS,
      INSPECT_OPTIONS,
      SEAL_OPTIONS,
      UNSEAL_OPTIONS,
      CONTACTS_OPTIONS,
      PAGE_OPTIONS,
      CODE_OPTIONS,
      LOOPBACK_OPTIONS,
    ];
    const used = new Set(tables.flat().map(({ name, describedAs }) => describedAs ?? name));
    expect(described.toSorted()).toEqual([...used].toSorted());
  });
});

test("the option table is consistent", () => {
  const specs: readonly OptionSpec[] = PAIR_OPTIONS;
  const spellings = specs.flatMap(({ name, short }) => (short === undefined ? [name] : [name, short]));
  expect(new Set(spellings).size).toBe(spellings.length);
  expect(EXCLUSIVE_OPTIONS.flat().every((name) => specs.some((spec) => spec.name === name))).toBe(true);
});

describe("preferences", () => {
  const io = (env: Record<string, string>, platform: NodeJS.Platform = "linux") => ({
    env,
    platform,
    systemLocale: () => "zh-CN",
  });

  test.each([
    [["--lang", "zh"], {}, "zh"],
    [["offer", "--lang=zh"], { P2P_LANG: "en" }, "zh"],
    [["--lang", "en", "offer", "--lang", "zh"], {}, "zh"],
    [["offer", "--", "--lang", "zh"], {}, "en"],
    [["--lang", "fr"], { LANG: "zh_CN.UTF-8" }, "zh"],
    [[], { P2P_LANG: "zh", LANG: "en_US.UTF-8" }, "zh"],
    [[], { LC_ALL: "C", LANG: "zh_CN.UTF-8" }, "en"],
    [[], { LC_ALL: "", LC_MESSAGES: "zh_TW", LANG: "en_US" }, "zh"],
    [[], { LANG: "zh" }, "zh"],
    [[], { LANG: "zhfoo" }, "en"],
    [[], {}, "en"],
  ] as const)("language of %j with %j is %s", (argv, env, lang) => {
    expect(preferredLang(argv, io(env))).toBe(lang);
  });

  test("language of the config, and of a Windows without LANG", () => {
    expect(preferredLang([], io({ LANG: "en_US" }), new Map([["lang", ["zh"]]]))).toBe("zh");
    expect(preferredLang([], io({}, "win32"))).toBe("zh");
    expect(preferredLang([], io({ LANG: "en_US" }, "win32"))).toBe("en");
  });

  test.each([
    [[], {}, true],
    [["offer", "--no-color"], {}, false],
    [["offer", "--", "--no-color"], {}, true],
    [[], { NO_COLOR: "1" }, false],
    [[], { NO_COLOR: "" }, true],
    [[], { P2P_NO_COLOR: "1" }, false],
    [[], { P2P_NO_COLOR: "0" }, true],
    [[], { P2P_NO_COLOR: "false" }, true],
    [[], { TERM: "dumb" }, false],
  ] as const)("colours with %j and %j: %s", (argv, env, wanted) => {
    expect(wantsColor(argv, { env })).toBe(wanted);
  });

  test.each([
    [["doctor"], {}, undefined, false],
    [["doctor", "--json"], {}, undefined, true],
    [["inspect", "--", "--json"], {}, undefined, false],
    [["offer"], { P2P_JSON: "1" }, undefined, true],
    [["offer"], { P2P_JSON: "off" }, undefined, false],
    [["doctor"], { P2P_JSON: "1" }, undefined, false],
    [["answer"], {}, true, true],
    [["transfers"], {}, true, false],
  ] as const)("programs read the outcome of %j with %j and %j in the config: %s", (argv, env, configured, wanted) => {
    const config = configured === undefined ? undefined : new Map([["json", configured]]);
    expect(wantsJson(argv, { env }, config)).toBe(wanted);
  });

  test("no colours by the config", () => {
    expect(wantsColor([], { env: {} }, new Map([["no-color", true]]))).toBe(false);
  });
});
