// The English message and hint of every error code. They belong to the error, so that an embedding program and a
// log can read it; other languages are in words/. `hint` says what to type or change next.
import { CONNECT_TEXTS, connectHint } from "./connect-texts.ts";
import {
  BROKER_FLAWS,
  FLAW_TEXTS,
  isBrokerFlaw,
  isFolderMissing,
  NO_CODE,
  ODD_FILES,
  LOSS_TEXTS,
  lossText,
  subjectOf,
} from "./english-parts.ts";
import { FAR_END_TEXTS, farStatusText } from "./far-end-texts.ts";
import { flawText } from "./flaw.ts";
import { MEDIA_ERRORS, placeCure } from "./english-media.ts";
import { SEAL_ERRORS } from "./english-seal.ts";
import { TRANSFER_ERRORS } from "./english-transfers.ts";
import { type ErrorParamsByCode, type ErrorTexts, type OfDocument, text, type PortRange } from "./params.ts";

/** The cure for a document that no person carries: what runs at the far end is to print another one. */
function cureAtSource({ carriedBy }: OfDocument): string | undefined {
  if (carriedBy === "command") return FAR_END_TEXTS["no-document"].cure;
  return carriedBy === undefined ? undefined : "end both sides and run both commands again";
}

/** What the other side is to do, and what is to be done with its new document where a person carries it. */
function andCarry({ carriedBy }: OfDocument, whatToDo: string): string {
  return carriedBy === undefined ? `${whatToDo} and carry the new file` : whatToDo;
}

/** The field in which the flaw is; of the file as a whole there is nothing to say. */
function placeOf(field: string): string {
  return field === "file" ? "" : `${field}: `;
}

/** `5000`, or `5000-5010`. */
export function portText({ first, last }: PortRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}

/** A TURN server's reply to a wrong user or password. RFC 8489 §9.2. */
export const UNAUTHENTICATED = 401;

/** The certificate of a server of any kind. */
const CERTIFICATE = text<ErrorParamsByCode["TURN_CERTIFICATE"]>(
  (p) =>
    `the certificate of ${p.url} ${
      {
        expired: "has expired",
        "not-yet-valid": "is not valid yet",
        "other-name": "is for another name",
        untrusted: "is vouched for by nobody that this computer knows",
      }[p.flaw]
    } (${p.reason})`,
  (p) =>
    ({
      expired: "whoever runs the server has to renew it; check this computer's date",
      "not-yet-valid": "check this computer's date",
      "other-name": "write the server's name as its certificate has it",
      untrusted: "if it is your own authority, name its file in NODE_EXTRA_CA_CERTS",
    })[p.flaw],
);

const installAgain = (): string => "install p2p again; in a checkout run: npm run build";

/** Message and hint of every error code, in English. */
export const ENGLISH: ErrorTexts = {
  // Anything
  INTERNAL: text(
    (p) => `unexpected: ${p.detail}`,
    () => "this is a bug; please report it with the output of the same command and P2P_DEBUG=1",
  ),
  USAGE: text(
    (p) => p.detail,
    (p) => p.cure,
  ),
  CURRENT_FOLDER_GONE: text(
    () => "the current folder is not there any more: it was removed",
    () => "go to a folder that is there (cd) and run the command again",
  ),
  CONFIG_INVALID: text(
    (p) => `${p.path}: ${p.detail}`,
    (p) => p.cure,
  ),

  // Exchange files and their folder
  FILE_MALFORMED: text(
    (p) => `${subjectOf(p.path)}: ${placeOf(p.field)}${flawText(p.flaw, FLAW_TEXTS).problem}`,
    (p) => cureAtSource(p) ?? flawText(p.flaw, FLAW_TEXTS, p.by).cure,
  ),
  FILE_MISSING: text(
    (p) => `${p.path}: there is no such file`,
    () => "check the name, and the folder in which it is",
  ),
  FILE_TOO_LARGE: text(
    (p) => `${subjectOf(p.path)}: larger than ${p.limit}`,
    () => "this is not an exchange file; ask the other side for its LocaltionJson.json",
  ),
  FILE_EXPIRED: text(
    (p) => `${subjectOf(p.path)}: expired on ${p.expiresAt}${p.now === undefined ? "" : `; here it is ${p.now}`}`,
    (p) =>
      `if it was made just now, one of the two clocks is wrong: compare time and date; else ${andCarry(p, "ask the other side to run its command again")}`,
  ),
  FILE_USED: text(
    (p) => `${subjectOf(p.path)}: a session from this file was already connected`,
    (p) => andCarry(p, "ask the other side to run p2p offer again"),
  ),
  FILE_MISMATCHED: text(
    (p) => `${subjectOf(p.path)}: this answer belongs to another offer`,
    (p) => cureAtSource(p) ?? "carry the newest LocaltionJson.json to the other side and bring its new answer back",
  ),
  FILE_OWN: text(
    (p) => `${subjectOf(p.path)}: this is our own file`,
    (p) => cureAtSource(p) ?? "carry LocaltionJson.json to the other side, and put the other side's file here",
  ),
  FILE_WRONG_TYPE: text(
    (p) =>
      `${subjectOf(p.path)}: ${p.wanted === "offer" ? "this is an answer, an offer is needed" : "this is an offer, an answer is needed"}`,
    (p) =>
      cureAtSource(p) ??
      (p.wanted === "offer"
        ? "one side runs p2p offer, the other p2p answer; the offer's file is carried first"
        : "the other side runs p2p answer with our file, and its file is carried back"),
  ),
  NOTHING_TO_RESUME: text(
    (p) =>
      `no 'p2p ${p.command}' in ${p.dir} can be gone on with: none was stopped there, or it has connected or expired`,
    (p) => `run 'p2p ${p.command}' without --resume, and carry the new file`,
  ),
  FILE_NOT_RECOGNISED: text(
    (p) =>
      p.isAwaited === true
        ? `${subjectOf(p.path)}: not signed by ${p.name}, for whom this side waits: it is not taken`
        : `${subjectOf(p.path)}: not signed by ${p.name}, whose file counts: it is not taken`,
    (p) => {
      if (p.isAwaited === true) {
        return `waiting goes on; if ${p.name} has a new key, meet without --to, compare with --verify and /keep them again`;
      }
      return p.path === "-" || p.carriedBy !== undefined
        ? "if you want it all the same, start again and give this one alone"
        : `if you want it all the same, end with Ctrl-C and start again with --in ${p.path}`;
    },
  ),
  FILE_SECOND_ANSWER: text(
    (p) => `${subjectOf(p.path)}: a second answer to this offer, of somebody else or of another run, is not used`,
    (p) =>
      `one offer connects with one person: for another one run p2p offer ${p.carriedBy === undefined ? "in another folder, and carry that file" : "once more"}`,
  ),
  FILE_SUPERSEDED: text(
    (p) => `${subjectOf(p.path)}: a newer one of the other side was taken in its place`,
    () => "go on with the newer one",
  ),
  CODE_IMPOSSIBLE: text(
    (p) => `${subjectOf(p.path)}: there is no short code of it: ${NO_CODE[p.why]}`,
    () => "carry the file itself",
  ),
  FILE_NOT_THERE: text(
    (p) => `${p.path}: the other side's file did not come within ${p.wait}`,
    () => "start again, with a longer --wait if the file needs more time",
  ),
  FOLDER_IN_USE: text(
    (p) =>
      `p2p ${p.command} (pid ${p.pid}${p.otherHost === undefined ? "" : ` on ${p.otherHost.name}`}) is already working in ${p.dir}`,
    (p) =>
      p.otherHost === undefined
        ? "two people need two folders: both sides cannot share one; use --dir for the second"
        : `use --dir for another folder; if that process is gone, delete ${p.otherHost.lock}`,
  ),
  LOCK_UNUSABLE: text(
    (p) => `${p.path} is no lock of p2p: ${ODD_FILES[p.kind]}`,
    (p) => `remove ${p.path}, or use --dir for another folder`,
  ),
  FOLDER_GONE: text(
    (p) => `the folder ${p.dir} is not there any more: ${p.reason}`,
    () => "put it back: it is looked for again and again; or end this and start anew",
  ),
  STATE_UNUSABLE: text(
    (p) => `cannot keep what must be remembered in ${p.path}: ${p.reason}`,
    () => "name a folder of your own with P2P_STATE_DIR, or set HOME to your own",
  ),
  STATE_UNSAFE: text(
    (p) => `${p.path} is not safe to keep keys in: ${ODD_FILES[p.kind]}`,
    (p) =>
      p.kind === "open"
        ? `look at what is in it, then: chmod 700 ${p.path}`
        : `move ${p.path} away, or name another folder with P2P_STATE_DIR`,
  ),
  PLACE_NOT_UTF8: text(
    (p) => `'${p.path}' is not UTF-8: p2p keeps no exchange file there`,
    () => "go to another folder, or name one: --dir DIR",
  ),
  FOLDER_UNUSABLE: text(
    (p) =>
      p.takesNoFiles === true
        ? `cannot use the folder ${p.dir}: no file can be made in it (${p.reason})`
        : `cannot use the folder ${p.dir}: ${p.reason}`,
    (p) => {
      const other = `name another one with ${p.option === "via" ? "--via folder:DIR" : "--dir"}`;
      return isFolderMissing(p) ? `make it, or ${other}` : other;
    },
  ),

  ...SEAL_ERRORS,

  // Finding, opening and losing a connection
  CANNOT_CONNECT: text(
    (p) => `no connection after ${p.seconds} s: ${CONNECT_TEXTS.stages[p.stage](p.pairs)}`,
    (p) => connectHint(p, CONNECT_TEXTS),
  ),
  PEER_NOT_AUTHENTIC: text(
    (p) =>
      ({
        fingerprint: "who answers shows another certificate than the file names",
        signature: "who answers does not own the certificate that it shows",
        finished: "somebody changed the handshake on its way",
      })[p.failed],
    () => "somebody may be in the middle, or an old file was carried: exchange fresh files another way",
  ),
  REFUSED_BY_PEER: text(
    (p) => `the other side refused our certificate (alert ${p.alert})`,
    () => "it may hold an old or a changed file of ours: exchange fresh files another way",
  ),
  HANDSHAKE_FAILED: text(
    (p) => `the encrypted connection could not be set up: ${p.reason}`,
    () => "check that both sides have the newest file of each other; if they do, exchange fresh ones",
  ),
  CONNECTION_LOST: text(
    (p) => {
      const count = p.undelivered ?? 0;
      const undelivered = count === 0 ? "" : `; not delivered: ${count === 1 ? "1 message" : `${count} messages`}`;
      return `${lossText(p, LOSS_TEXTS)}${undelivered}`;
    },
    () => "run the same command again on both sides and exchange fresh files",
  ),
  BIND_FAILED: text(
    (p) =>
      p.ports === undefined
        ? `cannot use the local address ${p.address}: ${p.reason}`
        : `cannot use port ${portText(p.ports)} of the local address ${p.address}: ${p.reason}`,
    (p) => {
      if (p.option !== undefined) return placeCure(p.option, p.reason);
      return p.ports === undefined
        ? "give --bind an address of this machine, or leave it out"
        : p.reason === "EACCES"
          ? "give --port a number above 1023: lower ones are for root"
          : "another program uses it: give --port another one, or a range as 5000-5010";
    },
  ),
  NO_RELAY: text(
    (p) => `no relayed address from ${p.urls}`,
    () => "see above why; check the server and its user and password, or leave --relay-only out",
  ),

  // A carrier
  CARRIER_FAILED: text(
    (p) => `${p.via} does not carry the documents: ${p.reason}`,
    () => "see to the carrier of this program, and start again",
  ),
  CARRIER_NOT_STARTED: text(
    (p) =>
      p.code === "ENOENT"
        ? `cannot start '${p.program}': there is no such program`
        : `cannot start '${p.program}': ${p.code}`,
    (p) =>
      p.program === "ssh" ? "install the OpenSSH client, or use --via exec:COMMAND" : "check the command behind exec:",
  ),
  FAR_END_UNREACHABLE: text(
    (p) => `ssh could not reach ${p.via}`,
    () => "what ssh says is shown above; check that ssh alone can log in there, and run this again",
  ),
  FAR_END_FAILED: text(
    (p) => {
      const status = farStatusText(p.status, "exit code");
      return `${p.via}: ${FAR_END_TEXTS[p.why].problem}${status === "" ? "" : ` (${status})`}`;
    },
    (p) => FAR_END_TEXTS[p.why].cure,
  ),

  // STUN and TURN servers
  STUN_SILENT: text(
    (p) => (p.count === 1 ? "the STUN server has not answered" : `none of the ${p.count} STUN servers has answered`),
    () =>
      "check the network and the names; where UDP is blocked use --turn 'turn:host?transport=tcp', within one network --no-stun",
  ),
  TURN_SILENT: text(
    (p) => `${p.url} did not answer: ${p.reason}`,
    () => "check its name and port; where UDP is blocked add ?transport=tcp, or use turns:",
  ),
  TURN_REFUSED: text(
    (p) =>
      p.status === UNAUTHENTICATED
        ? `${p.url} does not take this user and password`
        : `${p.url} gives no relay: ${p.status} ${p.phrase}`,
    (p) =>
      p.status === UNAUTHENTICATED
        ? "correct them in the config file, or in P2P_TURN_USER and P2P_TURN_PASSWORD"
        : "try again later, or ask whoever runs the server",
  ),
  TURN_CERTIFICATE: CERTIFICATE,
  SERVER_ANSWER_WRONG: text(
    (p) =>
      ({
        "no-address": `${p.url} answered without an address`,
        "odd-address": `${p.url} answered with an address that cannot be ours: ${p.stated}`,
        "no-code": `${p.url} answered with an error that does not say which`,
        "no-frames": `${p.url} sends what is no TURN message`,
      })[p.flaw],
    () => "this server is broken, or is not what it says; name another one",
  ),

  // A broker
  BROKER_UNREACHABLE: text(
    (p) => `the broker ${p.url} cannot be reached: ${isBrokerFlaw(p.reason) ? BROKER_FLAWS[p.reason] : p.reason}`,
    () => "check its name and port, and whether it wants mqtt: or mqtts:",
  ),
  BROKER_REFUSED: text(
    (p) =>
      ({
        login: `the broker ${p.url} does not take this user and password`,
        "not-allowed": `the broker ${p.url} does not let us use these topics`,
        other: `the broker ${p.url} refuses: MQTT code ${p.status}`,
      })[p.why],
    (p) =>
      ({
        login: "give them in P2P_MQTT_USER and P2P_MQTT_PASSWORD",
        "not-allowed": "give a prefix where reading and writing is allowed, as mqtt://HOST/PREFIX",
        other: "try again later, or ask whoever runs the broker",
      })[p.why],
  ),
  BROKER_CERTIFICATE: CERTIFICATE,

  // Comparing a verification string
  VERIFY_REFUSED: text(
    (p) =>
      ({
        me: "it was not confirmed here that both sides read the same",
        expected: "the other side shows another string than the expected one",
        peer: "the other side does not confirm that both read the same",
        "nobody-here": "nobody can be asked here whether both sides read the same",
        "nobody-there": "nobody can be asked on the other side whether both read the same",
      })[p.by],
    (p) => {
      if (p.by === "nobody-here") return "run it on a terminal without --json, or give the string with --verify-expect";
      if (p.by === "nobody-there") {
        return "the other side has to run it on a terminal without --json, or give the string with --verify-expect";
      }
      return "if the two strings differ, somebody is in the middle: exchange fresh files another way and compare again";
    },
  ),
  VERIFY_FAILED: text(
    (p) =>
      ({
        unsupported: "the other side's p2p cannot compare a verification string",
        late: `the other side has not taken part in the comparison for ${p.seconds} s`,
        broken: "the other side broke the rules of the comparison",
        unanswered: "the other side left before both had compared",
        "own-end": "this side left before both had compared",
      })[p.why],
    (p) => {
      if (p.why === "unsupported") return "use a newer p2p over there, or run again without --verify";
      return p.why === "unanswered" || p.why === "own-end"
        ? "nothing was sent or accepted: begin again on both sides, exchange fresh files and compare then"
        : "somebody may be in the middle: exchange fresh files and compare again";
    },
  ),

  ...TRANSFER_ERRORS,
  ...MEDIA_ERRORS,
  LICENSES_MISSING: text((p) => `the licenses of this installation cannot be read: ${p.reason}`, installAgain),
  PAGE_MISSING: text((p) => `the page of this installation cannot be read: ${p.reason}`, installAgain),
  OUT_NAME_TAKEN: text(
    (p) => `${p.path}: it is there, and is no exchange file`,
    () => "move it away, or give another name with --out",
  ),
  PAGE_NAME_TAKEN: text(
    (p) => `${p.path}: it is there, and is no page of p2p`,
    () => "move it away, or write the page alone under another name: p2p page --out FILE",
  ),
  OUTPUT_UNUSABLE: text(
    (p) => {
      const it = p.at ?? "it";
      const problems = {
        file:
          p.kind === undefined || p.kind === "file" ? `${it} is not a folder` : `${it} is a ${p.kind}, not a folder`,
        link: `${it} is a link that leads nowhere`,
        circle: `${it} is a link that leads back to itself`,
        "name-too-long": "a name in it is too long",
        denied: p.at === undefined ? "you may not write there" : `you may not look into ${p.at}`,
        "no-files": "its file system takes no new files, as /proc and /sys",
        "read-only": "the disk is read-only",
        full: "the disk is full",
        files: "the disk has no room for another file (no inodes left)",
        quota: "your quota there is used up",
        other: p.reason,
      };
      return `cannot receive into ${p.dir}: ${problems[p.problem]}`;
    },
    (p) => {
      const other =
        p.isOfDocuments === true
          ? "run it in another folder (cd), or name others with --dir and --output"
          : "choose another folder with --output";
      return p.problem === "full" || p.problem === "files" || p.problem === "quota" ? `make room, or ${other}` : other;
    },
  ),
  STREAM_UNUSABLE: text(
    (p) => `cannot use ${p.stream} for ${p.use}: it is closed or leads nowhere`,
    (p) =>
      p.stream === "stdin"
        ? "give it a pipe or a file"
        : "give it a pipe or a file; '> /dev/null' throws away what comes",
  ),
  FILE_SIZE_LIMITED: text(
    (p) => `cannot write '${p.path}': it is larger than a file may be here`,
    () => "raise the limit (ulimit -f), or choose a disk that takes larger files with --output",
  ),
  OUTPUT_GONE: text(
    (p) => `the output folder '${p.path}' was removed or renamed while files came`,
    () => "give the place where it is now to --output, and have the same sent again: what has come counts",
  ),
  LINK_OUTSIDE: text(
    (p) =>
      p.isMade === true
        ? `the link '${p.path}' is not made: it would lead out of the folder that was sent`
        : `nothing is written through '${p.path}': it leads ${p.isBroken === true ? "nowhere" : "out of the output folder"}`,
    (p) =>
      p.isMade === true
        ? "receive into an empty folder with --output, or ask for what it leads to"
        : "remove that link, or choose another folder with --output",
  ),
  DISK_FULL: text(
    (p) => {
      if (p.lacks === "files") return `no room for more files in ${p.path}: the disk has no inodes left`;
      if (p.lacks === "quota") return `not enough space in ${p.path}: your quota there is used up`;
      return `not enough space in ${p.path}: ${p.needed} needed, ${p.free} free`;
    },
    (p) => {
      const room = p.lacks === "files" ? "remove files there" : "make room";
      // In another folder it would come whole again.
      if (p.isBegun === true && p.option === undefined)
        return `${room}, then have it sent again: what has come is kept, only the rest is sent`;
      return `${room}, or choose another folder with --${p.option ?? "output"}`;
    },
  ),
};
