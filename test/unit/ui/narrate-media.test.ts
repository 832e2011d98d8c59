// What a person reads of sound and picture.
import { describe, expect, test } from "vitest";
import type { P2pEvent } from "../../../src/index.ts";
import { mediaStatusLine } from "../../../src/ui/narrate-media.ts";
import { narrate } from "../../../src/ui/narrate.ts";
import { PLAIN_STYLE, plainParts } from "../../../src/ui/style.ts";
import { displayWidth } from "../../../src/ui/width.ts";
import { wordsFor } from "../../../src/words/index.ts";
import type { Lang } from "../../../src/words/lang.ts";

function told(event: P2pEvent, lang: Lang = "en"): string[] {
  const words = wordsFor(lang).conversation;
  const now = new Date(2030, 0, 2);
  const rest = { verbose: false, columns: 80, now, transfer: () => undefined };
  return narrate(event, { words, lang, style: PLAIN_STYLE, describeError: (error) => error, ...rest }).map(plainParts);
}

test.each<[P2pEvent, string, string]>([
  [
    { event: "media", track: 1, direction: "send", kind: "video", codec: "h264", state: "started" },
    "sending picture (H.264)",
    "正在发送画面（H.264）",
  ],
  [
    { event: "media", track: 1, direction: "receive", kind: "audio", codec: "pcma", state: "stopped" },
    "no more sound (G.711) comes",
    "声音（G.711）已接收完",
  ],
  [
    { event: "media", track: 1, direction: "send", kind: "audio", codec: "constructor", state: "failed" },
    "sound (constructor) is not sent, or not to its end",
    "声音（constructor）没有发送，或没有发完",
  ],
  [
    { event: "media", track: 1, direction: "send", kind: "video", codec: "vp8", state: "paused" },
    "picture (VP8) is paused: the path does not carry it; it is tried again",
    "画面（VP8）暂停发送：目前传不到对方，会自动重试",
  ],
  [
    { event: "media", track: 1, direction: "send", kind: "audio", codec: "opus", state: "resumed" },
    "sound (Opus) is sent again",
    "声音（Opus）已恢复发送",
  ],
  [{ event: "peer-recording", on: true }, "the other side records what you publish", "对方正在录制我方发布的内容"],
  [{ event: "peer-recording", on: false }, "the other side no longer records", "对方已停止录制"],
  [{ event: "recorded", bytes: 2_048, path: "/a/b.webm" }, "recorded /a/b.webm, 2.0 KiB", "已录制 /a/b.webm，2.0 KiB"],
  [{ event: "recorded", bytes: 2_048 }, "recorded to stdout, 2.0 KiB", "已录制到标准输出，2.0 KiB"],
  [
    { event: "rtp-in", kind: "video", codec: "h264", address: "127.0.0.1:5004" },
    "waiting for picture (H.264) as RTP at 127.0.0.1:5004",
    "正在 127.0.0.1:5004 等待以 RTP 送来的画面（H.264）",
  ],
  [
    { event: "not-recorded", kind: "video", why: "codec" },
    "picture is not recorded: this kind of file cannot hold it as the other side sends it; docs/media.md says which can",
    "画面没有录制：这种文件不能存放对方所用的编码；可用的文件类型见 docs/media.md",
  ],
  [
    { event: "not-recorded", kind: "audio", why: "stdout" },
    "later sound is not recorded: stdout takes one recording; next time give --record the name of a file",
    "后来的声音没有录制：标准输出只能写一段录制；下次请用 --record 指定文件名",
  ],
  [
    { event: "not-recorded", kind: "audio", why: "too-many" },
    "sound is not recorded: there are too many recordings; end one that runs, or connect again",
    "声音没有录制：录制的文件过多；请结束其中一个，或重新连接",
  ],
  [{ event: "recorded", bytes: 0 }, "nothing was recorded: nothing came", "没有录到内容：对方没有发来声音或画面"],
])("%j", (event, en, zh) => {
  expect([told(event), told(event, "zh")]).toEqual([[en], [zh]]);
});

test("RTP for other programs comes with a command on a line of its own, so that it can be copied", () => {
  const event: P2pEvent = {
    event: "rtp-out",
    path: "/a b/p2p.sdp",
    streams: [
      { kind: "video", codec: "vp8", address: "127.0.0.1:5004" },
      { kind: "audio", codec: "opus", address: "127.0.0.1:5006" },
    ],
  };
  const command = '  ffplay -protocol_whitelist file,rtp,udp "/a b/p2p.sdp"';
  expect(told(event)).toEqual([
    "as RTP: picture (VP8) to 127.0.0.1:5004, sound (Opus) to 127.0.0.1:5006; to play it:",
    command,
  ]);
  expect(told(event, "zh")).toEqual([
    "以 RTP 输出：画面（VP8）到 127.0.0.1:5004，声音（Opus）到 127.0.0.1:5006；播放命令：",
    command,
  ]);
});

describe("/status of a track", () => {
  const track = { track: 1, direction: "receive", kind: "video", codec: "vp9", sinceMs: 65_000 } as const;
  const counted = { packets: 9, frames: 4, lost: 1_234, retransmitted: 0, droppedFrames: 0, jitterMs: 0, rttMs: 1 };

  test("has what came of it, and what did not", () => {
    const line = (lang: Lang, stats: (typeof counted & { bytes: number }) | undefined): string =>
      plainParts(mediaStatusLine({ ...track, stats }, wordsFor(lang).conversation));
    expect(line("en", { ...counted, bytes: 3_145_728 })).toBe(
      "receiving picture (VP9) for 1 min 5 s: 3.0 MiB, 1,234 packets lost",
    );
    expect(line("zh", { ...counted, bytes: 0 })).toBe("接收画面（VP9），已持续 1 分 5 秒：0 B，丢失 1,234 个包");
    expect(line("en", undefined)).toBe("receiving picture (VP9) for 1 min 5 s");
    expect(line("zh", undefined)).toBe("接收画面（VP9），已持续 1 分 5 秒");
    expect(displayWidth(line("en", { ...counted, bytes: 3_145_728 }))).toBeLessThan(80);
  });
});
