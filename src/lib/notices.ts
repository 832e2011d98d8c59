// Notices for a person during pairing that programs do not need: printed on stderr, never in `--json`.
// Plain data; the sentences are in words/.
import type { TriedPair } from "./events.ts";
import type { P2pError } from "./errors/p2p-error.ts";
import type { MappingProtocol, Prediction, PredictionReason } from "./nat-summary.ts";

/**
 * Why our file was rewritten. `made-anew`: it replaces one of an earlier run. `mapping-changed`: a server
 * sees us at another address. `address-came`, `address-gone`: this computer's own addresses; a file carried
 * before the latter still serves.
 */
export type RewriteReason =
  | "new-offer"
  | "late-candidates"
  | "foreign-offer"
  | "made-anew"
  | "mapping-changed"
  | "address-came"
  | "address-gone";

/** One notice for a person during pairing. */
export type Notice =
  /** A STUN or TURN server is being asked for our public address. */
  | { notice: "asking-server"; url: string }
  /** A STUN server did not answer within the gathering time. */
  | { notice: "server-silent"; url: string; reason: string }
  /** A TURN server gave no relay, or no STUN server answered. A line reports the error as an event. */
  | { notice: "server-failed"; url: string; error: P2pError }
  /** The router lets the other side in at `external` (`address:port`), at our request. */
  | { notice: "port-mapped"; protocol: MappingProtocol; external: string }
  /** No server is configured, or none of them answered: only local addresses are in the file. */
  | { notice: "local-addresses-only"; servers: "none" | "silent" }
  /** No network interface is up: only loopback is in the file. */
  | { notice: "loopback-only" }
  /** The other side's file was dropped over our own: it is kept as `keptAs`, ours is rewritten. */
  | { notice: "own-file-overwritten"; path: string; keptAs: string }
  /** The folder of the exchange files is available again. */
  | { notice: "folder-back"; path: string }
  /** The folder has more files than are examined. */
  | { notice: "folder-crowded"; path: string }
  /** The folder has so many sealed files that they are opened one by one, with pauses. */
  | { notice: "sealed-crowd"; path: string; count: number }
  /** A file from before the start cannot serve; it is named once and left alone. */
  | { notice: "file-ignored"; path: string; error: P2pError }
  /** A readable file of a newer p2p: unknown keys are ignored. */
  | { notice: "newer-version"; path: string; version: number }
  /** Our file was rewritten: the person must carry this one, or may where an address is gone. */
  | { notice: "file-rewritten"; path: string; revision: number; why: RewriteReason }
  /** The run ends before it has connected, and `--resume` resumes with its file. */
  | { notice: "can-resume"; command: "offer" | "answer" }
  /** Both sides offered; the smaller id stays the offer. Nobody carries again. */
  | { notice: "two-offers"; weAre: "offer" | "answer" }
  /** The other side's file is signed by somebody whose key was kept at `verifiedAt` (RFC 3339 UTC). */
  | { notice: "peer-known"; name: string; verifiedAt: string }
  /** It bears the name of a contact that is kept, but is signed with another key. */
  | { notice: "peer-other-key"; name: string; verifiedAt: string }
  /** It bears the name of a contact that is kept, but is not signed. */
  | { notice: "peer-unsigned"; name: string; verifiedAt: string }
  /** The session is verified: the other side can be kept. */
  | { notice: "contact-possible" }
  /** Our key has been sent; the other side's has not come yet. */
  | { notice: "contact-asked" }
  /** The other side has sent its key and wants to keep ours. */
  | { notice: "contact-offered" }
  /** The other side's key is kept under this name. */
  | { notice: "contact-kept"; name: string }
  /** Both files were sealed with the same passphrase, and the session came from them. */
  | { notice: "line-sealed" }
  /** Only `kept` bytes of an existing part are the same as the sender has now. */
  | { notice: "part-differs"; path: string; kept: number; of: number }
  /** The disk here keeps another mode or time for `path`, and maybe for more; told once in a transfer for each. */
  | { notice: "attribute-lost"; what: "mode" | "time"; path: string }
  /** Our document was sent to the terminal's clipboard, if the terminal supports it; or why not. */
  | { notice: "copied"; outcome: "sent" | "too-long" | "no-terminal" }
  /** A person has pasted a document: it is kept, and judged like any other file. */
  | { notice: "pasted"; path: string }
  | { notice: "paste-useless" }
  | { notice: "paste-failed"; error: P2pError }
  /** A person asked how to paste. */
  | { notice: "paste-how" }
  /** The peer is another WebRTC program. */
  | { notice: "foreign-peer" }
  /** The peer sent bytes on the text channel of a foreign program. */
  | { notice: "binary-message"; bytes: number }
  /**
   * One side opened a channel that the other side's p2p does not know, and that one closed it. `by`: who refused it. The
   * names are foreign text, at most 64 characters each.
   */
  | { notice: "channel-refused"; by: "me" | "peer"; label: string; protocol: string }
  /** The two files' prediction of the chances; reported when connecting starts. */
  | { notice: "prediction"; prediction: Prediction }
  /**
   * Connecting failed: each pair and how its checks ended, and the two files' explanation. `goesOn`: we wait for a
   * newer file; otherwise an error reports it.
   */
  | { notice: "connect-failed"; seconds: number; pairs: readonly TriedPair[]; why: PredictionReason; goesOn: boolean };
