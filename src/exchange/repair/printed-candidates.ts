// Finds candidates in a text of whatever notation: a row each, an object of RTCIceCandidate each, a log. RFC 8839 §5.1.

/** One candidate and what is said of it, as RTCIceCandidateInit names it. */
export interface PrintedCandidate {
  candidate: string;
  sdpMid?: string;
  sdpMLineIndex?: number;
}

/** Candidates of one text that are kept; the reader's own limit is lower. */
const MAX_FOUND = 1_000;
/** Characters behind a candidate in which its section may be named. */
const BESIDE_LENGTH = 200;
const TYPE_SIGN = /[ \t]typ[ \t]{1,8}(?:host|srflx|prflx|relay)(?![a-z])/gi;
/** Words before `typ`, the foundation aside: component, transport, priority, address, port. */
const WORDS_BEFORE = 5;
const MAX_BEFORE = 400;
const FOUNDATION = /[A-Za-z0-9+/]{1,64}$/;
const FORMS: readonly RegExp[] = [/^\d{1,3}$/, /^(?:udp|tcp|ssltcp)$/i, /^\d{1,10}$/, /^[!-~]{2,255}$/, /^\d{1,5}$/];
/** What may follow a candidate in pairs. */
const EXTENSION =
  /^[ \t]{1,8}(raddr|rport|tcptype|generation|ufrag|network-id|network-cost)[ \t]{1,8}([A-Za-z0-9.:+/_=-]{1,256})/i;
const MID = /sdp_?mid["')\]]{0,3}\s{0,8}(?:=>|[:=])?\s{0,8}["']?([A-Za-z0-9_.-]{1,64})/i;
const LINE = /sdp_?m_?line_?index["')\]]{0,3}\s{0,8}(?:=>|[:=])?\s{0,8}["']?(\d{1,3})/i;
const NO_VALUE = /^(?:null|none|nil|undefined)$/i;
/** A log has the candidates of both sides. */
const OTHER_SIDE = /remote|addIceCandidate/i;

/** The candidates of a text, in order, without those of the other side. */
export function candidatesIn(text: string): PrintedCandidate[] {
  const found: { candidate: string; from: number; to: number }[] = [];
  for (const { index } of text.matchAll(TYPE_SIGN)) {
    if (found.length === MAX_FOUND) break;
    const one = candidateAround(text, index);
    if (one !== undefined) found.push(one);
  }
  return found.flatMap(({ candidate, from, to }, at) => {
    const previousEnd = found[at - 1]?.to ?? 0;
    const near = text.slice(Math.max(previousEnd, from - BESIDE_LENGTH), from);
    const before = near.slice(near.lastIndexOf("\n") + 1);
    const behind = text.slice(to, Math.min(to + BESIDE_LENGTH, found[at + 1]?.from ?? text.length));
    return OTHER_SIDE.test(before) ? [] : [{ candidate, ...sectionIn(before, behind) }];
  });
}

/** @param typeAt - where the blank before `typ` is */
function candidateAround(text: string, typeAt: number): { candidate: string; from: number; to: number } | undefined {
  const words = text.slice(Math.max(0, typeAt - MAX_BEFORE), typeAt).split(/[ \t]+/);
  const before = words.slice(-WORDS_BEFORE);
  const foundation = FOUNDATION.exec(words.at(-WORDS_BEFORE - 1) ?? "")?.[0];
  if (foundation === undefined || !FORMS.every((form, at) => form.test(before[at] ?? ""))) return undefined;
  const type = /^[ \t]typ[ \t]{1,8}[a-z]{4,5}/i.exec(text.slice(typeAt, typeAt + 20))?.[0] ?? "";
  let to = typeAt + type.length;
  const parts = [`candidate:${[foundation, ...before].join(" ")}${type}`];
  for (;;) {
    const extension = EXTENSION.exec(text.slice(to, to + 300));
    if (extension === null) break;
    parts.push(`${extension[1] ?? ""} ${extension[2] ?? ""}`);
    to += extension[0].length;
  }
  return { candidate: parts.join(" "), from: typeAt - [foundation, ...before].join(" ").length, to };
}

function sectionIn(before: string, behind: string): Omit<PrintedCandidate, "candidate"> {
  const mid = (MID.exec(behind) ?? MID.exec(before))?.[1];
  const line = (LINE.exec(behind) ?? LINE.exec(before))?.[1];
  return {
    ...(mid === undefined || NO_VALUE.test(mid) ? {} : { sdpMid: mid }),
    ...(line === undefined ? {} : { sdpMLineIndex: Number(line) }),
  };
}
