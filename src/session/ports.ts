// What a session needs of the platform it runs on: time, chance, hashes and files. Whoever makes the session hands them
// in, so that the same session runs over Node's and over a browser's.
import type { P2pError } from "../lib/errors/p2p-error.ts";
import type { Decision } from "../transfer/frames.ts";
import type { BlockPlan } from "../transfer/kept-blocks.ts";
import type { Manifest, ReceivedManifest } from "../transfer/manifest.ts";
import type { NameRules } from "../transfer/names.ts";
import type { Reason } from "../transfer/reasons.ts";
import type { ResumableFile } from "../transfer/resume-requests.ts";

/** Time and timers. Both kinds of timer return what cancels them; cancelling twice, or too late, does nothing. */
export interface Clock {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Calls back once. @param ms - ≥ 0 and < 2^31 */
  setTimer(callback: () => void, ms: number): () => void;
  /** Calls back once, when what has arrived by now is handled. */
  nextTurn(callback: () => void): () => void;
}

/** A stream that was read to its end and waits to be sent. */
export interface SpooledFile {
  /** Under which it is offered. */
  readonly name: string;
  readonly bytes: number;
  /** Gives its room back. `sendFiles` does it when it is done with it. */
  close(): Promise<void>;
}

/** What is to be sent as one transfer. */
export interface SendPlan {
  readonly manifest: Manifest;
  /** Base names of the given paths, in their order. */
  readonly names: readonly string[];
  /** What was met in folders and is not sent. To be told; the rest goes on. */
  readonly problems: readonly P2pError[];
  /** What this side calls an entry of the manifest where it tells of it; `-` for a stream. */
  localPath(index: number): string;
}

/** Why a file cannot be sent: for the peer, and for the person here. */
export interface SourceFailure {
  ok: false;
  reason: Extract<Reason, "source-changed" | "unreadable">;
  error: P2pError;
}

/** The files of one plan, as the transfer engine asks for them. Nothing here throws or rejects. */
export interface TransferSource {
  /** The next bytes of a file; with the last of them its SHA-256. */
  read(
    index: number,
    offset: number,
    bytes: number,
  ): Promise<{ ok: true; chunk: Uint8Array; sha256: Uint8Array | undefined } | SourceFailure>;
  hash(index: number): Promise<{ ok: true; sha256: Uint8Array } | SourceFailure>;
  blocks(index: number, plan: BlockPlan): Promise<{ ok: true; hashes: Uint8Array } | SourceFailure>;
  /** A chunk that `read` gave is sent: it may be read into again. */
  recycle(chunk: Uint8Array): void;
  closeFile(index: number): void;
  /** @returns when no file is open any more */
  close(): Promise<void>;
}

/** Why something cannot be kept: for the peer, and for the person here. */
export interface SinkFailure {
  ok: false;
  reason: Extract<Reason, "disk-full" | "write-failed" | "hash-mismatch">;
  error: P2pError;
}

/** What became of a file, and where it is. */
export type Stored = { ok: true; path: string } | SinkFailure;

/** A part of an earlier session, before anybody has compared it. */
export interface PartOnDisk {
  readonly index: number;
  readonly bytes: number;
  /** The file had another size or time when the part was begun. */
  readonly hasChanged: boolean;
}

/** What stands under the name of an entry already. */
export interface Examined {
  decision: Decision;
  path: string;
  bytes: number;
  sha256: Uint8Array;
}

/** Where the files of one transfer go. Nothing here throws or rejects. */
export interface TransferSink {
  /** Looks for parts of an earlier session; nothing is made or changed. */
  survey(): Promise<PartOnDisk[]>;
  /** Looks at names and room. `held`: indices of files that have to be examined first. */
  prepare(): Promise<{ ok: true; held: number[]; resumable: ResumableFile[] } | SinkFailure>;
  /** Which blocks of a part are those of the sender's file. `kept`: a bitmap of blocks. */
  compare(index: number, hashes: Uint8Array): Promise<{ kept: Uint8Array; keptBytes: number; ofBytes: number }>;
  examine(index: number): Promise<Examined | undefined>;
  write(index: number, chunk: Uint8Array, offset: number): void;
  /** All bytes of a file were written. */
  store(index: number, sha256: Uint8Array): void;
  /** The rest of a file does not come. */
  drop(index: number): void;
  /** All files are over. @returns entries that could not be finished */
  finish(): Promise<{ index: number; failure: SinkFailure }[]>;
  /** @returns when no file is open any more */
  abort(fate: "keep" | "remove"): Promise<void>;
}

/** What every sink tells. */
export interface SinkEvents {
  /** These bytes left memory: written, or dropped after a failure. */
  readonly onWritten: (bytes: number) => void;
  /** Once for each file that was begun and not dropped. */
  readonly onStored: (index: number, stored: Stored) => void;
}

/** A sink for all files of a transfer, in a folder. */
export interface FolderSinkOptions extends SinkEvents {
  readonly manifest: ReceivedManifest;
  readonly outputDir: string;
  /** What is done about a name that exists. */
  readonly conflict: "rename" | "overwrite" | "skip";
  /** This transfer's share of the files that may be open, now; ≥ 1. */
  readonly openParts: () => number;
  /** The sender can go on with parts. */
  readonly canResume: boolean;
}

/** Takes the bytes of one received file, as stdout does. */
export interface FileOutput {
  /**
   * Resolves when the bytes were taken: the sender is given credit for more then. Not called again before.
   * Rejects when no more can be taken; with `EPIPE` as its `code` when whoever read has gone, which is no error.
   */
  write(bytes: Uint8Array): Promise<void>;
}

/** A sink for one file of a transfer, that of this index. */
export interface StreamSinkOptions extends SinkEvents {
  readonly manifest: ReceivedManifest;
  readonly index: number;
  readonly output: FileOutput;
  /** The output takes no more; undefined: its reader has gone. Nothing follows. */
  readonly onBroken: (failure: SinkFailure | undefined) => void;
}

/** Files of this side. Plans and sources are of one port: each takes its own plans only. */
export interface FilePort {
  /** Of the names that files may get here. */
  readonly rules: NameRules;
  /** @throws P2pError when a path cannot be read */
  plan(paths: readonly (string | SpooledFile)[]): Promise<SendPlan>;
  openSource(plan: SendPlan): TransferSource;
  openFolder(options: FolderSinkOptions): TransferSink;
  openStream(options: StreamSinkOptions): TransferSink;
}

/** All that a session needs of its platform. */
export interface SessionPorts {
  readonly clock: Clock;
  readonly files: FilePort;
  /** Unpredictable bytes. */
  randomBytes(count: number): Uint8Array;
  sha256(bytes: Uint8Array): Uint8Array;
}
