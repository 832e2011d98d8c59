import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { completionScript } from "../../../src/cli/commands/completion.ts";
import { powershellLines } from "../../../src/cli/commands/powershell-completion.ts";
import {
  INSPECT_OPTIONS,
  type OptionSpec,
  PAIR_OPTIONS,
  SEAL_OPTIONS,
  UNSEAL_OPTIONS,
} from "../../../src/cli/option-table.ts";
import { buildProgram, SHELLS, type Shell } from "../../../src/cli/program.ts";
import { wordsFor } from "../../../src/words/index.ts";

const scriptOf = (shell: Shell, lang: "en" | "zh" = "en"): string =>
  completionScript(shell, buildProgram({ words: wordsFor(lang), version: "0", config: "~/c.json", columns: 80 }));

const COMMANDS = [
  "offer",
  "answer",
  "inspect",
  "code",
  "doctor",
  "loopback",
  "seal",
  "unseal",
  "contacts",
  "page",
  "transfers",
  "completion",
  "licenses",
  "help",
];

describe.each(SHELLS)("%s", (shell) => {
  test.each(["en", "zh"] as const)("knows every command, option and choice in %s", (lang) => {
    const script = scriptOf(shell, lang);
    for (const command of COMMANDS) expect(script).toContain(command);
    const specs: readonly OptionSpec[] = [...PAIR_OPTIONS, ...INSPECT_OPTIONS, ...SEAL_OPTIONS, ...UNSEAL_OPTIONS];
    for (const { name, short, choices } of specs) {
      expect(script).toContain(shell === "fish" ? `-l ${name}` : `--${name}`);
      if (short !== undefined) expect(script).toContain(shell === "fish" ? `-s ${short}` : `-${short}`);
      if (choices !== undefined) expect(script).toContain(choices.join(" "));
    }
    expect(script).not.toContain("undefined");
  });
});

describe("powershell", () => {
  test("has a table of options for each command, and completes from it alone", () => {
    const script = scriptOf("powershell");
    expect(script).toMatch(/^# PowerShell completion of p2p\. /);
    expect(script).toContain("Register-ArgumentCompleter -Native -CommandName p2p -ScriptBlock {");
    expect(script).toContain("@{ Flags = @('--output', '-o'); Text = 'where received files go;");
    expect(script).toContain("Kind = 'choices'; Choices = 'rename overwrite skip' }");
    expect(script).toContain("'completion' = @{ Kind = 'choices'; Choices = 'bash zsh fish powershell' }");
    // Neither p2p nor another program runs while somebody types.
    expect(script.split("\n").slice(1).join("\n")).not.toMatch(/Invoke-|Start-Process|& |`|\$\(/);
    for (const [open, close] of ["{}", "()"]) {
      const count = (mark = ""): number => script.replaceAll(/'(?:[^']|'')*'/g, "").split(mark).length;
      expect(count(open)).toBe(count(close));
    }
  });

  test("ends no string at a quote within it", () => {
    const text = "it's \u2018quoted\u2019";
    const option = { flags: ["--x"], description: text, value: { kind: "none" }, isRepeatable: false } as const;
    expect(powershellLines([], [option]).join("\n")).toContain("Text = 'it''s \u2018\u2018quoted\u2019\u2019'");
  });
});

describe.runIf(spawnSync("bash", ["-c", "true"]).status === 0)("in a real bash", () => {
  let dir: string;

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "p2p-completion-"));
    writeFileSync(join(dir, "my file.txt"), "");
    writeFileSync(join(dir, "my photo.jpg"), "");
    mkdirSync(join(dir, "my folder"));
    mkdirSync(join(dir, "offer"));
    writeFileSync(join(dir, "p2p.bash"), scriptOf("bash"));
  });

  test("has no syntax error", () => {
    expect(execFileSync("bash", ["-n", join(dir, "p2p.bash")], { encoding: "utf8" })).toBe("");
  });

  afterAll(() => {
    rmSync(dir, { recursive: true });
  });

  /** The last word is the one being completed. */
  function complete(...words: string[]): string[] {
    const run = `source ./p2p.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _p2p; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const output = execFileSync("bash", ["--norc", "-c", run, "bash", ...words], { cwd: dir, encoding: "utf8" });
    return output.split("\n").filter((line) => line !== "");
  }

  describe("names of files", () => {
    const NAMES = ["*", "-y", "--yes", "a b", "new\nline", 'q"x', "it's", "back\\slash", "$(touch pwned)", "名 字"];
    let odd: string;

    beforeAll(() => {
      odd = join(dir, ".odd");
      mkdirSync(join(odd, "-folder"), { recursive: true });
      for (const name of NAMES) writeFileSync(join(odd, name), "");
    });

    function completeOdd(...words: string[]): string[] {
      const run = `source ../p2p.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _p2p; printf '%s\\0' "\${COMPREPLY[@]}"`;
      const options = { cwd: odd, encoding: "utf8", env: { ...process.env, HOME: odd } } as const;
      const output = execFileSync("bash", ["--norc", "-c", run, "bash", ...words], options);
      return output.split("\0").filter((line) => line !== "");
    }

    test("are whole, each one once, and none is an option or a pattern", () => {
      const expected = [...NAMES, "-folder"].map((name) => (name.startsWith("-") ? `./${name}` : name));
      expect(completeOdd("p2p", "offer", "").toSorted()).toEqual(expected.toSorted());
    });

    test.each([
      ["ne", ["new\nline"]],
      ["\\*", ["*"]],
      ["a\\ ", ["a b"]],
      ['"q', ['q"x']],
      ["'a b", ["a b"]],
      ["back\\\\", ["back\\slash"]],
      ["./-", ["./-folder", "./--yes", "./-y"]],
      ["~/ne", ["~/new\nline"]],
      ["nothing like it", []],
    ])("that begin with what was typed, as the shell quotes it: %s", (typed, expected) => {
      expect(completeOdd("p2p", "offer", typed).toSorted()).toEqual(expected.toSorted());
    });

    test("of folders only, where a folder is wanted", () => {
      expect(completeOdd("p2p", "offer", "--dir", "")).toEqual(["./-folder"]);
    });
  });

  test.each([
    [["p2p", ""], COMMANDS],
    [["p2p", "o"], ["offer"]],
    [
      ["p2p", "offer", "--co"],
      ["--copy", "--code", "--codec", "--conflict", "--connect-timeout", "--congestion"],
    ],
    [
      ["p2p", "offer", "--conflict", ""],
      ["rename", "overwrite", "skip"],
    ],
    [["p2p", "offer", "--conflict", "=", "s"], ["skip"]],
    [
      ["p2p", "offer", "--conflict", "="],
      ["rename", "overwrite", "skip"],
    ],
    [["p2p", "offer", "--wait", ""], []],
    [
      ["p2p", "answer", "my"],
      ["my file.txt", "my folder", "my photo.jpg"],
    ],
    [["p2p", "answer", "my file.txt", "my p"], ["my photo.jpg"]],
    [
      ["p2p", "answer", "-d", ""],
      ["my folder", "offer"],
    ],
    [["p2p", "inspect", "--j"], ["--json"]],
    [["p2p", "completion", ""], [...SHELLS]],
    [["p2p", "help", "an"], ["answer"]],
    [["p2p", "--lang", "zh", "in"], ["inspect"]],
  ])("%j", (words, expected) => {
    expect(complete(...words).toSorted()).toEqual(expected.toSorted());
  });
});
