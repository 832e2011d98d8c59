// Message and hint of every error code in the user's language. English belongs to the error itself
// (lib/errors/english.ts); Chinese is here and in the files beside this one, and a missing code does not compile.
import { ENGLISH } from "../lib/errors/english.ts";
import { originOf } from "../lib/errors/error-event.ts";
import type { P2pError } from "../lib/errors/p2p-error.ts";
import { type ErrorText, type ErrorTexts, text } from "../lib/errors/params.ts";
import type { ErrorEvent } from "../lib/events.ts";
import { fileErrorsZh } from "./file-errors.ts";
import type { Lang } from "./lang.ts";
import { farEndErrorsZh } from "./far-end.ts";
import { mediaErrorsZh } from "./media-errors.ts";
import { networkErrorsZh } from "./network-errors.ts";
import { sealErrorsZh } from "./seal-errors.ts";
import { transferErrorsZh } from "./transfer-errors.ts";
import { verifyErrorsZh } from "./verify-errors.ts";

const zh: ErrorTexts = {
  INTERNAL: text(
    (p) => `意外错误：${p.detail}`,
    () => "这是程序缺陷；请用 P2P_DEBUG=1 重跑同一命令，并把输出报告给我们",
  ),
  USAGE: text(
    (p) => p.detail,
    (p) => p.cure,
  ),
  CURRENT_FOLDER_GONE: text(
    () => "当前文件夹已被删除",
    () => "请进入一个存在的文件夹（cd），再运行该命令",
  ),
  CONFIG_INVALID: text(
    (p) => `${p.path}：${p.detail}`,
    (p) => p.cure,
  ),
  ...fileErrorsZh,
  ...networkErrorsZh,
  ...farEndErrorsZh,
  ...sealErrorsZh,
  ...transferErrorsZh,
  ...verifyErrorsZh,
  ...mediaErrorsZh,
};

const TEXTS: Readonly<Record<Lang, ErrorTexts>> = { en: ENGLISH, zh };

/** Returns message and hint of an error. They may contain text of the peer, unescaped. */
export function errorText(error: P2pError, lang: Lang): { message: string; hint: string } {
  // The constructor of P2pError binds each code to its own parameters, so the pair is right by construction.
  const { message, hint } = TEXTS[lang][error.code] as ErrorText<unknown>;
  return { message: message(error.params), hint: hint(error.params) };
}

/** Returns message and hint of an `error` event; in English if the event is not from an error of this process. */
export function errorEventText(event: ErrorEvent, lang: Lang): { message: string; hint: string } {
  const error = originOf(event);
  return error === undefined ? { message: event.message, hint: event.hint } : errorText(error, lang);
}
