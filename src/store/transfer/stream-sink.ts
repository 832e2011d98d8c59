// Receives one file of a transfer into a stream instead of a folder: bytes in order, counted as written when the
// stream has taken them, hashed on the way. What was written cannot be taken back: a wrong hash is told, no more.
import { createHash } from "node:crypto";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { Manifest } from "../../transfer/manifest.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import type { Compared, Examined, PartOnDisk, Prepared, SinkFailure, Stored } from "./file-sink.ts";
import { errnoOf, systemReason } from "../file-system.ts";

/** Takes the bytes of one received file, as stdout does. */
export interface FileOutput {
  /**
   * Resolves when the bytes were taken: the sender is given credit for more then. Not called again before.
   * Rejects when no more can be taken; with `EPIPE` as its `code` when whoever read has gone, which is no error.
   */
  write(bytes: Uint8Array): Promise<void>;
}

export interface StreamSinkOptions {
  readonly output: FileOutput;
  readonly manifest: Manifest;
  /** The entry that is received; a file. */
  readonly index: number;
  /** These bytes left memory: taken, or dropped. */
  readonly onWritten: (bytes: number) => void;
  /** Once, unless it is dropped or the stream breaks. */
  readonly onStored: (index: number, stored: Stored) => void;
  /** The stream takes no more; undefined: its reader has gone. Nothing follows. */
  readonly onBroken: (failure: SinkFailure | undefined) => void;
}

/** Stands for the stream where a path is told, as in the options. */
const STREAM_PATH = "-";
/** The reader has closed its end; on Windows EOF. */
const READER_GONE = ["EPIPE", "EOF", "ERR_STREAM_DESTROYED"];

export class StreamSink {
  readonly #options: StreamSinkOptions;
  readonly #hash = createHash("sha256");
  /** Received and not yet given to the stream. */
  readonly #chunks = new ChunkQueue();
  #sha256: Uint8Array | undefined;
  #isWorking = false;
  #isOver = false;

  constructor(options: StreamSinkOptions) {
    this.#options = options;
  }

  /** A stream has no earlier session. */
  async survey(): Promise<PartOnDisk[]> {
    return [];
  }

  /** All other files are held back and never asked for. */
  async prepare(): Promise<Prepared> {
    const { manifest, index } = this.#options;
    const indices = Array.from(manifest.entries.keys());
    const held = indices.filter((at) => manifest.entries[at]?.type === "file" && at !== index);
    return { ok: true, held, resumable: [] };
  }

  async compare(_index: number, _hashes: Uint8Array): Promise<Compared> {
    return { kept: new Uint8Array(), keptBytes: 0, ofBytes: 0 };
  }

  /** Nothing of this name is there already. */
  async examine(_index: number): Promise<Examined | undefined> {
    return undefined;
  }

  /** The next bytes of the file. */
  write(_index: number, chunk: Uint8Array, offset: number): void {
    if (this.#isOver) {
      this.#options.onWritten(chunk.length);
      return;
    }
    this.#chunks.push(chunk, offset);
    void this.#work();
  }

  /** All bytes were given. */
  store(_index: number, sha256: Uint8Array): void {
    this.#sha256 = sha256;
    void this.#work();
  }

  /** The rest will not come, or is not wanted. */
  drop(_index: number): void {
    this.#isOver = true;
    const droppedBytes = this.#chunks.clear();
    if (droppedBytes > 0) this.#options.onWritten(droppedBytes);
  }

  /** There are no folders to set. */
  async finish(): Promise<{ index: number; failure: SinkFailure }[]> {
    return [];
  }

  /** Does not wait for a reader who may never read on. */
  async abort(_fate: "keep" | "remove"): Promise<void> {
    this.drop(this.#options.index);
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      while (this.#chunks.bytes > 0) {
        // One chunk at a time.
        for (const chunk of this.#chunks.takeRun(1).batch) {
          this.#hash.update(chunk);
          await this.#options.output.write(chunk);
          this.#options.onWritten(chunk.length);
        }
      }
    } catch (error) {
      this.#break(error);
      return;
    }
    this.#isWorking = false;
    if (this.#sha256 !== undefined && !this.#isOver) this.#settle(this.#sha256);
  }

  #settle(sha256: Uint8Array): void {
    this.#isOver = true;
    const { manifest, index, onStored } = this.#options;
    if (this.#hash.digest().equals(sha256)) {
      onStored(index, { ok: true, path: STREAM_PATH });
      return;
    }
    const error = new P2pError("HASH_MISMATCH", { path: manifest.entries[index]?.path ?? "" });
    onStored(index, { ok: false, reason: "hash-mismatch", error });
  }

  #break(cause: unknown): void {
    if (this.#isOver) return;
    this.drop(this.#options.index);
    const isReaderGone = READER_GONE.includes(errnoOf(cause) ?? "");
    const error = new P2pError("WRITE_FAILED", { path: STREAM_PATH, reason: systemReason(cause) }, { cause });
    this.#options.onBroken(isReaderGone ? undefined : { ok: false, reason: "write-failed", error });
  }
}
