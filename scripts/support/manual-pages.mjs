// @ts-check
// The manual pages, in the macros of man(7): options and arguments come from the tree of commands, as the help does, so
// that they cannot differ from it; what a manual adds (exit status, files, environment, examples) stands here.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { EXIT_MEANINGS } from "./generated-docs.mjs";
import { root } from "./project.mjs";

/** @typedef {import("commander").Command} Command */
/** @typedef {readonly [term: string, text: string]} Entry */

/** Where the config file is, as a manual says it: it describes no one computer. */
const CONFIG = "$XDG_CONFIG_HOME/p2p/config.json";

/** @type {readonly Entry[]} */
const EXIT_STATUS = [
  ["0", "done: everything that was to be sent was acknowledged by the other side"],
  ...Object.entries(EXIT_MEANINGS),
  ["129, 130, 143", "ended by SIGHUP, Ctrl-C (SIGINT) or SIGTERM"],
];

/** @type {readonly Entry[]} */
const FILES = [
  ["LocaltionJson.json", "my exchange file, written to the current folder or to that of --dir. It is a secret."],
  ["LocaltionJson_p.json", "the other side's exchange file, under this or any other name that ends in .json"],
  ["p2p.sdp", "in the current folder: describes the RTP of --rtp-out for ffplay and ffmpeg"],
  [CONFIG, "the config file, by default in ~/.config; on Windows %APPDATA%\\p2p\\config.json"],
  [
    "$XDG_STATE_HOME/p2p",
    "keys, contacts, used offers and unfinished receptions, by default in ~/.local/state; on Windows %LOCALAPPDATA%\\p2p",
  ],
  [".p2p-*.part", "a file that has arrived in part, in the folder where it goes; a later session goes on with it"],
];

/** @type {readonly Entry[]} */
const ENVIRONMENT = [
  [
    "P2P_NAME",
    "where NAME is that of a long option in capitals, with _ for -: its value, as P2P_WAIT=2h. A switch is 1 or 0, a list has commas. The command line counts more, the config file less.",
  ],
  ["P2P_PASSPHRASE", "the passphrase of --seal, --via mqtt://, seal, unseal and inspect; not with --to"],
  ["P2P_WHIP_TOKEN", "the token that programs at --whip and --whep have to know; else one is made"],
  ["P2P_TURN_USER, P2P_TURN_PASSWORD", "for the TURN servers"],
  ["P2P_MQTT_USER, P2P_MQTT_PASSWORD", "for the broker of --via mqtt://"],
  ["P2P_CONFIG", "another config file"],
  ["P2P_STATE_DIR", "another folder for what is kept"],
  ["P2P_DEBUG", "1: errors show where they come from"],
  ["NO_COLOR", "not empty: no colours"],
  ["LC_ALL, LC_MESSAGES, LANG", "the language, where --lang does not name it"],
];

/** @type {Readonly<Record<string, readonly Entry[]>>} */
const EXAMPLES = {
  offer: [
    [
      "p2p offer",
      "Begin a conversation: carry LocaltionJson.json to the other side, and put what they send back here.",
    ],
    ["p2p offer film.mkv photos/", "Send a file and a folder, and end when they are there."],
    ["p2p offer --seal --verify film.mkv", "The same where somebody may look at, or change, what is carried."],
    [
      "p2p offer --via ssh://ann@nas film.mkv",
      "Send it to a computer where you may log in and p2p is installed: nobody carries a file.",
    ],
    ["tar c photos | p2p offer --stdin-name photos.tar -", "Send what another program writes."],
    ["p2p offer --json --no-chat film.mkv", "For a script: events on stdout."],
  ],
  answer: [
    ["p2p answer", "Read the offer in this folder, or wait for it; send LocaltionJson.json back."],
    ["p2p answer --yes --output ~/Downloads", "Take everything that comes, without a question."],
    ["p2p answer --in - --out - <offer.json >answer.json", "The two files by pipes."],
    ["p2p answer -o - | tar x", "The first file that comes goes to another program."],
  ],
  inspect: [["p2p inspect LocaltionJson_p.json", "What they sent: addresses, age, fingerprint, and what is odd."]],
  code: [["p2p code LocaltionJson.json", "The same file in one line that can be typed."]],
  doctor: [["p2p doctor --stun stun:stun.example.org", "Ask one server instead of the default ones."]],
  loopback: [
    ["p2p loopback", "Whether p2p works on this computer at all, and how fast."],
    ["p2p loopback --json >loopback.json", "The same for a bug report."],
  ],
  seal: [["p2p seal -r age1… LocaltionJson.json", "Only the owner of that age key can read it."]],
  unseal: [["p2p unseal -i key.txt LocaltionJson_p.json", "Open it with a key of age."]],
  contacts: [["p2p contacts remove Ann", "Forget her key: the next session with her begins as with anybody."]],
  transfers: [["p2p transfers discard 1a2b3c4d", "Remove what has arrived in part of that transfer."]],
  licenses: [["p2p licenses | less", "Read them."]],
  page: [["p2p page", "Write p2p.html. Whoever opens it in a browser needs nothing else."]],
  completion: [
    ["p2p completion bash > ~/.local/share/bash-completion/completions/p2p", "For bash."],
    ["p2p completion zsh > ~/.zfunc/_p2p", "For zsh, where ~/.zfunc is in fpath."],
    ["p2p completion fish > ~/.config/fish/completions/p2p.fish", "For fish."],
    ["p2p completion powershell >> $PROFILE", "For PowerShell."],
  ],
};

/** @returns {Promise<ReadonlyMap<string, string>>} the text of each page by its path below the root */
export async function manualPages() {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { buildProgram } = await import(pathToFileURL(join(root, "build/cli/program.js")).href);
  const { wordsFor } = await import(pathToFileURL(join(root, "build/words/index.js")).href);
  const words = wordsFor("en");
  /** @type {Command} */
  const program = buildProgram({ words, version, config: CONFIG, columns: 80 });
  const pages = new Map([["docs/man/p2p.1", mainPage(program, words.cli.help, version)]]);
  for (const command of program.commands) {
    pages.set(`docs/man/p2p-${command.name()}.1`, commandPage(command, program, version));
  }
  return pages;
}

/**
 * @param {Command} program
 * @param {{ about: string, examples: readonly Entry[] }} help
 * @param {string} version
 */
function mainPage(program, help, version) {
  return page("p2p", version, [
    section("NAME", [escaped("p2p - a direct, private line between two people with no server in the middle")]),
    section("SYNOPSIS", [".B p2p", `.I command`, "[options] [arguments]"]),
    section("DESCRIPTION", [
      paragraph(help.about),
      paragraph(
        "One side runs p2p offer, which writes an exchange file. A person carries it to the other side, by mail, chat or stick. There p2p answer reads it and writes another one, which is carried back. Then the two programs connect to each other, encrypted from end to end, and text and files of any size pass between them. What is interrupted is resumed in a later session.",
      ),
    ]),
    section(
      "COMMANDS",
      program.commands.map((command) => entry(`p2p-${command.name()}(1)`, command.description())),
    ),
    section("OPTIONS", program.options.map(optionEntry)),
    section("EXAMPLES", help.examples.map(exampleEntry)),
    ...commonSections(),
    seeAlso(program.commands.map((command) => `p2p-${command.name()}`)),
  ]);
}

/**
 * @param {Command} command
 * @param {Command} program
 * @param {string} version
 */
function commandPage(command, program, version) {
  const name = command.name();
  const operands = command.registeredArguments.map((one) =>
    one.required ? one.name() : `[${one.name()}${one.variadic ? "..." : ""}]`,
  );
  const others = program.commands.filter((other) => other !== command).map((other) => `p2p-${other.name()}`);
  return page(`p2p-${name}`, version, [
    section("NAME", [escaped(`p2p-${name} - ${command.description()}`)]),
    section("SYNOPSIS", [`.B p2p ${escaped(name)}`, escaped(["[options]", ...operands].join(" "))]),
    ...(operands.length === 0
      ? []
      : [
          section(
            "ARGUMENTS",
            command.registeredArguments.map((one) => entry(one.name(), one.description)),
          ),
        ]),
    ...optionSections(command),
    section("EXAMPLES", (EXAMPLES[name] ?? []).map(exampleEntry)),
    ...commonSections(),
    seeAlso(["p2p", ...others]),
  ]);
}

/**
 * One section, or one for each group where the help has groups.
 * @param {Command} command
 */
function optionSections(command) {
  const groups = new Map();
  for (const option of command.options) {
    const group = option.helpGroupHeading ?? "";
    groups.set(group, [...(groups.get(group) ?? []), optionEntry(option)]);
  }
  const entries = [...groups].flatMap(([group, options]) =>
    groups.size === 1 ? options : [`.SS "${escaped(group.replace(/:$/, ""))}"`, ...options],
  );
  return [section("OPTIONS", entries)];
}

/** @param {import("commander").Option} option */
function optionEntry(option) {
  const [flags = "", value] = option.flags.split(/ (?=<)/);
  const names = flags.split(", ").map((flag) => `\\fB${escaped(flag)}\\fR`);
  const shown = value === undefined ? "" : ` \\fI${escaped(value.replaceAll(/[<>]/g, ""))}\\fR`;
  return [".TP", names.join(", ") + shown, escaped(option.description)].join("\n");
}

/** What every page has. */
function commonSections() {
  return [
    section(
      "EXIT STATUS",
      EXIT_STATUS.map(([term, text]) => entry(term, text)),
    ),
    section(
      "ENVIRONMENT",
      ENVIRONMENT.map(([term, text]) => entry(term, text)),
    ),
    section(
      "FILES",
      FILES.map(([term, text]) => entry(term, text)),
    ),
  ];
}

/** @param {readonly string[]} pages */
function seeAlso(pages) {
  const links = pages.map((name) => `.BR ${escaped(name)} (1)`);
  return section("SEE ALSO", [links.map((link, index) => link + (index < links.length - 1 ? "," : "")).join("\n")]);
}

/**
 * @param {string} name
 * @param {string} version
 * @param {readonly string[]} sections
 */
function page(name, version, sections) {
  // Written by the build without a date, so that the same source gives the same pages.
  return [
    '.\\" Written by `npm run docs`; do not edit.',
    `.TH "${escaped(name.toUpperCase())}" 1 "" "p2p ${escaped(version)}" "p2p"`,
    ".nh",
    ".ad l",
    ...sections,
    "",
  ].join("\n");
}

/**
 * @param {string} title
 * @param {readonly string[]} parts
 */
function section(title, parts) {
  return [`.SH "${title}"`, ...parts].join("\n");
}

/** @param {string} text */
function paragraph(text) {
  return `.PP\n${escaped(text)}`;
}

/**
 * @param {string} term
 * @param {string} text
 */
function entry(term, text) {
  return `.TP\n\\fB${escaped(term)}\\fR\n${escaped(text)}`;
}

/** @param {Entry} example */
function exampleEntry([line, text]) {
  return `.TP\n\\fB${escaped(line)}\\fR\n${escaped(text)}`;
}

/**
 * A text as roff has it: nothing in it is a request, and a hyphen of an option can be copied as one.
 * @param {string} text
 */
function escaped(text) {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("~", "\\(ti")
    .replaceAll("^", "\\(ha")
    .replaceAll('"', "\\(dq")
    .replaceAll("…", "...")
    .replaceAll(/^([.'])/gm, "\\&$1");
}
