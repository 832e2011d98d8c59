// Message and hint of the errors of finding, opening and losing a connection, in both languages.
import type { TriedPair } from "../candidate-pair.ts";
import type { PredictionReason } from "../nat-summary.ts";
import type { PortRange } from "../network-options.ts";
import { chanceWords } from "./chances.ts";
import { text } from "./error-text.ts";
import { serverErrors } from "./server-errors.ts";

/** Which of the proofs of RFC 5246 §7.4 the peer failed. */
type AuthenticationProof = "fingerprint" | "signature" | "finished";

function answeredCount(pairs: readonly TriedPair[]): number {
  return pairs.filter(({ state }) => state === "succeeded").length;
}

function portText({ first, last }: PortRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}

const en = {
  CANNOT_CONNECT: text(
    (p: { seconds: number; pairs: readonly TriedPair[]; why: PredictionReason }) =>
      `no connection after ${p.seconds} s: ${
        p.pairs.length === 0
          ? "no address of the other side's file fits one of ours"
          : `${p.pairs.length === 1 ? "1 pair" : `${p.pairs.length} pairs`} of addresses tried, ${answeredCount(p.pairs) || "none"} answered`
      }`,
    (p) =>
      answeredCount(p.pairs) > 0
        ? "the other side is there but has not taken our file: carry it, or the newest one, once more"
        : (chanceWords.en.adviceFor(p.why) ??
          "check that both sides are running and the newest files were carried; behind strict NATs use --turn; p2p doctor tells"),
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
  BIND_FAILED: text(
    (p: { address: string; reason: string; ports?: PortRange }) =>
      p.ports === undefined
        ? `cannot use the local address ${p.address}: ${p.reason}`
        : `cannot use port ${portText(p.ports)} of the local address ${p.address}: ${p.reason}`,
    (p) =>
      p.ports === undefined
        ? "give --bind an address of this machine, or leave it out"
        : p.reason === "EACCES"
          ? "give --port a number above 1023: lower ones are for root"
          : "another program uses it: give --port another one, or a range as 5000-5010",
  ),
  ...serverErrors.en,
  NO_RELAY: text(
    (p: { urls: string }) => `no relayed address from ${p.urls}`,
    () => "see above why; check the server and its user and password, or leave --relay-only out",
  ),
};

const zh: typeof en = {
  CANNOT_CONNECT: text(
    (p) =>
      `${p.seconds} 秒内没有连上：${
        p.pairs.length === 0
          ? "对方文件里没有一个地址能与我们的配对"
          : `尝试了 ${p.pairs.length} 对地址，${answeredCount(p.pairs) === 0 ? "都没有应答" : `${answeredCount(p.pairs)} 对有应答`}`
      }`,
    (p) =>
      answeredCount(p.pairs) > 0
        ? "对方在线，但还没有收下我们的文件：请再带一次，或带最新的一份"
        : (chanceWords.zh.adviceFor(p.why) ??
          "请确认双方都在运行、带到的是最新文件；NAT 严格时请用 --turn；p2p doctor 可以看出"),
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
  BIND_FAILED: text(
    (p) =>
      p.ports === undefined
        ? `无法使用本机地址 ${p.address}：${p.reason}`
        : `无法使用本机地址 ${p.address} 的端口 ${portText(p.ports)}：${p.reason}`,
    (p) =>
      p.ports === undefined
        ? "请给 --bind 一个本机地址，或去掉该选项"
        : p.reason === "EACCES"
          ? "请给 --port 一个大于 1023 的数字：更小的只有 root 能用"
          : "另一个程序正在用它：请给 --port 另一个端口，或一个范围，例如 5000-5010",
  ),
  ...serverErrors.zh,
  NO_RELAY: text(
    (p) => `没有从 ${p.urls} 得到中继地址`,
    () => "原因见上；请检查服务器和它的用户名、密码，或去掉 --relay-only",
  ),
};

export const networkErrorWords = { en, zh };
