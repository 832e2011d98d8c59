// Texts of the conversation on a terminal: the connection, the comparison, live rows, commands and /status; those of the
// pairing and of files are beside it. Numbers, sizes and times are passed in already formatted. Names and addresses are
// passed in raw: the code that prints a sentence escapes it.
import type { LimitedBy } from "../lib/events.ts";
import { contactWords } from "./contacts.ts";
import { brokerWords } from "./broker.ts";
import { farEndWords } from "./far-end.ts";
import { lineWords } from "./line.ts";
import { mediaWords } from "./media.ts";
import { pairingWords } from "./pairing.ts";
import { sessionFileWords } from "./session-files.ts";

const en = {
  ...lineWords.en,
  contacts: contactWords.en,
  media: mediaWords.en,
  broker: brokerWords.en,
  farEnd: farEndWords.en,
  send: "sending",
  receive: "receiving",
  hours: (p: { hours: number; minutes: number }) => `${p.hours} h ${p.minutes} min`,
  /** The age of something, rounded down to its largest unit. */
  age: (p: { count: number; unit: "second" | "minute" | "hour" | "day" }) => {
    const units = { second: "s", minute: "min", hour: "h", day: p.count === 1 ? "day" : "days" };
    return `${p.count} ${units[p.unit]}`;
  },

  errorPrefix: "p2p: error: ",
  hintPrefix: "p2p: hint: ",
  withCode: (p: { message: string; code: string }) => `${p.message} (${p.code})`,

  // the connection
  direct: "direct",
  relay: "relay",
  chatStarts: "type a message and press Enter; /help lists the commands",
  notDelivered: "not delivered",
  typedTooLate: (p: { text: string }) => `not sent: ${p.text} (p2p has ended)`,

  // the comparison
  /** @param words - the English words on every screen, whatever its language: both people have to read the same */
  verifyString: (p: { words: string; digits: string }) => `compare with the other side: ${p.digits} (${p.words})`,
  verifyFingerprints: "compare the SHA-256 fingerprints with what the other side shows",
  answerYesOrNo: "answer y or n",
  verifyAnswerFirst: "answer y or n first; not sent",
  verifyCameMeanwhile: "the question came while you typed: compare what it shows, then answer y or n; not sent",
  verifyWaits: "waiting for the other side's answer",
  verifyBegins: "comparing with the other side",
  waitsForPeer: (p: { what: string }) => `waiting for the other side to accept ${p.what}`,
  waitsForMe: (p: { what: string; ask: string }) => `${p.ask} (${p.what})`,
  moreMessages: (p: { count: number }) => `… and ${p.count} more ${p.count === 1 ? "message" : "messages"} on the way`,
  moreTransfers: (p: { count: number }) => `… and ${p.count} more ${p.count === 1 ? "transfer" : "transfers"}`,

  // commands
  help: [
    ["/send PATH…", "send files and folders; quote or \\-escape spaces, Tab completes"],
    ["/accept [#N]", "take what the other side wants to send; of several: number N"],
    ["/accept 1,3-5", "take only these entries (of number N: #N 1,3-5); ? lists them"],
    ["/accept fresh", "take it from the beginning, where a part of it is here already"],
    ["/decline [#N]", "refuse it"],
    ["/cancel [#N]", "stop a transfer; /status has the numbers"],
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
  sentAsMessage: (p: { text: string; about: "leaving" | "help" }) =>
    p.about === "leaving"
      ? `'${p.text}' is sent as a message; /quit ends p2p`
      : `'${p.text}' is sent as a message; /help lists the commands`,
  sendNeedsPath: "/send needs a path: /send photo.jpg 'my folder'",
  unclosedQuote: "a quote is not closed: nothing sent",
  takesNoArguments: (p: { name: string }) => `${p.name} takes nothing behind it`,
  takesOneTransfer: (p: { name: string }) => `${p.name} takes one transfer, as ${p.name} #2`,
  unmarkedTransfer: (p: { name: string }) =>
    `not done: ${p.name} takes a transfer with its mark, as ${p.name} #2; numbers alone are entries, which only /accept takes`,
  noSuchPart: (p: { name: string }) =>
    `behind the transfer ${p.name} takes numbers of entries, as ${p.name} #2 1,3-5, or ?`,
  nothingToAnswer: "the other side wants to send nothing now",
  changedMeanwhile: (p: { gone: string | undefined; came: string | undefined }) =>
    `not done, it changed while you typed: ${changes(p, "is gone", "came", "; ")}`,
  againIfMeant: (p: { name: string }) => `type ${p.name} again if you mean what is there now`,
  nothingToCancel: "no transfer is running or waiting to be accepted",
  noSuchTransfer: (p: { which: string }) =>
    `no transfer ${p.which} is running or waiting to be accepted; /status lists them`,
  /** @param part - what follows the number, with a blank before it; empty: nothing */
  whichTransfer: (p: { name: string; part: string }) => `not done, several of them: say which, ${p.name} #N${p.part}`,
  transferChoice: (p: { number: number; what: string }) => `  #${p.number}  ${p.what}`,
  /** @param offered - the transfers that the other side has not answered yet */
  quitWaits: (p: { running: number; offered: number }) => {
    const running = p.running === 1 ? "the transfer is through" : `${p.running} transfers are through`;
    const offered = "the other side has answered";
    const wait = [...(p.running === 0 ? [] : [running]), ...(p.offered === 0 ? [] : [offered])].join(" and ");
    return `ending when ${wait}; /quit or Ctrl-D again ends at once`;
  },

  // /status
  statusTransfer: (p: {
    number: number;
    doing: string;
    what: string;
    state: string;
    amount: string;
    percent: string;
  }) => `#${p.number}  ${p.doing} ${p.what}: ${p.state}, ${p.amount}, ${p.percent}`,
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
    withdrawn: "withdrawn",
    cancelled: "cancelled",
    failed: "failed",
  },
  /** Follows the state of a transfer. */
  partDeclined: ", a part declined",
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
  ...lineWords.zh,
  contacts: contactWords.zh,
  media: mediaWords.zh,
  broker: brokerWords.zh,
  farEnd: farEndWords.zh,
  send: "发送",
  receive: "接收",
  hours: (p) => `${p.hours} 小时 ${p.minutes} 分`,
  age: (p) => `${p.count} ${{ second: "秒", minute: "分钟", hour: "小时", day: "天" }[p.unit]}`,

  errorPrefix: "p2p 错误：",
  hintPrefix: "p2p 提示：",
  withCode: (p) => `${p.message}（${p.code}）`,

  direct: "直连",
  relay: "中继",
  chatStarts: "输入文字后按回车发送；/help 列出全部命令",
  notDelivered: "未送达",
  typedTooLate: (p) => `未发送：${p.text}（p2p 已结束）`,

  verifyString: (p) => `请与对方核对：${p.digits}（${p.words}）`,
  verifyFingerprints: "请把 SHA-256 指纹与对方显示的核对",
  answerYesOrNo: "请回答 y（是）或 n（否）",
  verifyAnswerFirst: "请先回答 y 或 n；没有发送",
  verifyCameMeanwhile: "问题是在你输入期间出现的：请先核对，再回答 y 或 n；没有发送",
  verifyWaits: "正在等待对方回答",
  verifyBegins: "正在与对方核对",
  waitsForPeer: (p) => `等待对方确认接收 ${p.what}`,
  waitsForMe: (p) => `${p.ask}（${p.what}）`,
  moreMessages: (p) => `… 另有 ${p.count} 条消息正在送出`,
  moreTransfers: (p) => `… 另有 ${p.count} 个传输`,

  help: [
    ["/send 路径…", "发送文件和文件夹；空格用引号或 \\ 转义，Tab 补全"],
    ["/accept [#N]", "接收对方请求发送的文件；有好几个时指明编号 N"],
    ["/accept 1,3-5", "只接收其中这几项（编号 N 中的：#N 1,3-5）；“?”列出全部"],
    ["/accept fresh", "本机已有一部分时，不继续，从头接收"],
    ["/decline [#N]", "拒收"],
    ["/cancel [#N]", "取消一个传输；编号见 /status"],
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
  sentAsMessage: (p) =>
    p.about === "leaving"
      ? `“${p.text}”已作为消息发送；要结束请输入 /quit`
      : `“${p.text}”已作为消息发送；/help 列出全部命令`,
  sendNeedsPath: "/send 需要路径：/send photo.jpg '我的文件夹'",
  unclosedQuote: "引号没有闭合：什么都没有发送",
  takesNoArguments: (p) => `${p.name} 后面不加内容`,
  takesOneTransfer: (p) => `${p.name} 后面只加一个传输，例如 ${p.name} #2`,
  unmarkedTransfer: (p) => `没有执行：传输的编号前要加 #，例如 ${p.name} #2；不加 # 的编号指文件，只能用于 /accept`,
  noSuchPart: (p) => `${p.name} 的传输编号后面只加文件的编号，例如 ${p.name} #2 1,3-5，或“?”`,
  nothingToAnswer: "对方现在没有发来文件",
  changedMeanwhile: (p) => `没有执行，输入期间有变化：${changes(p, "已不在", "是新来的", "；")}`,
  againIfMeant: (p) => `如果指的是现在这些，请再输入一次 ${p.name}`,
  nothingToCancel: "没有正在进行或等待确认的传输",
  noSuchTransfer: (p) => `传输 ${p.which} 不在进行，也不在等待确认；/status 可列出全部`,
  whichTransfer: (p) => `没有执行，有好几个，请指明：${p.name} #N${p.part}`,
  transferChoice: (p) => `  #${p.number}  ${p.what}`,
  quitWaits: (p) => {
    const running = p.running === 0 ? [] : [`${p.running} 个传输完成`];
    const offered = p.offered === 0 ? [] : [`对方回答 ${p.offered} 个发送请求`];
    return `${[...running, ...offered].join("、")}后结束；再输一次 /quit 或 Ctrl-D 立即结束`;
  },

  statusTransfer: (p) => `#${p.number}  ${p.doing} ${p.what}：${p.state}，${p.amount}，${p.percent}`,
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
    withdrawn: "已撤回",
    cancelled: "已取消",
    failed: "失败",
  },
  partDeclined: "（部分拒收）",
};

/** All texts around a line, with those of its pairing and of its files. */
export const conversationWords = {
  en: { ...pairingWords.en, ...sessionFileWords.en, ...en },
  zh: { ...pairingWords.zh, ...sessionFileWords.zh, ...zh },
};
