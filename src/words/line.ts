// Texts about a line that the command and the page have in common: what happens while pairing, messages, transfers and
// the comparison. Numbers, sizes and times are passed in already formatted. Names and addresses are passed in raw: the
// code that shows a sentence escapes it.
import type { LeftOutWhy } from "../lib/events.ts";
import { doubtWords } from "./doubts.ts";

/** The reasons for which the sender leaves an entry of a folder out. */
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

/** The amounts that a transfer has moved, formatted. */
export interface MovedAmounts {
  readonly files: string;
  readonly size: string;
  /** Time and rate; empty where they mean nothing. */
  readonly speed: string;
  /** The files that were not moved, counted; empty if there are none. */
  readonly skipped: string;
}

const en = {
  me: "me",
  /** Stands between a name and what it says. */
  afterName: ": ",
  peer: "peer",
  unnamed: "files",
  list: (p: { names: string[] }) => p.names.join(", "),
  files: (p: { count: number; text: string }) => (p.count === 1 ? "1 file" : `${p.text} files`),
  seconds: (p: { seconds: string }) => `${p.seconds} s`,
  minutes: (p: { minutes: number; seconds: number }) => `${p.minutes} min ${p.seconds} s`,
  connected: (p: { relayed: boolean; local: string; remote: string; protocol: string; rttMs: number }) =>
    `connected ${p.relayed ? "through a relay" : "directly"}: ${p.local} to ${p.remote} over ${p.protocol}, ${p.rttMs} ms`,
  interrupted: "the other side cannot be reached: looking for a way, for two minutes at most; what you send waits",
  restored: "the other side is reached again: everything goes on",
  moved: (p: { local: string; remote: string; protocol: string }) =>
    `what you send goes over ${p.protocol} from here on, without an interruption: ${p.local} to ${p.remote}`,
  closed: {
    done: "done",
    "peer-bye": "the other side ended the session",
    quit: "session ended",
    interrupted: "interrupted",
    lost: "ended: connection lost",
    "cannot-connect": "ended: no connection",
    timeout: "ended: the time is up",
    rejected: "ended: it was not confirmed who the other side is",
    error: "ended by an error",
  },
  closedEarly: "ended before it was connected",
  closedIncomplete: "ended, but not everything went through: see above",
  notSent: (p: { text: string }) => `not sent: ${p.text}`,
  verifyHow: "read it to each other over the phone or face to face, not over this line",
  verifyMine: (p: { fingerprint: string }) => `mine:   ${p.fingerprint}`,
  verifyTheirs: (p: { fingerprint: string }) => `theirs: ${p.fingerprint}`,
  askVerify: "Does the other side read the same? [y/n]",
  verified: (p: { words: string; digits: string }) => `both sides read the same: ${p.digits} (${p.words})`,
  verifiedFingerprints: "the fingerprints are confirmed",
  verifyImpossible: "the other side cannot compare: nobody can be asked there, or its p2p is too old",
  notCompared: "the other side left before both had compared: it is still not certain who it was",
  amount: (p: { bytes: string; total: string }) => `${p.bytes} of ${p.total}`,
  timeLeft: (p: { time: string }) => `${p.time} left`,
  /** In the place of rate and time, while no path leads to the other side. */
  standsStill: "no connection",
  foundFile: (p: { path: string; type: "offer" | "answer" }) => `found the other side's ${p.type}: ${p.path}`,
  connecting: "connecting",
  clocksDiffer: {
    "later-than-now": (p: { path: string; moment: string }) =>
      `${p.path}: made ${p.moment}, later than now: one of the two clocks is wrong`,
    "earlier-than-offer": (p: { path: string; moment: string }) =>
      `${p.path}: made ${p.moment}, earlier than the offer that it answers: one of the two clocks is wrong`,
  },
  newerVersion: (p: { path: string; version: number }) =>
    `a newer p2p (version ${p.version}) has written ${p.path}: what is unknown here is ignored`,
  answerReplaced: (p: { path: string }) =>
    `${p.path}: another answer to this offer, of somebody else or of another run: it is tried now, and the one before no longer`,
  answerHeld: (p: { path: string }) =>
    `${p.path}: another answer to this offer, of somebody else or of another run: the first one goes on, and this one is tried if that fails`,
  twoOffers: (p: { weAre: "offer" | "answer" }) =>
    `both sides made an offer: ${p.weAre === "offer" ? "ours stays the offer" : "ours serves as the answer"}, nothing to carry again`,
  lineSealed: "sealed with one passphrase on both sides: nobody who lacks it is in the middle",
  peerSilent: "the other side only sends or receives files: your messages arrive there, but nobody can answer",
  foreignPeer: "the other side is another WebRTC program: it takes text, not files",
  binaryMessage: (p: { bytes: number }) => `[${p.bytes} bytes]`,
  doubts: doubtWords.en,
  incoming: (p: { what: string; files: string; size: string }) =>
    `the other side sends ${p.what}: ${p.files}, ${p.size}`,
  offered: (p: { what: string; files: string; size: string }) =>
    `asked to send ${p.what}: ${p.files}, ${p.size}; waiting for the other side to accept`,
  acceptedByMe: (p: { what: string }) => `receiving ${p.what}`,
  acceptedByPeer: (p: { what: string }) => `the other side accepted ${p.what}`,
  /** Several files begin to move; which of them were not taken is known at the end. */
  acceptedByPeerAllOrPart: (p: { what: string }) => `the other side accepted all or a part of ${p.what}`,
  declinedByMe: (p: { what: string }) => `declined ${p.what}`,
  withdrawnByMe: (p: { what: string }) => `withdrew ${p.what}: the other side can no longer accept it`,
  withdrawnByPeer: (p: { what: string }) => `the other side withdrew ${p.what}: there is nothing to answer any more`,
  cancelledSending: (p: { what: string }) => `cancelled ${p.what}: what is unfinished over there is removed`,
  cancelledReceiving: (p: { what: string }) => `cancelled ${p.what}: what was unfinished is removed`,
  unansweredByMe: (p: { what: string }) => `left without an answer: ${p.what}`,
  unansweredByPeer: (p: { what: string }) => `the other side left, ${p.what} is no longer offered`,
  fileSkipped: (p: { path: string }) => `skipped ${p.path}: it is there already`,
  /** @param entries - the first of them; `more` counts the others */
  leftOutThere: (p: { entries: string[]; more: number }) =>
    `the other side does not send ${p.entries.join(", ")}${p.more === 0 ? "" : ` and ${p.more} more`}`,
  leftOutEntry: (p: { path: string; why: LeftOutWhy }) => `'${p.path}' (${LEFT_OUT_WHY[p.why]})`,
  /** @param entries - the first of them; `more` counts the others */
  renamedHere: (p: { entries: string[]; more: number }) =>
    `stored under another name: ${p.entries.join(", ")}${p.more === 0 ? "" : ` and ${p.more} more`}`,
  renamedThere: (p: { entries: string[]; more: number }) =>
    `the other side stores under another name: ${p.entries.join(", ")}${p.more === 0 ? "" : ` and ${p.more} more`}`,
  renamedEntry: (p: { path: string; as: string }) => `'${p.path}' as '${p.as}'`,
  tookAt: (p: { time: string; rate: string }) => ` in ${p.time} (${p.rate})`,
  transferSent: (p: { what: string } & MovedAmounts) =>
    `sent ${p.what}: ${p.files}, ${p.size}${p.speed}${p.skipped === "" ? "" : `; the other side skipped ${p.skipped}`}`,
  transferReceived: (p: { what: string } & MovedAmounts) =>
    `received ${p.what}: ${p.files}, ${p.size}${p.speed}${p.skipped === "" ? "" : `; skipped ${p.skipped}`}`,
  moreEntries: (p: { count: string }) => `… and ${p.count} more`,
};

const zh: typeof en = {
  me: "我",
  afterName: "：",
  peer: "对方",
  unnamed: "文件",
  list: (p) => p.names.join("、"),
  files: (p) => `${p.text} 个文件`,
  seconds: (p) => `${p.seconds} 秒`,
  minutes: (p) => `${p.minutes} 分 ${p.seconds} 秒`,
  connected: (p) =>
    `${p.relayed ? "已通过中继连接" : "已直接连接"}：${p.local} ↔ ${p.remote}（${p.protocol.toUpperCase()}），往返时延 ${p.rttMs} 毫秒`,
  interrupted: "暂时无法连接对方：最多用两分钟寻找途径，待发送的内容会保留",
  restored: "已恢复连接，传输继续",
  moved: (p) => `我方发送改走 ${p.protocol.toUpperCase()}，传输未中断：${p.local} ↔ ${p.remote}`,
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
  closedEarly: "连接之前已结束",
  closedIncomplete: "已结束，但有内容未完成，见上文",
  notSent: (p) => `未发送：${p.text}`,
  verifyHow: "请通过电话或当面逐字核对，不要在本连接中发送",
  verifyMine: (p) => `我方：${p.fingerprint}`,
  verifyTheirs: (p) => `对方：${p.fingerprint}`,
  askVerify: "双方看到的内容一致吗？[y/n]",
  verified: (p) => `已确认双方看到的内容一致：${p.digits}（${p.words}）`,
  verifiedFingerprints: "指纹已确认",
  verifyImpossible: "对方无法核对：那里没有人可以回答，或者 p2p 版本过旧",
  notCompared: "双方核对完之前，对方就离开了：仍未确认对方的身份",
  amount: (p) => `${p.bytes}/${p.total}`,
  timeLeft: (p) => `剩余 ${p.time}`,
  standsStill: "连接中断",
  foundFile: (p) => `已收到对方的${p.type === "offer" ? "邀请" : "应答"}文件：${p.path}`,
  connecting: "正在连接",
  clocksDiffer: {
    "later-than-now": (p) => `${p.path}：生成于 ${p.moment}，晚于现在：两边的时钟有一个不准`,
    "earlier-than-offer": (p) => `${p.path}：生成于 ${p.moment}，早于它所应答的邀请：两边的时钟有一个不准`,
  },
  newerVersion: (p) => `更新的 p2p（版本 ${p.version}）写了 ${p.path}：不认识的内容已忽略`,
  answerReplaced: (p) =>
    `${p.path}：对同一份邀请的另一份应答，来自另一个人或另一次运行：现在改用它，不再使用之前的那份`,
  answerHeld: (p) =>
    `${p.path}：对同一份邀请的另一份应答，来自另一个人或另一次运行：先继续使用之前的那份，失败后再用它`,
  twoOffers: (p) => `双方都发出了邀请：${p.weAre === "offer" ? "以我方的为邀请" : "我方的作为应答"}，无需再发文件`,
  lineSealed: "双方的文件用同一口令密封：只要口令不会被猜到，就不可能存在不知道口令的中间人",
  peerSilent: "对方只收发文件：能收到你的消息，但无法回复",
  foreignPeer: "对方是其他 WebRTC 程序：可以收文字，不能收文件",
  binaryMessage: (p) => `[${p.bytes} 字节]`,
  doubts: doubtWords.zh,
  incoming: (p) => `对方请求发送 ${p.what}：${p.files}，${p.size}`,
  offered: (p) => `已请求发送 ${p.what}：${p.files}，${p.size}；等待对方确认接收`,
  acceptedByMe: (p) => `开始接收 ${p.what}`,
  acceptedByPeer: (p) => `对方已确认接收 ${p.what}`,
  acceptedByPeerAllOrPart: (p) => `对方已确认接收 ${p.what}（或其中一部分）`,
  declinedByMe: (p) => `已拒收 ${p.what}`,
  withdrawnByMe: (p) => `已撤回 ${p.what}：对方不能再接收`,
  withdrawnByPeer: (p) => `对方撤回了 ${p.what}：无需再回答`,
  cancelledSending: (p) => `已取消 ${p.what}：对方会删除未完成的部分`,
  cancelledReceiving: (p) => `已取消 ${p.what}：未完成的部分已删除`,
  unansweredByMe: (p) => `未回答就已离开：${p.what}`,
  unansweredByPeer: (p) => `对方已离开，不再发送 ${p.what}`,
  fileSkipped: (p) => `已跳过 ${p.path}：文件已经存在`,
  leftOutThere: (p) => `对方不发送${p.entries.join("、")}${p.more === 0 ? "" : `，以及另外 ${p.more} 项`}`,
  leftOutEntry: (p) => `“${p.path}”（${LEFT_OUT_WHY_ZH[p.why]}）`,
  renamedHere: (p) =>
    `部分文件将以其他名称保存：${p.entries.join("、")}${p.more === 0 ? "" : `，以及另外 ${p.more} 项`}`,
  renamedThere: (p) =>
    `部分文件在对方将以其他名称保存：${p.entries.join("、")}${p.more === 0 ? "" : `，以及另外 ${p.more} 项`}`,
  renamedEntry: (p) => `“${p.path}”改为“${p.as}”`,
  tookAt: (p) => `，用时 ${p.time}（${p.rate}）`,
  transferSent: (p) =>
    `已发送 ${p.what}：${p.files}，${p.size}${p.speed}${p.skipped === "" ? "" : `；对方跳过了 ${p.skipped}`}`,
  transferReceived: (p) =>
    `已接收 ${p.what}：${p.files}，${p.size}${p.speed}${p.skipped === "" ? "" : `；跳过了 ${p.skipped}`}`,
  moreEntries: (p) => `… 另有 ${p.count} 个`,
};

export const lineWords = { en, zh };
