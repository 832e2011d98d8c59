// Message and hint of every error code, in both languages: those that belong nowhere else, and the tables of the files
// beside this one. lib/errors.ts makes P2pError from the English ones; the command line prints the person's language.
// `hint` says what to type or change next.
import type { P2pErrorCode } from "../error-codes.ts";
import { type ErrorText, text } from "./error-text.ts";
import { fileErrorWords } from "./file-errors.ts";
import { networkErrorWords } from "./network-errors.ts";
import { sealErrorWords } from "./seal-errors.ts";
import { transferErrorWords } from "./transfer-errors.ts";
import { verifyErrorWords } from "./verify-errors.ts";

const en = {
  INTERNAL: text(
    (p: { detail: string }) => `unexpected: ${p.detail}`,
    () => "this is a bug; please report it with the output of the same command and P2P_DEBUG=1",
  ),
  USAGE: text(
    (p: { detail: string; cure: string }) => p.detail,
    (p) => p.cure,
  ),
  CONFIG_INVALID: text(
    (p: { path: string; detail: string; cure: string }) => `${p.path}: ${p.detail}`,
    (p) => p.cure,
  ),
  ...fileErrorWords.en,
  ...networkErrorWords.en,
  ...sealErrorWords.en,
  ...transferErrorWords.en,
  ...verifyErrorWords.en,
} satisfies Record<P2pErrorCode, ErrorText<never>>;

/** The parameters that the text of an error code needs. */
export type ErrorParams<C extends P2pErrorCode> = Parameters<(typeof en)[C]["message"]>[0];

const zh: typeof en = {
  INTERNAL: text(
    (p) => `意外错误：${p.detail}`,
    () => "这是程序缺陷；请用 P2P_DEBUG=1 重跑同一命令，并把输出报告给我们",
  ),
  USAGE: text(
    (p) => p.detail,
    (p) => p.cure,
  ),
  CONFIG_INVALID: text(
    (p) => `${p.path}：${p.detail}`,
    (p) => p.cure,
  ),
  ...fileErrorWords.zh,
  ...networkErrorWords.zh,
  ...sealErrorWords.zh,
  ...transferErrorWords.zh,
  ...verifyErrorWords.zh,
};

export const errorWords = { en, zh };
