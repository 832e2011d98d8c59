// Finds the description in the messages of other programs: simple-peer, PeerJS, Janus, the Android library and the many
// pages that send `{offer: …, candidates: […]}` around it. Only looks; what is found is checked by document-reader.ts.
import { parseJson } from "./document-text.ts";
import { isSdpText, type Packing, unpack } from "./packed-text.ts";

/** A description within a message. */
export interface FoundDescription {
  /** The object that has it: an exchange file, or `{type, sdp}` of whatever names. Undefined: the text stood alone. */
  holder: Fields | undefined;
  /** The SDP text, or a list of its lines. */
  sdp: unknown;
  /** A type of W3C, by the nearest that says one; undefined where nothing does. */
  type: string | undefined;
  /** Its place in the message (`payload.sdp`); "" for the message itself. */
  where: string;
  packing: Packing | undefined;
}

/** A candidate, or a list of them, within a message. */
export interface FoundCandidates {
  entry: unknown;
  where: string;
}

export interface MessageContent {
  /** Two places with the same text count once. */
  descriptions: FoundDescription[];
  candidates: FoundCandidates[];
  /** Keys that none of our names fits, with texts that are candidates: how many. */
  elsewhere: Map<string, number>;
  /** Somewhere there is a key of ours: without it the description beside it is not what its writer wrote. */
  hasP2pKey: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** A message within messages; real ones are three deep. */
const MAX_DEPTH = 6;
/** Values that are looked at. A message has a few dozen; other JSON files in a folder may have any number. */
const MAX_VALUES = 10_000;
/** Different texts that are kept: a second one is as bad as more. */
const MAX_DESCRIPTIONS = 2;
/** Candidates and lists that are kept; codec-side limits are lower. */
const MAX_FOUND = 1_000;
const MAX_ELSEWHERE = 10;

/** Names of candidate lists, in lower case without `_` and `-`. */
const CANDIDATE_KEYS: ReadonlySet<string> = new Set([
  "cand",
  "candidate",
  "candidatelist",
  "candidates",
  "cands",
  "gatheredcandidates",
  "ice",
  "icecand",
  "icecandidate",
  "icecandidatelist",
  "icecandidates",
  "icecands",
  "ices",
  "localcandidates",
  "localicecandidates",
  "trickle",
]);
/** Names of the text in a description; `description` is that of the Android library's Java object. */
const TEXT_KEYS = ["sdp", "description"] as const;
/** W3C WebRTC §4.3.1; the last two never serve. */
const SDP_TYPES: readonly string[] = ["offer", "answer", "pranswer", "rollback"];
const MAX_TYPE_LENGTH = 40;
/** What an object tells of the candidate text in it (candidate-entries.ts). */
const BESIDE_KEYS = ["sdpMid", "mid", "id", "sdpMLineIndex", "label", "usernameFragment"] as const;
/** A dump of a connection has both sides; only its own one is meant for us. */
const OTHER_SIDE = /remote/i;
const P2P_ID = /^[0-9a-f]{32}$/;
const CANDIDATE_TEXT = /^\s*(?:a=)?candidate:/i;

interface Walk extends MessageContent {
  valuesLeft: number;
  seen: Set<string>;
}

interface Place {
  where: string;
  /** What the message around says of the type. */
  type: string | undefined;
  depth: number;
  packing?: Packing | undefined;
}

/** Looks through a message. @param value - what JSON.parse returns */
export function contentOf(value: unknown): MessageContent {
  const walk: Walk = {
    descriptions: [],
    candidates: [],
    elsewhere: new Map(),
    hasP2pKey: false,
    valuesLeft: MAX_VALUES,
    seen: new Set(),
  };
  visit(walk, value, { where: "", type: undefined, depth: 0 });
  return walk;
}

function visit(walk: Walk, value: unknown, place: Place): void {
  walk.valuesLeft -= 1;
  if (walk.valuesLeft < 0 || place.depth > MAX_DEPTH) return;
  if (typeof value === "string") visitText(walk, value, place);
  else if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) {
      visit(walk, item, { ...place, where: `${place.where}[${at}]`, depth: place.depth + 1 });
    }
  } else if (typeof value === "object" && value !== null) visitFields(walk, value as Fields, place);
}

function visitText(walk: Walk, text: string, place: Place): void {
  if (isSdpText(text)) {
    addDescription(walk, { ...place, holder: undefined, sdp: text, packing: place.packing });
    return;
  }
  const inner = unpack(text);
  if (inner === undefined) return;
  visit(walk, inner.value, { ...place, depth: place.depth + 1, packing: inner.packing ?? place.packing });
}

function visitFields(walk: Walk, fields: Fields, place: Place): void {
  // A document of ours is taken whole: what it says of itself counts.
  if (Object.hasOwn(fields, "p2p") && Object.hasOwn(fields, "sdp")) {
    addDescription(walk, { ...place, holder: fields, sdp: fields["sdp"], packing: place.packing });
    return;
  }
  if (isP2pKey(fields)) {
    walk.hasP2pKey = true;
    return;
  }
  const type = typeIn(fields["type"]) ?? place.type;
  const textKey = TEXT_KEYS.find((key) => Object.hasOwn(fields, key) && isDescriptionText(fields[key]));
  if (textKey !== undefined) {
    const { where, packing } = place;
    addDescription(walk, { holder: fields, sdp: fields[textKey], type, where, packing });
  }
  for (const [key, value] of Object.entries(fields)) {
    if (key === textKey || OTHER_SIDE.test(key)) continue;
    const where = place.where === "" ? key : `${place.where}.${key}`;
    if (CANDIDATE_KEYS.has(plain(key)) && addCandidates(walk, fields, value, where)) continue;
    if (isCandidateTexts(value)) noteElsewhere(walk, key, Array.isArray(value) ? value.length : 1);
    else visit(walk, value, { ...place, where, type: typeIn(key) ?? type, depth: place.depth + 1 });
  }
}

/** Returns whether an object has what each `p2p` key has, under whatever name it stands. */
function isP2pKey({ id, revision, expiresAt }: Fields): boolean {
  return typeof id === "string" && P2P_ID.test(id) && typeof revision === "number" && typeof expiresAt === "string";
}

/** The type of W3C that a name has as one of its words, in lower case; undefined where it has none or two. */
function typeIn(name: unknown): string | undefined {
  if (typeof name !== "string" || name.length > MAX_TYPE_LENGTH) return undefined;
  // As in `SDP_OFFER`, `video-offer` and `localOffer`.
  const words = name
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]/);
  const [type, other] = SDP_TYPES.filter((one) => words.includes(one));
  return other === undefined ? type : undefined;
}

function isDescriptionText(value: unknown): boolean {
  if (typeof value === "string") return isSdpText(value);
  return Array.isArray(value) && typeof value[0] === "string" && isSdpText(value[0]);
}

function addDescription(walk: Walk, found: FoundDescription): void {
  const key = JSON.stringify(found.sdp);
  if (walk.seen.has(key) || walk.descriptions.length === MAX_DESCRIPTIONS) return;
  walk.seen.add(key);
  walk.descriptions.push(found);
}

/** A list, one entry, or one that stands beside its `sdpMid` in the same object. @returns whether it is one of these */
function addCandidates(walk: Walk, fields: Fields, value: unknown, where: string): boolean {
  const list = typeof value === "string" && value.trimStart().startsWith("[") ? parseJson(value) : value;
  const found = Array.isArray(list)
    ? list.map((entry: unknown, at) => ({ entry, where: `${where}[${at}]` }))
    : isCandidateEntry(list)
      ? [{ entry: typeof list === "string" ? besideKeys(fields, list) : list, where }]
      : undefined;
  if (found !== undefined) walk.candidates.push(...found.slice(0, MAX_FOUND - walk.candidates.length));
  return found !== undefined;
}

function isCandidateEntry(value: unknown): boolean {
  if (typeof value === "string") return CANDIDATE_TEXT.test(value) || / typ /i.test(value) || value.startsWith("{");
  return typeof value === "object" && value !== null && Object.hasOwn(value, "candidate");
}

function besideKeys(fields: Fields, candidate: string): Fields {
  return Object.fromEntries([["candidate", candidate], ...BESIDE_KEYS.map((key) => [key, fields[key]])]);
}

function plain(key: string): string {
  return key.toLowerCase().replaceAll(/[-_]/g, "");
}

function isCandidateTexts(value: unknown): boolean {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return texts.length > 0 && texts.every((text) => typeof text === "string" && CANDIDATE_TEXT.test(text));
}

function noteElsewhere(walk: Walk, key: string, count: number): void {
  if (walk.elsewhere.size < MAX_ELSEWHERE) walk.elsewhere.set(key, (walk.elsewhere.get(key) ?? 0) + count);
}
