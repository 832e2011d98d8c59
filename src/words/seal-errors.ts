// Message and hint of the errors of sealed exchange files and of the secrets that open them, in Chinese.
import { type ErrorTexts, type SecretProblem, text } from "../lib/errors/params.ts";
import { subjectOf } from "./file-errors.ts";
import { oddFileWords } from "./odd-files.ts";

const SECRET_PROBLEMS: Readonly<Record<SecretProblem, string>> = {
  ...oddFileWords.zh,
  unreadable: "无法读取",
  empty: "里面没有内容",
  "others-can-read": "里面有秘密，而其他用户可以读取它",
  "no-identity": "其中有一行不是 age 密钥",
  "no-own-key": "里面应有你的长期密钥，但没有",
};

const SECRET_CURES: Readonly<Partial<Record<SecretProblem, string>>> = {
  unreadable: "请检查文件名和读取权限",
  empty: "请把秘密写在第一行",
  "no-identity": "请使用 age-keygen 生成的文件：AGE-SECRET-KEY-1…，每行一个",
  "no-own-key": "请把它恢复，或移走：下次 /keep 会生成新的",
};

export const sealErrorsZh = {
  FILE_SEALED: text(
    (p) => `${subjectOf(p.path)}：${p.needs === "passphrase" ? "已用口令密封" : "已密封给某个 age 密钥"}`,
    (p) =>
      p.needs === "passphrase"
        ? "请给出口令：在终端上输入、放在 P2P_PASSPHRASE 里，或用 --passphrase-file F"
        : "请用那个密钥打开：p2p unseal -i 密钥文件 -o LocaltionJson_p.json 文件",
  ),
  FILE_NOT_SEALED: text(
    (p) =>
      p.by === "unseal"
        ? `${subjectOf(p.path)}：没有密封`
        : `${subjectOf(p.path)}：没有密封，而本次会话只使用密封的文件`,
    (p) =>
      p.by === "unseal"
        ? "无需解密：没有密封的交换文件可以直接使用"
        : "对方必须用同一口令密封自己的文件：用 --seal，或用 p2p answer 应答密封的邀请",
  ),
  FILE_WRONG_PASSPHRASE: text(
    (p) => `${subjectOf(p.path)}：${p.by === "passphrase" ? "这个口令打不开它" : "这些密钥都打不开它"}`,
    (p) =>
      p.by === "passphrase"
        ? "请与对方核对口令；如果口令没错，说明文件在途中被改动：请重新发送"
        : "请对方密封给你的公钥（age1…），或改用对应的密钥",
  ),
  FILE_SEAL_DAMAGED: text(
    (p) => `${subjectOf(p.path)}：密封已损坏：途中被截断或被改动`,
    () => "请重新发送：以附件形式发送文件本身；如附件会被改动，请先压缩为 .zip",
  ),
  FILE_SEAL_TOO_COSTLY: text(
    (p) => `${subjectOf(p.path)}：解密开销过大（scrypt 2^${p.workFactor}，最多允许 2^${p.limit}）`,
    () => "p2p 不会这样密封：请对方重新密封",
  ),
  FILE_SIGNATURE_WRONG: text(
    (p) => `${subjectOf(p.path)}：签名之后被改动，或签名是伪造的`,
    () => "可能存在中间人：请对方换一种方式发送文件",
  ),
  CONTACT_UNUSABLE: text(
    (p) =>
      p.whose === "own"
        ? `无法用 --to 与 ${p.name} 连接：没有你自己的长期密钥`
        : `无法用 --to 与 ${p.name} 连接：为其保存的不是他人的有效密钥`,
    () => "请不加 --to 连接，用 --verify 核对，然后双方重新 /keep",
  ),
  SECRET_UNREADABLE: text(
    (p) => `${p.path}：${SECRET_PROBLEMS[p.problem]}`,
    (p) => {
      if (p.problem === "open") return `请先查看里面的内容，再执行：chmod 600 ${p.path}`;
      if (p.problem === "others-can-read") return `chmod 600 ${p.path}`;
      return SECRET_CURES[p.problem] ?? "请指定一个只放这个秘密的、属于你的文件";
    },
  ),
} satisfies Partial<ErrorTexts>;
