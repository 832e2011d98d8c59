// Names of the changes that programs make to a carried text, for `p2p inspect`: each completes "put right: …".
import type { Damage } from "../lib/damage.ts";

const en: Readonly<Record<Damage, string>> = {
  encoding: "character set",
  "quoted-printable": "quoted-printable (=3D)",
  base64: "base64",
  percent: "percent-encoding (%22)",
  rtf: "RTF",
  html: "HTML",
  entities: "HTML entities (&quot;)",
  bbcode: "tags of a forum",
  escaped: "escapes of a string",
  javascript: "JavaScript instead of JSON",
  quoting: "quotation marks or numbers before the lines",
  "chat-headers": "names and times of a chat",
  links: "links",
  typography: "typographic characters",
  "broken-lines": "broken lines",
  surroundings: "text around it",
  backslashes: "lost backslashes",
  pictures: "pictures in the place of characters",
};

const zh: Readonly<Record<Damage, string>> = {
  encoding: "字符编码",
  "quoted-printable": "quoted-printable（=3D）",
  base64: "base64",
  percent: "百分号编码（%22）",
  rtf: "RTF",
  html: "HTML",
  entities: "HTML 实体（&quot;）",
  bbcode: "论坛标签",
  escaped: "字符串转义",
  javascript: "用 JavaScript 写法代替 JSON",
  quoting: "行首的引用符号或行号",
  "chat-headers": "聊天记录的姓名和时间",
  links: "链接",
  typography: "排版字符",
  "broken-lines": "被打断的行",
  surroundings: "前后的文字",
  backslashes: "丢失的反斜杠",
  pictures: "替换字符的表情",
};

export const damageWords = { en, zh };
