// Message and hint of the errors of sound and picture, in Chinese.
import { codecName, conversion } from "../lib/errors/english-media.ts";
import { type ErrorTexts, type MediaFlaw, text } from "../lib/errors/params.ts";

/** stdin has no name. */
const nameOf = (name: string): string => (name === "-" ? "标准输入" : `“${name}”`);

function flawText(flaw: MediaFlaw): string {
  switch (flaw.kind) {
    case "no-tracks":
      return "其中没有声音也没有画面";
    case "reordered":
      return "含有 B 帧，解码顺序与显示顺序不同";
    case "sound-form":
      return "声音不是 Opus，也不是 8000 Hz 单声道";
    case "channels":
      return "声音多于两个声道";
    case "no-parameters":
      return "缺少解码第一帧画面所需的参数";
    case "codec":
      return `${flaw.of === "audio" ? "声音" : "画面"}的编码是 ${flaw.codec}`;
    case "colours":
      return `画面是 ${codecName(flaw.codec)}，但颜色格式超出 8 位 4:2:0`;
  }
}

/** @param option - without dashes @param reason - the code of the system */
export function placeCureZh(option: string, reason: string): string {
  if (reason === "EADDRINUSE") return `端口正被另一个程序使用：请为 --${option} 换一个端口`;
  if (reason === "EACCES") return `请为 --${option} 换一个大于 1023 的端口：更小的端口只有 root 能用`;
  return `请为 --${option} 指定一个本机地址，例如 127.0.0.1`;
}

export const mediaErrorsZh = {
  MEDIA_UNREADABLE: text(
    (p) =>
      ({
        empty: `无法发布${nameOf(p.name)}：内容为空`,
        unknown: `无法发布${nameOf(p.name)}：它不是 WebM、Matroska、MP4、Ogg、IVF 或 WAV`,
        damaged: `无法发布${nameOf(p.name)}：文件已损坏或不完整`,
      })[p.why],
    (p) =>
      p.why === "damaged"
        ? "请重新生成该文件，或检查其中还有哪些内容：ffmpeg -v warning -i FILE -f null -"
        : `请转换为其中一种：${conversion(p.name, { kind: "no-tracks" })}`,
  ),
  MEDIA_UNSUPPORTED: text(
    (p) => `无法直接发送${nameOf(p.name)}：${flawText(p.found)}`,
    (p) => (p.found.kind === "no-tracks" ? "请换一个文件" : `请先转换：${conversion(p.name, p.found)}`),
  ),
  MEDIA_NAME_UNKNOWN: text(
    (p) => `无法录制到“${p.name}”：从文件名看不出文件类型`,
    () => "文件名请以 .webm、.mkv、.mp4、.ogg 或 .wav 结尾；- 表示向标准输出写 Matroska",
  ),
  MEDIA_PAIR_IMPOSSIBLE: text(
    (p) => `无法录制到“${p.name}”：这种文件不能存放 ${codecName(p.codec)}`,
    (p) => `文件名请以 ${p.others.join(" 或 ")} 结尾`,
  ),
  RECORDING_EXISTS: text(
    (p) => `无法录制到“${p.path}”：文件已存在`,
    () => "请换一个名字，或用 --conflict 选择：overwrite 覆盖，rename 自动换用下一个可用的名字",
  ),
  SDP_NAME_TAKEN: text(
    (p) => `${p.path}：已存在，而且不是 p2p 为 --rtp-out 写的描述文件`,
    () => "请把它移走，或在另一个文件夹里启动 p2p",
  ),
} satisfies Partial<ErrorTexts>;
