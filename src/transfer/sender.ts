// One outgoing transfer: manifest, then the files one after the other without waiting for answers, within the
// receiver's credit. send-pipeline chooses the next file and bounds the read-ahead.
// Methods that take frames return the problem with them, or undefined.
import { hasOddAttributes, withPlainAttributes } from "./attributes.ts";
import type { BlocksResult, EngineEvent, HashResult, ReadResult, TransferEnd } from "./engine-events.ts";
import {
  CAN_TAKE_ANY_ATTRIBUTES,
  CAN_TAKE_BYTE_NAMES,
  CAN_TAKE_SYMLINKS,
  type Decision,
  ENTRIES_OVERHEAD_BYTES,
  encodeFrame,
  type Entry,
  entryBytes,
  type Frame,
  type ResultStatus,
} from "./frames.ts";
import { type LeftOut, LeftOutList } from "./left-out.ts";
import { makeManifest, type Manifest } from "./manifest.ts";
import { hasByteNames } from "./names.ts";
import type { Reason } from "./reasons.ts";
import { SendPipeline } from "./send-pipeline.ts";
import type { TokenBucket } from "./token-bucket.ts";

type SenderState =
  /** `next`: number of entries written so far, or one of the two states before the PROPOSAL itself. */
  { kind: "proposing"; next: number } | { kind: "proposed" } | { kind: "sending"; pipeline: SendPipeline };

const NOTHING_WRITTEN = -2;
const LEFT_OUT_WRITTEN = -1;
const NO_CAPABILITIES = 0;

/** The problem with a frame of the peer (it may not come now, for example); undefined when there is none. */
type Problem = string | undefined;

const NOT_ACCEPTED = "a frame of an accepted transfer came for one that is not";

export class Sender {
  readonly id: number;
  readonly #emit: (event: EngineEvent) => void;
  readonly #leftOut: LeftOutList;
  #manifest: Manifest;
  /** The manifest holds only what the peer accepts, as the peer takes it. */
  #isCut: boolean;
  #state: SenderState = { kind: "proposing", next: NOTHING_WRITTEN };
  #progressBytes = 0;

  /** @param plan - the entries in the order that `TransferEngine.propose` asks for, and what they lack */
  constructor(
    id: number,
    { manifest, leftOut }: { readonly manifest: Manifest; readonly leftOut?: LeftOut | undefined },
    emit: (event: EngineEvent) => void,
  ) {
    this.id = id;
    this.#manifest = manifest;
    this.#leftOut = new LeftOutList(leftOut);
    this.#emit = emit;
    this.#isCut = manifest.entries.every((entry) => isTaken(entry, NO_CAPABILITIES) && !hasOddAttributes(entry));
  }

  /** What is proposed: after the peer's HELLO, only entries that the peer accepts. */
  get manifest(): Manifest {
    return this.#manifest;
  }

  /** Takes the capabilities that both sides announced. The entries that remain keep their indices. */
  handleHello(capabilities: number): void {
    if (this.#isCut) return;
    this.#isCut = true;
    const { entries } = this.#manifest;
    const end = acceptableCount(entries, capabilities);
    const taken = entries.slice(0, end);
    const takesAttributes = (capabilities & CAN_TAKE_ANY_ATTRIBUTES) !== 0;
    this.#manifest = makeManifest(takesAttributes ? taken : taken.map(withPlainAttributes));
    for (const [at, entry] of entries.slice(end).entries()) {
      const why = hasByteNames(entry) ? "name" : "link";
      this.#leftOut.add(entry.path, why);
      this.#emit({ type: "left-out", transfer: this.id, index: end + at, why });
    }
  }

  /** Tells the receiver what the proposal lacks. */
  get leftOutFrame(): Frame {
    const { count, told } = this.#leftOut;
    return { type: "left-out", transfer: this.id, count, told };
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

  handleAccept(limit: number, deferred: Uint8Array, resuming: number): Problem {
    if (this.#state.kind !== "proposed") return "an ACCEPT for what was not proposed or was accepted before";
    const pipeline = new SendPipeline(this.id, this.manifest, limit, this.#emit);
    const problem = pipeline.defer(deferred, resuming);
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

  /**
   * The reason why it sends no more file data now, apart from the rate limit and the channel; undefined: it has none.
   */
  get wait(): "reading" | "credit" | "channel" | undefined {
    return this.#state.kind === "sending" ? this.#state.pipeline.wait : undefined;
  }

  /** Bytes sent whose storing the receiver has not reported. */
  get unwrittenBytes(): number {
    return this.#state.kind === "sending" ? this.#state.pipeline.unwrittenBytes : 0;
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
      case "proposing":
        return this.#writeManifest(this.#state, into, at);
      case "proposed":
        return at;
      case "sending":
        return this.#state.pipeline.writeFrames(into, at, bucket);
    }
  }

  #writeManifest(state: { kind: "proposing"; next: number }, into: Uint8Array, start: number): number {
    const { files, bytes, entries } = this.#manifest;
    let at = start;
    if (!this.#isCut) return at;
    if (state.next === NOTHING_WRITTEN) {
      const written = this.#leftOut.count === 0 ? 0 : encodeFrame(this.leftOutFrame, into, at);
      if (this.#leftOut.count > 0 && written === 0) return at;
      at += written;
      state.next = LEFT_OUT_WRITTEN;
    }
    if (state.next === LEFT_OUT_WRITTEN) {
      const proposal: Frame = { type: "proposal", transfer: this.id, entries: entries.length, files, bytes };
      const written = encodeFrame(proposal, into, at);
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
    if (state.next === entries.length) this.#state = { kind: "proposed" };
    return at;
  }

  end(end: TransferEnd): void {
    this.#emit({ type: "ended", direction: "send", transfer: this.id, end });
  }
}

/** Leading entries that a peer accepts. */
function acceptableCount(entries: readonly Entry[], capabilities: number): number {
  const first = entries.findIndex((entry) => !isTaken(entry, capabilities));
  return first === -1 ? entries.length : first;
}

function isTaken(entry: Entry, capabilities: number): boolean {
  if (entry.type === "symlink" && (capabilities & CAN_TAKE_SYMLINKS) === 0) return false;
  return (capabilities & CAN_TAKE_BYTE_NAMES) !== 0 || !hasByteNames(entry);
}
