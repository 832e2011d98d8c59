// `p2p completion bash|zsh|fish|powershell`: completion scripts, generated from the commander tree and the option table, so
// they cannot become outdated. The scripts need nothing but the shell: p2p does not run while the user types.
import type { Argument, Command, Option } from "commander";
import { optionsOf, type OptionSpec } from "../option-table.ts";
import { powershellLines } from "./powershell-completion.ts";
import { CONTACTS_ACTIONS, type Shell, SHELLS, TRANSFERS_ACTIONS } from "../program.ts";

/** The kind of candidates that a shell offers for a value. */
export type Values = { kind: "none" | "text" | "file" | "directory" } | { kind: "choices"; choices: readonly string[] };

/** An option as a shell completes it. */
export interface CompletedOption {
  /** Spellings such as `--dir` and `-d`. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly value: Values;
  readonly isRepeatable: boolean;
}

/** A command as a shell completes it. */
export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  readonly operand: Values;
}

/** Returns the completion script of a shell, ending in a line feed. */
export function completionScript(shell: Shell, program: Command): string {
  const help = program.createHelp();
  const commands = help.visibleCommands(program).map((command) => completedCommand(command, program));
  const options = help.visibleOptions(program).map((option) => completedOption(option, program));
  const lines = { bash: bashLines, zsh: zshLines, fish: fishLines, powershell: powershellLines }[shell](
    commands,
    options,
  );
  return `${lines.join("\n")}\n`;
}

function completedCommand(command: Command, program: Command): CompletedCommand {
  return {
    name: command.name(),
    description: command.description(),
    options: command
      .createHelp()
      .visibleOptions(command)
      .map((option) => completedOption(option, command)),
    operand: operandOf(command.registeredArguments[0], command.name(), program),
  };
}

function operandOf(argument: Argument | undefined, command: string, program: Command): Values {
  switch (argument?.name()) {
    case "PATH":
    case "FILE":
      return { kind: "file" };
    case "ACTION":
      return { kind: "choices", choices: command === "contacts" ? CONTACTS_ACTIONS : TRANSFERS_ACTIONS };
    case "SHELL":
      return { kind: "choices", choices: SHELLS };
    case "command":
      return { kind: "choices", choices: program.commands.map((known) => known.name()) };
    default:
      return { kind: "none" };
  }
}

function completedOption(option: Option, command: Command): CompletedOption {
  const spec: OptionSpec | undefined = optionsOf(command.name()).find(({ name }) => `--${name}` === option.long);
  return {
    flags: [option.long, option.short].filter((flag) => flag !== undefined && flag !== null),
    description: option.description,
    value: valuesOf(spec),
    isRepeatable: spec?.repeatable === true,
  };
}

function valuesOf(spec: OptionSpec | undefined): Values {
  if (spec?.value === undefined) return { kind: "none" };
  if (spec.choices !== undefined) return { kind: "choices", choices: spec.choices };
  return { kind: spec.completes ?? "text" };
}

function takesValue(option: CompletedOption): boolean {
  return option.value.kind !== "none";
}

const BASH_HEAD = `# bash completion of p2p. Load it with: source <(p2p completion bash)
_p2p() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= i
  COMPREPLY=()
  # bash splits --option=value at the equals sign.
  if [[ $cur == "=" ]]; then cur=
  elif [[ $prev == "=" ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in`;

const BASH_HELPERS = `# Names may hold anything: they are found by the shell itself, one an element, and readline quotes them. One that begins
# with a dash would be an option: ./ stands before it.
_p2p_paths() {
  local kind=$1 word=$2 home= path entry
  case $word in
    \\'*) word=\${word#?} ;;
    \\"*) word=\${word#?}; word=\${word//\\\\\\"/\\"} ;;
    *) word=\${word//\\\\\\\\/$'\\001'}; word=\${word//\\\\/}; word=\${word//$'\\001'/\\\\} ;;
  esac
  compopt -o filenames 2>/dev/null
  if [[ $word == "~/"* ]]; then home=$HOME; fi
  path=\${home:+$home/}\${word#\${home:+"~/"}}
  while IFS= read -r -d '' entry; do
    # Where nothing fits there is one empty entry.
    if [[ -z $entry || ( $kind == -d && ! -d $entry ) ]]; then continue; fi
    if [[ -n $home ]]; then entry="~/"\${entry#"$home/"}; fi
    if [[ $entry == -* ]]; then entry=./$entry; fi
    COMPREPLY+=("$entry")
  done < <(shopt -s nullglob; printf '%s\\0' "$path"*)
}`;

function bashLines(commands: readonly CompletedCommand[], options: readonly CompletedOption[]): string[] {
  const names = commands.map(({ name }) => name);
  return [
    BASH_HEAD,
    `      ${names.join("|")}) command=\${COMP_WORDS[i]}; break ;;`,
    "    esac",
    "  done",
    "  case $command in",
    ...commands.flatMap((command) => [
      `    ${command.name})`,
      ...bashCase(command.options, command.operand).map((line) => `      ${line}`),
      "      ;;",
    ]),
    "    *)",
    ...bashCase(options, { kind: "choices", choices: names }).map((line) => `      ${line}`),
    "      ;;",
    "  esac",
    "}",
    BASH_HELPERS,
    "complete -F _p2p p2p",
  ];
}

function bashCase(options: readonly CompletedOption[], operand: Values): string[] {
  const flags = options.flatMap((option) => option.flags);
  return [
    "case $prev in",
    ...options
      .filter(takesValue)
      .map((option) => `  ${option.flags.join("|")}) ${bashValues(option.value)}; return ;;`),
    "esac",
    `if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W ${shellQuote(flags.join(" "))} -- "$cur")); return; fi`,
    bashValues(operand),
  ];
}

function bashValues(values: Values): string {
  switch (values.kind) {
    case "choices":
      return `COMPREPLY=($(compgen -W ${shellQuote(values.choices.join(" "))} -- "$cur"))`;
    case "file":
      return '_p2p_paths -f "$cur"';
    case "directory":
      return '_p2p_paths -d "$cur"';
    case "text":
    case "none":
      return ":";
  }
}

const ZSH_HELPERS = [
  "# A name that begins with a dash would be an option: ./ stands before it.",
  "_p2p_paths() {",
  "  local -a dashed",
  "  dashed=(-*(N))",
  '  if [[ -z $PREFIX && ${#dashed} -gt 0 ]]; then compadd -f -P ./ -- "${dashed[@]}"; fi',
  "  _files -F '-*'",
  "}",
];

function zshLines(commands: readonly CompletedCommand[], options: readonly CompletedOption[]): string[] {
  return [
    "#compdef p2p",
    "# zsh completion of p2p. Load it with: source <(p2p completion zsh)",
    "_p2p() {",
    "  local curcontext=$curcontext state line",
    "  local -a commands",
    "  commands=(",
    ...commands.map(({ name, description }) => `    ${shellQuote(`${name}:${description.replaceAll(":", "\\:")}`)}`),
    "  )",
    "  _arguments -C \\",
    ...options.flatMap(zshSpecs).map((spec) => `    ${spec} \\`),
    "    '1: :->command' '*:: :->argument'",
    "  case $state in",
    "    command) _describe -t commands command commands ;;",
    "    argument)",
    "      case $line[1] in",
    ...commands.flatMap((command) => [
      `        ${command.name})`,
      "          _arguments \\",
      ...command.options.flatMap(zshSpecs).map((spec) => `            ${spec} \\`),
      `            ${shellQuote(`*: :${zshAction(command.operand)}`)}`,
      "          ;;",
    ]),
    "      esac",
    "      ;;",
    "  esac",
    "}",
    ...ZSH_HELPERS,
    "# Autoloaded from fpath this file is the function itself; sourced, it has to be registered.",
    'if [[ ${funcstack[1]} == _p2p ]]; then _p2p "$@"; else compdef _p2p p2p; fi',
  ];
}

/** Returns one `_arguments` spec per spelling; the spellings exclude each other unless the option is repeatable. */
function zshSpecs({ flags, description, value, isRepeatable }: CompletedOption): string[] {
  const prefix = isRepeatable ? "*" : `(${flags.join(" ")})`;
  const text = description.replaceAll(/[\\[\]:]/g, "\\$&");
  const tail = value.kind === "none" ? "" : `: :${zshAction(value)}`;
  return flags.map((flag) => {
    // `--dir=` accepts the value in the same word too, and so does `-d+`.
    const form = value.kind === "none" ? flag : flag.startsWith("--") ? `${flag}=` : `${flag}+`;
    return shellQuote(`${prefix}${form}[${text}]${tail}`);
  });
}

function zshAction(values: Values): string {
  switch (values.kind) {
    case "choices":
      return `(${values.choices.join(" ")})`;
    case "file":
      return "_p2p_paths";
    case "directory":
      return "_files -/";
    case "text":
    case "none":
      return "";
  }
}

function fishLines(commands: readonly CompletedCommand[], options: readonly CompletedOption[]): string[] {
  const names = commands.map(({ name }) => name).join(" ");
  const without = `-n ${shellQuote(`not __fish_seen_subcommand_from ${names}`)}`;
  return [
    "# fish completion of p2p. Load it with: p2p completion fish | source",
    "complete -c p2p -f",
    ...commands.map(({ name, description }) => `complete -c p2p ${without} -a ${name} -d ${fishQuote(description)}`),
    ...options.map((option) => fishOption(without, option)),
    ...commands.flatMap(({ name, options: own, operand }) => {
      const within = `-n ${shellQuote(`__fish_seen_subcommand_from ${name}`)}`;
      const operands = fishValues(operand);
      return [
        ...own.map((option) => fishOption(within, option)),
        ...(operands === "" ? [] : [`complete -c p2p ${within} ${operands}`]),
      ];
    }),
  ];
}

function fishOption(condition: string, { flags, description, value }: CompletedOption): string {
  const spellings = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const only = value.kind === "file" ? "-r" : "-x";
  const values = value.kind === "none" ? "" : ` ${only} ${fishValues(value)}`.trimEnd();
  return `complete -c p2p ${condition} ${spellings.join(" ")}${values} -d ${fishQuote(description)}`;
}

function fishValues(values: Values): string {
  switch (values.kind) {
    case "choices":
      return `-a ${shellQuote(values.choices.join(" "))}`;
    case "file":
      // This is fish's own file completion: it quotes any name.
      return "-F";
    case "directory":
      return "-a '(__fish_complete_directories)'";
    case "text":
    case "none":
      return "";
  }
}

/** Quotes for POSIX shells: nothing is special inside single quotes. */
function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Quotes for fish, which knows two escapes inside single quotes. */
function fishQuote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}
