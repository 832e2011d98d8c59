// What the transfer engine asks of the shell around it and what it tells. Requests are answered by the
// `handle…` method of the engine that is named beside them; answers for transfers that are over are ignored.
import type { Direction } from "../lib/events.ts";
import type { BlockPlan } from "./kept-blocks.ts";
import type { ReceivedManifest } from "./manifest.ts";
import type { Reason } from "./reasons.ts";

/** How a transfer ended. `broken`: one side left the protocol, nothing more will move on this channel. */
export type TransferEnd =
  | { kind: "done" }
  | { kind: "declined"; by: "me" | "peer"; reason: Reason }
  | { kind: "cancelled"; by: "me" | "peer"; reason: Reason }
  | { kind: "broken" };

/** Requests and news of an outgoing transfer. `index` counts the entries of its manifest. */
export type SenderEvent =
  /**
   * Read `bytes` at `offset`, without gaps unless the file is resumed, in the order asked: `handleRead`. The last request of a file reaches its size
   * (for one of which nothing has to be read: 0 bytes there) and wants the SHA-256 of the whole.
   */
  | { type: "read"; transfer: number; index: number; offset: number; bytes: number }
  /** All of a chunk that was read is in messages: its buffer may be used again. */
  | { type: "chunk-sent"; transfer: number; chunk: Uint8Array }
  /** Nobody wants the rest of this file: close it. Outstanding reads need no answer. */
  | { type: "close-source"; transfer: number; index: number }
  /** Hash the whole file: `handleHash`. */
  | { type: "hash"; transfer: number; index: number }
  /**
   * Hash the blocks of a plan one by one: `handleBlocks`. Reads of this file follow later; those below the plan's
   * end are of blocks that differ, in ascending order.
   */
  | { type: "hash-blocks"; transfer: number; index: number; plan: BlockPlan }
  | { type: "accepted"; transfer: number }
  /** The peer does not take symbolic links: this one is not offered. */
  | { type: "left-out"; transfer: number; index: number }
  /** The receiver has it, checked and under its final name (`skipped`: had it, or keeps what it has). */
  | { type: "file-sent"; transfer: number; index: number; sha256: Uint8Array; skipped: boolean };

/** Requests and news of an incoming transfer. */
export type ReceiverEvent =
  /** A whole offer that awaits `accept` or `decline`. */
  | { type: "incoming"; transfer: number; manifest: ReceivedManifest }
  /** An offer that was declined without asking anybody. */
  | { type: "refused"; transfer: number; reason: Reason; detail: string }
  /** Hash what stands under the name of this entry: `handleExamined`. */
  | { type: "examine"; transfer: number; index: number }
  /** Compare what is here of this file with the sender's hashes, 32 bytes for each block: `handleCompared`. */
  | { type: "compare"; transfer: number; index: number; hashes: Uint8Array }
  /** Write at `offset`; offsets of a file rise, without gaps unless it is resumed: `handleWritten` for each. */
  | { type: "write"; transfer: number; index: number; offset: number; chunk: Uint8Array }
  /** All is there: check the hash, flush, give it its name: `handleStored`. */
  | { type: "store"; transfer: number; index: number; sha256: Uint8Array }
  /** The rest of this file will not come: close it. Outstanding writes need no answer. */
  | { type: "drop"; transfer: number; index: number }
  /** The sender has agreed to what was decided when the entry was examined. */
  | { type: "file-skipped"; transfer: number; index: number }
  /** Every file is over: make links, set the directories' modes and times, flush them: `handleFinished`. */
  | { type: "finish"; transfer: number };

export type EngineEvent =
  | SenderEvent
  | ReceiverEvent
  /** Accepted, and both sides know what is there from an earlier session: files move from now on. */
  | { type: "begun"; direction: Direction; transfer: number; resumedBytes: number }
  /** The other side could not send or keep this entry; the rest goes on. */
  | { type: "entry-failed"; direction: Direction; transfer: number; index: number; reason: Reason }
  /** Nothing follows for this transfer: close its files. */
  | { type: "ended"; direction: Direction; transfer: number; end: TransferEnd }
  /** The protocol is over on this channel, every transfer was ended before. */
  | { type: "broken"; by: "me" | "peer"; detail: string };

/** Answer to `read`. `sha256` with the last read of a file, undefined before. */
export type ReadResult =
  | { ok: true; chunk: Uint8Array; sha256: Uint8Array | undefined }
  | { ok: false; reason: Reason };

/** Answer to `hash-blocks`: 32 bytes for each block. */
export type BlocksResult = { ok: true; hashes: Uint8Array } | { ok: false; reason: Reason };

export type HashResult = { ok: true; sha256: Uint8Array } | { ok: false; reason: Reason };

/** Answer to `store`, and any time before it when writing failed. */
export type StoreResult = { ok: true } | { ok: false; reason: Reason };
