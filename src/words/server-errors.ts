// Message and hint where STUN and TURN servers and brokers fail, in Chinese.
import { UNAUTHENTICATED } from "../lib/errors/english.ts";
import { isBrokerFlaw } from "../lib/errors/english-parts.ts";
import { type BrokerFlaw, type ErrorParamsByCode, type ErrorTexts, text } from "../lib/errors/params.ts";

/** The certificate of a server of any kind. */
const CERTIFICATE = text<ErrorParamsByCode["TURN_CERTIFICATE"]>(
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
);

const BROKER_FLAWS: Readonly<Record<BrokerFlaw, string>> = {
  "not-mqtt": "它发来的不是 MQTT 消息",
  "too-much": "它发来的数据过多",
};

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
  TURN_CERTIFICATE: CERTIFICATE,
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
  BROKER_UNREACHABLE: text(
    (p) => `连不上 MQTT 服务器 ${p.url}：${isBrokerFlaw(p.reason) ? BROKER_FLAWS[p.reason] : p.reason}`,
    () => "请检查它的名字和端口，以及该用 mqtt: 还是 mqtts:",
  ),
  BROKER_REFUSED: text(
    (p) =>
      ({
        login: `MQTT 服务器 ${p.url} 拒绝了这个用户名和密码`,
        "not-allowed": `MQTT 服务器 ${p.url} 不允许使用这些主题`,
        other: `MQTT 服务器 ${p.url} 拒绝了：MQTT 代码 ${p.status}`,
      })[p.why],
    (p) =>
      ({
        login: "请用 P2P_MQTT_USER 和 P2P_MQTT_PASSWORD 给出正确的用户名和密码",
        "not-allowed": "请指定允许读写的主题前缀，例如 mqtt://HOST/PREFIX",
        other: "请稍后再试，或询问 MQTT 服务器的管理员",
      })[p.why],
  ),
  BROKER_CERTIFICATE: CERTIFICATE,
} satisfies Partial<ErrorTexts>;
