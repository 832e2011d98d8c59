// Signs in the document of another program that a change of its text was not undone. Such a document has no digest, and a
// reader that passes over unknown lines, as it has to, would pass over broken ones, too.

const LINE_ENDS = /["\\\r\n]/;
const CANDIDATE = "candidate:";
/** The line of the data channel with something else behind its protocol. RFC 8841 §5.1. */
const DATA_LINE = /m=application \d{1,5} (?:UDP\/|TCP\/)?DTLS\/SCTP (.{0,40})/i;
const DATA_FORMAT = /^(?:webrtc-datachannel|\d{1,5})(?![A-Za-z0-9-])/;
const ATTRIBUTE = /(?:\\[nr]|[\r\n"'])a=([^:\s"'\\]{0,60})/g;
/** The attributes that WebRTC programs write: those of RFC 8829, and some of Google's. */
const ATTRIBUTES: ReadonlySet<string> = new Set(
  `bundle-only candidate crypto cname end-of-candidates extmap extmap-allow-mixed fingerprint fmtp framerate group ice-lite
  ice-mismatch ice-options ice-pacing ice-pwd ice-ufrag identity imageattr inactive ld-rx lang maxptime max-message-size mid
  msid msid-semantic ptime quality recvonly rid rtcp rtcp-fb rtcp-mux rtcp-mux-only rtcp-rsize rtpmap sctp-port sctpmap sdplang
  sendonly sendrecv setup simulcast ssrc ssrc-group tls-id tool ts-refclk type x-google-flag mediaclk packetization-supported`
    .split(/\s+/)
    .filter((name) => name !== ""),
);

/** Returns whether a line of the text that matters has something in it that no program writes there. */
export function hasLeftovers(text: string): boolean {
  if (text.split(LINE_ENDS).some(hasLink)) return true;
  const data = DATA_LINE.exec(text);
  return data !== null && !DATA_FORMAT.test(data[1] ?? "");
}

/** No candidate has angle brackets: they are the rest of a link. */
function hasLink(line: string): boolean {
  const at = line.indexOf(CANDIDATE);
  return at !== -1 && /[<>]/.test(line.slice(at));
}

/** A candidate of another type than host without the address to which it is related. RFC 8839 §5.1. */
const UNRELATED = /typ (?:srflx|prflx|relay)(?! raddr [0-9A-Fa-f:.]{2,45} rport \d{1,5}(?![0-9A-Za-z]))/i;

/**
 * Returns whether lines of the text may have been joined wrongly: there are attributes that no program is known to write, or
 * a candidate lacks what it is related to.
 */
export function mayBeJoinedWrongly(text: string): boolean {
  if (UNRELATED.test(text)) return true;
  return Array.from(text.matchAll(ATTRIBUTE)).some(([, name = ""]) => !ATTRIBUTES.has(name.toLowerCase()));
}
