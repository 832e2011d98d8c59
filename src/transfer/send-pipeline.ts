// The send pipeline of one accepted outgoing transfer: the order of its files, read-ahead within a budget, DATA within
// the receiver's credit and the rate limit, and the result of each file. It never reads or hashes itself.
import { areEqual } from "../lib/bytes.ts";
import type { BlocksResult, EngineEvent, HashResult, ReadResult } from "./engine-events.ts";
import { DATA_OVERHEAD_BYTES, type Decision, encodeFrame, type ResultStatus } from "./frames.ts";
import { Fifo } from "../lib/fifo.ts";
import { type BlockPlan, isPlanFor, type KeptBlocks } from "./kept-blocks.ts";
import {
  MAX_OPEN_SOURCES,
  MAX_PARALLEL_HASHES,
  MAX_PARALLEL_SMALL_HASHES,
  MAX_UNANSWERED_FILES,
  READ_BYTES,
  SMALL_HASH_BYTES,
} from "./limits.ts";
import type { Manifest } from "./manifest.ts";
import type { Reason } from "./reasons.ts";
import { areHashesOf, ResumeAnswers } from "./resume-answers.ts";
import type { TokenBucket } from "./token-bucket.ts";

/** The way in which a file is sent: as bytes and hash, as hash alone, or not at all. */
type Shape =
  | { as: "content"; kept?: KeptBlocks }
  | { as: "hash"; sha256: Uint8Array }
  | { as: "failure"; reason: Reason };

/** A file from its turn until its last frame is written. */
interface OutgoingFile {
  readonly index: number;
  readonly bytes: number;
  shape: Shape;
  /** Blocks that the receiver already has. */
  readonly kept: KeptBlocks | undefined;
  /** Offset of the next read, and how many bytes were requested from the shell. */
  requestAt: number;
  requestedBytes: number;
  /** Chunks that were read and not yet sent, in order. */
  readonly chunks: Uint8Array[];
  /** Offset of the next DATA, and how many bytes were sent. */
  sendAt: number;
  sentBytes: number;
  /** Known once the whole file is read. */
  sha256: Uint8Array | undefined;
}

/** A file that was fully sent and waits for its RESULT. */
interface UnansweredFile {
  readonly sha256: Uint8Array;
  readonly sentBytes: number;
  readonly keptBytes: number;
}

/** The reason why the receiver wants hashes: to skip the file, to see whether it has the same one, or to resume. */
type HashWish = { for: "skip" } | { for: "have"; sha256: Uint8Array } | { for: "resume"; plan: BlockPlan };

/** The phase of an entry; directories and links become `OVER` once the receiver has reported that one failed. */
const Phase = {
  WAITING: 0,
  /** The receiver wants to examine its own file first. */
  DEFERRED: 1,
  /** The receiver has decided, and this side hashes its file or will. */
  DECIDED: 2,
  /** The entry is in the pipeline. */
  ACTIVE: 3,
  UNANSWERED: 4,
  OVER: 5,
  /** Finished by a FILE-FAILED; a RESULT that says the same may cross it. */
  FAILED: 6,
} as const;

/** A DATA frame is cut to the space left in a message, but not below this: tiny frames gain nothing. */
const MIN_CHUNK_BYTES = 1024;

export class SendPipeline {
  readonly #transfer: number;
  readonly #manifest: Manifest;
  readonly #emit: (event: EngineEvent) => void;
  readonly #phases: Uint8Array;
  /** Files in the pipeline, in the order in which they are sent. */
  readonly #active = new Map<number, OutgoingFile>();
  readonly #unanswered = new Map<number, UnansweredFile>();
  /** Held entries that may be sent now. */
  readonly #ready = new Fifo<{ index: number; shape: Shape }>();
  /** Held entries that cannot be sent: their failures are sent before all others. */
  readonly #failures = new Fifo<{ index: number; shape: Shape }>();
  /** Decided entries that need our own hash. */
  readonly #toHash = new Fifo<{ index: number; wish: HashWish }>();
  readonly #hashing = new Map<number, HashWish>();
  readonly #resumes = new ResumeAnswers();
  /** The file that is not yet fully requested. */
  #reading: OutgoingFile | undefined;
  /** No entry before this index is `WAITING`. */
  #cursor = 0;
  #aheadBytes = 0;
  #openSources = 0;
  #overFiles = 0;
  #limit: number;
  #sentBytes = 0;
  #writtenBytes = 0;
  #arrivedFileBytes = 0;
  #answeredSentBytes = 0;
  #answeredKeptBytes = 0;

  constructor(transfer: number, manifest: Manifest, limit: number, emit: (event: EngineEvent) => void) {
    this.#transfer = transfer;
    this.#manifest = manifest;
    this.#limit = limit;
    this.#emit = emit;
    this.#phases = new Uint8Array(manifest.entries.length);
  }

  get isOver(): boolean {
    return this.#overFiles === this.#manifest.files;
  }

  /** Sizes of the files that arrived, plus the bytes written of the files in progress. */
  get arrivedBytes(): number {
    const underWay = Math.max(0, this.#writtenBytes - this.#answeredSentBytes);
    return this.#arrivedFileBytes + underWay + this.#resumes.keptBytes - this.#answeredKeptBytes;
  }

  /**
   * Takes the content of an ACCEPT.
   * @param bitmap - bit `i % 8` of byte `i / 8` defers entry `i`
   * @param resuming - how many of these the receiver has in part
   */
  defer(bitmap: Uint8Array, resuming: number): string | undefined {
    for (const [index, entry] of this.#manifest.entries.entries()) {
      if (((bitmap[index >> 3] ?? 0) & (1 << (index & 7))) === 0) continue;
      if (entry.type !== "file") return `an ACCEPT that defers a ${entry.type}`;
      this.#phases[index] = Phase.DEFERRED;
    }
    return this.#resumes.announce(resuming);
  }

  /** Reports once that files move now. Call it after each step that may settle the last resumed file. */
  beginIfSettled(): void {
    if (!this.#resumes.isSettled) return;
    const resumedBytes = this.#resumes.keptBytes;
    this.#emit({ type: "begun", direction: "send", transfer: this.#transfer, resumedBytes });
  }

  handleDecide(index: number, decision: Decision): string | undefined {
    if (this.#phases[index] !== Phase.DEFERRED) return "a DECIDE for an entry that was not deferred";
    this.#phases[index] = Phase.DECIDED;
    if (decision.kind === "send") {
      this.#ready.push({ index, shape: { as: "content" } });
      return undefined;
    }
    if (decision.kind === "resume") {
      const { bytes, blockBytes } = decision;
      const plan = { bytes, blockBytes };
      if (!isPlanFor(plan, this.#manifest.entries[index]?.bytes ?? 0)) return "a DECIDE for wrong blocks";
      if (!this.#resumes.decide(index, plan)) return "a DECIDE to resume that the ACCEPT did not announce";
      this.#toHash.push({ index, wish: { for: "resume", plan } });
    } else if (decision.kind === "have") {
      this.#toHash.push({ index, wish: { for: "have", sha256: decision.sha256.slice() } });
    } else {
      this.#toHash.push({ index, wish: { for: "skip" } });
    }
    this.#requestHashes();
    return undefined;
  }

  #requestHashes(): void {
    for (let next = this.#toHash.first; next !== undefined; next = this.#toHash.first) {
      const { index, wish } = next;
      const isSmall = wish.for !== "resume" && (this.#manifest.entries[index]?.bytes ?? 0) <= SMALL_HASH_BYTES;
      const limit = isSmall ? MAX_PARALLEL_SMALL_HASHES : MAX_PARALLEL_HASHES;
      if (this.#hashing.size + this.#resumes.waitingCount >= limit) return;
      this.#toHash.shift();
      this.#hashing.set(index, wish);
      if (wish.for !== "resume") this.#emit({ type: "hash", transfer: this.#transfer, index });
      else this.#emit({ type: "hash-blocks", transfer: this.#transfer, index, plan: wish.plan });
    }
  }

  handleHash(index: number, result: HashResult): void {
    const wish = this.#hashing.get(index);
    if (wish === undefined || wish.for === "resume") return;
    this.#hashing.delete(index);
    this.#ready.push({ index, shape: shapeAfterHash(result, wish.for === "have" ? wish.sha256 : undefined) });
    this.#requestHashes();
  }

  handleBlocks(index: number, result: BlocksResult): void {
    const wish = this.#hashing.get(index);
    if (wish?.for !== "resume") return;
    this.#hashing.delete(index);
    if (!result.ok) {
      this.#resumes.giveUp(index);
      // Sent before all content, because it settles this file for the receiver too.
      this.#failures.push({ index, shape: { as: "failure", reason: result.reason } });
      this.beginIfSettled();
    } else if (areHashesOf(wish.plan, result.hashes)) {
      this.#resumes.answer(index, result.hashes);
    } else {
      throw new RangeError(`Cannot resume entry ${index} with ${result.hashes.length} bytes of hashes`);
    }
    this.#requestHashes();
  }

  handleKeep(index: number, bitmap: Uint8Array): string | undefined {
    const kept = this.#resumes.keep(index, bitmap, this.#manifest.entries[index]?.bytes ?? 0);
    if (kept === undefined) return "a KEEP for a file that is not being resumed";
    this.#ready.push({ index, shape: { as: "content", kept } });
    this.beginIfSettled();
    return undefined;
  }

  handleCredit(written: number, limit: number): string | undefined {
    if (limit < this.#limit || written < this.#writtenBytes) return "a CREDIT that takes back an earlier one";
    if (written > this.#sentBytes) return "a CREDIT for more than was sent";
    this.#limit = limit;
    this.#writtenBytes = written;
    return undefined;
  }

  handleResult(index: number, status: ResultStatus, reason: Reason): string | undefined {
    const phase = this.#phases[index];
    const type = this.#manifest.entries[index]?.type ?? "file";
    if (type !== "file") {
      if (status !== "failed" || phase === Phase.OVER) return `a wrong RESULT for a ${type}`;
      this.#phases[index] = Phase.OVER;
      this.#emitFailed(index, reason);
      return undefined;
    }
    const unanswered = this.#unanswered.get(index);
    if (unanswered !== undefined) {
      this.#handleAnswer(index, unanswered, status, reason);
      return undefined;
    }
    if (phase === Phase.FAILED && status === "failed") return undefined;
    const active = this.#active.get(index);
    if (active === undefined || active.sentBytes === 0) return "a RESULT for a file that was not sent";
    if (status !== "failed") return "a RESULT before the end of the file";
    // The receiver gave up on the file. If this side did too, each has reported its own reason.
    if (active.shape.as !== "failure") {
      this.#fail(active, "abandoned");
      this.#emitFailed(index, reason);
    }
    return undefined;
  }

  #handleAnswer(index: number, file: UnansweredFile, status: ResultStatus, reason: Reason): void {
    this.#unanswered.delete(index);
    this.#settle(index, file);
    if (status === "failed") {
      this.#emitFailed(index, reason);
      return;
    }
    this.#arrivedFileBytes += this.#manifest.entries[index]?.bytes ?? 0;
    const skipped = status === "skipped";
    this.#emit({ type: "file-sent", transfer: this.#transfer, index, sha256: file.sha256, skipped });
  }

  /** Bytes sent whose writing the receiver has not reported. */
  get unwrittenBytes(): number {
    return this.#sentBytes - this.#writtenBytes;
  }

  /**
   * The reason why no more file data is sent now, apart from the rate limit; `channel`: there is some, and it may be
   * sent.
   */
  get wait(): "reading" | "credit" | "channel" | undefined {
    if (this.isOver) return undefined;
    const [first] = this.#active.values();
    if (first !== undefined && first.chunks.length > 0) return this.#sentBytes < this.#limit ? "channel" : "credit";
    if (first !== undefined || this.#hashing.size > 0) return "reading";
    // Everything begun is sent, or compared, and the receiver has not answered it.
    return "credit";
  }

  handleRead(index: number, result: ReadResult): void {
    const file = this.#active.get(index);
    if (file === undefined || file.shape.as === "failure") return;
    if (!result.ok) {
      this.#fail(file, result.reason);
      return;
    }
    if (result.chunk.length > 0) file.chunks.push(result.chunk);
    if (result.sha256 === undefined) return;
    file.sha256 = result.sha256;
    this.#openSources -= 1;
  }

  /** Requests reads while fewer than `budgetBytes` are read or being read and not yet sent. */
  requestReads(budgetBytes: number): void {
    while (this.#aheadBytes < budgetBytes) {
      this.#reading ??= this.#nextFile();
      const file = this.#reading;
      if (file === undefined) return;
      const offset = file.requestAt;
      const bytes = Math.min(READ_BYTES, budgetBytes, (file.kept?.wantedEnd(offset) ?? file.bytes) - offset);
      const end = offset + bytes;
      file.requestAt = file.kept?.nextWanted(end) ?? end;
      file.requestedBytes += bytes;
      this.#aheadBytes += bytes;
      if (end === file.bytes) this.#reading = undefined;
      this.#emit({ type: "read", transfer: this.#transfer, index: file.index, offset, bytes });
    }
  }

  /** The next file that has to be read; files that are sent without content join the pipeline on the way. */
  #nextFile(): OutgoingFile | undefined {
    while (this.#active.size + this.#unanswered.size < MAX_UNANSWERED_FILES && this.#openSources < MAX_OPEN_SOURCES) {
      // A failure settles a resumed file; everything else waits until all of these are settled.
      if (!this.#resumes.isSettled && this.#failures.length === 0) return undefined;
      const next = this.#failures.shift() ?? this.#ready.shift() ?? this.#nextWaiting();
      if (next === undefined) return undefined;
      const { index, shape } = next;
      const needsContent = shape.as === "content";
      const kept = shape.as === "content" ? shape.kept : undefined;
      const firstWanted = kept?.nextWanted(0) ?? 0;
      const file: OutgoingFile = {
        index,
        bytes: this.#manifest.entries[index]?.bytes ?? 0,
        shape,
        kept,
        requestAt: firstWanted,
        requestedBytes: 0,
        chunks: [],
        sendAt: firstWanted,
        sentBytes: 0,
        sha256: shape.as === "hash" ? shape.sha256 : undefined,
      };
      this.#phases[index] = Phase.ACTIVE;
      this.#active.set(index, file);
      if (!needsContent) continue;
      this.#openSources += 1;
      return file;
    }
    return undefined;
  }

  #nextWaiting(): { index: number; shape: Shape } | undefined {
    const { entries } = this.#manifest;
    for (; this.#cursor < entries.length; this.#cursor += 1) {
      const index = this.#cursor;
      if (entries[index]?.type !== "file" || this.#phases[index] !== Phase.WAITING) continue;
      this.#cursor += 1;
      return { index, shape: { as: "content" } };
    }
    return undefined;
  }

  /** Stops reading and sending a file in the pipeline; its FILE-FAILED follows in its turn. */
  #fail(file: OutgoingFile, reason: Reason): void {
    if (file.sha256 === undefined) {
      this.#openSources -= 1;
      this.#emit({ type: "close-source", transfer: this.#transfer, index: file.index });
    }
    if (this.#reading === file) this.#reading = undefined;
    this.#aheadBytes -= file.requestedBytes - file.sentBytes;
    file.requestedBytes = file.sentBytes;
    file.chunks.length = 0;
    file.shape = { as: "failure", reason };
  }

  /**
   * @param bucket - its tokens limit how much file data may be sent; undefined: any amount
   * @returns the new end of the message
   */
  writeFrames(into: Uint8Array, start: number, bucket: TokenBucket | undefined): number {
    let at = this.#resumes.writeFrames(this.#transfer, into, start);
    if (at > start) this.#requestHashes();
    for (const file of this.#active.values()) {
      at = this.#writeFile(file, into, at, bucket);
      // Files are sent one after the other: this one has more, or there is no space for its next frame.
      if (this.#active.has(file.index)) break;
    }
    return at;
  }

  #writeFile(file: OutgoingFile, into: Uint8Array, start: number, bucket: TokenBucket | undefined): number {
    if (file.shape.as === "failure") return this.#writeFailed(file, file.shape.reason, into, start);
    const at = this.#writeData(file, into, start, bucket);
    if (file.chunks.length > 0 || file.sha256 === undefined) return at;
    const { index, sha256, sentBytes } = file;
    const written = encodeFrame({ type: "file-end", transfer: this.#transfer, index, sha256 }, into, at);
    if (written === 0) return at;
    this.#active.delete(index);
    this.#phases[index] = Phase.UNANSWERED;
    this.#unanswered.set(index, { sha256, sentBytes, keptBytes: file.kept?.keptBytes ?? 0 });
    return at + written;
  }

  #writeData(file: OutgoingFile, into: Uint8Array, start: number, bucket: TokenBucket | undefined): number {
    let at = start;
    for (let chunk = file.chunks[0]; chunk !== undefined; chunk = file.chunks[0]) {
      const room = into.length - at - DATA_OVERHEAD_BYTES;
      if (room < Math.min(chunk.length, MIN_CHUNK_BYTES)) return at;
      const sendable = Math.min(chunk.length, room, this.#limit - this.#sentBytes);
      const bytes = bucket === undefined ? sendable : bucket.take(sendable);
      if (bytes === 0) return at;
      const { index, sendAt: offset } = file;
      const part = chunk.subarray(0, bytes);
      at += encodeFrame({ type: "data", transfer: this.#transfer, index, offset, chunk: part }, into, at);
      if (bytes === chunk.length) {
        file.chunks.shift();
        this.#emit({ type: "chunk-sent", transfer: this.#transfer, chunk });
      } else {
        file.chunks[0] = chunk.subarray(bytes);
      }
      file.sendAt = file.kept?.nextWanted(offset + bytes) ?? offset + bytes;
      file.sentBytes += bytes;
      this.#sentBytes += bytes;
      this.#aheadBytes -= bytes;
    }
    return at;
  }

  #writeFailed(file: OutgoingFile, reason: Reason, into: Uint8Array, at: number): number {
    const written = encodeFrame({ type: "file-failed", transfer: this.#transfer, index: file.index, reason }, into, at);
    if (written === 0) return at;
    this.#active.delete(file.index);
    this.#settle(file.index, { sentBytes: file.sentBytes, keptBytes: file.kept?.keptBytes ?? 0 });
    this.#phases[file.index] = Phase.FAILED;
    return at + written;
  }

  #settle(index: number, { sentBytes, keptBytes }: { sentBytes: number; keptBytes: number }): void {
    this.#phases[index] = Phase.OVER;
    this.#overFiles += 1;
    this.#answeredSentBytes += sentBytes;
    this.#answeredKeptBytes += keptBytes;
  }

  #emitFailed(index: number, reason: Reason): void {
    this.#emit({ type: "entry-failed", direction: "send", transfer: this.#transfer, index, reason });
  }
}

/** @param have - the SHA-256 that the receiver reported; undefined when it keeps its file whatever ours is */
function shapeAfterHash(result: HashResult, have: Uint8Array | undefined): Shape {
  if (!result.ok) return { as: "failure", reason: result.reason };
  const { sha256 } = result;
  const isWanted = have !== undefined && !areEqual(have, sha256);
  return isWanted ? { as: "content" } : { as: "hash", sha256 };
}
