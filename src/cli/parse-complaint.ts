// Commander's complaints in the user's language, with what to type instead. Commander reports what it
// found only in its English message, so we extract the quoted part of that; its version is pinned.
import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { Command, CommanderError, Option } from "commander";
import type { P2pError } from "../index.ts";
import type { Words } from "../words/index.ts";
import { editDistance, SLIP_DISTANCE } from "../ui/edit-distance.ts";
import { type OptionSpec, PAIR_OPTIONS } from "./option-table.ts";
import { Usage } from "./usage.ts";

const QUOTED = /'(.*)'/s;
const SIMILAR = "\n(Did you mean ";
const SIMILAR_LIST = /^(?:one of )?(.*)\?\)$/s;

/** @param argv - the parsed arguments, which show the command that the complaint is about */
export function complaintOf(error: CommanderError, argv: readonly string[], program: Command, words: Words): P2pError {
  const usage = new Usage(words);
  const similarAt = error.message.lastIndexOf(SIMILAR);
  const problem = similarAt === -1 ? error.message : error.message.slice(0, similarAt);
  const similarText = similarAt === -1 ? "" : error.message.slice(similarAt + SIMILAR.length);
  const similar = SIMILAR_LIST.exec(similarText)?.[1]?.split(", ") ?? [];
  const quoted = QUOTED.exec(problem)?.[1] ?? "";
  const command = argv.find((arg) => program.commands.some((known) => known.name() === arg)) ?? "";
  switch (error.code) {
    case "commander.unknownOption":
      if (command === "" && quoted === "-v") return usage.verboseAlone(quoted);
      return isOptionBeforeCommand(quoted, argv, command)
        ? usage.optionBeforeCommand(quoted)
        : usage.unknownOption(command, quoted, similar);
    case "commander.unknownCommand":
      return existsSync(quoted)
        ? usage.fileWithoutCommand(quoted, /^LocaltionJson.*\.json$/i.test(basename(quoted)))
        : usage.unknownCommand(quoted, similar, argv);
    case "commander.missingArgument":
      return usage.missingArgument(command, quoted);
    case "commander.optionMissingArgument":
      return usage.missingValue(command, quoted.replaceAll(/[<>]/g, ""));
    case "commander.excessArguments":
      return usage.tooManyArguments(command);
    default:
      throw error;
  }
}

/** The complaint about `p2p help NAME` and `p2p NAME --help` where no command has that name; undefined for all else. */
export function helpComplaintOf(argv: readonly string[], program: Command, words: Words): P2pError | undefined {
  // Commander keeps the words that it has read before it shows the help.
  const [first, second] = program.args;
  const topic = first === "help" ? second : first;
  if (topic === undefined || topic === "help" || topic.startsWith("-")) return undefined;
  const names = program.commands.map((command) => command.name());
  if (names.includes(topic)) return undefined;
  const similar = names.filter((name) => editDistance(topic, name) <= SLIP_DISTANCE);
  return new Usage(words).unknownCommand(topic, similar, argv);
}

/**
 * The complaint about a long option with one hyphen, as other programs have them; undefined where there is none. `-output
 * DIR` would be `-o` with a value of its own, and DIR would be sent.
 */
export function oneHyphenComplaintOf(argv: readonly string[], program: Command, words: Words): P2pError | undefined {
  const { options, args } = optionsOf(argv, program);
  const command = program.commands.find((known) => argv.includes(known.name()));
  for (const [at, arg] of args.entries()) {
    const [, name] = /^-([a-z][a-z-]+)(?:=|$)/.exec(arg) ?? [];
    if (name === undefined || (name !== "help" && !options.some((option) => option.long === `--${name}`))) continue;
    if (isValueOf(options, args[at - 1])) continue;
    return new Usage(words).unknownOption(command?.name() ?? "", arg, [`--${name}`]);
  }
  return undefined;
}

/**
 * The complaint about a file whose name begins as an option does; undefined where there is none. `-dash.txt` would be `-d` with a
 * value, or an option that nobody knows.
 */
export function fileAsOptionComplaintOf(argv: readonly string[], program: Command, words: Words): P2pError | undefined {
  const { options, args } = optionsOf(argv, program);
  const file = args.find((arg, at) => {
    const name = arg.startsWith("--") ? arg.split("=", 1)[0] : arg;
    const isKnown = options.some(({ long, short }) => name === long || name === short);
    return /^-[^-]|^--./.test(arg) && !isKnown && !isValueOf(options, args[at - 1]) && existsSync(arg);
  });
  return file === undefined ? undefined : new Usage(words).fileAsOption(file);
}

/** The arguments that may be options, and the options that there are for them. */
function optionsOf(argv: readonly string[], program: Command): { options: readonly Option[]; args: readonly string[] } {
  const command = program.commands.find((known) => argv.includes(known.name()));
  const args = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  return { options: [...program.options, ...(command?.options ?? [])], args };
}

/** Whether what stands behind this argument is its value. */
function isValueOf(options: readonly Option[], before: string | undefined): boolean {
  if (before === undefined) return false;
  return options.some(({ long, short, required }) => required && (before === long || before === short));
}

/** True for `p2p --yes offer`: a known option before a command that accepts it. */
function isOptionBeforeCommand(option: string, argv: readonly string[], command: string): boolean {
  const specs: readonly OptionSpec[] = PAIR_OPTIONS;
  const [name] = option.split("=", 1);
  const isKnown = specs.some((spec) => name === `--${spec.name}` || name === `-${spec.short}`);
  return isKnown && (command === "" || argv.indexOf(option) < argv.indexOf(command));
}
