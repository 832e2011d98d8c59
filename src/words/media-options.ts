// What the help, and complaints, say of the options of sound and picture.

const en = {
  options: {
    publish:
      "send sound and picture in real time: a WebM, Matroska, MP4, Ogg, IVF or WAV file, - for stdin, or test: (bars and a tone); repeatable; docs/media.md",
    record:
      "record the sound and picture that come, as the name says: .webm, .mkv, .mp4, .ogg or .wav; - is Matroska on stdout; the other side is told",
    codec:
      "which codecs are taken first, as video=h264,vp8 or audio=opus,pcmu; repeatable (opus, pcmu, pcma, vp8, vp9, h264, av1)",
  },
  badCodec: (p: { option: string; value: string }) => `${p.option}: '${p.value}' names no codec of its kind`,
  tooManyTracks: (p: { count: number; limit: number }) =>
    `--publish: more tracks (${p.count}) than the ${p.limit} of one line`,
  fewerSources: "publish fewer files at a time",
  codecs: "write KIND=CODEC,CODEC: video= with vp8, vp9, h264, av1, or audio= with opus, pcmu, pcma",
};

const zh: typeof en = {
  options: {
    publish:
      "按实际速度发送声音和画面：WebM、Matroska、MP4、Ogg、IVF 或 WAV 文件，- 表示标准输入，test: 表示彩条和测试音；可重复；见 docs/media.md",
    record:
      "录制收到的声音和画面，类型由文件名决定：.webm、.mkv、.mp4、.ogg 或 .wav；- 表示以 Matroska 写到标准输出；会告知对方",
    codec: "优先使用的编码，例如 video=h264,vp8 或 audio=opus,pcmu；可重复（opus、pcmu、pcma、vp8、vp9、h264、av1）",
  },
  badCodec: (p) => `${p.option}：“${p.value}”不是这一类的编码`,
  tooManyTracks: (p) => `--publish：${p.count} 条轨道，超过一次连接的 ${p.limit} 条`,
  fewerSources: "请减少同时发布的文件",
  codecs: "请写成 KIND=CODEC,CODEC：video= 可用 vp8、vp9、h264、av1，audio= 可用 opus、pcmu、pcma",
};

export const mediaOptionWords = { en, zh };
