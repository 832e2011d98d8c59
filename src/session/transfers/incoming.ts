// One incoming transfer: consent, then the engine's requests answered by the sink of files or of one stream, and the
// result of each file reported.
import { ERROR_CODES } from "../../lib/errors/codes.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { printableName } from "../../lib/byte-names.ts";
import type { IncomingEntry } from "../../lib/events.ts";
import { toHex } from "../../lib/bytes.ts";
import { baseNames } from "../../lib/transfer-names.ts";
import type { EngineEvent, ReceiverEvent, TransferEnd } from "../../transfer/engine-events.ts";
import { makeManifest, type ReceivedManifest } from "../../transfer/manifest.ts";
import type { TransferHost } from "./outgoing.ts";
import { type Selection, selectionOf } from "../../transfer/selection.ts";
import type { Examined, PartOnDisk, SinkFailure, Stored } from "../../transfer/storing.ts";
import type { FileOutput, TransferSink } from "../ports.ts";
import type { ConflictPolicy, StartOfFiles } from "../session-types.ts";
import { declinedPaths, firstTold, pathFields, renamedEvents, TransferRecord } from "./record.ts";

/** Requests about an accepted transfer. */
export type AcceptedEvent = Exclude<ReceiverEvent, { type: "incoming" | "refused" | "left-out-there" }>;

export interface IncomingOptions {
  readonly outputDir: string;
  readonly conflict: ConflictPolicy;
  /** Takes one file instead of the output folder; the rest of the transfer is declined when that one is finished. */
  readonly stream: { readonly output: FileOutput; readonly index: number } | undefined;
}

/** Estimated memory of a transfer without its paths, and of each of its entries. */
const TRANSFER_BYTES = 16 * 1024;
const ENTRY_BYTES = 256;
const BYTES_PER_UNIT = 2;

/** The first entries of a proposal, which are reported; the sums beside them cover all. */
function toldEntries({ entries }: ReceivedManifest): IncomingEntry[] {
  const told = firstTold(entries, ({ path }) => path);
  return told.map(({ path, bytes, type }) => ({ path: printableName(path), bytes, type }));
}

export class IncomingTransfer {
  readonly record: TransferRecord;
  readonly #host: TransferHost;
  readonly #manifest: ReceivedManifest;
  readonly #sink: TransferSink;
  /** The only wanted file. */
  readonly #onlyIndex: number | undefined;
  /** Existing files found under the names of deferred files, until those are finished. */
  readonly #examined = new Map<number, Examined>();
  /** SHA-256 in hex that the sender reported, until the file is stored. */
  readonly #hashes = new Map<number, string>();
  /** The part that was accepted; undefined: everything, or the one file for the stream. */
  #selection: Selection | undefined;
  /** Wanted files that are not over yet, where others are not wanted; undefined: all are. */
  #wantedLeft: number | undefined;
  /** Everything wanted is finished, and the rest is not wanted. */
  #isRestDeclined = false;
  /** The reason for the end is reported, or needs no report. */
  #isEndTold = false;
  #isTold = false;
  #lastReported = "";
  /** A person has ended the transfer: incomplete files are not wanted. */
  #isUnwanted = false;

  constructor(host: TransferHost, number: number, manifest: ReceivedManifest, options: IncomingOptions) {
    this.#host = host;
    this.#manifest = manifest;
    const { stream, outputDir, conflict } = options;
    this.#onlyIndex = stream?.index;
    this.#wantedLeft = stream === undefined || manifest.files === 1 ? undefined : 1;
    const only = stream === undefined ? undefined : manifest.entries[stream.index];
    const wanted = only === undefined ? manifest : makeManifest([only]);
    const traits = { isKept: stream === undefined, trace: host.trace };
    this.record = new TransferRecord("receive", number, baseNames(manifest.entries), wanted, traits);
    const events = {
      onWritten: (bytes: number) => {
        host.engine.handleWritten(number, bytes);
        host.settle();
      },
      onStored: (index: number, stored: Stored) => {
        this.#handleStored(index, stored);
      },
    };
    this.#sink =
      stream === undefined
        ? host.files.openFolder({
            manifest,
            outputDir,
            conflict,
            openParts: host.openParts,
            canResume: host.engine.canPeerResume,
            events: { ...events, onLost: (lost) => host.events.emit({ event: "attribute-lost", ...lost }) },
          })
        : host.files.openStream({
            manifest,
            ...stream,
            events: { ...events, onBroken: (failure) => this.#handleBroken(failure) },
          });
  }

  /** Estimated memory of this transfer, in bytes; walks over all its entries. */
  keptBytes(): number {
    const ofEntries = this.#manifest.entries.map(({ path }) => ENTRY_BYTES + path.length * BYTES_PER_UNIT);
    return ofEntries.reduce((sum, bytes) => sum + bytes, TRANSFER_BYTES);
  }

  /**
   * Looks for parts of an earlier session, then reports the proposal. A withdrawn proposal is not examined any more.
   * @returns resolves when it is reported, if it is still open
   */
  async tellIncoming(): Promise<void> {
    if (!this.record.isOpen) return;
    const parts = await this.#sink.survey();
    if (this.record.isOpen) this.#tell(parts);
  }

  #tell(parts: readonly PartOnDisk[]): void {
    if (this.#isTold) return;
    this.#isTold = true;
    const { files, bytes, entries } = this.#manifest;
    const told = toldEntries(this.#manifest);
    const resumable = parts.map(({ index, bytes: here, hasChanged }) => {
      const { path = "", bytes: total = 0 } = entries[index] ?? {};
      return { path: printableName(path), bytes: here, total, ...(hasChanged ? { changed: true as const } : {}) };
    });
    const { id: transfer } = this.record;
    const leftOut = entries.length - told.length;
    // A stream has no names.
    const renamed = this.#onlyIndex === undefined ? renamedEvents(transfer, "receive", this.#manifest) : [];
    for (const one of renamed) this.#host.events.emit(one);
    const event = {
      event: "incoming" as const,
      transfer,
      files,
      bytes,
      entries: told,
      ...(leftOut === 0 ? {} : { entriesLeftOut: leftOut }),
    };
    this.#host.events.emit(resumable.length === 0 ? event : { ...event, resumable });
  }

  /**
   * Checks names and free space first: the consent is sent only when the files can be received.
   * @param isChosen - takes a part of the proposal; undefined: everything. Nothing chosen declines
   */
  async accept(isChosen?: (path: string) => boolean, from: StartOfFiles = "the-part"): Promise<void> {
    if (isChosen !== undefined && this.#onlyIndex === undefined) {
      this.#selection = selectionOf(this.#manifest, (path) => isChosen(printableName(path)));
      if (this.#selection?.isEmpty === true) {
        this.decline("user");
        return;
      }
    }
    if (from === "the-beginning") this.#sink.startAfresh();
    this.record.setState("running");
    const { number, id: transfer } = this.record;
    const selection = this.#selection;
    if (selection !== undefined) this.#restrict(selection);
    const prepared = await this.#sink.prepare();
    if (!this.record.isOpen) return;
    if (prepared.ok) {
      this.#host.engine.accept(number, prepared.deferred, prepared.resumable, selection?.unwanted);
      if (selection !== undefined) this.#tellUnwanted(selection);
      // No file will come whose end could finish it.
      if (this.#wantedLeft === 0) void this.#finishPart();
    } else {
      this.record.setState("failed");
      this.#host.report(prepared.error);
      this.#host.events.emit({ event: "declined", transfer, direction: "receive", by: "me" });
      this.#host.engine.decline(number, prepared.reason);
    }
    this.#host.settle();
  }

  #restrict(selection: Selection): void {
    this.#sink.restrict((index) => selection.isWanted(index));
    const { files, bytes } = selection;
    const names = baseNames(this.#manifest.entries, (index) => selection.isWanted(index));
    this.record.restrict({ files, bytes, names });
    if (files < this.#manifest.files) this.#wantedLeft = files;
  }

  #tellUnwanted({ unwanted }: Selection): void {
    const paths = declinedPaths(unwanted.map((index) => this.#manifest.entries[index]?.path ?? ""));
    const { id: transfer } = this.record;
    this.#host.events.emit({ event: "declined", transfer, direction: "receive", by: "me", ...paths });
  }

  decline(reason: "user" | "policy" | "limit"): void {
    const { number, id: transfer } = this.record;
    this.record.setState("declined");
    this.#host.events.emit({ event: "declined", transfer, direction: "receive", by: "me" });
    this.#host.engine.decline(number, reason);
    this.#host.settle();
  }

  handle(event: AcceptedEvent): void {
    switch (event.type) {
      case "examine":
        // A file that is deferred for good gets no decision: the sender would read it for nothing.
        if (this.#onlyIndex === undefined) void this.#examine(event.index);
        return;
      case "compare":
        void this.#compare(event.index, event.hashes);
        return;
      case "write":
        this.#sink.write(event.index, event.chunk, event.offset);
        return;
      case "store":
        this.#hashes.set(event.index, toHex(event.sha256));
        this.#sink.store(event.index, event.sha256);
        return;
      case "drop":
        this.#sink.drop(event.index);
        return;
      case "file-skipped":
        this.#tellSkipped(event.index);
        return;
      case "finish":
        void this.#finish();
    }
  }

  async #examine(index: number): Promise<void> {
    const examined = await this.#sink.examine(index);
    if (examined !== undefined) this.#examined.set(index, examined);
    this.#host.engine.handleExamined(this.record.number, index, examined?.decision ?? { kind: "send" });
    this.#host.settle();
  }

  async #compare(index: number, hashes: Uint8Array): Promise<void> {
    const { kept, keptBytes, ofBytes } = await this.#sink.compare(index, hashes);
    if (!this.record.isOpen) return;
    const path = this.#manifest.entries[index]?.path ?? "";
    if (keptBytes < ofBytes) this.#host.events.emit({ event: "part-differs", path, kept: keptBytes, of: ofBytes });
    this.#host.engine.handleCompared(this.record.number, index, kept);
    this.#host.settle();
  }

  /** Files move from now on. */
  handleBegun(resumedBytes: number): void {
    this.#host.events.emit(this.record.begin(resumedBytes, this.#host.nowMs()));
  }

  #handleStored(index: number, stored: Stored): void {
    const sha256 = this.#hashes.get(index) ?? "";
    this.#hashes.delete(index);
    this.#examined.delete(index);
    if (stored.ok) {
      this.#tellDone(index, { path: stored.path, bytes: this.#manifest.entries[index]?.bytes ?? 0, sha256 });
    } else {
      this.record.noteFailure();
      if (!this.#isEndTold) this.#report(stored.error);
      if (stored.isFinal === true) this.#isEndTold = true;
    }
    // Without RESULTs the sender stops after some files.
    this.#host.events.whenRoom(() => {
      this.#answerStored(index, stored);
    });
  }

  #answerStored(index: number, stored: Stored): void {
    const { number } = this.record;
    // The remaining files could not be stored either.
    const isFull = !stored.ok && stored.reason === "disk-full" && stored.isOfOneDisk !== true;
    if (!stored.ok && (isFull || stored.isFinal === true)) this.#host.engine.cancel("receive", number, stored.reason);
    else this.#host.engine.handleStored(number, index, stored);
    this.#noteWantedOver();
    this.#host.settle();
  }

  /** A wanted file is over, whatever its result: after the last one the rest is declined. */
  #noteWantedOver(): void {
    if (this.#wantedLeft === undefined) return;
    this.#wantedLeft -= 1;
    if (this.#wantedLeft > 0) return;
    if (this.#onlyIndex === undefined) void this.#finishPart();
    else this.#declineRest();
  }

  /** Makes the wanted folders and links before the rest is declined. */
  async #finishPart(): Promise<void> {
    const failed = await this.#sink.finish();
    if (!this.record.isOpen) return;
    for (const { failure } of failed) this.#failFolder(failure);
    this.#declineRest();
    this.#host.settle();
  }

  #declineRest(): void {
    this.#isRestDeclined = true;
    this.#host.engine.cancel("receive", this.record.number, "limit");
  }

  /**
   * The stream accepts no more. A reader that has enough is no error to tell, but the file is not finished: the exit code
   * says so, and the sender is informed.
   */
  #handleBroken(failure: SinkFailure | undefined): void {
    if (!this.record.isOpen) return;
    this.record.noteFailure();
    this.#isEndTold = true;
    if (failure === undefined) this.#host.noteExit(ERROR_CODES.TRANSFER_INTERRUPTED.exit);
    else this.#host.report(failure.error);
    this.#host.engine.cancel("receive", this.record.number, failure?.reason ?? "closing");
    this.#host.settle();
  }

  #tellSkipped(index: number): void {
    const examined = this.#examined.get(index);
    this.#examined.delete(index);
    if (examined !== undefined) {
      const { path, bytes, sha256 } = examined;
      this.#tellDone(index, { path, bytes, sha256: toHex(sha256), skipped: true });
    }
    this.#noteWantedOver();
  }

  #tellDone(index: number, file: { path: string; bytes: number; sha256: string; skipped?: true }): void {
    this.record.noteArrived(this.#manifest.entries[index]?.bytes ?? 0, { isSkipped: file.skipped === true });
    this.#host.events.emit({
      event: "file-done",
      transfer: this.record.id,
      direction: "receive",
      ...file,
      ...pathFields(file.path),
    });
  }

  async #finish(): Promise<void> {
    const failed = await this.#sink.finish();
    if (!this.record.isOpen) return;
    for (const { failure } of failed) this.#failFolder(failure);
    if (failed.some(({ failure }) => failure.isFinal === true)) {
      this.#isEndTold = true;
      this.#host.engine.cancel("receive", this.record.number, "write-failed");
      this.#host.settle();
      return;
    }
    const told = failed.map(({ index, failure }) => ({ index, reason: failure.reason }));
    this.#host.engine.handleFinished(this.record.number, told);
    this.#host.settle();
  }

  #failFolder(failure: SinkFailure): void {
    this.record.noteFailure();
    this.#report(failure.error);
  }

  /** The same sentence about one link on the way to many files is told once. */
  #report(error: P2pError): void {
    if (error.message === this.#lastReported) return;
    this.#lastReported = error.message;
    this.#host.report(error);
  }

  /** The peer could not send an entry. */
  handleFailed({ index, reason }: Extract<EngineEvent, { type: "entry-failed" }>): void {
    this.record.noteFailure();
    const why = reason === "source-changed" || reason === "unreadable" ? reason : "other";
    const path = this.#manifest.entries[index]?.path ?? "";
    this.#host.report(new P2pError("PEER_CANNOT_SEND", { path, why }));
    this.#noteWantedOver();
  }

  handleEnded(end: TransferEnd): void {
    const { state } = this.record;
    this.#isUnwanted = end.kind === "cancelled" && end.reason === "user";
    // Every reported end follows a reported start.
    this.#tell([]);
    if (end.kind === "done" || this.#isRestDeclined) {
      for (const event of this.record.complete(this.#host.nowMs())) this.#host.events.emit(event);
    } else if (state === "awaiting-consent") {
      this.record.setState(isWithdrawn(end) ? "withdrawn" : "declined");
      this.#tellUnanswered(end);
    } else if (state === "running") {
      this.record.setState(this.#isUnwanted ? "cancelled" : "failed");
      this.#tellInterrupted(end);
    }
  }

  /** It ends before it was accepted, and not because this side has declined it, which was reported then. */
  #tellUnanswered(end: TransferEnd): void {
    const { id: transfer } = this.record;
    const stopReason = this.#host.stopReason();
    const wasWithdrawn = isWithdrawn(end);
    // The session reports a loss.
    if (!wasWithdrawn && stopReason === "lost") return;
    const isMine = stopReason === "ended" || stopReason === "interrupted";
    const by = isMine && !wasWithdrawn ? "me" : "peer";
    const how = wasWithdrawn || end.kind === "broken" ? {} : { how: "left" as const };
    this.#host.events.emit({ event: "declined", transfer, direction: "receive", by, ...how });
  }

  #tellInterrupted(end: TransferEnd): void {
    if (this.#isEndTold) return;
    if (!this.#isUnwanted) {
      // A full disk was reported when it occurred.
      const isDiskFull = end.kind === "cancelled" && end.by === "me" && end.reason === "disk-full";
      if (!isDiskFull) this.#host.report(this.record.interruptedError());
      return;
    }
    const by = end.kind === "cancelled" ? end.by : "peer";
    this.#host.events.emit({
      event: "declined",
      transfer: this.record.id,
      direction: "receive",
      by,
      how: "cancelled",
    });
    if (by === "peer") this.#host.report(this.record.interruptedError("peer-cancelled"));
  }

  /** Closes all files; incomplete ones stay for a later session. @returns resolves when nothing is open any more */
  close(): Promise<void> {
    return this.#sink.abort(this.#isUnwanted ? "remove" : "keep");
  }
}

/** The sender has taken back what was not accepted yet. */
function isWithdrawn(end: TransferEnd): boolean {
  return end.kind === "cancelled" && end.by === "peer" && end.reason !== "closing";
}
