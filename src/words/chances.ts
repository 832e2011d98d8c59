// Texts about the chances of a direct connection, predicted from two exchange files, and the attempts when it failed.
// `why` says no more than the files show: both sides may share a network, or a firewall may be in between.
import type { ConnectFailure, PairKind, TriedPair } from "../lib/events.ts";
import { answeredCount, CONNECT_TEXTS, connectHint, type ConnectTexts } from "../lib/errors/connect-texts.ts";
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
  /** The stage that was reached; undefined where the list of pairs says it all. */
  reached: (p: ConnectFailure): string | undefined =>
    isInPairs(p) ? undefined : CONNECT_TEXTS.stages[p.stage](p.pairs),
  cause: (p: ConnectFailure): string => connectHint(p, CONNECT_TEXTS),
  goesOn: "waiting for a newer file of the other side",
};

/** Advice when nothing connects, in Chinese. */
const ADVICE_TEXTS_ZH: typeof ADVICE_TEXTS = {
  relay: "请在一方使用 --turn，或在一方的路由器上转发一个端口",
  "tcp-here": "请在这里使用 --turn 'turn:HOST:PORT?transport=tcp'，或换一个网络",
  "tcp-there": "请在对方那里使用 --turn 'turn:HOST:PORT?transport=tcp'，或换一个网络",
};

/** Says in Chinese how many pairs were tried, and how many answered. */
function triedText(pairs: readonly TriedPair[]): string {
  const count = answeredCount(pairs);
  return `尝试了 ${pairs.length} 对地址，${count === 0 ? "都没有应答" : `${count} 对有应答`}`;
}

export const CONNECT_TEXTS_ZH: ConnectTexts = {
  stages: {
    "no-pairs": () => "对方文件里没有一个地址能与我方的配对",
    unanswered: triedText,
    "not-chosen": (pairs) => `${triedText(pairs)}，但对方还没有选定其中一对`,
    "no-dtls": () => "对方有应答，但没有与它建立加密连接（DTLS）",
    "no-sctp": () => "连接已加密，但数据通道（SCTP）没有启动",
    "no-channel": () => "连接已经建立，但对方既没有应答也没有打开数据通道",
  },
  causes: {
    carried:
      "多半是对方的程序已经结束，或者它已与别人连上：请结束双方并重新开始；如果遇到严格的 NAT，请使用 --turn；可运行 p2p doctor 查看",
    "not-taken": "对方在线，但还没有读取我方的文件：请再发一次，或发最新的一份；也可能它采用了别人对同一份邀请的应答",
    unknown:
      "最常见的原因：对方的程序已经结束，或在生成文件之后重新启动过。请让双方都运行，并互发最新的文件；NAT 严格时请用 --turn；p2p doctor 可以看出",
    "unknown-as-answer":
      "最常见的原因：对方的程序已经结束，或在生成文件之后重新启动过，或采用了别人的应答。请让双方都运行，并互发最新的文件；NAT 严格时请用 --turn；p2p doctor 可以看出",
    "browser-waited": "浏览器作为应答方很快就会放弃：请双方重新生成文件，并让浏览器发起（由它生成 offer）",
    "old-file": "有一方手里是旧文件：请双方把最新的文件再发一次",
    "program-silent": "对方的程序已经结束或放弃：请重新启动它，并交换新文件",
    "program-too-old": "对方的程序不支持现行的数据通道：请换用它的较新版本",
    "program-opens-nothing": "对方的程序在等待别的东西：请让它先打开数据通道，再生成文件",
    "other-version": "请双方重新开始；如果再次出现，请双方使用同一版本的 p2p",
  },
  advice: ADVICE_TEXTS_ZH,
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
    "symmetric-here": "我方在对称型 NAT 后面：对方用多数路由器时直连会失败",
    "symmetric-there": "对方在对称型 NAT 后面：我方用多数路由器时直连会失败",
    "udp-silent-here": "没有 STUN 服务器回应我方：我方网络的 UDP 可能被屏蔽",
    "udp-silent-there": "没有 STUN 服务器回应对方：对方网络的 UDP 可能被屏蔽",
    "not-known": "从文件看不出是什么挡住了",
  },
  adviceFor: (why) => connectAdvice(why, ADVICE_TEXTS_ZH),
  failed: (p) => `${p.seconds} 秒内没有连上；已尝试`,
  nothingFits: "无：两个文件里没有可以配对的地址",
  from: (p) => (p.kind === "relay" ? `经中继 ${p.local}：` : `从 ${p.local}：`),
  kinds: { host: "对方本机地址", srflx: "STUN 探测地址", prflx: "对方反射地址", relay: "中继地址" },
  more: (p) => `… 另有 ${p.count} 对`,
  reached: (p) => (isInPairs(p) ? undefined : CONNECT_TEXTS_ZH.stages[p.stage](p.pairs)),
  cause: (p) => connectHint(p, CONNECT_TEXTS_ZH),
  goesOn: "正在等待对方的新文件",
};

/** Whether the list of pairs on the screen shows how far the attempt came. */
function isInPairs({ stage }: ConnectFailure): boolean {
  return stage === "no-pairs" || stage === "unanswered";
}

export const chanceWords = { en, zh };
