// Texts of `p2p doctor` about a network: findings, their meaning, and advice.
import type { AddressKind } from "../lib/address.ts";
import type { MappingProtocol } from "../lib/nat-summary.ts";
import { MAPPING_PROTOCOL_NAMES } from "./nat.ts";

/** @param reason - code of getaddrinfo */
function unresolvedName(reason: string): string {
  return reason === "ENOTFOUND" ? "there is no such name (ENOTFOUND)" : `its name could not be looked up (${reason})`;
}

function unresolvedNameZh(reason: string): string {
  return reason === "ENOTFOUND" ? "没有这个域名（ENOTFOUND）" : `无法解析该服务器的域名（${reason}）`;
}

const en = {
  asking: (p: { count: number }) =>
    `looking at the network, asking ${p.count === 1 ? "1 server" : `${p.count} servers`}; 5 s at most`,
  looking: "looking at the network",
  sections: { addresses: "addresses", stun: "STUN servers", network: "network", turn: "TURN servers" },
  kinds: {
    public: "public",
    private: "private: behind a router",
    "carrier-nat": "of a carrier's NAT or a VPN (100.64.0.0/10)",
    "link-local": "link-local: this cable or Wi-Fi only",
    loopback: "loopback: this machine only",
    unspecified: "none",
    "not-unicast": "not of one machine",
  } satisfies Record<AddressKind, string>,
  ula: "private (ULA): behind a router",
  notUsed: (p: { kind: string }) => `${p.kind}; not offered`,
  noAddresses: "none but loopback",
  answered: (p: { rttMs: number; mapped: string }) => `${p.rttMs} ms, sees us as ${p.mapped}`,
  silent: "no answer",
  wrong: (p: { stated: string }) => `answered with an address that cannot be ours: ${p.stated}`,
  unresolved: (p: { reason: string }) =>
    p.reason === "" ? "its name has no address that fits ours" : unresolvedName(p.reason),
  noStun: "none asked (--no-stun)",
  rows: { udp: "UDP", mapping: "mapping", filtering: "filtering", portMapping: "port mapping", ipv6: "IPv6" },
  udp: {
    open: "gets through",
    blocked: "blocked: a server takes TCP and nothing by UDP",
    silent: "no server answered, by UDP or TCP",
    "not-asked": "not known: no server was asked",
  },
  mapping: {
    none: "no NAT, our address is public",
    "endpoint-independent": "endpoint-independent: one public port for all destinations",
    "address-dependent": "address-dependent: another public port for each destination address",
    "address-and-port-dependent": "address- and port-dependent: another public port for each destination",
    "endpoint-dependent": "address-dependent, perhaps port-dependent too: another public port for each destination",
  },
  mappingUnknown: "not known: it takes answers of two servers",
  filtering: {
    "endpoint-independent": "endpoint-independent: whoever knocks is let in",
    "address-dependent": "address-dependent: who was sent to is let in, from any port",
    "address-and-port-dependent": "address- and port-dependent: only who was sent to is let in",
  },
  filteringUnknown: "not known: no server here can test it (RFC 5780)",
  portMapping: {
    granted: (p: { protocol: MappingProtocol; external: string }) =>
      `granted by ${MAPPING_PROTOCOL_NAMES[p.protocol]}, ${p.external}`,
    "behind-router": (p: { external: string }) => `granted at ${p.external}, but the router is behind another router`,
    none: "the router offers none",
    "not-asked": "not asked",
  },
  ipv6: {
    works: "works: a server answered over it",
    silent: "a public address, but no server answered over it",
    untested: "a public address; no server was asked over it",
    none: "no public address",
  },
  turn: {
    works: (p: { relayed: string; rttMs: number }) => `gives a relay, ${p.relayed}, in ${p.rttMs} ms`,
    credentials: (p: { reason: string }) => `refuses user or password${p.reason === "" ? "" : ` (${p.reason})`}`,
    refused: (p: { reason: string }) => `gives no relay (${p.reason})`,
    certificate: (p: { reason: string }) => `its certificate cannot be believed (${p.reason})`,
    unreachable: (p: { reason: string }) => `no answer${p.reason === "" ? "" : ` (${p.reason})`}`,
    unresolved: (p: { reason: string }) => (p.reason === "" ? "its name has no address" : unresolvedName(p.reason)),
  },
  verdictTitle: "verdict",
  verdict: {
    offline: "This computer is in no network.",
    "not-asked":
      "No server was asked, so nothing is known of what is between here and the internet. Inside one network it will connect.",
    "udp-blocked":
      "UDP does not leave this network. A direct connection is possible inside it only; from elsewhere it takes a relay by TCP.",
    "no-answer":
      "No server answered. Either this network lets nothing out, or none of these servers can be reached from here.",
    open: "A public address and no NAT: direct connections work with almost everybody, if no firewall is in the way.",
    ordinary:
      "An ordinary router: direct connections work with public addresses and other ordinary routers, but hardly with a symmetric NAT on the other side.",
    strict:
      "A symmetric NAT: direct connections work only with public addresses and routers that let everybody in. With an ordinary router on the other side they fail.",
    inside: "The servers that answered are in this network: what is between here and the internet is not known.",
    "behind-nat": "A router (NAT) is between here and the internet; of which kind is not known.",
    "ipv6-only": "IPv6 works: direct connections work with everybody who has IPv6, if no firewall is in the way.",
  },
  adviceTitle: "what to do",
  advice: {
    "connect-network": "connect it to one and run p2p doctor again",
    "ask-servers": "run it without --no-stun, or name a server with --stun",
    "ask-second-server": "name a second server with --stun, at another address: two answers tell the kind",
    "ask-outside": "name servers on the internet with --stun",
    "other-servers": "check the network; name a server of yours with --stun, or a TURN server by TCP with --turn",
    "turn-tcp": "use a TURN server by TCP: --turn 'turn:HOST:PORT?transport=tcp'",
    "turn-or-port":
      "use --turn on either side; or forward a UDP port of the router to this computer and give it with --port",
    "open-firewall": "nothing; if it does not connect, let UDP in at the firewall, or fix the port with --port",
    "relay-is-there":
      "nothing: where no direct way is found, the TURN server is the way; name it at p2p offer and answer too",
    "turn-credentials":
      "correct user and password of the TURN server, in the config file or P2P_TURN_USER and P2P_TURN_PASSWORD",
    "turn-unreachable": "check host and port of the TURN server; where UDP is blocked, add ?transport=tcp",
    "turn-certificate": "check the name of the TURN server; ask who runs it for a valid certificate",
    "turn-refused": "ask who runs the TURN server why it gives no relay",
    nothing: "nothing",
  },
};

const zh: typeof en = {
  asking: (p) => `正在检查网络，询问 ${p.count} 个服务器；最多 5 秒`,
  looking: "正在检查网络",
  sections: { addresses: "地址", stun: "STUN 服务器", network: "网络", turn: "TURN 服务器" },
  kinds: {
    public: "公网",
    private: "内网：在路由器后面",
    "carrier-nat": "运营商 NAT 或 VPN（100.64.0.0/10）",
    "link-local": "链路本地地址：仅在本网段有效",
    loopback: "回环：只在本机",
    unspecified: "无",
    "not-unicast": "不是单台机器的",
  },
  ula: "内网（ULA）：在路由器后面",
  notUsed: (p) => `${p.kind}，不写入文件`,
  noAddresses: "除回环地址外没有其他地址",
  answered: (p) => `${p.rttMs} 毫秒，本机公网地址：${p.mapped}`,
  silent: "没有回应",
  wrong: (p) => `回应里的地址不可能是本机的：${p.stated}`,
  unresolved: (p) => (p.reason === "" ? "该服务器没有本机可用的地址类型" : unresolvedNameZh(p.reason)),
  noStun: "没有询问（--no-stun）",
  rows: { udp: "UDP", mapping: "映射", filtering: "过滤", portMapping: "端口映射", ipv6: "IPv6" },
  udp: {
    open: "畅通",
    blocked: "被屏蔽：有服务器可用 TCP 连接，UDP 都没有回应",
    silent: "UDP 和 TCP 都没有服务器回应",
    "not-asked": "未知：没有询问服务器",
  },
  mapping: {
    none: "没有 NAT，本机地址就是公网地址",
    "endpoint-independent": "与目标无关：对所有目标用同一个公网端口",
    "address-dependent": "与目标地址有关：对每个目标地址换一个公网端口",
    "address-and-port-dependent": "与目标地址和端口有关：对每个目标换一个公网端口",
    "endpoint-dependent": "与目标地址有关，可能也与端口有关：对每个目标换一个公网端口",
  },
  mappingUnknown: "未知：需要两个服务器的回应",
  filtering: {
    "endpoint-independent": "与来源无关：放行任何来访者",
    "address-dependent": "与来源地址有关：放行联系过的地址，端口不限",
    "address-and-port-dependent": "与来源地址和端口有关：只放行联系过的",
  },
  filteringUnknown: "未知：这些服务器都不能测试（RFC 5780）",
  portMapping: {
    granted: (p) => `路由器经 ${MAPPING_PROTOCOL_NAMES[p.protocol]} 给出 ${p.external}`,
    "behind-router": (p) => `路由器给出 ${p.external}，但它自己在另一个路由器后面`,
    none: "路由器不提供",
    "not-asked": "没有询问",
  },
  ipv6: {
    works: "可用：有服务器经 IPv6 回应",
    silent: "有公网地址，但没有服务器经 IPv6 回应",
    untested: "有公网地址；没有经 IPv6 询问服务器",
    none: "没有公网地址",
  },
  turn: {
    works: (p) => `给出中继 ${p.relayed}，用时 ${p.rttMs} 毫秒`,
    credentials: (p) => `拒绝用户名或密码${p.reason === "" ? "" : `（${p.reason}）`}`,
    refused: (p) => `不给中继（${p.reason}）`,
    certificate: (p) => `证书不可信（${p.reason}）`,
    unreachable: (p) => `没有回应${p.reason === "" ? "" : `（${p.reason}）`}`,
    unresolved: (p) => (p.reason === "" ? "该服务器的域名没有地址" : unresolvedNameZh(p.reason)),
  },
  verdictTitle: "结论",
  verdict: {
    offline: "这台电脑没有连接任何网络。",
    "not-asked": "没有询问服务器，所以不知道这里与互联网之间有什么。在同一网络内可以连接。",
    "udp-blocked": "UDP 出不了这个网络。只能在网络内部直连；与外面连接需要走 TCP 的中继。",
    "no-answer": "没有服务器回应。要么这个网络什么都不放行，要么从这里连不到这些服务器。",
    open: "有公网地址，没有 NAT：只要没有防火墙阻挡，几乎可以与任何人直连。",
    ordinary: "普通路由器：可以与公网地址和其他普通路由器直连，但对方是对称型 NAT 时很难。",
    strict: "对称型 NAT：只能与公网地址和放行任何人的路由器直连。对方是普通路由器时会失败。",
    inside: "回应的服务器都在这个网络里：不知道这里与互联网之间有什么。",
    "behind-nat": "这里与互联网之间有路由器（NAT）；类型未知。",
    "ipv6-only": "IPv6 可用：只要没有防火墙阻挡，可以与任何有 IPv6 的人直连。",
  },
  adviceTitle: "建议",
  advice: {
    "connect-network": "请连接网络，再运行 p2p doctor",
    "ask-servers": "请去掉 --no-stun 再运行，或用 --stun 指定服务器",
    "ask-second-server": "请用 --stun 再指定一个地址不同的服务器：两个回应才能看出类型",
    "ask-outside": "请用 --stun 指定互联网上的服务器",
    "other-servers": "请检查网络；用 --stun 指定自己的服务器，或用 --turn 指定走 TCP 的 TURN 服务器",
    "turn-tcp": "请使用走 TCP 的 TURN 服务器：--turn 'turn:HOST:PORT?transport=tcp'",
    "turn-or-port": "请在任一方使用 --turn；或在路由器上把一个 UDP 端口转发到本机，并用 --port 指定",
    "open-firewall": "无需操作；如果连不上，请在防火墙放行 UDP，或用 --port 固定端口",
    "relay-is-there": "无需操作：直连不通时会走 TURN 服务器；运行 p2p offer 和 answer 时也请指定它",
    "turn-credentials": "请改正 TURN 服务器的用户名和密码，在配置文件或 P2P_TURN_USER 和 P2P_TURN_PASSWORD 里",
    "turn-unreachable": "请检查 TURN 服务器的主机和端口；UDP 被屏蔽时请加上 ?transport=tcp",
    "turn-certificate": "请检查 TURN 服务器的名字；请管理者换上有效的证书",
    "turn-refused": "请问 TURN 服务器的管理者为什么不给中继",
    nothing: "无需操作",
  },
};

export const doctorWords = { en, zh };
