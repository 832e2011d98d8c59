// Texts about sound and picture: what is sent, taken, recorded. Numbers, sizes and times are passed in already formatted;
// paths are passed in raw: the code that prints a sentence escapes it.

import type { MediaEvent } from "../lib/events.ts";

type Kind = "audio" | "video";

export interface TrackWords {
  kind: Kind;
  /** As people write it: `VP8`. */
  codec: string;
}

/** The names of codecs as people write them; of others, the name as it is. */
const CODEC_NAMES: Readonly<Record<string, string>> = {
  opus: "Opus",
  pcmu: "G.711",
  pcma: "G.711",
  vp8: "VP8",
  vp9: "VP9",
  h264: "H.264",
  av1: "AV1",
};

/** @param codec - a name of lib/codecs.ts */
export function codecName(codec: string): string {
  return Object.hasOwn(CODEC_NAMES, codec) ? (CODEC_NAMES[codec] ?? codec) : codec;
}

const KINDS: Readonly<Record<Kind, string>> = { audio: "sound", video: "picture" };
const KINDS_ZH: Readonly<Record<Kind, string>> = { audio: "声音", video: "画面" };

const en = {
  started: {
    send: (p: TrackWords) => `sending ${KINDS[p.kind]} (${p.codec})`,
    receive: (p: TrackWords) => `receiving ${KINDS[p.kind]} (${p.codec})`,
  },
  stopped: {
    send: (p: TrackWords) => `${KINDS[p.kind]} (${p.codec}) is no longer sent`,
    receive: (p: TrackWords) => `no more ${KINDS[p.kind]} (${p.codec}) comes`,
  },
  failed: {
    send: (p: TrackWords) => `${KINDS[p.kind]} (${p.codec}) is not sent, or not to its end`,
    receive: (p: TrackWords) => `${KINDS[p.kind]} (${p.codec}) broke off`,
  },
  paused: (p: TrackWords) => `${KINDS[p.kind]} (${p.codec}) is paused: the path does not carry it; it is tried again`,
  resumed: (p: TrackWords) => `${KINDS[p.kind]} (${p.codec}) is sent again`,
  door: {
    whip: "a program on this machine may publish here (WHIP):",
    whep: "programs on this machine may watch here (WHEP):",
  },
  doorAddress: "address ",
  doorToken: "token   ",
  peerRecording: "the other side records what you publish",
  peerRecordingOver: "the other side no longer records",
  recorded: (p: { path: string; size: string }) => `recorded ${p.path}, ${p.size}`,
  recordedToStdout: (p: { size: string }) => `recorded to stdout, ${p.size}`,
  stdinAwaited: "waiting for sound and picture on stdin (--publish -); Ctrl-C ends",
  /** Another program may send RTP to an address and port. */
  rtpIn: (p: TrackWords & { address: string }) => `waiting for ${KINDS[p.kind]} (${p.codec}) as RTP at ${p.address}`,
  /** RTP leaves for other programs; a command follows that plays it. @param streams - made by `stream` */
  rtpOut: (p: { streams: readonly string[] }) => `as RTP: ${p.streams.join(", ")}; to play it:`,
  stream: (p: TrackWords & { address: string }) => `${KINDS[p.kind]} (${p.codec}) to ${p.address}`,
  recordedNothing: "nothing was recorded: nothing came",
  /** Why a track of the other side is not recorded, by the reason. */
  notRecorded: {
    codec: (p: { kind: Kind }) =>
      `${KINDS[p.kind]} is not recorded: this kind of file cannot hold it as the other side sends it; docs/media.md says which can`,
    stdout: (p: { kind: Kind }) =>
      `later ${KINDS[p.kind]} is not recorded: stdout takes one recording; next time give --record the name of a file`,
    "too-many": (p: { kind: Kind }) =>
      `${KINDS[p.kind]} is not recorded: there are too many recordings; end one that runs, or connect again`,
  },
  /** A track in /status. @param lost - in packets */
  status: (p: TrackWords & { direction: "send" | "receive"; since: string; size: string; lost: string }) =>
    `${p.direction === "send" ? "sending" : "receiving"} ${KINDS[p.kind]} (${p.codec}) for ${p.since}: ${p.size}, ${p.lost} packets lost`,
  statusUncounted: (p: TrackWords & { direction: "send" | "receive"; since: string }) =>
    `${p.direction === "send" ? "sending" : "receiving"} ${KINDS[p.kind]} (${p.codec}) for ${p.since}`,
};

const zh: typeof en = {
  started: {
    send: (p) => `正在发送${KINDS_ZH[p.kind]}（${p.codec}）`,
    receive: (p) => `正在接收${KINDS_ZH[p.kind]}（${p.codec}）`,
  },
  stopped: {
    send: (p) => `已停止发送${KINDS_ZH[p.kind]}（${p.codec}）`,
    receive: (p) => `${KINDS_ZH[p.kind]}（${p.codec}）已接收完`,
  },
  failed: {
    send: (p) => `${KINDS_ZH[p.kind]}（${p.codec}）没有发送，或没有发完`,
    receive: (p) => `${KINDS_ZH[p.kind]}（${p.codec}）接收中断`,
  },
  paused: (p) => `${KINDS_ZH[p.kind]}（${p.codec}）暂停发送：目前传不到对方，会自动重试`,
  resumed: (p) => `${KINDS_ZH[p.kind]}（${p.codec}）已恢复发送`,
  door: {
    whip: "本机程序可在此发布（WHIP）：",
    whep: "本机程序可在此观看（WHEP）：",
  },
  doorAddress: "地址 ",
  doorToken: "令牌 ",
  peerRecording: "对方正在录制我方发布的内容",
  peerRecordingOver: "对方已停止录制",
  recorded: (p) => `已录制 ${p.path}，${p.size}`,
  recordedToStdout: (p) => `已录制到标准输出，${p.size}`,
  stdinAwaited: "正在等待标准输入送来声音和画面（--publish -）；按 Ctrl-C 结束",
  rtpIn: (p) => `正在 ${p.address} 等待以 RTP 送来的${KINDS_ZH[p.kind]}（${p.codec}）`,
  rtpOut: (p) => `以 RTP 输出：${p.streams.join("，")}；播放命令：`,
  stream: (p) => `${KINDS_ZH[p.kind]}（${p.codec}）到 ${p.address}`,
  recordedNothing: "没有录到内容：对方没有发来声音或画面",
  notRecorded: {
    codec: (p) => `${KINDS_ZH[p.kind]}没有录制：这种文件不能存放对方所用的编码；可用的文件类型见 docs/media.md`,
    stdout: (p) => `后来的${KINDS_ZH[p.kind]}没有录制：标准输出只能写一段录制；下次请用 --record 指定文件名`,
    "too-many": (p) => `${KINDS_ZH[p.kind]}没有录制：录制的文件过多；请结束其中一个，或重新连接`,
  },
  status: (p) =>
    `${p.direction === "send" ? "发送" : "接收"}${KINDS_ZH[p.kind]}（${p.codec}），已持续 ${p.since}：${p.size}，丢失 ${p.lost} 个包`,
  statusUncounted: (p) =>
    `${p.direction === "send" ? "发送" : "接收"}${KINDS_ZH[p.kind]}（${p.codec}），已持续 ${p.since}`,
};

export const mediaWords = { en, zh };

/** What is said of a track. */
export function trackSentence(words: typeof en, { direction, kind, state, ...event }: MediaEvent): string {
  const track = { kind, codec: codecName(event.codec) };
  return state === "paused" || state === "resumed" ? words[state](track) : words[state][direction](track);
}
