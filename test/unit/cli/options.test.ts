import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/cli/config.ts";
import { promisedBy } from "../../../src/cli/commands/pair.ts";
import { type PairSettings, resolvePairSettings } from "../../../src/cli/options.ts";
import { parseCommandLine } from "../../../src/cli/program.ts";
import { DEFAULT_STUN_SERVERS } from "../../../src/nat/stun-servers.ts";
import { type NetworkOptions, P2pError, type SessionSettings } from "../../../src/index.ts";
import { wordsFor } from "../../../src/words/index.ts";
import { FakeIo } from "./fakes.ts";

const words = wordsFor("en");

interface Given {
  env?: Record<string, string>;
  config?: unknown;
  terminals?: readonly ("stdin" | "stdout" | "stderr")[];
}

function settingsOf(line: string, { env = {}, config, terminals = [] }: Given = {}): PairSettings {
  const argv = line.split(" ").filter((word) => word !== "");
  const invocation = parseCommandLine(argv, { words, version: "0", config: "~/c.json", columns: 80 });
  if (invocation.command !== "pair") throw new TypeError("not a pair command");
  const parsed = config === undefined ? undefined : parseConfig("config.json", JSON.stringify(config), words);
  return resolvePairSettings(invocation.pair, new FakeIo(terminals, env), parsed, words);
}

const networkOf = (line: string, given?: Given): NetworkOptions => settingsOf(line, given).line.settings.network;
const sessionOf = (line: string, given?: Given): SessionSettings => settingsOf(line, given).line.settings.session;

function complaintOf(line: string, given?: Given): string {
  try {
    settingsOf(line, given);
  } catch (error) {
    if (error instanceof P2pError && error.code === "USAGE") return error.message;
    throw error;
  }
  throw new Error(`no complaint about ${line}`);
}

const TERMINAL = ["stdin", "stdout", "stderr"] as const;

test("a leading ~ is this user's home in every path, wherever it stands", () => {
  const { files, settings } = settingsOf("offer --dir=~/box --out ~ --in ./~/x", {
    config: { output: "~/Downloads" },
  }).line;
  const { homeDir } = new FakeIo([], {});
  expect(files).toMatchObject({ dir: `${homeDir}/box`, out: homeDir, in: "./~/x" });
  expect(settings.session.outputDir).toBe(`${homeDir}/Downloads`);
  expect(settingsOf("offer", { env: { P2P_PASSPHRASE_FILE: "~/p" } }).passphrase).toEqual({ file: `${homeDir}/p` });
  expect(settingsOf("offer --publish ~/a.webm --name ~/b").media.publish).toEqual([`${homeDir}/a.webm`]);
  expect(settingsOf("offer --name ~/b").line.settings.name).toBe("~/b");
});

test("defaults", () => {
  expect(settingsOf("offer")).toEqual({
    role: "offer",
    paths: [],
    messages: [],
    copies: false,
    showsQr: false,
    rings: true,
    takesPaste: false,
    checksOutput: false,
    media: { publish: [], rtpIn: [], rtpOut: [], codecs: {}, conflict: "refuse" },
    form: "plain",
    stdin: "messages",
    isChatAsked: false,
    verbosity: "normal",
    seal: false,
    line: {
      role: "offer",
      files: { dir: "." },
      settings: {
        network: {
          stunServers: DEFAULT_STUN_SERVERS,
          turnServers: [],
          bind: [],
          relayOnly: false,
          mdns: true,
          portMapping: true,
          legacySdp: false,
          congestion: "bbr",
          coalesceArrivals: true,
        },
        session: {
          mode: "once",
          isSilent: false,
          isUnattended: true,
          consent: "decline",
          conflict: "rename",
          outputDir: ".",
          verify: false,
        },
        bare: false,
        stateDir: "/nowhere/home/.local/state/p2p",
        resume: false,
        waitMs: 86_400_000,
        connectTimeoutMs: 60_000,
      },
      keepWaiting: false,
      tellsCode: false,
    },
  });
});

test.each([
  ["answer -y", [], true],
  ["answer -o in", [], true],
  ["offer -o in file", [], true],
  ["offer --json -o in file", TERMINAL, true],
  ["answer", TERMINAL, true],
  ["offer -o in file", TERMINAL, true],
  // It only sends: a working directory that cannot be written to is no trouble.
  ["offer file", TERMINAL, false],
  ["answer -y -o -", [], false],
  ["answer --json", TERMINAL, false],
] as const)("%s with terminals %j asks first whether files can be received: %s", (line, terminals, checksOutput) => {
  expect(settingsOf(line, { terminals })).toMatchObject({ checksOutput });
});

test("every option arrives", () => {
  const line =
    "answer a b -d dir --out mine --in theirs -o got -y --conflict skip --limit 2MiB/s -m one -m two --no-chat --stun stun:s:1 --stun stun:t " +
    "--bind 127.0.0.1 --bind ::1 --wait 2m --connect-timeout 5s --name Ann --legacy-sdp --bare --resume -v --lang zh --no-color --turn turn:r --port 5000-5010 --congestion cubic";
  const env = { P2P_TURN_USER: "u", P2P_TURN_PASSWORD: "p" };
  expect(settingsOf(line, { env })).toMatchObject({
    role: "answer",
    paths: ["a", "b"],
    messages: ["one", "two"],
    verbosity: "verbose",
    line: {
      files: { dir: "dir", out: "mine", in: "theirs" },
      settings: {
        network: {
          stunServers: ["stun:s:1", "stun:t"],
          turnServers: [{ url: "turn:r", user: "u", password: "p" }],
          bind: ["127.0.0.1", "::1"],
          ports: { first: 5_000, last: 5_010 },
          legacySdp: true,
          congestion: "cubic",
          coalesceArrivals: true,
        },
        session: { outputDir: "got", consent: "accept", conflict: "skip", limitBytesPerSecond: 2_097_152 },
        waitMs: 120_000,
        connectTimeoutMs: 5_000,
        name: "Ann",
        bare: true,
        resume: true,
      },
    },
  });
});

describe("verification", () => {
  test("--verify asks a person, where there is one", () => {
    expect(settingsOf("offer --verify", { terminals: TERMINAL })).toMatchObject({
      form: "conversation",
      line: { settings: { session: { verify: true } } },
    });
    expect(sessionOf("offer", { env: { P2P_VERIFY: "1" } }).verify).toBe(true);
    expect(sessionOf("offer").verify).toBe(false);
  });

  test("--verify-expect implies it; - reads stdin, which is then nothing else", () => {
    const given = settingsOf("offer --verify-expect 0004298764", { terminals: TERMINAL });
    expect(given).toMatchObject({
      form: "conversation",
      line: { settings: { session: { verify: true, verifyExpect: "0004298764" } } },
    });
    const late = settingsOf("offer --verify-expect -", { terminals: TERMINAL });
    expect(late).toMatchObject({
      form: "plain",
      stdin: "verification",
      line: { settings: { session: { verify: true } } },
    });
    expect(late.line.settings.session.verifyExpect).toBeUndefined();
    expect(settingsOf("offer --json --verify-expect -").stdin).toBe("verification");
  });
});

describe("form, stdin and consent", () => {
  test.each([
    // line, terminals → form, stdin, consent, mode
    ["offer", TERMINAL, "conversation", "conversation", "ask", "conversation"],
    ["offer -y", TERMINAL, "conversation", "conversation", "accept", "conversation"],
    ["offer", ["stdin", "stderr"], "conversation", "conversation", "ask", "conversation"],
    ["offer file", TERMINAL, "plain", "terminal", "ask", "once"],
    ["offer file --chat", TERMINAL, "conversation", "conversation", "ask", "conversation"],
    ["offer --no-chat", TERMINAL, "plain", "terminal", "ask", "once"],
    ["offer", ["stdin"], "plain", "unread", "decline", "once"],
    ["offer", ["stderr"], "plain", "messages", "decline", "once"],
    ["offer", [], "plain", "messages", "decline", "once"],
    ["offer file", [], "plain", "unread", "decline", "once"],
    ["offer -", [], "plain", "file", "decline", "once"],
    ["offer -", TERMINAL, "plain", "file", "decline", "once"],
    ["offer - -y --json", [], "json", "file", "accept", "once"],
    ["offer - --no-chat", [], "plain", "file", "decline", "once"],
    ["offer --no-chat", [], "plain", "unread", "decline", "once"],
    ["offer file --chat", [], "plain", "unread", "decline", "once"],
    ["offer --json", [], "json", "messages", "decline", "once"],
    ["offer --json -y", [], "json", "messages", "accept", "once"],
    ["offer --json", TERMINAL, "json", "unread", "decline", "once"],
    ["offer --json --chat", TERMINAL, "json", "messages", "decline", "once"],
    ["answer --in -", [], "plain", "document", "decline", "once"],
    ["answer --in -", TERMINAL, "plain", "document", "decline", "once"],
    ["answer --json --in -", [], "json", "document", "decline", "once"],
    ["offer -o -", ["stdin", "stderr"], "conversation", "conversation", "ask", "conversation"],
    ["answer -o -", [], "plain", "messages", "decline", "once"],
    ["offer --out -", TERMINAL, "conversation", "conversation", "ask", "conversation"],
  ] as const)("%s with terminals %j", (line, terminals, form, stdin, consent, mode) => {
    expect(settingsOf(line, { terminals })).toMatchObject({
      form,
      stdin,
      line: { settings: { session: { consent, mode } } },
    });
  });

  test("PATH - is stdin under a name, ./- a file", () => {
    expect(settingsOf("offer a - b")).toMatchObject({ paths: ["a", "b"], stdinName: "stdin" });
    expect(settingsOf("offer - --stdin-name x.tar")).toMatchObject({ paths: [], stdinName: "x.tar" });
    expect(settingsOf("offer ./- --stdin-name x.tar")).toMatchObject({ paths: ["./-"], stdinName: undefined });
  });

  test("waits on after a failed connection only where a person is", () => {
    expect(settingsOf("offer", { terminals: TERMINAL }).line.keepWaiting).toBe(true);
    expect(settingsOf("offer x", { terminals: TERMINAL }).line.keepWaiting).toBe(true);
    expect(settingsOf("offer --json", { terminals: TERMINAL }).line.keepWaiting).toBe(false);
  });
});

describe("ways through", () => {
  test("one port is a range of one", () => {
    expect(networkOf("offer --port 443").ports).toEqual({ first: 443, last: 443 });
    expect(networkOf("offer", { env: { P2P_PORT: "1-65535" } }).ports).toEqual({ first: 1, last: 65_535 });
    expect(networkOf("offer").ports).toBeUndefined();
  });

  test.each([
    ["offer", true],
    ["answer --no-port-mapping", false],
    ["offer --no-stun", false],
  ])("%s: the router is asked: %s", (line, portMapping) => {
    expect(networkOf(line)).toMatchObject({ portMapping });
  });

  test("--relay-only takes the servers of the config file, and hides a port there", () => {
    const config = { turn: [{ url: "turn:a", user: "u", password: "p" }], port: "5000" };
    const network = networkOf("offer --relay-only", { config });
    expect(network).toMatchObject({ relayOnly: true, turnServers: config.turn, portMapping: false });
    expect(network.ports).toBeUndefined();
    expect(complaintOf("offer", { env: { P2P_RELAY_ONLY: "1" } })).toBe("P2P_RELAY_ONLY: there is no TURN server");
  });
});

describe("precedence", () => {
  const config = { wait: "3m", yes: true, stun: ["stun:config"], chat: false, quiet: true };

  test("flag over environment over config over default", () => {
    const env = { P2P_WAIT: "2m" };
    expect(settingsOf("offer --wait 1m", { env, config }).line.settings.waitMs).toBe(60_000);
    expect(settingsOf("offer", { env, config }).line.settings.waitMs).toBe(120_000);
    expect(settingsOf("offer", { config }).line.settings.waitMs).toBe(180_000);
    expect(settingsOf("offer").line.settings.waitMs).toBe(86_400_000);
    expect(sessionOf("offer", { config: { limit: "3kB" } }).limitBytesPerSecond).toBe(3_000);
    expect(sessionOf("offer", { env: { P2P_LIMIT: "2kB" }, config: { limit: "3kB" } }).limitBytesPerSecond).toBe(2_000);
  });

  test("an opposite of a higher place hides the lower one", () => {
    expect(networkOf("offer --no-stun", { config }).stunServers).toEqual([]);
    expect(networkOf("offer --stun stun:x", { env: { P2P_NO_STUN: "1" } }).stunServers).toEqual(["stun:x"]);
    expect(settingsOf("offer --chat", { config, terminals: TERMINAL }).form).toBe("conversation");
    expect(settingsOf("offer -v", { config }).verbosity).toBe("verbose");
  });

  test("a lower place can be switched off", () => {
    expect(sessionOf("offer", { config }).consent).toBe("accept");
    expect(sessionOf("offer", { config, env: { P2P_YES: "0" } }).consent).toBe("decline");
    expect(settingsOf("offer", { config: { chat: false } }).stdin).toBe("unread");
    expect(settingsOf("offer", { config: { "no-chat": true } }).stdin).toBe("unread");
  });

  test("lists in the environment, and messages as they are", () => {
    const env = { P2P_STUN: "stun:a, stun:b stun:c", P2P_MESSAGE: "hello, you", P2P_BIND: "127.0.0.1" };
    const settings = settingsOf("offer", { env });
    expect(settings.line.settings.network.stunServers).toEqual(["stun:a", "stun:b", "stun:c"]);
    expect(settings.line.settings.network.bind).toEqual(["127.0.0.1"]);
    expect(settings.messages).toEqual(["hello, you"]);
  });

  test("an empty variable is unset", () => {
    expect(settingsOf("offer", { env: { P2P_WAIT: "", P2P_YES: "" } }).line.settings.waitMs).toBe(86_400_000);
  });

  test("a later value replaces an earlier one", () => {
    expect(settingsOf("offer --wait 1m --wait 2m").line.settings.waitMs).toBe(120_000);
  });
});

describe("TURN servers", () => {
  const config = { turn: [{ url: "turn:a", user: "u", password: "p" }] };

  test("come from the config with their credentials", () => {
    expect(networkOf("offer", { config }).turnServers).toEqual(config.turn);
    expect(networkOf("offer --turn turn:a", { config }).turnServers).toEqual(config.turn);
  });

  test("take their credentials from the environment before the config", () => {
    const env = { P2P_TURN_USER: "v", P2P_TURN_PASSWORD: "q" };
    expect(networkOf("offer --turn turn:b", { config, env }).turnServers).toEqual([
      { url: "turn:b", user: "v", password: "q" },
    ]);
    expect(networkOf("offer", { config, env }).turnServers).toEqual([{ url: "turn:a", user: "v", password: "q" }]);
  });

  test("need credentials", () => {
    expect(complaintOf("offer --turn turn:b", { config })).toBe("no user and password for turn:b");
    expect(complaintOf("offer --turn turn:b", { env: { P2P_TURN_USER: "u" } })).toContain("no user and password");
  });

  test("never in the URL, and then it is not repeated", () => {
    const complaint = complaintOf("offer --turn turn:user:hunter2@host");
    expect(complaint).toBe("--turn: a user or password stands in the URL");
    const configured = { turn: [{ url: "turn:user:hunter2@host", user: "u", password: "p" }] };
    expect(complaintOf("offer", { config: configured })).not.toContain("hunter2");
  });
});

test.each<[what: string, line: string, given: Given, label: string]>([
  ["an option", "answer -y -o -", {}, "--output -"],
  ["the environment", "offer file", { env: { P2P_OUTPUT: "-" } }, "P2P_OUTPUT -"],
  ["the config", "offer", { config: { output: "-" } }, "config.json: output -"],
])("no bytes of the other side go to a terminal: %s", (_, line, given, label) => {
  const complaint = complaintOf(line, { ...given, terminals: ["stdout"] });
  expect(complaint).toBe(`${label}: stdout is a terminal, and it obeys what the other side writes`);
  expect(sessionOf(line, { ...given, terminals: ["stdin", "stderr"] }).outputDir).toBe("-");
});

test.each<[line: string, given: Given, complaint: string]>([
  ["offer --seal", { config: { bare: true } }, "config.json: bare and --seal contradict each other"],
  ["offer --page", { env: { P2P_BARE: "1" } }, "--page and P2P_BARE contradict each other"],
  ["answer", { env: { P2P_PAGE: "1" } }, "P2P_PAGE and p2p answer contradict each other"],
  ["offer --out -", { env: { P2P_JSON: "1" } }, "P2P_JSON and --out - both want stdout"],
  ["answer --in -", { config: { chat: true } }, "config.json: chat and --in - both want stdin"],
])("%s with %j: what contradicts is named by the place where it was said", (line, given, complaint) => {
  expect(complaintOf(line, given)).toBe(complaint);
});

test.each([
  ["offer --chat --no-chat", "--chat and --no-chat contradict each other"],
  ["offer --no-chat --chat", "--chat and --no-chat contradict each other"],
  ["offer --stun stun:a --no-stun", "--stun and --no-stun contradict each other"],
  ["offer -q -v", "--quiet and --verbose contradict each other"],
  ["offer --json --out -", "--json and --out - both want stdout"],
  ["answer --chat --verify-expect -", "--chat and --verify-expect - both want stdin"],
  ["answer --in - --verify-expect -", "--in - and --verify-expect - both want stdin"],
  ["answer --verify-expect 123", "--verify-expect: '123' is nothing that the other side can show"],
  ["answer --verify-expect=", "--verify-expect: empty"],
  ["answer --chat --in -", "--chat and --in - both want stdin"],
  ["answer --in x/../a.json --out a.json", "--out and --in contradict each other"],
  ["offer - -", "- and - both want stdin"],
  ["offer --chat -", "--chat and - both want stdin"],
  ["answer --in - -", "--in - and - both want stdin"],
  ["offer - --stdin-name a/b", "--stdin-name: 'a/b' is not a file name"],
  ["offer - --stdin-name ..", "--stdin-name: '..' is not a file name"],
  [`offer - --stdin-name ${"名".repeat(86)}`, `--stdin-name: '${"名".repeat(86)}' is not a file name`],
  ["offer --json -o -", "--json and --output - both want stdout"],
  ["offer --out - -o -", "--out - and --output - both want stdout"],
  ["offer --wait soon", "--wait: 'soon' is not a duration"],
  ["offer --connect-timeout 0s", "--connect-timeout: '0s' is not a duration"],
  ["offer --conflict ask", "--conflict: unknown value 'ask'"],
  ["offer --limit 500", "--limit: '500' is not a rate"],
  ["offer --limit=", "--limit: empty"],
  ["offer --congestion reno", "--congestion: unknown value 'reno'"],
  ["offer --lang fr", "--lang: unknown value 'fr'"],
  ["offer --bind localhost", "--bind: 'localhost' is not an IP address"],
  ["offer --bind 1.2.3.4 --bind 1.2.3", "--bind: '1.2.3' is not an IP address"],
  ["offer --port 0", "--port: '0' is neither a port nor a range of ports"],
  ["offer --port 70000", "--port: '70000' is neither a port nor a range of ports"],
  ["offer --port 5001-5000", "--port: '5001-5000' is neither a port nor a range of ports"],
  ["offer --port=", "--port: empty"],
  ["offer --relay-only", "--relay-only: there is no TURN server"],
  ["offer --bare --seal", "--bare and --seal contradict each other"],
  ["offer --relay-only --port 5000", "--relay-only and --port contradict each other"],
  ["offer --stun example.org", "--stun: 'example.org': not a URL of this kind"],
  ["offer --dir=", "--dir: empty"],
  ["offer --bind=", "--bind: empty"],
  [`offer --name ${"x".repeat(65)}`, "--name: longer than 64 characters"],
])("%s: %s", (line, complaint) => {
  expect(complaintOf(line)).toBe(complaint);
});

test("a complaint names the place of the value", () => {
  expect(complaintOf("offer", { env: { P2P_WAIT: "x" } })).toBe("P2P_WAIT: 'x' is not a duration");
  expect(complaintOf("offer", { env: { P2P_YES: "perhaps" } })).toBe("P2P_YES: 'perhaps' is neither yes nor no");
  expect(complaintOf("offer", { env: { P2P_CHAT: "1", P2P_NO_CHAT: "1" } })).toBe(
    "P2P_CHAT and P2P_NO_CHAT contradict each other",
  );
  expect(complaintOf("offer", { config: { conflict: "x" } })).toBe("config.json: conflict: unknown value 'x'");
  expect(complaintOf("offer", { env: { P2P_LIMIT: "fast" } })).toBe("P2P_LIMIT: 'fast' is not a rate");
});

test.each([
  ["offer", "until-finished"],
  ["offer --json", "once-begun"],
  ["offer --chat", "none"],
  ["offer --json --chat", "none"],
  ["offer --no-chat", "none"],
])("a pipe on stdin promises lines where nobody asked for a conversation: %s", (line, further) => {
  expect(promisedBy(settingsOf(line))).toEqual({ files: [], messages: 0, further });
});

describe("--via", () => {
  test.each([
    ["on the command line", "offer --via folder:/mnt/share", {}],
    ["in the environment", "offer", { env: { P2P_VIA: "folder:/mnt/share" } }],
    ["in the config file", "offer", { config: { via: "folder:/mnt/share" } }],
  ])("names a folder %s", (_, line, given) => {
    expect(settingsOf(line, given).line.via).toEqual({ kind: "folder", dir: "/mnt/share" });
  });

  test("knows the home folder, which shells do not put there behind a colon", () => {
    const home = new FakeIo().homeDir;
    expect(settingsOf("answer --via folder:~/share").line.via).toEqual({ kind: "folder", dir: `${home}/share` });
    expect(settingsOf("answer --via folder:~").line.via).toEqual({ kind: "folder", dir: home });
    expect(settingsOf("answer --via folder:~ann").line.via).toEqual({ kind: "folder", dir: "~ann" });
  });

  test.each([
    ["--via ftp:x", "--via: 'ftp:x' is no carrier"],
    ["--via /mnt/share", "--via: '/mnt/share' is no carrier"],
    ["--via folder:", "--via: 'folder:' names no folder"],
    ...["--in x", "--out x", "--copy", "--code", "--qr", "--bare", "--page", "--resume"].map((option) => [
      `--via folder:x ${option}`,
      `--via and ${option.split(" ")[0]} contradict each other`,
    ]),
  ])("offer %s", (options, complaint) => {
    expect(complaintOf(`offer ${options}`)).toContain(complaint);
  });

  test("in the environment gives way to files on the command line", () => {
    const env = { P2P_VIA: "folder:/mnt/share" };
    expect(settingsOf("offer --out x", { env }).line).toMatchObject({ via: undefined, files: { out: "x" } });
  });

  test("leaves --dir and -o what they are, and takes no paste", () => {
    const settings = settingsOf("offer --via folder:x -d d -o o", { terminals: TERMINAL });
    expect(settings.line).toMatchObject({ files: { dir: "d" }, settings: { session: { outputDir: "o" } } });
    expect([settings.takesPaste, settingsOf("offer", { terminals: TERMINAL }).takesPaste]).toEqual([false, true]);
  });
});
