// Resolves typed options: every option of `offer` and `answer` is checked and resolved, in two types:
// RawOptions in, PairSettings out; no later code reads a flag, a variable or the config again.
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import {
  type ConflictPolicy,
  type ConsentPolicy,
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_STUN_SERVERS,
  DEFAULT_WAIT_MS,
  isShortCode,
  isVerificationText,
  type LineOptions,
  type PortRange,
  serverUrlProblem,
  type Via,
  wellFormed,
} from "../command-port.ts";
import type { NetworkOptions, P2pError, TurnServer } from "../index.ts";
import type { Words } from "../words/index.ts";
import type { Config } from "./config.ts";
import { parseDurationMs } from "./duration.ts";
import { expandHome } from "./home-path.ts";
import type { Io } from "./io.ts";
import { stateLocation } from "./locations.ts";
import { type Found, OptionLayers } from "./option-layers.ts";
import { type MediaChoices, readCodecs, readDoorPort, readDoorToken, readRtpPlaces } from "./media-options.ts";
import { lastValue, type OptionName, type OptionSpec, PAIR_OPTIONS, type RawOptions } from "./option-table.ts";
import { type PassphraseSource, passphraseSource } from "./passphrases.ts";
import { parsePortRange } from "./port-range.ts";
import { parseRateBytesPerSecond } from "./rate.ts";
import { Usage } from "./usage.ts";
import { readTo, readVia, type ViaContext } from "./via-options.ts";

export type Role = "offer" | "answer";

/** How a run presents itself: a chat on a terminal, events for programs, or plain lines. */
export type Form = "conversation" | "json" | "plain";

/**
 * How stdin is used. `terminal`: only for a question. `messages`: each line is one, literally. `file`: PATH `-`. `media`:
 * `--publish -`.
 * `verification`: its first line is the string that the peer shows.
 */
export type StdinUse =
  | "conversation"
  | "messages"
  | "document"
  | "file"
  | "media"
  | "verification"
  | "terminal"
  | "unread";

type StreamReader = Extract<StdinUse, "document" | "verification" | "media">;

/** Uses of stdin with which somebody, or a line of it, answers what is asked. */
const ANSWERS_QUESTIONS: readonly StdinUse[] = ["conversation", "terminal", "verification"];

export interface PairSettings {
  readonly role: Role;
  /** Paths without `-`. */
  readonly paths: readonly string[];
  /** Name under which stdin is sent; undefined when it is not sent. */
  readonly stdinName: string | undefined;
  readonly messages: readonly string[];
  /** The limit of `--limit` as it was typed; undefined: there is none. */
  readonly limit: string | undefined;
  /** True: our document is copied to the terminal's clipboard. */
  readonly copies: boolean;
  /** True: the short code of our document is shown as a QR code too. */
  readonly showsQr: boolean;
  /** True: the terminal's bell and notifications are wanted. */
  readonly rings: boolean;
  /** True: the peer's document may be pasted at the terminal. */
  readonly takesPaste: boolean;
  /** Files are expected: a folder that cannot take them is told before anything is carried. */
  readonly checksOutput: boolean;
  /** Sound and picture that are sent and recorded. */
  readonly media: MediaChoices;
  readonly form: Form;
  readonly stdin: StdinUse;
  /** A conversation was asked for: --chat. */
  readonly isChatAsked: boolean;
  readonly verbosity: "quiet" | "normal" | "verbose";
  /** The file that takes the trace; undefined: there is none. */
  readonly traceFile: string | undefined;
  /** The one person to meet, a name or the beginning of a key; undefined: whoever comes. */
  readonly to: string | undefined;
  /** True: both files must be sealed. */
  readonly seal: boolean;
  readonly passphrase: PassphraseSource;
  /** `in` and `out` of the files and `outputDir` of the session may be `-`. */
  readonly line: Omit<LineOptions, "onDocument">;
}

export interface PairArguments {
  readonly role: Role;
  readonly paths: readonly string[];
  readonly options: RawOptions;
}

/** Maximum characters of `--name`, which precedes every line of a conversation. */
const NAME_LIMIT = 64;
/** Maximum UTF-8 bytes of `--stdin-name`, which every file system accepts. */
const FILE_NAME_LIMIT_BYTES = 255;
const STDIN = "-";
/** The page with our offer in it, beside the file. */
const PAGE_NAME = "LocaltionJson.html";

/** @throws P2pError USAGE */
export function resolvePairSettings(
  given: PairArguments,
  io: Pick<Io, "env" | "platform" | "homeDir" | "stdin" | "stdout" | "stderr">,
  config: Config | undefined,
  words: Words,
): PairSettings {
  const usage = new Usage(words);
  return new PairResolver(given, io, config, usage).resolve();
}

/** Which servers to query, and from which local addresses. */
export type ServerSettings = Pick<NetworkOptions, "stunServers" | "turnServers" | "bind" | "portMapping">;

/** Resolves the same for a command that only queries servers. @throws P2pError USAGE */
export function resolveServers(
  options: RawOptions,
  io: Parameters<typeof resolvePairSettings>[1],
  config: Config | undefined,
  words: Words,
): ServerSettings {
  return new PairResolver({ role: "offer", paths: [], options }, io, config, new Usage(words)).servers();
}

/** Resolves the network of a command that asks only servers that are typed. @throws P2pError USAGE */
export function resolveNamedServers(
  options: RawOptions,
  io: Parameters<typeof resolvePairSettings>[1],
  config: Config | undefined,
  words: Words,
): Pick<NetworkOptions, "stunServers" | "turnServers" | "bind" | "relayOnly"> {
  return new PairResolver({ role: "offer", paths: [], options }, io, config, new Usage(words)).namedServers();
}

class PairResolver {
  readonly #given: PairArguments;
  readonly #io: Parameters<typeof resolvePairSettings>[1];
  readonly #config: Config | undefined;
  readonly #usage: Usage;
  readonly #options: OptionLayers;

  constructor(
    given: PairArguments,
    io: Parameters<typeof resolvePairSettings>[1],
    config: Config | undefined,
    usage: Usage,
  ) {
    this.#given = given;
    this.#io = io;
    this.#config = config;
    this.#usage = usage;
    this.#options = new OptionLayers(given.options, io.env, config, usage);
  }

  resolve(): PairSettings {
    const { role, paths } = this.#given;
    this.#choice("lang");
    const dir = this.#text("dir")?.value ?? ".";
    const out = this.#text("out");
    const input = this.#text("in");
    const output = this.#text("output");
    const via = this.#via();
    const expected = this.#expected();
    const media = this.#media();
    this.#checkStreams(out, input, output, expected);
    this.#checkRecording(out, input);
    const isTerminal = this.#io.stdin.isTTY === true && this.#io.stderr.isTTY === true;
    const reader = this.#reader(input, expected);
    const form = this.#form(isTerminal && reader === undefined);
    const showsQr = this.#options.flag("qr") === true;
    const stdinName = this.#stdinName();
    const stdin = this.#stdinUse(form, reader);
    const consent = this.#consent(form, stdin);
    return {
      role,
      paths: paths.filter((path) => path !== STDIN),
      stdinName: this.#sendsStdin ? stdinName : undefined,
      limit: this.#text("limit")?.value,
      messages: (this.#list("message")?.value ?? []).map((text) => wellFormed(text)),
      copies: this.#options.flag("copy") === true,
      showsQr,
      rings: form !== "json" && this.#options.flag("no-bell") !== true,
      takesPaste: input === undefined && via === undefined && (stdin === "conversation" || stdin === "terminal"),
      // A person who only sends, from a folder that nobody may write to, needs no other folder, unless one is named.
      checksOutput:
        output?.value !== STDIN &&
        (output !== undefined || consent === "accept" || (consent === "ask" && paths.length === 0)),
      media,
      form,
      stdin,
      isChatAsked: this.#chat === true,
      verbosity: this.#options.flag("quiet") ? "quiet" : this.#options.flag("verbose") ? "verbose" : "normal",
      traceFile: this.#text("trace")?.value,
      to: this.#to(via),
      // What is on a broker is sealed with its passphrase already.
      seal: this.#options.flag("seal") === true && via?.kind !== "mqtt",
      passphrase: this.#passphrase(),
      line: {
        role,
        files: { dir, out: out?.value, in: input?.value, page: this.#page(dir) },
        via,
        settings: {
          network: this.#network(),
          session: { ...this.#session(form, stdin, expected), consent, outputDir: output?.value ?? "." },
          name: this.#name(),
          bare: this.#bare(),
          stateDir: stateLocation(this.#io),
          resume: this.#options.flag("resume") === true,
          waitMs: this.#durationMs("wait") ?? DEFAULT_WAIT_MS,
          connectTimeoutMs: this.#durationMs("connect-timeout") ?? DEFAULT_CONNECT_TIMEOUT_MS,
        },
        keepWaiting: isTerminal && form !== "json",
        tellsCode: this.#options.flag("code") === true || showsQr,
      },
    };
  }

  /** The session, but for what comes and where it goes. */
  #session(
    form: Form,
    stdin: StdinUse,
    expected: Found<string> | undefined,
  ): Omit<LineOptions["settings"]["session"], "consent" | "outputDir"> {
    return {
      // Without a terminal nobody can say that a conversation is over, but the end of stdin can.
      mode: form === "conversation" ? "conversation" : "once",
      acceptOnly: this.#accepted(),
      isSilent: form !== "conversation" && stdin !== "messages",
      isUnattended: !ANSWERS_QUESTIONS.includes(stdin),
      conflict: this.#conflict ?? "rename",
      limitBytesPerSecond: this.#limit(),
      verify: this.#options.flag("verify") === true || expected !== undefined,
      verifyExpect: expected?.value === STDIN ? undefined : expected?.value,
    };
  }

  get #conflict(): ConflictPolicy | undefined {
    return this.#choice("conflict") as ConflictPolicy | undefined;
  }

  /** Who carries the documents; undefined: a person. */
  #via(): Via | undefined {
    return readVia(this.#text("via"), this.#text("remote"), this.#viaContext);
  }

  /** For whom the documents are; undefined: whoever comes. */
  #to(via: Via | undefined): string | undefined {
    return readTo(this.#text("to"), this.#text("passphrase-file"), via, this.#options, this.#viaContext);
  }

  get #viaContext(): ViaContext {
    const { role, options } = this.#given;
    const { env, homeDir } = this.#io;
    return { role, typed: options, env, homeDir, brokers: this.#config?.mqtt ?? [], usage: this.#usage };
  }

  /** A sealed file is for p2p alone, a bare one for all others. */
  #bare(): boolean {
    const isBare = this.#options.flag("bare") === true;
    if (isBare && this.#options.flag("seal") === true) throw this.#contradiction("bare", "seal");
    return isBare;
  }

  /** Each is named by the place where it was said: it may be in the config file. */
  #contradiction(first: OptionName, second: OptionName): P2pError {
    return this.#usage.contradiction(this.#options.labelOf(first), this.#options.labelOf(second));
  }

  /** An offer in a page: the browser that opens it answers. It takes files only from p2p. */
  #page(dir: string): string | undefined {
    if (this.#options.flag("page") !== true) return undefined;
    if (this.#options.flag("bare") === true) throw this.#contradiction("page", "bare");
    if (this.#given.role === "answer") {
      throw this.#usage.contradiction(this.#options.labelOf("page"), "p2p answer");
    }
    return join(dir, PAGE_NAME);
  }

  #network(): NetworkOptions {
    return {
      ...this.servers(),
      relayOnly: this.#relayOnly(),
      mdns: this.#options.flag("no-mdns") !== true,
      ports: this.#ports(),
      legacySdp: this.#options.flag("legacy-sdp") ?? false,
      congestion: (this.#choice("congestion") ?? "bbr") as NonNullable<NetworkOptions["congestion"]>,
      coalesceArrivals: true,
    };
  }

  servers(): ServerSettings {
    return {
      stunServers: this.#stunServers(),
      turnServers: this.#turnServers(),
      bind: this.#bind(),
      portMapping: this.#portMapping(),
    };
  }

  namedServers(): ReturnType<typeof resolveNamedServers> {
    const { options } = this.#given;
    const relayOnly = options.has("relay-only") && this.#relayOnly();
    return {
      stunServers: options.has("stun") ? this.#stunServers() : [],
      turnServers: options.has("turn") || relayOnly ? this.#turnServers() : [],
      bind: this.#bind(),
      relayOnly,
    };
  }

  /** The expected string; `-` means that it arrives on stdin when there is something to compare. */
  #expected(): Found<string> | undefined {
    const expected = this.#text("verify-expect");
    if (expected !== undefined && expected.value !== "-" && !isVerificationText(expected.value)) {
      throw this.#usage.badVerification(expected.label, expected.value);
    }
    return expected;
  }

  #checkStreams(
    out: Found<string> | undefined,
    input: Found<string> | undefined,
    output: Found<string> | undefined,
    expected: Found<string> | undefined,
  ): void {
    const record = this.#text("record");
    const wantStdout = [out, output, record]
      .filter((found) => found?.value === "-")
      .map((found) => `${found?.label} -`);
    if (this.#options.flag("json")) wantStdout.unshift(this.#options.labelOf("json"));
    const [first, second] = wantStdout;
    if (first !== undefined && second !== undefined) throw this.#usage.bothStdout(first, second);
    // A received file's bytes are for programs. Our own document is text that we made, so --out - may go to a screen.
    for (const bytes of [output, record]) {
      if (bytes?.value !== "-" || this.#io.stdout.isTTY !== true) continue;
      throw this.#usage.bytesToTerminal(`${bytes.label} -`);
    }
    const wantStdin: string[] = this.#given.paths.filter((path) => path === STDIN);
    const publish = this.#list("publish");
    wantStdin.unshift(...(publish?.value ?? []).filter((name) => name === STDIN).map(() => `${publish?.label} -`));
    if (expected?.value === "-") wantStdin.unshift(`${expected.label} -`);
    if (input?.value === "-") wantStdin.unshift(`${input.label} -`);
    if (wantStdin.length > 0 && this.#options.flag("chat")) wantStdin.unshift(this.#options.labelOf("chat"));
    if (wantStdin[0] !== undefined && wantStdin[1] !== undefined) {
      throw this.#usage.bothStdin(wantStdin[0], wantStdin[1]);
    }
    if (out === undefined || input === undefined || out.value === "-" || isShortCode(input.value)) return;
    if (resolve(out.value) === resolve(input.value)) throw this.#usage.contradiction(out.label, input.label);
  }

  #media(): MediaChoices {
    return {
      publish: this.#list("publish")?.value ?? [],
      record: this.#text("record")?.value,
      ...readRtpPlaces(this.#list("rtp-in"), this.#list("rtp-out"), this.#usage),
      whip: readDoorPort(this.#text("whip"), this.#usage),
      whep: readDoorPort(this.#text("whep"), this.#usage),
      token: readDoorToken(this.#io.env, this.#usage),
      codecs: readCodecs(this.#list("codec"), this.#usage),
      conflict: this.#conflict === undefined || this.#conflict === "skip" ? "refuse" : this.#conflict,
    };
  }

  get #hasMedia(): boolean {
    const isList = (["publish", "rtp-in", "rtp-out"] as const).some((name) => this.#list(name) !== undefined);
    return isList || (["record", "whip", "whep"] as const).some((name) => this.#text(name) !== undefined);
  }

  /** A recording takes the place of nothing that this run reads or writes. */
  #checkRecording(...others: (Found<string> | undefined)[]): void {
    const record = this.#text("record");
    if (record === undefined || record.value === STDIN) return;
    for (const other of [...others, this.#text("trace"), this.#text("passphrase-file")]) {
      if (other === undefined || other.value === STDIN || resolve(other.value) !== resolve(record.value)) continue;
      throw this.#usage.contradiction(record.label, other.label);
    }
  }

  /** What reads stdin as a stream. */
  #reader(input: Found<string> | undefined, expected: Found<string> | undefined): StreamReader | undefined {
    if (input?.value === STDIN) return "document";
    if (expected?.value === STDIN) return "verification";
    return this.#list("publish")?.value.includes(STDIN) === true ? "media" : undefined;
  }

  get #sendsStdin(): boolean {
    return this.#given.paths.includes(STDIN);
  }

  #stdinName(): string {
    const name = this.#text("stdin-name");
    if (name === undefined) return "stdin";
    const isName = !/[/\0]/.test(name.value) && name.value !== "." && name.value !== "..";
    if (isName && Buffer.byteLength(name.value) <= FILE_NAME_LIMIT_BYTES) return name.value;
    throw this.#usage.badFileName(name.label, name.value);
  }

  #passphrase(): PassphraseSource {
    const name = "passphrase-file";
    if (this.#text(name) === undefined) return passphraseSource(undefined, this.#io.env, undefined);
    const configured = lastValue(this.#config?.options.get(name));
    const source = passphraseSource(lastValue(this.#given.options.get(name)), this.#io.env, configured);
    return source !== undefined && "file" in source ? { file: expandHome(source.file, this.#io.homeDir) } : source;
  }

  get #chat(): boolean | undefined {
    if (this.#options.flag("no-chat")) return false;
    return this.#options.flag("chat");
  }

  #form(isTerminal: boolean): Form {
    if (this.#options.flag("json")) return "json";
    if (!isTerminal) return "plain";
    return (this.#chat ?? this.#given.paths.length === 0) ? "conversation" : "plain";
  }

  #stdinUse(form: Form, reader: StreamReader | undefined): StdinUse {
    if (form === "conversation") return "conversation";
    if (reader !== undefined) return reader;
    if (this.#sendsStdin) return "file";
    // Who publishes or records, as who sends, types nothing unless a conversation was asked for.
    const isBusy = this.#given.paths.length > 0 || (this.#hasMedia && this.#chat !== true);
    const mayHoldMessages = !isBusy && this.#chat !== false;
    if (this.#io.stdin.isTTY !== true) return mayHoldMessages ? "messages" : "unread";
    // A terminal is not piped: its lines are messages only if a conversation was requested.
    if (mayHoldMessages && this.#chat === true) return "messages";
    return form === "plain" && this.#io.stderr.isTTY === true ? "terminal" : "unread";
  }

  #consent(form: Form, stdin: StdinUse): ConsentPolicy {
    if (this.#options.flag("yes") || this.#accepted() !== undefined) return "accept";
    return form === "conversation" || stdin === "terminal" ? "ask" : "decline";
  }

  /** Patterns of what is taken without asking. */
  #accepted(): readonly string[] | undefined {
    return this.#list("accept")?.value;
  }

  #name(): string | undefined {
    const name = this.#text("name");
    if (name !== undefined && Array.from(name.value).length > NAME_LIMIT) {
      throw this.#usage.nameTooLong(name.label, NAME_LIMIT);
    }
    return name === undefined ? undefined : wellFormed(name.value);
  }

  #stunServers(): readonly string[] {
    if (this.#options.flag("no-stun")) return [];
    const urls = this.#list("stun");
    if (urls === undefined) return DEFAULT_STUN_SERVERS;
    for (const url of urls.value) this.#checkServer(urls.label, url, "stun");
    return urls.value;
  }

  #turnServers(): readonly TurnServer[] {
    const configured = this.#config?.turn ?? [];
    const configLabel = `${this.#config?.path}: turn`;
    const urls = this.#list("turn") ?? { value: configured.map(({ url }) => url), label: configLabel };
    return urls.value.map((url) => {
      this.#checkServer(urls.label, url, "turn");
      const fromConfig = configured.find((server) => server.url === url);
      const user = this.#io.env["P2P_TURN_USER"] || fromConfig?.user;
      const password = this.#io.env["P2P_TURN_PASSWORD"] || fromConfig?.password;
      if (!user || !password) throw this.#usage.turnWithoutCredentials(url);
      return { url, user, password };
    });
  }

  /** With no server to query, the router is not asked either. */
  #portMapping(): boolean {
    const isOff = (["no-port-mapping", "no-stun", "relay-only"] as const).some(
      (name) => this.#options.flag(name) === true,
    );
    return !isOff;
  }

  #relayOnly(): boolean {
    if (this.#options.flag("relay-only") !== true) return false;
    if (this.#turnServers().length === 0) {
      throw this.#usage.relayOnlyWithoutTurn(this.#options.labelOf("relay-only"));
    }
    return true;
  }

  #checkServer(label: string, url: string, kind: "stun" | "turn"): void {
    const problem = serverUrlProblem(url, kind);
    if (problem !== undefined) throw this.#usage.badServer(label, url, kind, problem);
  }

  #bind(): readonly string[] {
    const addresses = this.#list("bind");
    const wrong = addresses?.value.find((address) => isIP(address) === 0);
    if (addresses !== undefined && wrong !== undefined) throw this.#usage.badAddress(addresses.label, wrong);
    return addresses?.value ?? [];
  }

  #ports(): PortRange | undefined {
    const text = this.#text("port");
    if (text === undefined) return undefined;
    const ports = parsePortRange(text.value);
    if (ports === undefined) throw this.#usage.badPorts(text.label, text.value);
    return ports;
  }

  #durationMs(name: OptionName): number | undefined {
    const text = this.#text(name);
    if (text === undefined) return undefined;
    const durationMs = parseDurationMs(text.value);
    if (durationMs === undefined) throw this.#usage.badDuration(text.label, text.value);
    return durationMs;
  }

  #limit(): number | undefined {
    const text = this.#text("limit");
    if (text === undefined) return undefined;
    const bytesPerSecond = parseRateBytesPerSecond(text.value);
    if (bytesPerSecond === undefined) throw this.#usage.badRate(text.label, text.value);
    return bytesPerSecond;
  }

  #choice(name: OptionName): string | undefined {
    const text = this.#text(name);
    const spec: OptionSpec | undefined = PAIR_OPTIONS.find((option) => option.name === name);
    const choices = spec?.choices ?? [];
    if (text !== undefined && !choices.includes(text.value))
      throw this.#usage.badChoice(text.label, text.value, choices);
    return text?.value;
  }

  #text(name: OptionName): Found<string> | undefined {
    const text = this.#options.text(name);
    if (text?.value === "") throw this.#usage.empty(text.label);
    return text === undefined || !isPath(name) ? text : { ...text, value: expandHome(text.value, this.#io.homeDir) };
  }

  #list(name: OptionName): Found<readonly string[]> | undefined {
    const list = this.#options.list(name);
    // An empty message is valid; an empty server or address is a mistake.
    if (name !== "message" && list?.value.includes("")) throw this.#usage.empty(list.label);
    if (list === undefined || !isPath(name)) return list;
    return { ...list, value: list.value.map((path) => expandHome(path, this.#io.homeDir)) };
  }
}

function isPath(name: OptionName): boolean {
  const specs: readonly OptionSpec[] = PAIR_OPTIONS;
  return specs.some((spec) => spec.name === name && spec.completes !== undefined);
}
