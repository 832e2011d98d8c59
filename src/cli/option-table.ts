// The one table of options. The parser, the help, the completion scripts, the environment (`P2P_` + name) and
// the config file (keys = names) are all derived from it; options.ts decides what an option means.

export type OptionGroup = "exchange" | "trust" | "files" | "media" | "talk" | "network" | "output";

export interface OptionSpec {
  /** Long name without dashes. */
  readonly name: string;
  readonly short?: string;
  /** Name of the value in the help; absent for a flag without a value. */
  readonly value?: string;
  readonly repeatable?: true;
  readonly choices?: readonly string[];
  /** Kind of path that a shell completes for the value. */
  readonly completes?: "directory" | "file";
  readonly group: OptionGroup;
  /** Key of its description in the words, if that differs from its name. */
  readonly describedAs?: string;
}

/** Options of every command. */
export const COMMON_OPTIONS = [
  { name: "lang", value: "LANG", choices: ["en", "zh"], group: "output" },
  { name: "no-color", group: "output" },
] as const satisfies readonly OptionSpec[];

/** Options of `offer` and `answer`, in the order of the help. */
export const PAIR_OPTIONS = [
  { name: "dir", short: "d", value: "DIR", completes: "directory", group: "exchange" },
  { name: "out", value: "FILE", completes: "file", group: "exchange" },
  { name: "in", value: "FILE", completes: "file", group: "exchange" },
  { name: "via", value: "CARRIER", group: "exchange" },
  { name: "to", value: "NAME", group: "exchange" },
  { name: "remote", value: "COMMAND", group: "exchange" },
  { name: "wait", value: "DURATION", group: "exchange" },
  { name: "name", value: "TEXT", group: "exchange" },
  { name: "copy", group: "exchange" },
  { name: "code", group: "exchange" },
  { name: "qr", group: "exchange" },
  { name: "legacy-sdp", group: "exchange" },
  { name: "bare", group: "exchange" },
  { name: "page", group: "exchange" },
  { name: "resume", group: "exchange" },

  { name: "verify", group: "trust" },
  { name: "verify-expect", value: "STRING", group: "trust" },
  { name: "seal", group: "trust" },
  { name: "passphrase-file", value: "FILE", completes: "file", group: "trust" },

  { name: "output", short: "o", value: "DIR", completes: "directory", group: "files" },
  { name: "yes", short: "y", group: "files" },
  { name: "accept", value: "GLOB", repeatable: true, group: "files" },
  { name: "conflict", value: "POLICY", choices: ["rename", "overwrite", "skip"], group: "files" },
  { name: "stdin-name", value: "NAME", group: "files" },
  { name: "limit", value: "RATE", group: "files" },

  { name: "publish", value: "SOURCE", repeatable: true, completes: "file", group: "media" },
  { name: "record", value: "FILE", completes: "file", group: "media" },
  { name: "rtp-in", value: "PLACE", repeatable: true, group: "media" },
  { name: "rtp-out", value: "PLACE", repeatable: true, group: "media" },
  { name: "whip", value: "PORT", group: "media" },
  { name: "whep", value: "PORT", group: "media" },
  { name: "codec", value: "CODECS", repeatable: true, group: "media" },

  { name: "message", short: "m", value: "TEXT", repeatable: true, group: "talk" },
  { name: "chat", group: "talk" },
  { name: "no-chat", group: "talk" },

  { name: "stun", value: "URL", repeatable: true, group: "network" },
  { name: "no-stun", group: "network" },
  { name: "turn", value: "URL", repeatable: true, group: "network" },
  { name: "no-port-mapping", group: "network" },
  { name: "no-mdns", group: "network" },
  { name: "relay-only", group: "network" },
  { name: "bind", value: "ADDR", repeatable: true, group: "network" },
  { name: "port", value: "N[-M]", group: "network" },
  { name: "connect-timeout", value: "DURATION", group: "network" },
  { name: "congestion", value: "NAME", choices: ["bbr", "cubic"], group: "network" },

  { name: "json", group: "output" },
  { name: "trace", value: "FILE", completes: "file", group: "output" },
  { name: "quiet", short: "q", group: "output" },
  { name: "verbose", short: "v", group: "output" },
  { name: "no-bell", group: "output" },
  ...COMMON_OPTIONS,
] as const satisfies readonly OptionSpec[];

const PASSPHRASE_FILE = { name: "passphrase-file", value: "FILE", completes: "file", group: "output" } as const;
const SEAL_OUTPUT = {
  name: "output",
  short: "o",
  value: "FILE",
  completes: "file",
  group: "output",
  describedAs: "seal-output",
} as const;

/** Options of `seal`. */
export const SEAL_OPTIONS = [
  SEAL_OUTPUT,
  { name: "recipient", short: "r", value: "RECIPIENT", repeatable: true, group: "output" },
  PASSPHRASE_FILE,
  ...COMMON_OPTIONS,
] as const satisfies readonly OptionSpec[];

/** Options of `unseal`. */
export const UNSEAL_OPTIONS = [
  SEAL_OUTPUT,
  { name: "identity", short: "i", value: "FILE", completes: "file", group: "output" },
  PASSPHRASE_FILE,
  ...COMMON_OPTIONS,
] as const satisfies readonly OptionSpec[];

/** Options of `contacts`. */
export const CONTACTS_OPTIONS = [
  { name: "json", group: "output", describedAs: "inspect-json" },
  ...COMMON_OPTIONS,
] as const satisfies readonly OptionSpec[];

/** Options of `inspect`. */
export const INSPECT_OPTIONS = [
  PASSPHRASE_FILE,
  { name: "json", group: "output", describedAs: "inspect-json" },
  ...COMMON_OPTIONS,
] as const satisfies readonly OptionSpec[];

/** Options of `code`. */
export const CODE_OPTIONS = [
  { name: "qr", group: "output", describedAs: "code-qr" },
  ...COMMON_OPTIONS,
] as const satisfies readonly OptionSpec[];

/** Options of `page`. */
export const PAGE_OPTIONS = [
  { name: "out", value: "FILE", completes: "file", group: "output", describedAs: "page-out" },
  ...COMMON_OPTIONS,
] as const satisfies readonly OptionSpec[];

/** Options of `doctor`: the network options that select which servers to query. */
export const DOCTOR_OPTIONS = [
  { name: "stun", value: "URL", repeatable: true, group: "network" },
  { name: "no-stun", group: "network" },
  { name: "turn", value: "URL", repeatable: true, group: "network" },
  { name: "no-port-mapping", group: "network" },
  { name: "bind", value: "ADDR", repeatable: true, group: "network" },
  { name: "json", group: "output", describedAs: "inspect-json" },
  ...COMMON_OPTIONS,
] as const satisfies readonly OptionSpec[];

/** Options of `loopback`: nobody is asked who is not named. */
export const LOOPBACK_OPTIONS = [
  { name: "bind", value: "ADDR", repeatable: true, group: "network" },
  { name: "stun", value: "URL", repeatable: true, group: "network", describedAs: "loopback-stun" },
  { name: "turn", value: "URL", repeatable: true, group: "network" },
  { name: "relay-only", group: "network", describedAs: "loopback-relay-only" },
  { name: "json", group: "output", describedAs: "inspect-json" },
  ...COMMON_OPTIONS,
] as const satisfies readonly OptionSpec[];

/** The options of each command. */
export function optionsOf(command: string): readonly OptionSpec[] {
  const tables: Readonly<Record<string, readonly OptionSpec[]>> = {
    offer: PAIR_OPTIONS,
    answer: PAIR_OPTIONS,
    inspect: INSPECT_OPTIONS,
    seal: SEAL_OPTIONS,
    transfers: TRANSFERS_OPTIONS,
    unseal: UNSEAL_OPTIONS,
    doctor: DOCTOR_OPTIONS,
    loopback: LOOPBACK_OPTIONS,
    contacts: CONTACTS_OPTIONS,
    page: PAGE_OPTIONS,
    code: CODE_OPTIONS,
  };
  return tables[command] ?? COMMON_OPTIONS;
}

/** Options of `transfers`. */
export const TRANSFERS_OPTIONS = [
  { name: "json", group: "output", describedAs: "inspect-json" },
  ...COMMON_OPTIONS,
] as const satisfies readonly OptionSpec[];

export type OptionName = (typeof PAIR_OPTIONS)[number]["name"];

/** Options that contradict each other when given in the same place. */
export const EXCLUSIVE_OPTIONS: readonly (readonly [OptionName, OptionName])[] = [
  ["chat", "no-chat"],
  ["stun", "no-stun"],
  // A relay can be reached from any port.
  ["relay-only", "port"],
  ["quiet", "verbose"],
  // Nobody has files to carry, to paste or to go on with.
  ...(["in", "out", "copy", "code", "qr", "bare", "page", "resume"] as const).map((name) => ["via", name] as const),
];

/** The environment variable of an option: `--connect-timeout` is `P2P_CONNECT_TIMEOUT`. */
export function environmentName(option: string): string {
  return `P2P_${option.toUpperCase().replaceAll("-", "_")}`;
}

/** The values given for an option in one place: a flag's boolean, or the values in order, at least one. */
export type Given = boolean | readonly string[];

/** Returns the last value given; undefined for a flag, and when there is none. */
export function lastValue(given: Given | undefined): string | undefined {
  return typeof given === "object" ? given.at(-1) : undefined;
}

/** The options as given on the command line, by long name, unchecked. */
export type RawOptions = ReadonlyMap<string, Given>;
