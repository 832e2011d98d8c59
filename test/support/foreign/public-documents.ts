// Texts as other WebRTC programs hand them out, after public code and bug reports (natty, Nest, xCloud, Janus, PeerJS,
// simple-peer, libdatachannel, node-webrtc, the Android library, sites that show an offer to be copied), and what a reader
// has to make of each. Shortened; the addresses are those of RFC 5737, nobody has them.

/** What reading gives: the number of usable candidates and remarks that must be there, or the flaw. */
export type Verdict = { candidates: number; remarks?: string[] } | { flaw: string; field?: string };

/** Name, text, verdict. */
export type PublicDocument = readonly [name: string, text: string, verdict: Verdict];

const FINGERPRINT = "7A:D7:C9:33:94:8D:8A:BA:10:EB:93:21:7C:B4:91:6D:40:F7:56:07:CA:9D:42:D3:80:32:2D:10:D9:AC:8E:15";
const SHA_1 = "46:BC:06:FE:C4:EC:D5:0B:CE:B9:FC:BE:55:3E:65:EB:85:28:26:06";
const SHA_512 = Array.from({ length: 64 }, (_, at) => (at + 16).toString(16).toUpperCase()).join(":");
/** A candidate without `a=`. */
export const CANDIDATE_LINE =
  "candidate:1669605774 1 udp 2122260223 192.0.2.7 40001 typ host generation 0 network-id 1 network-cost 10";
const LINE = CANDIDATE_LINE;
const CANDIDATE = `a=${LINE}`;
const ENTRY = { candidate: LINE, sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "v8Lx" };

const HEAD = ["v=0", "o=- 2954344436352400798 2 IN IP4 127.0.0.1", "s=-", "t=0 0"];
const GROUP = "a=group:BUNDLE 0";
const MEDIA = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel";
const UFRAG = "a=ice-ufrag:v8Lx";
const PWD = "a=ice-pwd:GdpW980Caww9WWsbg6jJ5pGu";
const HASH = `a=fingerprint:sha-256 ${FINGERPRINT}`;
const SETUP = "a=setup:actpass";
const PORT = "a=sctp-port:5000";
const TRANSPORT = [UFRAG, PWD, "a=ice-options:trickle", HASH, SETUP];
const DATA = [MEDIA, "c=IN IP4 0.0.0.0", CANDIDATE, ...TRANSPORT, "a=mid:0", PORT, "a=max-message-size:262144"];
const AUDIO = [
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 63",
  "c=IN IP4 0.0.0.0",
  ...TRANSPORT,
  "a=mid:0",
  "a=sendrecv",
  "a=rtcp-mux",
  "a=rtpmap:111 opus/48000/2",
  "a=rtpmap:63 red/48000/2",
];
const OFFER = [...HEAD, GROUP, ...DATA];
/** The lines of an offer. */
export const OFFER_LINES: readonly string[] = OFFER;

/** The text of lines. */
export const text = (lines: readonly string[], end = "\r\n"): string => lines.map((line) => line + end).join("");
const bare = (lines: readonly string[], type = "offer"): string => JSON.stringify({ type, sdp: text(lines) });
/** The offer with lines exchanged, or taken away where there is nothing in their place. */
const but = (changes: Readonly<Record<string, string | readonly string[]>>): string =>
  bare(OFFER.flatMap((line) => (Object.hasOwn(changes, line) ? (changes[line] ?? []) : [line])));
const without = (...lines: readonly string[]): string => but(Object.fromEntries(lines.map((line) => [line, []])));
const withMid = (section: readonly string[], mid: string): string[] =>
  section.map((line) => (line === "a=mid:0" ? `a=mid:${mid}` : line));

/** The offer, and the same without its candidate. */
export const SDP = text(OFFER);
export const HOLLOW_SDP = text(OFFER.filter((line) => line !== CANDIDATE));
export const HOLLOW = { type: "offer", sdp: HOLLOW_SDP };
export const json = (value: unknown): string => JSON.stringify(value);
const base64 = (value: string): string => Buffer.from(value).toString("base64");

/** In whatever shape a program sends its description. */
export const DOCUMENT_SHAPES: readonly PublicDocument[] = [
  ["s01 as JSON.stringify gives it", bare(OFFER), { candidates: 1, remarks: ["bare-description"] }],
  ["s02 SDP alone, line feeds", text(OFFER, "\n"), { candidates: 1, remarks: ["sdp-text", "type-assumed"] }],
  ["s03 SDP alone", SDP, { candidates: 1, remarks: ["sdp-text", "type-assumed"] }],
  ["s06 sdp as base64", json({ type: "offer", sdp: base64(SDP) }), { candidates: 1, remarks: ["packed"] }],
  [
    "s08 sdp as part of an address",
    json({ type: "offer", sdp: encodeURIComponent(SDP) }),
    { candidates: 1, remarks: ["packed"] },
  ],
  [
    "s10 line ends escaped twice",
    json({ type: "offer", sdp: text(OFFER, "\\r\\n") }),
    { candidates: 1, remarks: ["packed"] },
  ],
  ["s12 candidates under ice", json({ sdp: HOLLOW, ice: [ENTRY] }), { candidates: 1 }],
  ["s13 candidates under candidates", json({ ...HOLLOW, candidates: [ENTRY] }), { candidates: 1 }],
  ["s14 candidates under iceCandidates", json({ ...HOLLOW, iceCandidates: [ENTRY] }), { candidates: 1 }],
  ["s15 offer and candidates", json({ offer: HOLLOW, candidates: [ENTRY] }), { candidates: 1, remarks: ["wrapped"] }],
  [
    "s16 answer and candidate",
    json({ answer: { type: "answer", sdp: HOLLOW.sdp.replace("actpass", "active") }, candidate: ENTRY }),
    { candidates: 1, remarks: ["wrapped"] },
  ],
  [
    "s17 a list of signals",
    json([HOLLOW, { type: "candidate", candidate: ENTRY }]),
    { candidates: 1, remarks: ["wrapped"] },
  ],
  [
    "s18 one signal a line",
    `${json(HOLLOW)}\n${json({ type: "candidate", candidate: ENTRY })}\n`,
    { candidates: 1, remarks: ["wrapped"] },
  ],
  [
    "s19 PeerJS",
    json({
      type: "OFFER",
      src: "a",
      payload: { sdp: { type: "offer", sdp: SDP }, type: "data", connectionId: "dc_1", label: "dc_1", reliable: false },
    }),
    { candidates: 1, remarks: ["wrapped"] },
  ],
  ["s20 Janus", json({ janus: "event", jsep: { type: "offer", sdp: SDP } }), { candidates: 1, remarks: ["wrapped"] }],
  ["s21 sdp as a list of lines", json({ type: "offer", sdp: OFFER }), { candidates: 1, remarks: ["packed"] }],
  ["s22 the type in capitals", bare(OFFER, "OFFER"), { candidates: 1 }],
  ["s23 Android's SessionDescription", json({ type: "OFFER", description: SDP }), { candidates: 1 }],
  [
    "s24 null and an empty candidate at the end",
    json({ icecandidate: [null, { ...ENTRY, candidate: "" }, ENTRY], sdp: HOLLOW }),
    { candidates: 1 },
  ],
  [
    "s25 entries that are signals",
    json({ icecandidate: [{ type: "candidate", candidate: ENTRY }], sdp: HOLLOW }),
    { candidates: 1 },
  ],
  [
    "s26 no candidate: before the candidate",
    json({ icecandidate: [{ ...ENTRY, candidate: LINE.slice("candidate:".length) }], sdp: HOLLOW }),
    { candidates: 1 },
  ],
  ["s27 candidates under iceCandidate", json({ iceCandidate: [ENTRY], sdp: HOLLOW }), { candidates: 1 }],
  ["s28 a provisional answer", bare(OFFER, "pranswer"), { flaw: "offer-or-answer", field: "type" }],
  [
    "all candidates in one text",
    json({ ...HOLLOW, candidates: `${LINE}\r\n${LINE.replace("40001", "40002")}` }),
    { candidates: 2 },
  ],
  [
    "candidates as texts",
    json({ ...HOLLOW, candidates: [LINE, CANDIDATE.replace("40001", "40002")] }),
    { candidates: 2 },
  ],
  ["the list as JSON text", json({ ...HOLLOW, ice_candidates: json([ENTRY]) }), { candidates: 1 }],
  [
    "candidates under a name that says nothing",
    json({ ...HOLLOW, paths: [LINE] }),
    { candidates: 0, remarks: ["candidates-elsewhere"] },
  ],
  ["AppRTC's candidates", json([HOLLOW, { type: "candidate", label: 0, id: "0", candidate: LINE }]), { candidates: 1 }],
  [
    "base64 of JSON in a message",
    json({ messageType: "SDP_OFFER", messagePayload: base64(bare(OFFER)) }),
    { candidates: 1, remarks: ["wrapped", "packed"] },
  ],
  ["JSON text in a message", json({ event: "offer", data: bare(OFFER) }), { candidates: 1, remarks: ["wrapped"] }],
  ["the text under offer", json({ offer: SDP }), { candidates: 1, remarks: ["wrapped"] }],
  ["no type", json({ sdp: SDP }), { candidates: 1, remarks: ["type-assumed"] }],
  [
    "both sides of a connection",
    json({ localDescription: { type: "offer", sdp: SDP }, remoteDescription: { type: "answer", sdp: SDP } }),
    { candidates: 1, remarks: ["wrapped"] },
  ],
  [
    "two offers",
    json([
      { type: "offer", sdp: SDP },
      { type: "offer", sdp: SDP.replace("v8Lx", "next") },
    ]),
    { flaw: "several-descriptions" },
  ],
  ["candidates alone", json([{ type: "candidate", candidate: ENTRY }]), { flaw: "only-candidates" }],
  ["no SDP at all", json({ type: "offer", sdp: "please call me" }), { flaw: "not-sdp", field: "sdp" }],
  ["the candidates of the other side", json({ ...HOLLOW, remoteCandidates: [LINE] }), { candidates: 0 }],
  [
    "a configuration",
    json({ iceServers: [{ urls: "stun:stun.example" }], ice: { tcp: true } }),
    { flaw: "not-exchange" },
  ],
];

const WRAPPED = bare(OFFER).replaceAll(/(.{76})/g, "$1\n");

/** As a page, a console, a mail or a chat hands it on. */
export const CARRIED_TEXTS: readonly PublicDocument[] = [
  [
    "s04 base64 of JSON, as the examples of Pion print it",
    base64(bare(OFFER)),
    { candidates: 1, remarks: ["repaired"] },
  ],
  ["s05 base64 of the SDP", base64(SDP), { candidates: 1, remarks: ["repaired", "sdp-text"] }],
  ["s07 part of an address", encodeURIComponent(bare(OFFER)), { candidates: 1, remarks: ["repaired"] }],
  ["s09 JSON inside a JSON string", json(bare(OFFER)), { candidates: 1 }],
  [
    "s11 as a console prints an object",
    `{type: 'offer', sdp: '${SDP.replaceAll("\r\n", "\\r\\n")}'}`,
    { candidates: 1, remarks: ["repaired"] },
  ],
  [
    "as Node prints an object",
    `RTCSessionDescription {\n  type: 'offer',\n  sdp: ${OFFER.map((line) => `'${line}\\r\\n'`).join(" +\n    ")},\n  toJSON: undefined,\n}`,
    { candidates: 1, remarks: ["repaired"] },
  ],
  [
    "signals one after another, over several lines",
    `${JSON.stringify(HOLLOW, null, 2)}${JSON.stringify({ type: "candidate", candidate: ENTRY }, null, 2)}`,
    { candidates: 1, remarks: ["wrapped"] },
  ],
  [
    "line feeds within the string",
    `{"type":"offer","sdp":"${text(OFFER, "\n")}"}`,
    { candidates: 1, remarks: ["repaired", "bare-description"] },
  ],
  ["s29 HTML entities", bare(OFFER).replaceAll('"', "&quot;"), { candidates: 1, remarks: ["repaired"] }],
  ["s30 typographic quotation marks", bare(OFFER).replaceAll('"', "\u201d"), { candidates: 1, remarks: ["repaired"] }],
  ["s31 a greeting before it", `here is my offer:\n${bare(OFFER)}`, { candidates: 1, remarks: ["repaired"] }],
  ["s32 a signature after it", `${bare(OFFER)}\nsent from my phone`, { candidates: 1, remarks: ["repaired"] }],
  ["s33 quoted by a mail program", `> ${WRAPPED.replaceAll("\n", "\n> ")}`, { candidates: 1, remarks: ["repaired"] }],
  ["s34 wrapped by a mail program", WRAPPED, { candidates: 1, remarks: ["repaired"] }],
];

/** In whatever lines a program writes it. */
export const SDP_DIALECTS: readonly PublicDocument[] = [
  [
    "c01 audio first",
    bare([...HEAD, "a=group:BUNDLE 0 1", ...AUDIO, ...withMid(DATA, "1")]),
    { candidates: 1, remarks: ["other-sections"] },
  ],
  [
    "c02 audio after it",
    bare([...HEAD, "a=group:BUNDLE 0 1", ...DATA, ...withMid(AUDIO, "1")]),
    { candidates: 1, remarks: ["other-sections"] },
  ],
  [
    "c03 bundle-only without credentials",
    bare([
      ...HEAD,
      "a=group:BUNDLE 0 1",
      ...AUDIO,
      CANDIDATE,
      MEDIA.replace(" 9 ", " 0 "),
      "a=bundle-only",
      "a=mid:1",
      PORT,
    ]),
    { candidates: 1, remarks: ["other-sections"] },
  ],
  [
    "c04 c42 audio with candidates of its own",
    bare([
      ...HEAD,
      ...AUDIO.map((line) => (line === UFRAG ? "a=ice-ufrag:AUDI" : line)),
      CANDIDATE.replace("40001", "40011"),
      ...withMid(DATA, "1"),
    ]),
    { candidates: 1, remarks: ["other-sections", "candidate-skipped"] },
  ],
  [
    "c05 a dead audio section",
    bare([
      ...HEAD,
      "a=group:BUNDLE 1",
      "m=audio 0 UDP/TLS/RTP/SAVPF 0",
      "a=mid:0",
      "a=inactive",
      ...withMid(DATA, "1"),
    ]),
    { candidates: 1, remarks: ["other-sections"] },
  ],
  ["c06 audio alone", bare([...HEAD, GROUP, ...AUDIO]), { flaw: "no-data-section" }],
  [
    "c07 the data channel refused",
    bare([...HEAD, MEDIA.replace(" 9 ", " 0 "), "a=mid:0", PORT], "answer"),
    { flaw: "section-rejected" },
  ],
  [
    "c08 Firefox, fingerprint and options in the session part",
    bare([...HEAD, "a=sendrecv", HASH, GROUP, ...DATA.filter((line) => line !== HASH), "a=end-of-candidates"]),
    { candidates: 1 },
  ],
  [
    "c09 Firefox of 2017",
    bare([
      ...HEAD,
      HASH,
      "a=group:BUNDLE sdparta_0",
      "m=application 9 DTLS/SCTP 5000",
      CANDIDATE,
      UFRAG,
      PWD,
      "a=mid:sdparta_0",
      "a=sctpmap:5000 webrtc-datachannel 256",
      SETUP,
    ]),
    { candidates: 1 },
  ],
  [
    "c10 libdatachannel, all in the session part",
    bare([
      ...HEAD,
      GROUP,
      "a=group:LS 0",
      SETUP,
      UFRAG,
      PWD,
      HASH,
      MEDIA,
      "a=mid:0",
      "a=sendrecv",
      PORT,
      "a=candidate:1 1 UDP 2122317823 192.0.2.7 40001 typ host",
    ]),
    { candidates: 1 },
  ],
  [
    "c11 ufrag with - and _",
    but({ [UFRAG]: "a=ice-ufrag:4ht-1yvSJu_VayA", [CANDIDATE]: CANDIDATE }),
    { candidates: 1, remarks: ["odd-credential"] },
  ],
  [
    "c12 pwd as base64",
    but({ [PWD]: "a=ice-pwd:q83vEjRWeJCrze8SNFZ4kA==" }),
    { candidates: 1, remarks: ["odd-credential"] },
  ],
  ["c13 pwd of 21 characters", but({ [PWD]: "a=ice-pwd:1rWRyRkaDGkJ0WoH1gRZR" }), { flaw: "ice-pwd" }],
  ["c14 ufrag of 3 characters", but({ [UFRAG]: "a=ice-ufrag:7ia" }), { flaw: "ice-ufrag" }],
  ["c15 another SCTP port", but({ [PORT]: "a=sctp-port:18499" }), { candidates: 1 }],
  ["c16 any size", but({ "a=max-message-size:262144": "a=max-message-size:0" }), { candidates: 1 }],
  [
    "c17 a size of 2^64 - 1",
    but({ "a=max-message-size:262144": "a=max-message-size:18446744073709551615" }),
    { candidates: 1 },
  ],
  ["c18 only sha-512", but({ [HASH]: `a=fingerprint:sha-512 ${SHA_512}` }), { flaw: "no-sha-256" }],
  ["c19 only sha-1", but({ [HASH]: `a=fingerprint:sha-1 ${SHA_1}` }), { flaw: "no-sha-256" }],
  [
    "c20 three hashes",
    but({ [HASH]: [`a=fingerprint:sha-1 ${SHA_1}`, HASH, `a=fingerprint:sha-512 ${SHA_512}`] }),
    { candidates: 1 },
  ],
  ["c21 another case", but({ [HASH]: `a=fingerprint:SHA-256 ${FINGERPRINT.toLowerCase()}` }), { candidates: 1 }],
  ["c22 neither mid nor group", without("a=mid:0", GROUP), { candidates: 1, remarks: ["line-assumed"] }],
  [
    "c23 a group and no mid",
    but({ "a=mid:0": [], [GROUP]: "a=group:BUNDLE data" }),
    { candidates: 1, remarks: ["line-assumed"] },
  ],
  ["c24 no setup", without(SETUP), { candidates: 1, remarks: ["line-assumed"] }],
  ["c25 an answer that leaves the part open", bare(OFFER, "answer"), { flaw: "setup-of-answer" }],
  ["c26 blanks at the end of each line", json({ type: "offer", sdp: text(OFFER, " \n") }), { candidates: 1 }],
  ["c27 ice-lite in the section", but({ [PORT]: [PORT, "a=ice-lite"] }), { candidates: 1 }],
  ["c28 ice-lite in the session part", but({ [GROUP]: [GROUP, "a=ice-lite"] }), { candidates: 1 }],
  [
    "c29 only a .local name",
    but({ [CANDIDATE]: CANDIDATE.replace("192.0.2.7", "82e51aaf-54c8-49bf-9d89-82701566f34f.local") }),
    { candidates: 0, remarks: ["candidate-skipped", "no-candidates"] },
  ],
  [
    "c30 a zone",
    but({ [CANDIDATE]: ["a=candidate:1 1 udp 2122262783 fe80::1%eth0 40002 typ host", CANDIDATE] }),
    { candidates: 2 },
  ],
  [
    "c31 component 2, ssltcp, port 0",
    but({
      [CANDIDATE]: [
        CANDIDATE.replace(" 1 udp", " 2 udp"),
        "a=candidate:9 1 ssltcp 100 192.0.2.7 443 typ host",
        "a=candidate:10 1 tcp 1518280447 192.0.2.7 0 typ host",
        CANDIDATE,
      ],
    }),
    { candidates: 1, remarks: ["candidate-skipped"] },
  ],
  [
    "c32 candidates of 2013",
    but({
      [CANDIDATE]:
        "a=candidate:1 1 udp 1 192.0.2.7 40001 typ host name rtp network_name eth0 username abcd password efgh generation 0",
    }),
    { candidates: 1 },
  ],
  [
    "c33 odd foundations, a priority with a point",
    but({
      [CANDIDATE]: [
        "a=candidate:H7f000001 1 UDP 2130706431.0 192.0.2.7 40001 typ host",
        "a=candidate:x_y-z 1 UDP 2130706430 192.0.2.7 40002 typ host",
      ],
    }),
    { candidates: 1, remarks: ["candidate-skipped"] },
  ],
  [
    "c34 BFCP before it",
    bare([...HEAD, GROUP, "m=application 5070 UDP/BFCP *", "a=floorctrl:c-only", ...DATA]),
    { candidates: 1, remarks: ["other-sections"] },
  ],
  ["c35 DTLS/SCTP webrtc-datachannel", but({ [MEDIA]: MEDIA.replace("UDP/", "") }), { candidates: 1 }],
  ["c36 TCP/DTLS/SCTP", but({ [MEDIA]: MEDIA.replace("UDP/", "TCP/") }), { candidates: 1 }],
  [
    "c37 UDP/DTLS/SCTP 5000",
    but({ [MEDIA]: "m=application 9 UDP/DTLS/SCTP 5000", [PORT]: "a=sctpmap:5000 webrtc-datachannel 1024" }),
    { candidates: 1 },
  ],
  [
    "c38 = and blank instead of :",
    but({ [PORT]: "a=sctp-port 5000", "a=max-message-size:262144": "a=max-message-size=100000" }),
    { candidates: 1, remarks: ["line-assumed"] },
  ],
  ["c39 a data channel over RTP", but({ [MEDIA]: "m=application 9 RTP/SAVPF 101" }), { flaw: "no-data-section" }],
  [
    "c40 an earlier generation",
    but({ [CANDIDATE]: [`${CANDIDATE} ufrag old1`, `${CANDIDATE.replace("40001", "40002")} ufrag v8Lx`] }),
    { candidates: 1, remarks: ["candidate-skipped"] },
  ],
  [
    "c41 candidates in the audio section of the group",
    bare([
      ...HEAD,
      "a=group:BUNDLE 0 1",
      ...AUDIO,
      CANDIDATE,
      ...withMid(DATA, "1").filter((line) => line !== CANDIDATE),
    ]),
    { candidates: 1 },
  ],
  ["c43 ice-options twice", but({ [PORT]: [PORT, "a=ice-options:trickle renomination"] }), { candidates: 1 }],
  [
    "c44 tls-id and sctp-init",
    but({ [PORT]: [PORT, "a=tls-id:89J2LRATQ3ULA24G9AHWVR31VJWSLB68", "a=sctp-init:AQAAIDVG0z8AUAAA"] }),
    { candidates: 1 },
  ],
  ["blanks around =", json({ type: "offer", sdp: SDP.replaceAll(/^([a-z])=/gm, "$1 = ") }), { candidates: 1 }],
  [
    "blanks behind = and around :",
    json({ type: "offer", sdp: SDP.replaceAll(/^([a-z])=([a-z-]+):/gm, "$1= $2 : ") }),
    { candidates: 1 },
  ],
  ["SDP alone, with blanks around =", SDP.replaceAll(/^([a-z])=/gm, "$1 = "), { candidates: 1, remarks: ["sdp-text"] }],
  ["c45 empty lines between", json({ type: "offer", sdp: text(OFFER, "\r\n\r\n") }), { candidates: 1 }],
  [
    "c46 a fingerprint without colons",
    but({ [HASH]: HASH.replaceAll(/:(?=..(?::|$))/g, "") }),
    { flaw: "fingerprint" },
  ],
  ["c47 before gathering", without(CANDIDATE), { candidates: 0, remarks: ["no-candidates"] }],
  ["c48 tabs in a candidate", but({ [CANDIDATE]: CANDIDATE.replaceAll(" ", "\t") }), { candidates: 1 }],
  [
    "c49 localhost",
    but({ [CANDIDATE]: CANDIDATE.replace("192.0.2.7", "localhost") }),
    { candidates: 0, remarks: ["candidate-skipped"] },
  ],
  [
    "c50 a mid of 70 characters",
    but({ "a=mid:0": `a=mid:${"x".repeat(70)}`, [GROUP]: `a=group:BUNDLE ${"x".repeat(70)}` }),
    { candidates: 1 },
  ],
  ["c51 a mid with braces", but({ "a=mid:0": "a=mid:data{1}", [GROUP]: "a=group:BUNDLE data{1}" }), { candidates: 1 }],
  [
    "c52 a closed data channel before it",
    bare([...HEAD, "a=group:BUNDLE 1", MEDIA.replace(" 9 ", " 0 "), "a=mid:0", PORT, ...withMid(DATA, "1")]),
    { candidates: 1 },
  ],
  [
    "c53 another fingerprint in the session part",
    but({ [GROUP]: [GROUP, HASH.replace("7A:", "7B:")] }),
    { candidates: 1 },
  ],
];
