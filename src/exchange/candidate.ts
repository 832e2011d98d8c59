// One candidate line, both ways. RFC 8839 §5.1, RFC 6544 §4.5 (TCP). Reading is liberal: extensions that do not
// concern us (generation, ufrag, network-id …) are skipped, and an unusable candidate gets a reason.
import { addressKind, MAX_PORT, withoutZone } from "../lib/address.ts";
import type { IceCandidate, SkipReason } from "./description.ts";

/** Code units of one candidate line. Real ones have 60 to 250; anything longer is not a candidate. */
const MAX_CANDIDATE_LENGTH = 1_024;
const BEGIN = /^(?:a=)?candidate:[ \t]*/i;
/** The form of each required word of a candidate, in order; the seventh is the word `typ` itself. */
const WORDS: readonly RegExp[] = [
  /^[!-~]{1,64}$/,
  /^\d{1,3}$/,
  /^[a-z]{1,16}$/i,
  /^\d{1,10}$/,
  /^\S{1,255}$/,
  /^\d{1,5}$/,
  /^typ$/i,
  /^[a-z]{1,16}$/i,
];

/** A version 4 UUID: nobody is asked for any other name. draft-ietf-mmusic-mdns-ice-candidates-03 §3.1.1. */
const RANDOM_NAME = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.local$/;

const TYPES: ReadonlySet<string> = new Set<IceCandidate["type"]>(["host", "srflx", "prflx", "relay"]);
const TCP_TYPES: ReadonlySet<string> = new Set<NonNullable<IceCandidate["tcpType"]>>(["active", "passive", "so"]);
/** The discard port: an active TCP candidate announces it, since nobody connects to it. RFC 6544 §4.5 */
export const DISCARD_PORT = 9;

/** `ufrag`: the generation of which the candidate says that it is; undefined where it says nothing. */
export type CandidateReading =
  | { candidate: IceCandidate; ufrag: string | undefined }
  /** `hidden`: with why `mdns`, the candidate with its name for an address, where that is one as browsers make it. */
  | { why: SkipReason; hidden?: IceCandidate; ufrag?: string | undefined };

/**
 * Reads `candidate:…`, also with `a=` before it, or without either. The result handles any text. Its words are split
 * first and checked one by one, so that no text takes more time than its length.
 */
export function decodeCandidate(text: string): CandidateReading {
  const line = text.trim();
  const begin = BEGIN.exec(line);
  if (line.length > MAX_CANDIDATE_LENGTH || /[\r\n\u2028\u2029]/.test(line)) return { why: "syntax" };
  const words = line.slice(begin?.[0].length ?? 0).split(/[ \t]+/);
  if (!WORDS.every((form, at) => form.test(words[at] ?? ""))) return { why: "syntax" };
  const [foundation = "", component = "", protocol = "", priority = "", host = "", port = "", , typ = ""] = words;
  const transport = protocol.toLowerCase();
  const type = typ.toLowerCase();
  const address = bareAddress(host);
  if (Number(priority) > 0xffff_ffff || Number(port) > MAX_PORT) return { why: "syntax" };
  if (component !== "1") return { why: "component" };
  if (transport !== "udp" && transport !== "tcp") return { why: "transport" };
  if (!isCandidateType(type)) return { why: "type" };
  const unusable = addressFlaw(address);
  const extensions = readExtensions(words.slice(WORDS.length));
  if (unusable !== undefined) {
    const isHidden = RANDOM_NAME.test(address) && transport === "udp" && type === "host" && Number(port) > 0;
    if (!isHidden) return { why: unusable };
    const hidden: IceCandidate = {
      foundation,
      component: 1,
      transport: "udp",
      priority: Number(priority),
      address,
      port: Number(port),
      type: "host",
    };
    return { why: unusable, hidden, ufrag: extensions.get("ufrag") };
  }
  const tcpType = transport === "tcp" ? tcpTypeOf(extensions) : undefined;
  if (Number(port) === 0 || (Number(port) === DISCARD_PORT && transport === "tcp" && tcpType !== "active")) {
    return { why: "port" };
  }
  return {
    candidate: {
      foundation,
      component: 1,
      transport,
      priority: Number(priority),
      address,
      port: Number(port),
      type,
      ...relatedOf(extensions),
      ...(tcpType === undefined ? {} : { tcpType }),
    },
    ufrag: extensions.get("ufrag"),
  };
}

/** `[2001:db8::1]` and `fe80::1%eth0` as the plain address: a zone names an interface of the peer's machine. */
function bareAddress(host: string): string {
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  return withoutZone(bare).toLowerCase();
}

/** A name of whatever script, which is not looked up. */
const HOST_NAME = /^[^\s:<>"'()[\]{}|\\/]{1,255}$/;

function addressFlaw(address: string): SkipReason | undefined {
  const kind = addressKind(address);
  if (kind === undefined) {
    if (address.endsWith(".local")) return "mdns";
    return /^[0-9.]*$/.test(address) || !HOST_NAME.test(address) ? "syntax" : "host-name";
  }
  if (kind === "unspecified") return "unspecified-address";
  return kind === "not-unicast" ? "not-unicast" : undefined;
}

function isCandidateType(type: string): type is IceCandidate["type"] {
  return TYPES.has(type);
}

/** The `name value` pairs after the type; the first value of a name counts. */
function readExtensions(words: readonly string[]): ReadonlyMap<string, string> {
  const extensions = new Map<string, string>();
  for (let index = 0; index + 1 < words.length; index += 2) {
    const name = (words[index] ?? "").toLowerCase();
    if (!extensions.has(name)) extensions.set(name, words[index + 1] ?? "");
  }
  return extensions;
}

function tcpTypeOf(extensions: ReadonlyMap<string, string>): IceCandidate["tcpType"] {
  const tcpType = extensions.get("tcptype")?.toLowerCase() ?? "";
  return TCP_TYPES.has(tcpType) ? (tcpType as IceCandidate["tcpType"]) : undefined;
}

/** It only explains where a candidate comes from, so an invalid address is dropped without complaint. */
function relatedOf(extensions: ReadonlyMap<string, string>): Pick<IceCandidate, "relatedAddress" | "relatedPort"> {
  const address = bareAddress(extensions.get("raddr") ?? "");
  const port = extensions.get("rport") ?? "";
  if (addressKind(address) === undefined || !/^\d{1,5}$/.test(port) || Number(port) > MAX_PORT) return {};
  return { relatedAddress: address, relatedPort: Number(port) };
}

/**
 * Formats `candidate:…` as the programs of 2018 write it.
 * @param iceUfrag - of the description, so that the reader can distinguish generations
 */
export function encodeCandidate(candidate: IceCandidate, iceUfrag: string): string {
  const { foundation, component, transport, priority, address, port, type } = candidate;
  const words = [`candidate:${foundation}`, component, transport, priority, address, port, "typ", type];
  if (candidate.relatedAddress !== undefined) {
    words.push("raddr", candidate.relatedAddress, "rport", candidate.relatedPort ?? 0);
  }
  if (candidate.tcpType !== undefined) words.push("tcptype", candidate.tcpType);
  words.push("generation", 0, "ufrag", iceUfrag);
  return words.join(" ");
}

/** Two candidates with the same key differ in nothing that matters for connecting. */
export function candidateKey(candidate: IceCandidate): string {
  const { transport, address, port, type, tcpType = "" } = candidate;
  return [transport, address, port, type, tcpType].join(" ");
}
