// Texts of `p2p inspect` about an exchange file. Addresses, times and sizes are passed in formatted; the peer's text
// is passed in raw, and the code that prints a sentence escapes all of it.
import type { Damage } from "../lib/damage.ts";
import { damageWords } from "./damage.ts";

const en = {
  title: { offer: "an offer, to be answered with p2p answer", answer: "an answer, for the side that made the offer" },

  from: "from",
  fromP2p: (p: { tool: string; name?: string }) =>
    p.name === undefined ? p.tool : `${p.tool}, calls itself '${p.name}'`,
  p2pOfSomeVersion: "p2p",
  fromOther: "another WebRTC program (no p2p key): messages work, files do not",
  made: "made",
  madeAgo: (p: { moment: string; age: string }) => `${p.moment} (${p.age} ago)`,
  madeInTheFuture: (p: { moment: string }) => `${p.moment}: later than now, one of the two clocks is wrong`,
  madeUnknown: "unknown: only p2p writes the time into the file",
  goodUntil: "good until",
  expired: (p: { moment: string }) => `${p.moment}: expired, ask for a new file`,
  id: "id",
  idAndRevision: (p: { id: string; revision: number }) => `${p.id}, revision ${p.revision}`,
  answers: "answers",
  network: "network",
  form: "form",
  forms: {
    modern: "of today (RFC 8841)",
    legacy: "the old SDP form of before 2019 (DTLS/SCTP 5000); p2p answers in the same form",
  },
  fingerprint: "fingerprint",
  fingerprintMeaning:
    "Identifies the other side: when connecting it must prove that it owns the certificate with this fingerprint. " +
    "To be sure that the file is from the right person, compare it by another way, as on the phone.",

  addresses: (p: { count: number }) =>
    p.count === 1
      ? "1 address where it can be reached:"
      : `${p.count} addresses where it can be reached, the preferred first:`,
  noAddresses: "no address: a connection can only come from there",
  relatedTo: (p: { address: string }) => `from ${p.address}`,
  host: {
    public: "A public address: reachable from everywhere unless a firewall is in the way.",
    private: "A private address: good inside the same local network or VPN.",
    "carrier-nat": "An address of a carrier's NAT or of a VPN (100.64.0.0/10): good only inside that network.",
    "link-local": "A link-local address: good on the same cable or Wi-Fi.",
    loopback: "A loopback address: good only on the same machine.",
    unspecified: "No address at all.",
    "not-unicast": "Not the address of one machine.",
  },
  srflx: "Its address as a STUN server on the internet saw it: the usual way through home routers.",
  prflx: "Its address as another peer saw it.",
  relay: "A relay (TURN server): works almost always, slower; it carries only encrypted data.",
  tcp: {
    passive: "Waits for TCP connections: the way where UDP does not get through.",
    active: "Connects from there by TCP, to an address that waits for it.",
    so: "TCP opened from both sides at once: p2p passes it over.",
    unknown: "TCP of an unknown kind: p2p passes it over.",
  },

  withBeside: (p: { name: string; text: string }) => `with ${p.name} beside it: ${p.text}`,
  remarks: "worth knowing:",
  remark: {
    "utf-16": () => "the file is UTF-16 instead of UTF-8; p2p reads both",
    code: () => "it came as a short code: what a code leaves out is rebuilt by rules",
    "code-fence": () => "the file is wrapped in a Markdown code fence; p2p reads it nevertheless",
    repaired: (p: { undone: readonly Damage[] }) =>
      `it was changed on its way, which is put right: ${p.undone.map((damage) => damageWords.en[damage]).join(", ")}`,
    altered: () => "it was changed after p2p wrote it: its digest differs",
    signed: (p: { key: string }) => `it is signed with the long-term key ${p.key}`,
    sealed: () => "the file is sealed with a passphrase, the one given opens it",
    "bare-description": () => "it is a session description as browsers give it, without the outer object",
    "sdp-text": () => "it is the text of a session description alone, without its type",
    wrapped: (p: { where: string }) =>
      `it is a message of another program; the description in it (${p.where}) is taken`,
    "type-assumed": (p: { type: string }) =>
      `nothing says whether it is an offer or an answer; by its lines it is an ${p.type}`,
    packed: (p: { how: string }) => `the text of its description is packed once more than it should be: ${p.how}`,
    "candidates-elsewhere": (p: { key: string; count: number }) =>
      `${p.count === 1 ? "an address stands" : `${p.count} addresses stand`} under "${p.key}", where p2p does not look: put them into "candidates"`,
    "newer-version": (p: { version: number }) =>
      `a newer p2p wrote it (version ${p.version}); what this one does not know is ignored`,
    "candidate-skipped": (p: { where: string; why: string; text: string }) =>
      `a candidate (${p.where}) is passed over, ${p.why}: ${p.text}`,
    "candidate-duplicate": (p: { where: string }) => `a candidate (${p.where}) is there twice`,
    "line-assumed": (p: { line: string }) => `a line is missing, assumed: ${p.line}`,
    "other-sections": (p: { kinds: string[] }) =>
      `it also wants ${p.kinds.join(", ")}: p2p takes sound and picture with --publish or --record, and answers the rest as not used`,
    "odd-credential": (p: { field: string }) =>
      `a=${p.field} has characters that the standard does not allow (one of - _ = #); p2p takes it as it is`,
    "local-only": () => "no public address: it connects only inside one network, unless the other side can be reached",
  },
  packing: {
    lines: "a list of lines",
    escapes: "line ends as \\r\\n",
    base64: "base64",
    percent: "percent-encoding",
    bytes: "a list of bytes",
  },
  why: {
    mdns: "a .local name hides its address",
    "host-name": "p2p looks no names up",
    "unspecified-address": "it has no address",
    "not-unicast": "it is not the address of one machine",
    port: "it has no port",
    component: "data channels have one component",
    transport: "it is neither UDP nor TCP",
    type: "its type is unknown",
    syntax: "it is no candidate",
    generation: "it belongs to an earlier connection (another ufrag)",
    section: "it leads to another part, not to the data channel",
  },
};

const zh: typeof en = {
  title: { offer: "邀请，请用 p2p answer 应答", answer: "应答，供发出邀请的一方使用" },

  from: "来自",
  fromP2p: (p) => (p.name === undefined ? p.tool : `${p.tool}，自称“${p.name}”`),
  p2pOfSomeVersion: "p2p",
  fromOther: "其他 WebRTC 程序（没有 p2p 键）：可以收发消息，不能传文件",
  made: "生成于",
  madeAgo: (p) => `${p.moment}（${p.age}前）`,
  madeInTheFuture: (p) => `${p.moment}：晚于现在，两边的时钟有一个不准`,
  madeUnknown: "未知：只有 p2p 会在文件里写时间",
  goodUntil: "有效至",
  expired: (p) => `${p.moment}：已过期，请要新的文件`,
  id: "编号",
  idAndRevision: (p) => `${p.id}，第 ${p.revision} 版`,
  answers: "应答的邀请",
  network: "网络",
  form: "格式",
  forms: {
    modern: "现行格式（RFC 8841）",
    legacy: "2019 年以前的旧 SDP 格式（DTLS/SCTP 5000）；p2p 会用同样的格式应答",
  },
  fingerprint: "指纹",
  fingerprintMeaning:
    "用来确认对方身份：连接时对方必须证明自己拥有这个指纹的证书。要确定文件确实来自本人，请用别的方式（例如电话）核对。",

  addresses: (p) => (p.count === 1 ? "1 个可以连到对方的地址：" : `${p.count} 个可以连到对方的地址，优先的在前：`),
  noAddresses: "没有地址：只能由对方连过来",
  relatedTo: (p) => `源自 ${p.address}`,
  host: {
    public: "公网地址：只要没有防火墙阻挡，到处都能连。",
    private: "内网地址：在同一局域网或 VPN 内可用。",
    "carrier-nat": "运营商 NAT 或 VPN 的地址（100.64.0.0/10）：只在那个网络内可用。",
    "link-local": "链路本地地址：仅在本网段有效。",
    loopback: "本机回环地址：只在同一台机器上可用。",
    unspecified: "不是有效地址。",
    "not-unicast": "不是单台机器的地址。",
  },
  srflx: "互联网上的 STUN 服务器看到的地址：穿过家用路由器的常用途径。",
  prflx: "其他节点看到的地址。",
  relay: "中继（TURN 服务器）：几乎总能连上，但较慢；它只转发加密的数据。",
  tcp: {
    passive: "等待 TCP 连接：UDP 不通时走这里。",
    active: "由对方用 TCP 连到等待连接的地址。",
    so: "双方同时打开的 TCP：p2p 不使用它。",
    unknown: "类型未知的 TCP：p2p 不使用它。",
  },

  withBeside: (p) => `与旁边的 ${p.name} 一起看：${p.text}`,
  remarks: "值得注意：",
  remark: {
    "utf-16": () => "文件是 UTF-16 而不是 UTF-8；p2p 两种都能读",
    code: () => "内容来自短码：其中省略的部分已按规则还原",
    "code-fence": () => "文件外面有 Markdown 代码围栏；p2p 照样能读",
    repaired: (p) => `途中有改动，已还原：${p.undone.map((damage) => damageWords.zh[damage]).join("、")}`,
    altered: () => "p2p 写出之后被改动过：摘要不一致",
    signed: (p) => `用长期密钥 ${p.key} 签名`,
    sealed: () => "文件用口令密封，给出的口令可以打开它",
    "bare-description": () => "这是浏览器给出的会话描述，没有外层对象",
    "sdp-text": () => "这只是会话描述的文本，没有写明类型",
    wrapped: (p) => `这是其他程序的消息；使用其中的会话描述（${p.where}）`,
    "type-assumed": (p) => `没有写明是邀请还是应答；从内容看是${p.type === "offer" ? "邀请" : "应答"}`,
    packed: (p) => `会话描述的文本多编码了一次：${p.how}`,
    "candidates-elsewhere": (p) =>
      `有 ${p.count} 个候选地址放在“${p.key}”下，p2p 不会从那里读取：请放到 "candidates" 下`,
    "newer-version": (p) => `由更新的 p2p 写成（版本 ${p.version}）；本版不认识的内容会被忽略`,
    "candidate-skipped": (p) => `跳过一个候选地址（${p.where}），${p.why}：${p.text}`,
    "candidate-duplicate": (p) => `候选地址（${p.where}）重复`,
    "line-assumed": (p) => `缺少一行，按此处理：${p.line}`,
    "other-sections": (p) =>
      `它还想要 ${p.kinds.join("、")}：声音和画面要加 --publish 或 --record 才收发，其余在应答中标为不使用`,
    "odd-credential": (p) => `a=${p.field} 含有标准不允许的字符（- _ = # 之一）；p2p 照原样使用`,
    "local-only": () => "没有公网地址：只能在同一网络内连接，除非可以从外部连接到另一方",
  },
  packing: {
    lines: "按行拆成列表",
    escapes: "换行写成了 \\r\\n",
    base64: "base64",
    percent: "百分号编码",
    bytes: "字节列表",
  },
  why: {
    mdns: "它用 .local 名字隐藏了地址",
    "host-name": "p2p 不做域名查询",
    "unspecified-address": "它没有地址",
    "not-unicast": "它不是单台机器的地址",
    port: "它没有端口",
    component: "数据通道只有一个分量",
    transport: "它既不是 UDP 也不是 TCP",
    type: "它的类型未知",
    syntax: "它不是候选地址",
    generation: "它属于之前的连接（ufrag 不同）",
    section: "它通往另一个部分，而不是数据通道",
  },
};

export const exchangeWords = { en, zh };
