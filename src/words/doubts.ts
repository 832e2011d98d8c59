// Warnings about the other side's file that a person hears at once, because the line may not connect. The peer's text
// is passed in raw, and the code that prints a sentence escapes all of it.

const en = {
  "no-addresses": () =>
    "it has no address: a page has to wait until it has gathered them and then give pc.localDescription; the other side can only reach us",
  "only-local-names": (p: { count: number }) =>
    `it has ${p.count === 1 ? "only a .local name" : `only ${p.count} .local names`} as address, as browsers that hide theirs: only this network knows it, and is asked (not with --no-mdns); from elsewhere the other side can only reach us`,
  "no-usable-address": (p: { count: number }) =>
    `${p.count === 1 ? "its only address cannot" : `none of its ${p.count} addresses can`} be used (p2p inspect says why); the other side can only reach us`,
  "candidates-elsewhere": (p: { key: string; count: number }) =>
    `${p.count === 1 ? "an address stands" : `${p.count} addresses stand`} under "${p.key}", where p2p does not look: put them into "candidates"`,
  "candidates-left-out": (p: { count: number }) =>
    `${p.count === 1 ? "an address is" : `${p.count} addresses are`} left out: of an earlier connection, or not for the data channel`,
  "other-sections": (p: { kinds: string[] }) =>
    `it also wants ${p.kinds.join(", ")}: p2p takes sound and picture with --publish or --record, and answers the rest as not used`,
  "no-media": () =>
    "it has no sound and no picture, so this line carries none: the other program has to put them into its offer or answer",
  "type-assumed": (p: { type: "offer" | "answer" }) =>
    `nothing says whether it is an offer or an answer: taken as an ${p.type}`,
};

const zh: typeof en = {
  "no-addresses": () => "里面没有地址：网页要等地址收集完，再给出 pc.localDescription；现在只能由对方连过来",
  "only-local-names": (p) =>
    `里面只有 ${p.count} 个 .local 名字，浏览器用它隐藏地址：只有本网络知道它，会在本网络内查询（--no-mdns 除外）；从别处只能由对方连过来`,
  "no-usable-address": (p) => `里面的 ${p.count} 个地址都不能用（原因见 p2p inspect）；现在只能由对方连过来`,
  "candidates-elsewhere": (p) => `有 ${p.count} 个地址放在“${p.key}”下，p2p 不会从那里读取：请放到 "candidates" 下`,
  "candidates-left-out": (p) => `略过 ${p.count} 个地址：属于之前的连接，或不用于数据通道`,
  "other-sections": (p) =>
    `它还想要 ${p.kinds.join("、")}：声音和画面要加 --publish 或 --record 才收发，其余在应答中标为不使用`,
  "no-media": () => "里面没有声音和画面，因此这条连接不会传送它们：对方的程序要把它们写进邀请或应答",
  "type-assumed": (p) => `没有写明是邀请还是应答：按${p.type === "offer" ? "邀请" : "应答"}处理`,
};

export const doubtWords = { en, zh };
