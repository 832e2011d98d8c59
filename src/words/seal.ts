// Texts about passphrases and sealed files, except errors.

const en = {
  ask: (p: { path: string }) => `passphrase of ${p.path} (not shown):`,
  wrong: "this passphrase does not open it",
  askNew: "a passphrase for the files (not shown; empty: one is made for you):",
  askAgain: "the same once more:",
  different: "the two are not the same",
  made: (p: { passphrase: string }) => `passphrase: ${p.passphrase}`,
  tellIt: "tell it to the other side by another way than the files, as on the phone",
  wrote: (p: { path: string }) => `wrote ${p.path}`,
  weak: "whoever has the file can guess this passphrase: take six random words, or leave it empty and one is made for you",
};

const zh: typeof en = {
  ask: (p) => `请输入 ${p.path} 的口令（输入时不显示）：`,
  wrong: "这个口令打不开它",
  askNew: "请为文件设一个口令（输入时不显示；留空则自动生成）：",
  askAgain: "请再输入一次：",
  different: "两次输入的不同",
  made: (p) => `口令：${p.passphrase}`,
  tellIt: "请用传文件以外的方式告诉对方，例如电话",
  wrote: (p) => `已写好 ${p.path}`,
  weak: "拿到文件的人可能猜出这个口令：请用六个随机的词，或留空自动生成",
};

export const sealWords = { en, zh };
