// Texts about the far end of `--via ssh://…` and `--via exec:…`.
import { type FarFailure, type FarFailureTexts, type FarStatus, farStatusText } from "../lib/errors/far-end-texts.ts";
import { type ErrorTexts, text } from "../lib/errors/params.ts";

const en = {
  says: (p: { text: string }) => `far end: ${p.text}`,
  present: "the far end is started",
  delivered: "the far end has answered",
  lost: "the far end is gone",
  ended: (p: { status: FarStatus }) => `the far end ended with an error (${farStatusText(p.status, "exit code")})`,
};

const zh: typeof en = {
  says: (p) => `远端：${p.text}`,
  present: "已启动远端",
  delivered: "远端已应答",
  lost: "远端已断开",
  ended: (p) => `远端出错退出（${farStatusText(p.status, "退出码")}）`,
};

export const farEndWords = { en, zh };

const SEE_ABOVE = "原因见上面远端的输出";

export const FAR_END_TEXTS_ZH: Readonly<Record<FarFailure, FarFailureTexts>> = {
  "no-p2p": {
    problem: "远端没有 p2p",
    cure: "请在远端安装 p2p；如果已经安装，请写出完整路径：--remote '/…/p2p answer --yes --in - --out -'",
  },
  usage: {
    problem: "远端不认识收到的某个选项",
    cure: `${SEE_ABOVE}；如果远端的 p2p 太旧，请升级，或使用 --remote 'p2p answer --yes --in - --out -'`,
  },
  folder: {
    problem: "远端无法使用其目录或磁盘",
    cure: `${SEE_ABOVE}；请确认该目录存在，并且可以写入`,
  },
  died: {
    problem: "远端在发回应答之前就退出了",
    cure: `${SEE_ABOVE}；请确认在远端手动运行 p2p answer 没有问题`,
  },
  "died-later": {
    problem: "远端在双方连上之前就退出了",
    cure: `${SEE_ABOVE}；请重新运行该命令`,
  },
  "no-document": {
    problem: "远端没有发来交换文件",
    cure: "远端运行的必须是 p2p answer --yes --in - --out -，并且标准输出上不能有其他内容",
  },
};

export const farEndErrorsZh = {
  CARRIER_FAILED: text(
    (p) => `${p.via} 无法传送交换文件：${p.reason}`,
    () => "请检查本程序的传送方式，然后重新开始",
  ),
  CARRIER_NOT_STARTED: text(
    (p) => (p.code === "ENOENT" ? `无法启动“${p.program}”：本机没有这个程序` : `无法启动“${p.program}”：${p.code}`),
    (p) => (p.program === "ssh" ? "请安装 OpenSSH 客户端，或改用 --via exec:命令" : "请检查 exec: 后面的命令"),
  ),
  FAR_END_UNREACHABLE: text(
    (p) => `ssh 无法到达 ${p.via}`,
    () => "原因见上面 ssh 的输出；请先确认单独运行 ssh 可以登录该主机",
  ),
  FAR_END_FAILED: text(
    (p) => {
      const status = farStatusText(p.status, "退出码");
      return `${p.via}：${FAR_END_TEXTS_ZH[p.why].problem}${status === "" ? "" : `（${status}）`}`;
    },
    (p) => FAR_END_TEXTS_ZH[p.why].cure,
  ),
} satisfies Partial<ErrorTexts>;
