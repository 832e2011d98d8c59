// Flaws of exchange files, with the cure of each, in Chinese. The English sentences are in
// lib/errors/english-parts.ts.
import type { Damage, ForeignFormat } from "../lib/damage.ts";
import type { FileMaker, FlawTexts, Wanted } from "../lib/errors/flaw.ts";
import { oddFileWords } from "./odd-files.ts";

const WANTED: Readonly<Record<Wanted, string>> = {
  text: "文本",
  object: "一个对象",
  list: "一个列表",
  "offer-or-answer": "“offer”或“answer”",
  id: "恰好 32 位小写十六进制数字",
  key: "恰好 64 位小写十六进制数字",
  signature: "恰好 128 位小写十六进制数字",
  digest: "不超过 128 个字符",
  count: "从 1 开始的整数",
  number: "整数",
  "p2p-message-size": "0 或不小于 32768 的字节数",
  time: "一个 UTC 时间，如 2026-03-01T08:00:00Z",
  name: "不超过 200 个字符的文本",
  port: "端口号（1 到 65535）",
  word: "一个短单词",
  "ice-ufrag": "由字母、数字、“+”或“/”组成的 4 到 256 个字符",
  "ice-pwd": "由字母、数字、“+”或“/”组成的 22 到 256 个字符",
  fingerprint: "哈希算法名和与其字节数相同的十六进制对",
  "setup-of-offer": "以下之一：actpass、active、passive",
  "setup-of-answer": "以下之一：active、passive",
};

const sentences = <P>(problem: (p: P) => string, cure: (by: FileMaker, p: P) => string) => ({ problem, cure });

const carryAgain = (): string => "请重新发送：以附件形式发送文件本身；如附件会被改动，请先压缩为 .zip";
const newFile = (by: FileMaker): string =>
  by === "p2p"
    ? "请对方用 p2p 重新生成文件，并发来新的文件"
    : "对方的网页或程序必须给出完整的描述：候选地址收集完成后的 JSON.stringify(pc.localDescription)";

/** What helps against single values that another program gives; beside them its description is whole. */
const copyAgain = "请重新完整复制这份描述；如果仍然如此，说明对方的程序有问题";
const VALUE_CURES: Readonly<Partial<Record<Wanted, string>>> = {
  "offer-or-answer": "对方的网页或程序必须给出最终的邀请或应答",
  "ice-ufrag": copyAgain,
  "ice-pwd": copyAgain,
  fingerprint: copyAgain,
  "setup-of-answer": "这是标为应答的邀请：对方的程序要用 createAnswer 生成应答",
};

/** Changes that programs make to a text on its way. */
const SEEN: Readonly<Record<Damage, string>> = {
  encoding: "字符编码不是 UTF-8",
  "quoted-printable": "邮件程序把它写成了 quoted-printable（=3D）",
  base64: "收到的是 base64",
  percent: "收到的是网址编码（%22）",
  rtf: "这是文字处理软件的 RTF 文件",
  html: "这是网页或 HTML 邮件的源代码",
  entities: "网页把引号写成了 &quot;",
  bbcode: "其中有论坛标签",
  "hex-dump": "这是十六进制转储",
  uuencode: "收到的是 uuencode 编码",
  "utf-7": "收到的是 UTF-7 编码（+AHs-）",
  "log-lines": "每行前面有日志的时间或名称",
  escaped: "收到的是编程语言的字符串",
  javascript: "收到的是 JavaScript 写法；请对方用 JSON.stringify 输出",
  printed: "收到的是程序打印的内容；请对方输出 JSON",
  quoting: "邮件程序加了引用符号（>）",
  "chat-headers": "其中有聊天记录的姓名和时间",
  links: "其中的地址被变成了链接",
  typography: "其中的引号、连字符或空格被手机或文字处理软件换成了排版字符",
  "broken-lines": "邮件程序改了换行",
  surroundings: "前后有其他文字",
  backslashes: "反斜杠丢失：聊天或论坛程序把它当成了格式符号",
  pictures: "聊天程序把字符换成了表情",
};

/** Damage that cannot be undone, even where nothing else is wrong. */
const IRREPARABLE: readonly Damage[] = ["backslashes", "pictures"];

const MANGLED_CURES: Readonly<Partial<Record<Damage, string>>> = {
  rtf: "请复制文本本身，或发送 p2p 写出的文件",
  html: "请复制文本本身，或发送 p2p 写出的文件",
  "hex-dump": "请复制文本本身，或发送 p2p 写出的文件",
  backslashes: "请以代码块形式发送，或发送 p2p 写出的文件",
  pictures: "请以代码块形式发送，或发送 p2p 写出的文件",
};

const FOREIGN_FORMATS: Readonly<Record<ForeignFormat, string>> = {
  zip: "这是 ZIP 压缩包或 Word 文档",
  "7z": "这是 7z 压缩包",
  rar: "这是 RAR 压缩包",
  gzip: "这是 gzip 压缩包",
  compressed: "这是压缩过的数据",
  pdf: "这是 PDF 文件",
  word: "这是 Word 文档",
  picture: "这是图片",
};

/** Problem and cure for each flaw. */
export const FLAW_TEXTS_ZH: FlawTexts = {
  unreadable: sentences(
    (p) => `无法读取：${p.reason}`,
    () => "请检查文件名和读取权限",
  ),
  "odd-file": sentences(
    (p) => `没有读取：${oddFileWords.zh[p.kind]}`,
    () => "请把文件本身放到那里",
  ),
  empty: sentences(() => "是空的", carryAgain),
  "not-json": sentences(() => "不是 JSON：是别的内容，或途中被截断、改动", carryAgain),
  mangled: sentences(
    (p) => `无法读取：${SEEN[p.by]}${IRREPARABLE.includes(p.by) ? "" : "，而且还有其他改动"}`,
    (_, p) => MANGLED_CURES[p.by] ?? carryAgain(),
  ),
  "cut-off": sentences(
    (p) => `不完整：只有前 ${p.characters} 个字符`,
    () => "请发送全部内容，或发送文件本身",
  ),
  shortened: sentences(
    () => "只显示了一部分：程序省略了其余内容（…）",
    () => "请在对方那里复制全部内容：JSON.stringify(pc.localDescription)，或发送文件本身",
  ),
  altered: sentences((p) => `与 p2p 写出的内容不一致，因此不使用：${SEEN[p.by]}`, carryAgain),
  "code-typo": sentences(
    (p) => `短码在“p2p:”之后第 ${p.from} 到 ${p.to} 个字符处有误（${p.group}）`,
    () => "请与对方的短码核对这几个字符；复制比手工输入更可靠",
  ),
  "code-cut-off": sentences(
    () => "短码不完整，只有开头部分",
    () => "请完整复制短码，从“p2p:”一直到末尾",
  ),
  "code-damaged": sentences(
    () => "短码中有多个字符有误",
    () => "请重新完整复制短码，或改为传送文件",
  ),
  "code-newer": sentences(
    () => "短码来自更新版本的 p2p",
    () => "请更新本机的 p2p，或请对方改为传送文件",
  ),
  "foreign-format": sentences(
    (p) => FOREIGN_FORMATS[p.format],
    (_, p) =>
      p.format === "picture"
        ? "如果是二维码，请用手机扫描，再粘贴得到的短码；否则请发送 p2p 写出的文件"
        : p.format === "pdf" || p.format === "word"
          ? "需要文本本身：请发送 p2p 写出的文件"
          : p.format === "compressed"
            ? "请先解压，或让对方的程序给出未压缩的描述"
            : "请先解压，再使用其中的 LocaltionJson.json",
  ),
  "not-exchange": sentences(
    () => "不是交换文件",
    () => "请向对方索取 LocaltionJson.json",
  ),
  "only-candidates": sentences(
    () => "只有候选地址，没有它们所属的会话描述",
    () => "请把那个程序的邀请或应答也放进来：{type, sdp} 和候选地址放在同一个文件里",
  ),
  "not-sdp": sentences(() => "不是会话描述文本：那种文本以 v=0 开头", newFile),
  "several-descriptions": sentences(
    () => "含有两份会话描述，无法判断用哪一份",
    () => "请只发送那个程序最新的邀请或应答",
  ),
  apart: sentences(
    () => "与它所属的会话描述不在同一处",
    () => "请发送 p2p 写出的原文件，不要拆开",
  ),
  sealed: sentences(
    () => "已经密封",
    () => "请直接发送它，或用 p2p unseal 打开",
  ),
  missing: sentences(() => "缺失", newFile),
  "wrong-value": sentences(
    (p) => `必须是${WANTED[p.wanted]}`,
    (by, p) => (by === "other" ? VALUE_CURES[p.wanted] : undefined) ?? newFile(by),
  ),
  "too-many": sentences((p) => `有 ${p.count} 个候选地址，最多允许 ${p.limit} 个`, newFile),
  "too-many-fingerprints": sentences((p) => `出现 ${p.count} 次，最多允许 ${p.limit} 次`, newFile),
  "too-many-sections": sentences(
    (p) => `超过 ${p.limit} 个部分（m= 行）`,
    () => "对方程序必须减少音视频轨道后重新生成描述",
  ),
  "no-data-section": sentences(
    () => "没有数据通道部分（m=application … DTLS/SCTP …）",
    () => "对方程序必须先打开数据通道，再生成邀请",
  ),
  "section-rejected": sentences(
    () => "数据通道被拒绝（端口为 0）",
    () => "对方程序必须启用数据通道：请重新生成应答",
  ),
  "no-sha-256": sentences(
    () => "没有 sha-256 指纹",
    () => "对方程序必须用 sha-256 标识证书",
  ),
};
