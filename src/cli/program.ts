// The command line as a commander tree, built from option-table.ts and the words. It only parses: nothing runs
// here, and every input ends in an Invocation or in a complaint of parse-complaint.ts.
import { Command, CommanderError, Option } from "commander";
import type { Words } from "../words/index.ts";
import { describedTerms, helpLayout, helpWidth, wrapText } from "./help-layout.ts";
import {
  CODE_OPTIONS,
  COMMON_OPTIONS,
  CONTACTS_OPTIONS,
  type Given,
  DOCTOR_OPTIONS,
  INSPECT_OPTIONS,
  LOOPBACK_OPTIONS,
  type OptionSpec,
  PAGE_OPTIONS,
  PAIR_OPTIONS,
  type RawOptions,
  SEAL_OPTIONS,
  UNSEAL_OPTIONS,
  TRANSFERS_OPTIONS,
} from "./option-table.ts";
import type { PairArguments } from "./options.ts";
import { complaintOf, fileAsOptionComplaintOf, helpComplaintOf, oneHyphenComplaintOf } from "./parse-complaint.ts";
import { DEFAULT_STUN_SERVERS } from "../command-port.ts";
import { Usage } from "./usage.ts";

export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;
export const TRANSFERS_ACTIONS = ["list", "discard"] as const;
export type Shell = (typeof SHELLS)[number];

export const CONTACTS_ACTIONS = ["list", "remove"] as const;
type ContactsAction = (typeof CONTACTS_ACTIONS)[number];

/** The parsed request. */
export type Invocation =
  | { readonly command: "pair"; readonly pair: PairArguments }
  | { readonly command: "doctor" | "loopback" | "page"; readonly options: RawOptions }
  | { readonly command: "inspect"; readonly file: string; readonly json: boolean; readonly options: RawOptions }
  | {
      readonly command: "contacts";
      readonly action: ContactsAction;
      readonly who: string | undefined;
      readonly json: boolean;
    }
  | { readonly command: "code"; readonly document: string; readonly qr: boolean }
  | { readonly command: "seal" | "unseal"; readonly file: string; readonly options: RawOptions }
  | { readonly command: "transfers"; readonly discard: string | undefined; readonly json: boolean }
  | { readonly command: "completion"; readonly shell: Shell }
  | { readonly command: "licenses" }
  /** Help or version. `asked` is false for `p2p` alone, where the help is a complaint. */
  | { readonly command: "text"; readonly text: string; readonly asked: boolean };

export interface Surroundings {
  readonly words: Words;
  readonly version: string;
  /** Path of the config file, as people write it. */
  readonly config: string;
  /** Columns of the terminal that shows the help. */
  readonly columns: number;
}

/**
 * @param argv - without node and script
 * @throws P2pError USAGE
 */
export function parseCommandLine(argv: readonly string[], surroundings: Surroundings): Invocation {
  let invocation: Invocation | undefined;
  let text = "";
  const program = buildProgram(surroundings, {
    onInvocation: (understood) => {
      invocation = understood;
    },
    write: (output) => {
      text += output;
    },
  });
  const { words } = surroundings;
  const complaint = fileAsOptionComplaintOf(argv, program, words) ?? oneHyphenComplaintOf(argv, program, words);
  if (complaint !== undefined) throw complaint;
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const isText = ["commander.help", "commander.helpDisplayed", "commander.version"].includes(error.code);
    if (!isText) throw complaintOf(error, argv, program, surroundings.words);
    const aboutHelp = helpComplaintOf(argv, program, surroundings.words);
    if (aboutHelp !== undefined) throw aboutHelp;
    // Commander takes an option behind `help` for nothing that was asked.
    return { command: "text", text, asked: error.exitCode === 0 || program.args[0] === "help" };
  }
  if (invocation === undefined) throw new TypeError("a command without action");
  return invocation;
}

interface Listeners {
  onInvocation: (invocation: Invocation) => void;
  /** Receives help and version text. */
  write: (text: string) => void;
}

const NOBODY: Listeners = { onInvocation: () => {}, write: () => {} };

/** Builds the whole tree; completion scripts are generated from it. */
export function buildProgram(surroundings: Surroundings, { onInvocation, write }: Listeners = NOBODY): Command {
  const { words } = surroundings;
  const { help } = words.cli;
  const program = new Command("p2p")
    .exitOverride()
    .enablePositionalOptions()
    .configureHelp(helpLayout(words, surroundings.columns))
    // The code that catches a complaint prints it in the user's language.
    .configureOutput({ writeOut: write, writeErr: write, outputError: () => {} })
    .description(help.about)
    .addHelpText("after", `\n${describedTerms(help.examplesTitle, help.examples, helpWidth(surroundings.columns))}`)
    .addHelpText("after", `\n${wrapText(help.more({ config: surroundings.config }), helpWidth(surroundings.columns))}`)
    .helpCommand("help [command]", help.commands.help);
  const tree = new TreeBuilder(surroundings);
  tree.addOptions(program, COMMON_OPTIONS);
  const site: Site = { program, tree, surroundings, onInvocation };
  // The calls are in the order of the help.
  addPairing(site);
  addInspection(site);
  addCode(site);
  addDoctor(site);
  addLoopback(site);
  addSealing(site);
  addContacts(site);
  addTransfers(site);
  addPage(site);
  addCompletion(site);
  addLicenses(site);
  return program;
}

/** Where commands are added. */
interface Site {
  program: Command;
  tree: TreeBuilder;
  surroundings: Surroundings;
  onInvocation: Listeners["onInvocation"];
}

function addPairing({ program, tree, surroundings, onInvocation }: Site): void {
  const { help } = surroundings.words.cli;
  for (const role of ["offer", "answer"] as const) {
    const command = program.command(role).description(help.commands[role]).argument("[PATH...]", help.arguments.path);
    addTextAfter(
      command,
      surroundings,
      help.settings({ config: surroundings.config }),
      help.stunServers({ urls: DEFAULT_STUN_SERVERS.join(" ") }),
    );
    tree.addOptions(command, PAIR_OPTIONS);
    command.action((paths: string[]) => {
      onInvocation({ command: "pair", pair: { role, paths, options: tree.given } });
    });
  }
}

function addTextAfter(command: Command, { columns }: Surroundings, ...paragraphs: string[]): void {
  command.addHelpText("after", `\n${wrapText(paragraphs.join("\n\n"), helpWidth(columns))}`);
}

function addInspection({ program, tree, surroundings, onInvocation }: Site): void {
  const { help } = surroundings.words.cli;
  const inspect = program.command("inspect").description(help.commands.inspect);
  inspect.argument("<FILE>", help.arguments.file);
  tree.addOptions(inspect, INSPECT_OPTIONS);
  inspect.action((file: string) => {
    onInvocation({ command: "inspect", file, json: tree.given.get("json") === true, options: tree.given });
  });
}

function addCode({ program, tree, surroundings, onInvocation }: Site): void {
  const { help } = surroundings.words.cli;
  const code = program.command("code").description(help.commands.code);
  code.argument("<FILE>", help.arguments.document);
  tree.addOptions(code, CODE_OPTIONS);
  code.action((document: string) => {
    onInvocation({ command: "code", document, qr: tree.given.get("qr") === true });
  });
}

function addDoctor({ program, tree, surroundings, onInvocation }: Site): void {
  const { help } = surroundings.words.cli;
  const doctor = program.command("doctor").description(help.commands.doctor);
  addTextAfter(doctor, surroundings, help.stunServers({ urls: DEFAULT_STUN_SERVERS.join(" ") }));
  tree.addOptions(doctor, DOCTOR_OPTIONS);
  doctor.action(() => {
    onInvocation({ command: "doctor", options: tree.given });
  });
}

function addLoopback({ program, tree, surroundings, onInvocation }: Site): void {
  const loopback = program.command("loopback").description(surroundings.words.cli.help.commands.loopback);
  tree.addOptions(loopback, LOOPBACK_OPTIONS);
  loopback.action(() => {
    onInvocation({ command: "loopback", options: tree.given });
  });
}

function addSealing({ program, tree, surroundings, onInvocation }: Site): void {
  const { help } = surroundings.words.cli;
  for (const [name, options] of [["seal", SEAL_OPTIONS] as const, ["unseal", UNSEAL_OPTIONS] as const]) {
    const command = program.command(name).description(help.commands[name]).argument("<FILE>", help.arguments.file);
    tree.addOptions(command, options);
    command.action((file: string) => {
      onInvocation({ command: name, file, options: tree.given });
    });
  }
}

function addContacts({ program, tree, surroundings: { words }, onInvocation }: Site): void {
  const { help } = words.cli;
  const contacts = program.command("contacts").description(help.commands.contacts);
  contacts.argument("[ACTION]", help.arguments.contacts).argument("[WHO]", help.arguments.who);
  tree.addOptions(contacts, CONTACTS_OPTIONS);
  contacts.action((text = "list", who?: string) => {
    const action = CONTACTS_ACTIONS.find((known) => known === text);
    const usage = new Usage(words);
    if (action === undefined) throw usage.badChoice("p2p contacts", text, CONTACTS_ACTIONS);
    if (action === "remove" && who === undefined) throw usage.missingArgument("contacts", "WHO");
    if (action === "list" && who !== undefined) throw usage.tooManyArguments("contacts list");
    onInvocation({ command: "contacts", action, who, json: tree.given.get("json") === true });
  });
}

function addTransfers({ program, tree, surroundings: { words }, onInvocation }: Site): void {
  const { help } = words.cli;
  const transfers = program.command("transfers").description(help.commands.transfers);
  transfers.argument("[ACTION]", help.arguments.action).argument("[ID]", help.arguments.id);
  tree.addOptions(transfers, TRANSFERS_OPTIONS);
  transfers.action((action: string = "list", id?: string) => {
    onInvocation({
      command: "transfers",
      discard: discardedId(action, id, words),
      json: tree.given.get("json") === true,
    });
  });
}

/** @returns undefined for `list` */
function discardedId(action: string, id: string | undefined, words: Words): string | undefined {
  const usage = new Usage(words);
  if (action === "discard") {
    if (id === undefined) throw usage.missingArgument("transfers", "ID");
    return id;
  }
  if (action !== "list") throw usage.badChoice("p2p transfers", action, TRANSFERS_ACTIONS);
  if (id !== undefined) throw usage.tooManyArguments("transfers");
  return undefined;
}

function addPage({ program, tree, surroundings, onInvocation }: Site): void {
  const page = program.command("page").description(surroundings.words.cli.help.commands.page);
  tree.addOptions(page, PAGE_OPTIONS);
  page.action(() => {
    onInvocation({ command: "page", options: tree.given });
  });
}

function addCompletion({ program, tree, surroundings: { words }, onInvocation }: Site): void {
  const { help } = words.cli;
  const completion = program.command("completion").description(help.commands.completion);
  completion.argument("<SHELL>", help.arguments.shell);
  tree.addOptions(completion, COMMON_OPTIONS);
  completion.action((text: string) => {
    const shell = SHELLS.find((known) => known === text);
    if (shell === undefined) throw new Usage(words).badChoice("p2p completion", text, SHELLS);
    onInvocation({ command: "completion", shell });
  });
}

function addLicenses({ program, tree, surroundings: { words }, onInvocation }: Site): void {
  const licenses = program.command("licenses").description(words.cli.help.commands.licenses);
  tree.addOptions(licenses, COMMON_OPTIONS);
  licenses.action(() => {
    onInvocation({ command: "licenses" });
  });
}

class TreeBuilder {
  readonly #given = new Map<string, Given>();
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** All options parsed so far, of all commands. */
  get given(): RawOptions {
    return this.#given;
  }

  addOptions(command: Command, specs: readonly OptionSpec[]): void {
    const { help } = this.#surroundings.words.cli;
    const groups: Readonly<Record<string, string>> = help.groups;
    const descriptions: Readonly<Record<string, string>> = help.options;
    const hasGroups = new Set(specs.map((spec) => spec.group)).size > 1;
    for (const spec of specs) {
      const flags = `${spec.short === undefined ? "" : `-${spec.short}, `}--${spec.name}`;
      const option = new Option(
        spec.value === undefined ? flags : `${flags} <${spec.value}>`,
        descriptions[spec.describedAs ?? spec.name],
      );
      if (hasGroups) option.helpGroup(groups[spec.group] ?? "");
      command.addOption(option);
      // Commander would merge `--chat` and `--no-chat` into one value; here both are recorded.
      command.on(`option:${option.name()}`, (value: string | undefined) => {
        const before = this.#given.get(spec.name);
        this.#given.set(spec.name, value === undefined ? true : [...(Array.isArray(before) ? before : []), value]);
      });
    }
    const group = hasGroups ? (groups["output"] ?? "") : undefined;
    const helpOption = new Option("-h, --help", help.helpOption);
    if (group !== undefined) helpOption.helpGroup(group);
    command.addHelpOption(helpOption);
    command.version(this.#surroundings.version, "-V, --version", help.versionOption);
    const versionOption = command.options.find((option) => option.long === "--version");
    if (group !== undefined) versionOption?.helpGroup(group);
  }
}
