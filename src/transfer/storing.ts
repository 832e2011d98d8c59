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
  /** It is the fault of a disk below the output folder: what goes elsewhere may be stored. */
  isOfOneDisk?: true;
}

/** The result of receiving a file, and its location. */
export type Stored = { ok: true; path: string } | SinkFailure;

/** Something that the disk here keeps otherwise than the sender has it. */
export interface LostAttribute {
  readonly what: "mode" | "time";
  /** The first entry for which that was found: its path in the manifest. */
  readonly path: string;
}

/** Events of every sink of files. */
export interface SinkEvents {
  /** These bytes have left memory: they were written, or dropped after a failure. */
  readonly onWritten: (bytes: number) => void;
  /** Called once for each file that was started and not dropped; a failure may come before `store`. */
  readonly onStored: (index: number, stored: Stored) => void;
}

/** Events of a sink in a folder. */
export interface FolderSinkEvents extends SinkEvents {
  /** The disk keeps the modes, or the times, otherwise than the sender has them; once for each of the two. */
  readonly onLost: (lost: LostAttribute) => void;
}

/** Events of a sink of one stream. */
export interface StreamSinkEvents extends SinkEvents {
  /** The stream takes no more; undefined: its reader has closed it. No other event follows. */
  readonly onBroken: (failure: SinkFailure | undefined) => void;
}

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
  deferred: number[];
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
