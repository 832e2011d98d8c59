// Message and hint of the errors of exchange files and their folder, in both languages.
import { text } from "./error-text.ts";
import { type ExchangeFlaw, flawText } from "./exchange-flaws.ts";

const en = {
  FILE_MALFORMED: text(
    (p: { path: string; field: string; flaw: ExchangeFlaw }) =>
      `${p.path}: ${p.field}: ${flawText(p.flaw, "en").problem}`,
    (p) => flawText(p.flaw, "en").cure,
  ),
  FILE_TOO_LARGE: text(
    (p: { path: string; limit: string }) => `${p.path}: larger than ${p.limit}`,
    () => "this is not an exchange file; ask the other side for its LocaltionJson.json",
  ),
  FILE_EXPIRED: text(
    (p: { path: string; expiresAt: string }) => `${p.path}: expired at ${p.expiresAt}`,
    () => "ask the other side to run its command again and carry the new file",
  ),
  FILE_USED: text(
    (p: { path: string }) => `${p.path}: a session from this file was already connected`,
    () => "ask the other side to run p2p offer again and carry the new file",
  ),
  FILE_MISMATCHED: text(
    (p: { path: string }) => `${p.path}: this answer belongs to another offer`,
    () => "carry the newest LocaltionJson.json to the other side and bring its new answer back",
  ),
  FILE_OWN: text(
    (p: { path: string }) => `${p.path}: this is our own file`,
    () => "carry LocaltionJson.json to the other side, and put the other side's file here",
  ),
  FILE_WRONG_TYPE: text(
    (p: { path: string; wanted: "offer" | "answer" }) =>
      `${p.path}: ${p.wanted === "offer" ? "this is an answer, an offer is needed" : "this is an offer, an answer is needed"}`,
    (p) =>
      p.wanted === "offer"
        ? "one side runs p2p offer, the other p2p answer; the offer's file is carried first"
        : "the other side runs p2p answer with our file, and its file is carried back",
  ),
  NOTHING_TO_RESUME: text(
    (p: { command: "offer" | "answer"; dir: string }) =>
      `no 'p2p ${p.command}' in ${p.dir} can be gone on with: none was stopped there, or it has connected or expired`,
    (p) => `run 'p2p ${p.command}' without --resume, and carry the new file`,
  ),
  FILE_NOT_THERE: text(
    (p: { path: string; wait: string }) => `${p.path}: the other side's file did not come within ${p.wait}`,
    () => "start again, with a longer --wait if the file needs more time",
  ),
  FOLDER_IN_USE: text(
    (p: { dir: string; pid: number; command: string; otherHost?: { name: string; lock: string } }) =>
      `p2p ${p.command} (pid ${p.pid}${p.otherHost === undefined ? "" : ` on ${p.otherHost.name}`}) is already working in ${p.dir}`,
    (p) =>
      p.otherHost === undefined
        ? "two people need two folders: both sides cannot share one; use --dir for the second"
        : `use --dir for another folder; if that process is gone, delete ${p.otherHost.lock}`,
  ),
  FOLDER_UNUSABLE: text(
    (p: { dir: string; reason: string }) => `cannot use the folder ${p.dir}: ${p.reason}`,
    () => "make it, or name another one with --dir",
  ),
};

const zh: typeof en = {
  FILE_MALFORMED: text(
    (p) => `${p.path}：${p.field}：${flawText(p.flaw, "zh").problem}`,
    (p) => flawText(p.flaw, "zh").cure,
  ),
  FILE_TOO_LARGE: text(
    (p) => `${p.path}：超过 ${p.limit}`,
    () => "这不是交换文件；请向对方要他的 LocaltionJson.json",
  ),
  FILE_EXPIRED: text(
    (p) => `${p.path}：已于 ${p.expiresAt} 过期`,
    () => "请对方重新运行命令，并带来新的文件",
  ),
  FILE_USED: text(
    (p) => `${p.path}：用这个文件已经连接过一次`,
    () => "请对方重新运行 p2p offer，并带来新的文件",
  ),
  FILE_MISMATCHED: text(
    (p) => `${p.path}：这个应答属于另一个邀请`,
    () => "请把最新的 LocaltionJson.json 带给对方，再带回新的应答",
  ),
  FILE_OWN: text(
    (p) => `${p.path}：这是我们自己的文件`,
    () => "请把 LocaltionJson.json 带给对方，并把对方的文件放到这里",
  ),
  FILE_WRONG_TYPE: text(
    (p) => `${p.path}：${p.wanted === "offer" ? "这是应答，需要的是邀请" : "这是邀请，需要的是应答"}`,
    (p) =>
      p.wanted === "offer"
        ? "一方运行 p2p offer，另一方运行 p2p answer；先带邀请文件"
        : "对方用我们的文件运行 p2p answer，再把他的文件带回来",
  ),
  NOTHING_TO_RESUME: text(
    (p) => `${p.dir} 里没有可以继续的 p2p ${p.command}：没有停下过的，或者已经连上、已经过期`,
    (p) => `请不加 --resume 运行 p2p ${p.command}，并带上新的文件`,
  ),
  FILE_NOT_THERE: text(
    (p) => `${p.path}：对方的文件在 ${p.wait} 内没有到`,
    () => "请重新开始；如果需要更久，请加大 --wait",
  ),
  FOLDER_IN_USE: text(
    (p) =>
      `p2p ${p.command}（${p.otherHost === undefined ? "" : `主机 ${p.otherHost.name}，`}进程 ${p.pid}）已经在 ${p.dir} 里工作`,
    (p) =>
      p.otherHost === undefined
        ? "两个人需要两个文件夹，双方不能共用一个；第二个请用 --dir"
        : `请用 --dir 换一个文件夹；如果那个进程已不在，请删除 ${p.otherHost.lock}`,
  ),
  FOLDER_UNUSABLE: text(
    (p) => `无法使用文件夹 ${p.dir}：${p.reason}`,
    () => "请先建立该文件夹，或用 --dir 换一个",
  ),
};

export const fileErrorWords = { en, zh };
