// What can be wrong with an exchange file, and the cure of each. The field is named by the error that holds the
// flaw. A flaw is data (`{ flaw: "missing" }`), so an error can be told in either language.
import type { Lang } from "./lang.ts";

interface FlawText<P> {
  problem: (p: P) => string;
  cure: () => string;
}

/** What stands in the place of a wrong value. */
const enWanted = {
  text: "text",
  object: "an object",
  list: "a list",
  "offer-or-answer": 'either "offer" or "answer"',
  id: "32 lower-case hex digits",
  key: "64 lower-case hex digits",
  signature: "128 lower-case hex digits",
  count: "a whole number from 1",
  number: "a whole number",
  time: "a UTC time such as 2026-03-01T08:00:00Z",
  name: "text of at most 200 characters",
  port: "a port from 1 to 65535",
  word: "one short word",
  "ice-ufrag": "4 to 256 letters, digits, '+' or '/'",
  "ice-pwd": "22 to 256 letters, digits, '+' or '/'",
  fingerprint: "the name of a hash and as many hex pairs as it has bytes",
  "setup-of-offer": "actpass, active or passive",
  "setup-of-answer": "active or passive",
};

/** What should stand in the place of a wrong value. */
export type Wanted = keyof typeof enWanted;

const zhWanted: Record<Wanted, string> = {
  text: "文本",
  object: "一个对象",
  list: "一个列表",
  "offer-or-answer": "“offer” 或 “answer”",
  id: "恰好 32 位小写十六进制数字",
  key: "恰好 64 位小写十六进制数字",
  signature: "恰好 128 位小写十六进制数字",
  count: "从 1 开始的整数",
  number: "整数",
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

const text = <P>(problem: (p: P) => string, cure: () => string): FlawText<P> => ({ problem, cure });
type None = Record<never, never>;

const enCarryAgain = (): string =>
  "carry it again as it is: copy or attach the file itself instead of pasting its text";
const enNewFile = (): string => "ask the other side to make a new file with p2p, and carry that one";

const en = {
  unreadable: text(
    (p: { reason: string }) => `cannot be read: ${p.reason}`,
    () => "check the name, and that you may read it",
  ),
  empty: text((_p: None) => "is empty", enCarryAgain),
  "not-json": text((_p: None) => "is not JSON: cut off or changed on its way", enCarryAgain),
  "not-exchange": text(
    (_p: None) => "is no exchange file",
    () => "ask the other side for its LocaltionJson.json",
  ),
  sealed: text(
    (_p: None) => "is sealed already",
    () => "carry it as it is, or open it with p2p unseal",
  ),
  missing: text((_p: None) => "is missing", enNewFile),
  "wrong-value": text((p: { wanted: Wanted }) => `must be ${enWanted[p.wanted]}`, enNewFile),
  "too-many": text(
    (p: { count: number; limit: number }) => `has ${p.count} candidates, ${p.limit} are allowed`,
    enNewFile,
  ),
  "no-data-section": text(
    (_p: None) => "has no data channel section (m=application … DTLS/SCTP …)",
    () => "the other program must open a data channel before it makes its offer",
  ),
  "section-rejected": text(
    (_p: None) => "the data channel is refused (port 0)",
    () => "the other program must accept the data channel: make the answer again",
  ),
  "no-sha-256": text(
    (_p: None) => "none is a sha-256 fingerprint",
    () => "the other program must identify its certificate by sha-256",
  ),
};

type FlawName = keyof typeof en;

/** One thing that is wrong with an exchange file. */
export type ExchangeFlaw = {
  [Name in FlawName]: { flaw: Name } & Parameters<(typeof en)[Name]["problem"]>[0];
}[FlawName];

const zhCarryAgain = (): string => "请原样再带一次：复制或作为附件发送文件本身，不要粘贴内容";
const zhNewFile = (): string => "请对方用 p2p 重新生成文件，并带来新的文件";

const zh: typeof en = {
  unreadable: text(
    (p) => `无法读取：${p.reason}`,
    () => "请检查文件名和读取权限",
  ),
  empty: text(() => "是空的", zhCarryAgain),
  "not-json": text(() => "不是 JSON：途中被截断或被改动", zhCarryAgain),
  "not-exchange": text(
    () => "不是交换文件",
    () => "请向对方要他的 LocaltionJson.json",
  ),
  sealed: text(
    () => "已经密封",
    () => "请直接把它带过去，或用 p2p unseal 打开",
  ),
  missing: text(() => "缺失", zhNewFile),
  "wrong-value": text((p) => `必须是${zhWanted[p.wanted]}`, zhNewFile),
  "too-many": text((p) => `有 ${p.count} 个候选地址，最多允许 ${p.limit} 个`, zhNewFile),
  "no-data-section": text(
    () => "没有数据通道部分（m=application … DTLS/SCTP …）",
    () => "对方程序必须先打开数据通道，再生成邀请",
  ),
  "section-rejected": text(
    () => "数据通道被拒绝（端口为 0）",
    () => "对方程序必须接受数据通道：请重新生成应答",
  ),
  "no-sha-256": text(
    () => "没有 sha-256 指纹",
    () => "对方程序必须用 sha-256 标识证书",
  ),
};

const flawWords = { en, zh };

/** Problem and cure of a flaw in the given language. */
export function flawText(flaw: ExchangeFlaw, lang: Lang): { problem: string; cure: string } {
  // The union binds each name to its own parameters, so the pair is right by construction.
  const { problem, cure } = flawWords[lang][flaw.flaw] as unknown as FlawText<ExchangeFlaw>;
  return { problem: problem(flaw), cure: cure() };
}
