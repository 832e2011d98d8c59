// Language, colour and whether programs read the outcome must be known before the command line is parsed, because
// complaints about it need them. They are looked up in the raw arguments; options.ts checks their values with all the others.
import type { Lang } from "../words/lang.ts";
import type { Io } from "./io.ts";
import { isYes } from "./option-layers.ts";
import type { RawOptions } from "./option-table.ts";

function isLang(text: unknown): text is Lang {
  return text === "en" || text === "zh";
}

function optionArguments(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  return end === -1 ? argv : argv.slice(0, end);
}

function langArgument(argv: readonly string[]): string | undefined {
  const args = optionArguments(argv);
  const last = args.findLastIndex((arg) => arg === "--lang" || arg.startsWith("--lang="));
  return args[last] === "--lang" ? args[last + 1] : args[last]?.slice("--lang=".length);
}

/**
 * Language of the words: `--lang`, P2P_LANG, the config file, then the locale (LC_ALL, LC_MESSAGES, LANG).
 * @param config - options of the config file, if it could be read
 */
export function preferredLang(
  argv: readonly string[],
  io: Pick<Io, "env" | "platform" | "systemLocale">,
  config?: RawOptions,
): Lang {
  const configured = config?.get("lang");
  const named = [langArgument(argv), io.env["P2P_LANG"], Array.isArray(configured) ? configured[0] : undefined];
  const known = named.find(isLang);
  if (known !== undefined) return known;
  // POSIX: the first variable that is set and not empty decides.
  const locale = io.env["LC_ALL"] || io.env["LC_MESSAGES"] || io.env["LANG"];
  const tag = locale || (io.platform === "win32" ? io.systemLocale() : "");
  return /^zh\b|^zh_/i.test(tag) ? "zh" : "en";
}

/** True if colours are wanted at all; each stream must be a terminal as well. */
export function wantsColor(argv: readonly string[], io: Pick<Io, "env">, config?: RawOptions): boolean {
  return !(
    optionArguments(argv).includes("--no-color") ||
    // https://no-color.org: any non-empty value disables colours.
    io.env["NO_COLOR"] ||
    isYes(io.env["P2P_NO_COLOR"]) ||
    config?.get("no-color") === true ||
    io.env["TERM"] === "dumb"
  );
}

/** True if programs read the outcome: `--json`, and for `offer` and `answer` also P2P_JSON or the config file. */
export function wantsJson(argv: readonly string[], io: Pick<Io, "env">, config?: RawOptions): boolean {
  const args = optionArguments(argv);
  const isPairing = args.includes("offer") || args.includes("answer");
  return args.includes("--json") || (isPairing && (isYes(io.env["P2P_JSON"]) || config?.get("json") === true));
}
