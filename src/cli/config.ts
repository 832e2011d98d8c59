// The config file: long option names as keys, and TURN servers and brokers with their passwords. Unknown keys are errors,
// because a misspelt one could go unnoticed for years; a file with a password that others can read is refused.
import { type Stats, statSync } from "node:fs";
import { OddFileError, readRegularFileSync } from "../command-port.ts";
import { P2pError, type TurnServer } from "../index.ts";
import { editDistance, SLIP_DISTANCE } from "../ui/edit-distance.ts";
import type { Words } from "../words/index.ts";
import type { Io } from "./io.ts";
import { configPath } from "./locations.ts";
import { type Given, type OptionSpec, PAIR_OPTIONS, type RawOptions } from "./option-table.ts";

export interface Config {
  readonly path: string;
  /** All options except `turn`, and without `mqtt`, which is none. */
  readonly options: RawOptions;
  readonly turn: readonly TurnServer[];
  readonly mqtt: readonly ServerLogin[];
}

/** A server with the login for it. */
export interface ServerLogin {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** Limit of the config file; all options and a hundred servers need far less. */
const MAX_CONFIG_BYTES = 1024 * 1024;
const READABLE_BY_OTHERS = 0o044;
const CHANGEABLE_BY_OTHERS = 0o022;
const CHANGEABLE_BY_ALL = 0o002;

/**
 * @returns undefined when there is no config file
 * @throws P2pError CONFIG_INVALID
 */
export function readConfig(io: Pick<Io, "env" | "platform" | "homeDir">, words: Words): Config | undefined {
  const path = configPath(io);
  const file = readText(path, io, words);
  if (file === undefined) return undefined;
  const config = parseConfig(path, file.text, words);
  const hasPassword = [...config.turn, ...config.mqtt].some((server) => server.password !== "");
  if (io.platform !== "win32") checkMode(path, file.stats, hasPassword, words);
  return config;
}

/** Anyone who can write the file chooses the servers to query, and much else. @throws P2pError CONFIG_INVALID */
function checkMode(path: string, { mode, uid }: Stats, hasPassword: boolean, { cli: { config } }: Words): void {
  const cure = config.cureOthersCanRead({ path });
  if (hasPassword && (mode & READABLE_BY_OTHERS) !== 0) throw invalid(path, config.othersCanRead, cure);
  const changeable = hasPassword ? CHANGEABLE_BY_OTHERS : CHANGEABLE_BY_ALL;
  if ((mode & changeable) !== 0) throw invalid(path, config.othersCanChange, config.cureOthersCanChange({ path }));
  const user = process.getuid?.();
  if (user === undefined || user === 0 || uid === user || uid === 0) return;
  throw invalid(path, config.ofAnotherUser, config.cureOfAnotherUser);
}

function invalid(path: string, detail: string, cure: string, cause?: unknown): P2pError {
  return new P2pError("CONFIG_INVALID", { path, detail, cure }, { cause });
}

/**
 * Returns whether HOME belongs to another user, as su and containers leave it, or lies behind a folder that this user may
 * not look into: no config of this user can be in it.
 * Where HOME is right, a config that cannot be read is reported, since it may ask for caution.
 */
function isBehindForeignHome(path: string, { env, homeDir }: Pick<Io, "env" | "homeDir">): boolean {
  const user = process.getuid?.();
  if (user === undefined || env["P2P_CONFIG"] || !path.startsWith(homeDir)) return false;
  try {
    return statSync(homeDir, { throwIfNoEntry: false })?.uid !== user;
  } catch {
    return true;
  }
}

/** @returns undefined when the file does not exist: a P2P_CONFIG that names no file disables the default config */
function readText(
  path: string,
  io: Pick<Io, "env" | "homeDir">,
  { cli: { config }, oddFiles }: Words,
): { text: string; stats: Stats } | undefined {
  try {
    const { bytes, stats } = readRegularFileSync(path, { maxBytes: MAX_CONFIG_BYTES, isNamed: true });
    return { stats, text: new TextDecoder().decode(bytes) };
  } catch (error) {
    if (error instanceof OddFileError) {
      throw invalid(path, config.unreadable({ reason: oddFiles[error.kind] }), config.cureNoFile, error);
    }
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === "EACCES" && isBehindForeignHome(path, io)) return undefined;
    throw invalid(path, config.unreadable({ reason: code ?? String(error) }), config.cureUnreadable, error);
  }
}

/** @throws P2pError CONFIG_INVALID, naming the key */
export function parseConfig(path: string, text: string, words: Words): Config {
  const { config } = words.cli;
  const source = text.replace(/^\uFEFF/, "");
  let json: unknown;
  try {
    json = JSON.parse(source);
  } catch {
    // The message of the parser quotes what is there, which may be a password.
    throw invalid(path, config.notJson({ line: lineOfFlaw(source) }), config.cureJson);
  }
  if (!isObject(json)) throw invalid(path, config.notObject, config.cureJson);
  const options = new Map<string, Given>();
  const logins = { turn: [] as readonly ServerLogin[], mqtt: [] as readonly ServerLogin[] };
  for (const [key, value] of Object.entries(json)) {
    if (key === "turn" || key === "mqtt") {
      if (!isLoginList(value)) throw invalid(path, config.wantsServers({ key }), config.cureJson);
      logins[key] = value;
      continue;
    }
    const spec: OptionSpec | undefined = PAIR_OPTIONS.find((option) => option.name === key);
    if (spec === undefined) throw invalid(path, config.unknownKey({ key }), cureOfKey(key, words));
    options.set(
      key,
      givenOf(spec, value, (detail) => invalid(path, detail, config.cureJson), words),
    );
  }
  return { path, options, ...logins };
}

/** The first line, from 1, with which a text can be no beginning of JSON; the last one where the text only ends too early. */
function lineOfFlaw(text: string): number {
  const lines = text.split("\n");
  let good = 0;
  let bad = lines.length;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (mayBegin(`${lines.slice(0, middle).join("\n")}\n`)) good = middle;
    else bad = middle;
  }
  return bad;
}

/** Whether a text is JSON, or ends where more of it could follow. */
function mayBegin(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as Error;
    const [, position] = /at position (\d+)/.exec(message) ?? [];
    return message === "Unexpected end of JSON input" || Number(position) >= text.length;
  }
}

/** Names the key that was meant where it is spelt another way, as in the environment or in programs. */
function cureOfKey(key: string, { cli: { config, cure } }: Words): string {
  const name = key
    .replace(/^P2P_/i, "")
    .replaceAll(/([a-z])([A-Z])/g, "$1-$2")
    .replaceAll("_", "-")
    .toLowerCase();
  const names = PAIR_OPTIONS.map((option) => option.name).filter(
    (each) => editDistance(name, each) <= Math.min(SLIP_DISTANCE, name.length / 3),
  );
  return names.length === 0 ? config.cureKey : cure.didYouMean({ names });
}

function givenOf(
  spec: OptionSpec,
  value: unknown,
  problem: (detail: string) => P2pError,
  { cli: { config } }: Words,
): Given {
  const key = spec.name;
  if (spec.value === undefined) {
    if (typeof value !== "boolean") throw problem(config.wantsBoolean({ key }));
    return value;
  }
  if (spec.repeatable) {
    if (!isStringList(value)) throw problem(config.wantsStrings({ key }));
    return value;
  }
  if (typeof value !== "string") throw problem(config.wantsString({ key }));
  return [value];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStringList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isLoginList(value: unknown): value is ServerLogin[] {
  const keys = ["url", "user", "password"];
  return (
    Array.isArray(value) &&
    value.every(
      (server) =>
        isObject(server) &&
        keys.every((key) => typeof server[key] === "string") &&
        Object.keys(server).every((key) => keys.includes(key)),
    )
  );
}
