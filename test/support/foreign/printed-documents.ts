// Descriptions as programs print them: structs and records of many languages, logs of trickled candidates, addresses with
// a description in them, selections of a text that are not quite whole. After public code and documentation.
import { deflateSync, gzipSync } from "node:zlib";
import {
  CARRIED_TEXTS,
  DOCUMENT_SHAPES,
  SDP_DIALECTS,
  CANDIDATE_LINE,
  HOLLOW,
  HOLLOW_SDP,
  json,
  OFFER_LINES,
  type PublicDocument,
  SDP,
  text,
} from "./public-documents.ts";

const FULL = { type: "offer", sdp: SDP };
const ANSWER = SDP.replace("actpass", "active");
const ENTRY = { candidate: CANDIDATE_LINE, sdpMid: "0", sdpMLineIndex: 0 };
const LITERAL = json(SDP).slice(1, -1);
const HOLLOW_LITERAL = json(HOLLOW_SDP).slice(1, -1);
const base64 = (value: string): string => Buffer.from(value).toString("base64");
const base64Url = (value: string): string => Buffer.from(value).toString("base64url");
const rows = (begin: string): string =>
  text(
    OFFER_LINES.map((line) => begin + line),
    "\n",
  );
const REPAIRED = { candidates: 1, remarks: ["repaired"] };

/** As the debuggers, consoles and logs of programs show it. */
export const PRINTED_TEXTS: readonly PublicDocument[] = [
  ["Go, %v", `{offer ${SDP} <nil>}`, REPAIRED],
  ["Go, %+v", `{Type:offer SDP:${SDP} parsed:<nil>}`, REPAIRED],
  ["Go, %+v in a log", `2026/11/29 10:24:31 local: {Type:offer SDP:${SDP} parsed:0xc000}`, REPAIRED],
  ["Go, %#v", `webrtc.SessionDescription{Type:1, SDP:"${LITERAL}", parsed:(*sdp.SessionDescription)(nil)}`, REPAIRED],
  ["Java", `SessionDescription{type=OFFER, description=${SDP}}`, REPAIRED],
  ["Kotlin", `SessionDescription(type=OFFER, sdp=${SDP})`, REPAIRED],
  ["Kotlin, escaped", `SessionDescription(type=OFFER, sdp="${LITERAL}")`, REPAIRED],
  ["Swift", `Optional(RTCSessionDescription: {\n  type: offer\n  sdp: ${SDP}\n})`, REPAIRED],
  ["Swift, a struct", `SessionDescription(type: App.SdpType.offer, sdp: "${LITERAL}")`, REPAIRED],
  ["Swift, dump", `▿ SessionDescription\n  - type: "offer"\n  - sdp: "${LITERAL}"`, REPAIRED],
  ["C#, a record", `RTCSessionDescriptionInit { type = offer, sdp = ${SDP} }`, REPAIRED],
  ["Python, a dictionary", `{'sdp': '${LITERAL}', 'type': 'offer', 'x': None}`, REPAIRED],
  [
    "Python, pprint",
    `{'sdp': ${OFFER_LINES.map((line) => `'${line}\\r\\n'`).join("\n        ")},\n 'type': 'offer'}`,
    REPAIRED,
  ],
  ["Rust", `RTCSessionDescription { sdp_type: Offer, sdp: "${LITERAL}", parsed: None }`, REPAIRED],
  ["Elixir", `%ExWebRTC.SessionDescription{type: :offer, sdp: "${LITERAL}"}`, REPAIRED],
  ["Ruby", `{:type=>"offer", :sdp=>"${LITERAL}"}`, REPAIRED],
  ["Dart", `{sdp: ${SDP}, type: offer}`, REPAIRED],
  ["PHP", `Array\n(\n    [type] => offer\n    [sdp] => ${SDP}\n)`, REPAIRED],
  ["Lua", `{ type = "offer", sdp = "${LITERAL}" }`, REPAIRED],
  ["Objective-C", `{\n    sdp = "${LITERAL}";\n    type = offer;\n}`, REPAIRED],
  ["YAML, a block", `type: offer\nsdp: |\n${rows("  ")}`, REPAIRED],
  ["YAML, quoted", `type: offer\nsdp: "${LITERAL}"`, REPAIRED],
  ["TOML", `type = "offer"\nsdp = """\n${rows("")}"""`, REPAIRED],
  ["a comma before the end", json(FULL).replace(/\}$/, ",}"), REPAIRED],
  ["the console of Chromium, unfolded", `RTCSessionDescription\nsdp: "${LITERAL}"\ntype: "offer"`, REPAIRED],
  [
    "the console of Chromium, candidates too",
    `RTCSessionDescription {type: 'offer', sdp: '${HOLLOW_LITERAL}'}\nRTCIceCandidate {candidate: '${CANDIDATE_LINE}', sdpMid: '0', sdpMLineIndex: 0, …}`,
    REPAIRED,
  ],
  [
    "chrome://webrtc-internals",
    `createOfferOnSuccess\ntype: offer, sdp: ${HOLLOW_SDP}\nicecandidate\nsdpMid: 0, sdpMLineIndex: 0, candidate: ${CANDIDATE_LINE}, url: \n`,
    REPAIRED,
  ],
  ["candidates of the other side", `local: ${json(FULL)}\nremote candidate:7 1 udp 1 203.0.113.9 9 typ host`, REPAIRED],
  ["the other side too", `Local Description:\n${SDP}\nRemote Description:\n${ANSWER}`, REPAIRED],
  ["two of them", `first {sdp=${SDP}}\nthen {sdp=${SDP.replaceAll("v8Lx", "next")}}`, { flaw: "several-descriptions" }],
  [
    "cut off behind the description",
    `{type: offer, sdp: '${HOLLOW_LITERAL}', candidates: ['candidate:`,
    { flaw: "cut-off" },
  ],
];

/** Candidates that come one by one. */
export const TRICKLED_TEXTS: readonly PublicDocument[] = [
  ["rows below the description", `${HOLLOW_SDP}${CANDIDATE_LINE}\n`, REPAIRED],
  ["rows without the word", `${HOLLOW_SDP}\n${CANDIDATE_LINE.replace("candidate:", "")}\n`, REPAIRED],
  ["rows below JSON", `${json(HOLLOW)}\na=${CANDIDATE_LINE}`, REPAIRED],
  ["JSON below the description", `${HOLLOW_SDP}\n${json(ENTRY)}`, REPAIRED],
  [
    "the example of libdatachannel",
    `Local Description (Paste this to the other peer):\n${HOLLOW_SDP}\nLocal Candidate (Paste this to the other peer after the local description):\na=${CANDIDATE_LINE}\n\n`,
    REPAIRED,
  ],
  [
    "YAML",
    `type: offer\nsdp: |\n${rows("  ").replace(/ {2}a=candidate.*\n/, "")}candidates:\n  - "${CANDIDATE_LINE}"\n`,
    REPAIRED,
  ],
  ["a log", `offer: ${json(HOLLOW)}\ncandidate: ${json(ENTRY)}`, REPAIRED],
  [
    "base64 lines, some of them short",
    [{ room: 1 }, HOLLOW, ENTRY, { type: "bye" }].map((signal) => base64(json(signal))).join("\n"),
    { candidates: 1, remarks: ["repaired", "wrapped"] },
  ],
  [
    "base64 lines, one of them a list",
    `${base64(json(HOLLOW))}\n${base64(json([ENTRY]))}`,
    { candidates: 1, remarks: ["repaired", "wrapped"] },
  ],
  ["base64 lines", `${base64(json(HOLLOW))}\n${base64(json(ENTRY))}`, REPAIRED],
  ["lists by section", json({ ...HOLLOW, candidates: { 0: [CANDIDATE_LINE] } }), { candidates: 1 }],
  [
    "with commas between",
    json({ ...HOLLOW, candidates: `${CANDIDATE_LINE},${CANDIDATE_LINE.replace("40001", "40002")}` }),
    { candidates: 2 },
  ],
];

/** In addresses, and with what a selection or a form has done to it. */
export const HANDED_TEXTS: readonly PublicDocument[] = [
  ["a fragment in base64", `https://example.org/app/#offer=${base64Url(json(FULL))}`, REPAIRED],
  ["a path in base64", `https://example.org/app/${base64Url(json(FULL))}`, REPAIRED],
  ["a data URI", `data:application/json;base64,${base64(json(FULL))}`, REPAIRED],
  ["a scheme of its own", `webrtc://?type=offer&sdp=${encodeURIComponent(SDP)}`, REPAIRED],
  ["percent-encoded twice", encodeURIComponent(encodeURIComponent(json(FULL))), REPAIRED],
  ["without its first line", SDP.slice(5), { candidates: 1, remarks: ["sdp-text"] }],
  ["bars between the lines", OFFER_LINES.join("|"), { candidates: 1, remarks: ["packed"] }],
  ["signs for line ends", OFFER_LINES.join("␍␊"), { candidates: 1, remarks: ["packed"] }],
  ["nothing between the lines", OFFER_LINES.join(""), { flaw: "mangled", field: "sdp" }],
  [
    "compressed by zlib",
    "eJxVj0tuwzAMRK8y4DpJEdtJHK+6KNBTdBFIlETEIQUJdeAG6dlLW4uuBjOP82ae3EHhYfDfXfFh0G5w",
    { flaw: "foreign-format" },
  ],
  [
    "compressed by lz-string",
    "N4IgLgngDgpiBcIBmAnAhkglgZwwE1gBoQBXAOwGcBTAJyxhTBQHMALGAGwHsBXbE",
    { flaw: "foreign-format" },
  ],
  [
    "an empty mid",
    json({ type: "offer", sdp: SDP.replace("a=mid:0", "a=mid:") }),
    { candidates: 1, remarks: ["line-assumed"] },
  ],
];

const BYTES = [...Buffer.from(json(FULL))];
const hexWith = (between: string): string =>
  Buffer.from(json(FULL))
    .toString("hex")
    .replaceAll(/..(?!$)/g, `$&${between}`);
const COMPRESSED = { flaw: "foreign-format" };

/** The bytes of a description, as programs print them, whole or in part, and compressed. */
export const BYTE_TEXTS: readonly PublicDocument[] = [
  ["a list of bytes", json(BYTES), { candidates: 1, remarks: ["packed", "bare-description"] }],
  ["a buffer of Node.js as JSON", json(Buffer.from(json(FULL))), { candidates: 1, remarks: ["packed", "wrapped"] }],
  ["a typed array as JSON", json(Object.fromEntries(BYTES.entries())), { candidates: 1, remarks: ["packed"] }],
  ["the bytes of the SDP alone", json({ type: "offer", sdp: [...Buffer.from(SDP)] }), { candidates: 1 }],
  ["bytes of Java", json([...Buffer.from(SDP)].concat([-61, -92, 10])), { candidates: 1, remarks: ["packed"] }],
  ["a typed array on a console", `Uint8Array(${BYTES.length}) [ ${BYTES.join(", ")} ]`, REPAIRED],
  ["a byte slice of Go", `[${BYTES.join(" ")}]`, REPAIRED],
  ["a buffer on a console", `<Buffer ${hexWith(" ")}>`, REPAIRED],
  ["bytes of C#", hexWith("-").toUpperCase(), REPAIRED],
  ["bytes of Python", `b'\\x${hexWith("\\x")}'`, REPAIRED],
  ["bytes of C", `{ 0x${hexWith(", 0x")} }`, REPAIRED],
  [
    "a buffer on a console, in part",
    `<Buffer ${hexWith(" ").slice(0, 149)} ... 512 more bytes>`,
    { flaw: "shortened" },
  ],
  ["numbers of something else", json(Array.from({ length: 200 }, (_, at) => at % 7)), { flaw: "not-exchange" }],
  ["compressed by gzip, in base64", gzipSync(json(FULL)).toString("base64"), COMPRESSED],
  ["compressed by zlib, as part of addresses", deflateSync(json(FULL)).toString("base64url"), COMPRESSED],
];

/** Every document of another program. */
export const ALL_DOCUMENTS: readonly PublicDocument[] = [
  ...DOCUMENT_SHAPES,
  ...CARRIED_TEXTS,
  ...SDP_DIALECTS,
  ...PRINTED_TEXTS,
  ...TRICKLED_TEXTS,
  ...HANDED_TEXTS,
  ...BYTE_TEXTS,
];
