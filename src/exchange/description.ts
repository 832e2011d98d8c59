// The description that one side gives of itself: the facts of an exchange file, without its text. Plain data.
import type { Damage } from "../lib/damage.ts";
import type { NatSummary } from "../lib/nat-summary.ts";

/** One ICE candidate. RFC 8839 §5.1, RFC 6544 §4.5. */
export interface IceCandidate {
  foundation: string;
  component: number;
  transport: "udp" | "tcp";
  /** 0 … 2^32-1. */
  priority: number;
  /** IPv4 or IPv6, without brackets. */
  address: string;
  port: number;
  type: "host" | "srflx" | "prflx" | "relay";
  relatedAddress?: string;
  relatedPort?: number;
  tcpType?: "active" | "passive" | "so";
}

/** RFC 8122 §5: algorithm in lower case (`sha-256`), value in upper-case hex with colons. */
export interface Fingerprint {
  algorithm: string;
  value: string;
}

export interface SessionDescription {
  type: "offer" | "answer";
  /** `legacy`: `DTLS/SCTP 5000` with `a=sctpmap`, before RFC 8841. */
  form: "modern" | "legacy";
  mid: string;
  iceUfrag: string;
  icePwd: string;
  iceLite: boolean;
  fingerprints: Fingerprint[];
  setup: "actpass" | "active" | "passive";
  sctpPort: number;
  /** In bytes; 0: no limit; where the text gives none 65,536, without a `p2p` key 65,535. */
  maxMessageSize: number;
  candidates: IceCandidate[];
}

/** Whether a section of an SDP text is used: port 0 means rejected, except with `a=bundle-only` (RFC 9143 §6). */
export type SectionState = "live" | "bundle-only" | "rejected";

/** What a side does in a section of media, as it says itself. RFC 8866 §6.7. */
export type MediaDirection = "sendrecv" | "sendonly" | "recvonly" | "inactive";

/** The RTP stream that a section sends, by its first `a=ssrc` line. RFC 5576. */
export interface RtpStream {
  /** 32 bits. */
  ssrc: number;
  /** Undefined: not told. */
  cname: string | undefined;
}

/** One `m=` section as far as an answer repeats it. RFC 3264 §6. Its texts are printable ASCII. */
export interface SdpSection {
  /** The data channel section that the description is about; exactly one section of a layout has it. */
  isData: boolean;
  /** First word of the `m=` line (`audio`). */
  kind: string;
  /** `UDP/TLS/RTP/SAVPF`, or of the data channel section `UDP/DTLS/SCTP` and its older forms. */
  protocol: string;
  /** The words after the protocol; the old form's port number of the data channel section is not kept. */
  formats: string[];
  /** Undefined: the section has no (usable) `a=mid`. */
  mid: string | undefined;
  state: SectionState;
  /** `a=rtcp-mux`. */
  hasRtcpMux: boolean;
  /** Lines `a=rtpmap`, `a=fmtp` and `a=rtcp-fb`, without `a=`; media-codecs.ts reads and writes them. */
  codecLines: string[];
  /** `inactive` for a section without RTP, or one that is rejected. */
  direction: MediaDirection;
  /** Undefined: it sends nothing, or does not say as what. */
  stream: RtpStream | undefined;
}

/** The sections of an SDP text, in order, and which of them share a transport with the data channel section. */
export interface SdpLayout {
  sections: SdpSection[];
  /** Mids of the BUNDLE group that has the data channel section, in its order; empty: it is in none. RFC 9143 §7. */
  bundle: string[];
}

/** Our own key of the exchange file, `p2p`. Other programs ignore it. */
export interface P2pKey {
  version: number;
  /** 32 lower-case hex digits. */
  id: string;
  inReplyTo?: string;
  inReplyToRevision?: number;
  /** Starts at 1. */
  revision: number;
  /** RFC 3339 UTC. */
  createdAt: string;
  expiresAt: string;
  name?: string;
  tool?: string;
  /** Facts that its writer knows about its router. */
  nat?: NatSummary;
  /** Digest of the document (digest.ts), 16 lower-case hex digits; older versions wrote none. */
  digest?: string;
}

/** Why a candidate of the text is missing from the description's candidates. */
export type SkipReason =
  /** A `.local` name: it takes a multicast query to resolve, which only connecting makes. */
  | "mdns"
  /** A DNS name: a file must not make us look it up. */
  | "host-name"
  /** `0.0.0.0` or `::`. */
  | "unspecified-address"
  /** Multicast, broadcast and other addresses that no single machine has. */
  | "not-unicast"
  /** Port 0; port 9 of an active TCP candidate is valid and kept. */
  | "port"
  /** Not component 1: there is only one (RTP needs two, data channels do not). */
  | "component"
  /** Neither udp nor tcp. */
  | "transport"
  /** A type that RFC 8839 does not know. */
  | "type"
  /** It belongs to an earlier generation, since it names another ufrag (RFC 8839 §5.1). */
  | "generation"
  /** It belongs to a section that does not share its transport with the data channel (RFC 9143 §7). */
  | "section"
  /** Not a candidate at all. */
  | "syntax";

/** An odd property found while reading that does not keep the document from serving. */
export type Remark =
  /** UTF-16 instead of UTF-8. */
  | { remark: "utf-16" }
  /** A Markdown code fence surrounds the document. */
  | { remark: "code-fence" }
  /** It came as a short code. */
  | { remark: "code" }
  /** Programs on the way had changed the text, which is undone; in the order of undoing. */
  | { remark: "repaired"; undone: Damage[] }
  /** Its digest differs: somebody changed it after p2p wrote it. */
  | { remark: "altered" }
  /** It was sealed with a passphrase, and has been opened. */
  | { remark: "sealed" }
  /** It is signed with this long-term key (64 hex digits), and the signature is valid. */
  | { remark: "signed"; key: string }
  /** `{"type","sdp"}` as browsers produce it, without the outer object. */
  | { remark: "bare-description" }
  /** The text of a description alone (`v=0 …`), without its type. */
  | { remark: "sdp-text" }
  /** It stood in a message of another program, at `where` (the peer's keys, unescaped). */
  | { remark: "wrapped"; where: string }
  /** Nothing says whether it is an offer or an answer; its lines look like this. */
  | { remark: "type-assumed"; type: SessionDescription["type"] }
  /** The text of the description was packed once more than it should be. */
  | { remark: "packed"; packing: "lines" | "escapes" | "base64" | "percent" | "bytes" }
  /** Candidates under a key that names no candidate list: they are not used. `key` is the peer's, unescaped. */
  | { remark: "candidates-elsewhere"; key: string; count: number }
  /** A newer p2p wrote it; keys that this one does not know are ignored. */
  | { remark: "newer-version"; version: number }
  /** `where` names the place (`icecandidate[3]`); `text` is the peer's, at most 120 characters, unescaped. */
  | { remark: "candidate-skipped"; where: string; why: SkipReason; text: string }
  | { remark: "candidate-duplicate"; where: string }
  | { remark: "no-candidates" }
  /** It has characters that RFC 8839 §5.4 does not allow and that some programs write. */
  | { remark: "odd-credential"; field: "ice-ufrag" | "ice-pwd" }
  /** A line is missing and its default was taken. */
  | { remark: "line-assumed"; line: string }
  /** The text also wants audio, video or another section: `kinds` are the peer's words, unescaped. */
  | { remark: "other-sections"; kinds: string[] };

/** A signature with a long-term key; its validity has not been checked. */
export interface DocumentSignature {
  /** Ed25519 public key: 64 lower-case hex digits. */
  key: string;
  /** 128 lower-case hex digits. */
  value: string;
  /** The signed text (signed-text.ts). */
  text: string;
}

/** The content of an exchange file. */
export interface ExchangeDocument {
  description: SessionDescription;
  /** Absent: one data channel section, laid out as this program does it (sdp-layout.ts). */
  layout?: SdpLayout;
  /** Absent: another WebRTC program wrote it. */
  p2p?: P2pKey;
  /** Located within the `p2p` key. */
  signature?: DocumentSignature;
  /**
   * Candidates with a `.local` name in the place of the address, which only the network of their machine knows. They
   * belong to no digest and no signature: older programs leave them out.
   */
  localNames?: IceCandidate[];
  remarks: Remark[];
}

/** The same for writing: remarks come from reading only. */
export type OwnDocument = Omit<ExchangeDocument, "remarks">;
