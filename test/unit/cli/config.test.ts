import { chmod, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Config, parseConfig, readConfig } from "../../../src/cli/config.ts";
import { ODD_FILES } from "../../support/odd-files.ts";
import { configPath, stateLocation } from "../../../src/cli/locations.ts";
import { P2pError } from "../../../src/index.ts";
import { wordsFor } from "../../../src/words/index.ts";

const words = wordsFor("en");
let dir: string;
let path: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "p2p-config-"));
  path = join(dir, "config.json");
});

afterEach(async () => {
  await rm(dir, { recursive: true });
});

const read = (platform: NodeJS.Platform = "linux"): Config | undefined =>
  readConfig({ env: { P2P_CONFIG: path }, platform, homeDir: dir }, words);

const problemOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof P2pError && error.code === "CONFIG_INVALID") return error.message.replace(`${path}: `, "");
    throw error;
  }
  throw new Error("no problem");
};

const withPassword = JSON.stringify({ turn: [{ url: "turn:a", user: "u", password: "p" }] });

test("a file with a password is refused if others can read it", async () => {
  await writeFile(path, withPassword, { mode: 0o600 });
  expect(read()?.turn).toHaveLength(1);
  for (const mode of [0o644, 0o640, 0o604]) {
    await chmod(path, mode);
    expect(problemOf(() => read())).toBe("holds a password and others can read it");
  }
  // Windows has no such bits.
  expect(read("win32")?.turn).toHaveLength(1);
});

test("a file without a password may be read by others", async () => {
  await writeFile(path, '{"wait": "1h"}', { mode: 0o644 });
  await chmod(path, 0o644);
  expect(read()?.options).toEqual(new Map([["wait", ["1h"]]]));
});

test("neither a file that was named nor the default one has to be there", () => {
  expect(read()).toBeUndefined();
  expect(readConfig({ env: {}, platform: "linux", homeDir: dir }, words)).toBeUndefined();
});

test("a folder is no config", () => {
  path = dir;
  expect(problemOf(() => read())).toBe("cannot be read: it is a folder");
});

test("what is no file is no config, and is not waited for", async () => {
  for (const kind of ["pipe", "socket", "device", "too-large"] as const) {
    path = join(dir, kind);
    await ODD_FILES[kind](path);
    const what = kind === "too-large" ? "it is too large" : `it is a ${kind}`;
    expect(problemOf(() => read())).toBe(`cannot be read: ${what}`);
  }
});

test("a link to a config is followed, as dotfiles are kept", async () => {
  await writeFile(join(dir, "dotfile"), '{"wait": "1h"}', { mode: 0o600 });
  await symlink(join(dir, "dotfile"), path);
  expect(read()?.options).toEqual(new Map([["wait", ["1h"]]]));
});

test("a file that others can change is refused: with a password already by its group", async () => {
  await writeFile(path, withPassword, { mode: 0o600 });
  for (const mode of [0o622, 0o620, 0o602]) {
    await chmod(path, mode);
    expect(problemOf(() => read())).toBe("others can change it");
  }
  await writeFile(path, '{"wait": "1h"}');
  await chmod(path, 0o664);
  expect(read()?.options.size).toBe(1);
  await chmod(path, 0o646);
  expect(problemOf(() => read())).toBe("others can change it");
});

describe("contents", () => {
  const parse = (text: string): Config => parseConfig(path, text, words);

  test("long option names as keys", () => {
    const text = '\uFEFF{"dir": "x", "chat": false, "no-stun": true, "bind": ["127.0.0.1"]}';
    expect([...parse(text).options]).toEqual([
      ["dir", ["x"]],
      ["chat", false],
      ["no-stun", true],
      ["bind", ["127.0.0.1"]],
    ]);
  });

  test.each([
    ["[]", "not a JSON object"],
    ["{", "not JSON: line 1"],
    ['{"wiat": "1h"}', "unknown key 'wiat'"],
    ['{"d": "x"}', "unknown key 'd'"],
    ['{"yes": "true"}', "'yes' must be true or false"],
    ['{"wait": 5}', "'wait' must be a string"],
    ['{"stun": "stun:a"}', "'stun' must be a list of strings"],
    ['{"turn": ["turn:a"]}', "'turn' must be a list of"],
    ['{"turn": [{"url": "turn:a", "user": "u"}]}', "'turn' must be a list of"],
    ['{"turn": [{"url": "turn:a", "user": "u", "password": "p", "realm": "r"}]}', "'turn' must be a list of"],
  ])("%s: %s", (text, problem) => {
    expect(problemOf(() => parse(text))).toContain(problem);
  });

  test.each([
    ["wiat", "did you mean wait?"],
    ["P2P_WAIT", "did you mean wait?"],
    ["no_stun", "did you mean no-stun?"],
    ["noPortMapping", "did you mean no-port-mapping?"],
    ["d", "keys are the long option names; see p2p offer --help"],
  ])("what %s was meant to be is named", (key, hint) => {
    expect(() => parse(JSON.stringify({ [key]: "x" }))).toThrow(expect.objectContaining({ hint }));
  });
});

describe("locations", () => {
  const surroundings = (platform: NodeJS.Platform, env: Record<string, string> = {}) => ({
    platform,
    env,
    homeDir: platform === "win32" ? "C:\\Users\\ann" : "/home/ann",
  });

  test.each([
    ["linux", {}, "/home/ann/.config/p2p/config.json", "/home/ann/.local/state/p2p"],
    ["linux", { XDG_CONFIG_HOME: "/c", XDG_STATE_HOME: "/s" }, "/c/p2p/config.json", "/s/p2p"],
    [
      "linux",
      { XDG_CONFIG_HOME: "c", XDG_STATE_HOME: "" },
      "/home/ann/.config/p2p/config.json",
      "/home/ann/.local/state/p2p",
    ],
    ["linux", { P2P_CONFIG: "my.json", P2P_STATE_DIR: "st" }, "my.json", "st"],
    ["win32", { APPDATA: "C:\\A", LOCALAPPDATA: "C:\\L" }, "C:\\A\\p2p\\config.json", "C:\\L\\p2p"],
    ["win32", {}, "C:\\Users\\ann\\AppData\\Roaming\\p2p\\config.json", "C:\\Users\\ann\\AppData\\Local\\p2p"],
  ] as const)("on %s with %j", (platform, env, config, state) => {
    expect(configPath(surroundings(platform, env))).toBe(config);
    expect(stateLocation(surroundings(platform, env))).toBe(state);
  });
});

test.each<[line: number, text: string]>([
  [1, '{"turn": [{"url": "turn:a", "user": "u", "password": hunter2}]}'],
  [3, '{\n  "wait": "1h",\n  "name": hunter2\n}\n'],
  [2, '{"turn": [{"url": "turn:a", "user": "u",\n  "password": "hunter2}]}\n'],
  [4, '{\n\n  "wait": "1h"\n  "name": "hunter2"\n}\n'],
  [3, '{ "name": "hunter2" }\n\nhunter2\n'],
  [2, "{\n  // hunter2\n}\n"],
  [3, '{\n  "name": "hunter2",\n'],
])("what is wrong is found by its line, %i, and nothing of it is quoted", async (line, text) => {
  await writeFile(path, text, { mode: 0o600 });
  let thrown: unknown;
  try {
    read();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: "CONFIG_INVALID", message: `${path}: not JSON: line ${line}` });
  expect(inspect(thrown, { depth: 9 })).not.toContain("hunter2");
});
