// The English message and hint of the errors of sending and receiving files.
import { beginsWithDash, isPattern, WRITE_CURES, writeProblemOf } from "./english-parts.ts";
import { type ErrorTexts, type ProposalExcess, text } from "./params.ts";

function excessText({ of, limit }: ProposalExcess): string {
  if (of === "proposals") return `${limit} of its transfers are open already`;
  if (of === "entries") return `it has more than ${limit} files and folders`;
  const all = "with what is open already";
  if (of === "folders") return `${all} it goes into more than ${limit} folders`;
  if (of === "names") return `${all} its names take more than ${limit} MiB`;
  return `${all} it has more than ${limit} files and folders`;
}

export const TRANSFER_ERRORS = {
  TRANSFER_INTERRUPTED: text(
    (p) =>
      ({
        "broken-off": `'${p.name}' was interrupted after ${p.bytes} of ${p.total}`,
        "peer-left": `'${p.name}' was not sent: the other side left before it was accepted`,
        "own-end": `'${p.name}' was not sent: this side ended before it was accepted`,
        "peer-cancelled": `the other side cancelled '${p.name}' after ${p.bytes} of ${p.total}: what was unfinished is removed`,
      })[p.how ?? "broken-off"],
    (p) => {
      if (p.how === "peer-cancelled") return "ask the other person, who can send it again at any time";
      const again = p.isReceived === true ? "connect again and have it sent again" : "connect again and send it again";
      return (p.how ?? "broken-off") !== "broken-off" || p.isNothingKept === true
        ? again
        : `${again}: the received part is kept, only the rest is sent`;
    },
  ),
  HASH_MISMATCH: text(
    (p) => `'${p.path}' did not arrive as it was sent (SHA-256 differs)`,
    () => "what came is not to be trusted; send it again",
  ),
  PEER_DECLINED: text(
    (p) => {
      if (p.hadBegun === true) return `the other side cancelled '${p.name}': what was unfinished there is removed`;
      if (p.more !== undefined) return `the other side declined '${p.name}' and ${p.more} more`;
      return p.wasAsked ? `the other side declined '${p.name}'` : `nobody was there to accept '${p.name}'`;
    },
    (p) =>
      p.wasAsked
        ? "ask the other person, and send it again"
        : "the other side has to run in a terminal, or with --yes; then send it again",
  ),
  MEDIA_DECLINED: text(
    (p) => {
      const what = { audio: "sound", video: "picture", both: "sound and picture" }[p.what];
      return {
        "not-recorded": `the other side does not take your ${what}`,
        peer: `the other side's program takes no ${what} of p2p`,
        door: "the other side's program is not p2p: what a program publishes here by --whip does not get there",
        "own-path": `this connection has no keys for ${what}`,
        stopped: `the other side no longer takes your ${what}`,
        left: `the other side left before the end of your ${what}`,
      }[p.why];
    },
    (p) =>
      ({
        "not-recorded": "the other side has to take it: with p2p by --record, and a kind of file that holds it",
        peer: "the other side needs a p2p that has --record, or a program that sends and takes sound and picture",
        door: "over there p2p has to run with --record or --whep, or its page be open; a file reaches other programs by --publish",
        "own-path": "connect again, both with the newest p2p",
        stopped: "ask the other person; connect again to publish it once more",
        left: "ask the other person; connect again to publish it once more",
      })[p.why],
  ),
  PEER_CANNOT_STORE: text(
    (p) => {
      const reasons = {
        "disk-full": "not enough space there",
        "write-failed": "it cannot be written there",
        limit: "it is more than the other side takes at once",
        other: "no reason was given",
      };
      return `the other side could not keep '${p.path}': ${reasons[p.why]}`;
    },
    (p) => {
      if (p.why === "limit") return "send fewer files at a time, or an archive";
      return p.why === "disk-full"
        ? "ask the other person to make room, then send it again"
        : "ask the other person, who may see why; then send it again";
    },
  ),
  PEER_CANNOT_SEND: text(
    (p) => {
      const reasons = {
        "source-changed": "it changed while it was being sent",
        unreadable: "it cannot be read there",
        other: "no reason was given",
      };
      return `the other side could not send '${p.path}': ${reasons[p.why]}`;
    },
    () => "ask the other person to send it again",
  ),
  PEER_CANNOT_TAKE_FILES: text(
    () => "the other side takes text, not files",
    () => "use a p2p there that takes files",
  ),
  PEER_PROTOCOL: text(
    (p) => `the other side broke the protocol: ${p.detail}`,
    () => "use the newest p2p on both sides; if it happens again, do not trust that file",
  ),
  TOO_MUCH_PROPOSED: text(
    (p) => `declined what the other side wants to send: ${excessText(p)}`,
    (p) =>
      p.of === "proposals"
        ? "accept, decline or cancel what is open, then have it sent again"
        : "have fewer files sent at a time, or an archive of them",
  ),
  NO_SUCH_TRANSFER: text(
    (p) =>
      p.matches === 0
        ? `no unfinished transfer has the id '${p.id}'`
        : `${p.matches} unfinished transfers have an id that begins with '${p.id}'`,
    (p) => (p.matches === 0 ? "p2p transfers lists them, with four digits at least" : "give more digits of it"),
  ),
  TRANSFER_IN_USE: text(
    (p) => `'${p.path}' (${p.id}) is being received by another p2p`,
    () => "end that one first, or cancel the transfer there",
  ),
  PATH_MISSING: text(
    (p) =>
      p.awaitedBy === "offer" || p.awaitedBy === "answer"
        ? `'${p.path}' is not there`
        : p.isLossy === true
          ? `cannot send '${p.path}': its name is not UTF-8, and cannot be given here`
          : `cannot send '${p.path}': it does not exist`,
    (p) => {
      if (p.awaitedBy === "offer" || p.awaitedBy === "answer") {
        return `put the other side's file there first, or run 'p2p ${p.awaitedBy}' without it: that waits for the file`;
      }
      if (p.isLossy === true) return "send the folder that it is in, or rename it";
      if (p.isPart === true) return `a name with spaces goes into quotes: '${p.whole ?? ""}'`;
      if (beginsWithDash(p.path)) return "if it is meant as an option, type it with hyphens: - or --";
      return isPattern(p.path)
        ? "patterns are not expanded here: give each file, or the folder; in a conversation Tab completes"
        : "check the spelling";
    },
  ),
  PATH_UNREADABLE: text(
    (p) => `cannot send '${p.path}': ${p.reason}`,
    () => "check its permissions",
  ),
  TOO_MANY_OPEN_FILES: text(
    (p) => `cannot open '${p.path}': too many files are open on this computer`,
    () => "end other programs or raise the limit (ulimit -n), and send it again: what has arrived counts",
  ),
  PATH_DUPLICATE: text(
    (p) => `two of the paths have the same name '${p.name}'`,
    () => "send them one after the other, or send the folder that holds them",
  ),
  PATH_NOT_SENT: text(
    (p) => {
      const reasons = {
        symlink: "it is a link that leads out of the folder",
        "symlink-there": "it is a link, and the other side takes none",
        "byte-name-there": "its name is not UTF-8, and the other side cannot keep such names",
        special: "it is neither a file nor a folder",
        pipe: "it is a pipe",
        endless: "its size is not known before it is read",
        "too-long": "its path is too long",
        "too-deep": "it lies too many folders deep",
        name: "its name is a way to another folder on some systems",
        size: "with it the transfer is larger than 8 PiB",
      };
      return `'${p.path}' is not sent: ${reasons[p.kind]}`;
    },
    (p) => {
      if (p.kind === "symlink" || p.kind === "symlink-there")
        return "give the path that it leads to, if that is wanted too";
      if (p.kind === "byte-name-there")
        return "rename it, or pack it into an archive; the newest p2p on Linux can keep it";
      if (p.kind === "pipe") return "send what comes out of it through stdin: COMMAND | p2p offer -";
      if (p.kind === "endless") return "copy it, and send the copy; or send it through stdin: p2p offer - < FILE";
      return "pack it into an archive, if it is wanted too";
    },
  ),
  TOO_MANY_FILES: text(
    (p) =>
      p.of === "names"
        ? `paths of more than ${p.limit} MiB in one transfer`
        : `more than ${p.limit} files and folders in one transfer`,
    () => "send fewer at a time, or an archive of them",
  ),
  SPOOL_FAILED: text(
    (p) => `cannot keep what comes on stdin in ${p.dir}: ${p.reason}`,
    () => "make room there, or set TMPDIR to another folder",
  ),
  SOURCE_CHANGED: text(
    (p) =>
      p.isGone === true
        ? `'${p.path}' is not there any more: it was moved or removed before it was sent`
        : `'${p.path}' changed while it was being sent`,
    (p) =>
      p.isGone === true ? "if it was moved, send it from where it is now" : "send it again when nothing writes to it",
  ),
  WRITE_FAILED: text(
    (p) => `cannot write '${p.path}': ${p.reason}`,
    (p) =>
      `${WRITE_CURES[writeProblemOf(p.reason)]}${p.place === undefined ? "" : `, or choose another with --${p.place}`}`,
  ),
} satisfies Partial<ErrorTexts>;
