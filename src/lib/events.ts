// The events of a line, in the order in which things happen. They are the module's event stream, and with a
// `time` added they are the `--json` output (docs/events.schema.json). Plain data, no functions.
import type { P2pErrorCode } from "./errors/codes.ts";

/** Of a transfer, as seen from this side. */
export type Direction = "send" | "receive";
/** What an entry of a transfer is. */
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
  /** As the peer named it: relative, `/`-separated, not yet sanitised. Escape before showing. */
  path: string;
  bytes: number;
  type: EntryType;
}

/** One offered file of which there is a part already. Its bytes are compared with the sender's before they count. */
export interface ResumableEntry {
  /** As in `IncomingEntry`. */
  path: string;
  /** In the part. */
  bytes: number;
  /** Of the file that is offered. */
  total: number;
  /** The file had another size or time when the part was begun. */
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
      /** The first of them: at most 1,000, fewer where paths are long; a line of `--json` has 64 KiB. */
      entries: IncomingEntry[];
      /** How many more there are; only when there are any. */
      entriesLeftOut?: number;
      /** Files of which an earlier session left a part here; only when there are any. */
      resumable?: ResumableEntry[];
      /** How many more of them there are; only in a line of `--json`, and only when there are any. */
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
      /** Absolute, on this side's disk; `-` for what stdin gave or stdout took. */
      path: string;
      bytes: number;
      /** Lower-case hex. */
      sha256: string;
      skipped?: true;
    }
  | { event: "transfer-done"; transfer: string; direction: Direction; files: number; bytes: number; ms: number };

/**
 * The comparison of a verification string. `shown`: two people, or two programs, have to find out whether the other
 * side shows the same, and answer with `Session.confirmVerification`.
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
 * `interrupted`: there is no way to the other side; messages wait, transfers stand still. `restored`: they go on. Without
 * one, `closed` with the reason `lost` follows within about two minutes.
 */
export type NetworkEvent = { event: "network"; state: "interrupted" | "restored" };

/** Something went wrong; whether the line goes on shows in what follows. */
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
