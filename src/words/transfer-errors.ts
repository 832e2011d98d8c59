// Message and hint of the errors of sending and receiving files, in Chinese.
import { beginsWithDash, isPattern, type WriteProblem, writeProblemOf } from "../lib/errors/english-parts.ts";
import { type ErrorTexts, text } from "../lib/errors/params.ts";

const WRITE_CURES_ZH: Readonly<Record<WriteProblem, string>> = {
  folder: "该文件夹不存在，或不能存放文件：请先创建",
  held: "请关闭可能正打开该文件的程序，或检查其权限",
  permission: "请检查文件夹权限",
  room: "请在该磁盘上腾出空间",
  taken: "请把它移走",
  other: "请检查文件夹权限和剩余空间",
};

export const transferErrorsZh = {
  TRANSFER_INTERRUPTED: text(
    (p) =>
      ({
        "broken-off": `“${p.name}”在 ${p.bytes}（共 ${p.total}）处中断`,
        "peer-left": `“${p.name}”没有发出：对方在接收之前已离开`,
        "own-end": `“${p.name}”没有发出：对方接收之前，我方已结束`,
        "peer-cancelled": `对方取消了“${p.name}”，停在 ${p.bytes}（共 ${p.total}）处：未完成的部分已删除`,
      })[p.how ?? "broken-off"],
    (p) => {
      if (p.how === "peer-cancelled") return "请与对方确认，对方可以随时重新发送";
      const again = p.isReceived === true ? "请重新连接，并请对方再发一次" : "请重新连接后再发一次";
      return (p.how ?? "broken-off") !== "broken-off" || p.isNothingKept === true
        ? again
        : `${again}：已收到的部分会保留，只发其余部分`;
    },
  ),
  HASH_MISMATCH: text(
    (p) => `“${p.path}”收到的内容与发送的不一致（SHA-256 不同）`,
    () => "收到的内容不可信，请重新发送",
  ),
  PEER_DECLINED: text(
    (p) => {
      if (p.hadBegun === true) return `对方取消了“${p.name}”：对方已删除未完成的部分`;
      if (p.more !== undefined) return `对方拒收“${p.name}”和另外 ${p.more} 项`;
      return p.wasAsked ? `对方拒收“${p.name}”` : `对方无人确认接收“${p.name}”`;
    },
    (p) => (p.wasAsked ? "请与对方确认后再发" : "请对方在终端里运行，或加上 --yes，然后再发"),
  ),
  MEDIA_DECLINED: text(
    (p) => {
      const what = { audio: "声音", video: "画面", both: "声音和画面" }[p.what];
      return {
        "not-recorded": `对方不接收我方的${what}`,
        peer: `对方的程序不接收 p2p 的${what}`,
        door: "对方的程序不是 p2p：本机程序经 --whip 发布的声音和画面无法送达对方",
        "own-path": `此连接没有用于${what}的密钥`,
        stopped: `对方不再接收我方的${what}`,
        left: `我方的${what}还没放完，对方就离开了`,
      }[p.why];
    },
    (p) =>
      ({
        "not-recorded": "请对方接收：p2p 要加上 --record，文件类型要能存放这种编码",
        peer: "请对方使用支持 --record 的 p2p，或能收发声音和画面的程序",
        door: "请对方改用 p2p（加 --record 或 --whep）或 p2p 的网页；媒体文件可以用 --publish 发布给其他程序",
        "own-path": "请双方都用最新的 p2p，再连接一次",
        stopped: "请与对方确认；重新连接后可以再次发布",
        left: "请与对方确认；重新连接后可以再次发布",
      })[p.why],
  ),
  PEER_CANNOT_STORE: text(
    (p) => {
      const reasons = {
        "disk-full": "对方空间不足",
        "write-failed": "对方无法写入",
        limit: "超过对方一次能收的数量",
        other: "未说明原因",
      };
      return `对方无法保存“${p.path}”：${reasons[p.why]}`;
    },
    (p) => {
      if (p.why === "limit") return "请分几次发送，或打包后再发";
      return p.why === "disk-full" ? "请对方腾出空间，然后再发" : "请向对方了解原因，然后再发";
    },
  ),
  PEER_CANNOT_SEND: text(
    (p) => {
      const reasons = {
        "source-changed": "它在发送时被改动",
        unreadable: "对方无法读取它",
        other: "未说明原因",
      };
      return `对方无法发送“${p.path}”：${reasons[p.why]}`;
    },
    () => "请对方再发一次",
  ),
  PEER_CANNOT_TAKE_FILES: text(
    () => "对方可以收文字，不能收文件",
    () => "请在对方机器上使用能收文件的 p2p",
  ),
  PEER_PROTOCOL: text(
    (p) => `对方违反了协议：${p.detail}`,
    () => "请双方都用最新的 p2p；如果再次发生，请不要信任那个文件",
  ),
  TOO_MUCH_PROPOSED: text(
    (p) => {
      const excess = {
        entries: `其中的文件和文件夹超过 ${p.limit} 个`,
        proposals: `对方已有 ${p.limit} 项传输尚未结束`,
        "open-entries": `连同尚未结束的传输，文件和文件夹超过 ${p.limit} 个`,
        folders: `连同尚未结束的传输，涉及的文件夹超过 ${p.limit} 个`,
        names: `连同尚未结束的传输，名称共超过 ${p.limit} MiB`,
      };
      return `已拒收对方要发送的内容：${excess[p.of]}`;
    },
    (p) =>
      p.of === "proposals" ? "请先接收、拒收或取消尚未结束的传输，再请对方重发" : "请对方分几次发送，或打包后再发",
  ),
  NO_SUCH_TRANSFER: text(
    (p) => (p.matches === 0 ? `没有 id 为“${p.id}”的未完成接收` : `有 ${p.matches} 个未完成接收的 id 以“${p.id}”开头`),
    (p) => (p.matches === 0 ? "用 p2p transfers 查看；id 至少给四位" : "请多给几位"),
  ),
  TRANSFER_IN_USE: text(
    (p) => `“${p.path}”（${p.id}）正由另一个 p2p 接收`,
    () => "请先结束那个进程，或在该进程中取消传输",
  ),
  PATH_MISSING: text(
    (p) =>
      p.awaitedBy !== undefined
        ? `这里没有“${p.path}”`
        : p.isLossy === true
          ? `无法发送“${p.path}”：它的名字不是 UTF-8，在这里无法给出`
          : `无法发送“${p.path}”：它不存在`,
    (p) => {
      if (p.awaitedBy !== undefined) return `请先把对方的文件放到这里；也可以只运行 p2p ${p.awaitedBy}，它会等待该文件`;
      if (p.isLossy === true) return "请发送它所在的文件夹，或先改名";
      if (p.isPart === true) return `名字里有空格时要加引号：'${p.whole ?? ""}'`;
      if (beginsWithDash(p.path)) return "如果是选项，请用半角连字符 - 或 -- 重新输入";
      return isPattern(p.path) ? "这里不展开通配符：请逐个给出文件，或给出文件夹；聊天中可用 Tab 补全" : "请检查拼写";
    },
  ),
  PATH_UNREADABLE: text(
    (p) => `无法发送“${p.path}”：${p.reason}`,
    () => "请检查它的权限",
  ),
  TOO_MANY_OPEN_FILES: text(
    (p) => `无法打开“${p.path}”：这台电脑打开的文件太多`,
    () => "请关闭其他程序，或放宽限制（ulimit -n），再重新发送：已收到的部分仍然有效",
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
        "byte-name-there": "它的名字不是 UTF-8，而对方存不了这样的名字",
        special: "它既不是文件也不是文件夹",
        pipe: "它是管道",
        endless: "读完之前不知道它的大小",
        "too-long": "它的路径太长",
        "too-deep": "它所在的层级太深",
        name: "它的名字在某些系统上会指向别的文件夹",
        size: "加上它，一次传输就超过 8 PiB",
      };
      return `“${p.path}”不会发送：${reasons[p.kind]}`;
    },
    (p) => {
      if (p.kind === "symlink" || p.kind === "symlink-there") return "如果也需要，请给出它指向的路径";
      if (p.kind === "byte-name-there") return "请先改名，或打包后发送；对方在 Linux 上用最新的 p2p 就能保存";
      if (p.kind === "pipe") return "请通过标准输入发送其中的内容：COMMAND | p2p offer -";
      if (p.kind === "endless") return "请复制后发送副本，或通过标准输入发送：p2p offer - < FILE";
      return "如果也需要，请打包后发送";
    },
  ),
  TOO_MANY_FILES: text(
    (p) =>
      p.of === "names" ? `一次传输的路径名合计超过了 ${p.limit} MiB` : `一次传输超过了 ${p.limit} 个文件和文件夹`,
    () => "请分几次发送，或打包后再发",
  ),
  SPOOL_FAILED: text(
    (p) => `无法把标准输入的内容暂存到 ${p.dir}：${p.reason}`,
    () => "请在那里腾出空间，或用 TMPDIR 指定另一个文件夹",
  ),
  SOURCE_CHANGED: text(
    (p) => (p.isGone === true ? `“${p.path}”已不在原处：发送之前被移走或删除` : `“${p.path}”在发送时被改动`),
    (p) => (p.isGone === true ? "如果是移走了，请从现在的位置发送" : "请在没有程序写它的时候重新发送"),
  ),
  WRITE_FAILED: text(
    (p) => `无法写入“${p.path}”：${p.reason}`,
    (p) =>
      `${WRITE_CURES_ZH[writeProblemOf(p.reason)]}${p.place === undefined ? "" : `，或用 --${p.place} ${p.place === "out" || p.place === "record" ? "换一个路径" : "换一个文件夹"}`}`,
  ),
  LICENSES_MISSING: text(
    (p) => `无法读取本安装中的许可证文本：${p.reason}`,
    () => "请重新安装 p2p；在源代码目录里请执行：npm run build",
  ),
  PAGE_MISSING: text(
    (p) => `无法读取本安装中的页面：${p.reason}`,
    () => "请重新安装 p2p；在源代码目录里请执行：npm run build",
  ),
  OUT_NAME_TAKEN: text(
    (p) => `${p.path}：已存在，而且不是交换文件`,
    () => "请把它移走，或用 --out 另取名字",
  ),
  PAGE_NAME_TAKEN: text(
    (p) => `${p.path}：已存在，而且不是 p2p 的页面`,
    () => "请把它移走，或另取名字单独写出页面：p2p page --out 文件",
  ),
  OUTPUT_UNUSABLE: text(
    (p) => {
      const it = p.at === undefined ? "它" : `${p.at} `;
      const kinds = { file: "文件", pipe: "管道", socket: "套接字", device: "设备" };
      const problems = {
        file: p.kind === undefined || p.kind === "file" ? `${it}不是文件夹` : `${it}是${kinds[p.kind]}，不是文件夹`,
        link: `${it}是一个无效的链接`,
        circle: `${it}是一个指向自身的链接`,
        "name-too-long": "其中的名字太长",
        denied: p.at === undefined ? "没有写入权限" : `没有权限进入 ${p.at}`,
        "no-files": "它所在的文件系统不能新建文件，例如 /proc 和 /sys",
        "read-only": "磁盘是只读的",
        full: "磁盘已满",
        files: "磁盘放不下更多文件（inode 已用完）",
        quota: "磁盘配额已用完",
        other: p.reason,
      };
      return `无法接收到 ${p.dir}：${problems[p.problem]}`;
    },
    (p) => {
      const other =
        p.isOfDocuments === true
          ? "换到另一个文件夹（cd）运行，或用 --dir 和 --output 指定"
          : "用 --output 换一个文件夹";
      return p.problem === "full" || p.problem === "files" || p.problem === "quota"
        ? `请腾出空间，或${other}`
        : `请${other}`;
    },
  ),
  STREAM_UNUSABLE: text(
    (p) => `${p.use} 无法使用${p.stream === "stdin" ? "标准输入" : "标准输出"}：它已关闭，或不通向任何地方`,
    (p) => (p.stream === "stdin" ? "请接上管道或文件" : "请接上管道或文件；如果要丢弃内容，请用“> /dev/null”"),
  ),
  FILE_SIZE_LIMITED: text(
    (p) => `无法写入“${p.path}”：超过了这里允许的文件大小`,
    () => "请放宽限制（ulimit -f），或用 --output 换到支持更大文件的磁盘",
  ),
  OUTPUT_GONE: text(
    (p) => `接收文件夹“${p.path}”在接收过程中被删除或改名`,
    () => "请用 --output 给出它现在的位置，再请对方重新发送同样的内容：已收到的部分仍然有效",
  ),
  LINK_OUTSIDE: text(
    (p) =>
      p.isMade === true
        ? `不建立链接“${p.path}”：它会指向所收文件夹之外`
        : `不会通过“${p.path}”写入：${p.isBroken === true ? "它是无效的链接" : "它指向接收文件夹之外"}`,
    (p) =>
      p.isMade === true
        ? "请用 --output 接收到一个空文件夹，或请对方发送它指向的内容"
        : "请删除该链接，或用 --output 换一个文件夹",
  ),
  DISK_FULL: text(
    (p) => {
      if (p.lacks === "files") return `${p.path} 放不下更多文件：磁盘的 inode 已用完`;
      if (p.lacks === "quota") return `${p.path} 空间不足：磁盘配额已用完`;
      return `${p.path} 空间不足：需要 ${p.needed}，可用空间 ${p.free}`;
    },
    (p) => {
      const room = p.lacks === "files" ? "请删除一些文件" : "请腾出空间";
      if (p.isBegun === true && p.option === undefined)
        return `${room}，再请对方重发：已收到的部分会保留，只发其余部分`;
      return `${room}，或用 --${p.option ?? "output"} 换一个文件夹`;
    },
  ),
} satisfies Partial<ErrorTexts>;
