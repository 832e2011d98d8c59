// The events of a line, in chronological order. They are the module's event stream, and with a
// `time` added they are the `--json` output (docs/events.schema.json). Plain data, no functions.
import type { P2pErrorCode } from "./errors/codes.ts";

/** Direction of a transfer, as seen from this side. */
export type Direction = "send" | "receive";
/** Kind of an entry of a transfer. */
export type EntryType = "file" | "directory" | "symlink";

/** Less direct end of the selected candidate pair (RFC 8445 candidate types). */
export type PairKind = "host" | "srflx" | "prflx" | "relay";

/** The two addresses that the line uses. */
export interface SelectedPair {
  protocol: "udp" | "tcp";
  /** `address:port`, IPv6 in brackets. */
  local: string;
  remote: string;
  kind: PairKind;
}

/** State of a candidate pair in the checklist (RFC 8445 §6.1.2.6). */
export type PairState = "frozen" | "waiting" | "in progress" | "succeeded" | "failed";

/** Two addresses that were tried, `address:port` each. */
export interface TriedPair {
  local: string;
  remote: string;
  localKind: PairKind;
  remoteKind: PairKind;
  state: PairState;
  protocol: "udp" | "tcp";
}

/** One file or folder that the peer offers. */
export interface IncomingEntry {
  /** The peer's name for it: relative, `/`-separated, not yet sanitised. Escape before showing. */
  path: string;
  bytes: number;
  type: EntryType;
}

/** One proposed file of which a part exists already. Its bytes are compared with the sender's before they count. */
export interface ResumableEntry {
  /** The same as in `IncomingEntry`. */
  path: string;
  /** Bytes in the part. */
  bytes: number;
  /** Size of the proposed file. */
  total: number;
  /** The file had another size or time when the part was started. */
  changed?: true;
}

/** Why a line ended. */
export type ClosedReason =
  | "done"
  | "peer-bye"
  | "quit"
  | "interrupted"
  | "lost"
  | "cannot-connect"
  | "timeout"
  | "rejected"
  | "error";

/** Events of pairing: from writing our file to a connection. */
export type PairingEvent =
  | {
      event: "local-file";
      path: string;
      type: "offer" | "answer";
      id: string;
      revision: number;
      candidates: number;
      expiresAt: string;
    }
  | { event: "waiting"; for: "file" | "connection"; path?: string }
  | { event: "peer-file"; path: string; type: "offer" | "answer"; id?: string }
  | { event: "connecting" };

/** Events of file transfers. `transfer` is unique within the session; bytes are integers and cumulative. */
export type TransferEvent =
  | {
      event: "incoming";
      transfer: string;
      files: number;
      bytes: number;
      /** The first entries: at most 1,000, fewer where paths are long; a line of `--json` has 64 KiB. */
      entries: IncomingEntry[];
      /** Number of further entries; absent when there are none. */
      entriesLeftOut?: number;
      /** Files of which an earlier session left a part here; absent when there are none. */
      resumable?: ResumableEntry[];
      /** Number of further parts; only in a line of `--json`, and absent when there are none. */
      resumableLeftOut?: number;
    }
  | { event: "offered"; transfer: string; files: number; bytes: number }
  | { event: "accepted"; transfer: string; direction: Direction; resumedFrom: number }
  | { event: "declined"; transfer: string; direction: Direction; by: "me" | "peer" }
  | { event: "progress"; transfer: string; direction: Direction; bytes: number; total: number; rate: number }
  | {
      event: "file-done";
      transfer: string;
      direction: Direction;
      /** Absolute path on this side's disk; `-` for data from stdin or to stdout. */
      path: string;
      bytes: number;
      /** Lower-case hex. */
      sha256: string;
      skipped?: true;
    }
  | { event: "transfer-done"; transfer: string; direction: Direction; files: number; bytes: number; ms: number };

/**
 * The comparison of a verification string. `shown`: two people, or two programs, have to compare it with the one that
 * the other side shows, and answer with `Session.confirmVerification`.
 */
export type VerifyEvent = {
  event: "verify";
  /** Three English words; `verificationWords` has them in other languages. Empty where there is no string. */
  words: string;
  /** The same as ten digits. */
  digits: string;
  state: "shown" | "agreed" | "refused";
  /** Towards another WebRTC program there is no string: SHA-256 of the two certificates instead. */
  fingerprints?: { mine: string; peer: string };
};

/**
 * `interrupted`: the other side is unreachable; messages are queued, transfers pause. `restored`: they resume. Without
 * it, `closed` with the reason `lost` follows within about two minutes.
 */
export type NetworkEvent = { event: "network"; state: "interrupted" | "restored" };

/** Something went wrong; the following events show whether the line continues. */
export type ErrorEvent = { event: "error"; code: P2pErrorCode; message: string; hint: string };

/** Everything that can happen on a line. */
export type P2pEvent =
  | PairingEvent
  | TransferEvent
  | VerifyEvent
  | NetworkEvent
  | ErrorEvent
  | { event: "connected"; pair: SelectedPair; rttMs: number; role: "offer" | "answer" }
  | { event: "message"; from: "me" | "peer"; text: string }
  | { event: "closed"; reason: ClosedReason; exit: number };
