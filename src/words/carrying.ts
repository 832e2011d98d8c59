// Texts about carrying exchange files by the clipboard: what was copied, and what a paste contained.

import { NO_CODE } from "../lib/errors/english-parts.ts";
import type { NoCode, WindowSize } from "../lib/events.ts";
import { shellWord } from "../lib/shell-word.ts";

/** A line that was typed before the two sides are connected. `takesPaste`: the other side's file may be pasted there. */
export interface TypedEarly {
  text: string;
  about: "leaving" | "help" | "status" | "send" | "send-never" | "command" | "other";
  takesPaste: boolean;
  /** No person carries the documents. */
  isCarried?: boolean;
  /** What the line does meanwhile, in words. */
  doing: string;
}

function howEn({ takesPaste, isCarried = false }: TypedEarly): string {
  if (isCarried) return "wait for the other side";
  const carry = "carry the files as said above";
  return takesPaste ? `${carry}, or paste all of the other side's file here` : carry;
}

function howZh({ takesPaste, isCarried = false }: TypedEarly): string {
  if (isCarried) return "请等待对方";
  const carry = "请按上面的说明发送文件";
  return takesPaste ? `${carry}，或把对方文件的全部内容粘贴到这里` : carry;
}

export const NO_CODE_ZH: Readonly<Record<NoCode, string>> = {
  sealed: "文件已密封，而短码无法密封",
  foreign: "该文件供其他程序使用，它们不识别短码",
  odd: "其中有 p2p 不会写的值",
  signed: "签名涵盖的内容超出短码的容量",
  "too-long": "地址太多",
};

const en = {
  copied: {
    sent: "copied to the clipboard, if this terminal takes it (many do, some ignore it): paste it into a message to check",
    "too-long": "not copied: too long for the clipboard of most terminals; carry the file",
    "no-terminal": "not copied: --copy needs a terminal on stderr",
  },
  orPasteIt: ", or paste it or its short code here",
  pasted: (p: { path: string }) => `pasted: kept as ${p.path}`,
  pasteUseless: "that is no whole exchange file: copy all of it, from the first brace to the last, and paste it here",
  pasteHow: "paste the other side's file here, all of it at once: it is recognised by itself; Ctrl-C ends",
  preparing: "getting this side ready",
  typedEarly: (p: TypedEarly) =>
    ({
      leaving: "/quit or Ctrl-C ends p2p",
      help: `not connected yet: ${howEn(p)}; /status says where it stands, /quit or Ctrl-C ends p2p`,
      status: `not connected yet: ${p.doing}`,
      send: `not sent: ${p.text} (not connected yet: type it again once it is connected)`,
      "send-never": `not sent: ${p.text} (this side sends only what its command line names: /quit, and start it again with the paths)`,
      command: `not done: ${p.text} (not connected yet: it is a command for then; /status says where it stands)`,
      other: `not sent: ${p.text} (not connected yet: ${howEn(p)}; Ctrl-C ends p2p)`,
    })[p.about],
  carryOfferOrCode: (p: { path: string; command: string }) =>
    `carry ${p.path} to the other side (there: ${p.command}), or only this code (there: p2p answer, then paste it):`,
  carryAnswerOrCode: (p: { path: string }) =>
    `carry ${p.path} back, where it is called LocaltionJson_p.json, or only this code, to be pasted where they wait:`,
  noCode: (p: { why: NoCode }) => `no short code: ${NO_CODE[p.why]}`,
  /** Notifications of the terminal: plain text that begins with no number. */
  notices: { theirFile: "p2p: the other side's file is here", connected: "p2p: connected" },
  noRoomForQr: ({ needs, has }: { needs: WindowSize; has: WindowSize }) =>
    `no QR code: it takes a window of ${needs.columns} columns and ${needs.rows} rows, and this one has ${has.columns} and ${has.rows}; the code as text serves as well`,
  ready: (p: { type: "offer" | "answer"; addresses: number; until: string; revision: number }) =>
    `made the ${p.type}: ${p.addresses === 1 ? "1 address" : `${p.addresses} addresses`}, good until ${p.until}${p.revision > 1 ? `, revision ${p.revision}` : ""}`,
  sharedFolder: {
    waiting: (p: { dir: string; isAnswering: boolean; to?: string | undefined }) =>
      p.to !== undefined
        ? `${p.isAnswering ? `no offer of ${p.to} waits in ${p.dir}` : `the offer lies in ${p.dir}, for ${p.to} alone`}: run 'p2p ${p.isAnswering ? "offer" : "answer"} --via folder:DIR --to NAME' on the other side, NAME being the name under which ${p.to} keeps you`
        : p.isAnswering
          ? `no offer waits in ${p.dir}: run 'p2p offer --via folder:DIR' on the other side, DIR being this folder there`
          : `the offer lies in ${p.dir}: run 'p2p answer --via folder:DIR' on the other side, DIR being this folder there`,
    present: (p: { isAnswering: boolean }): string =>
      p.isAnswering ? "an offer is there" : "somebody answers the offer",
    delivered: (p: { dir: string; isAnswering: boolean }) =>
      p.isAnswering ? `the answer lies in ${p.dir}` : "the answer has come",
    lost: (p: { dir: string }) => `the other side is gone from ${p.dir}`,
    open: (p: { dir: string }) =>
      `whoever can write to ${p.dir} can be the other side: use --seal on both sides, or compare with --verify`,
    otherOffer: (p: { dir: string; to?: string | undefined }) =>
      p.to !== undefined
        ? `${p.to} offers in ${p.dir} too, and two offers do not meet: one of you ends with Ctrl-C and answers; here that is 'p2p answer --via folder:DIR --to ${shellWord(p.to)}'`
        : `somebody else offers in ${p.dir} too, and two offers do not meet: if that is the other side, one of you ends with Ctrl-C and runs 'p2p answer --via folder:DIR'`,
    crowded: (p: { dir: string }) =>
      `${p.dir} holds more files than are looked at, and the other side's may be passed over: use a folder of its own, or remove old p2p-… files`,
  },
  pasteNotNow: "connected already: there is no file to paste",
};

const zh: typeof en = {
  copied: {
    sent: "已复制到剪贴板（多数终端支持，有的会忽略）：请粘贴到消息里确认",
    "too-long": "没有复制：对多数终端的剪贴板来说太长；请发送文件",
    "no-terminal": "没有复制：--copy 需要标准错误是终端",
  },
  orPasteIt: "，或在这里粘贴其内容或短码",
  pasted: (p) => `已粘贴：存为 ${p.path}`,
  pasteUseless: "这不是完整的交换文件：请从第一个大括号到最后一个全部复制，再粘贴到这里",
  pasteHow: "请把对方的文件内容一次全部粘贴到这里，会自动识别；按 Ctrl-C 结束",
  preparing: "我方正在准备",
  typedEarly: (p) =>
    ({
      leaving: "输入 /quit 或按 Ctrl-C 结束 p2p",
      help: `尚未连接：${howZh(p)}；/status 显示进展，/quit 或 Ctrl-C 结束 p2p`,
      status: `尚未连接：${p.doing}`,
      send: `未发送：${p.text}（尚未连接：请在连接之后再输一次）`,
      "send-never": `未发送：${p.text}（我方只发送命令行中给出的路径：请先 /quit，再加上路径重新运行）`,
      command: `没有执行：${p.text}（尚未连接：连接之后才有这个命令；/status 显示进展）`,
      other: `未发送：${p.text}（尚未连接：${howZh(p)}；按 Ctrl-C 结束 p2p）`,
    })[p.about],
  carryOfferOrCode: (p) =>
    `请把 ${p.path} 发给对方（对方运行 ${p.command}），或只发下面的短码（对方运行 p2p answer 后粘贴）：`,
  carryAnswerOrCode: (p) =>
    `请把 ${p.path} 发回给对方（存为 LocaltionJson_p.json），或只发下面的短码，由对方粘贴到等待处：`,
  noCode: (p) => `没有短码：${NO_CODE_ZH[p.why]}`,
  notices: { theirFile: "p2p: 对方的文件到了", connected: "p2p: 已连接" },
  noRoomForQr: ({ needs, has }) =>
    `没有显示二维码：窗口需要 ${needs.columns} 列、${needs.rows} 行，现在是 ${has.columns} 列、${has.rows} 行；请用文字形式的短码，效果相同`,
  ready: (p) =>
    `已生成${p.type === "offer" ? "邀请" : "应答"}：${p.addresses} 个地址，有效期至 ${p.until}${p.revision > 1 ? `，第 ${p.revision} 版` : ""}`,
  sharedFolder: {
    waiting: (p) =>
      p.to !== undefined
        ? `${p.isAnswering ? `${p.dir} 里还没有 ${p.to} 的邀请` : `邀请已放在 ${p.dir}，只给 ${p.to}`}：请 ${p.to} 运行 p2p ${p.isAnswering ? "offer" : "answer"} --via folder:DIR --to NAME，NAME 是 ${p.to} 保存你时用的名字`
        : p.isAnswering
          ? `${p.dir} 里还没有邀请：请对方运行 p2p offer --via folder:DIR，DIR 是对方那边的同一文件夹`
          : `邀请已放在 ${p.dir}：请对方运行 p2p answer --via folder:DIR，DIR 是对方那边的同一文件夹`,
    present: (p) => (p.isAnswering ? "已找到邀请" : "有人正在应答"),
    delivered: (p) => (p.isAnswering ? `应答已放在 ${p.dir}` : "已收到应答"),
    lost: (p) => `对方已不在 ${p.dir}`,
    open: (p) => `能写入 ${p.dir} 的人都可以成为对方：请双方都用 --seal，或用 --verify 核对`,
    otherOffer: (p) =>
      p.to !== undefined
        ? `${p.to} 也在 ${p.dir} 里放了邀请，而两个邀请不会相互连接：请其中一方按 Ctrl-C 结束并改为应答；我方的命令是 p2p answer --via folder:DIR --to ${shellWord(p.to)}`
        : `${p.dir} 里还有别人的邀请，而两个邀请不会相互连接：如果那就是对方，请其中一方按 Ctrl-C 结束，改为运行 p2p answer --via folder:DIR`,
    crowded: (p) =>
      `${p.dir} 里的文件太多，不会全部查看，可能会漏掉对方的文件：请换一个专用的文件夹，或删除旧的 p2p-… 文件`,
  },
  pasteNotNow: "已经连接：没有要粘贴的文件",
};

export const carryingWords = { en, zh };
