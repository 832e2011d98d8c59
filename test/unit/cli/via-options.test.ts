// `--via` and `--remote`: who may name a command, and what is refused.
import { describe, expect, test } from "vitest";
import type { Config } from "../../../src/cli/config.ts";
import { resolvePairSettings } from "../../../src/cli/options.ts";
import type { Given } from "../../../src/cli/option-table.ts";
import { P2pError } from "../../../src/index.ts";
import { wordsFor } from "../../../src/words/index.ts";

type Place = Readonly<Record<string, Given>>;

function resolve(
  role: "offer" | "answer",
  given: Place,
  env: Record<string, string> = {},
  file: Place = {},
  lang: "en" | "zh" = "en",
) {
  const terminal = { isTTY: true };
  const io = { env, platform: "linux", homeDir: "/home/ann", stdin: terminal, stdout: terminal, stderr: terminal };
  const options = new Map(Object.entries(given));
  const config: Config = { path: "config.json", options: new Map(Object.entries(file)), turn: [], mqtt: [] };
  const settings = resolvePairSettings({ role, paths: [], options }, io as never, config, wordsFor(lang));
  return settings;
}

function via(given: Place, env: Record<string, string> = {}): unknown {
  return resolve("offer", given, env).line.via;
}

describe("a carrier that is a command", () => {
  test("may be an address of ssh from anywhere, and a shell command from the command line", () => {
    const ssh = { kind: "command", command: { kind: "ssh", via: "ssh://nas/in" } };
    expect(via({ via: ["ssh://nas/in"] })).toMatchObject(ssh);
    expect(via({ via: ["SSH://nas/in"] })).toMatchObject(ssh);
    expect(via({}, { P2P_VIA: "ssh://nas/in" })).toMatchObject(ssh);
    expect(via({ via: ["exec:x"], remote: ["p2p answer"] })).toMatchObject({ command: { program: "x p2p answer" } });
    expect(via({ via: ["ssh://nas"] }, { P2P_VIA: "exec:x" })).toMatchObject({ command: { kind: "ssh" } });
  });

  test("leaves no file to be pasted", () => {
    expect(resolve("offer", { via: ["ssh://nas"] }).takesPaste).toBe(false);
  });

  test.each<[string, Place, Record<string, string>, RegExp]>([
    [
      "a shell command of the environment",
      {},
      { P2P_VIA: "exec:x" },
      /P2P_VIA: a command to run is taken from the command/,
    ],
    ["a far command of the environment", { via: ["ssh://nas"] }, { P2P_REMOTE: "x" }, /P2P_REMOTE: a command to run/],
    ["a far command without a far end", { remote: ["x"] }, {}, /--remote: there is no far end/],
    ["a far command with a folder", { via: ["folder:x"], remote: ["x"] }, {}, /--remote: there is no far end/],
    ["an option in the place of a host", { via: ["ssh://-F/x"] }, {}, /--via: a host or user that begins with '-'/],
    ["a password", { via: ["ssh://ann:secret@nas"] }, {}, /--via: no password belongs in an address/],
    ["no command", { via: ["exec: "] }, {}, /names no command/],
    ["ssh without slashes", { via: ["ssh:nas"] }, {}, /is no carrier/],
    ["a line break", { via: ["ssh://nas/a\nb"] }, {}, /it holds a control character/],
  ])("%s is refused", (_what, given, env, message) => {
    expect(() => via(given, env)).toThrow(message);
  });

  test("a password is not repeated", () => {
    const addresses = [
      "ssh://ann:secret@nas",
      "ssh://ann:secret@nas/%zz",
      "sssh://ann:secret@nas",
      "mqtt://ann:secret@h:99999",
    ];
    for (const address of addresses) {
      expect(() => via({ via: [address] })).toThrow();
      expect(() => via({ via: [address] })).not.toThrow(/secret/);
    }
  });

  test.each<[string, "offer" | "answer", string, RegExp, RegExp]>([
    ["a password", "offer", "ssh://u:p@h", /^write ssh:\/\/USER@HOST; ssh asks/, /^请写 ssh:\/\/USER@HOST；/],
    ["no host", "offer", "ssh://", /^write ssh:\/\/\[user@\]host/, /^请写 ssh:\/\/\[user@\]host/],
    ["a port", "offer", "ssh://h:0", /^write ssh:\/\/\[user@\]host/, /^请写 ssh:\/\/\[user@\]host/],
    [
      "answering",
      "answer",
      "ssh://h",
      /^run p2p offer with this --via on one/,
      /^只需在一方用这个 --via 运行 p2p offer/,
    ],
    ["no command", "offer", "exec:", /^write exec: and the command, as exec:d/, /^请在 exec: 后面写命令，例如 exec:d/],
  ])("the hint for %s is its cure", (_what, role, address, en, zh) => {
    const hintIn = (lang: "en" | "zh"): unknown => {
      try {
        return resolve(role, { via: [address] }, {}, {}, lang);
      } catch (error) {
        return error instanceof P2pError ? error.hint : error;
      }
    };
    expect(hintIn("en")).toMatch(en);
    expect(hintIn("zh")).toMatch(zh);
  });

  test("is not for the answering side", () => {
    expect(() => resolve("answer", { via: ["ssh://nas"] })).toThrow(/is for p2p offer, which starts 'p2p answer'/);
    expect(() => resolve("answer", { via: ["exec:x"] })).toThrow(/is for p2p offer/);
  });
});

describe("one person at the other side", () => {
  const folder = { via: ["folder:x"] };

  test("is named for a folder or a broker, from anywhere", () => {
    expect(resolve("offer", { ...folder, to: ["Bob"] }).to).toBe("Bob");
    expect(resolve("answer", { via: ["mqtts://h"] }, { P2P_TO: "王芳" }).to).toBe("王芳");
    expect(resolve("offer", folder).to).toBeUndefined();
  });

  const kept = { ...folder, to: ["Bob"] };

  test.each<[string, Place, Record<string, string>, Place, RegExp]>([
    ["a passphrase of the environment", {}, { P2P_PASSPHRASE_FILE: "f" }, kept, /config.json: to and P2P_PASSPHRASE_F/],
    ["a seal of the environment", {}, { P2P_SEAL: "1" }, kept, /config.json: to and P2P_SEAL/],
    ["a typed passphrase", { "passphrase-file": ["f"] }, {}, kept, /config.json: to and --passphrase-file/],
    ["a typed seal", { seal: true }, { P2P_TO: "Bob" }, folder, /P2P_TO and --seal/],
    ["a passphrase below", kept, {}, { "passphrase-file": ["f"] }, /--to and config.json: passphrase-file/],
    ["a seal below", kept, { P2P_SEAL: "1" }, {}, /--to and P2P_SEAL/],
  ])("is never dropped for %s: the offer would be for anybody", (_what, given, env, file, message) => {
    expect(() => resolve("offer", given, env, file)).toThrow(message);
  });

  test("goes with a seal that was switched off", () => {
    expect(resolve("offer", {}, { P2P_SEAL: "0" }, kept)).toMatchObject({ to: "Bob", seal: false });
  });

  test.each<[string, Place, Record<string, string>, Place]>([
    ["a typed file to read", { in: ["f"] }, {}, kept],
    ["a typed file to write", { out: ["f"] }, {}, kept],
    ["a typed wish for a code", { code: true }, {}, kept],
    ["a typed wish to go on", { resume: true }, {}, kept],
    ["a typed command", { via: ["ssh://nas"] }, {}, kept],
    ["a typed file and a seal", { in: ["f"], seal: true }, {}, kept],
    ["a typed file, with all of it in the environment", { in: ["f"] }, { P2P_VIA: "folder:x", P2P_TO: "Bob" }, {}],
    ["a typed file, with the carrier in the environment", { in: ["f"] }, { P2P_VIA: "folder:x" }, { to: ["Bob"] }],
    ["a command of the environment", {}, { P2P_VIA: "ssh://nas" }, kept],
    ["a file of the environment", {}, { P2P_IN: "f" }, kept],
  ])("of a lower place is not meant by %s", (_what, given, env, file) => {
    expect(resolve("offer", given, env, file).to).toBeUndefined();
  });

  test("of a lower place is meant by another place to meet", () => {
    expect(resolve("offer", { via: ["folder:y"] }, {}, kept).to).toBe("Bob");
    expect(resolve("offer", { via: ["folder:y"] }, { P2P_TO: "Bob" }).to).toBe("Bob");
  });

  test.each<[string, Place, Record<string, string>, Place, RegExp]>([
    ["typed beside a file", { in: ["f"], to: ["Bob"] }, {}, folder, /--to: there is no place/],
    ["typed over a command", { to: ["Bob"] }, {}, { via: ["ssh://nas"] }, /--to: there is no place/],
    ["of the place that names the file", {}, { P2P_IN: "f", P2P_TO: "Bob" }, folder, /P2P_TO: there is no place/],
    ["where no place names a carrier", { in: ["f"] }, {}, { to: ["Bob"] }, /config.json: to: there is no place/],
  ])("%s needs a place to meet", (_what, given, env, file, message) => {
    expect(() => resolve("offer", given, env, file)).toThrow(message);
  });

  test.each<[string, Place, Record<string, string>, RegExp]>([
    ["without a carrier", { to: ["Bob"] }, {}, /--to: there is no place where the two of you could meet/],
    ["with a command", { via: ["ssh://nas"], to: ["Bob"] }, {}, /--to: there is no place/],
    ["of the environment without a carrier", {}, { P2P_TO: "Bob" }, /P2P_TO: there is no place/],
    ["without a name", { ...folder, to: [""] }, {}, /--to/],
    ["with a seal", { ...folder, to: ["Bob"], seal: true }, {}, /--to and --seal/],
    ["with a passphrase", { ...folder, to: ["Bob"], "passphrase-file": ["f"] }, {}, /--to and --passphrase-file/],
    [
      "with a passphrase of the environment",
      { ...folder, to: ["Bob"] },
      { P2P_PASSPHRASE: "x" },
      /--to and P2P_PASSPHRASE/,
    ],
  ])("%s is refused", (_what, given, env, message) => {
    expect(() => resolve("offer", given, env)).toThrow(message);
  });
});
