// Texts about carrying exchange files by the clipboard: what was copied, and what a paste contained.

const en = {
  copied: {
    sent: "copied to the clipboard, if this terminal takes it (many do, some ignore it): paste it into a message to check",
    "too-long": "not copied: too long for the clipboard of most terminals; carry the file",
    "no-terminal": "not copied: --copy needs a terminal on stderr",
  },
  orPasteIt: ", or paste it here",
  pasted: (p: { path: string }) => `pasted: kept as ${p.path}`,
  pasteUseless: "what was pasted is no whole exchange file: copy all of it, from the first brace to the last",
  pasteHow: "paste the other side's file here, all of it at once: it is recognised by itself; Ctrl-C ends",
  pasteNotNow: "connected already: there is no file to paste",
};

const zh: typeof en = {
  copied: {
    sent: "已复制到剪贴板（多数终端支持，有的会忽略）：请粘贴到消息里确认",
    "too-long": "没有复制：对多数终端的剪贴板来说太长；请发送文件",
    "no-terminal": "没有复制：--copy 需要标准错误是终端",
  },
  orPasteIt: "，或在这里粘贴",
  pasted: (p) => `已粘贴：存为 ${p.path}`,
  pasteUseless: "粘贴的内容不是完整的交换文件：请从第一个大括号到最后一个全部复制",
  pasteHow: "请把对方的文件内容一次全部粘贴到这里，会自动识别；按 Ctrl-C 结束",
  pasteNotNow: "已经连接：没有要粘贴的文件",
};

export const carryingWords = { en, zh };
