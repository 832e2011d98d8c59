// Texts from our file to the connection: writing, carrying, finding and connecting, and what a person hears meanwhile.
// Names, paths and addresses are passed in raw: the code that prints a sentence escapes it.
import type { LocalReach, RewriteReason } from "../lib/events.ts";
import type { MappingProtocol } from "../lib/nat-summary.ts";
import { carryingWords } from "./carrying.ts";
import { chanceWords } from "./chances.ts";
import { MAPPING_PROTOCOL_NAMES } from "./nat.ts";
import { pairOutcomes } from "./pair-outcomes.ts";

/** What a file serves for that has only this computer's own addresses. */
const REACH: Readonly<Record<LocalReach, string>> = {
  computer: "the file serves on this computer only",
  network: "the file serves within one network",
  beyond: "beyond this network the file serves only if no firewall shields this computer's public address",
};

const REACH_ZH: Readonly<Record<LocalReach, string>> = {
  computer: "该文件只能在这台电脑上使用",
  network: "该文件只适用于同一网络",
  beyond: "只有本机的公网地址没有被防火墙阻挡时，该文件才适用于其他网络",
};

const en = {
  wroteFile: (p: { path: string; addresses: number; until: string; revision: number }) =>
    `wrote ${p.path}: ${p.addresses === 1 ? "1 address" : `${p.addresses} addresses`}, good until ${p.until}${p.revision > 1 ? `, revision ${p.revision}` : ""}`,
  carryOffer: (p: { path: string; command: string }) =>
    `carry ${p.path} to the other side (by mail, chat, a stick), who then runs, in its folder: ${p.command}`,
  wrotePage: (p: { page: string }) =>
    `wrote ${p.page} as well: it is the same file in a page, for somebody who has only a browser`,
  carryOfferOrPage: (p: { path: string; page: string; command: string }) =>
    `carry one of the two to the other side (by mail, chat, a stick): ${p.page}, to open in a browser; or ${p.path}, to run, in its folder: ${p.command}`,
  pageWarning:
    "who carries a page can change the program in it, and then read what passes and what is typed there: where that matters, they take p2p.html from a place they trust and open the plain file with it",
  carryAnswer: (p: { path: string }) => `carry ${p.path} back; over there it is called LocaltionJson_p.json`,
  handOverOffer: "hand it to 'p2p answer --in -' on the other side",
  handOverAnswer: "hand it back to the side that made the offer",
  documentOut: "the document on stdout",
  waitingForFile: "waiting for the other side's file",
  waitingForPath: (p: { path: string }) => `waiting for the other side's file: save it as ${p.path}`,
  waitingForStdin: "waiting for the other side's document on stdin",
  waitingForCommand: (p: { typed: string }) => `waiting for the other side's document from ${p.typed}`,
  waitingForConnection:
    "waiting for the other side to read it and connect; if somebody else has answered the same file, only one connects",
  ctrlCEnds: " (Ctrl-C ends)",
  readStdin: (p: { type: "offer" | "answer" }) => `read the other side's ${p.type} from stdin`,

  // events for a person
  askingServers: (p: { urls: string[]; names: string[] }) =>
    p.urls.every((url) => /^stun:/i.test(url))
      ? `asking for our public address: ${p.names.join(", ")}`
      : `asking for a relay: ${p.names.join(", ")}`,
  /** @param reason - of all of them; empty if each name has its own */
  serversSilent: (p: { names: string[]; reason: string; reach: LocalReach | undefined }) => {
    const reason = p.reason === "" ? "" : ` (${p.reason})`;
    return p.reach === undefined
      ? `no answer${reason} from ${p.names.join(", ")}`
      : `no STUN server answered${reason}, so ${REACH[p.reach]}: ${p.names.join(", ")}`;
  },
  portMapped: (p: { protocol: MappingProtocol; external: string }) =>
    `the router lets the other side in at ${p.external} (${MAPPING_PROTOCOL_NAMES[p.protocol]}), until p2p ends`,
  localOnly: {
    none: (p: { reach: LocalReach }) => `no server asked: ${REACH[p.reach]}`,
    silent: (p: { reach: LocalReach }) => `no server answered: ${REACH[p.reach]}`,
  },
  loopbackOnly: "no network here: the file reaches programs on this machine only",
  ownFileOverwritten: (p: { path: string; keptAs: string }) =>
    `the other side's file lay where ours goes: it is kept as ${p.keptAs}, and ${p.path} is ours`,
  ownFileGone: (p: { path: string; command: "offer" | "answer" }) =>
    `${p.path} is not there any more: all is well if it was moved to the other side; if not, end with Ctrl-C, and 'p2p ${p.command} --resume' writes it again`,
  folderBack: (p: { path: string }) => `the folder ${p.path} is there again`,
  folderCrowded: (p: { path: string }) =>
    `${p.path} has more .json files than are looked at: name the other side's file LocaltionJson_p.json`,
  sealedCrowd: (p: { path: string; count: number }) =>
    `${p.count} sealed files wait in ${p.path} and are opened one by one: name the other side's LocaltionJson_p.json`,
  fileIgnored: (p: { message: string }) => `ignored ${p.message}`,
  fileRewritten: (p: { path: string; why: RewriteReason }) =>
    ({
      "new-offer": `a newer offer came: ${p.path} answers it now`,
      "late-candidates": `more addresses were found: ${p.path} is written anew`,
      "foreign-offer": `the other side made an offer too: ${p.path} answers it now`,
      "made-anew": `${p.path} takes the place of the one made before: if that was sent already, send this one too`,
      "mapping-changed": `the router shows us under another public address: ${p.path} is written anew`,
      "address-came": `this computer has a new address: ${p.path} is written anew`,
      "address-gone": `an address of this computer is gone: ${p.path} is written anew, one carried before still serves`,
      "answer-given-up": `the browser may not wait any longer with the answer made before: ${p.path} is made anew`,
    })[p.why],
  carryThisOne: (p: { path: string; revision: number }) =>
    `carry ${p.path} to the other side again: revision ${p.revision} replaces the one before`,
  bareDocument:
    "it is a bare {type, sdp} for pages and other programs: not signed, without id and expiry; the line takes text, no files",
  canResume: (p: { command: "offer" | "answer" }) =>
    `the file stays good: 'p2p ${p.command} --resume' in the same folder waits on with it, nothing to carry again`,
  goesOnWith: (p: { path: string; moment: string; until: string }) =>
    `going on with ${p.path} of ${p.moment}: nothing to carry, it is good until ${p.until}`,
  earlierOfferVoid: (p: { ago: string; moment: string }) =>
    `this offer takes the place of the one that you made ${p.ago} ago (${p.moment}): if you have sent that one, send this one too ('p2p offer --resume' goes on with the last one)`,
  partDiffers: (p: { path: string; kept: string; of: string; isNone: boolean }) =>
    p.isNone
      ? `'${p.path}' has nothing in common with the part that is here: it comes whole`
      : `'${p.path}' has changed since it was interrupted: ${p.kept} of ${p.of} are still right, the rest comes anew`,
  attributeLost: (p: { path: string; what: "mode" | "time" }) =>
    p.what === "mode"
      ? `this disk does not keep the permissions of '${p.path}', nor maybe of other files: their contents are right`
      : `this disk does not keep the date of '${p.path}', nor maybe of other files: their contents are right`,
  typedUnsent: (p: { text: string; side: "sends" | "offers" | "receives" }) =>
    ({
      sends: `not sent: ${p.text} (this side only sends; add --chat to talk)`,
      offers: `not sent: ${p.text} (there is no chat on this side; leave out --no-chat to talk)`,
      receives: `not sent: ${p.text} (this side only receives; leave out --no-chat to talk)`,
    })[p.side],
  channelRefused: (p: { by: "me" | "peer"; label: string; protocol: string }) =>
    p.by === "me"
      ? `closed a channel of the other side that this p2p does not know ('${p.label}', protocol '${p.protocol}'): update p2p here to use it`
      : `the other side closed a channel that its p2p does not know ('${p.label}', protocol '${p.protocol}'): p2p has to be updated there`,
  channelUnused: (p: { label: string; used: string }) =>
    p.label === ""
      ? `the other program also sends on a channel that it has not opened: this p2p uses only '${p.used}', and that text is lost`
      : `the other program also has a channel '${p.label}': this p2p uses only '${p.used}', so type into that one over there`,
  chances: chanceWords.en,
  carrying: carryingWords.en,
  pairOutcomes: pairOutcomes.en,
};

const zh: typeof en = {
  wroteFile: (p) =>
    `已生成 ${p.path}：${p.addresses} 个地址，有效期至 ${p.until}${p.revision > 1 ? `，第 ${p.revision} 版` : ""}`,
  carryOffer: (p) => `请把 ${p.path} 发给对方（邮件、聊天、U 盘均可），并请对方在该文件所在目录运行：${p.command}`,
  wrotePage: (p) => `另外生成了 ${p.page}：同一个文件放在网页里，供只有浏览器的人使用`,
  carryOfferOrPage: (p) =>
    `请把其中一个发给对方（邮件、聊天、U 盘均可）：${p.page} 用浏览器打开即可；或 ${p.path}，并请对方在该文件所在目录运行：${p.command}`,
  pageWarning:
    "传递网页的人可能改动其中的程序，从而看到传输的内容和输入的口令：如果在意这一点，请对方从可信的地方取得 p2p.html，再用它打开原来的文件",
  carryAnswer: (p) => `请把 ${p.path} 发回给对方，由对方存为 LocaltionJson_p.json`,
  handOverOffer: "请把它交给对方的 p2p answer --in -",
  handOverAnswer: "请把它交还给发出邀请的一方",
  documentOut: "标准输出中的内容",
  waitingForFile: "正在等待对方的文件",
  waitingForPath: (p) => `正在等待对方的文件：请存为 ${p.path}`,
  waitingForStdin: "正在等待标准输入中的对方文件",
  waitingForCommand: (p) => `正在等待来自 ${p.typed} 的对方文件`,
  waitingForConnection: "正在等待对方读取文件并连接；如果别人也应答了同一份文件，只有一方能连上",
  ctrlCEnds: "（按 Ctrl-C 结束）",
  readStdin: (p) => `已从标准输入读取对方的${p.type === "offer" ? "邀请" : "应答"}`,
  askingServers: (p) =>
    p.urls.every((url) => /^stun:/i.test(url))
      ? `正在查询本机的公网地址：${p.names.join("、")}`
      : `正在申请中继：${p.names.join("、")}`,
  serversSilent: (p) => {
    const reason = p.reason === "" ? "" : `（${p.reason}）`;
    return p.reach === undefined
      ? `没有回应${reason}：${p.names.join("、")}`
      : `STUN 服务器都没有回应${reason}，${REACH_ZH[p.reach]}：${p.names.join("、")}`;
  },
  portMapped: (p) => `路由器已为对方开放 ${p.external}（${MAPPING_PROTOCOL_NAMES[p.protocol]}），p2p 结束时收回`,
  localOnly: {
    none: (p) => `没有查询服务器：${REACH_ZH[p.reach]}`,
    silent: (p) => `服务器都没有回应：${REACH_ZH[p.reach]}`,
  },
  loopbackOnly: "本机没有网络：该文件只能用于同一台机器上的程序",
  ownFileOverwritten: (p) => `对方的文件占用了我方文件的位置：已另存为 ${p.keptAs}，${p.path} 是我方文件`,
  ownFileGone: (p) =>
    `${p.path} 已不在原处：如果是移走发给对方，没有问题；否则请按 Ctrl-C 结束，再运行 p2p ${p.command} --resume 重新生成`,
  folderBack: (p) => `文件夹 ${p.path} 已恢复`,
  folderCrowded: (p) => `${p.path} 里的 .json 文件太多，不会全部查看：请把对方的文件命名为 LocaltionJson_p.json`,
  sealedCrowd: (p) => `${p.path} 里有 ${p.count} 个密封文件，会逐个打开：请把对方的文件命名为 LocaltionJson_p.json`,
  fileIgnored: (p) => `已忽略 ${p.message}`,
  fileRewritten: (p) =>
    ({
      "new-offer": `收到更新的邀请：${p.path} 现在应答它`,
      "late-candidates": `又找到一些地址：${p.path} 已重新写好`,
      "foreign-offer": `对方也发出了邀请：${p.path} 现在应答它`,
      "made-anew": `${p.path} 取代了之前的那一份：如果之前的已经发出，请再发这一份`,
      "mapping-changed": `路由器给出的公网地址变了：${p.path} 已重新写好`,
      "address-came": `本机有了新地址：${p.path} 已重新写好`,
      "address-gone": `本机的一个地址没有了：${p.path} 已重新写好，之前发出的仍然可用`,
      "answer-given-up": `浏览器可能不再等待之前的应答：${p.path} 已重新生成`,
    })[p.why],
  carryThisOne: (p) => `请把 ${p.path} 再发给对方一次：第 ${p.revision} 版取代之前的文件`,
  bareDocument: "这是给网页和其他程序用的 {type, sdp}：没有签名、编号和有效期；连接后只能收发文字，不能传文件",
  canResume: (p) => `文件仍然有效：在同一文件夹里运行 p2p ${p.command} --resume 即可继续等待，无需再发文件`,
  goesOnWith: (p) => `继续使用 ${p.moment} 生成的 ${p.path}：无需再发送，有效期至 ${p.until}`,
  earlierOfferVoid: (p) =>
    `这份邀请取代了你在 ${p.ago}前（${p.moment}）生成的那一份：如果那一份已经发出，请再发这一份（p2p offer --resume 可继续使用最近的一份）`,
  partDiffers: (p) =>
    p.isNone
      ? `“${p.path}”与本机已有的部分毫无相同之处：将完整接收`
      : `“${p.path}”在中断之后有变化：${p.of} 中有 ${p.kept} 仍可用，其余重新接收`,
  attributeLost: (p) =>
    `本机磁盘无法保留“${p.path}”的${p.what === "mode" ? "权限" : "日期"}，其他文件可能也是如此：内容没有问题`,
  typedUnsent: (p) =>
    ({
      sends: `未发送：${p.text}（我方只发送文件；要聊天请加上 --chat）`,
      offers: `未发送：${p.text}（我方没有聊天；要聊天请去掉 --no-chat）`,
      receives: `未发送：${p.text}（我方只接收文件；要聊天请去掉 --no-chat）`,
    })[p.side],
  channelRefused: (p) =>
    p.by === "me"
      ? `已关闭对方打开的未知通道（“${p.label}”，协议“${p.protocol}”）：要使用它，请更新我方的 p2p`
      : `对方的 p2p 不认识我方打开的通道（“${p.label}”，协议“${p.protocol}”），已将其关闭：请对方更新 p2p`,
  channelUnused: (p) =>
    p.label === ""
      ? `对方的程序还在一个没有打开的通道上发送：p2p 只使用“${p.used}”，那里的文字收不到`
      : `对方的程序还有通道“${p.label}”：p2p 只使用“${p.used}”，请对方在那个通道里输入`,
  chances: chanceWords.zh,
  carrying: carryingWords.zh,
  pairOutcomes: pairOutcomes.zh,
};

export const pairingWords = { en, zh };
