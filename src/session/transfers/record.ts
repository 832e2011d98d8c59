// The record of one transfer in a session: its state, its progress and its totals. It also builds the events about the
// transfer.
import { encodeName, isByteName, printableName } from "../../lib/byte-names.ts";
import { toHex } from "../../lib/bytes.ts";
import { formatBytes } from "../../lib/format.ts";
import type { TransferStop } from "../../lib/errors/params.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { Direction, TransferEvent } from "../../lib/events.ts";
import { StateTrace, type Trace } from "../../lib/trace.ts";
import { keptNames, NAMES_KEPT } from "../../lib/transfer-names.ts";
import type { Manifest } from "../../transfer/manifest.ts";
import { renamedEntries } from "../../transfer/renamed.ts";
import { RateMeter } from "../../transfer/rate-meter.ts";
import type { TransferStatus } from "../session-types.ts";

/** With the last event, which may follow at once, there are never more than four in a second. */
const PROGRESS_INTERVAL_MS = 334;

/** A path on this disk in an event: a name that is not UTF-8 as text that shows it, and as its bytes. */
export function pathFields(path: string): { path: string; pathHex?: string } {
  return isByteName(path) ? { path: printableName(path), pathHex: toHex(encodeName(path)) } : { path };
}

/** Limits of the paths in one event, of their number and of their length together; it counts the others. */
const PATHS_TOLD = 1_000;
const PATH_UNITS_TOLD = 128 * 1024;

/** The first of what has paths, at least one: as many as one event tells of. */
export function firstTold<One>(all: readonly One[], pathOf: (one: One) => string): readonly One[] {
  let units = 0;
  const end = all.findIndex((one, at) => {
    units += pathOf(one).length;
    return at > 0 && (at === PATHS_TOLD || units > PATH_UNITS_TOLD);
  });
  return end === -1 ? all : all.slice(0, end);
}

/** The part of a proposal that was declined, for its event: the first paths, at least one, and how many more there are. */
export function declinedPaths(all: readonly string[]): { paths: string[]; pathsLeftOut?: number } {
  const paths = firstTold(all, (path) => path).map((path) => printableName(path));
  return paths.length === all.length ? { paths } : { paths, pathsLeftOut: all.length - paths.length };
}

/** The event that tells which entries get another name on every disk; none where all keep theirs. */
export function renamedEvents(
  transfer: string,
  direction: Direction,
  { entries }: Pick<Manifest, "entries">,
): TransferEvent[] {
  const { count, told } = renamedEntries(entries);
  return count === 0 ? [] : [{ event: "renamed", transfer, direction, count, entries: [...told] }];
}

/** The name of a transfer in events, unique in its session. */
export function transferId(direction: Direction, number: number): string {
  return `${direction === "send" ? "s" : "r"}${number}`;
}

export interface TransferTraits {
  /** The part that has arrived stays for a later session; default: true. */
  readonly isKept?: boolean;
  /** Is told each new state, without names; undefined: nobody asks. */
  readonly trace?: Trace | undefined;
}

/** Puts the id of a transfer into each line of the trace about it. */
function traceOf(transfer: string, trace: Trace | undefined): Trace | undefined {
  return trace && ((name, data) => trace(name, { transfer, ...data }));
}

export class TransferRecord {
  /** Unique in the session. */
  readonly id: string;
  readonly direction: Direction;
  /** Number in the protocol; each side counts its own transfers. */
  readonly number: number;
  #names: string[] = [];
  #hasMoreNames = false;
  #totalBytes: number;
  #files: number;
  readonly #stateTrace: StateTrace;
  readonly #meter = new RateMeter();
  #state: TransferStatus["state"] = "awaiting-consent";
  #startedMs: number | undefined;
  #bytes = 0;
  #toldBytes = -1;
  #toldMs = 0;
  #arrivedFiles = 0;
  #arrivedBytes = 0;
  /** Bytes of files that were there already: they count as arrived, and have not moved. */
  #skippedBytes = 0;
  #movedBytes = 0;
  #hasFailures = false;
  /** The part that has arrived stays for a later session. */
  readonly #isKept: boolean;
  /** Another part of the proposal was declined. */
  #isPart = false;

  constructor(
    direction: Direction,
    number: number,
    names: readonly string[],
    manifest: Manifest,
    { isKept = true, trace }: TransferTraits = {},
  ) {
    this.#isKept = isKept;
    this.id = transferId(direction, number);
    this.direction = direction;
    this.number = number;
    this.#keepNames(names);
    this.#totalBytes = manifest.bytes;
    this.#files = manifest.files;
    this.#stateTrace = new StateTrace("transfer:state_updated", traceOf(this.id, trace));
    this.setState("awaiting-consent");
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** Base names of what is proposed or, where only a part of it is taken, of that part. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** Only a part of the proposal is taken, and the rest was declined. */
  restrict({ files, bytes, names }: { files: number; bytes: number; names: readonly string[] }): void {
    this.#isPart = true;
    this.#files = files;
    this.#totalBytes = bytes;
    this.#keepNames(names);
  }

  #keepNames(names: readonly string[]): void {
    this.#names = keptNames(names.map(printableName));
    this.#hasMoreNames = names.length > NAMES_KEPT;
  }

  /** The part that has arrived is all that was taken of the proposal. @param names - base names of that part */
  restrictToArrived(names: readonly string[]): void {
    this.restrict({ files: this.#arrivedFiles, bytes: this.#arrivedBytes, names });
  }

  get state(): TransferStatus["state"] {
    return this.#state;
  }

  /** The transfer is either not accepted yet or still moving. */
  get isOpen(): boolean {
    return this.#state === "awaiting-consent" || this.#state === "running";
  }

  /** The name of the transfer in errors: of all that is in it, as far as it is stored. */
  get name(): string {
    if (this.#names.length === 0) return this.id;
    return this.#names.join(", ") + (this.#hasMoreNames ? ", …" : "");
  }

  get status(): TransferStatus {
    const { id, direction, totalBytes: total } = this;
    const rate = this.#state === "running" ? this.#meter.bytesPerSecond : 0;
    const status = { transfer: id, direction, names: [...this.#names], state: this.#state, total, rate };
    return { ...status, bytes: this.#bytes, ...(this.#isPart ? { isPart: true as const } : {}) };
  }

  /** The error for a transfer that ends before it is complete. */
  interruptedError(how: TransferStop = "broken-off"): P2pError {
    const { name, totalBytes } = this;
    const bytes = formatBytes(this.#bytes);
    const isReceived = this.direction === "receive";
    const facts = { name, bytes, total: formatBytes(totalBytes), how, ...(isReceived ? { isReceived } : {}) };
    const isNothingKept = !this.#isKept || this.#bytes === 0;
    return new P2pError("TRANSFER_INTERRUPTED", isNothingKept ? { ...facts, isNothingKept } : facts);
  }

  setState(state: TransferStatus["state"]): void {
    this.#state = state;
    const { direction, totalBytes: total } = this;
    this.#stateTrace.note(state, { direction, files: this.#files, bytes: this.#bytes, total });
  }

  /**
   * Both sides have consented and know which bytes exist already: time and rate count from now.
   * @param resumedBytes - bytes of an earlier session that the comparison confirmed
   */
  begin(resumedBytes: number, nowMs: number): TransferEvent {
    this.#startedMs = nowMs;
    this.#toldMs = nowMs;
    this.#bytes = resumedBytes;
    this.#measure(nowMs);
    return { event: "accepted", transfer: this.id, direction: this.direction, resumedFrom: resumedBytes };
  }

  /** @returns a progress event when one is due */
  noteProgress(bytes: number, nowMs: number): TransferEvent | undefined {
    if (this.#startedMs === undefined || bytes === this.#bytes) return undefined;
    this.#bytes = bytes;
    this.#measure(nowMs);
    return nowMs - this.#toldMs < PROGRESS_INTERVAL_MS ? undefined : this.#progress(nowMs);
  }

  /** Skipped bytes are progress and no speed. */
  #measure(nowMs: number): void {
    this.#movedBytes = Math.max(this.#movedBytes, this.#bytes - this.#skippedBytes);
    this.#meter.note(this.#movedBytes, nowMs);
  }

  #progress(nowMs: number): TransferEvent {
    this.#toldMs = nowMs;
    this.#toldBytes = this.#bytes;
    const { id: transfer, direction, totalBytes: total } = this;
    return { event: "progress", transfer, direction, bytes: this.#bytes, total, rate: this.#meter.bytesPerSecond };
  }

  /**
   * @param bytes - size of the file, as proposed
   * @param how - `isSkipped`: it was there already
   */
  noteArrived(bytes: number, { isSkipped = false }: { readonly isSkipped?: boolean } = {}): void {
    this.#arrivedFiles += 1;
    this.#arrivedBytes += bytes;
    if (isSkipped) this.#skippedBytes += bytes;
  }

  noteFailure(): void {
    this.#hasFailures = true;
  }

  /**
   * The transfer has completed in the protocol.
   * @returns the last progress if it is new, and `transfer-done` with the files that arrived; nothing when no
   *   file arrived, because the errors were reported
   */
  complete(nowMs: number): TransferEvent[] {
    if (this.#hasFailures && this.#files > 0 && this.#arrivedFiles === 0) {
      this.setState("failed");
      return [];
    }
    // Bytes of a file that failed later were reported as progress: they are not subtracted.
    const last: TransferEvent[] = [];
    if (this.#arrivedBytes > this.#toldBytes) {
      this.#bytes = this.#arrivedBytes;
      this.#measure(nowMs);
      last.push(this.#progress(nowMs));
    }
    this.setState(this.#hasFailures ? "failed" : "done");
    const { id: transfer, direction } = this;
    const ms = Math.round(nowMs - (this.#startedMs ?? nowMs));
    const sum = { files: this.#arrivedFiles, bytes: this.#arrivedBytes };
    const done: TransferEvent = { event: "transfer-done", transfer, direction, ...sum, ms };
    return [...last, done];
  }
}
