// Settings of a pairing: one tree for the command and for embedders. The owner of a branch documents it, and the branch
// is passed on by reference. What embedders give is checked here before anything is opened: a table has one check for
// each option, so that an option without a check does not compile, and an unknown name is refused.
import { isIP } from "node:net";
import type { Promised } from "../control/promises.ts";
import { readExpectation } from "../control/verify-string.ts";
import { MAX_NAME_LENGTH } from "../exchange/limits.ts";
import { DEFAULT_NETWORK, type NetworkOptions, type TurnServer } from "../rtc/network-options.ts";
import { serverUrlProblem } from "../rtc/server-url.ts";
import { isPort, MAX_PORT } from "../lib/address.ts";
import type { Trace } from "../lib/trace.ts";
import { BASE_PACKET_BYTES } from "../sctp/limits.ts";
import { DEFAULT_SESSION, type MediaSettings, type SessionSettings } from "../session/session-types.ts";
import { checkRate } from "../transfer/token-bucket.ts";
import type { SealOptions } from "./seal.ts";
import { MAX_MEDIA_TRACKS } from "../lib/codecs.ts";

/** Options of an embedder. Everything has a default; no server is contacted unless named. */
export interface PeerOptions {
  /** The search for a network path; default: no server is asked, and every local address is used. */
  network?: Partial<NetworkOptions> | undefined;
  /**
   * The behaviour of the session; default: a conversation that asks about every file, and stores it in the current
   * directory under a free name.
   */
  session?: Partial<SessionSettings> | undefined;
  /** The name under which the other side sees us; at most 200 characters. */
  name?: string | undefined;
  /**
   * Our document as a bare `{"type", "sdp"}` with its candidates within, as pages and other programs take it; default: only
   * the answer to such an offer. The other side then counts as another WebRTC program: text, no files. Not with `seal.required`.
   */
  bare?: boolean | undefined;
  /** Sealing of the two documents; without it, a sealed one is never opened. */
  seal?: SealOptions | undefined;
  /**
   * Directory that stores used offers, keys of others, this pairing (with the private key of its certificate, until it
   * connects or expires) and the list of interrupted files; created with mode 0700 when absent. Undefined: this process
   * remembers the offers, nobody is known, no pairing can be resumed, and parts are kept but not listed.
   */
  stateDir?: string | undefined;
  /**
   * Resume the pairing that an earlier run remembered in `stateDir`, with the same role and the same `rememberAs`: its
   * document is used again, so that an answer to it still connects.
   */
  resume?: boolean | undefined;
  /**
   * The name under which `stateDir` remembers this pairing, one for each role, until it connects or expires; default:
   * all pairings of this module have one place there, which the newest takes.
   */
  rememberAs?: string | undefined;
  /**
   * The time limit for each step that needs the other person, in milliseconds, default 24 h: the validity that the
   * document declares, how long an answer keeps trying, and how long an offer waits for its answer.
   */
  waitMs?: number | undefined;
  /** The time limit of an offering side from applying the answer to connected, in milliseconds; default 60 s. */
  connectTimeoutMs?: number | undefined;
  /** Receives each change of state of line, session, path, DTLS, SCTP and transfers; docs/trace.md lists them. */
  trace?: Trace | undefined;
  /** Ends pairing and the session. */
  signal?: AbortSignal | undefined;
}

/** The same tree with every default filled in. */
export interface PairingSettings extends Pick<PeerOptions, "name" | "bare" | "seal" | "stateDir" | "resume" | "trace"> {
  network: NetworkOptions;
  session: SessionSettings;
  waitMs: number;
  connectTimeoutMs: number;
}

/** Default of `waitMs`: 24 hours. */
export const DEFAULT_WAIT_MS = 86_400_000;
/** Default of `connectTimeoutMs`: a minute. */
export const DEFAULT_CONNECT_TIMEOUT_MS = 60_000;

/**
 * Checks the options of an embedder and fills in the defaults.
 * @throws TypeError for a value of a wrong type or an unknown name; RangeError for a value that cannot be used
 */
export function completeSettings(options: PeerOptions): PairingSettings {
  isPeerOptions(options, "");
  const { name, bare, seal, stateDir, resume, trace } = options;
  if (bare === true && seal?.required === true)
    throw new TypeError("Cannot use the options 'bare' and 'seal' together");
  const { waitMs = DEFAULT_WAIT_MS, connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options;
  if (resume === true && stateDir === undefined) throw new TypeError("Cannot resume without the option 'stateDir'");
  const network = withDefaults(DEFAULT_NETWORK, options.network);
  const session = withDefaults(DEFAULT_SESSION, options.session);
  return { network, session, name, bare, seal, stateDir, resume, trace, waitMs, connectTimeoutMs };
}

/** An option that is undefined has its default, as one that is absent. */
function withDefaults<Branch extends object>(defaults: Branch, given: Partial<Branch> = {}): Branch {
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...(Object.fromEntries(known) as Partial<Branch>) };
}

/** Upper limit of a time limit, 100 years: the time when it ends must be one that a document can express. */
const MAX_WAIT_MS = 36_525 * 86_400_000;

/**
 * @param name - the name of the option in the error, as a caller writes it
 * @throws TypeError for a value of a wrong type; RangeError for one that cannot be used
 */
type Check = (value: unknown, name: string) => void;

/** A check for each option of a branch. */
type Checks<Branch> = { readonly [Option in keyof Branch]-?: Check };

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

function refuseType(name: string, wanted: string): never {
  throw new TypeError(`Cannot use the option '${name}': it must be ${wanted}`);
}

function refuseValue(name: string, wanted: string): never {
  throw new RangeError(`Cannot use the option '${name}': it must be ${wanted}`);
}

const isFlag: Check = (value, name) => {
  if (typeof value !== "boolean") refuseType(name, "true or false");
};

const isFunction: Check = (value, name) => {
  if (typeof value !== "function") refuseType(name, "a function");
};

const isText: Check = (value, name) => {
  if (typeof value !== "string") refuseType(name, "a text");
  if (value === "") refuseValue(name, "a text that is not empty");
};

function isOneOf(...choices: readonly string[]): Check {
  const wanted = `one of ${choices.map((choice) => `'${choice}'`).join(", ")}`;
  return (value, name) => {
    if (typeof value !== "string") refuseType(name, wanted);
    if (!choices.includes(value)) refuseValue(name, wanted);
  };
}

function isNumber(least: number, most = Number.POSITIVE_INFINITY): Check {
  const wanted = `a number from ${least} to ${most}`;
  return (value, name) => {
    if (typeof value !== "number") refuseType(name, wanted);
    // A NaN fails both comparisons.
    if (!(value >= least && value <= most)) refuseValue(name, wanted);
  };
}

function isListOf(check: Check): Check {
  return (value, name) => {
    if (!Array.isArray(value)) refuseType(name, "a list");
    for (const [index, item] of value.entries()) check(item, `${name}[${index}]`);
  };
}

/** An object whose options are checked by a table; those that are undefined have their defaults. */
function isBranch<Branch extends object>(checks: Checks<Branch>, required: readonly (keyof Branch)[] = []): Check {
  return (value, name) => {
    if (!isObject(value)) refuseType(name === "" ? "options" : name, "an object");
    const prefix = name === "" ? "" : `${name}.`;
    for (const option of required) {
      if (value[option as string] === undefined) refuseType(`${prefix}${String(option)}`, "given");
    }
    for (const [option, item] of Object.entries(value)) {
      if (!Object.hasOwn(checks, option)) throw new TypeError(`Unknown option '${prefix}${option}'${placeOf(option)}`);
      if (item !== undefined) checks[option as keyof Branch](item, `${prefix}${option}`);
    }
  };
}

/** @returns where a misplaced option belongs, as the end of a sentence */
function placeOf(option: string): string {
  if (Object.hasOwn(NETWORK, option)) return `: it belongs in 'network'`;
  return Object.hasOwn(SESSION, option) ? `: it belongs in 'session'` : "";
}

function isServer(kind: "stun" | "turn"): Check {
  // The URL itself is not repeated, because it may contain a password.
  const wanted =
    kind === "stun" ? "like stun:host:port" : "like turn:host:port or turns:host:port, without credentials";
  return (value, name) => {
    if (typeof value !== "string") refuseType(name, wanted);
    if (serverUrlProblem(value, kind) !== undefined) refuseValue(name, wanted);
  };
}

const isAddress: Check = (value, name) => {
  if (typeof value !== "string") refuseType(name, "an IP address");
  if (isIP(value) === 0) refuseValue(name, "an IP address");
};

const isPortRange: Check = (value, name) => {
  if (!isObject(value)) refuseType(name, "an object with first and last");
  const { first, last } = value;
  if (!isPort(first) || !isPort(last) || first > last)
    refuseValue(name, `two ports from 1 to ${MAX_PORT}, the lower one first`);
};

const isExpectation: Check = (value, name) => {
  isText(value, name);
  const wanted = "ten digits, three words, or the SHA-256 fingerprint of a certificate";
  if (readExpectation(value as string) === undefined) refuseValue(name, wanted);
};

const isRate: Check = (value, name) => {
  if (typeof value !== "number") refuseType(name, "a number of bytes per second");
  checkRate(value);
};

const isName: Check = (value, name) => {
  if (typeof value !== "string") refuseType(name, "a text");
  if (value.length > MAX_NAME_LENGTH) refuseValue(name, `at most ${MAX_NAME_LENGTH} characters long`);
};

const isOutput: Check = (value, name) => {
  if (!isObject(value) || typeof value["write"] !== "function") refuseType(name, "an object with a function 'write'");
};

const areSources: Check = (value, name) => {
  isListOf(isSource)(value, name);
  const count = (value as { tracks: unknown[] }[]).reduce((sum, { tracks }) => sum + tracks.length, 0);
  if (count > MAX_MEDIA_TRACKS) refuseValue(name, `of at most ${MAX_MEDIA_TRACKS} tracks`);
};

const isSource: Check = (value, name) => {
  if (!isObject(value) || typeof value["next"] !== "function" || !Array.isArray(value["tracks"]))
    refuseType(name, "an object with tracks and a function 'next'");
};

const isDoor: Check = (value, name) => {
  if (!isObject(value) || typeof value["open"] !== "function" || typeof value["close"] !== "function")
    refuseType(name, "an object with functions 'open' and 'close'");
};

const isSink: Check = (value, name) => {
  if (!isObject(value) || typeof value["write"] !== "function" || !isObject(value["accepts"]))
    refuseType(name, "an object with 'accepts' and a function 'write'");
};

const isOpener: Check = (value, name) => {
  if (typeof value !== "function") refuseType(name, "a function");
};

const isSignal: Check = (value, name) => {
  if (!(value instanceof AbortSignal)) refuseType(name, "an AbortSignal");
};

const NETWORK: Checks<NetworkOptions> = {
  stunServers: isListOf(isServer("stun")),
  turnServers: isListOf(
    isBranch<TurnServer>({ url: isServer("turn"), user: isText, password: isText }, ["url", "user", "password"]),
  ),
  bind: isListOf(isAddress),
  relayOnly: isFlag,
  portMapping: isFlag,
  mdns: isFlag,
  ports: isPortRange,
  legacySdp: isFlag,
  congestion: isOneOf("bbr", "cubic"),
  coalesceArrivals: isFlag,
  maxPacketBytes: isNumber(BASE_PACKET_BYTES),
};

const SESSION: Checks<SessionSettings> = {
  mode: isOneOf("conversation", "once"),
  isSilent: isFlag,
  isUnattended: isFlag,
  acceptOnly: isListOf(isText),
  consent: isOneOf("ask", "accept", "decline"),
  conflict: isOneOf("rename", "overwrite", "skip"),
  outputDir: isText,
  fileOutput: isOutput,
  limitBytesPerSecond: isRate,
  verify: isFlag,
  verifyExpect: isExpectation,
  promised: isBranch<Promised>(
    { files: isListOf(isText), messages: isNumber(0), further: isOneOf("none", "until-finished", "once-begun") },
    ["files", "messages", "further"],
  ),
  media: isBranch<MediaSettings>({
    publish: areSources,
    doors: isListOf(isDoor),
    record: isSink,
    recordNext: isOpener,
    forward: isListOf(isSink),
    codecs: isBranch<NonNullable<MediaSettings["codecs"]>>({ audio: isListOf(isText), video: isListOf(isText) }),
  }),
};

const isPeerOptions = isBranch<PeerOptions>({
  network: isBranch(NETWORK),
  session: isBranch(SESSION),
  name: isName,
  bare: isFlag,
  seal: isBranch<SealOptions>({ required: isFlag, passphrase: isText, ask: isFunction }, ["required"]),
  stateDir: isText,
  resume: isFlag,
  rememberAs: isText,
  waitMs: isNumber(1, MAX_WAIT_MS),
  connectTimeoutMs: isNumber(1, MAX_WAIT_MS),
  trace: isFunction,
  signal: isSignal,
});
