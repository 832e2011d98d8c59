// One outgoing transfer: answers the engine's requests from the plan's files, and reports the result of each.
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { toHex } from "../../lib/bytes.ts";
import type { TransferEngine } from "../../transfer/engine.ts";
import type { EngineEvent, SenderEvent, TransferEnd } from "../../transfer/engine-events.ts";
import type { Reason } from "../../transfer/reasons.ts";
import type { FilePort, SendPlan, SourceFailure, TransferSource } from "../ports.ts";
import { pathFields, TransferRecord } from "./record.ts";
import type { UntakenEvents } from "./untaken-events.ts";

/** The dependencies of a transfer on the surrounding session. */
export interface TransferHost {
  readonly engine: TransferEngine;
  readonly files: FilePort;
  readonly nowMs: () => number;
  /** The number of files that an incoming transfer may write at one time, now. */
  readonly openParts: () => number;
  /** Takes the events of all transfers; work that lets the peer cause more of them waits for room. */
  readonly events: UntakenEvents;
  /** Reports an error and counts its exit code. */
  report(error: P2pError): void;
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
  /** Entries whose read failure is reported. */
  readonly #failed = new Set<number>();
  #resolve: (outcome: SendOutcome) => void = () => {};

  constructor(host: TransferHost, number: number, plan: SendPlan) {
    this.#host = host;
    this.#plan = plan;
    this.#source = host.files.openSource(plan);
    this.record = new TransferRecord("send", number, plan.names, plan.manifest);
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
    this.#host.events.emit(this.record.begin(resumedBytes, this.#host.nowMs()));
  }

  #fail(index: number, { error }: SourceFailure): void {
    // Read failures after the end of the transfer are ignored, and so are reads queued behind one that failed.
    if (!this.record.isOpen || this.#failed.has(index)) return;
    this.#failed.add(index);
    this.record.noteFailure();
    this.#host.report(error);
  }

  #tellSent({ index, sha256, skipped }: Extract<SenderEvent, { type: "file-sent" }>): void {
    const bytes = this.#plan.manifest.entries[index]?.bytes ?? 0;
    this.record.noteArrived(bytes);
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
    const path = this.#plan.localPath(index);
    this.record.noteFailure();
    this.#host.report(
      reason === "hash-mismatch"
        ? new P2pError("HASH_MISMATCH", { path })
        : new P2pError("PEER_CANNOT_STORE", { path, why: whyNotStored(reason) }),
    );
  }

  handleEnded(end: TransferEnd): void {
    const wasRunning = this.record.state === "running";
    switch (end.kind) {
      case "done":
        for (const event of this.record.complete(this.#host.nowMs())) this.#host.events.emit(event);
        this.#resolve(this.record.state === "done" ? "done" : "failed");
        return;
      case "declined":
        this.#endDeclined(end.by, end.reason);
        return;
      case "cancelled":
        if (wasRunning || end.by === "peer") this.#endFailed(end.by === "peer" ? end.reason : "other");
        else if (end.reason === "user") this.#endDeclined("me", end.reason);
        else this.#endUnanswered();
        return;
      case "broken":
        if (wasRunning) this.#endFailed("other");
        else this.#endUnanswered();
    }
  }

  #endDeclined(by: "me" | "peer", reason: Reason): void {
    const { id: transfer, name } = this.record;
    this.record.setState("declined");
    this.#host.events.emit({ event: "declined", transfer, direction: "send", by });
    if (by === "peer") this.#host.report(declinedError(name, reason, () => this.#interrupted()));
    this.#resolve("declined");
  }

  /** A transfer that was never accepted is not an interrupted transfer: the session reports why it ended. */
  #endUnanswered(): void {
    this.record.setState("failed");
    this.#resolve("failed");
  }

  #endFailed(reason: Reason): void {
    this.record.setState("failed");
    // `limit`: the peer accepts one of the offered files, and has it.
    const isKeptOut = reason === "disk-full" || reason === "write-failed" || reason === "limit";
    this.#host.report(
      isKeptOut
        ? new P2pError("PEER_CANNOT_STORE", { path: this.record.name, why: whyNotStored(reason) })
        : this.#interrupted(),
    );
    this.#resolve("failed");
  }

  #interrupted(): P2pError {
    return this.record.interruptedError();
  }

  /** Closes all files. @returns resolves when nothing is open any more */
  close(): Promise<void> {
    return this.#source.close();
  }
}

function declinedError(name: string, reason: Reason, interrupted: () => P2pError): P2pError {
  switch (reason) {
    case "user":
    case "policy":
      return new P2pError("PEER_DECLINED", { name, wasAsked: reason === "user" });
    case "closing":
      return interrupted();
    default:
      return new P2pError("PEER_CANNOT_STORE", { path: name, why: whyNotStored(reason) });
  }
}

function whyNotStored(reason: Reason): "disk-full" | "write-failed" | "limit" | "other" {
  return reason === "disk-full" || reason === "write-failed" || reason === "limit" ? reason : "other";
}
