// What the help, and complaints, say of the options of sound and picture.

export interface Given {
  option: string;
  value: string;
}

const RTP_EXAMPLES = "video=127.0.0.1:5004/h264, audio=127.0.0.1:5006/opus";

const en = {
  options: {
    publish:
      "send sound and picture in real time: a WebM, Matroska, MP4, Ogg, IVF or WAV file, - for stdin, or test: (bars and a tone); repeatable; docs/media.md",
    record:
      "record the sound and picture that come; the name says the kind of file: .webm, .mkv, .mp4, .ogg or .wav; - is Matroska on stdout; the other side is told",
    "rtp-in":
      "publish what another program on this computer sends here as RTP, as video=127.0.0.1:5004/h264; without a codec vp8 or opus; repeatable",
    "rtp-out":
      "pass what comes on to another program on this computer as RTP, as video=127.0.0.1:5006; ./p2p.sdp describes it for ffplay and ffmpeg; repeatable",
    whip: "publish what a program on this computer sends by WHIP (OBS, ffmpeg, a page): on 127.0.0.1 at this port, 0 for any; address and token are shown",
    whep: "let programs on this computer play what comes by WHEP (a page, GStreamer): port and token as with --whip",
    codec:
      "which codecs are taken first, as video=h264,vp8 or audio=opus,pcmu; repeatable (opus, pcmu, pcma, vp8, vp9, h264, av1)",
  },
  badCodec: (p: { option: string; value: string }) => `${p.option}: '${p.value}' names no codec of its kind`,
  badDoorPort: (p: { option: string; value: string }) => `${p.option}: '${p.value}' is not a port`,
  badDoorToken: (p: { variable: string }) => `${p.variable} is no token that a program could send, or is too short`,
  doorPort: "write a number from 1 to 65535, or 0 for any port that is free",
  doorToken: "use 16 to 256 letters, digits and the characters . _ ~ + / -, or leave it out: one is made",
  tooManyTracks: (p: { count: number; limit: number }) =>
    `too much to publish: more tracks (${p.count}) than the ${p.limit} of one line`,
  fewerSources: "give fewer sources at a time",
  badRtpPlace: {
    form: (p: Given) => `${p.option}: '${p.value}' is no place for RTP`,
    "not-loopback": (p: Given) => `${p.option}: '${p.value}' is not on this computer`,
    port: (p: Given) => `${p.option}: '${p.value}' has no port from 1 to 65535`,
    codec: (p: Given) => `${p.option}: '${p.value}' names no codec of its kind`,
  },
  rtpPlace: {
    form: `write KIND=HOST:PORT or KIND=HOST:PORT/CODEC: ${RTP_EXAMPLES}`,
    "not-loopback": `RTP is not encrypted, so it is taken and given on loopback only: ${RTP_EXAMPLES}`,
    port: `give a port: ${RTP_EXAMPLES}`,
    codec: `give vp8, vp9, h264 or av1 for video, opus, pcmu or pcma for audio: ${RTP_EXAMPLES}`,
  },
  samePlace: (p: { address: string }) => `--rtp-in, --rtp-out: ${p.address} is given twice`,
  otherPlace: "give each its own port, two apart: the one after it is for RTCP",
  codecs: "write KIND=CODEC,CODEC: video= with vp8, vp9, h264, av1, or audio= with opus, pcmu, pcma",
};

const zh: typeof en = {
  options: {
    publish:
      "按实际速度发送声音和画面：WebM、Matroska、MP4、Ogg、IVF 或 WAV 文件，- 表示标准输入，test: 表示彩条和测试音；可重复；见 docs/media.md",
    record:
      "录制收到的声音和画面，类型由文件名决定：.webm、.mkv、.mp4、.ogg 或 .wav；- 表示以 Matroska 写到标准输出；会告知对方",
    "rtp-in":
      "发布本机其他程序以 RTP 送到这里的声音或画面，例如 video=127.0.0.1:5004/h264；不写编码时为 vp8 或 opus；可重复",
    "rtp-out":
      "把收到的声音或画面以 RTP 交给本机其他程序，例如 video=127.0.0.1:5006；./p2p.sdp 是给 ffplay 和 ffmpeg 的描述文件；可重复",
    whip: "发布本机程序以 WHIP 送来的声音和画面（OBS、ffmpeg 或网页）：地址为 127.0.0.1，端口由此指定，0 表示任选一个空闲端口；会显示地址和令牌",
    whep: "让本机程序以 WHEP 播放收到的声音和画面（网页、GStreamer）：端口和令牌的用法与 --whip 相同",
    codec: "优先使用的编码，例如 video=h264,vp8 或 audio=opus,pcmu；可重复（opus、pcmu、pcma、vp8、vp9、h264、av1）",
  },
  badCodec: (p) => `${p.option}：“${p.value}”不是这一类的编码`,
  badDoorPort: (p) => `${p.option}：“${p.value}”不是端口`,
  badDoorToken: (p) => `${p.variable} 太短，或含有程序无法发送的字符`,
  doorPort: "请写 1 到 65535 的数字，或写 0 由系统选择空闲端口",
  doorToken: "请用 16 到 256 个字母、数字或字符 . _ ~ + / -；也可以不设置，由 p2p 生成",
  tooManyTracks: (p) => `要发布的轨道有 ${p.count} 条，超过一条连接允许的 ${p.limit} 条`,
  fewerSources: "请减少同时发布的来源",
  badRtpPlace: {
    form: (p) => `${p.option}：“${p.value}”不是 RTP 的地址`,
    "not-loopback": (p) => `${p.option}：“${p.value}”不在本机`,
    port: (p) => `${p.option}：“${p.value}”缺少 1 到 65535 之间的端口`,
    codec: (p) => `${p.option}：“${p.value}”不是这一类的编码`,
  },
  rtpPlace: {
    form: `请写成 KIND=HOST:PORT 或 KIND=HOST:PORT/CODEC：${RTP_EXAMPLES}`,
    "not-loopback": `RTP 没有加密，所以只在本机回环地址上收发：${RTP_EXAMPLES}`,
    port: `请给出端口：${RTP_EXAMPLES}`,
    codec: `video 可用 vp8、vp9、h264、av1，audio 可用 opus、pcmu、pcma：${RTP_EXAMPLES}`,
  },
  samePlace: (p) => `--rtp-in、--rtp-out：${p.address} 给出了两次`,
  otherPlace: "请为每一项指定不同的端口，至少相隔 2：后一个端口留给 RTCP",
  codecs: "请写成 KIND=CODEC,CODEC：video= 可用 vp8、vp9、h264、av1，audio= 可用 opus、pcmu、pcma",
};

export const mediaOptionWords = { en, zh };
