// @ts-check
// Text of the generated pages: docs/errors.md from the table of error codes, docs/api.md from the declarations.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { exportsOf, mentionedBy } from "./declarations.mjs";
import { root } from "./project.mjs";

const NOTE = "<!-- Written by `npm run docs`; do not edit. -->";

/** The sentence for each exit code; the table is grouped by it. */
export const EXIT_MEANINGS = {
  1: "unexpected: a bug",
  2: "usage",
  3: "cannot connect, not who it should be, or connection lost with no transfer running",
  4: "a transfer was interrupted",
  5: "data failed its hash",
  6: "exchange file invalid, expired, mismatched or not there in time",
  7: "the peer declined or cannot take files",
  8: "local trouble: disk full, unreadable, no permission, folder in use",
};

/**
 * Texts that depend on more than an inserted name (which flaw, which proof).
 * @type {Readonly<Record<string, { message: string, hint: string }>>}
 */
const VARIED_TEXTS = {
  CANNOT_CONNECT: {
    message:
      "no connection after ‹seconds› s: ‹how many pairs of addresses were tried and answered, or what was reached: DTLS, SCTP, a data channel›",
    hint: "‹the likely cause of that›; where nobody answered: check that both sides are running and the newest files were carried; behind strict NATs use --turn; p2p doctor tells",
  },
  CONNECTION_LOST: {
    message:
      "the connection was lost: ‹nothing heard for some seconds, or how the other side ended it›; not delivered: ‹count› messages",
    hint: "run the same command again on both sides and exchange fresh files",
  },
  FILE_MALFORMED: { message: "‹path›: ‹field›: ‹what is wrong with it›", hint: "‹how to mend it›" },
  FILE_SEALED: {
    message: "‹path›: sealed with a passphrase, or to somebody's age key",
    hint: "give the passphrase (terminal, P2P_PASSPHRASE, --passphrase-file), or open it with the key: p2p unseal -i",
  },
  FILE_WRONG_PASSPHRASE: {
    message: "‹path›: this passphrase, or none of these keys, opens it",
    hint: "check it with the other side; if it is right, the file was changed on its way: carry it again",
  },
  FOLDER_IN_USE: {
    message: "p2p ‹command› (pid ‹pid›) is already working in ‹dir›",
    hint: "two people need two folders: both sides cannot share one; use --dir for the second",
  },
  TRANSFER_INTERRUPTED: {
    message:
      "'‹name›' was interrupted after ‹bytes› of ‹total›, or was not sent: one side left before; or the other side cancelled it",
    hint: "connect again and send it again: the received part is kept, only the rest is sent; what was cancelled is not kept",
  },
  PEER_DECLINED: {
    message: "the other side declined '‹name›', or cancelled it, or nobody was there to accept it",
    hint: "ask the other person, or have them run in a terminal or with --yes; then send it again",
  },
  PEER_NOT_AUTHENTIC: {
    message: "who answers shows another certificate, does not own it, or the handshake was changed",
    hint: "somebody may be in the middle, or an old file was carried: exchange fresh files another way",
  },
  SECRET_UNREADABLE: {
    message: "‹path›: cannot be read, is empty, can be read by others, or holds no key",
    hint: "‹how to mend it›",
  },
  BIND_FAILED: {
    message: "cannot use the local address ‹address›, or port ‹ports› of it: ‹reason›",
    hint: "give --bind an address of this machine, and --port a number above 1023 that no other program uses, or a range",
  },
  TURN_CERTIFICATE: {
    message: "the certificate of ‹url› has expired, is not valid yet, is for another name, or is vouched for by nobody",
    hint: "renew it, check this computer's date, write the name that it is for, or name your authority in NODE_EXTRA_CA_CERTS",
  },
  TURN_REFUSED: {
    message: "‹url› does not take this user and password, or gives no relay: ‹status› ‹phrase›",
    hint: "correct them in the config file, or in P2P_TURN_USER and P2P_TURN_PASSWORD; else ask whoever runs the server",
  },
  STUN_SILENT: {
    message: "none of the ‹count› STUN servers has answered",
    hint: "check the network and the names; where UDP is blocked use --turn 'turn:host?transport=tcp', within one network --no-stun",
  },
  SERVER_ANSWER_WRONG: {
    message:
      "‹url› answered without an address, with one that cannot be ours, with an error that does not say which, or sends what is no TURN message",
    hint: "this server is broken, or is not what it says; name another one",
  },
  FAR_END_FAILED: {
    message:
      "‹via›: there is no p2p at the far end, it does not know an option, cannot use its folder, stopped too early, or has sent no exchange file (exit code ‹status›)",
    hint: "what it says is shown above; ‹how to mend it›",
  },
  CARRIER_NOT_STARTED: {
    message: "cannot start '‹program›': there is no such program, or ‹code›",
    hint: "install the OpenSSH client, or use --via exec:COMMAND",
  },
  BROKER_REFUSED: {
    message:
      "the broker ‹url› does not take this user and password, does not let us use these topics, or refuses: MQTT code ‹status›",
    hint: "give user and password in P2P_MQTT_USER and P2P_MQTT_PASSWORD, or a prefix where reading and writing is allowed; else ask whoever runs the broker",
  },
  BROKER_CERTIFICATE: {
    message: "the certificate of ‹url› has expired, is not valid yet, is for another name, or is vouched for by nobody",
    hint: "renew it, check this computer's date, write the name that it is for, or name your authority in NODE_EXTRA_CA_CERTS",
  },
  MEDIA_UNREADABLE: {
    message: "cannot publish ‹name›: nothing is in it, it is no media file that is read, or it is damaged",
    hint: "make it with ffmpeg: the command is shown",
  },
  MEDIA_PAIR_IMPOSSIBLE: {
    message: "cannot record into '‹name›': this kind of file holds no ‹codec›",
    hint: "end the name with one of the endings that are shown",
  },
  MEDIA_UNSUPPORTED: {
    message:
      "cannot send ‹name› as it is: of another codec, with B-frames, with more colours than 4:2:0 of 8 bits, or of more channels",
    hint: "convert it with ffmpeg: the command is shown",
  },
  MEDIA_DECLINED: {
    message:
      "the other side does not take your sound or picture, cannot, no longer takes it, or left before its end; it is not p2p, where --whip does not get to; or this connection has no keys for it",
    hint: "the other side has to run with --record, and a kind of file that holds it; else ask the other person, and connect again",
  },
  VERIFY_FAILED: {
    message: "the other side cannot compare, does not take part, breaks the rules, or ended before",
    hint: "use a newer p2p over there; else somebody may be in the middle: exchange fresh files and compare again",
  },
  VERIFY_REFUSED: {
    message: "here or over there it was not confirmed that both read the same, or it is not what was expected",
    hint: "if the two strings differ, somebody is in the middle: exchange fresh files another way and compare again",
  },
};

/** @returns {Promise<string>} docs/errors.md */
export async function errorsPage() {
  const { ERROR_CODES } = await import(pathToFileURL(join(root, "build/lib/errors/codes.js")).href);
  const { ENGLISH } = await import(pathToFileURL(join(root, "build/lib/errors/english.js")).href);
  // Every parameter is replaced by its own name, so that the texts show where names and numbers are inserted.
  const names = new Proxy({}, { get: (_, name) => `‹${String(name)}›` });
  const lines = [
    NOTE,
    "# Errors",
    "",
    "Every condition that a person can act on has a code. It stands at the end of the line that `p2p` prints, in the",
    "`error` event of `--json`, and in `P2pError.code` of the module. *Again* says whether doing the same once more,",
    "with nothing changed, can succeed.",
    "",
    "```",
    "p2p: error: ‹what happened› (‹CODE›)",
    "p2p: hint: ‹what to do›",
    "```",
  ];
  for (const [exit, meaning] of Object.entries(EXIT_MEANINGS)) {
    const codes = Object.keys(ERROR_CODES).filter((code) => String(ERROR_CODES[code].exit) === exit);
    lines.push("", `## Exit ${exit}: ${meaning}`, "");
    lines.push("| code | meaning | what happened | what to do | again |", "| --- | --- | --- | --- | --- |");
    for (const code of codes) {
      const { summary, retryable } = ERROR_CODES[code];
      const text = ENGLISH[code];
      const shown = VARIED_TEXTS[code] ?? { message: text.message(names), hint: text.hint(names) };
      // One of several wordings, by a parameter that is only a name here.
      const message = shown.message.replace(/\bundefined$/u, "‹why›");
      const cells = [`\`${code}\``, summary, message, shown.hint, retryable ? "yes" : "no"];
      lines.push(`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** @returns {{ page: string, undocumented: string[] }} docs/api.md, and the exports that have no docstring */
export function apiPage() {
  const exported = exportsOf(join(root, "build/index.d.ts"));
  const lines = [
    NOTE,
    "# The module",
    "",
    'Everything that `import { … } from "p2p-line"` gives, from the docstrings of the source. Semantic versioning covers it.',
    "What throws, throws a `P2pError` with a code of [errors.md](errors.md); a caller's mistake is a `TypeError` or a",
    "`RangeError`.",
    "",
    ...[...exported].map(([name, { doc }]) => `- [\`${name}\`](#${name.toLowerCase()}): ${firstSentence(doc)}`),
  ];
  for (const [name, { doc, code }] of exported) {
    lines.push("", `## ${name}`, "", ...(doc === "" ? [] : [...markdownOf(doc), ""]), "```ts", shown(code), "```");
  }
  const parts = mentionedBy(exported);
  lines.push(
    "",
    "## Parts of these types",
    "",
    'They have no name of their own in the module: `SessionSettings["consent"]` is one way to write one.',
  );
  for (const [name, { doc, code }] of parts) {
    lines.push("", `### ${name}`, "", ...(doc === "" ? [] : [...markdownOf(doc), ""]), "```ts", shown(code), "```");
  }
  const undocumented = [...exported].filter(([, { doc }]) => doc === "").map(([name]) => name);
  return { page: `${lines.join("\n")}\n`, undocumented };
}

/** @param {string} doc */
function firstSentence(doc) {
  const text = doc.split(/\n\s*\n|\n@/)[0] ?? "";
  return text.replaceAll("\n", " ").replace(/\. .*$/, ".");
}

/**
 * Returns prose unchanged and tags as a list.
 * @param {string} doc
 * @returns {string[]}
 */
function markdownOf(doc) {
  const [prose = "", ...tags] = doc.split(/^@/m);
  const list = tags.map((tag) => {
    const [, kind = "", text = ""] = /^(\w+)\s*([\s\S]*)$/.exec(tag.trim()) ?? [];
    const flat = text.replace(/\n\s*/g, " ");
    return `- ${kind === "param" ? flat.replace(/^(\S+)/, "`$1`") : `${kind}: ${flat}`}`;
  });
  return [prose.trim(), ...(list.length > 0 ? ["", ...list] : [])];
}

/**
 * Returns the declaration without keywords that mean nothing to a reader, and a long constant without its members.
 * @param {string} code
 */
function shown(code) {
  const bare = code.replace(/^export (declare )?/gm, "").replace(/^ {4}#private;\n/gm, "");
  return /^const \w+: \{\n/.test(bare) ? bare.replace(/\{[\s\S]*$/, "{ … };") : bare;
}
