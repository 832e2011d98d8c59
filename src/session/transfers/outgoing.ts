// One outgoing transfer: answers the engine's requests from the plan's files, and reports the result of each.
import type { FilePromise } from "../../control/promises.ts";
import type { StopReason } from "../../control/session-machine.ts";
import { ERROR_CODES } from "../../lib/errors/codes.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { toHex } from "../../lib/bytes.ts";
import type { Trace } from "../../lib/trace.ts";
import { baseNames } from "../../lib/transfer-names.ts";
import type { TransferEngine } from "../../transfer/engine.ts";
import type { EngineEvent, SenderEvent, TransferEnd } from "../../transfer/engine-events.ts";
import type { Reason } from "../../transfer/reasons.ts";
import type { FilePort, SendPlan, SourceFailure, TransferSource } from "../ports.ts";
import { declinedPaths, pathFields, TransferRecord } from "./record.ts";
import type { UntakenEvents } from "./untaken-events.ts";

/** The dependencies of a transfer on the surrounding session. */
export interface TransferHost {
  readonly engine: TransferEngine;
  readonly files: FilePort;
  readonly nowMs: () => number;
  /** Is told each change of state; undefined: nobody asks. */
  readonly trace?: Trace | undefined;
  /** The number of files that an incoming transfer may write at one time, now. */
  readonly openParts: () => number;
  /** Takes the events of all transfers; work that lets the peer cause more of them waits for room. */
  readonly events: UntakenEvents;
  /** Reports an error and counts its exit code. */
  report(error: P2pError): void;
  /** Counts an exit code whose reason is told in another way than by an error. */
  noteExit(exit: number): void;
  /** Why the transfers are being ended with the session; undefined while they are not. */
  stopReason(): StopReason | undefined;
  /** The engine was given input: its events must be handled and its messages sent. */
  settle(): void;
}

export type SendOutcome = "done" | "declined" | "failed";

export class OutgoingTransfer {
  readonly record: TransferRecord;
  readonly outcome: Promise<SendOutcome>;
  readonly #host: TransferHost;
  readonly #plan: SendPlan;
  readonly #source: TransferSource;
  readonly #wasAnnounced: boolean;
  /** Bytes that were to be sent when files began to move; 0 before. */
  beganWithBytes = 0;
  /** Files whose outcome is known. */
  readonly #settled = new Set<number>();
  /** Entries that the other side declined, while it took others. */
  readonly #declined: number[] = [];
  /** Entries whose read failure is reported. */
  readonly #failed = new Set<number>();
  #resolve: (outcome: SendOutcome) => void = () => {};

  /** @param promise - the promise that this keeps; undefined: nobody counts on it */
  constructor(host: TransferHost, number: number, plan: SendPlan, promise?: FilePromise) {
    this.#host = host;
    this.#wasAnnounced = promise?.wasAnnounced === true;
    this.#plan = plan;
    this.#source = host.files.openSource(plan);
    this.record = new TransferRecord("send", number, plan.names, plan.manifest, { trace: host.trace });
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    if (plan.problems.length > 0) this.record.noteFailure();
  }

  handle(event: SenderEvent): void {
    switch (event.type) {
      case "read":
        void this.#read(event);
        return;
      case "chunk-sent":
        this.#source.recycle(event.chunk);
        return;
      case "close-source":
        this.#source.closeFile(event.index);
        return;
      case "hash":
        void this.#hash(event);
        return;
      case "hash-blocks":
        void this.#hashBlocks(event);
        return;
      case "accepted":
        this.record.setState("running");
        return;
      case "left-out":
        this.record.noteFailure();
        this.#host.report(
          new P2pError("PATH_NOT_SENT", {
            path: this.#plan.localPath(event.index),
            kind: event.why === "link" ? "symlink-there" : "byte-name-there",
          }),
        );
        return;
      case "file-sent":
        this.#tellSent(event);
    }
  }

  async #read({ transfer, index, offset, bytes }: Extract<SenderEvent, { type: "read" }>): Promise<void> {
    const result = await this.#source.read(index, offset, bytes);
    if (!result.ok) this.#fail(index, result);
    this.#host.engine.handleRead(transfer, index, result);
    this.#host.settle();
  }

  async #hash({ transfer, index }: Extract<SenderEvent, { type: "hash" }>): Promise<void> {
    const result = await this.#source.hash(index);
    if (!result.ok) this.#fail(index, result);
    this.#host.engine.handleHash(transfer, index, result);
    this.#host.settle();
  }

  async #hashBlocks({ transfer, index, plan }: Extract<SenderEvent, { type: "hash-blocks" }>): Promise<void> {
    const result = await this.#source.blocks(index, plan);
    if (!result.ok) this.#fail(index, result);
    this.#host.engine.handleBlocks(transfer, index, result);
    this.#host.settle();
  }

  /** Files move from now on. */
  handleBegun(resumedBytes: number): void {
    this.beganWithBytes = this.record.totalBytes - resumedBytes;
    this.#host.events.emit(this.record.begin(resumedBytes, this.#host.nowMs()));
  }

  #fail(index: number, { error, reason, isFinal }: SourceFailure): void {
    // Read failures after the end of the transfer are ignored, and so are reads queued behind one that failed.
    if (!this.record.isOpen || this.#failed.has(index)) return;
    this.#failed.add(index);
    this.record.noteFailure();
    this.#host.report(error);
    if (isFinal === true) this.#host.engine.cancel("send", this.record.number, reason);
  }

  #tellSent({ index, sha256, skipped }: Extract<SenderEvent, { type: "file-sent" }>): void {
    const bytes = this.#plan.manifest.entries[index]?.bytes ?? 0;
    this.record.noteArrived(bytes, { isSkipped: skipped });
    this.#settled.add(index);
    this.#host.events.emit({
      event: "file-done",
      transfer: this.record.id,
      direction: "send",
      ...pathFields(this.#plan.localPath(index)),
      bytes,
      sha256: toHex(sha256),
      ...(skipped ? { skipped } : {}),
    });
  }

  /** The peer could not store an entry. */
  handleFailed({ index, reason }: Extract<EngineEvent, { type: "entry-failed" }>): void {
    if (reason === "user") {
      this.#declined.push(index);
      return;
    }
    const path = this.#plan.localPath(index);
    this.#settled.add(index);
    this.record.noteFailure();
    this.#host.report(
      reason === "hash-mismatch"
        ? new P2pError("HASH_MISMATCH", { path })
        : new P2pError("PEER_CANNOT_STORE", { path, why: whyNotStored(reason) }),
    );
  }

  handleEnded(end: TransferEnd): void {
    switch (end.kind) {
      case "done":
        if (this.#declined.length > 0) {
          this.#endInPart(this.#declined);
          return;
        }
        for (const event of this.record.complete(this.#host.nowMs())) this.#host.events.emit(event);
        this.#resolve(this.record.state === "done" ? "done" : "failed");
        return;
      case "declined":
        if (end.reason === "closing") this.#endUnanswered("peer");
        else this.#endDeclined(end.reason);
        return;
      case "cancelled":
        this.#endCancelled(end);
        return;
      case "broken":
        if (this.record.state === "running") this.#endInterrupted("other");
        else this.#endUnanswered(undefined);
    }
  }

  #endCancelled({ by, reason }: Extract<TransferEnd, { kind: "cancelled" }>): void {
    const isRunning = this.record.state === "running";
    if (reason === "user" && by === "me") this.#endByMe();
    else if (reason === "user") this.#endDeclined(reason);
    else if (isRunning && by === "peer" && reason === "limit") this.#endInPart(this.#leftAndDeclined());
    else if (isRunning) this.#endInterrupted(by === "peer" ? reason : "other");
    else if (by === "peer" && reason !== "closing") this.#endInterrupted(reason);
    else this.#endUnanswered(by === "peer" ? "peer" : stopper(this.#host.stopReason()));
  }

  /** The person here takes it back, or stops it. */
  #endByMe(): void {
    const isRunning = this.record.state === "running";
    this.#tellDeclined("me");
    this.record.setState(isRunning ? "cancelled" : "withdrawn");
    if (this.#wasAnnounced) this.#host.noteExit(ERROR_CODES.TRANSFER_INTERRUPTED.exit);
    this.#resolve(isRunning ? "failed" : "declined");
  }

  /** The other side does not take it, or stops it. */
  #endDeclined(reason: Reason): void {
    const { name } = this.record;
    const hadBegun = this.record.state === "running";
    this.#tellDeclined("peer");
    this.record.setState(hadBegun ? stateAfter(reason) : "declined");
    const isByPerson = reason === "user" || reason === "policy";
    this.#host.report(
      isByPerson
        ? new P2pError("PEER_DECLINED", { name, wasAsked: reason === "user", ...(hadBegun ? { hadBegun } : {}) })
        : new P2pError("PEER_CANNOT_STORE", { path: name, why: whyNotStored(reason) }),
    );
    this.#resolve(hadBegun ? "failed" : "declined");
  }

  /** Files that nothing is known of, and what was declined by its name. */
  #leftAndDeclined(): number[] {
    const declined = new Set(this.#declined);
    return Array.from(this.#plan.manifest.entries.entries())
      .filter(([index, { type }]) => {
        const isLeft = type === "file" && !this.#settled.has(index) && !this.#failed.has(index);
        return isLeft || declined.has(index);
      })
      .map(([index]) => index);
  }

  /** The other side has what it wants of the proposal, and takes no more. @param declined - entries that it did not take */
  #endInPart(declined: readonly number[]): void {
    const { id: transfer } = this.record;
    const { entries } = this.#plan.manifest;
    const told = declinedPaths(declined.map((index) => entries[index]?.path ?? ""));
    this.record.restrictToArrived(this.#takenNames(declined));
    this.#host.events.emit({ event: "declined", transfer, direction: "send", by: "peer", ...told });
    for (const event of this.record.complete(this.#host.nowMs())) this.#host.events.emit(event);
    const [name = this.record.name] = told.paths;
    const more = Math.max(0, declined.length - 1);
    this.#host.report(new P2pError("PEER_DECLINED", { name, wasAsked: true, ...(more > 0 ? { more } : {}) }));
    this.#resolve("failed");
  }

  /** A folder counts only where no file was taken: an older p2p does not say which folders it took. */
  #takenNames(declined: readonly number[]): string[] {
    const { entries } = this.#plan.manifest;
    const notTaken = new Set(declined);
    const files = baseNames(entries, (index) => entries[index]?.type === "file" && !notTaken.has(index));
    return files.length > 0 ? files : baseNames(entries, (index) => !notTaken.has(index));
  }

  #tellDeclined(by: "me" | "peer"): void {
    const { id: transfer, state } = this.record;
    const how = state === "running" ? { how: "cancelled" as const } : {};
    this.#host.events.emit({ event: "declined", transfer, direction: "send", by, ...how });
  }

  /**
   * A transfer that was never accepted is not an interrupted one.
   * @param by - who has ended the session in order; undefined: the session reports its end
   */
  #endUnanswered(by: "me" | "peer" | undefined): void {
    this.record.setState("failed");
    if (by !== undefined) this.#host.report(this.record.interruptedError(by === "peer" ? "peer-left" : "own-end"));
    this.#resolve("failed");
  }

  #endInterrupted(reason: Reason): void {
    this.record.setState("failed");
    const isKeptOut = reason === "disk-full" || reason === "write-failed" || reason === "limit";
    this.#host.report(
      isKeptOut
        ? new P2pError("PEER_CANNOT_STORE", { path: this.record.name, why: whyNotStored(reason) })
        : this.record.interruptedError(),
    );
    this.#resolve("failed");
  }

  /** Closes all files. @returns resolves when nothing is open any more */
  close(): Promise<void> {
    return this.#source.close();
  }
}

/** The side that ends the session, so that a transfer without an answer is not sent; undefined: the connection is lost. */
function stopper(why: StopReason | undefined): "me" | "peer" | undefined {
  if (why === "peer-left") return "peer";
  return why === "ended" || why === "interrupted" ? "me" : undefined;
}

function whyNotStored(reason: Reason): "disk-full" | "write-failed" | "limit" | "other" {
  return reason === "disk-full" || reason === "write-failed" || reason === "limit" ? reason : "other";
}

/** The state of a transfer that has begun, after the other side has stopped it. */
function stateAfter(reason: Reason): "cancelled" | "failed" {
  return reason === "user" ? "cancelled" : "failed";
}
