// Finds the description in the messages of other programs: simple-peer, PeerJS, Janus, the Android library and the many
// pages that send `{offer: …, candidates: […]}` around it. It only searches: document-reader.ts checks the result.
import { isParsedCandidate, plainKey } from "./candidate-entries.ts";
import { parseJson } from "./document-text.ts";
import { isSdpText, type Packing, textOfBytes, unpack } from "./packed-text.ts";

/** A description within a message. */
export interface FoundDescription {
  /** The object that has it: an exchange file, or `{type, sdp}` of whatever names. Undefined: the text stood alone. */
  holder: Fields | undefined;
  /** The SDP text, or a list of its lines. */
  sdp: unknown;
  /** A type of W3C, by the nearest that says one; undefined where nothing does. */
  type: string | undefined;
  /** Its place in the message (`payload.sdp`); "" for the message itself. Of a longer key only the beginning is in it. */
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
  /** Number of candidate texts under each key that names no candidate list. */
  elsewhere: Map<string, number>;
  /** A `p2p` key was found: without it the description beside it is not what its writer wrote. */
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
/** UTF-16 units of a key that a place or a remark repeats: as many places as candidates may have the same one in them. */
const MAX_SHOWN_KEY_LENGTH = 80;

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
/** Keys by which an object describes the candidate text in it (candidate-entries.ts). */
const BESIDE_KEYS: ReadonlySet<string> = new Set(["sdpmid", "mid", "id", "sdpmlineindex", "label", "usernamefragment"]);
/** A dump of a connection has both sides; only the dumping side's own one is meant for us. */
const OTHER_SIDE = /remote/i;
const P2P_ID = /^[0-9a-f]{32}$/;
/** Candidate lists that name their side (`answerCandidates`): they belong to a description of that type alone. */
const SIDES: readonly (readonly [key: RegExp, type: string])[] = [
  [/^(?:offer(?:er)?|caller)s?(?:ice)?candidates?$/, "offer"],
  [/^(?:answer(?:er)?|callee)s?(?:ice)?candidates?$/, "answer"],
];
const CANDIDATE_TEXT = /^\s*(?:a=)?candidate:/i;

interface Walk extends MessageContent {
  /** Those of `candidates` whose key names a side, with its type. */
  sides: Map<FoundCandidates, string>;
  valuesLeft: number;
  seen: Set<string>;
}

interface Place {
  where: string;
  /** The type that the enclosing message states. */
  type: string | undefined;
  depth: number;
  packing?: Packing | undefined;
}

/** Looks through a message. @param value - what JSON.parse returns */
export function contentOf(value: unknown): MessageContent {
  const walk: Walk = {
    descriptions: [],
    candidates: [],
    sides: new Map(),
    elsewhere: new Map(),
    hasP2pKey: false,
    valuesLeft: MAX_VALUES,
    seen: new Set(),
  };
  visit(walk, value, { where: "", type: undefined, depth: 0 });
  const { descriptions, elsewhere, sides, hasP2pKey } = walk;
  const type = descriptions[0]?.type;
  const isOfSide = (side: string | undefined): boolean => side === undefined || type === undefined || side === type;
  const candidates = walk.candidates.filter((found) => isOfSide(sides.get(found)));
  return { descriptions, elsewhere, candidates, hasP2pKey };
}

function visit(walk: Walk, value: unknown, place: Place): void {
  walk.valuesLeft -= 1;
  if (walk.valuesLeft < 0 || place.depth > MAX_DEPTH) return;
  if (typeof value === "string") visitText(walk, value, place);
  if (typeof value !== "object" || value === null) return;
  const bytes = textOfBytes(value as Fields);
  if (bytes !== undefined) visitText(walk, bytes, { ...place, packing: "bytes" });
  else if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) {
      visit(walk, item, { ...place, where: `${place.where}[${at}]`, depth: place.depth + 1 });
    }
  } else visitFields(walk, value as Fields, place);
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
    const where = place.where === "" ? shownKey(key) : `${place.where}.${shownKey(key)}`;
    if (CANDIDATE_KEYS.has(plainKey(key)) && addCandidates(walk, fields, value, where)) continue;
    const side = SIDES.find(([name]) => name.test(plainKey(key)))?.[1];
    if (side !== undefined) {
      const from = walk.candidates.length;
      if (!addCandidates(walk, fields, value, where)) visit(walk, value, { ...place, where, depth: place.depth + 1 });
      for (const found of walk.candidates.slice(from)) walk.sides.set(found, side);
    } else if (isCandidateTexts(value)) noteElsewhere(walk, key, Array.isArray(value) ? value.length : 1);
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
  // Word boundaries as in `SDP_OFFER`, `video-offer` and `localOffer`.
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
  const text = textOf(found.sdp);
  if (walk.seen.has(text) || walk.descriptions.length === MAX_DESCRIPTIONS) return;
  walk.seen.add(text);
  walk.descriptions.push(found);
}

/** The text of a description that is a list of its lines. */
export function joinedLines(lines: readonly unknown[]): string {
  return lines.filter((line) => typeof line === "string").join("\r\n");
}

/** What tells a description from others. Other values in its place may be of any depth, so they are not looked into. */
function textOf(sdp: unknown): string {
  if (Array.isArray(sdp)) return joinedLines(sdp);
  const text: unknown = typeof sdp === "object" && sdp !== null ? (sdp as Fields)["sdp"] : sdp;
  return typeof text === "string" ? text : "";
}

/** A list, one entry, or one that stands beside its `sdpMid` in the same object. @returns whether it is one of these */
function addCandidates(walk: Walk, fields: Fields, value: unknown, where: string): boolean {
  const list = typeof value === "string" && value.trimStart().startsWith("[") ? parseJson(value) : value;
  const found = Array.isArray(list)
    ? list.map((entry: unknown, at) => ({ entry, where: `${where}[${at}]` }))
    : isCandidateMap(list)
      ? Object.entries(list).flatMap(([key, entry]: [string, unknown]) =>
          entriesAt(key, entry, `${where}.${shownKey(key)}`),
        )
      : isCandidateEntry(list)
        ? [{ entry: typeof list === "string" ? besideKeys(fields, list) : list, where }]
        : undefined;
  if (found !== undefined) walk.candidates.push(...found.slice(0, MAX_FOUND - walk.candidates.length));
  return found !== undefined;
}

/** Databases keep lists as objects whose keys mean nothing; others keep one list for each section, by its mid or number. */
function isCandidateMap(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Object.hasOwn(value, "candidate")) return false;
  const entries: unknown[] = Object.values(value);
  const isList = (entry: unknown): boolean => Array.isArray(entry) && entry.length > 0 && entry.every(isCandidateEntry);
  return entries.length > 0 && entries.every((entry) => isCandidateTexts(entry) || isList(entry));
}

/** @param key - of a list the section of its lines: a mid, or else a number */
function entriesAt(key: string, entry: unknown, where: string): FoundCandidates[] {
  if (!Array.isArray(entry)) return [{ entry, where }];
  const section = { sdpMid: key, ...(/^\d{1,3}$/.test(key) ? { sdpMLineIndex: Number(key) } : {}) };
  return entry.map((one: unknown, at) => ({
    entry: typeof one === "string" ? { candidate: one, ...section } : one,
    where: `${where}[${at}]`,
  }));
}

function isCandidateEntry(value: unknown): boolean {
  if (typeof value === "string") return CANDIDATE_TEXT.test(value) || / typ /i.test(value) || value.startsWith("{");
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "candidate") || isParsedCandidate(value);
}

function besideKeys(fields: Fields, candidate: string): Fields {
  const beside = Object.entries(fields).filter(([key]) => BESIDE_KEYS.has(plainKey(key)));
  return Object.fromEntries([["candidate", candidate], ...beside]);
}

function isCandidateTexts(value: unknown): boolean {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return texts.length > 0 && texts.every((text) => typeof text === "string" && CANDIDATE_TEXT.test(text));
}

function noteElsewhere(walk: Walk, key: string, count: number): void {
  const shown = shownKey(key);
  if (walk.elsewhere.size < MAX_ELSEWHERE) walk.elsewhere.set(shown, (walk.elsewhere.get(shown) ?? 0) + count);
}

function shownKey(key: string): string {
  return key.slice(0, MAX_SHOWN_KEY_LENGTH);
}
