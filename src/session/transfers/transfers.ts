// All transfers of a session: connects the engine with its channel (channel-pump.ts fills it), the files and the events.
import { worseExit } from "../../control/ending.ts";
import type { FilePromise } from "../../control/promises.ts";
import type { StopReason } from "../../control/session-machine.ts";
import { errorEvent } from "../../lib/errors/error-event.ts";
import { P2pError, toP2pError } from "../../lib/errors/p2p-error.ts";
import type { Direction, LimitedBy } from "../../lib/events.ts";
import { formatBytes } from "../../lib/format.ts";
import { globTest } from "../../lib/glob.ts";
import type { MessageChannel } from "../../lib/message-channel.ts";
import type { Trace } from "../../lib/trace.ts";
import type { OutgoingFiles } from "../../paths/bulk-load.ts";
import type { TransportView } from "../../transfer/transfer-limit.ts";
import { TransferEngine } from "../../transfer/engine.ts";
import type { EngineEvent, TransferEnd } from "../../transfer/engine-events.ts";
import { MIN_MESSAGE_BYTES } from "../../transfer/limits.ts";
import type { ReceivedManifest } from "../../transfer/manifest.ts";
import { TokenBucket } from "../../transfer/token-bucket.ts";
import { ChannelPump } from "./channel-pump.ts";
import { IncomingTransfer } from "./incoming.ts";
import { OutgoingTransfer, type SendOutcome, type TransferHost } from "./outgoing.ts";
import type { Clock, FilePort, SendPlan } from "../ports.ts";
import type { SessionSettings, StartOfFiles, TransferStatus } from "../session-types.ts";
import { type LimitedEvent, LimitWatch } from "./limit-watch.ts";
import { renamedEvents, transferId, type TransferRecord } from "./record.ts";
import { type SessionTransferEvent, UntakenEvents } from "./untaken-events.ts";

export interface TransferSessionOptions {
  channel: MessageChannel;
  settings: SessionSettings;
  events: TransferSessionEvents;
  clock: Clock;
  files: FilePort;
  /** The transport, for what limits a transfer; undefined: not known. */
  transport?: (() => TransportView | undefined) | undefined;
  /** Is told when files begin to leave, or no longer do; undefined: nobody asks. */
  expectFiles?: ((files: OutgoingFiles) => void) | undefined;
  /** Is told each change of state of a transfer; undefined: nobody asks. */
  trace?: Trace | undefined;
  /** Space for events that the reader has not taken; the default is enough for all but tests. */
  maxUntakenBytes?: number | undefined;
  /** Memory for the peer's finished transfers while their files are being closed; 64 MiB by default. */
  maxClosingBytes?: number | undefined;
}

export interface TransferSessionEvents {
  /** @param onTaken - must be called once, when the reader of the events takes this one */
  emit: (event: SessionTransferEvent, onTaken: () => void) => void;
  /** The peer has sent a message. */
  onHeard: () => void;
  /** `activity` may have changed. */
  onActivity: () => void;
}

/** The number of transfers in each state. */
export interface TransferActivity {
  sending: number;
  receiving: number;
  awaitingMyConsent: number;
  awaitingPeerConsent: number;
}

/** Files that all incoming transfers write at one time; files already open when another begins do not count. */
const MAX_OPEN_PARTS = 128;
/** Maximum number of remembered transfers, finished ones included: a peer may propose without end. */
const MAX_RECORDS = 1_000;
/** Memory of finished transfers that wait for the disk; while they take this much, proposals are declined. */
const MAX_CLOSING_BYTES = 64 * 1024 * 1024;

export class TransferSession {
  readonly #options: TransferSessionOptions;
  readonly #channel: MessageChannel;
  readonly #engine: TransferEngine;
  readonly #host: TransferHost;
  readonly #events: UntakenEvents;
  readonly #pump: ChannelPump;
  readonly #limits: LimitWatch;
  /** Records in the order in which the transfers began. */
  readonly #records: TransferRecord[] = [];
  readonly #outgoing = new Map<number, OutgoingTransfer>();
  readonly #incoming = new Map<number, IncomingTransfer>();
  /** Proposals that are not reported yet. A withdrawn proposal is released, because its paths take memory. */
  #untold: { transfer: IncomingTransfer; isWanted: boolean }[] = [];
  #isTelling = false;
  /** The transfer that owns the file output, which cannot be given back once a byte is written. */
  #outputOwner: IncomingTransfer | undefined;
  /** Finished transfers whose files are being closed. */
  readonly #closings = new Set<Promise<void>>();
  /** Memory of the peer's finished transfers until the disk has released them. */
  #closingBytes = 0;
  #isDraining = false;
  #isClosed = false;
  #isHungUp = false;
  #isPeerLeaving = false;
  #closed: Promise<void> | undefined;
  #stopReason: StopReason | undefined;
  #exit = 0;

  constructor(options: TransferSessionOptions) {
    this.#options = options;
    const { channel, clock, files, settings } = options;
    const { limitBytesPerSecond } = settings;
    const bucket = limitBytesPerSecond === undefined ? undefined : new TokenBucket(limitBytesPerSecond);
    this.#engine = new TransferEngine(files.rules, bucket);
    this.#channel = channel;
    const { transport, trace } = options;
    this.#limits = new LimitWatch({
      engine: this.#engine,
      clock,
      transport,
      trace,
      onLimited: (event) => this.#tellLimited(event),
    });
    this.#pump = new ChannelPump({
      engine: this.#engine,
      channel,
      clock,
      onFilled: () => {
        this.#drain();
        this.#limits.note(this.#pump.isFull);
      },
    });
    this.#events = new UntakenEvents(options.events.emit, options.maxUntakenBytes);
    this.#host = {
      engine: this.#engine,
      files,
      nowMs: () => clock.nowMs(),
      trace: options.trace,
      openParts: () => Math.ceil(MAX_OPEN_PARTS / Math.max(1, this.#incoming.size)),
      events: this.#events,
      report: (error) => {
        this.#report(error);
      },
      noteExit: (exit) => {
        this.#exit = worseExit(this.#exit, exit);
      },
      stopReason: () => this.#stopReason,
      settle: () => {
        this.#settle();
      },
    };
    channel.onMessage = (data) => {
      options.events.onHeard();
      if (typeof data === "string") this.#engine.handleText();
      else this.#engine.handle(data);
      this.#settle();
    };
    channel.onClose = () => {
      // A caller that closes the session for this loss does it in the same turn, and must find the transfers running.
      clock.nextTurn(() => this.#handleChannelGone());
    };
  }

  /** Starts the engine: handles its first events and sends its first messages. Call it once. */
  start(): void {
    const { messageBytes } = this.#pump;
    if (messageBytes < MIN_MESSAGE_BYTES) this.#engine.fail(`messages of at most ${messageBytes} bytes`);
    this.#settle();
  }

  /**
   * Proposes the planned files, and reports the plan's problems.
   * @param promise - the promise that this keeps
   * @returns resolves when the receiver has everything, has declined, or the transfer cannot continue; never rejects
   */
  send(plan: SendPlan, promise?: FilePromise): Promise<SendOutcome> {
    for (const problem of plan.problems) this.#report(problem);
    const number = this.#isClosed ? undefined : this.#engine.propose(plan.manifest, plan.leftOut);
    if (number === undefined) {
      const [bytes, total] = [formatBytes(0), formatBytes(plan.manifest.bytes)];
      const name = plan.names[0] ?? "";
      this.#report(new P2pError("TRANSFER_INTERRUPTED", { name, bytes, total, isNothingKept: true }));
      return Promise.resolve("failed");
    }
    const transfer = new OutgoingTransfer(this.#host, number, plan, promise);
    this.#outgoing.set(number, transfer);
    this.#keep(transfer.record);
    this.#tellOwnFiles(transfer.record.id, plan);
    for (const event of renamedEvents(transfer.record.id, "send", plan.manifest)) this.#events.emit(event);
    const { files, bytes } = plan.manifest;
    this.#events.emit({ event: "offered", transfer: transfer.record.id, files, bytes });
    this.#settle();
    this.#options.events.onActivity();
    return transfer.outcome;
  }

  /** Files of p2p itself are left out without an error. */
  #tellOwnFiles(transfer: string, { leftOut, problems }: SendPlan): void {
    const entries = leftOut.told.filter(({ why }) => why === "own");
    const count = leftOut.count - problems.length;
    if (count > 0) this.#events.emit({ event: "left-out", transfer, direction: "send", count, entries });
  }

  /**
   * Consents to an incoming transfer.
   * @param isChosen - takes only a part of it
   * @param from - where files begin of which a part is here
   * @returns false when the transfer does not wait for it
   */
  accept(transfer: string, isChosen?: (path: string) => boolean, from?: StartOfFiles): boolean {
    const incoming = this.#awaitingConsent(transfer);
    if (incoming === undefined) return false;
    void incoming.accept(isChosen, from);
    this.#options.events.onActivity();
    return true;
  }

  /** @returns false when this transfer does not wait for consent */
  decline(transfer: string): boolean {
    const incoming = this.#awaitingConsent(transfer);
    incoming?.decline("user");
    return incoming !== undefined;
  }

  #awaitingConsent(id: string): IncomingTransfer | undefined {
    const incoming = byId(this.#incoming, id);
    return incoming?.record.state === "awaiting-consent" ? incoming : undefined;
  }

  /** Ends a transfer in either direction. @returns false when no transfer has this name, or it is finished */
  cancel(transfer: string): boolean {
    if (this.decline(transfer)) return true;
    const live = byId(this.#outgoing, transfer) ?? byId(this.#incoming, transfer);
    if (live === undefined) return false;
    this.#engine.cancel(live.record.direction, live.record.number, "user");
    this.#settle();
    return true;
  }

  /** The peer has ended a transfer because it ends the session. */
  get isPeerLeaving(): boolean {
    return this.#isPeerLeaving;
  }

  get activity(): TransferActivity {
    const activity = { sending: 0, receiving: 0, awaitingMyConsent: 0, awaitingPeerConsent: 0 };
    for (const { direction, state } of this.#records) {
      if (state === "running") activity[direction === "send" ? "sending" : "receiving"] += 1;
      if (state === "awaiting-consent")
        activity[direction === "send" ? "awaitingPeerConsent" : "awaitingMyConsent"] += 1;
    }
    return activity;
  }

  #keep(record: TransferRecord): void {
    this.#records.push(record);
    if (this.#records.length <= MAX_RECORDS) return;
    const oldest = this.#records.findIndex(({ isOpen }) => !isOpen);
    if (oldest !== -1) this.#records.splice(oldest, 1);
  }

  /** All transfers of the session, including the most recent finished ones. */
  status(): TransferStatus[] {
    return this.#records.map(({ status }) => {
      const limitedBy = status.state === "running" ? this.#limits.of(status.direction) : undefined;
      return limitedBy === undefined ? status : { ...status, limitedBy };
    });
  }

  /** The cause that keeps the files of a direction from moving faster; undefined: nothing moves, or it is not known. */
  limitOf(direction: Direction): LimitedBy | undefined {
    return this.#limits.of(direction);
  }

  #tellLimited(event: LimitedEvent): void {
    if (!this.#isClosed && !this.#events.isFull) this.#events.emit(event);
  }

  /** Worst exit code of the transfers so far; 0, 4, 5, 7 or 8. */
  get exit(): number {
    return this.#exit;
  }

  /**
   * Ends running transfers as interrupted; incomplete files stay for a later session. Nothing is emitted afterwards.
   * @returns resolves when no file is open any more
   */
  close(why: StopReason): Promise<void> {
    this.#stopReason ??= why;
    this.#closed ??= this.#close(why);
    return this.#closed;
  }

  async #close(why: StopReason): Promise<void> {
    for (const number of this.#outgoing.keys()) this.#engine.cancel("send", number, "closing");
    for (const [number, { record }] of this.#incoming) {
      if (record.state !== "awaiting-consent") this.#engine.cancel("receive", number, "closing");
      else this.#engine.decline(number, "closing");
    }
    this.#drain();
    // The final message is sent whatever is queued before it.
    if (why !== "lost") this.#pump.sendMessage();
    this.#isClosed = true;
    this.#pump.stop();
    // When this was called out of an event, the loop that handles events ends the transfers after this turn.
    await Promise.resolve();
    await Promise.all(this.#closings);
  }

  /** Number of finished transfers whose files are still being closed. */
  get closingCount(): number {
    return this.#closings.size;
  }

  #report(error: P2pError): void {
    this.#exit = worseExit(this.#exit, error.exit);
    // A reader that does not read learns of the error from the exit code.
    if (!this.#events.isFull) this.#events.emit(errorEvent(error));
  }

  /** Handles the engine's events after any input to it, and sends in the next turn. */
  #settle(): void {
    if (this.#isClosed) return;
    this.#drain();
    this.#pump.pumpSoon();
  }

  #drain(): void {
    // Handling an event may call this method again: the outer call handles the new events.
    if (this.#isDraining || this.#isClosed) return;
    this.#isDraining = true;
    let isChanged = false;
    for (let event = this.#engine.pollEvent(); event !== undefined; event = this.#engine.pollEvent()) {
      this.#handleEvent(event);
      isChanged ||= event.type === "incoming" || event.type === "accepted" || event.type === "ended";
    }
    this.#isDraining = false;
    this.#noteProgress();
    if (isChanged) this.#options.events.onActivity();
  }

  #handleEvent(event: EngineEvent): void {
    switch (event.type) {
      case "incoming":
        this.#handleIncoming(event.transfer, event.manifest);
        return;
      case "left-out-there": {
        const { count, told } = event.leftOut;
        if (this.#events.isFull) return;
        const transfer = transferId("receive", event.transfer);
        this.#events.emit({ event: "left-out", transfer, direction: "receive", count, entries: [...told] });
        return;
      }
      case "refused":
        this.#report(
          event.reason === "limit"
            ? new P2pError("TOO_MUCH_PROPOSED", event.excess)
            : new P2pError("PEER_PROTOCOL", { detail: event.detail }),
        );
        return;
      case "entry-failed":
        if (event.direction === "send") this.#outgoing.get(event.transfer)?.handleFailed(event);
        else this.#incoming.get(event.transfer)?.handleFailed(event);
        return;
      case "begun":
        (event.direction === "send" ? this.#outgoing : this.#incoming)
          .get(event.transfer)
          ?.handleBegun(event.resumedBytes);
        if (event.direction === "send") this.#tellLeaving();
        return;
      case "ended":
        this.#handleEnded(event.direction, event.transfer, event.end);
        return;
      case "broken":
        this.#report(new P2pError("PEER_PROTOCOL", { detail: event.detail }));
        this.#hangUp();
        return;
      case "read":
      case "chunk-sent":
      case "close-source":
      case "hash":
      case "hash-blocks":
      case "accepted":
      case "left-out":
      case "file-sent":
        this.#outgoing.get(event.transfer)?.handle(event);
        return;
      default:
        this.#incoming.get(event.transfer)?.handle(event);
    }
  }

  #tellLeaving(): void {
    const bytes = [...this.#outgoing.values()].reduce((sum, { beganWithBytes }) => sum + beganWithBytes, 0);
    const rate = this.#options.settings.limitBytesPerSecond ?? Number.POSITIVE_INFINITY;
    this.#options.expectFiles?.({ bytes, rate });
  }

  #handleIncoming(number: number, manifest: ReceivedManifest): void {
    const { outputDir, fileOutput: output, conflict } = this.#options.settings;
    if (this.#events.isFull || this.#closingBytes >= (this.#options.maxClosingBytes ?? MAX_CLOSING_BYTES)) {
      this.#engine.decline(number, "limit");
      return;
    }
    const index = manifest.entries.findIndex(({ type }) => type === "file");
    const isWanted = output === undefined || (index !== -1 && this.#outputOwner === undefined);
    const stream = output === undefined || !isWanted ? undefined : { output, index };
    const transfer = new IncomingTransfer(this.#host, number, manifest, { outputDir, conflict, stream });
    this.#incoming.set(number, transfer);
    this.#keep(transfer.record);
    if (stream !== undefined) this.#outputOwner = transfer;
    this.#untold.push({ transfer, isWanted });
    if (!this.#isTelling) void this.#tellUntold();
  }

  /** Reports proposals one after the other, in the peer's order, so that only one at a time examines the disk. */
  async #tellUntold(): Promise<void> {
    this.#isTelling = true;
    await Promise.resolve();
    for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) {
      await this.#tellIncoming(next.transfer, next.isWanted);
    }
    this.#isTelling = false;
  }

  async #tellIncoming(transfer: IncomingTransfer, isWanted: boolean): Promise<void> {
    await transfer.tellIncoming();
    if (transfer.record.state !== "awaiting-consent") return;
    const { consent, acceptOnly } = this.#options.settings;
    const tests = acceptOnly?.map(globTest);
    const isChosen = tests && ((path: string): boolean => tests.some((test) => test(path)));
    // There is no file for the stream in it, or the stream has one already: a choice of the user here, and no limit.
    if (!isWanted) transfer.decline("user");
    else if (consent === "accept") void transfer.accept(isChosen);
    else if (consent === "decline") transfer.decline("policy");
  }

  #handleEnded(direction: Direction, number: number, end: TransferEnd): void {
    const live = direction === "send" ? this.#outgoing : this.#incoming;
    const transfer = live.get(number);
    if (transfer === undefined) return;
    live.delete(number);
    if (direction === "send") this.#tellLeaving();
    if (isByLeaving(end)) this.#isPeerLeaving = true;
    transfer.handleEnded(end);
    if (transfer === this.#outputOwner && isRefused(transfer.record.state)) this.#outputOwner = undefined;
    this.#untold = this.#untold.filter((waiting) => waiting.transfer !== transfer);
    const bytes = transfer instanceof IncomingTransfer ? transfer.keptBytes() : 0;
    this.#closingBytes += bytes;
    const closing = transfer.close().finally(() => {
      this.#closings.delete(closing);
      this.#closingBytes -= bytes;
    });
    this.#closings.add(closing);
  }

  /** The channel closed while the session stays open: texts continue. A peer that failed would have said so before. */
  #handleChannelGone(): void {
    if (this.#closed === undefined && !this.#isHungUp) {
      this.#report(new P2pError("PEER_PROTOCOL", { detail: "it closed the transfer channel" }));
    }
    this.close("lost").catch((thrown: unknown) => this.#report(toP2pError(thrown)));
  }

  /** Nothing more will be sent on this channel: closes it after the final message. */
  #hangUp(): void {
    this.#isHungUp = true;
    this.#pump.pump();
    this.#channel.whenDrained(() => {
      this.#channel.close();
    });
  }

  #noteProgress(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const { record } of [...this.#outgoing.values(), ...this.#incoming.values()]) {
      const event = record.noteProgress(this.#engine.progressBytes(record.direction, record.number), nowMs);
      if (event !== undefined && !this.#events.isFull) this.#events.emit(event);
    }
  }
}

/** Returns whether the peer ended a transfer because it ends the session. */
function isByLeaving(end: TransferEnd): boolean {
  return (end.kind === "cancelled" || end.kind === "declined") && end.by === "peer" && end.reason === "closing";
}

function byId<T extends { record: TransferRecord }>(live: Map<number, T>, id: string): T | undefined {
  return [...live.values()].find(({ record }) => record.id === id);
}

/** Nothing of it has been received. */
function isRefused(state: TransferStatus["state"]): boolean {
  return state === "declined" || state === "withdrawn";
}
