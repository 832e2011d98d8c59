// Texts about contacts with stored keys. Names are foreign text or nearly so: the code that prints them escapes them.
// Dates are passed in already formatted.

const en = {
  peerKnown: (p: { name: string; date: string }) => `signed: this is the ${p.name} you verified on ${p.date}`,
  peerOtherKey: (p: { name: string; date: string }) =>
    `WARNING: it calls itself ${p.name}, but this is NOT the key you verified on ${p.date}`,
  peerUnsigned: (p: { name: string; date: string }) =>
    `WARNING: it calls itself ${p.name}, but the one you verified on ${p.date} has not signed it`,
  compareAgain: "somebody may be in the middle: compare a string first (--verify, /verify)",
  possible: "/keep NAME keeps the other side's key, to know them again next time",
  asked: "our key is sent; the other side's is kept when they type /keep as well",
  offered: "the other side would keep your key and has sent its own: /keep NAME does the same here",
  kept: (p: { name: string }) => `kept as ${p.name}: your files are signed from now on, theirs are recognised`,
  unkept: (p: { name: string }) => `${p.name} is not kept: the other side has not typed /keep`,
  impossible: "only after both sides have compared a string: /verify",
  needsName: "/keep needs a name: /keep Wang",

  none: "nobody is kept: /keep NAME in a conversation does that, after /verify",
  heading: { name: "name", verified: "verified on", key: "key" },
  removed: (p: { name: string }) => `removed ${p.name}`,
  unusable: (p: { path: string }) =>
    `left out: ${p.path} is no file of your own, or was cut off or changed: remove it, and /keep them again`,
};

const zh: typeof en = {
  peerKnown: (p) => `签名有效：对方是你于 ${p.date}核对过的 ${p.name}`,
  peerOtherKey: (p) => `警告：文件自称来自 ${p.name}，但密钥不是你于 ${p.date}核对过的 ${p.name} 的`,
  peerUnsigned: (p) => `警告：文件自称来自 ${p.name}，但没有你于 ${p.date}核对过的 ${p.name} 的签名`,
  compareAgain: "可能存在中间人：请先核对（/verify、--verify）再信任",
  possible: "“/keep 名字”可保存对方的密钥，下次即可识别对方",
  asked: "已发出我方密钥；对方也输入 /keep 之后，就会保存对方的密钥",
  offered: "对方想保存你的密钥，并发来了自己的：在这里输入“/keep 名字”也可保存",
  kept: (p) => `已保存为 ${p.name}：今后我方文件会签名，对方文件可以识别`,
  unkept: (p) => `没有保存 ${p.name}：对方没有输入 /keep`,
  impossible: "需要双方先核对：/verify",
  needsName: "/keep 需要名字：/keep 小王",

  none: "尚未保存任何联系人：在聊天中先 /verify，再用“/keep 名字”保存",
  heading: { name: "名字", verified: "核对于", key: "密钥" },
  removed: (p) => `已删除 ${p.name}`,
  unusable: (p) => `未列出：${p.path} 不是你自己的文件，或已被截断、改动：请删除它，再用 /keep 重新保存`,
};

export const contactWords = { en, zh };
