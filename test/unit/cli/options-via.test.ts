// `--via` and `--remote`: who may name a command, and what is refused.
import { describe, expect, test } from "vitest";
import { resolvePairSettings } from "../../../src/cli/options.ts";
import type { Given } from "../../../src/cli/option-table.ts";
import { wordsFor } from "../../../src/words/index.ts";

type Place = Readonly<Record<string, Given>>;

function resolve(role: "offer" | "answer", given: Place, env: Record<string, string> = {}) {
  const terminal = { isTTY: true };
  const io = { env, platform: "linux", homeDir: "/home/ann", stdin: terminal, stdout: terminal, stderr: terminal };
  const options = new Map(Object.entries(given));
  const settings = resolvePairSettings({ role, paths: [], options }, io as never, undefined, wordsFor("en"));
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

  test("what was typed counts before a passphrase or a seal of the environment, and the reverse", () => {
    const env = { P2P_PASSPHRASE_FILE: "f", P2P_SEAL: "1" };
    expect(resolve("offer", { ...folder, to: ["Bob"] }, env)).toMatchObject({ to: "Bob", seal: false });
    expect(resolve("offer", { ...folder, seal: true }, { P2P_TO: "Bob" })).toMatchObject({ to: undefined, seal: true });
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
