// Message and hint of the errors of exchange files and their folder, in Chinese.
import { isFolderMissing } from "../lib/errors/english-parts.ts";
import { type ErrorTexts, type OfDocument, text } from "../lib/errors/params.ts";
import { flawText } from "../lib/errors/flaw.ts";
import { asTyped } from "../lib/shell-word.ts";
import { FLAW_TEXTS_ZH } from "./exchange-flaws.ts";
import { FAR_END_TEXTS_ZH } from "./far-end.ts";
import { oddFileWords } from "./odd-files.ts";
import { NO_CODE_ZH } from "./carrying.ts";

/** The name of a file in sentences: stdin and a pasted text have none. */
export function subjectOf(path: string): string {
  if (path === "") return "粘贴的内容";
  return path === "-" ? "标准输入" : asTyped(path);
}

/** The cure for a document that no person carries: what runs at the far end is to print another one. */
function cureAtSource({ carriedBy }: OfDocument): string | undefined {
  if (carriedBy === "command") return FAR_END_TEXTS_ZH["no-document"].cure;
  return carriedBy === undefined ? undefined : "请结束双方，并重新运行双方的命令";
}

/** What the other side is to do, and what is to be done with its new document where a person carries it. */
function andCarry({ carriedBy }: OfDocument, whatToDo: string): string {
  return carriedBy === undefined ? `${whatToDo}，并发来新的文件` : whatToDo;
}

/** The field in which the flaw is; of the file as a whole there is nothing to say. */
function placeOf(field: string): string {
  return field === "file" ? "" : `${field} `;
}

export const fileErrorsZh = {
  FILE_MALFORMED: text(
    (p) => `${subjectOf(p.path)}：${placeOf(p.field)}${flawText(p.flaw, FLAW_TEXTS_ZH).problem}`,
    (p) => cureAtSource(p) ?? flawText(p.flaw, FLAW_TEXTS_ZH, p.by).cure,
  ),
  FILE_MISSING: text(
    (p) => `${p.path}：没有这个文件`,
    () => "请检查文件名和所在的文件夹",
  ),
  FILE_TOO_LARGE: text(
    (p) => `${subjectOf(p.path)}：超过 ${p.limit}`,
    () => "这不是交换文件；请向对方索取 LocaltionJson.json",
  ),
  FILE_EXPIRED: text(
    (p) => `${subjectOf(p.path)}：已于 ${p.expiresAt} 过期${p.now === undefined ? "" : `；本机时间是 ${p.now}`}`,
    (p) => `如果它刚刚生成，说明两边的时钟有一个不准：请核对日期和时间；否则${andCarry(p, "请对方重新运行命令")}`,
  ),
  FILE_USED: text(
    (p) => `${subjectOf(p.path)}：用这个文件已经连接过一次`,
    (p) => andCarry(p, "请对方重新运行 p2p offer"),
  ),
  FILE_MISMATCHED: text(
    (p) => `${subjectOf(p.path)}：这个应答属于另一个邀请`,
    (p) => cureAtSource(p) ?? "请把最新的 LocaltionJson.json 发给对方，并请对方发回新的应答",
  ),
  FILE_OWN: text(
    (p) => `${subjectOf(p.path)}：这是我方自己的文件`,
    (p) => cureAtSource(p) ?? "请把 LocaltionJson.json 发给对方，并把对方的文件放到这里",
  ),
  FILE_WRONG_TYPE: text(
    (p) => `${subjectOf(p.path)}：${p.wanted === "offer" ? "这是应答，需要的是邀请" : "这是邀请，需要的是应答"}`,
    (p) =>
      cureAtSource(p) ??
      (p.wanted === "offer"
        ? "一方运行 p2p offer，另一方运行 p2p answer；先发邀请文件"
        : "请对方用我方的文件运行 p2p answer，再发回应答文件"),
  ),
  NOTHING_TO_RESUME: text(
    (p) => `${p.dir} 里没有可以继续的 p2p ${p.command}：没有停下过的，或者已经连上、已经过期`,
    (p) => `请不加 --resume 运行 p2p ${p.command}，并交换新的文件`,
  ),
  FILE_NOT_RECOGNISED: text(
    (p) =>
      p.isAwaited === true
        ? `${subjectOf(p.path)}：没有 ${p.name} 的签名，而我方只等 ${p.name}：这个文件不予采用`
        : `${subjectOf(p.path)}：没有 ${p.name} 的签名，而在用的是 ${p.name} 的文件：这个文件不予采用`,
    (p) => {
      if (p.isAwaited === true) {
        return `继续等待；如果 ${p.name} 换了密钥，请不加 --to 连接，用 --verify 核对后重新 /keep`;
      }
      return p.path === "-" || p.carriedBy !== undefined
        ? "如果确实要用它，请重新开始，并只给这一个"
        : `如果确实要用它，请按 Ctrl-C 结束，再加 --in ${p.path} 重新开始`;
    },
  ),
  FILE_SECOND_ANSWER: text(
    (p) => `${subjectOf(p.path)}：对同一份邀请的第二份应答，来自另一个人或另一次运行，不予采用`,
    (p) =>
      `一份邀请只能与一个人连接：如果还要与另一个人连接，请${p.carriedBy === undefined ? "在另一个文件夹运行 p2p offer，并发送那里的文件" : "再运行一次 p2p offer"}`,
  ),
  FILE_SUPERSEDED: text(
    (p) => `${subjectOf(p.path)}：已改用对方更新的一份`,
    () => "请继续使用较新的一份",
  ),
  CODE_IMPOSSIBLE: text(
    (p) => `${subjectOf(p.path)}：无法生成短码：${NO_CODE_ZH[p.why]}`,
    () => "请传送文件本身",
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
  LOCK_UNUSABLE: text(
    (p) => `${p.path} 不是 p2p 的锁：${oddFileWords.zh[p.kind]}`,
    (p) => `请删除 ${p.path}，或用 --dir 换一个文件夹`,
  ),
  FOLDER_GONE: text(
    (p) => `文件夹 ${p.dir} 已不存在：${p.reason}`,
    () => "请把它放回原处：程序会一直等它；或者结束后重新开始",
  ),
  STATE_UNUSABLE: text(
    (p) => `无法在 ${p.path} 保存需要记住的内容：${p.reason}`,
    () => "请用 P2P_STATE_DIR 指定一个自己的文件夹，或把 HOME 设为自己的主目录",
  ),
  STATE_UNSAFE: text(
    (p) => `${p.path} 不能安全地存放密钥：${oddFileWords.zh[p.kind]}`,
    (p) =>
      p.kind === "open"
        ? `请先查看里面的内容，再执行：chmod 700 ${p.path}`
        : `请移走 ${p.path}，或用 P2P_STATE_DIR 指定另一个文件夹`,
  ),
  PLACE_NOT_UTF8: text(
    (p) => `路径“${p.path}”不是 UTF-8 编码，无法在那里存放交换文件`,
    () => "请换到另一个文件夹运行，或用 --dir DIR 指定一个",
  ),
  FOLDER_UNUSABLE: text(
    (p) =>
      p.takesNoFiles === true
        ? `无法使用文件夹 ${p.dir}：其中不能新建文件（${p.reason}）`
        : `无法使用文件夹 ${p.dir}：${p.reason}`,
    (p) => {
      const option = p.option === "via" ? "--via folder:DIR" : "--dir";
      return isFolderMissing(p) ? `请先建立该文件夹，或用 ${option} 换一个` : `请用 ${option} 换一个`;
    },
  ),
} satisfies Partial<ErrorTexts>;
