// Texts for the kinds of NAT: for `p2p inspect` and `p2p doctor`.
import type { MappingProtocol, NatFiltering, NatMapping, NatSummary } from "../lib/nat-summary.ts";

/** Protocol names as their authors write them, in every language. */
export const MAPPING_PROTOCOL_NAMES: Readonly<Record<MappingProtocol, string>> = {
  pcp: "PCP",
  "nat-pmp": "NAT-PMP",
  upnp: "UPnP",
};

const en = {
  mapping: {
    none: "no NAT: its address is public",
    "endpoint-independent": "an ordinary NAT: one public port for all destinations",
    "address-dependent": "a symmetric NAT: another public port for each destination address",
    "address-and-port-dependent": "a symmetric NAT: another public port for each destination",
    "endpoint-dependent": "a symmetric NAT: another public port for each destination",
  } satisfies Record<NatMapping, string>,
  filtering: {
    "endpoint-independent": "lets in whoever knocks",
    "address-dependent": "lets in addresses that were sent to, from any port",
    "address-and-port-dependent": "lets in only those that were sent to",
  } satisfies Record<NatFiltering, string>,
  udp: { open: "UDP gets through", silent: "no STUN server answered" } satisfies Record<
    NonNullable<NatSummary["udp"]>,
    string
  >,
  ipv6: "public IPv6",
  relay: "has a relay",
  portMapping: "its router lets the other side in",
  separator: "; ",
};

const zh: typeof en = {
  mapping: {
    none: "没有 NAT：地址就是公网地址",
    "endpoint-independent": "普通 NAT：对所有目标用同一个公网端口",
    "address-dependent": "对称型 NAT：对每个目标地址换一个公网端口",
    "address-and-port-dependent": "对称型 NAT：对每个目标换一个公网端口",
    "endpoint-dependent": "对称型 NAT：对每个目标换一个公网端口",
  },
  filtering: {
    "endpoint-independent": "放行任何来访者",
    "address-dependent": "放行联系过的地址，端口不限",
    "address-and-port-dependent": "只放行联系过的地址和端口",
  },
  udp: { open: "UDP 畅通", silent: "没有 STUN 服务器回应" },
  ipv6: "有公网 IPv6",
  relay: "有中继",
  portMapping: "它的路由器已为对方开放端口",
  separator: "；",
};

export const natWords = { en, zh };
