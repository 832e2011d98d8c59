// The results of storing the files of a transfer, as plain types: sessions ask for them, sinks give them.
import type { P2pError } from "../lib/errors/p2p-error.ts";
import type { Decision } from "./frames.ts";
import type { Reason } from "./reasons.ts";
import type { ResumableFile } from "./resume-requests.ts";

/** The reason why an entry cannot be stored: for the peer, and for the local user. */
export interface SinkFailure {
  ok: false;
  reason: Extract<Reason, "disk-full" | "write-failed" | "hash-mismatch">;
  error: P2pError;
  /** Nothing else could be stored either: the whole transfer is over. */
  isFinal?: true;
}

/** The result of receiving a file, and its location. */
export type Stored = { ok: true; path: string } | SinkFailure;

/** A part of an earlier session, before it is compared. */
export interface PartOnDisk {
  readonly index: number;
  readonly bytes: number;
  /** The file had another size or time when the part was started. */
  readonly hasChanged: boolean;
}

/** The state of the output folder when a transfer is accepted. */
export interface Prepared {
  ok: true;
  /** Indices of files whose names exist already: the existing file has to be examined first. */
  held: number[];
  /** Files that have a part, which this process has locked now. */
  resumable: ResumableFile[];
}

/** The result of comparing a part with the sender's file. */
export interface Compared {
  /** Bitmap of the identical blocks. */
  readonly kept: Uint8Array;
  readonly keptBytes: number;
  /** Size of the part, at most that of the file. */
  readonly ofBytes: number;
}

/** The existing file under the name of an entry. */
export interface Examined {
  decision: Decision;
  path: string;
  bytes: number;
  sha256: Uint8Array;
}
