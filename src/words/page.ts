// Texts of the browser peer, the page that `p2p page` writes. Sentences of pairing, transfers and errors that a page has
// in common with the command are in conversation.ts and the error files; cures that name a command have another one here.
import type { P2pErrorCode } from "../lib/errors/codes.ts";

/** What to do about an error where the cure is another one in a page. */
type Cures = Partial<Record<P2pErrorCode, string>>;

/** Said by the part of a page that unpacks the rest of it, these sentences included. */
export const tooOld = {
  en: "this browser is too old for this page: open the page in another browser",
  zh: "这个浏览器版本过旧，无法运行本页面：请换一个浏览器打开",
};

const cures: Cures = {
  INTERNAL: "reload the page and try again; if it happens again, please report it",
  FILE_EXPIRED: "compare time and date of both computers; else ask the other side for a new file",
  FILE_USED: "reload the page and exchange fresh files",
  FILE_MISMATCHED: "send the file of this page to the other side again, and bring its new answer back",
  FILE_OWN: "send this one to the other side, and put here what the other side sends back",
  FILE_WRONG_TYPE: "the other side answers the file of this page, and its answer belongs here",
  FILE_MALFORMED:
    "copy all of its text once more, or choose the file itself; where programs change it on its way, ask for it in a .zip",
  FILE_NOT_THERE: "reload the page to make a new file",
  FILE_SEALED:
    "put it here again and type its passphrase; a page opens no file that is sealed to a key: ask for one with a passphrase",
  FILE_NOT_SEALED: "ask the other side to seal its file with the same passphrase",
  CANNOT_CONNECT:
    "if the two are in different networks, let this page ask a server for its public address, and exchange fresh files; a command with a TURN server on the other side works almost always",
  HANDSHAKE_FAILED:
    "check that both sides have the newest file of each other; else reload the page and exchange fresh ones",
  CONNECTION_LOST: "start again on both sides, and exchange fresh files; keep this page open",
  TRANSFER_INTERRUPTED:
    "keep this page open and connect again: when it is sent again, what has arrived need not come again",
  HASH_MISMATCH: "send it again",
  PATH_UNREADABLE: "choose the file again: it was moved, changed, or the browser may no longer read it",
  SOURCE_CHANGED: "choose the file again and send it once more",
  WRITE_FAILED: "accept it into a folder, or free some space and ask for it again",
  DISK_FULL: "save what has come and reload the page, or accept it into a folder where the browser offers that",
};

const en = {
  cures,
  title: "p2p",
  about: "a direct line to one other person: text and files, encrypted, with no server in the middle",
  language: "中文",
  keepOpen: "keep this page open: the file is void once the page is closed or reloaded",
  tooOld: tooOld.en,
  noWebRtc: "this browser has no WebRTC, or it is switched off: open the page in another browser",

  // pairing
  beginTitle: "Begin",
  begin: "Make my file",
  beginHint: "you send it to the other person, who sends one back",
  haveTheirs: "or open the file that the other person sent",
  mineTitle: { offer: "1. Send this file to the other person", answer: "Send this answer back" },
  mineHow: {
    offer: "by mail, chat or any other way; they open it with p2p answer, or in a page like this",
    answer: "the same way that their file came; once they have opened it, this page connects by itself",
  },
  download: "Download the file",
  downloaded: "now send it from your downloads folder",
  copy: "Copy its text",
  codeHint: "or send its short code, which the other person pastes or types in place of the file",
  copyCode: "Copy the code",
  copied: "copied",
  copyFailed: "not copied: select the text and copy it",
  myText: "my file as text",
  theirsTitle: { offer: "2. Open the file that they send back", answer: "They have sent another file?" },
  theirFile: "Choose their file",
  theirText: "or paste its text or short code",
  pastedText: "the pasted text",
  sealedTitle: "This file is sealed",
  sealedWhat: (p: { path: string }) =>
    `${p.path} opens with the passphrase that the other person tells you, for example on the phone; the answer is sealed with the same one`,
  passphrase: "passphrase",
  open: "Open",
  opening: "opening it takes a few seconds …",
  madeAgain: "the file was made again: send this one; the earlier one is good only as long as it still connects",
  answerGivenUp:
    "nobody came for two minutes, so the browser may not wait with this answer any longer: here is a new one to send; if the earlier one is read first, that may connect too",
  stunTitle: "First: is the other person in another network, not in the same house?",
  stunAsk:
    "Then this page has to ask a server on the internet for its public address. Those servers see this address, nothing else:",
  stunAgree: "Ask these servers",
  embedded:
    "this page came with the other person's file: do what stands below, and the two of you are connected. Whoever carried the page could have changed it, and then reads what passes and what is typed here: if that matters, take p2p.html from a place you trust and open the plain file with it",

  // state
  state: {
    idle: "not connected",
    waiting: "waiting",
    connecting: "connecting",
    connected: "connected",
    closed: "ended",
  },
  waitingForThem: "waiting for them",
  slept: (p: { time: string }) => `this page was asleep for ${p.time}: the connection may be gone`,

  // the line
  talkingLabel: "messages and files",
  messageLabel: "message",
  send: "Send",
  sendFiles: "Send files",
  sendFolder: "Send a folder",
  dropHere: "or drop files and folders here",
  logLabel: "what happens",
  incomingLabel: "the other person wants to send",
  accept: "Accept",
  acceptFresh: "Take it from the beginning",
  acceptInto: "Accept into a folder …",
  decline: "Decline",
  tooLarge: (p: { room: string }) => `larger than this browser keeps (${p.room} left): accept it into a folder`,
  tooLargeHere: (p: { room: string }) =>
    `larger than this browser keeps (${p.room} left): use Chromium, or the command p2p`,
  goesOn: (p: { size: string }) =>
    `${p.size} of it are in this page from before: it goes on from there, unless it has changed`,
  progressLabel: "transfers",
  cancel: "Cancel",
  waitsForConsent: "waiting for the other person to accept",
  receivedTitle: "Received",
  receivedHint: "still in this page only, unless it went into a folder: click a name to save the file",
  save: "Save",
  inFolder: "in the folder",
  verifyTitle: "Is somebody in the middle?",
  verify: "Compare a short string",
  agree: "Yes, the same",
  refuse: "No, it differs",
  verifyAnswered: "you have said yes; the other person has not answered yet",
  verified: "nobody is in the middle: both of you read the same",
  end: "End",

  // sound and picture
  publishLabel: "send to the other person:",
  publishCamera: "Camera and microphone",
  publishMicrophone: "Microphone",
  publishScreen: "Screen",
  mediaLabel: "sound and picture",
  mediaOffered: (p: { kinds: readonly ("audio" | "video")[]; label: string }) => {
    const what = p.kinds.includes("video") ? (p.kinds.includes("audio") ? "sound and picture" : "a picture") : "sound";
    return `the other side wants to send ${what}${p.label === "" ? "" : ` (${p.label})`}`;
  },
  sources: { camera: "camera", microphone: "microphone", screen: "screen" },
  show: "Show",
  notNow: "Not now",
  shown: { send: "what you send", receive: "what the other side sends" },
  mute: "Mute",
  unmute: "Unmute",
  stopMedia: "Stop",
  fullScreen: "Full screen",
  device: "camera",
  mediaUnable:
    "not possible now: the other side's p2p is too old for it, or a comparison comes first, or too much is sent already",
  mediaRefused: (p: { kind: "audio" | "video" }) =>
    `${p.kind === "audio" ? "sound" : "picture"} is not sent: the other side does not take it; ask there (the p2p command needs --record)`,
  mediaForbidden: "the browser did not allow it: allow it in the bar with the address, and try again",
  mediaMissing: "this computer has no such device, or another program uses it",
  mediaFailed: (p: { detail: string }) => `not sent: ${p.detail}`,
  again: "Start again",
};

const curesZh: Cures = {
  INTERNAL: "请重新加载页面再试；如果再次出现，请报告给我们",
  FILE_EXPIRED: "请核对两台电脑的日期和时间；否则请对方发来新的文件",
  FILE_USED: "请重新加载页面，双方交换新的文件",
  FILE_MISMATCHED: "请把本页面的文件再发给对方，并取回新的应答",
  FILE_OWN: "请把这个文件发给对方，在这里打开对方发回的文件",
  FILE_WRONG_TYPE: "请对方应答本页面的文件，再在这里打开对方的应答",
  FILE_MALFORMED: "请重新复制全部内容，或直接选择文件；如果文件在途中被改动，请对方压缩为 .zip 再发",
  FILE_NOT_THERE: "请重新加载页面，生成新的文件",
  FILE_SEALED: "请再打开一次并输入口令；页面不能打开密封给某个密钥的文件：请对方改用口令密封",
  FILE_NOT_SEALED: "请对方用同一口令密封文件",
  CANNOT_CONNECT:
    "如果双方在不同的网络，请允许本页面向服务器查询公网地址，再交换新的文件；对方用带 TURN 服务器的命令几乎总能连上",
  HANDSHAKE_FAILED: "请确认双方拿到的都是最新文件；否则请重新加载页面，交换新的文件",
  CONNECTION_LOST: "请保持本页面打开，双方重新开始，并交换新的文件",
  TRANSFER_INTERRUPTED: "请保持本页面打开并重新连接：再次发送时，已收到的部分不必重传",
  HASH_MISMATCH: "请再发一次",
  PATH_UNREADABLE: "请重新选择文件：它被移动或修改过，或浏览器不能再读取它",
  SOURCE_CHANGED: "请重新选择文件，再发一次",
  WRITE_FAILED: "请接收到文件夹，或腾出空间后请对方再发一次",
  DISK_FULL: "请保存已收到的文件并重新加载页面；如果浏览器支持，也可以接收到文件夹",
};

const zh: typeof en = {
  cures: curesZh,
  title: "p2p",
  about: "与另一个人直接相连：收发文字和文件，全程加密，中间没有服务器",
  language: "English",
  keepOpen: "请不要关闭或重新加载本页面，否则这个文件会作废",
  tooOld: tooOld.zh,
  noWebRtc: "这个浏览器没有 WebRTC，或已被关闭：请换一个浏览器打开本页面",

  beginTitle: "开始",
  begin: "生成我方文件",
  beginHint: "把它发给对方，对方会发回一个文件",
  haveTheirs: "或打开对方发来的文件",
  mineTitle: { offer: "1. 把这个文件发给对方", answer: "把这个应答发回给对方" },
  mineHow: {
    offer: "用邮件、聊天或其他方式均可；对方用 p2p answer 或同样的页面打开它",
    answer: "用收到对方文件的同一方式发回；对方打开后，本页面会自动连接",
  },
  download: "下载文件",
  downloaded: "请从下载文件夹里把它发给对方",
  copy: "复制内容",
  codeHint: "也可以只发短码，对方粘贴或输入它即可，不需要文件",
  copyCode: "复制短码",
  copied: "已复制",
  copyFailed: "没有复制：请选中文字后自行复制",
  myText: "我方文件的内容",
  theirsTitle: { offer: "2. 打开对方发回的文件", answer: "对方又发来了文件？" },
  theirFile: "选择对方的文件",
  theirText: "或粘贴它的内容或短码",
  pastedText: "粘贴的内容",
  sealedTitle: "这个文件已密封",
  sealedWhat: (p) => `${p.path} 要用对方告诉你的口令打开（例如通过电话）；应答也会用同一口令密封`,
  passphrase: "口令",
  open: "打开",
  opening: "正在打开，需要几秒钟…",
  madeAgain: "文件已重新生成：请发送这一份；之前的那一份只在还能连上时有效",
  answerGivenUp:
    "两分钟内没有人连接，浏览器可能不再等待这个应答：请发送新的应答；如果对方先读到之前的那一份，也可能连上",
  stunTitle: "请先确认：对方是否在另一个网络（不在同一处）？",
  stunAsk: "这时本页面需要向互联网上的服务器查询自己的公网地址。这些服务器只会看到这个地址：",
  stunAgree: "查询这些服务器",
  embedded:
    "本页面带有对方的文件：照下面的提示操作，即可与对方连接。传递本页面的人可能改动过它，从而看到传输的内容和输入的口令：如果在意这一点，请从可信的地方取得 p2p.html，再用它打开原来的文件",

  state: { idle: "未连接", waiting: "等待中", connecting: "正在连接", connected: "已连接", closed: "已结束" },
  waitingForThem: "正在等待对方",
  slept: (p) => `本页面休眠了 ${p.time}：连接可能已断开`,

  talkingLabel: "消息和文件",
  messageLabel: "消息",
  send: "发送",
  sendFiles: "发送文件",
  sendFolder: "发送文件夹",
  dropHere: "或把文件和文件夹拖到这里",
  logLabel: "记录",
  incomingLabel: "对方想要发送",
  accept: "接收",
  acceptFresh: "从头接收",
  acceptInto: "接收到文件夹…",
  decline: "拒收",
  tooLarge: (p) => `超过浏览器能保存的大小（还剩 ${p.room}）：请接收到文件夹`,
  tooLargeHere: (p) => `超过浏览器能保存的大小（还剩 ${p.room}）：请改用 Chromium 或 p2p 命令`,
  goesOn: (p) => `其中 ${p.size} 之前已收到，仍在本页面中：文件未改动时将从断点继续`,
  progressLabel: "传输",
  cancel: "取消",
  waitsForConsent: "正在等待对方接收",
  receivedTitle: "已收到",
  receivedHint: "除已接收到文件夹的以外，文件只在本页面里：点击文件名即可保存",
  save: "保存",
  inFolder: "已在文件夹中",
  verifyTitle: "是否存在中间人？",
  verify: "核对验证码",
  agree: "一致",
  refuse: "不一致",
  verifyAnswered: "我方已确认一致，正在等待对方确认",
  verified: "双方核对一致：没有中间人",
  end: "结束",

  publishLabel: "向对方发送：",
  publishCamera: "摄像头和麦克风",
  publishMicrophone: "麦克风",
  publishScreen: "屏幕",
  mediaLabel: "声音和画面",
  mediaOffered: (p) => {
    const what = p.kinds.includes("video") ? (p.kinds.includes("audio") ? "声音和画面" : "画面") : "声音";
    return `对方想要发送${what}${p.label === "" ? "" : `（${p.label}）`}`;
  },
  sources: { camera: "摄像头", microphone: "麦克风", screen: "屏幕" },
  show: "显示",
  notNow: "暂不",
  shown: { send: "我方发送的内容", receive: "对方发送的内容" },
  mute: "静音",
  unmute: "取消静音",
  stopMedia: "停止",
  fullScreen: "全屏",
  device: "摄像头",
  mediaUnable: "暂时无法发送：对方的 p2p 版本过旧，或需要先核对验证码，或已发送的内容过多",
  mediaRefused: (p) =>
    `${p.kind === "audio" ? "声音" : "画面"}没有发送：对方没有接收；请与对方确认（对方的 p2p 命令需要 --record）`,
  mediaForbidden: "浏览器没有允许：请在地址栏旁允许后再试",
  mediaMissing: "这台电脑没有这种设备，或它正被其他程序使用",
  mediaFailed: (p) => `没有发送：${p.detail}`,
  again: "重新开始",
};

export const pageWords = { en, zh };
export type PageWords = typeof en;
