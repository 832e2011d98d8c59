// Texts about the chances of a direct connection, predicted from two exchange files, and the attempts when it failed.
// `why` says no more than the files show: both sides may share a network, or a firewall may be in between.
import type { PairKind } from "../lib/events.ts";
import { ADVICE_TEXTS, connectAdvice } from "../lib/errors/english-parts.ts";
import type { PredictionReason } from "../lib/nat-summary.ts";

const en = {
  why: {
    "same-public-address": "both sides have the same public address: they are likely in one network and connect inside",
    "public-address": "one side has a public address: a direct connection is likely, unless a firewall is in the way",
    "mapped-port": "the router of one side lets the other in: a direct connection is likely",
    ipv6: "both sides have public IPv6 addresses: a direct connection is likely, unless a firewall is in the way",
    "independent-mappings": "neither router is strict: a direct connection is likely",
    "open-filtering": "one router lets in whoever knocks: a direct connection is likely",
    relay: "a relay is in the files: it is used if nothing direct works",
    "both-symmetric":
      "both sides are behind symmetric NATs: a direct connection will fail, unless they are in one network",
    "symmetric-here":
      "this side is behind a symmetric NAT: a direct connection fails with most routers on the other side",
    "symmetric-there":
      "the other side is behind a symmetric NAT: a direct connection fails with most routers on this side",
    "udp-silent-here": "no STUN server answered this side: UDP may be blocked here",
    "udp-silent-there": "no STUN server answered the other side: UDP may be blocked there",
    "not-known": "the files do not say what is in the way",
  } satisfies Record<PredictionReason, string>,
  /** Advice for this reason; undefined when the files do not determine it. */
  adviceFor: (why: PredictionReason): string | undefined => connectAdvice(why, ADVICE_TEXTS),
  failed: (p: { seconds: number }) => `no connection within ${p.seconds} s; tried`,
  nothingFits: "nothing: the two files have no addresses that fit together",
  from: (p: { local: string; kind: PairKind }) =>
    p.kind === "relay" ? `through the relay ${p.local}:` : `from ${p.local}:`,
  kinds: { host: "own address", srflx: "by STUN", prflx: "as it knocks", relay: "its relay" },
  more: (p: { count: number }) => `… and ${p.count} more`,
  goesOn: "waiting for a newer file of the other side",
};

/** Advice when nothing connects, in Chinese. */
export const ADVICE_TEXTS_ZH: typeof ADVICE_TEXTS = {
  relay: "请在一方使用 --turn，或在一方的路由器上转发一个端口",
  "tcp-here": "请在这里使用 --turn 'turn:HOST:PORT?transport=tcp'，或换一个网络",
  "tcp-there": "请在对方那里使用 --turn 'turn:HOST:PORT?transport=tcp'，或换一个网络",
};

const zh: typeof en = {
  why: {
    "same-public-address": "双方的公网地址相同：很可能在同一网络里，会在内部连接",
    "public-address": "有一方有公网地址：只要没有防火墙阻挡，多半可以直连",
    "mapped-port": "有一方的路由器为对方开放了端口：多半可以直连",
    ipv6: "双方都有公网 IPv6 地址：只要没有防火墙阻挡，多半可以直连",
    "independent-mappings": "双方的路由器都不严格：多半可以直连",
    "open-filtering": "有一方的路由器放行任何来访者：多半可以直连",
    relay: "文件里有中继：直连不通时会用它",
    "both-symmetric": "双方都在对称型 NAT 后面：直连会失败，除非双方在同一网络里",
    "symmetric-here": "本方在对称型 NAT 后面：对方用多数路由器时直连会失败",
    "symmetric-there": "对方在对称型 NAT 后面：本方用多数路由器时直连会失败",
    "udp-silent-here": "没有 STUN 服务器回应本方：这里的 UDP 可能被屏蔽",
    "udp-silent-there": "没有 STUN 服务器回应对方：那边的 UDP 可能被屏蔽",
    "not-known": "从文件看不出是什么挡住了",
  },
  adviceFor: (why) => connectAdvice(why, ADVICE_TEXTS_ZH),
  failed: (p) => `${p.seconds} 秒内没有连上；已尝试`,
  nothingFits: "无：两个文件里没有可以配对的地址",
  from: (p) => (p.kind === "relay" ? `经中继 ${p.local}：` : `从 ${p.local}：`),
  kinds: { host: "自己的地址", srflx: "STUN 所见", prflx: "来访地址", relay: "它的中继" },
  more: (p) => `… 另有 ${p.count} 对`,
  goesOn: "正在等待对方更新的文件",
};

export const chanceWords = { en, zh };
