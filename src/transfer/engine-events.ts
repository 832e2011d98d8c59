// Events of the transfer engine: its requests to the surrounding shell and its reports. Each request is answered by
// the `handle…` method of the engine that is named beside it; answers for finished transfers are ignored.
import type { Direction } from "../lib/events.ts";
import type { BlockPlan } from "./kept-blocks.ts";
import type { LeftOut } from "./left-out.ts";
import type { ProposalRefusal, ReceivedManifest } from "./manifest.ts";
import type { Reason } from "./reasons.ts";

/** How a transfer ended. `broken`: one side violated the protocol, and this channel carries nothing more. */
export type TransferEnd =
  | { kind: "done" }
  | { kind: "declined"; by: "me" | "peer"; reason: Reason }
  | { kind: "cancelled"; by: "me" | "peer"; reason: Reason }
  | { kind: "broken" };

/** Requests and reports of an outgoing transfer. `index` counts the entries of its manifest. */
export type SenderEvent =
  /**
   * Read `bytes` at `offset`, in the order of the requests, and without gaps unless the file is resumed: `handleRead`.
   * The last request of a file reaches its size (0 bytes there when nothing has to be read) and expects the SHA-256 of
   * the whole file.
   */
  | { type: "read"; transfer: number; index: number; offset: number; bytes: number }
  /** All of a chunk that was read has been copied into messages: its buffer may be reused. */
  | { type: "chunk-sent"; transfer: number; chunk: Uint8Array }
  /** The rest of this file is not needed: close it. Outstanding reads need no answer. */
  | { type: "close-source"; transfer: number; index: number }
  /** Hash the whole file: `handleHash`. */
  | { type: "hash"; transfer: number; index: number }
  /**
   * Hash the blocks of a plan one by one: `handleBlocks`. Reads of this file follow later; reads below the plan's end
   * are of blocks that differ, in ascending order.
   */
  | { type: "hash-blocks"; transfer: number; index: number; plan: BlockPlan }
  | { type: "accepted"; transfer: number }
  /** The peer does not accept symbolic links, or names that are not UTF-8: this entry is not proposed. */
  | { type: "left-out"; transfer: number; index: number; why: "link" | "name" }
  /** The receiver has the file, checked and under its final name (`skipped`: had it already, or keeps its own). */
  | { type: "file-sent"; transfer: number; index: number; sha256: Uint8Array; skipped: boolean };

/** Requests and reports of an incoming transfer. */
export type ReceiverEvent =
  /** A complete proposal that awaits `accept` or `decline`. */
  | { type: "incoming"; transfer: number; manifest: ReceivedManifest }
  /** What the sender's folders have and the proposal with this number, which may follow, does not. */
  | { type: "left-out-there"; transfer: number; leftOut: LeftOut }
  /** A proposal that the engine declined without asking. */
  | ({ type: "refused"; transfer: number } & ProposalRefusal)
  /** Hash the existing file under the name of this entry: `handleExamined`. */
  | { type: "examine"; transfer: number; index: number }
  /** Compare our part of this file with the sender's hashes, 32 bytes for each block: `handleCompared`. */
  | { type: "compare"; transfer: number; index: number; hashes: Uint8Array }
  /** Write at `offset`; a file's offsets ascend, without gaps unless it is resumed. `handleWritten` answers each. */
  | { type: "write"; transfer: number; index: number; offset: number; chunk: Uint8Array }
  /** All bytes have arrived: check the hash, flush, give the file its name: `handleStored`. */
  | { type: "store"; transfer: number; index: number; sha256: Uint8Array }
  /** The rest of this file will not arrive: close it. Outstanding writes need no answer. */
  | { type: "drop"; transfer: number; index: number }
  /** The sender has agreed to the decision that was made when the entry was examined. */
  | { type: "file-skipped"; transfer: number; index: number }
  /** Every file is finished: make links, set the directories' modes and times, flush them: `handleFinished`. */
  | { type: "finish"; transfer: number };

export type EngineEvent =
  | SenderEvent
  | ReceiverEvent
  /** Accepted, and both sides know what exists from an earlier session: files move from now on. */
  | { type: "begun"; direction: Direction; transfer: number; resumedBytes: number }
  /** The other side could not send or store this entry; the transfer continues with the rest. */
  | { type: "entry-failed"; direction: Direction; transfer: number; index: number; reason: Reason }
  /** Nothing follows for this transfer: close its files. */
  | { type: "ended"; direction: Direction; transfer: number; end: TransferEnd }
  /** The protocol has ended on this channel; every transfer has ended before. */
  | { type: "broken"; by: "me" | "peer"; detail: string };

/** Answer to `read`. `sha256` comes with the last read of a file and is undefined before. */
export type ReadResult =
  | { ok: true; chunk: Uint8Array; sha256: Uint8Array | undefined }
  | { ok: false; reason: Reason };

/** Answer to `hash-blocks`: 32 bytes for each block. */
export type BlocksResult = { ok: true; hashes: Uint8Array } | { ok: false; reason: Reason };

export type HashResult = { ok: true; sha256: Uint8Array } | { ok: false; reason: Reason };

/** Answer to `store`, or sent at any time before it when writing failed. */
export type StoreResult = { ok: true } | { ok: false; reason: Reason };
