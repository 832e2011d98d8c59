// Texts about passphrases and sealed files, except errors.

const en = {
  ask: (p: { path: string }) => `passphrase of ${p.path} (not shown):`,
  wrong: "this passphrase does not open it",
  nothingTyped: "nothing was typed: type it, or press Ctrl-D if you do not know it",
  askNew: "a passphrase for the files (not shown; empty: one is made for you):",
  askAgain: "the same once more:",
  different: "the two are not the same",
  made: (p: { passphrase: string }) => `passphrase: ${p.passphrase}`,
  tellIt: "tell it to the other side by another way than the files, as on the phone",
  tellItToMeet: "tell it to the other side by another way than the broker, as on the phone: p2p answer asks for it",
  askToMeet: "the passphrase that p2p offer shows on the other side (not shown):",
  weakToMeet: "whoever runs the broker can guess this passphrase: type the whole one that the other side shows",
  wrote: (p: { path: string }) => `wrote ${p.path}`,
  weak: "whoever has the file can guess this passphrase: take six random words, or leave it empty and one is made for you",
};

const zh: typeof en = {
  ask: (p) => `请输入 ${p.path} 的口令（输入时不显示）：`,
  wrong: "这个口令打不开它",
  nothingTyped: "没有输入内容：请输入口令，不知道则按 Ctrl-D",
  askNew: "请为文件设一个口令（输入时不显示；留空则自动生成）：",
  askAgain: "请再输入一次：",
  different: "两次输入的不同",
  made: (p) => `口令：${p.passphrase}`,
  tellIt: "请用传文件以外的方式告诉对方，例如电话",
  tellItToMeet: "请用 MQTT 服务器以外的方式告诉对方，例如电话：p2p answer 会询问它",
  askToMeet: "请输入对方 p2p offer 显示的口令（输入时不显示）：",
  weakToMeet: "MQTT 服务器的管理员能猜出这个口令：请完整输入对方显示的口令",
  wrote: (p) => `已写好 ${p.path}`,
  weak: "拿到文件的人可能猜出这个口令：请用六个随机的词，或留空自动生成",
};

export const sealWords = { en, zh };
