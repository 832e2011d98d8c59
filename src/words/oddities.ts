// Texts of `p2p inspect` about oddities in an exchange file that do not make it unusable.

/** Well-known services by port. */
const SERVICES: Readonly<Record<number, string>> = {
  22: "SSH",
  25: "SMTP",
  53: "DNS",
  80: "HTTP",
  123: "NTP",
  161: "SNMP",
  389: "LDAP",
  443: "HTTPS",
  445: "SMB",
  500: "IKE",
  514: "syslog",
  1194: "OpenVPN",
  1434: "SQL Server",
  1900: "SSDP",
  3306: "MySQL",
  3389: "RDP",
  3702: "WS-Discovery",
  5060: "SIP",
  5061: "SIP",
  5353: "mDNS",
  5432: "PostgreSQL",
  6379: "Redis",
  11211: "memcached",
  27017: "MongoDB",
};

function portNames(ports: readonly number[], separator: string): string {
  return ports
    .map((port) => (SERVICES[port] === undefined ? String(port) : `${port} (${SERVICES[port]})`))
    .join(separator);
}

const en = {
  "loopback-addresses": (p: { count: number }) =>
    `${p.count === 1 ? "an address is" : `${p.count} addresses are`} of the loopback: good only if both sides are on one machine; tried only by a p2p that is bound to loopback itself`,
  "link-local-addresses": (p: { count: number }) =>
    `${p.count === 1 ? "an address is" : `${p.count} addresses are`} link-local: tried only by a p2p that is bound to a link-local address itself`,
  "reserved-addresses": (p: { addresses: string[] }) =>
    `nobody on the internet has these addresses, they are for documents and laboratories: ${p.addresses.join(", ")}`,
  "mapped-addresses": (p: { addresses: string[] }) =>
    `IPv4 addresses in the form of IPv6, which no peer gives; never contacted: ${p.addresses.join(", ")}`,
  "privileged-ports": (p: { ports: number[] }) =>
    `ports of system services, where no peer listens; never contacted: ${portNames(p.ports, ", ")}`,
  "service-ports": (p: { ports: number[] }) => `ports at which other services listen: ${portNames(p.ports, ", ")}`,
  "many-ports": (p: { address: string; count: number; limit: number }) =>
    `${p.count} ports of one address (${p.address}): a port scan looks like that; p2p tries ${p.limit} of them at most`,
  "many-networks": (p: { count: number }) =>
    `its public addresses are in ${p.count} networks: no single machine is in so many; the file may want others to be knocked at`,
  "high-priorities": (p: { count: number }) =>
    `${p.count === 1 ? "a priority is" : `${p.count} priorities are`} above what the standard allows: the file wants to come before all others`,
  "expires-before-made": () => "it was expired when it was made",
  "long-expiry": (p: { hours: number }) => `it says that it is good for ${p.hours} hours; p2p never says more than 500`,
  "odd-characters": (p: { field: "name" | "tool" }) =>
    `what it ${p.field === "name" ? "calls itself" : "says that wrote it"} has control, invisible or direction-changing characters; they are shown as \\… and never obeyed`,
  "weak-fingerprint": (p: { algorithm: string }) =>
    `it also has a fingerprint by ${p.algorithm}, which can be forged; p2p looks at the sha-256 one only`,
  "several-fingerprints": (p: { count: number }) =>
    `it has ${p.count} sha-256 fingerprints: the owner of any of these certificates would be accepted`,
  "offer-without-choice": (p: { setup: string }) =>
    `the offer says a=setup:${p.setup} instead of actpass: it leaves the other side no choice of part`,
  "ice-lite": () => "it says a=ice-lite, as servers do: it answers checks and makes none",
};

const zh: typeof en = {
  "loopback-addresses": (p) =>
    `有 ${p.count} 个本机回环地址：只有双方在同一台机器上才有用；p2p 自己绑定在回环地址时才会尝试`,
  "link-local-addresses": (p) => `有 ${p.count} 个链路本地地址：p2p 自己绑定在链路本地地址时才会尝试`,
  "reserved-addresses": (p) => `互联网上没有人用这些地址，它们只用于文档和实验：${p.addresses.join("、")}`,
  "mapped-addresses": (p) => `以 IPv6 形式写的 IPv4 地址，对方不会给出这种地址；绝不连接：${p.addresses.join("、")}`,
  "privileged-ports": (p) => `系统服务的端口，对方不会在那里监听；绝不连接：${portNames(p.ports, "、")}`,
  "service-ports": (p) => `其他服务监听的端口：${portNames(p.ports, "、")}`,
  "many-ports": (p) => `同一地址（${p.address}）有 ${p.count} 个端口：看起来像端口扫描；p2p 最多尝试其中 ${p.limit} 个`,
  "many-networks": (p) =>
    `它的公网地址分布在 ${p.count} 个网络里：一台机器不会在这么多网络中；该文件可能企图利用本机探测他人主机`,
  "high-priorities": (p) => `有 ${p.count} 个优先级超出标准允许的范围：文件想排在所有地址之前`,
  "expires-before-made": () => "它在生成时就已过期",
  "long-expiry": (p) => `它说自己在 ${p.hours} 小时内有效；p2p 最多写 500 小时`,
  "odd-characters": (p) =>
    `它的${p.field === "name" ? "自称" : "生成程序名"}里有控制字符、不可见字符或改变方向的字符；它们显示为 \\…，不会生效`,
  "weak-fingerprint": (p) => `它还带有 ${p.algorithm} 指纹，这种指纹可以伪造；p2p 只看 sha-256 指纹`,
  "several-fingerprints": (p) => `它有 ${p.count} 个 sha-256 指纹：其中任何一个证书的持有者都会通过验证`,
  "offer-without-choice": (p) => `邀请写的是 a=setup:${p.setup} 而不是 actpass：不让对方选择角色`,
  "ice-lite": () => "它声明 a=ice-lite，像服务器那样：只应答检查，自己不检查",
};

export const oddityWords = { en, zh };
