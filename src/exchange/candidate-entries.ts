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
/** Names under which the text or the inner entry stands, in order of precedence. */
const TEXT_KEYS = ["candidate", "sdp", "ice", "data", "payload"] as const;

/**
 * Reads one entry. Browsers end the list with null, an empty candidate or `end-of-candidates`: these give nothing.
 * @param where - the place of the entry
 */
export function readCandidateEntry(entry: unknown, where: string): CandidateEntry[] {
  const { text, ...rest } = read(entry, where, 0);
  return text
    .split(/[\r\n]+/)
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
  const fields = entry as Readonly<Record<string, unknown>>;
  for (const key of TEXT_KEYS) {
    if (!Object.hasOwn(fields, key)) continue;
    const value = fields[key];
    if (typeof value !== "string" && (typeof value !== "object" || depth === MAX_DEPTH)) continue;
    return { ...read(value, where, depth + 1), ...(typeof value === "string" ? besideText(fields) : {}) };
  }
  return { where, text: "{…}" };
}

/** The names of W3C, and those of the Android library (`org.webrtc.IceCandidate`) and of signalling servers. */
function besideText(fields: Readonly<Record<string, unknown>>): Omit<CandidateEntry, "where" | "text"> {
  const mid = fields["sdpMid"] ?? fields["mid"] ?? fields["id"];
  const line = fields["sdpMLineIndex"] ?? fields["label"];
  const ufrag = fields["usernameFragment"];
  return {
    ...(typeof mid === "string" && mid !== "" ? { mid } : {}),
    ...(typeof line === "number" && Number.isInteger(line) ? { line } : {}),
    ...(typeof ufrag === "string" && ufrag !== "" ? { ufrag } : {}),
  };
}
