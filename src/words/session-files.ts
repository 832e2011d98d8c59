// Texts about the files of a session: what is proposed, asked, moved, kept and left out. Sizes and times are passed in
// formatted, names and paths raw: the code that prints a sentence escapes it.

function andMore({ list, more }: { list: string; more: number }): string {
  return more === 0 ? list : `${list} and ${more} more`;
}

function andMoreZh({ list, more }: { list: string; more: number }): string {
  return more === 0 ? list : `${list}，以及另外 ${more} 项`;
}

const en = {
  resumedFrom: (p: { size: string }) => `, going on after ${p.size}`,
  declinedPartByMe: (p: { entries: string[]; more: number }) =>
    `declined ${p.entries.join(", ")}${p.more === 0 ? "" : ` and ${p.more} more`}`,
  declinedPartByPeer: (p: { entries: string[]; more: number }) =>
    `the other side declined ${p.entries.join(", ")}${p.more === 0 ? "" : ` and ${p.more} more`}`,
  /** What nobody had answered when the session ended. @param list - the first of them; `more` counts the others */
  unanswered: {
    "unsent-me": (p: { list: string; more: number }) =>
      `not sent, this side ended before it was accepted: ${andMore(p)}`,
    "unsent-peer": (p: { list: string; more: number }) =>
      `not sent, the other side left before it was accepted: ${andMore(p)}`,
    "left-me": (p: { list: string; more: number }) => `left without an answer: ${andMore(p)}`,
    "left-peer": (p: { list: string; more: number }) => `the other side left, no longer offered: ${andMore(p)}`,
  },
  offerGone: (p: { what: string }) => `not done: the other side no longer wants to send ${p.what}`,
  fileSaved: (p: { path: string; size: string }) => `saved ${p.path}, ${p.size}`,
  fileWritten: (p: { size: string }) => `written to stdout, ${p.size}`,
  fileSent: (p: { path: string; size: string }) => `sent ${p.path}, ${p.size}`,
  fileSkippedThere: (p: { name: string }) => `the other side skipped '${p.name}': it has a file of that name already`,
  leftOutHere: (p: { entries: string[]; more: number }) =>
    `not sent, since p2p made it for itself: ${p.entries.join(", ")}${p.more === 0 ? "" : ` and ${p.more} more`}`,
  /** Follows errors of single files. */
  moreErrors: (p: { count: number; text: string }) =>
    p.count === 1
      ? "… and 1 more like these (--verbose shows it)"
      : `… and ${p.text} more like these (--verbose shows them)`,
  took: (p: { time: string }) => ` in ${p.time}`,

  // consent
  /** @param folders - empty if there are none */
  contents: (p: { files: string; folders: string }) => (p.folders === "" ? p.files : `${p.files} and ${p.folders}`),
  folders: (p: { count: number; text: string }) => (p.count === 1 ? "1 folder" : `${p.text} folders`),
  wantsToSend: (p: { name: string; files: string; size: string }) => `← ${p.name} wants to send ${p.files}, ${p.size}:`,
  moreListed: (p: { more: string }) => `${p.more}; ? lists them all`,
  /** @param example - numbers that there are */
  partHint: (p: { example: string }) => `/accept ${p.example} takes a part`,
  partHintYesNo: (p: { example: string }) => `${p.example} takes a part`,
  noSuchEntry: (p: { number: number }) => `nothing has the number ${p.number}`,
  goesTo: (p: { dir: string }) => `to ${p.dir}`,
  goesToStdout: "to stdout: the first file, the rest is declined",
  freeDisk: (p: { free: string }) => ` (${p.free} free)`,
  notEnoughSpace: (p: { needed: string; free: string }) => `not enough space: ${p.needed} needed, ${p.free} free`,
  askCommands: "/accept or /decline?",
  askNumbered: (p: { number: number }) => `/accept #${p.number} or /decline #${p.number}?`,
  askYesNo: "accept? [y/n]",
  resume: (p: { name: string; percent: string; more: number }) =>
    p.more === 0 ? `Resume '${p.name}' (${p.percent} %)?` : `Resume '${p.name}' (${p.percent} %) and ${p.more} more?`,
  resumeChanged: "its size or time is another one now: what is the same stays",
  /** @param mark - names the transfer, with a blank before it; empty: there is only one */
  resumeCommands: (p: { mark: string }) =>
    `/accept${p.mark} goes on, /accept${p.mark} fresh takes it from the beginning, /decline${p.mark}`,
  resumeYesNo: "y goes on, f takes it from the beginning, n declines [y/f/n]",
  answerYesFreshNo: "answer y, f or n",
};

const zh: typeof en = {
  resumedFrom: (p) => `，从 ${p.size} 处继续`,
  declinedPartByMe: (p) => `已拒收 ${p.entries.join("、")}${p.more === 0 ? "" : `，以及另外 ${p.more} 项`}`,
  declinedPartByPeer: (p) => `对方拒收 ${p.entries.join("、")}${p.more === 0 ? "" : `，以及另外 ${p.more} 项`}`,
  unanswered: {
    "unsent-me": (p) => `没有发出，对方接收之前我方已结束：${andMoreZh(p)}`,
    "unsent-peer": (p) => `没有发出，对方在接收之前已离开：${andMoreZh(p)}`,
    "left-me": (p) => `未回答就已离开：${andMoreZh(p)}`,
    "left-peer": (p) => `对方已离开，不再发送：${andMoreZh(p)}`,
  },
  offerGone: (p) => `没有执行：对方已不再发送 ${p.what}`,
  fileSaved: (p) => `已保存为 ${p.path}，${p.size}`,
  fileWritten: (p) => `已写到标准输出，${p.size}`,
  fileSent: (p) => `已发送 ${p.path}，${p.size}`,
  fileSkippedThere: (p) => `对方跳过了“${p.name}”：对方已有同名文件`,
  leftOutHere: (p) =>
    `不发送 p2p 自己生成的文件：${p.entries.join("、")}${p.more === 0 ? "" : `，以及另外 ${p.more} 项`}`,
  moreErrors: (p) => `… 另有 ${p.text} 条类似的错误（加上 --verbose 可全部显示）`,
  took: (p) => `，用时 ${p.time}`,
  contents: (p) => (p.folders === "" ? p.files : `${p.files}和 ${p.folders}`),
  folders: (p) => `${p.text} 个文件夹`,
  wantsToSend: (p) => `← ${p.name}${/[a-z0-9]$/i.test(p.name) ? " " : ""}请求发送 ${p.files}，共 ${p.size}：`,
  moreListed: (p) => `${p.more}；输入“?”可列出全部`,
  partHint: (p) => `/accept ${p.example} 只接收一部分`,
  partHintYesNo: (p) => `${p.example} 只接收一部分`,
  noSuchEntry: (p) => `没有编号 ${p.number}`,
  goesTo: (p) => `保存到 ${p.dir}`,
  goesToStdout: "第一个文件写到标准输出，其余拒收",
  freeDisk: (p) => `（可用空间 ${p.free}）`,
  notEnoughSpace: (p) => `空间不足：需要 ${p.needed}，可用空间 ${p.free}`,
  askCommands: "/accept 接收，/decline 拒收",
  askNumbered: (p) => `/accept #${p.number} 接收，/decline #${p.number} 拒收`,
  askYesNo: "接收吗？[y/n]",
  resume: (p) =>
    p.more === 0
      ? `继续接收“${p.name}”（已有 ${p.percent}%）？`
      : `继续接收“${p.name}”（已有 ${p.percent}%）和另外 ${p.more} 个？`,
  resumeChanged: "它的大小或时间与上次不同：相同的部分会保留",
  resumeCommands: (p) => `/accept${p.mark} 继续，/accept${p.mark} fresh 从头接收，/decline${p.mark} 拒收`,
  resumeYesNo: "y 继续，f 从头接收，n 拒收 [y/f/n]",
  answerYesFreshNo: "请回答 y（继续）、f（从头接收）或 n（拒收）",
};

export const sessionFileWords = { en, zh };
