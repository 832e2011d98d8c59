// The entries of a candidate list, in the shapes in which programs hand them out: a candidate line, an
// RTCIceCandidateInit, JSON text of one, one inside a message, several lines in one text. W3C WebRTC §4.8.1.
import { parseJson } from "./document-text.ts";

/** One candidate's text, and what its entry says of it. */
export interface CandidateEntry {
  /** Its place in the file (`icecandidate[3]`). */
  where: string;
  text: string;
  /** `sdpMid`. */
  mid?: string;
  /** `sdpMLineIndex`. */
  line?: number;
  /** `usernameFragment`. */
  ufrag?: string;
}

/** A message inside a message inside the entry; none is deeper. */
const MAX_DEPTH = 4;
/** Names under which the text or the inner entry stands, in order of precedence, as `plainKey` gives them. */
const TEXT_KEYS = ["candidate", "candidateinit", "icecandidate", "sdp", "ice", "data", "payload"] as const;
/** Names of the parsed fields of a candidate in the order of its line: of W3C, aiortc, mediasoup, Jingle, Pion, ORTC. */
const FIELD_KEYS: readonly (readonly string[])[] = [
  ["foundation"],
  ["component", "componentid"],
  ["protocol", "transport"],
  ["priority"],
  ["address", "ip", "connectionaddress", "ipaddress", "host"],
  ["port"],
  ["type", "typ", "candidatetype"],
];
/** Fields that follow in a line with their names. */
const EXTENSION_KEYS: readonly (readonly [name: string, keys: readonly string[]])[] = [
  ["raddr", ["relatedaddress", "reladdr", "raddr", "relatedip"]],
  ["rport", ["relatedport", "relport", "rport"]],
  ["tcptype", ["tcptype"]],
  ["generation", ["generation"]],
];
/** Between several lines in one text. */
const SEPARATORS = /[\r\n]+|,\s{0,8}(?=(?:a=)?candidate:)/i;
/** Components by name. W3C WebRTC §4.8.1.4. */
const COMPONENTS: Readonly<Record<string, string>> = { rtp: "1", rtcp: "2" };

/** A key without the differences between `sdpMLineIndex`, `sdp_mline_index` and `SDPMLineIndex`. */
export function plainKey(key: string): string {
  return key.toLowerCase().replaceAll(/[-_]/g, "");
}

/**
 * Reads one entry. Browsers end the list with null, an empty candidate or `end-of-candidates`: these give nothing.
 * @param where - the place of the entry
 */
export function readCandidateEntry(entry: unknown, where: string): CandidateEntry[] {
  const { text, ...rest } = read(entry, where, 0);
  return text
    .split(SEPARATORS)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^(?:a=)?end-of-candidates$/i.test(line))
    .map((line) => ({ ...rest, text: line }));
}

function read(entry: unknown, where: string, depth: number): CandidateEntry {
  if (typeof entry === "string") {
    const inner = /^\s*[{"]/.test(entry) && depth < MAX_DEPTH ? parseJson(entry) : undefined;
    return inner === undefined ? { where, text: entry } : read(inner, where, depth + 1);
  }
  if (entry === null) return { where, text: "" };
  if (typeof entry !== "object") return { where, text: JSON.stringify(entry) };
  const fields = fieldsOf(entry);
  for (const key of TEXT_KEYS) {
    const value = fields.get(key);
    if (value === undefined) continue;
    if (typeof value !== "string" && (typeof value !== "object" || depth === MAX_DEPTH)) continue;
    return { ...read(value, where, depth + 1), ...(typeof value === "string" ? besideText(fields) : {}) };
  }
  return { where, text: lineOfFields(fields) ?? "{…}", ...besideText(fields) };
}

type Fields = ReadonlyMap<string, unknown>;

/** The fields of an object by their plain keys; of two with the same one the first counts. */
function fieldsOf(entry: object): Fields {
  return new Map(
    Object.entries(entry)
      .toReversed()
      .map(([key, value]) => [plainKey(key), value]),
  );
}

/** Returns whether an object has the parsed fields of a candidate in the place of its text. */
export function isParsedCandidate(entry: unknown): boolean {
  return typeof entry === "object" && entry !== null && lineOfFields(fieldsOf(entry)) !== undefined;
}

/** The line of a candidate whose fields were parsed; undefined where one is missing. Without a foundation it is 0, without a component 1. */
function lineOfFields(fields: Fields): string | undefined {
  const [foundation, component, ...rest] = FIELD_KEYS.map((keys) => wordOf(fields, keys));
  const type = rest.pop();
  if (rest.includes(undefined) || type === undefined) return undefined;
  const number = component === undefined ? "1" : (COMPONENTS[component.toLowerCase()] ?? component);
  const words = [`candidate:${foundation ?? "0"}`, number, ...rest, "typ", type];
  for (const [name, keys] of EXTENSION_KEYS) {
    const word = wordOf(fields, keys);
    if (word !== undefined) words.push(name, word);
  }
  return words.join(" ");
}

/** The first of the fields that is one word of visible ASCII, or a number. */
function wordOf(fields: Fields, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = fields.get(key);
    if (typeof value === "number") return String(value);
    if (typeof value === "string" && /^[!-~]{1,256}$/.test(value)) return value;
  }
  return undefined;
}

/** A number, or its digits in a text, as some programs send all values. */
function isIndex(value: unknown): value is number | string {
  if (typeof value === "number") return Number.isInteger(value);
  return typeof value === "string" && /^\d{1,5}$/.test(value);
}

/** The names of W3C, and those of the Android library (`org.webrtc.IceCandidate`) and of signalling servers. */
function besideText(fields: Fields): Omit<CandidateEntry, "where" | "text"> {
  const mid = fields.get("sdpmid") ?? fields.get("mid") ?? fields.get("id");
  const line = fields.get("sdpmlineindex") ?? fields.get("label");
  const ufrag = fields.get("usernamefragment") ?? fields.get("ufrag");
  return {
    ...((typeof mid === "string" && mid !== "") || typeof mid === "number" ? { mid: String(mid) } : {}),
    ...(isIndex(line) ? { line: Number(line) } : {}),
    ...(typeof ufrag === "string" && ufrag !== "" ? { ufrag } : {}),
  };
}
