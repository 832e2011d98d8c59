// Message and hint of the errors of sending and receiving files, in both languages.
import { text } from "./error-text.ts";

const en = {
  TRANSFER_INTERRUPTED: text(
    (p: { name: string; bytes: string; total: string }) => `'${p.name}' was interrupted after ${p.bytes} of ${p.total}`,
    () => "connect again and send it again: the received part is kept, only the rest is sent",
  ),
  HASH_MISMATCH: text(
    (p: { path: string }) => `'${p.path}' did not arrive as it was sent (SHA-256 differs)`,
    () => "what came is not to be trusted; send it again",
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
  NO_SUCH_TRANSFER: text(
    (p: { id: string; matches: number }) =>
      p.matches === 0
        ? `no unfinished transfer has the id '${p.id}'`
        : `${p.matches} unfinished transfers have an id that begins with '${p.id}'`,
    (p) => (p.matches === 0 ? "p2p transfers lists them, with four digits at least" : "give more digits of it"),
  ),
  TRANSFER_IN_USE: text(
    (p: { id: string; path: string }) => `'${p.path}' (${p.id}) is being received by another p2p`,
    () => "end that one first, or cancel the transfer there",
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
    (p: { path: string; kind: "symlink" | "symlink-there" | "special" | "name" }) => {
      const reasons = {
        symlink: "it is a link that leads out of the folder",
        "symlink-there": "it is a link, and the other side takes none",
        special: "it is neither a file nor a folder",
        name: "its name is too long, too deep or not UTF-8",
      };
      return `'${p.path}' is not sent: ${reasons[p.kind]}`;
    },
    (p) =>
      p.kind === "symlink" || p.kind === "symlink-there"
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
    (p: { path: string; isMade?: boolean }) =>
      p.isMade === true
        ? `the link '${p.path}' is not made: it would lead out of the folder that was sent`
        : `nothing is written through '${p.path}': it leads out of the output folder`,
    (p) =>
      p.isMade === true
        ? "receive into an empty folder with --output, or ask for what it leads to"
        : "remove that link, or choose another folder with --output",
  ),
  DISK_FULL: text(
    (p: { needed: string; free: string; path: string }) =>
      `not enough space in ${p.path}: ${p.needed} needed, ${p.free} free`,
    () => "make room, or choose another folder with --output",
  ),
};

const zh: typeof en = {
  TRANSFER_INTERRUPTED: text(
    (p) => `“${p.name}”在 ${p.bytes}（共 ${p.total}）处中断`,
    () => "请重新连接后再发一次：已收到的部分会保留，只发其余部分",
  ),
  HASH_MISMATCH: text(
    (p) => `“${p.path}”收到的内容与发送的不一致（SHA-256 不同）`,
    () => "收到的内容不可信，请重新发送",
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
  NO_SUCH_TRANSFER: text(
    (p) => (p.matches === 0 ? `没有 id 为“${p.id}”的未完成接收` : `有 ${p.matches} 个未完成接收的 id 以“${p.id}”开头`),
    (p) => (p.matches === 0 ? "用 p2p transfers 查看；id 至少给四位" : "请多给几位"),
  ),
  TRANSFER_IN_USE: text(
    (p) => `“${p.path}”（${p.id}）正由另一个 p2p 接收`,
    () => "请先结束那个进程，或在那边取消传输",
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
        symlink: "它是指向该文件夹之外的链接",
        "symlink-there": "它是链接，而对方不收链接",
        special: "它既不是文件也不是文件夹",
        name: "名字太长、层级太深或不是 UTF-8",
      };
      return `“${p.path}”不会发送：${reasons[p.kind]}`;
    },
    (p) =>
      p.kind === "symlink" || p.kind === "symlink-there"
        ? "如果也需要，请给出它指向的路径"
        : "如果也需要，请打包后发送",
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
    (p) =>
      p.isMade === true
        ? `不建立链接“${p.path}”：它会指向所收文件夹之外`
        : `不会通过“${p.path}”写入：它指向接收文件夹之外`,
    (p) =>
      p.isMade === true
        ? "请用 --output 接收到一个空文件夹，或请对方发送它指向的内容"
        : "请删除该链接，或用 --output 换一个文件夹",
  ),
  DISK_FULL: text(
    (p) => `${p.path} 空间不足：需要 ${p.needed}，剩余 ${p.free}`,
    () => "请腾出空间，或用 --output 换一个文件夹",
  ),
};

export const transferErrorWords = { en, zh };
