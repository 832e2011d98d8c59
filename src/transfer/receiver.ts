// One incoming transfer: the proposal until it is complete, consent, then files in the order in which they arrive.
// Every byte that it passes on was proposed, consented to, inside its file, next in order and within the credit.
// Methods that take frames return the problem with them, or undefined.
import { areEqual } from "../lib/bytes.ts";
import type { ProposalExcess } from "../lib/errors/params.ts";
import type { EngineEvent, StoreResult, TransferEnd } from "./engine-events.ts";
import type { Decision, Entry, Frame } from "./frames.ts";
import {
  MAX_MANIFEST_BYTES,
  MAX_OPEN_FOLDERS,
  MAX_PARALLEL_HASHES,
  MAX_PARALLEL_SMALL_HASHES,
  MAX_UNANSWERED_DECISIONS,
  MAX_UNANSWERED_FILES,
  SMALL_HASH_BYTES,
} from "./limits.ts";
import type { KeptBlocks } from "./kept-blocks.ts";
import type { ManifestProblem, ManifestReader, ReceivedManifest } from "./manifest.ts";
import type { Reason } from "./reasons.ts";
import { ReceiveCredit } from "./receive-credit.ts";
import { type ResumableFile, ResumeRequests } from "./resume-requests.ts";

const BYTES_PER_MIB = 1024 * 1024;

type ReceiverState =
  | { kind: "proposed"; reader: ManifestReader }
  | { kind: "asked"; manifest: ReceivedManifest }
  | {
      kind: "receiving";
      manifest: ReceivedManifest;
      phases: Uint8Array;
      credit: ReceiveCredit;
      resumes: ResumeRequests;
    }
  | { kind: "finishing"; manifest: ReceivedManifest };

type Receiving = Extract<ReceiverState, { kind: "receiving" }>;

/** The phase of an entry. Entries other than files stay `WAITING`. */
const Phase = {
  WAITING: 0,
  /** Held back in the ACCEPT, to be examined first. */
  DEFERRED: 1,
  EXAMINING: 2,
  /** Decided `skip`: only the hash will arrive. */
  SKIPPED: 3,
  /** Decided `have`: the hash will arrive alone, or with the whole file. */
  HAD: 4,
  RECEIVING: 5,
  /** All bytes have arrived; the shell checks the file and gives it its name. */
  STORING: 6,
  /** Failed here and reported to the sender, which may still be sending. */
  LOST: 7,
  OVER: 8,
  /** Decided `resume`: the hashes of its blocks will arrive. */
  RESUMING: 9,
  /** The shell compares the hashes with our part. */
  COMPARING: 10,
  /** Both sides know which bytes have to be sent. */
  RESUMED: 11,
  /** Held back for good: it is not wanted, and the transfer is cancelled when everything else is here. */
  UNWANTED: 12,
} as const;

/** The space that the other open proposals leave to a proposal. */
export interface ProposalRoom {
  /** Cost of paths, link targets included, as `pathCost` counts it. */
  readonly pathBytes: number;
  readonly folders: number;
}

type Problem = string | undefined;

const NOT_ACCEPTED = "files without consent";

export class Receiver {
  readonly id: number;
  /** Number of entries of the proposal, including those that have not arrived. */
  readonly entryCount: number;
  readonly #emit: (event: EngineEvent) => void;
  readonly #send: (frame: Frame) => void;
  #state: ReceiverState;
  /** The file whose bytes arrive now; `runEnd`: up to there they arrive without a gap. */
  #current: { index: number; nextOffset: number; runEnd: number; kept: KeptBlocks | undefined } | undefined;
  readonly #have = new Map<number, Uint8Array>();
  #examineCursor = 0;
  #examining = 0;
  #unansweredDecisions = 0;
  #unansweredFiles = 0;
  #overFiles = 0;
  #progressBytes = 0;
  #pathBytes = 0;
  #folderCount = 0;

  /** @param send - queues a frame; frames are sent in this order */
  constructor(id: number, reader: ManifestReader, emit: (event: EngineEvent) => void, send: (frame: Frame) => void) {
    this.id = id;
    this.entryCount = reader.expectedEntries;
    this.#state = { kind: "proposed", reader };
    this.#emit = emit;
    this.#send = send;
  }

  /** Cost of the paths that have arrived so far. */
  get pathBytes(): number {
    return this.#pathBytes;
  }

  /** Folders that these paths lead through. */
  get folderCount(): number {
    return this.#folderCount;
  }

  /** Whether half of what the sender may send waits for the disk. */
  isBehind(windowBytes: number): boolean {
    return this.#state.kind === "receiving" && this.#state.credit.isBehind(windowBytes);
  }

  get isReceiving(): boolean {
    return this.#state.kind === "receiving";
  }

  /** Returns whether consent is still open: a DECLINE ends it, and the peer may withdraw the proposal. */
  get isUndecided(): boolean {
    return this.#state.kind === "proposed" || this.#state.kind === "asked";
  }

  /** Bytes on disk of complete and partial files, skipped files included; never decreases. */
  get progressBytes(): number {
    return this.#progressBytes;
  }

  /**
   * @param room - the space that the other open proposals leave to this one
   * @returns a problem of the proposal, or of the frame itself
   */
  handleEntries(first: number, entries: readonly Entry[], room: ProposalRoom): ManifestProblem | undefined {
    if (this.#state.kind !== "proposed") return { kind: "broken", detail: "entries behind the end of a proposal" };
    const { reader } = this.#state;
    const problem = reader.add(first, entries);
    this.#pathBytes = reader.pathBytes;
    this.#folderCount = reader.folderCount;
    if (problem !== undefined) return problem;
    if (this.#pathBytes > room.pathBytes) return beyond({ of: "names", limit: MAX_MANIFEST_BYTES / BYTES_PER_MIB });
    if (this.#folderCount > room.folders) return beyond({ of: "folders", limit: MAX_OPEN_FOLDERS });
    if (!reader.isComplete) return undefined;
    const manifest = reader.take();
    this.#state = { kind: "asked", manifest };
    this.#emit({ type: "incoming", transfer: this.id, manifest });
    return undefined;
  }

  /**
   * Consents to the transfer.
   * @param deferred - indices of files to examine before they are sent
   * @param resumable - files that exist here in part, none of them deferred; at most MAX_RESUMED_FILES
   * @param unwanted - indices of entries that are declined. Files among them are never sent, and the caller cancels the
   *   transfer in the end
   * @returns false when the transfer does not wait for consent
   */
  accept(
    deferred: readonly number[],
    resumable: readonly ResumableFile[],
    windowBytes: number,
    unwanted: readonly number[] = [],
  ): boolean {
    if (this.#state.kind !== "asked") return false;
    const { manifest } = this.#state;
    const phases = new Uint8Array(manifest.entries.length);
    const resumes = new ResumeRequests(resumable);
    const resuming = resumes.openCount;
    const isFile = (index: number): boolean => manifest.entries[index]?.type === "file";
    const unwantedFiles = unwanted.filter((index) => isFile(index));
    const isAnyDeferred = deferred.length + resuming + unwantedFiles.length > 0;
    const bitmap = new Uint8Array(isAnyDeferred ? Math.ceil(phases.length / 8) : 0);
    const defer = (index: number, phase: number): void => {
      if (!isFile(index)) throw new RangeError(`Cannot defer entry ${index}: no file`);
      phases[index] = phase;
      bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7));
    };
    for (const index of deferred) defer(index, Phase.DEFERRED);
    for (const { index } of resumable) defer(index, Phase.RESUMING);
    for (const index of unwantedFiles) defer(index, Phase.UNWANTED);
    const state: Receiving = { kind: "receiving", manifest, phases, credit: new ReceiveCredit(windowBytes), resumes };
    this.#state = state;
    this.#send({ type: "accept", transfer: this.id, limit: windowBytes, deferred: bitmap, resuming });
    // These come first of all decisions: nothing moves before they are settled.
    for (const [index, plan] of resumes.plans()) {
      this.#send({ type: "decide", transfer: this.id, index, decision: { kind: "resume", ...plan } });
    }
    this.#failUnwanted(unwanted.filter((index) => !isFile(index)));
    this.#beginIfSettled(state);
    this.#examineMore(state);
    this.#finishIfOver(state);
    return true;
  }

  /** Nothing is sent for folders and links, so that the sender learns of those only by a RESULT. */
  #failUnwanted(indices: readonly number[]): void {
    for (const index of indices.slice(0, MAX_UNANSWERED_FILES)) {
      this.#send({ type: "result", transfer: this.id, index, status: "failed", reason: "user" });
    }
  }

  #examineMore(state: Receiving): void {
    const { phases, manifest } = state;
    while (this.#examining + this.#unansweredDecisions < MAX_UNANSWERED_DECISIONS) {
      while (this.#examineCursor < phases.length && phases[this.#examineCursor] !== Phase.DEFERRED)
        this.#examineCursor += 1;
      if (this.#examineCursor === phases.length) return;
      const index = this.#examineCursor;
      const isSmall = (manifest.entries[index]?.bytes ?? 0) <= SMALL_HASH_BYTES;
      if (this.#examining >= (isSmall ? MAX_PARALLEL_SMALL_HASHES : MAX_PARALLEL_HASHES)) return;
      phases[index] = Phase.EXAMINING;
      this.#examining += 1;
      this.#emit({ type: "examine", transfer: this.id, index });
    }
  }

  handleExamined(index: number, decision: Decision): void {
    const state = this.#state;
    if (state.kind !== "receiving" || state.phases[index] !== Phase.EXAMINING) return;
    this.#examining -= 1;
    if (decision.kind === "send") {
      state.phases[index] = Phase.WAITING;
    } else {
      state.phases[index] = decision.kind === "skip" ? Phase.SKIPPED : Phase.HAD;
      if (decision.kind === "have") this.#have.set(index, decision.sha256);
      this.#unansweredDecisions += 1;
    }
    this.#send({ type: "decide", transfer: this.id, index, decision });
    this.#examineMore(state);
  }

  /** Reports once that files may arrive now. */
  #beginIfSettled({ resumes }: Receiving): void {
    if (resumes.openCount > 0) return;
    this.#emit({ type: "begun", direction: "receive", transfer: this.id, resumedBytes: resumes.keptBytes });
  }

  handleBlocks(index: number, first: number, hashes: Uint8Array): Problem {
    const state = this.#state;
    if (state.kind !== "receiving") return NOT_ACCEPTED;
    if (state.phases[index] !== Phase.RESUMING) return "hashes of blocks that nobody asked for";
    const added = state.resumes.addHashes(index, first, hashes);
    if ("problem" in added) return added.problem;
    if (added.all === undefined) return undefined;
    state.phases[index] = Phase.COMPARING;
    this.#emit({ type: "compare", transfer: this.id, index, hashes: added.all });
    return undefined;
  }

  /** @param kept - bitmap of the blocks that are the same on both sides */
  handleCompared(index: number, kept: Uint8Array): void {
    const state = this.#state;
    if (state.kind !== "receiving" || state.phases[index] !== Phase.COMPARING) return;
    const blocks = state.resumes.settle(index, kept, state.manifest.entries[index]?.bytes ?? 0);
    if (blocks === undefined) return;
    state.phases[index] = Phase.RESUMED;
    this.#progressBytes += blocks.keptBytes;
    this.#send({ type: "keep", transfer: this.id, index, kept: blocks.bitmap });
    this.#beginIfSettled(state);
  }

  handleData(index: number, offset: number, chunk: Uint8Array): Problem {
    const state = this.#state;
    if (state.kind !== "receiving") return NOT_ACCEPTED;
    const problem = this.#begin(state, index);
    if (problem !== undefined) return problem;
    const current = this.#current;
    const bytes = state.manifest.entries[index]?.bytes ?? 0;
    if (current === undefined || offset !== current.nextOffset) return "data at a wrong offset";
    if (chunk.length === 0) return "empty data";
    if (chunk.length > bytes - offset) return "data behind the end of a file";
    const { kept } = current;
    const end = offset + chunk.length;
    if (end > current.runEnd) return "data that is here already";
    if (!state.credit.take(chunk.length)) return "data beyond the credit";
    current.nextOffset = kept?.nextWanted(end) ?? end;
    // Looking for the end of a run takes time by its blocks: a run may come in many small chunks.
    if (kept !== undefined && end === current.runEnd) current.runEnd = kept.wantedEnd(current.nextOffset);
    if (state.phases[index] === Phase.LOST) state.credit.giveBack(chunk.length);
    else this.#emit({ type: "write", transfer: this.id, index, offset, chunk });
    return undefined;
  }

  /** Makes `index` the file whose bytes arrive now, if that is allowed. */
  #begin(state: Receiving, index: number): Problem {
    if (this.#current?.index === index) return undefined;
    if (this.#current !== undefined) return "a file before the end of another";
    const phase = state.phases[index];
    if (state.manifest.entries[index]?.type !== "file") return "data for what is not a file";
    if (phase !== Phase.WAITING && phase !== Phase.HAD && phase !== Phase.RESUMED) return "a file that is not due";
    if (this.#unansweredFiles === MAX_UNANSWERED_FILES) return "too many unanswered files";
    if (phase === Phase.HAD) this.#answerDecision(state, index);
    state.phases[index] = Phase.RECEIVING;
    this.#unansweredFiles += 1;
    const kept = state.resumes.kept(index);
    const nextOffset = kept?.nextWanted(0) ?? 0;
    const runEnd = kept?.wantedEnd(nextOffset) ?? state.manifest.entries[index]?.bytes ?? 0;
    this.#current = { index, nextOffset, runEnd, kept };
    return undefined;
  }

  #answerDecision(state: Receiving, index: number): void {
    this.#have.delete(index);
    this.#unansweredDecisions -= 1;
    this.#examineMore(state);
  }

  handleFileEnd(index: number, sha256: Uint8Array): Problem {
    const state = this.#state;
    if (state.kind !== "receiving") return NOT_ACCEPTED;
    const phase = state.phases[index];
    const have = this.#have.get(index);
    const isSame = phase === Phase.SKIPPED || (have !== undefined && areEqual(have, sha256));
    if (isSame && this.#current === undefined) {
      this.#skip(state, index);
      return undefined;
    }
    const problem = this.#begin(state, index);
    if (problem !== undefined) return problem;
    if (this.#current?.nextOffset !== state.manifest.entries[index]?.bytes) return "the end of a file before its bytes";
    this.#current = undefined;
    if (state.phases[index] === Phase.LOST) {
      this.#settle(state, index);
    } else {
      state.phases[index] = Phase.STORING;
      this.#emit({ type: "store", transfer: this.id, index, sha256: sha256.slice() });
    }
    return undefined;
  }

  #skip(state: Receiving, index: number): void {
    this.#progressBytes += state.manifest.entries[index]?.bytes ?? 0;
    this.#send({ type: "result", transfer: this.id, index, status: "skipped", reason: "other" });
    this.#emit({ type: "file-skipped", transfer: this.id, index });
    this.#settle(state, index);
    this.#answerDecision(state, index);
  }

  handleFileFailed(index: number, reason: Reason): Problem {
    const state = this.#state;
    if (state.kind !== "receiving") return NOT_ACCEPTED;
    const phase = state.phases[index];
    if (this.#current === undefined && (phase === Phase.SKIPPED || phase === Phase.HAD)) {
      this.#answerDecision(state, index);
    } else if (this.#current === undefined && (phase === Phase.RESUMING || phase === Phase.COMPARING)) {
      state.resumes.giveUp(index);
      this.#emit({ type: "drop", transfer: this.id, index });
      this.#beginIfSettled(state);
    } else {
      const problem = this.#begin(state, index);
      if (problem !== undefined) return problem;
      this.#current = undefined;
      if (state.phases[index] === Phase.LOST) {
        // The failure was reported when the file was lost; this only closes it.
        this.#settle(state, index);
        return undefined;
      }
      this.#unansweredFiles -= 1;
      this.#emit({ type: "drop", transfer: this.id, index });
    }
    this.#emit({ type: "entry-failed", direction: "receive", transfer: this.id, index, reason });
    this.#settle(state, index);
    return undefined;
  }

  handleWritten(bytes: number): void {
    if (this.#state.kind !== "receiving") return;
    this.#state.credit.giveBack(bytes);
    this.#progressBytes += bytes;
  }

  handleStored(index: number, result: StoreResult): void {
    const state = this.#state;
    if (state.kind !== "receiving") return;
    const phase = state.phases[index];
    if (phase !== Phase.STORING && (phase !== Phase.RECEIVING || result.ok)) return;
    this.#unansweredFiles -= 1;
    const status = result.ok ? "stored" : "failed";
    this.#send({ type: "result", transfer: this.id, index, status, reason: result.ok ? "other" : result.reason });
    if (phase === Phase.STORING) {
      this.#settle(state, index);
    } else {
      state.phases[index] = Phase.LOST;
    }
  }

  #settle(state: Receiving, index: number): void {
    state.phases[index] = Phase.OVER;
    this.#overFiles += 1;
    this.#finishIfOver(state);
  }

  #finishIfOver({ manifest }: Receiving): void {
    if (this.#overFiles < manifest.files) return;
    this.#state = { kind: "finishing", manifest };
    this.#emit({ type: "finish", transfer: this.id });
  }

  /** @returns whether the transfer is complete now: its DONE is queued */
  handleFinished(failed: readonly { index: number; reason: Reason }[]): boolean {
    if (this.#state.kind !== "finishing") return false;
    // More failures are not worth the queue space: the sender knows by then that something is wrong here.
    for (const { index, reason } of failed.slice(0, MAX_UNANSWERED_FILES)) {
      this.#send({ type: "result", transfer: this.id, index, status: "failed", reason });
    }
    this.#send({ type: "done", transfer: this.id });
    return true;
  }

  /** The CREDIT that is due now; undefined when there is none. */
  pollCredit(windowBytes: number, nowMs: number): Frame | undefined {
    if (this.#state.kind !== "receiving") return undefined;
    const due = this.#state.credit.poll(windowBytes, nowMs);
    return due === undefined ? undefined : { type: "credit", transfer: this.id, ...due };
  }

  end(end: TransferEnd): void {
    this.#emit({ type: "ended", direction: "receive", transfer: this.id, end });
  }
}

function beyond(excess: ProposalExcess): ManifestProblem {
  return { kind: "refused", why: { reason: "limit", excess } };
}
