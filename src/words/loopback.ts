// Texts of `p2p loopback`. Numbers, sizes and times are passed in already formatted.

type Direction = "forth" | "back";

interface FileWords {
  size: string;
  seconds: string;
  rate: string;
  protocol: string;
}

interface TrackWords {
  taken: number;
  given: number;
}

const en = {
  testing: "two peers on this computer connect: texts, sound and picture, and a file each way; about 6 s",
  machine: (p: {
    version: string;
    node: string;
    platform: string;
    release: string;
    arch: string;
    processors: number;
  }) =>
    `p2p ${p.version}, Node ${p.node}, ${p.platform} ${p.release} ${p.arch}, ${p.processors === 1 ? "1 processor" : `${p.processors} processors`}`,
  sections: { connection: "connection", data: "data", media: "sound and picture" },
  candidates: { offer: "offer has", answer: "answer has" },
  opened: "opened in",
  steps: (p: { offer: string; answer: string }) => `${p.offer} ms (offer), ${p.answer} ms (answer)`,
  ms: (p: { ms: string }) => `${p.ms} ms`,
  missing: "not reached",
  hello: "session",
  pair: "pair",
  pairText: (p: { local: string; remote: string; protocol: string; kind: string; ms: string }) =>
    `${p.local} to ${p.remote} over ${p.protocol} (${p.kind}), round trip ${p.ms} ms`,
  dtls: (p: { ms: string; version: string; cipher: string }) => `${p.ms} ms, ${p.version}, ${p.cipher}`,
  text: { forth: "text there", back: "text back" } satisfies Record<Direction, string>,
  acknowledged: (p: { ms: string }) => `acknowledged in ${p.ms} ms`,
  changed: "did not come as it was sent",
  lost: "not acknowledged",
  file: { forth: "file there", back: "file back" } satisfies Record<Direction, string>,
  arrived: (p: FileWords) => `${p.size} in ${p.seconds} s over ${p.protocol}, ${p.rate}; SHA-256 agrees`,
  differs: (p: { size: string }) => `${p.size} came, but its SHA-256 is another one`,
  unfinished: (p: { size: string }) => `did not come whole: ${p.size} of it`,
  notSent: "not sent",
  frames: (p: TrackWords) => `${p.taken} of ${p.given} frames came as they were sent`,
  packets: (p: { lost: number; retransmitted: number }) =>
    `packets lost: ${p.lost}, asked for again: ${p.retransmitted}`,
  delays: (p: { median: string; worst: string; jitter: string }) =>
    `delay ${p.median} ms, at worst ${p.worst} ms; jitter ${p.jitter} ms`,
  beside: (p: { worst: string }) => `beside a file at worst ${p.worst} ms`,
  together: "together",
  /** Between the findings of one row. */
  between: "; ",
  apart: (p: { ms: string }) => `sound and picture are ${p.ms} ms apart`,
  srtp: "SRTP",
  noMedia: "none was agreed on",
  verdictTitle: "verdict",
  verdict: {
    works: "It works: p2p connects to itself on this computer, and texts, files, sound and picture get through.",
    "no-sockets": "It does not begin: something that p2p needs on this computer cannot be used.",
    "no-connection": "It does not connect: packets from this program do not reach itself.",
    text: "It connects, but a text did not get through.",
    file: "It connects, but a file did not get through.",
    media: "Texts and files get through, but sound and picture do not.",
    internal: "It does not work, by a defect of p2p.",
  },
  adviceTitle: "what to do",
  advice: {
    "run-doctor":
      "if it does not connect with somebody else, the cause is between the two: run p2p doctor on both sides",
    "connect-network": "connect this computer to a network: it has reached nothing but itself",
    "allow-packets":
      "let this program send and receive UDP and TCP: firewalls, security programs and VPNs may forbid it, on this computer too",
    "try-loopback": "run p2p loopback --bind 127.0.0.1: if that works, it is the address above that is blocked",
    "less-load": "run it again with less to do beside it: frames came too late to be played",
    report: "report it, with what p2p loopback --json prints",
  },
};

const zh: typeof en = {
  testing: "本机上的两端互相连接：文字、声音和画面，以及双向各一个文件；约 6 秒",
  machine: (p) => `p2p ${p.version}，Node ${p.node}，${p.platform} ${p.release} ${p.arch}，${p.processors} 个处理器`,
  sections: { connection: "连接", data: "数据", media: "声音和画面" },
  candidates: { offer: "发起方候选", answer: "应答方候选" },
  opened: "准备用时",
  steps: (p) => `${p.offer} 毫秒（发起方），${p.answer} 毫秒（应答方）`,
  ms: (p) => `${p.ms} 毫秒`,
  missing: "没有走到这一步",
  hello: "会话",
  pair: "地址对",
  pairText: (p) => `${p.local} 到 ${p.remote}，${p.protocol}（${p.kind}），往返 ${p.ms} 毫秒`,
  dtls: (p) => `${p.ms} 毫秒，${p.version}，${p.cipher}`,
  text: { forth: "文字（去）", back: "文字（回）" },
  acknowledged: (p) => `${p.ms} 毫秒后得到确认`,
  changed: "收到的与发送的不同",
  lost: "没有得到确认",
  file: { forth: "文件（去）", back: "文件（回）" },
  arrived: (p) => `${p.size}，用时 ${p.seconds} 秒，${p.protocol}，${p.rate}；SHA-256 一致`,
  differs: (p) => `收到 ${p.size}，但 SHA-256 不一致`,
  unfinished: (p) => `没有收完：只收到 ${p.size}`,
  notSent: "没有发送",
  frames: (p) => `${p.given} 帧中有 ${p.taken} 帧原样收到`,
  packets: (p) => `丢包 ${p.lost} 个，补发 ${p.retransmitted} 个`,
  delays: (p) => `延迟 ${p.median} 毫秒，最大 ${p.worst} 毫秒；抖动 ${p.jitter} 毫秒`,
  beside: (p) => `同时传文件时最大 ${p.worst} 毫秒`,
  together: "音画同步",
  between: "；",
  apart: (p) => `声音和画面相差 ${p.ms} 毫秒`,
  srtp: "SRTP",
  noMedia: "两端没有协商出声音和画面",
  verdictTitle: "结论",
  verdict: {
    works: "一切正常：p2p 在本机上能与自己连接，文字、文件、声音和画面都能送达。",
    "no-sockets": "无法开始：p2p 所需的某项本机资源不能使用。",
    "no-connection": "无法连接：本程序发出的数据包到不了自己。",
    text: "能够连接，但有文字没有送达。",
    file: "能够连接，但有文件没有送达。",
    media: "文字和文件能够送达，但声音和画面不行。",
    internal: "无法工作：p2p 自身有缺陷。",
  },
  adviceTitle: "建议",
  advice: {
    "run-doctor": "如果与别人连不上，问题出在两台电脑之间：请双方都运行 p2p doctor",
    "connect-network": "请把这台电脑接入网络：目前它只能连到自己",
    "allow-packets": "请允许本程序收发 UDP 和 TCP：防火墙、安全软件和 VPN 都可能拦截，本机内部的收发也不例外",
    "try-loopback": "请运行 p2p loopback --bind 127.0.0.1：如果成功，说明被拦截的是上面的地址",
    "less-load": "请在电脑空闲时再运行一次：有些帧到得太晚，无法播放",
    report: "请报告此问题，并附上 p2p loopback --json 的输出",
  },
};

export const loopbackWords = { en, zh };
