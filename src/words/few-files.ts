// The one text that is shown before the rest of the program is loaded: so few files may be open that loading it would
// fail. It imports nothing, for that reason.

/** Message and hint; `limit` is how many files may be open at a time, `needed` how many p2p needs. */
export const fewFilesWords = {
  en: {
    message: (p: { limit: number; needed: number }) =>
      `too few files may be open at a time: ${p.limit}, p2p needs ${p.needed}`,
    hint: "run it after: ulimit -n 1024",
  },
  zh: {
    message: (p: { limit: number; needed: number }) => `可同时打开的文件太少：${p.limit} 个，p2p 需要 ${p.needed} 个`,
    hint: "请先执行：ulimit -n 1024",
  },
};
