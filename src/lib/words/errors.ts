// Message and hint of every error code, in both languages. lib/errors.ts makes P2pError from the English
// ones; the command line prints the person's language. `hint` says what to type or change next.
import type { TriedPair } from "../candidate-pair.ts";
import type { P2pErrorCode } from "../error-codes.ts";
import { type ErrorText, text } from "./error-text.ts";
import { type ExchangeFlaw, flawText } from "./exchange-flaws.ts";
import { pairOutcomes } from "./pair-outcomes.ts";
import { verifyErrorWords } from "./verify-errors.ts";

/** Which of the proofs of RFC 5246 §7.4 the peer failed. */
type AuthenticationProof = "fingerprint" | "signature" | "finished";

const en = {
  INTERNAL: text(
    (p: { detail: string }) => `unexpected: ${p.detail}`,
    () => "this is a bug; please report it with the output of the same command and P2P_DEBUG=1",
  ),
  USAGE: text(
    (p: { detail: string; cure: string }) => p.detail,
    (p) => p.cure,
  ),
  CONFIG_INVALID: text(
    (p: { path: string; detail: string; cure: string }) => `${p.path}: ${p.detail}`,
    (p) => p.cure,
  ),
  CANNOT_CONNECT: text(
    (p: { seconds: number; pairs: readonly TriedPair[] }) =>
      `no connection after ${p.seconds} s; ${
        p.pairs.length === 0
          ? "no address of the other side's file fits one of ours"
          : `tried ${p.pairs.map((pair) => `${pair.local} to ${pair.remote} (${pairOutcomes.en[pair.state]})`).join(", ")}`
      }`,
    (p) =>
      p.pairs.some((pair) => pair.state === "succeeded")
        ? "the other side is there but has not taken our file: carry it, or the newest one, once more"
        : "check that both sides are running and the newest files were carried; behind strict NATs use --turn",
  ),
  PEER_NOT_AUTHENTIC: text(
    (p: { failed: AuthenticationProof }) =>
      ({
        fingerprint: "who answers shows another certificate than the file names",
        signature: "who answers does not own the certificate that it shows",
        finished: "somebody changed the handshake on its way",
      })[p.failed],
    () => "somebody may be in the middle, or an old file was carried: exchange fresh files another way",
  ),
  REFUSED_BY_PEER: text(
    (p: { alert: number }) => `the other side refused our certificate (alert ${p.alert})`,
    () => "it may hold an old or a changed file of ours: exchange fresh files another way",
  ),
  HANDSHAKE_FAILED: text(
    (p: { reason: string }) => `the encrypted connection could not be set up: ${p.reason}`,
    () => "check that both sides have the newest file of each other; if they do, exchange fresh ones",
  ),
  CONNECTION_LOST: text(
    (p: { seconds: number }) => `the connection was lost: nothing heard for ${p.seconds} s`,
    () => "run the same command again on both sides and exchange fresh files",
  ),
  ...verifyErrorWords.en,
  BIND_FAILED: text(
    (p: { address: string; reason: string }) => `cannot use the local address ${p.address}: ${p.reason}`,
    () => "give --bind an address of this machine, or leave it out",
  ),
  TRANSFER_INTERRUPTED: text(
    (p: { name: string; bytes: string; total: string }) => `'${p.name}' was interrupted after ${p.bytes} of ${p.total}`,
    () => "connect again and send it again",
  ),
  HASH_MISMATCH: text(
    (p: { path: string }) => `'${p.path}' did not arrive as it was sent (SHA-256 differs)`,
    () => "what came is not to be trusted; send it again",
  ),
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
  FILE_NOT_THERE: text(
    (p: { path: string; wait: string }) => `${p.path}: the other side's file did not come within ${p.wait}`,
    () => "start again, with a longer --wait if the file needs more time",
  ),
  PEER_DECLINED: text(
    (p: { name: string; wasAsked: boolean }) =>
      p.wasAsked ? `the other side declined '${p.name}'` : `nobody was there to accept '${p.name}'`,
    (p) =>
      p.wasAsked
        ? "ask the other person, and send it again"
        : "the other side has to run in a terminal, or with --yes; then send it again",
  ),
  PEER_CANNOT_STORE: text(
    (p: { path: string; why: "disk-full" | "write-failed" | "limit" | "other" }) => {
      const reasons = {
        "disk-full": "not enough space there",
        "write-failed": "it cannot be written there",
        limit: "it is more than the other side takes at once",
        other: "no reason was given",
      };
      return `the other side could not keep '${p.path}': ${reasons[p.why]}`;
    },
    (p) =>
      p.why === "limit" ? "send fewer files at a time, or an archive" : "the other side knows more; then send it again",
  ),
  PEER_CANNOT_SEND: text(
    (p: { path: string; why: "source-changed" | "unreadable" | "other" }) => {
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
    (_p: Record<never, never>) => "the other side is not p2p: it takes text, not files",
    () => "install p2p there too",
  ),
  PEER_PROTOCOL: text(
    (p: { detail: string }) => `the other side broke the protocol: ${p.detail}`,
    () => "use the newest p2p on both sides; if it happens again, do not trust that file",
  ),
  PATH_MISSING: text(
    (p: { path: string }) => `cannot send '${p.path}': it does not exist`,
    () => "check the spelling",
  ),
  PATH_UNREADABLE: text(
    (p: { path: string; reason: string }) => `cannot send '${p.path}': ${p.reason}`,
    () => "check its permissions",
  ),
  PATH_DUPLICATE: text(
    (p: { name: string }) => `two of the paths have the same name '${p.name}'`,
    () => "send them one after the other, or send the folder that holds them",
  ),
  PATH_NOT_SENT: text(
    (p: { path: string; kind: "symlink" | "special" | "name" }) => {
      const reasons = {
        symlink: "it is a symbolic link",
        special: "it is neither a file nor a folder",
        name: "its name is too long, too deep or not UTF-8",
      };
      return `'${p.path}' is not sent: ${reasons[p.kind]}`;
    },
    (p) =>
      p.kind === "symlink"
        ? "give the path that it leads to, if that is wanted too"
        : "pack it into an archive, if it is wanted too",
  ),
  TOO_MANY_FILES: text(
    (p: { limit: number }) => `more than ${p.limit} files and folders in one transfer`,
    () => "send fewer at a time, or an archive of them",
  ),
  SPOOL_FAILED: text(
    (p: { dir: string; reason: string }) => `cannot keep what comes on stdin in ${p.dir}: ${p.reason}`,
    () => "make room there, or set TMPDIR to another folder",
  ),
  SOURCE_CHANGED: text(
    (p: { path: string }) => `'${p.path}' changed while it was being sent`,
    () => "send it again when nothing writes to it",
  ),
  WRITE_FAILED: text(
    (p: { path: string; reason: string }) => `cannot write '${p.path}': ${p.reason}`,
    () => "check the folder's permissions, or choose another with --output",
  ),
  LINK_OUTSIDE: text(
    (p: { path: string }) => `nothing is written through '${p.path}': it leads out of the output folder`,
    () => "remove that link, or choose another folder with --output",
  ),
  DISK_FULL: text(
    (p: { needed: string; free: string; path: string }) =>
      `not enough space in ${p.path}: ${p.needed} needed, ${p.free} free`,
    () => "make room, or choose another folder with --output",
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
} satisfies Record<P2pErrorCode, ErrorText<never>>;

/** The parameters that the text of an error code needs. */
export type ErrorParams<C extends P2pErrorCode> = Parameters<(typeof en)[C]["message"]>[0];

const zh: typeof en = {
  INTERNAL: text(
    (p) => `意外错误：${p.detail}`,
    () => "这是程序缺陷；请用 P2P_DEBUG=1 重跑同一命令，并把输出报告给我们",
  ),
  USAGE: text(
    (p) => p.detail,
    (p) => p.cure,
  ),
  CONFIG_INVALID: text(
    (p) => `${p.path}：${p.detail}`,
    (p) => p.cure,
  ),
  CANNOT_CONNECT: text(
    (p) =>
      `${p.seconds} 秒内没有连上；${
        p.pairs.length === 0
          ? "对方文件里没有一个地址能与我们的配对"
          : `已尝试 ${p.pairs.map((pair) => `${pair.local} 到 ${pair.remote}（${pairOutcomes.zh[pair.state]}）`).join("、")}`
      }`,
    (p) =>
      p.pairs.some((pair) => pair.state === "succeeded")
        ? "对方在线，但还没有收下我们的文件：请再带一次，或带最新的一份"
        : "请确认双方都在运行、带到的是最新文件；NAT 严格时请用 --turn",
  ),
  PEER_NOT_AUTHENTIC: text(
    (p) =>
      ({
        fingerprint: "应答方出示的证书与文件里写的不同",
        signature: "应答方并不拥有它出示的证书",
        finished: "握手过程在途中被人改动",
      })[p.failed],
    () => "可能有人在中间，或带来的是旧文件：请换一种方式重新交换文件",
  ),
  REFUSED_BY_PEER: text(
    (p) => `对方拒绝了我们的证书（警报 ${p.alert}）`,
    () => "对方手里的可能是旧文件或被改过的文件：请换一种方式重新交换文件",
  ),
  HANDSHAKE_FAILED: text(
    (p) => `加密连接没有建立：${p.reason}`,
    () => "请确认双方手里都是对方最新的文件；如果是，请重新交换文件",
  ),
  CONNECTION_LOST: text(
    (p) => `连接已断开：${p.seconds} 秒没有收到任何数据`,
    () => "请双方重新运行同一命令，并交换新的文件",
  ),
  ...verifyErrorWords.zh,
  BIND_FAILED: text(
    (p) => `无法使用本机地址 ${p.address}：${p.reason}`,
    () => "请给 --bind 一个本机地址，或去掉该选项",
  ),
  TRANSFER_INTERRUPTED: text(
    (p) => `“${p.name}”在 ${p.bytes}（共 ${p.total}）处中断`,
    () => "请重新连接后再发一次",
  ),
  HASH_MISMATCH: text(
    (p) => `“${p.path}”收到的内容与发送的不一致（SHA-256 不同）`,
    () => "收到的内容不可信，请重新发送",
  ),
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
  FILE_NOT_THERE: text(
    (p) => `${p.path}：对方的文件在 ${p.wait} 内没有到`,
    () => "请重新开始；如果需要更久，请加大 --wait",
  ),
  PEER_DECLINED: text(
    (p) => (p.wasAsked ? `对方拒收“${p.name}”` : `对方那边没有人确认接收“${p.name}”`),
    (p) => (p.wasAsked ? "请与对方确认后再发" : "请对方在终端里运行，或加上 --yes，然后再发"),
  ),
  PEER_CANNOT_STORE: text(
    (p) => {
      const reasons = {
        "disk-full": "那边空间不足",
        "write-failed": "那边无法写入",
        limit: "超过对方一次能收的数量",
        other: "未说明原因",
      };
      return `对方无法保存“${p.path}”：${reasons[p.why]}`;
    },
    (p) => (p.why === "limit" ? "请分几次发送，或打包后再发" : "请向对方了解原因，然后再发"),
  ),
  PEER_CANNOT_SEND: text(
    (p) => {
      const reasons = {
        "source-changed": "它在发送时被改动",
        unreadable: "那边无法读取它",
        other: "未说明原因",
      };
      return `对方无法发送“${p.path}”：${reasons[p.why]}`;
    },
    () => "请对方再发一次",
  ),
  PEER_CANNOT_TAKE_FILES: text(
    () => "对方不是 p2p 程序：可以收文字，不能收文件",
    () => "请在对方机器上也安装 p2p",
  ),
  PEER_PROTOCOL: text(
    (p) => `对方违反了协议：${p.detail}`,
    () => "请双方都用最新的 p2p；如果再次发生，请不要信任那个文件",
  ),
  PATH_MISSING: text(
    (p) => `无法发送“${p.path}”：它不存在`,
    () => "请检查拼写",
  ),
  PATH_UNREADABLE: text(
    (p) => `无法发送“${p.path}”：${p.reason}`,
    () => "请检查它的权限",
  ),
  PATH_DUPLICATE: text(
    (p) => `有两个路径的名字都是“${p.name}”`,
    () => "请分两次发送，或发送包含它们的文件夹",
  ),
  PATH_NOT_SENT: text(
    (p) => {
      const reasons = {
        symlink: "它是符号链接",
        special: "它既不是文件也不是文件夹",
        name: "名字太长、层级太深或不是 UTF-8",
      };
      return `“${p.path}”不会发送：${reasons[p.kind]}`;
    },
    (p) => (p.kind === "symlink" ? "如果也需要，请给出它指向的路径" : "如果也需要，请打包后发送"),
  ),
  TOO_MANY_FILES: text(
    (p) => `一次传输超过了 ${p.limit} 个文件和文件夹`,
    () => "请分几次发送，或打包后再发",
  ),
  SPOOL_FAILED: text(
    (p) => `无法把标准输入的内容暂存到 ${p.dir}：${p.reason}`,
    () => "请在那里腾出空间，或用 TMPDIR 指定另一个文件夹",
  ),
  SOURCE_CHANGED: text(
    (p) => `“${p.path}”在发送时被改动`,
    () => "请在没有程序写它的时候重新发送",
  ),
  WRITE_FAILED: text(
    (p) => `无法写入“${p.path}”：${p.reason}`,
    () => "请检查文件夹权限，或用 --output 换一个文件夹",
  ),
  LINK_OUTSIDE: text(
    (p) => `不会通过“${p.path}”写入：它指向接收文件夹之外`,
    () => "请删除该链接，或用 --output 换一个文件夹",
  ),
  DISK_FULL: text(
    (p) => `${p.path} 空间不足：需要 ${p.needed}，剩余 ${p.free}`,
    () => "请腾出空间，或用 --output 换一个文件夹",
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

export const errorWords = { en, zh };
