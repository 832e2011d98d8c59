// Splits an SDP text into its sections, and keeps of each what a description is made of and what an answer repeats. Every
// other line is skipped. RFC 8866 §5.
import type { MediaDirection, RtpStream, SdpSection } from "./description.ts";
import { FlawError } from "./flaw-error.ts";

/** Sections of one text. An answer has to have as many, so a text with more cannot be answered. */
export const MAX_SECTIONS = 256;
/** Code units of all lines about codecs that are kept; a browser's offer has 8,000. */
const MAX_CODEC_TEXT = 65_536;
/** Formats of one section that are kept; a browser's offer has 40. */
const MAX_FORMATS = 128;

/** The attributes that are read, except `candidate` and those in `CODEC_ATTRIBUTES`. */
const ATTRIBUTES: ReadonlySet<string> = new Set([
  "bundle-only",
  "fingerprint",
  "group",
  "ice-lite",
  "ice-pwd",
  "ice-ufrag",
  "inactive",
  "max-message-size",
  "mid",
  "recvonly",
  "rtcp-mux",
  "rtcp-mux-only",
  "sctp-port",
  "sendonly",
  "sendrecv",
  "setup",
  "ssrc",
]);
const CODEC_ATTRIBUTES: ReadonlySet<string> = new Set(["rtpmap", "fmtp", "rtcp-fb"]);
const DIRECTIONS: readonly MediaDirection[] = ["inactive", "sendonly", "recvonly", "sendrecv"];
/** Attributes of which each value counts; of the others the first one does. */
const REPEATED: ReadonlySet<string> = new Set(["fingerprint", "group"]);
const MAX_SSRC = 0xff_ff_ff_ff;
const PRINTABLE = /^[ -~]*$/;
/** Blanks that RFC 8866 §5 does not allow, after formatting by hand or by a program: `a = mid : 0`. */
const LINE_BEGIN = /^([A-Za-z])[ \t]{0,8}=[ \t]{0,8}/;
const CANDIDATE_BEGIN = /^(a=candidate)[ \t]{0,8}:[ \t]{0,8}/i;

/** RFC 8866 §9, `token`; longer than any that is in use. */
export const TOKEN = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]{1,256}$/;

/** Values of each used attribute, by lower-case name, in order; a flag has the value "". */
export type Attributes = Map<string, string[]>;

/** The session part of a text, or one `m=` section of it. */
export interface TextPart {
  attributes: Attributes;
  /** From `candidate:` on, not yet read. */
  candidateLines: string[];
}

/** One `m=` section as read. */
export interface TextSection extends TextPart, SdpSection {
  /** It has more codec lines than are kept. */
  isCut: boolean;
}

export interface SdpText {
  session: TextPart;
  /** At most MAX_SECTIONS; none is marked as data section yet. */
  sections: TextSection[];
}

/** @throws FlawError when there are too many sections */
export function splitSdp(text: string): SdpText {
  const session: TextPart = { attributes: new Map(), candidateLines: [] };
  const sections: TextSection[] = [];
  let codecText = 0;
  for (const rawLine of text.split(/\r\n|\n|\r/)) {
    const line = rawLine.trim().replace(LINE_BEGIN, "$1=").replace(CANDIDATE_BEGIN, "$1:");
    const value = line.slice(2).trim();
    const section = sections.at(-1);
    if (/^m=/i.test(line)) {
      if (sections.length === MAX_SECTIONS) {
        throw new FlawError("sdp", { flaw: "too-many-sections", limit: MAX_SECTIONS });
      }
      sections.push(readMediaLine(value));
    } else if (/^a=candidate:/i.test(line)) (section ?? session).candidateLines.push(value);
    else if (/^a=/i.test(line)) {
      addAttribute(section ?? session, value);
      if (section !== undefined && isCodecLine(value)) {
        codecText += value.length;
        if (codecText <= MAX_CODEC_TEXT) section.codecLines.push(value);
        else section.isCut = true;
      }
    }
  }
  for (const section of sections) finish(section, session);
  return { session, sections };
}

function readMediaLine(value: string): TextSection {
  const [kind = "", port = "", protocol = "", ...formats] = value.split(/\s+/, MAX_FORMATS + 3);
  return {
    isData: false,
    kind: printable(kind),
    protocol: printable(protocol),
    formats: formats.filter((format) => PRINTABLE.test(format)),
    mid: undefined,
    state: port === "0" ? "rejected" : "live",
    hasRtcpMux: false,
    codecLines: [],
    direction: "inactive",
    stream: undefined,
    isCut: false,
    attributes: new Map(),
    candidateLines: [],
  };
}

/** Text of another program that goes into an answer of ours is visible ASCII, whatever it was. */
function printable(word: string): string {
  return PRINTABLE.test(word) ? word : "x";
}

function isCodecLine(value: string): boolean {
  return CODEC_ATTRIBUTES.has(nameOf(value)) && PRINTABLE.test(value);
}

function nameOf(attribute: string): string {
  const colon = attribute.indexOf(":");
  return (colon < 0 ? attribute : attribute.slice(0, colon)).trim().toLowerCase();
}

function addAttribute({ attributes }: TextPart, text: string): void {
  const name = nameOf(text);
  if (!ATTRIBUTES.has(name)) return;
  const colon = text.indexOf(":");
  const value = colon < 0 ? "" : text.slice(colon + 1).trim();
  if (name === "mid" && value === "") return;
  const values = attributes.get(name);
  if (values === undefined) attributes.set(name, [value]);
  else if (REPEATED.has(name)) values.push(value);
}

/** Fills in what only all lines of the section together say, or those of the session. */
function finish(section: TextSection, session: TextPart): void {
  const { attributes } = section;
  const mid = attributes.get("mid")?.[0];
  section.mid = mid !== undefined && TOKEN.test(mid) ? mid : undefined;
  // Formats that are not all explained cannot be accepted, so the section counts as one that cannot be bundled.
  section.hasRtcpMux = !section.isCut && (attributes.has("rtcp-mux") || attributes.has("rtcp-mux-only"));
  if (section.state === "rejected" && attributes.has("bundle-only")) section.state = "bundle-only";
  section.direction = directionOf(section) ?? directionOf(session) ?? "sendrecv";
  section.stream = streamOf(attributes.get("ssrc")?.[0]);
}

function directionOf({ attributes }: TextPart): MediaDirection | undefined {
  return DIRECTIONS.find((direction) => attributes.has(direction));
}

/** The first stream is that of the media; those of retransmissions and corrections follow it. RFC 5576 §4.1. */
function streamOf(value: string | undefined): RtpStream | undefined {
  const [id = "", attribute = ""] = value?.split(/\s+/, 2) ?? [];
  if (!/^\d{1,10}$/.test(id) || Number(id) > MAX_SSRC) return undefined;
  const cname = attribute.toLowerCase().startsWith("cname:") ? attribute.slice("cname:".length) : "";
  return { ssrc: Number(id), cname: TOKEN.test(cname) ? cname : undefined };
}
