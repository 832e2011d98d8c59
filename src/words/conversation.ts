// Texts that people read around a line: pairing, the conversation, consent and progress. Numbers, sizes and times
// are passed in already formatted. Names and addresses are passed in raw: the code that prints a sentence escapes it.
import type { LeftOutWhy, LimitedBy } from "../lib/events.ts";
import type { MappingProtocol } from "../lib/nat-summary.ts";
import type { RewriteReason } from "../lib/events.ts";
import { carryingWords } from "./carrying.ts";
import { chanceWords } from "./chances.ts";
import { doubtWords } from "./doubts.ts";
import { contactWords } from "./contacts.ts";
import { MAPPING_PROTOCOL_NAMES } from "./nat.ts";
import { pairOutcomes } from "./pair-outcomes.ts";

/** Why the sender leaves an entry of a folder out. */
const LEFT_OUT_WHY: Readonly<Record<LeftOutWhy, string>> = {
  unreadable: "cannot be read there",
  special: "neither a file nor a folder",
  "link-outside": "a link that leads out of the folder",
  link: "a link",
  name: "its name is not UTF-8",
  path: "its path is too long",
  own: "a file of p2p itself",
  endless: "its size is not known before it is read",
  other: "no reason given",
};

const LEFT_OUT_WHY_ZH: Readonly<Record<LeftOutWhy, string>> = {
  unreadable: "对方无法读取",
  special: "既不是文件也不是文件夹",
  "link-outside": "指向该文件夹之外的链接",
  link: "链接",
  name: "名字不是 UTF-8",
  path: "路径太长",
  own: "p2p 自己的文件",
  endless: "读完之前不知道大小",
  other: "未说明原因",
};

/** What a transfer has moved, formatted. */
export interface MovedAmounts {
  readonly files: string;
  readonly size: string;
  /** Time and rate; empty where they mean nothing. */
  readonly speed: string;
  /** The files that were not moved, counted; empty if there are none. */
  readonly skipped: string;
}

const en = {
  contacts: contactWords.en,
  me: "me",
  /** Stands between a name and what it says. */
  afterName: ": ",
  peer: "peer",
  send: "sending",
  receive: "receiving",
  unnamed: "files",
  list: (p: { names: string[] }) => p.names.join(", "),
  files: (p: { count: number; text: string }) => (p.count === 1 ? "1 file" : `${p.text} files`),
  seconds: (p: { seconds: string }) => `${p.seconds} s`,
  minutes: (p: { minutes: number; seconds: number }) => `${p.minutes} min ${p.seconds} s`,
  hours: (p: { hours: number; minutes: number }) => `${p.hours} h ${p.minutes} min`,

  errorPrefix: "p2p: error: ",
  hintPrefix: "p2p: hint: ",
  withCode: (p: { message: string; code: string }) => `${p.message} (${p.code})`,

  // pairing
  wroteFile: (p: { path: string; candidates: number; until: string; revision: number }) =>
    `wrote ${p.path}: ${p.candidates === 1 ? "1 address" : `${p.candidates} addresses`}, good until ${p.until}${p.revision > 1 ? `, revision ${p.revision}` : ""}`,
  carryOffer: (p: { name: string }) =>
    `carry ${p.name} to the other side (by mail, chat, a stick) and run 'p2p answer' there, in the folder that it is in`,
  bringAnswer: "another LocaltionJson.json comes back: put it into this folder as LocaltionJson_p.json",
  carryAnswer: (p: { name: string }) => `carry ${p.name} back; over there it is called LocaltionJson_p.json`,
  handOverOffer: "hand it to 'p2p answer --in -' on the other side",
  handOverAnswer: "hand it back to the side that made the offer",
  documentOut: "the document on stdout",
  waitingForFile: "waiting for the other side's file",
  waitingForPath: (p: { path: string }) => `waiting for the other side's file: ${p.path}`,
  waitingForStdin: "waiting for the other side's document on stdin",
  waitingForConnection: "waiting for the other side to read it and connect",
  ctrlCEnds: " (Ctrl-C ends)",
  foundFile: (p: { path: string; type: "offer" | "answer" }) => `found the other side's ${p.type}: ${p.path}`,
  readStdin: (p: { type: "offer" | "answer" }) => `read the other side's ${p.type} from stdin`,
  connecting: "connecting",

  // events for a person
  askingServers: (p: { urls: string[]; names: string[] }) =>
    p.urls.every((url) => /^stun:/i.test(url))
      ? `asking for our public address: ${p.names.join(", ")}`
      : `asking for a relay: ${p.names.join(", ")}`,
  /** @param reason - of all of them; empty if each name has its own */
  serversSilent: (p: { names: string[]; reason: string; isOnlyLocal: boolean }) => {
    const reason = p.reason === "" ? "" : ` (${p.reason})`;
    return p.isOnlyLocal
      ? `no STUN server answered${reason}, so the file serves within one network: ${p.names.join(", ")}`
      : `no answer${reason} from ${p.names.join(", ")}`;
  },
  portMapped: (p: { protocol: MappingProtocol; external: string }) =>
    `the router lets the other side in at ${p.external} (${MAPPING_PROTOCOL_NAMES[p.protocol]}), until p2p ends`,
  noServers: "no server asked: only local addresses, good within one network",
  silentServers: "no server answered: only local addresses, good within one network",
  loopbackOnly: "no network here: the file reaches programs on this machine only",
  ownFileOverwritten: (p: { path: string; keptAs: string }) =>
    `the other side's file was put over ours: it is kept as ${p.keptAs}, and ${p.path} is written again`,
  folderBack: (p: { path: string }) => `the folder ${p.path} is there again`,
  folderCrowded: (p: { path: string }) =>
    `${p.path} has more .json files than are looked at: name the other side's file LocaltionJson_p.json`,
  sealedCrowd: (p: { path: string; count: number }) =>
    `${p.count} sealed files wait in ${p.path} and are opened one by one: name the other side's LocaltionJson_p.json`,
  fileIgnored: (p: { message: string }) => `ignored ${p.message}`,
  clocksDiffer: {
    "later-than-now": (p: { path: string; moment: string }) =>
      `${p.path}: made ${p.moment}, later than now: one of the two clocks is wrong`,
    "earlier-than-offer": (p: { path: string; moment: string }) =>
      `${p.path}: made ${p.moment}, earlier than the offer that it answers: one of the two clocks is wrong`,
  },
  newerVersion: (p: { path: string; version: number }) =>
    `a newer p2p (version ${p.version}) has written ${p.path}: what is unknown here is ignored`,
  fileRewritten: (p: { path: string; why: RewriteReason }) =>
    ({
      "new-offer": `a newer offer came: ${p.path} answers it now`,
      "late-candidates": `more addresses were found: ${p.path} is written anew`,
      "foreign-offer": `the other side made an offer too: ${p.path} answers it now`,
      "made-anew": `${p.path} takes the place of the one made before, which is void now`,
      "mapping-changed": `the router shows us under another public address: ${p.path} is written anew`,
      "address-came": `this computer has a new address: ${p.path} is written anew`,
      "address-gone": `an address of this computer is gone: ${p.path} is written anew, one carried before still serves`,
    })[p.why],
  carryThisOne: (p: { name: string; revision: number }) =>
    `carry ${p.name} to the other side again: revision ${p.revision} replaces the one before`,
  bareDocument:
    "it is a bare {type, sdp} for pages and other programs: not signed, without id and expiry; the line takes text, no files",
  canResume: (p: { command: "offer" | "answer" }) =>
    `the file stays good: 'p2p ${p.command} --resume' in the same folder waits on with it, nothing to carry again`,
  goesOnWith: (p: { path: string; moment: string; until: string }) =>
    `going on with ${p.path} of ${p.moment}: nothing to carry, it is good until ${p.until}`,
  earlierOfferVoid: (p: { ago: string; moment: string }) =>
    `the offer that you made ${p.ago} ago (${p.moment}) is void now: carry this one ('p2p offer --resume' would have kept it)`,
  twoOffers: (p: { weAre: "offer" | "answer" }) =>
    `both sides made an offer: ${p.weAre === "offer" ? "ours stays the offer" : "ours serves as the answer"}, nothing to carry again`,
  lineSealed: "sealed with one passphrase on both sides: nobody who lacks it is in the middle",
  partDiffers: (p: { path: string; kept: string; of: string; isNone: boolean }) =>
    p.isNone
      ? `'${p.path}' has nothing in common with the part that is here: it comes whole`
      : `'${p.path}' has changed since it was interrupted: ${p.kept} of ${p.of} are still right, the rest comes anew`,
  attributeLost: (p: { path: string; what: "mode" | "time" }) =>
    p.what === "mode"
      ? `this disk does not keep the permissions of '${p.path}', nor maybe of other files: their contents are right`
      : `this disk does not keep the date of '${p.path}', nor maybe of other files: their contents are right`,
  typedUnsent: (p: { text: string; side: "sends" | "offers" | "receives" }) =>
    ({
      sends: `not sent: ${p.text} (this side only sends; add --chat to talk)`,
      offers: `not sent: ${p.text} (there is no chat on this side; leave out --no-chat to talk)`,
      receives: `not sent: ${p.text} (this side only receives; leave out --no-chat to talk)`,
    })[p.side],
  peerSilent: "the other side only sends or receives files: your messages arrive there, but nobody can answer",
  foreignPeer: "the other side is another WebRTC program: it takes text, not files",
  binaryMessage: (p: { bytes: number }) => `[${p.bytes} bytes]`,
  channelRefused: (p: { by: "me" | "peer"; label: string; protocol: string }) =>
    p.by === "me"
      ? `closed a channel of the other side that this p2p does not know ('${p.label}', protocol '${p.protocol}'): update p2p here to use it`
      : `the other side closed a channel that its p2p does not know ('${p.label}', protocol '${p.protocol}'): p2p has to be updated there`,
  channelUnused: (p: { label: string; used: string }) =>
    p.label === ""
      ? `the other program also sends on a channel that it has not opened: this p2p uses only '${p.used}', and that text is lost`
      : `the other program also has a channel '${p.label}': this p2p uses only '${p.used}', so type into that one over there`,
  chances: chanceWords.en,
  doubts: doubtWords.en,
  carrying: carryingWords.en,
  pairOutcomes: pairOutcomes.en,

  // the connection
  direct: "direct",
  relay: "relay",
  connected: (p: { relayed: boolean; local: string; remote: string; protocol: string; rttMs: number }) =>
    `connected ${p.relayed ? "through a relay" : "directly"}: ${p.local} to ${p.remote} over ${p.protocol}, ${p.rttMs} ms`,
  interrupted: "the other side cannot be reached: looking for a way, for two minutes; what you send waits",
  restored: "the other side is reached again: everything goes on",
  chatStarts: "type a message and press Enter; /help lists the commands",
  closed: {
    done: "done",
    "peer-bye": "the other side ended the session",
    quit: "session ended",
    interrupted: "interrupted",
    lost: "ended: connection lost",
    "cannot-connect": "ended: no connection",
    timeout: "ended: the time is up",
    rejected: "ended: it is not certain who the other side is",
    error: "ended by an error",
  },
  closedIncomplete: "ended, but not everything went through: see above",
  notDelivered: "not delivered",
  notSent: (p: { text: string }) => `not sent: ${p.text}`,

  // the comparison
  /** @param words - the English words on every screen, whatever its language: both people have to read the same */
  verifyString: (p: { words: string; digits: string }) => `compare with the other side: ${p.digits} (${p.words})`,
  verifyHow: "read it to each other over the phone or face to face, not over this line",
  verifyFingerprints: "compare the SHA-256 fingerprints with what the other side shows",
  verifyMine: (p: { fingerprint: string }) => `mine:   ${p.fingerprint}`,
  verifyTheirs: (p: { fingerprint: string }) => `theirs: ${p.fingerprint}`,
  askVerify: "Does the other side read the same? [y/n]",
  answerYesOrNo: "answer y or n",
  verifyAnswerFirst: "answer y or n first; not sent",
  verifyCameMeanwhile: "the question came while you typed: compare what it shows, then answer y or n; not sent",
  verifyWaits: "waiting for the other side's answer",
  verified: (p: { words: string; digits: string }) => `both sides read the same: ${p.digits} (${p.words})`,
  verifiedFingerprints: "the fingerprints are confirmed",
  verifyBegins: "comparing with the other side",
  verifyImpossible: "the other side's p2p cannot compare a verification string",

  // transfers
  incoming: (p: { what: string; files: string; size: string }) =>
    `the other side sends ${p.what}: ${p.files}, ${p.size}`,
  offered: (p: { what: string; files: string; size: string }) =>
    `offered ${p.what}: ${p.files}, ${p.size}; waiting for the other side to accept`,
  acceptedByMe: (p: { what: string }) => `receiving ${p.what}`,
  acceptedByPeer: (p: { what: string }) => `the other side accepted ${p.what}`,
  resumedFrom: (p: { size: string }) => `, going on after ${p.size}`,
  declinedByMe: (p: { what: string }) => `declined ${p.what}`,
  withdrawnByMe: (p: { what: string }) => `withdrew ${p.what}: the other side can no longer accept it`,
  declinedPartByMe: (p: { entries: string[]; more: number }) =>
    `declined ${p.entries.join(", ")}${p.more === 0 ? "" : ` and ${p.more} more`}`,
  declinedPartByPeer: (p: { entries: string[]; more: number }) =>
    `the other side declined ${p.entries.join(", ")}${p.more === 0 ? "" : ` and ${p.more} more`}`,
  withdrawnByPeer: (p: { what: string }) => `the other side withdrew ${p.what}: there is nothing to answer any more`,
  cancelledSending: (p: { what: string }) => `cancelled ${p.what}: what is unfinished over there is removed`,
  cancelledReceiving: (p: { what: string }) => `cancelled ${p.what}: what was unfinished is removed`,
  unansweredByMe: (p: { what: string }) => `left without an answer: ${p.what}`,
  unansweredByPeer: (p: { what: string }) => `the other side left, ${p.what} is no longer offered`,
  offerGone: (p: { what: string }) => `not done: the other side no longer wants to send ${p.what}`,
  fileSaved: (p: { path: string; size: string }) => `saved ${p.path}, ${p.size}`,
  fileWritten: (p: { size: string }) => `written to stdout, ${p.size}`,
  fileSent: (p: { path: string; size: string }) => `sent ${p.path}, ${p.size}`,
  fileSkipped: (p: { path: string }) => `skipped ${p.path}: it is there already`,
  fileSkippedThere: (p: { path: string }) => `the other side skipped ${p.path}: it is there already`,
  /** @param entries - the first of them; `more` counts the others */
  leftOutThere: (p: { entries: string[]; more: number }) =>
    `the other side does not send ${p.entries.join(", ")}${p.more === 0 ? "" : ` and ${p.more} more`}`,
  leftOutHere: (p: { entries: string[]; more: number }) =>
    `not sent, since p2p made it for itself: ${p.entries.join(", ")}${p.more === 0 ? "" : ` and ${p.more} more`}`,
  leftOutEntry: (p: { path: string; why: LeftOutWhy }) => `'${p.path}' (${LEFT_OUT_WHY[p.why]})`,
  took: (p: { time: string }) => ` in ${p.time}`,
  tookAt: (p: { time: string; rate: string }) => ` in ${p.time} (${p.rate})`,
  transferSent: (p: { what: string } & MovedAmounts) =>
    `sent ${p.what}: ${p.files}, ${p.size}${p.speed}${p.skipped === "" ? "" : `; the other side skipped ${p.skipped}`}`,
  transferReceived: (p: { what: string } & MovedAmounts) =>
    `received ${p.what}: ${p.files}, ${p.size}${p.speed}${p.skipped === "" ? "" : `; skipped ${p.skipped}`}`,

  // consent
  wantsToSend: (p: { name: string; files: string; size: string }) => `← ${p.name} wants to send ${p.files}, ${p.size}:`,
  moreEntries: (p: { count: string }) => `… and ${p.count} more`,
  askList: "? lists them all",
  partHint: "/accept 1,3-5 takes a part",
  partHintYesNo: "1,3-5 takes a part",
  noSuchEntry: (p: { number: number }) => `nothing has the number ${p.number}`,
  goesTo: (p: { dir: string }) => `to ${p.dir}`,
  goesToStdout: "to stdout: the first file, the rest is declined",
  freeDisk: (p: { free: string }) => ` (${p.free} free)`,
  notEnoughSpace: (p: { needed: string; free: string }) => `not enough space: ${p.needed} needed, ${p.free} free`,
  askCommands: "/accept or /decline?",
  askNumbered: (p: { number: number }) => `/accept ${p.number} or /decline ${p.number}?`,
  askYesNo: "accept? [y/n]",
  resume: (p: { name: string; percent: string; more: number }) =>
    p.more === 0 ? `Resume '${p.name}' (${p.percent} %)?` : `Resume '${p.name}' (${p.percent} %) and ${p.more} more?`,
  resumeChanged: "its size or time is another one now: what is the same stays",
  resumeCommands: "/accept or /decline",
  resumeNumbered: (p: { number: number }) => `/accept ${p.number} or /decline ${p.number}`,
  resumeYesNo: "[y/n]",

  // live lines
  amount: (p: { bytes: string; total: string }) => `${p.bytes} of ${p.total}`,
  timeLeft: (p: { time: string }) => `${p.time} left`,
  waitsForPeer: (p: { what: string }) => `waiting for the other side to accept ${p.what}`,
  waitsForMe: (p: { what: string; ask: string }) => `${p.ask} (${p.what})`,
  moreMessages: (p: { count: number }) => `… and ${p.count} more messages on the way`,
  moreTransfers: (p: { count: number }) => `… and ${p.count} more transfers`,

  // commands
  help: [
    ["/send PATH…", "send files and folders; quote or \\-escape spaces, Tab completes"],
    ["/accept [N]", "take what the other side wants to send; 1,3-5: a part; ? lists it"],
    ["/decline [N]", "refuse it"],
    ["/cancel [N]", "stop a transfer"],
    ["/verify", "compare a short string, to know that nobody is in the middle"],
    ["/keep NAME", "keep their key after that, to know them again next time"],
    ["/status", "the connection and the transfers"],
    ["/paste", "before it is connected: just paste the other side's file"],
    ["/quit", "end when transfers are through; twice: at once (as Ctrl-D)"],
    ["//TEXT", "a message that begins with a slash"],
    ["Ctrl-C", "clear what is typed; on an empty line: end at once"],
  ] as [string, string][],
  unknownCommand: (p: { name: string; suggestion: string | undefined }) =>
    p.suggestion === undefined
      ? `no command ${p.name}, not sent`
      : `no command ${p.name}, not sent; did you mean ${p.suggestion}?`,
  unknownCommandHint: "/help lists the commands; // begins a message with a slash",
  sendNeedsPath: "/send needs a path: /send photo.jpg 'my folder'",
  unclosedQuote: "a quote is not closed: nothing sent",
  takesNoArguments: (p: { name: string }) => `${p.name} takes nothing behind it`,
  takesOneNumber: (p: { name: string }) => `${p.name} takes one number`,
  nothingToAnswer: "the other side wants to send nothing now",
  changedMeanwhile: (p: { gone: string | undefined; came: string | undefined }) =>
    `not done, it changed while you typed: ${changes(p, "is gone", "came", "; ")}`,
  againIfMeant: (p: { name: string }) => `type ${p.name} again if you mean what is there now`,
  nothingToCancel: "no transfer is running",
  noSuchTransfer: (p: { which: string }) => `no transfer ${p.which} to do that with`,
  whichTransfer: (p: { name: string }) => `several of them, say which: ${p.name} N`,
  transferChoice: (p: { number: number; what: string }) => `  ${p.number}  ${p.what}`,
  quitWaits: (p: { count: number }) =>
    `ending when ${p.count === 1 ? "the transfer is" : `${p.count} transfers are`} through; /quit or Ctrl-D again ends at once`,

  // /status
  statusTransfer: (p: {
    number: number;
    doing: string;
    what: string;
    state: string;
    amount: string;
    percent: string;
  }) => `${p.number}  ${p.doing} ${p.what}: ${p.state}, ${p.amount}, ${p.percent}`,
  statusConnection: (p: { relayed: boolean; local: string; remote: string; protocol: string }) =>
    `${p.relayed ? "through a relay" : "direct"}: ${p.local} to ${p.remote} over ${p.protocol}`,
  statusTime: (p: { rttMs: number; since: string }) => `round trip ${p.rttMs} ms, connected for ${p.since}`,
  statusMessages: (p: { count: number }) =>
    p.count === 0
      ? "all messages acknowledged"
      : `${p.count} ${p.count === 1 ? "message" : "messages"} not acknowledged yet`,
  limitedBy: (p: { by: LimitedBy["by"]; lossPercent: number; rttMs: number }) =>
    ({
      "rate-limit": "limited by --limit",
      "this-computer": "limited by this computer",
      "peer-disk": "limited by the other side's disk",
      "peer-window": "limited by the other side's window",
      network: `limited by the network: ${p.lossPercent} % lost, ${p.rttMs} ms`,
    })[p.by],
  /** `doing`: sending or receiving. */
  limitedNow: (p: { doing: string; limit: string }) => `${p.doing} is ${p.limit}`,
  transferStates: {
    "awaiting-consent": "waits for consent",
    running: "running",
    done: "done",
    declined: "declined",
    failed: "failed",
  },
};

/** Describes the transfers that have disappeared and those that are new. */
function changes(
  { gone, came }: { gone: string | undefined; came: string | undefined },
  isGone: string,
  hasCome: string,
  and: string,
): string {
  const parts = [gone === undefined ? "" : `${gone} ${isGone}`, came === undefined ? "" : `${came} ${hasCome}`];
  return parts.filter((part) => part !== "").join(and);
}

const zh: typeof en = {
  contacts: contactWords.zh,
  me: "我",
  afterName: "：",
  peer: "对方",
  send: "发送",
  receive: "接收",
  unnamed: "文件",
  list: (p) => p.names.join("、"),
  files: (p) => `${p.text} 个文件`,
  seconds: (p) => `${p.seconds} 秒`,
  minutes: (p) => `${p.minutes} 分 ${p.seconds} 秒`,
  hours: (p) => `${p.hours} 小时 ${p.minutes} 分`,

  errorPrefix: "p2p：错误：",
  hintPrefix: "p2p：提示：",
  withCode: (p) => `${p.message}（${p.code}）`,

  wroteFile: (p) =>
    `已生成 ${p.path}：${p.candidates} 个地址，有效期至 ${p.until}${p.revision > 1 ? `，第 ${p.revision} 版` : ""}`,
  carryOffer: (p) => `请把 ${p.name} 发给对方（邮件、聊天、U 盘均可），并请对方在该文件所在目录运行 p2p answer`,
  bringAnswer: "对方会发回一个同名文件：请存到本目录，命名为 LocaltionJson_p.json",
  carryAnswer: (p) => `请把 ${p.name} 发回给对方，由对方存为 LocaltionJson_p.json`,
  handOverOffer: "请把它交给对方的 p2p answer --in -",
  handOverAnswer: "请把它交还给发出邀请的一方",
  documentOut: "标准输出中的内容",
  waitingForFile: "正在等待对方的文件",
  waitingForPath: (p) => `正在等待对方的文件：${p.path}`,
  waitingForStdin: "正在等待标准输入中的对方文件",
  waitingForConnection: "正在等待对方读取文件并连接",
  ctrlCEnds: "（按 Ctrl-C 结束）",
  foundFile: (p) => `已收到对方的${p.type === "offer" ? "邀请" : "应答"}文件：${p.path}`,
  readStdin: (p) => `已从标准输入读取对方的${p.type === "offer" ? "邀请" : "应答"}`,
  connecting: "正在连接",

  askingServers: (p) =>
    p.urls.every((url) => /^stun:/i.test(url))
      ? `正在查询本机的公网地址：${p.names.join("、")}`
      : `正在申请中继：${p.names.join("、")}`,
  serversSilent: (p) => {
    const reason = p.reason === "" ? "" : `（${p.reason}）`;
    return p.isOnlyLocal
      ? `STUN 服务器都没有回应${reason}，该文件只适用于同一网络：${p.names.join("、")}`
      : `没有回应${reason}：${p.names.join("、")}`;
  },
  portMapped: (p) => `路由器已为对方开放 ${p.external}（${MAPPING_PROTOCOL_NAMES[p.protocol]}），p2p 结束时收回`,
  noServers: "没有查询服务器：文件里只有本机地址，适用于同一网络或有公网地址的情况",
  silentServers: "服务器都没有回应：文件里只有本机地址，适用于同一网络或有公网地址的情况",
  loopbackOnly: "本机没有网络：该文件只能用于同一台机器上的程序",
  ownFileOverwritten: (p) => `对方的文件覆盖了我方文件：已存为 ${p.keptAs}，并重新写好 ${p.path}`,
  folderBack: (p) => `文件夹 ${p.path} 又回来了`,
  folderCrowded: (p) => `${p.path} 里的 .json 文件太多，不会全部查看：请把对方的文件命名为 LocaltionJson_p.json`,
  sealedCrowd: (p) => `${p.path} 里有 ${p.count} 个密封文件，会逐个打开：请把对方的文件命名为 LocaltionJson_p.json`,
  fileIgnored: (p) => `已忽略 ${p.message}`,
  clocksDiffer: {
    "later-than-now": (p) => `${p.path}：生成于 ${p.moment}，晚于现在：两边的时钟有一个不准`,
    "earlier-than-offer": (p) => `${p.path}：生成于 ${p.moment}，早于它所应答的邀请：两边的时钟有一个不准`,
  },
  newerVersion: (p) => `更新的 p2p（版本 ${p.version}）写了 ${p.path}：不认识的内容已忽略`,
  fileRewritten: (p) =>
    ({
      "new-offer": `收到更新的邀请：${p.path} 现在应答它`,
      "late-candidates": `又找到一些地址：${p.path} 已重新写好`,
      "foreign-offer": `对方也发出了邀请：${p.path} 现在应答它`,
      "made-anew": `${p.path} 取代了之前的那一份，之前的已作废`,
      "mapping-changed": `路由器给出的公网地址变了：${p.path} 已重新写好`,
      "address-came": `本机有了新地址：${p.path} 已重新写好`,
      "address-gone": `本机的一个地址没有了：${p.path} 已重新写好，之前发出的仍然可用`,
    })[p.why],
  carryThisOne: (p) => `请把 ${p.name} 再发给对方一次：第 ${p.revision} 版取代之前的文件`,
  bareDocument: "这是给网页和其他程序用的 {type, sdp}：没有签名、编号和有效期；连接后只能收发文字，不能传文件",
  canResume: (p) => `文件仍然有效：在同一文件夹里运行 p2p ${p.command} --resume 即可继续等待，无需再发文件`,
  goesOnWith: (p) => `继续使用 ${p.moment} 生成的 ${p.path}：无需再发送，有效期至 ${p.until}`,
  earlierOfferVoid: (p) =>
    `你在 ${p.ago}前（${p.moment}）生成的邀请文件已作废，请发送这一份（p2p offer --resume 本可继续使用原来的文件）`,
  twoOffers: (p) => `双方都发出了邀请：${p.weAre === "offer" ? "以我方的为邀请" : "我方的作为应答"}，无需再发文件`,
  lineSealed: "双方的文件用同一口令密封：只要口令不会被猜到，就不可能存在不知道口令的中间人",
  partDiffers: (p) =>
    p.isNone
      ? `“${p.path}”与本机已有的部分毫无相同之处：将完整接收`
      : `“${p.path}”在中断之后有变化：${p.of} 中有 ${p.kept} 仍可用，其余重新接收`,
  attributeLost: (p) =>
    `本机磁盘无法保留“${p.path}”的${p.what === "mode" ? "权限" : "日期"}，其他文件可能也是如此：内容没有问题`,
  typedUnsent: (p) =>
    ({
      sends: `未发送：${p.text}（我方只发送文件；要聊天请加上 --chat）`,
      offers: `未发送：${p.text}（我方没有聊天；要聊天请去掉 --no-chat）`,
      receives: `未发送：${p.text}（我方只接收文件；要聊天请去掉 --no-chat）`,
    })[p.side],
  peerSilent: "对方只收发文件：能收到你的消息，但无法回复",
  foreignPeer: "对方是其他 WebRTC 程序：可以收文字，不能收文件",
  binaryMessage: (p) => `[${p.bytes} 字节]`,
  channelRefused: (p) =>
    p.by === "me"
      ? `已关闭对方打开的未知通道（“${p.label}”，协议“${p.protocol}”）：要使用它，请更新我方的 p2p`
      : `对方的 p2p 不认识我方打开的通道（“${p.label}”，协议“${p.protocol}”），已将其关闭：请对方更新 p2p`,
  channelUnused: (p) =>
    p.label === ""
      ? `对方的程序还在一个没有打开的通道上发送：p2p 只使用“${p.used}”，那里的文字收不到`
      : `对方的程序还有通道“${p.label}”：p2p 只使用“${p.used}”，请对方在那个通道里输入`,
  chances: chanceWords.zh,
  doubts: doubtWords.zh,
  carrying: carryingWords.zh,
  pairOutcomes: pairOutcomes.zh,

  direct: "直连",
  relay: "中继",
  connected: (p) =>
    `${p.relayed ? "已通过中继连接" : "已直接连接"}：${p.local} ↔ ${p.remote}（${p.protocol.toUpperCase()}），往返时延 ${p.rttMs} 毫秒`,
  interrupted: "暂时无法连接对方：两分钟内会持续寻找途径，待发送的内容会保留",
  restored: "已恢复连接，传输继续",
  chatStarts: "输入文字后按回车发送；/help 列出全部命令",
  closed: {
    done: "完成",
    "peer-bye": "对方结束了会话",
    quit: "会话已结束",
    interrupted: "已中断",
    lost: "已结束：连接断开",
    "cannot-connect": "已结束：无法连接",
    timeout: "已结束：等待超时",
    rejected: "已结束：未能确认对方的身份",
    error: "因错误而结束",
  },
  closedIncomplete: "已结束，但有内容未完成，见上文",
  notDelivered: "未送达",
  notSent: (p) => `未发送：${p.text}`,

  verifyString: (p) => `请与对方核对：${p.digits}（${p.words}）`,
  verifyHow: "请通过电话或当面逐字核对，不要在本连接中发送",
  verifyFingerprints: "请把 SHA-256 指纹与对方显示的核对",
  verifyMine: (p) => `我方：${p.fingerprint}`,
  verifyTheirs: (p) => `对方：${p.fingerprint}`,
  askVerify: "双方看到的内容一致吗？[y/n]",
  answerYesOrNo: "请回答 y（是）或 n（否）",
  verifyAnswerFirst: "请先回答 y 或 n；没有发送",
  verifyCameMeanwhile: "问题是在你输入期间出现的：请先核对，再回答 y 或 n；没有发送",
  verifyWaits: "正在等待对方回答",
  verified: (p) => `双方看到的内容一致：${p.digits}（${p.words}）`,
  verifiedFingerprints: "指纹已确认",
  verifyBegins: "正在与对方核对",
  verifyImpossible: "对方的 p2p 不能核对",

  incoming: (p) => `对方请求发送 ${p.what}：${p.files}，${p.size}`,
  offered: (p) => `已请求发送 ${p.what}：${p.files}，${p.size}；等待对方确认接收`,
  acceptedByMe: (p) => `开始接收 ${p.what}`,
  acceptedByPeer: (p) => `对方已确认接收 ${p.what}`,
  resumedFrom: (p) => `，从 ${p.size} 处继续`,
  declinedByMe: (p) => `已拒收 ${p.what}`,
  withdrawnByMe: (p) => `已撤回 ${p.what}：对方不能再接收`,
  declinedPartByMe: (p) => `已拒收 ${p.entries.join("、")}${p.more === 0 ? "" : `，以及另外 ${p.more} 项`}`,
  declinedPartByPeer: (p) => `对方拒收 ${p.entries.join("、")}${p.more === 0 ? "" : `，以及另外 ${p.more} 项`}`,
  withdrawnByPeer: (p) => `对方撤回了 ${p.what}：无需再回答`,
  cancelledSending: (p) => `已取消 ${p.what}：对方会删除未完成的部分`,
  cancelledReceiving: (p) => `已取消 ${p.what}：未完成的部分已删除`,
  unansweredByMe: (p) => `未回答就已离开：${p.what}`,
  unansweredByPeer: (p) => `对方已离开，不再发送 ${p.what}`,
  offerGone: (p) => `没有执行：对方已不再发送 ${p.what}`,
  fileSaved: (p) => `已保存为 ${p.path}，${p.size}`,
  fileWritten: (p) => `已写到标准输出，${p.size}`,
  fileSent: (p) => `已发送 ${p.path}，${p.size}`,
  fileSkipped: (p) => `已跳过 ${p.path}：文件已经存在`,
  fileSkippedThere: (p) => `对方跳过了 ${p.path}：文件已经存在`,
  leftOutThere: (p) => `对方不发送${p.entries.join("、")}${p.more === 0 ? "" : `，以及另外 ${p.more} 项`}`,
  leftOutHere: (p) =>
    `不发送 p2p 自己生成的文件：${p.entries.join("、")}${p.more === 0 ? "" : `，以及另外 ${p.more} 项`}`,
  leftOutEntry: (p) => `“${p.path}”（${LEFT_OUT_WHY_ZH[p.why]}）`,
  took: (p) => `，用时 ${p.time}`,
  tookAt: (p) => `，用时 ${p.time}（${p.rate}）`,
  transferSent: (p) =>
    `已发送 ${p.what}：${p.files}，${p.size}${p.speed}${p.skipped === "" ? "" : `；对方跳过了 ${p.skipped}`}`,
  transferReceived: (p) =>
    `已接收 ${p.what}：${p.files}，${p.size}${p.speed}${p.skipped === "" ? "" : `；跳过了 ${p.skipped}`}`,

  wantsToSend: (p) => `← ${p.name}${/[a-z0-9]$/i.test(p.name) ? " " : ""}请求发送 ${p.files}，共 ${p.size}：`,
  moreEntries: (p) => `… 另有 ${p.count} 个`,
  askList: "输入“?”可列出全部",
  partHint: "/accept 1,3-5 只接收一部分",
  partHintYesNo: "1,3-5 只接收一部分",
  noSuchEntry: (p) => `没有编号 ${p.number}`,
  goesTo: (p) => `保存到 ${p.dir}`,
  goesToStdout: "第一个文件写到标准输出，其余拒收",
  freeDisk: (p) => `（可用空间 ${p.free}）`,
  notEnoughSpace: (p) => `空间不足：需要 ${p.needed}，可用空间 ${p.free}`,
  askCommands: "/accept 接收，/decline 拒收",
  askNumbered: (p) => `/accept ${p.number} 接收，/decline ${p.number} 拒收`,
  askYesNo: "接收吗？[y/n]",
  resume: (p) =>
    p.more === 0
      ? `继续接收“${p.name}”（已有 ${p.percent}%）？`
      : `继续接收“${p.name}”（已有 ${p.percent}%）和另外 ${p.more} 个？`,
  resumeChanged: "它的大小或时间与上次不同：相同的部分会保留",
  resumeCommands: "/accept 接收，/decline 拒收",
  resumeNumbered: (p) => `/accept ${p.number} 接收，/decline ${p.number} 拒收`,
  resumeYesNo: "[y/n]",

  amount: (p) => `${p.bytes}/${p.total}`,
  timeLeft: (p) => `剩余 ${p.time}`,
  waitsForPeer: (p) => `等待对方确认接收 ${p.what}`,
  waitsForMe: (p) => `${p.ask}（${p.what}）`,
  moreMessages: (p) => `… 另有 ${p.count} 条消息正在送出`,
  moreTransfers: (p) => `… 另有 ${p.count} 个传输`,

  help: [
    ["/send 路径…", "发送文件和文件夹；空格用引号或 \\ 转义，Tab 补全"],
    ["/accept [N]", "接收对方请求发送的文件"],
    ["/decline [N]", "拒收"],
    ["/cancel [N]", "取消一个传输"],
    ["/verify", "与对方核对一段验证码，确认没有中间人"],
    ["/keep 名字", "核对之后保存对方的密钥，下次即可识别对方"],
    ["/status", "连接和传输的状态"],
    ["/paste", "连接之前：直接粘贴对方的文件即可"],
    ["/quit", "传输完成后结束；再输一次立即结束（Ctrl-D 相同）"],
    ["//文字", "发送以斜杠开头的消息"],
    ["Ctrl-C", "清空正在输入的内容；空行时立即结束"],
  ],
  unknownCommand: (p) =>
    p.suggestion === undefined
      ? `没有命令 ${p.name}，未发送`
      : `没有命令 ${p.name}，未发送；是否想输入 ${p.suggestion}？`,
  unknownCommandHint: "/help 列出全部命令；以 // 开头可发送带斜杠的消息",
  sendNeedsPath: "/send 需要路径：/send photo.jpg '我的文件夹'",
  unclosedQuote: "引号没有闭合：什么都没有发送",
  takesNoArguments: (p) => `${p.name} 后面不加内容`,
  takesOneNumber: (p) => `${p.name} 后面只加一个编号`,
  nothingToAnswer: "对方现在没有发来文件",
  changedMeanwhile: (p) => `没有执行，输入期间有变化：${changes(p, "已不在", "是新来的", "；")}`,
  againIfMeant: (p) => `如果指的是现在这些，请再输入一次 ${p.name}`,
  nothingToCancel: "没有正在进行的传输",
  noSuchTransfer: (p) => `没有可以这样操作的传输 ${p.which}`,
  whichTransfer: (p) => `有好几个，请指明：${p.name} N`,
  transferChoice: (p) => `  ${p.number}  ${p.what}`,
  quitWaits: (p) => `${p.count} 个传输完成后结束；再输一次 /quit 或 Ctrl-D 立即结束`,

  statusTransfer: (p) => `${p.number}  ${p.doing} ${p.what}：${p.state}，${p.amount}，${p.percent}`,
  statusConnection: (p) => `${p.relayed ? "经中继" : "直连"}：${p.local} ↔ ${p.remote}（${p.protocol.toUpperCase()}）`,
  statusTime: (p) => `往返时延 ${p.rttMs} 毫秒，已连接 ${p.since}`,
  statusMessages: (p) => (p.count === 0 ? "所有消息都已送达" : `${p.count} 条消息尚未确认送达`),
  limitedBy: (p) =>
    ({
      "rate-limit": "速度受 --limit 限制",
      "this-computer": "速度受本机限制",
      "peer-disk": "速度受对方磁盘限制",
      "peer-window": "速度受对方接收窗口限制",
      network: `速度受网络限制：丢包 ${p.lossPercent}%，往返时延 ${p.rttMs} 毫秒`,
    })[p.by],
  limitedNow: (p) => `${p.doing}：${p.limit}`,
  transferStates: {
    "awaiting-consent": "等待确认接收",
    running: "进行中",
    done: "完成",
    declined: "已拒收",
    failed: "失败",
  },
};

export const conversationWords = { en, zh };
