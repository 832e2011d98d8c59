// The stream sink: receives one file of a transfer into a stream instead of a folder. Bytes are passed on in order,
// count as written when the stream has taken them, and are hashed meanwhile. Written bytes cannot be revoked: a wrong
// hash is only reported.
import { createHash } from "node:crypto";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { Manifest } from "../../transfer/manifest.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import type {
  Compared,
  Examined,
  PartOnDisk,
  Prepared,
  SinkFailure,
  StreamSinkEvents,
} from "../../transfer/storing.ts";
import { isReaderGone, systemReason } from "../file-system.ts";

/** Takes the bytes of one received file, as stdout does. */
export interface FileOutput {
  /**
   * Resolves when the bytes were taken, after which the sender gets credit for more. It is not called again before.
   * Rejects when no more can be taken; with `EPIPE` as its `code` when the reader has closed, which is not an error.
   */
  write(bytes: Uint8Array): Promise<void>;
}

export interface StreamSinkOptions {
  readonly output: FileOutput;
  readonly manifest: Manifest;
  /** The index of the entry that is received, which is a file. */
  readonly index: number;
  readonly events: StreamSinkEvents;
}

/** Denotes the stream where a path is shown, as in the options. */
const STREAM_PATH = "-";

export class StreamSink {
  readonly #options: StreamSinkOptions;
  readonly #hash = createHash("sha256");
  /** Bytes that were received but not yet passed to the stream. */
  readonly #chunks = new ChunkQueue();
  #sha256: Uint8Array | undefined;
  #isWorking = false;
  #isOver = false;

  constructor(options: StreamSinkOptions) {
    this.#options = options;
  }

  /** Finds no parts, since a stream has no earlier session. */
  async survey(): Promise<PartOnDisk[]> {
    return [];
  }

  /** Only one file is wanted anyway. */
  restrict(): void {}

  /** There are no parts of a stream. */
  startAfresh(): void {}

  /** Marks all other files as existing, and they are never requested. */
  async prepare(): Promise<Prepared> {
    const { manifest, index } = this.#options;
    const indices = Array.from(manifest.entries.keys());
    const deferred = indices.filter((at) => manifest.entries[at]?.type === "file" && at !== index);
    return { ok: true, deferred, resumable: [] };
  }

  async compare(_index: number, _hashes: Uint8Array): Promise<Compared> {
    return { kept: new Uint8Array(), keptBytes: 0, ofBytes: 0 };
  }

  /** Finds no existing file of this name. */
  async examine(_index: number): Promise<Examined | undefined> {
    return undefined;
  }

  /** Queues the next bytes of the file. */
  write(_index: number, chunk: Uint8Array, offset: number): void {
    if (this.#isOver) {
      this.#options.events.onWritten(chunk.length);
      return;
    }
    this.#chunks.push(chunk, offset);
    void this.#work();
  }

  /** Marks that all bytes were passed. */
  store(_index: number, sha256: Uint8Array): void {
    this.#sha256 = sha256;
    void this.#work();
  }

  /** Marks that the rest will not arrive, or is not wanted. */
  drop(_index: number): void {
    this.#isOver = true;
    const droppedBytes = this.#chunks.clear();
    if (droppedBytes > 0) this.#options.events.onWritten(droppedBytes);
  }

  /** Does nothing, since there are no folders to finish. */
  async finish(): Promise<{ index: number; failure: SinkFailure }[]> {
    return [];
  }

  /** Does not wait for the reader, who may never resume reading. */
  async abort(_fate: "keep" | "remove"): Promise<void> {
    this.drop(this.#options.index);
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      while (this.#chunks.bytes > 0) {
        // The stream takes one chunk at a time.
        for (const chunk of this.#chunks.takeRun(1).batch) {
          this.#hash.update(chunk);
          await this.#options.output.write(chunk);
          this.#options.events.onWritten(chunk.length);
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
    const { manifest, index, events } = this.#options;
    if (this.#hash.digest().equals(sha256)) {
      events.onStored(index, { ok: true, path: STREAM_PATH });
      return;
    }
    const error = new P2pError("HASH_MISMATCH", { path: manifest.entries[index]?.path ?? "" });
    events.onStored(index, { ok: false, reason: "hash-mismatch", error });
  }

  #break(cause: unknown): void {
    if (this.#isOver) return;
    this.drop(this.#options.index);
    const error = new P2pError("WRITE_FAILED", { path: STREAM_PATH, reason: systemReason(cause) }, { cause });
    this.#options.events.onBroken(isReaderGone(cause) ? undefined : { ok: false, reason: "write-failed", error });
  }
}
