// One outgoing transfer: manifest, then the files one after the other without waiting for answers, within the
// receiver's credit. send-pipeline chooses the next file and bounds the read-ahead.
// Methods that take frames return the problem with them, or undefined.
import { hasOddAttributes, withPlainAttributes } from "./attributes.ts";
import type { BlocksResult, EngineEvent, HashResult, ReadResult, TransferEnd } from "./engine-events.ts";
import {
  CAN_TAKE_ANY_ATTRIBUTES,
  CAN_TAKE_SYMLINKS,
  type Decision,
  ENTRIES_OVERHEAD_BYTES,
  encodeFrame,
  type Entry,
  entryBytes,
  type Frame,
  type ResultStatus,
} from "./frames.ts";
import type { Manifest } from "./manifest.ts";
import type { Reason } from "./reasons.ts";
import { SendPipeline } from "./send-pipeline.ts";
import type { TokenBucket } from "./token-bucket.ts";

type SenderState =
  /** `next`: number of entries written so far; -1 before the OFFER itself. */
  { kind: "offering"; next: number } | { kind: "offered" } | { kind: "sending"; pipeline: SendPipeline };

/** The problem with a frame of the peer (it may not come now, for example); undefined when there is none. */
type Problem = string | undefined;

const NOT_ACCEPTED = "a frame of an accepted transfer came for one that is not";

export class Sender {
  readonly id: number;
  readonly manifest: Manifest;
  readonly #emit: (event: EngineEvent) => void;
  /** The leading entries of the manifest, as the peer takes them; undefined until its capabilities are known. */
  #offered: readonly Entry[] | undefined;
  #state: SenderState = { kind: "offering", next: -1 };
  #progressBytes = 0;

  constructor(id: number, manifest: Manifest, emit: (event: EngineEvent) => void) {
    this.id = id;
    this.manifest = manifest;
    this.#emit = emit;
    if (manifest.entries.every((entry) => entry.type !== "symlink" && !hasOddAttributes(entry))) {
      this.#offered = manifest.entries;
    }
  }

  /** Takes the capabilities that both sides announced. */
  handleHello(capabilities: number): void {
    if (this.#offered !== undefined) return;
    const { entries } = this.manifest;
    const end = (capabilities & CAN_TAKE_SYMLINKS) === 0 ? firstSymlink(this.manifest) : entries.length;
    const taken = entries.slice(0, end);
    this.#offered = (capabilities & CAN_TAKE_ANY_ATTRIBUTES) === 0 ? taken.map(withPlainAttributes) : taken;
    for (let index = end; index < entries.length; index += 1) {
      this.#emit({ type: "left-out", transfer: this.id, index });
    }
  }

  get isSending(): boolean {
    return this.#state.kind === "sending";
  }

  /** Bytes that the receiver has on its disk, skipped files included; never decreases. */
  get progressBytes(): number {
    if (this.#state.kind === "sending") {
      const bytes = Math.min(this.manifest.bytes, this.#state.pipeline.arrivedBytes);
      this.#progressBytes = Math.max(this.#progressBytes, bytes);
    }
    return this.#progressBytes;
  }

  handleAccept(limit: number, held: Uint8Array, resuming: number): Problem {
    if (this.#state.kind !== "offered") return "an ACCEPT for what was not offered or was accepted before";
    const pipeline = new SendPipeline(this.id, this.manifest, limit, this.#emit);
    const problem = pipeline.hold(held, resuming);
    if (problem !== undefined) return problem;
    this.#state = { kind: "sending", pipeline };
    this.#emit({ type: "accepted", transfer: this.id });
    pipeline.beginIfSettled();
    return undefined;
  }

  /** Returns whether a DECLINE may come now. */
  get isDeclinable(): boolean {
    return this.#state.kind !== "sending";
  }

  handleDecide(index: number, decision: Decision): Problem {
    return this.#state.kind === "sending" ? this.#state.pipeline.handleDecide(index, decision) : NOT_ACCEPTED;
  }

  handleKeep(index: number, kept: Uint8Array): Problem {
    return this.#state.kind === "sending" ? this.#state.pipeline.handleKeep(index, kept) : NOT_ACCEPTED;
  }

  handleCredit(written: number, limit: number): Problem {
    return this.#state.kind === "sending" ? this.#state.pipeline.handleCredit(written, limit) : NOT_ACCEPTED;
  }

  handleResult(index: number, status: ResultStatus, reason: Reason): Problem {
    return this.#state.kind === "sending" ? this.#state.pipeline.handleResult(index, status, reason) : NOT_ACCEPTED;
  }

  handleDone(): Problem {
    if (this.#state.kind !== "sending") return NOT_ACCEPTED;
    return this.#state.pipeline.isOver ? undefined : "a DONE before every file was answered";
  }

  handleRead(index: number, result: ReadResult): void {
    if (this.#state.kind === "sending") this.#state.pipeline.handleRead(index, result);
  }

  handleHash(index: number, result: HashResult): void {
    if (this.#state.kind === "sending") this.#state.pipeline.handleHash(index, result);
  }

  handleBlocks(index: number, result: BlocksResult): void {
    if (this.#state.kind === "sending") this.#state.pipeline.handleBlocks(index, result);
  }

  /** Requests reads while fewer than `budgetBytes` are read or being read and not yet sent. */
  requestReads(budgetBytes: number): void {
    if (this.#state.kind === "sending") this.#state.pipeline.requestReads(budgetBytes);
  }

  /**
   * Writes as many pending frames as fit.
   * @param bucket - limits the rate of file data only; undefined: no limit
   * @returns the new end of the message
   */
  writeFrames(into: Uint8Array, at: number, bucket: TokenBucket | undefined): number {
    switch (this.#state.kind) {
      case "offering":
        return this.#writeManifest(this.#state, into, at);
      case "offered":
        return at;
      case "sending":
        return this.#state.pipeline.writeFrames(into, at, bucket);
    }
  }

  #writeManifest(state: { kind: "offering"; next: number }, into: Uint8Array, start: number): number {
    const { files, bytes } = this.manifest;
    const entries = this.#offered;
    let at = start;
    if (entries === undefined) return at;
    if (state.next < 0) {
      const offer: Frame = { type: "offer", transfer: this.id, entries: entries.length, files, bytes };
      const written = encodeFrame(offer, into, at);
      if (written === 0) return at;
      at += written;
      state.next = 0;
    }
    const batch: Entry[] = [];
    let room = into.length - at - ENTRIES_OVERHEAD_BYTES;
    for (let next = state.next; next < entries.length; next += 1) {
      const entry = entries[next];
      if (entry === undefined) break;
      room -= entryBytes(entry);
      if (room < 0) break;
      batch.push(entry);
    }
    if (batch.length > 0) {
      at += encodeFrame({ type: "entries", transfer: this.id, first: state.next, entries: batch }, into, at);
      state.next += batch.length;
    }
    if (state.next === entries.length) this.#state = { kind: "offered" };
    return at;
  }

  end(end: TransferEnd): void {
    this.#emit({ type: "ended", direction: "send", transfer: this.id, end });
  }
}

/** Index of the first symbolic link, after which only links follow; the number of entries when there is none. */
function firstSymlink({ entries }: Manifest): number {
  const first = entries.findIndex(({ type }) => type === "symlink");
  return first === -1 ? entries.length : first;
}
