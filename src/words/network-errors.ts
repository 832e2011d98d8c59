// Message and hint of the errors of finding, opening and losing a connection, in Chinese.
import { type ErrorTexts, text } from "../lib/errors/params.ts";
import { connectHint } from "../lib/errors/connect-texts.ts";
import { type LossTexts, lossText } from "../lib/errors/english-parts.ts";
import { portText } from "../lib/errors/english.ts";
import { CONNECT_TEXTS_ZH } from "./chances.ts";
import { placeCureZh } from "./media-errors.ts";
import { serverErrorsZh } from "./server-errors.ts";

const LOSS_TEXTS_ZH: LossTexts = {
  silence: (seconds) => `连接已断开：${seconds} 秒没有收到任何数据`,
  aborted: () => "连接已断开：对方中断了连接",
  shutdown: () => "连接已断开：对方没有结束会话就关闭了连接",
  "channel-closed": () => "连接已断开：对方关闭了必需的通道",
  "peer-left": () => "对方在收完全部内容之前结束了会话",
  "peer-left-early": () => "我方的输入尚未结束，对方就结束了会话",
  "own-end-early": () => "我方的输入尚未结束，会话就结束了",
  "own-end": () => "对方尚未收完全部内容，会话就已结束",
  over: () => "连接已关闭",
};

export const networkErrorsZh = {
  CANNOT_CONNECT: text(
    (p) => `${p.seconds} 秒内没有连上：${CONNECT_TEXTS_ZH.stages[p.stage](p.pairs)}`,
    (p) => connectHint(p, CONNECT_TEXTS_ZH),
  ),
  PEER_NOT_AUTHENTIC: text(
    (p) =>
      ({
        fingerprint: "应答方出示的证书与文件里写的不同",
        signature: "应答方并不拥有它出示的证书",
        finished: "握手过程在途中被人改动",
      })[p.failed],
    () => "可能存在中间人，或收到的是旧文件：请换一种方式重新交换文件",
  ),
  REFUSED_BY_PEER: text(
    (p) => `对方拒绝了我方的证书（警报 ${p.alert}）`,
    () => "对方手里的可能是旧文件或被改过的文件：请换一种方式重新交换文件",
  ),
  HANDSHAKE_FAILED: text(
    (p) => `加密连接没有建立：${p.reason}`,
    () => "请确认双方手里都是对方最新的文件；如果是，请重新交换文件",
  ),
  CONNECTION_LOST: text(
    (p) => {
      const count = p.undelivered ?? 0;
      return `${lossText(p, LOSS_TEXTS_ZH)}${count === 0 ? "" : `；有 ${count} 条消息未送达`}`;
    },
    () => "请双方重新运行同一命令，并交换新的文件",
  ),
  BIND_FAILED: text(
    (p) =>
      p.ports === undefined
        ? `无法使用本机地址 ${p.address}：${p.reason}`
        : `无法使用本机地址 ${p.address} 的端口 ${portText(p.ports)}：${p.reason}`,
    (p) => {
      if (p.option !== undefined) return placeCureZh(p.option, p.reason);
      return p.ports === undefined
        ? "请给 --bind 一个本机地址，或去掉该选项"
        : p.reason === "EACCES"
          ? "请给 --port 一个大于 1023 的数字：更小的只有 root 能用"
          : "端口正被另一个程序使用：请为 --port 换一个端口，或给出一个范围，例如 5000-5010";
    },
  ),
  ...serverErrorsZh,
  NO_RELAY: text(
    (p) => `没有从 ${p.urls} 得到中继地址`,
    () => "原因见上；请检查服务器和它的用户名、密码，或去掉 --relay-only",
  ),
} satisfies Partial<ErrorTexts>;
