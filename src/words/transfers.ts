// Texts of `p2p transfers` about unfinished files. Names and folders are passed in raw: the printer escapes them.

const en = {
  none: "nothing is unfinished",
  amount: (p: { bytes: string; total: string; percent: string }) => `${p.bytes} of ${p.total} (${p.percent} %)`,
  begun: (p: { age: string }) => `begun ${p.age} ago`,
  from: (p: { name: string }) => `from ${p.name}`,
  inFolder: (p: { dir: string }) => `in ${p.dir}`,
  states: {
    ready: "",
    receiving: "being received now",
    "set-apart": "another file of this name came since; only the same one goes on with it",
    "part-gone": "its part is gone: discard it",
    "folder-gone": "its folder is not there: plug the disk in, or discard it",
  },
  howToGoOn: "connect again and have the same file sent into the same folder: it goes on from there",
  howToDiscard: "p2p transfers discard ID removes one for good; the digits shown will do",
  discarded: (p: { path: string; bytes: string }) => `discarded '${p.path}', ${p.bytes}`,
};

const zh: typeof en = {
  none: "没有未完成的接收",
  amount: (p) => `${p.bytes}/${p.total}（${p.percent}%）`,
  begun: (p) => `${p.age}前开始`,
  from: (p) => `来自 ${p.name}`,
  inFolder: (p) => `在 ${p.dir}`,
  states: {
    ready: "",
    receiving: "正在接收",
    "set-apart": "之后来过同名的另一个文件；只有原来的文件才会继续",
    "part-gone": "已收到的部分不见了，可以删除这一项",
    "folder-gone": "文件夹不在，请接上磁盘，或删除这一项",
  },
  howToGoOn: "重新连接，让对方把同一文件再发到同一文件夹：会从这里继续",
  howToDiscard: "p2p transfers discard ID 可彻底删除一项；ID 给出所显示的几位即可",
  discarded: (p) => `已删除“${p.path}”，${p.bytes}`,
};

export const transfersWords = { en, zh };
