// Message and hint where STUN and TURN servers fail, in Chinese.
import { UNAUTHENTICATED } from "../lib/errors/english.ts";
import { type ErrorTexts, text } from "../lib/errors/params.ts";

export const serverErrorsZh = {
  STUN_SILENT: text(
    (p) => (p.count === 1 ? "STUN 服务器没有回应" : `${p.count} 个 STUN 服务器都没有回应`),
    () => "请检查网络和服务器名；UDP 被屏蔽时请用 --turn 'turn:host?transport=tcp'，在同一网络内可用 --no-stun",
  ),
  TURN_SILENT: text(
    (p) => `${p.url} 没有回应：${p.reason}`,
    () => "请检查它的名字和端口；UDP 被屏蔽时请加 ?transport=tcp，或用 turns:",
  ),
  TURN_REFUSED: text(
    (p) =>
      p.status === UNAUTHENTICATED
        ? `${p.url} 拒绝了这个用户名和密码`
        : `${p.url} 没有给出中继：${p.status} ${p.phrase}`,
    (p) =>
      p.status === UNAUTHENTICATED
        ? "请在配置文件里，或在 P2P_TURN_USER 和 P2P_TURN_PASSWORD 里改正"
        : "请稍后再试，或询问服务器的管理员",
  ),
  TURN_CERTIFICATE: text(
    (p) =>
      `${p.url} 的证书${
        {
          expired: "已过期",
          "not-yet-valid": "尚未生效",
          "other-name": "属于另一个名字",
          untrusted: "颁发机构不受本机信任",
        }[p.flaw]
      }（${p.reason}）`,
    (p) =>
      ({
        expired: "服务器的管理员需要更新证书；也请检查本机日期",
        "not-yet-valid": "请检查本机日期",
        "other-name": "请按证书里的名字写服务器名",
        untrusted: "如果是你自己的证书机构，请用 NODE_EXTRA_CA_CERTS 指明它的文件",
      })[p.flaw],
  ),
  SERVER_ANSWER_WRONG: text(
    (p) =>
      ({
        "no-address": `${p.url} 的回应里没有地址`,
        "odd-address": `${p.url} 的回应里的地址不可能是本机的：${p.stated}`,
        "no-code": `${p.url} 回应了错误，却没有说明是什么错误`,
        "no-frames": `${p.url} 发来的不是 TURN 消息`,
      })[p.flaw],
    () => "这个服务器有故障，或并非它自称的服务器；请换一个",
  ),
} satisfies Partial<ErrorTexts>;
