// The transfer engine: all transfers of one channel in both directions. It decodes the peer's messages, requests reads,
// writes and hashes, and fills messages to send. It follows the contract of the engines (ARCHITECTURE.md) with two
// differences: the unit is a whole message of an ordered reliable channel, and there is no `advance`, because only
// messages, answers of the shell and, under a rate limit, time cause progress.
// It does no I/O and no hashing, and reads no clock.
import type { ProposalExcess } from "../lib/errors/params.ts";
import type { Direction } from "../lib/events.ts";
import type { BlocksResult, EngineEvent, HashResult, ReadResult, StoreResult, TransferEnd } from "./engine-events.ts";
import { FrameQueue } from "./frame-queue.ts";
import {
  CAN_RESUME,
  CAN_TAKE_ANY_ATTRIBUTES,
  CAN_TAKE_BYTE_NAMES,
  CAN_TAKE_SYMLINKS,
  type Decision,
  decodeMessage,
  type Frame,
  isFromSender,
  PROTOCOL_VERSION,
  type ReceiverFrame,
  type SenderFrame,
} from "./frames.ts";
import {
  MAX_CONTROL_BYTES,
  MAX_ENTRIES,
  MAX_MANIFEST_BYTES,
  MAX_OPEN_ENTRIES,
  MAX_OPEN_FOLDERS,
  MAX_OPEN_PROPOSALS,
  MIN_TRANSFER_READ_AHEAD_BYTES,
  MIN_TRANSFER_WINDOW_BYTES,
  READ_AHEAD_BYTES,
  RECEIVE_WINDOW_BYTES,
} from "./limits.ts";
import type { LeftOut } from "./left-out.ts";
import { type Manifest, ManifestReader, type ProposalRefusal } from "./manifest.ts";
import type { NameRules } from "./names.ts";
import type { Reason } from "./reasons.ts";
import { Receiver } from "./receiver.ts";
import type { ResumableFile } from "./resume-requests.ts";
import { Sender } from "./sender.ts";
import type { SendWait } from "./transfer-limit.ts";
import type { TokenBucket } from "./token-bucket.ts";

export class TransferEngine {
  readonly #rules: NameRules;
  readonly #bucket: TokenBucket | undefined;
  /** Senders by number, in the order of their next turn to fill a message. */
  readonly #senders = new Map<number, Sender>();
  readonly #receivers = new Map<number, Receiver>();
  readonly #control = new FrameQueue();
  #events: EngineEvent[] = [];
  #eventsHead = 0;
  #lastOutgoing = 0;
  #lastIncoming = 0;
  #lastLeftOut = 0;
  /** Capabilities that both sides announced; undefined before the peer's HELLO. */
  #capabilities: number | undefined;
  #isBroken = false;

  /**
   * @param rules - rules of the receiving file system
   * @param bucket - limits the rate of the file data of all outgoing transfers together; undefined: no limit
   */
  constructor(rules: NameRules, bucket?: TokenBucket) {
    this.#rules = rules;
    this.#bucket = bucket;
    this.#control.push({ type: "hello", version: PROTOCOL_VERSION, capabilities: this.#ownCapabilities });
  }

  /** Handles one message of the peer. Never throws; may keep views of the message. */
  handle(message: Uint8Array): void {
    if (this.#isBroken) return;
    const decoded = decodeMessage(message);
    if (!decoded.ok) {
      this.#break("me", decoded.problem);
      return;
    }
    for (const frame of decoded.frames) {
      const problem = this.#handleFrame(frame);
      if (problem !== undefined) this.#break("me", problem);
      else if (this.#control.bytes > MAX_CONTROL_BYTES)
        this.#break("me", "frames that make more answers than are read");
      if (this.#isBroken) return;
    }
  }

  /** Ends the protocol: this channel carries no text messages. */
  handleText(): void {
    this.fail("text on the transfer channel");
  }

  /** Ends the protocol because of the channel itself. @param detail - reported to the peer too */
  fail(detail: string): void {
    this.#break("me", detail);
  }

  #handleFrame(frame: Frame): string | undefined {
    if (frame.type === "hello") {
      return this.#handleHello(frame.version, frame.capabilities);
    }
    if (frame.type === "error") {
      this.#break("peer", frame.detail);
      return undefined;
    }
    if (this.#capabilities === undefined) return "no HELLO";
    return isFromSender(frame) ? this.#handleSenderFrame(frame) : this.#handleReceiverFrame(frame);
  }

  /** Does not announce symbolic links on Windows, where making one takes a privilege that few people have. */
  get #ownCapabilities(): number {
    const everywhere = CAN_RESUME | CAN_TAKE_ANY_ATTRIBUTES;
    if (this.#rules === "windows") return everywhere;
    return everywhere | CAN_TAKE_SYMLINKS | (this.#rules === "linux" ? CAN_TAKE_BYTE_NAMES : 0);
  }

  #handleHello(version: number, capabilities: number): string | undefined {
    if (this.#capabilities !== undefined) return "a second HELLO";
    if (version === 0) return "version 0";
    this.#capabilities = capabilities & this.#ownCapabilities;
    for (const sender of this.#senders.values()) this.#greet(sender);
    return undefined;
  }

  #greet(sender: Sender): void {
    if (this.#capabilities === undefined) return;
    sender.handleHello(this.#capabilities);
    if (sender.manifest.entries.length > 0) return;
    // A proposal of nothing is a protocol error. Everything that is left out has been reported here.
    this.#control.push(sender.leftOutFrame);
    this.#endSender(sender, { kind: "done" });
  }

  #handleSenderFrame(frame: SenderFrame): string | undefined {
    if (frame.type === "proposal") return this.#handleProposal(frame);
    if (frame.type === "left-out") return this.#handleLeftOut(frame);
    const receiver = this.#receivers.get(frame.transfer);
    if (receiver === undefined) {
      // Late frames for a finished transfer are ignored.
      return frame.transfer > this.#lastIncoming ? "a transfer that was not proposed" : undefined;
    }
    switch (frame.type) {
      case "entries":
        return this.#handleEntries(receiver, frame);
      case "data":
        return receiver.handleData(frame.index, frame.offset, frame.chunk);
      case "file-end":
        return receiver.handleFileEnd(frame.index, frame.sha256);
      case "file-failed":
        return receiver.handleFileFailed(frame.index, frame.reason);
      case "blocks":
        return receiver.handleBlocks(frame.index, frame.first, frame.hashes);
      case "sender-cancel":
        this.#endReceiver(receiver, { kind: "cancelled", by: "peer", reason: frame.reason });
        return undefined;
    }
  }

  #handleProposal(frame: Extract<Frame, { type: "proposal" }>): string | undefined {
    const { transfer, entries, files, bytes } = frame;
    if (transfer <= this.#lastIncoming) return "a proposal with an old number";
    if (entries === 0 || files > entries) return "a proposal of nothing";
    this.#lastIncoming = transfer;
    const excess = this.#excessOf(entries);
    if (excess !== undefined) {
      this.#refuse(transfer, { reason: "limit", excess });
      return undefined;
    }
    const reader = new ManifestReader({ entries, files, bytes }, this.#rules);
    this.#receivers.set(transfer, new Receiver(transfer, reader, this.#emit, (answer) => this.#control.push(answer)));
    return undefined;
  }

  /** What a proposal of so many entries has too much of; undefined: nothing. */
  #excessOf(entries: number): ProposalExcess | undefined {
    if (entries > MAX_ENTRIES) return { of: "entries", limit: MAX_ENTRIES };
    if (this.#receivers.size === MAX_OPEN_PROPOSALS) return { of: "proposals", limit: MAX_OPEN_PROPOSALS };
    let openEntries = entries;
    for (const receiver of this.#receivers.values()) openEntries += receiver.entryCount;
    return openEntries > MAX_OPEN_ENTRIES ? { of: "open-entries", limit: MAX_OPEN_ENTRIES } : undefined;
  }

  /** At most one for each number, and before its proposal: a peer cannot repeat it without end. */
  #handleLeftOut({ transfer, count, told }: Extract<Frame, { type: "left-out" }>): string | undefined {
    if (transfer <= this.#lastIncoming || transfer <= this.#lastLeftOut) return "what is left out of an old proposal";
    if (count < told.length) return "more names of what is left out than there is";
    this.#lastLeftOut = transfer;
    this.#emit({ type: "left-out-there", transfer, leftOut: { count, told } });
    return undefined;
  }

  #handleEntries(receiver: Receiver, frame: Extract<Frame, { type: "entries" }>): string | undefined {
    // Checked before the proposal is complete: a proposal that was reported cannot be refused any more.
    const room = { pathBytes: MAX_MANIFEST_BYTES, folders: MAX_OPEN_FOLDERS };
    for (const each of this.#receivers.values()) {
      if (each === receiver) continue;
      room.pathBytes -= each.pathBytes;
      room.folders -= each.folderCount;
    }
    const problem = receiver.handleEntries(frame.first, frame.entries, room);
    if (problem?.kind === "broken") return problem.detail;
    if (problem !== undefined) this.#refuse(receiver.id, problem.why);
    return undefined;
  }

  #refuse(transfer: number, why: ProposalRefusal): void {
    this.#control.push({ type: "decline", transfer, reason: why.reason });
    this.#receivers.delete(transfer);
    this.#emit({ type: "refused", transfer, ...why });
  }

  #handleReceiverFrame(frame: ReceiverFrame): string | undefined {
    const sender = this.#senders.get(frame.transfer);
    if (sender === undefined) {
      return frame.transfer > this.#lastOutgoing ? "an answer to what was not proposed" : undefined;
    }
    switch (frame.type) {
      case "accept":
        return sender.handleAccept(frame.limit, frame.deferred, frame.resuming);
      case "decline":
        if (!sender.isDeclinable) return "a DECLINE after an ACCEPT";
        this.#endSender(sender, { kind: "declined", by: "peer", reason: frame.reason });
        return undefined;
      case "decide":
        return sender.handleDecide(frame.index, frame.decision);
      case "keep":
        return sender.handleKeep(frame.index, frame.kept);
      case "credit":
        return sender.handleCredit(frame.written, frame.limit);
      case "result":
        return sender.handleResult(frame.index, frame.status, frame.reason);
      case "done": {
        const problem = sender.handleDone();
        if (problem === undefined) this.#endSender(sender, { kind: "done" });
        return problem;
      }
      case "receiver-cancel":
        this.#endSender(sender, { kind: "cancelled", by: "peer", reason: frame.reason });
        return undefined;
    }
  }

  /**
   * Proposes a manifest. Entries that not every peer accepts come last: first symbolic links, then all with names that
   * are not UTF-8.
   * @param leftOut - what the folders have and the manifest does not
   * @returns its number; undefined once the protocol is over
   */
  propose(manifest: Manifest, leftOut?: LeftOut): number | undefined {
    if (this.#isBroken) return undefined;
    this.#lastOutgoing += 1;
    const sender = new Sender(this.#lastOutgoing, { manifest, leftOut }, this.#emit);
    this.#senders.set(this.#lastOutgoing, sender);
    this.#greet(sender);
    return this.#lastOutgoing;
  }

  /** Returns whether the peer can send the rest of partial files. It is known before the peer's first proposal. */
  get canPeerResume(): boolean {
    return ((this.#capabilities ?? 0) & CAN_RESUME) !== 0;
  }

  /**
   * Consents to an incoming transfer.
   * @param deferred - indices of files whose names exist here with the same size: each is examined first
   * @param resumable - files that exist here in part, none of them deferred; only when `canPeerResume`
   * @param unwanted - indices of entries that are declined, none of them in the other lists. Where there are files among
   *   them, `cancel` ends the transfer when everything else is here
   * @returns false when the transfer does not wait for consent
   */
  accept(
    transfer: number,
    deferred: readonly number[],
    resumable: readonly ResumableFile[] = [],
    unwanted: readonly number[] = [],
  ): boolean {
    return this.#receivers.get(transfer)?.accept(deferred, resumable, this.#windowBytes(1), unwanted) ?? false;
  }

  /** @returns false when the transfer does not wait for consent */
  decline(transfer: number, reason: Reason): boolean {
    const receiver = this.#receivers.get(transfer);
    if (receiver?.isUndecided !== true) return false;
    this.#control.push({ type: "decline", transfer, reason });
    this.#endReceiver(receiver, { kind: "declined", by: "me", reason });
    return true;
  }

  /** Ends a transfer at any time. @returns false when there is no such transfer */
  cancel(direction: Direction, transfer: number, reason: Reason): boolean {
    const end: TransferEnd = { kind: "cancelled", by: "me", reason };
    if (direction === "send") {
      const sender = this.#senders.get(transfer);
      if (sender === undefined) return false;
      this.#control.push({ type: "sender-cancel", transfer, reason });
      this.#endSender(sender, end);
    } else {
      const receiver = this.#receivers.get(transfer);
      if (receiver === undefined) return false;
      this.#control.push({ type: "receiver-cancel", transfer, reason });
      this.#endReceiver(receiver, end);
    }
    return true;
  }

  handleRead(transfer: number, index: number, result: ReadResult): void {
    this.#senders.get(transfer)?.handleRead(index, result);
  }

  handleHash(transfer: number, index: number, result: HashResult): void {
    this.#senders.get(transfer)?.handleHash(index, result);
  }

  handleBlocks(transfer: number, index: number, result: BlocksResult): void {
    this.#senders.get(transfer)?.handleBlocks(index, result);
  }

  /** @param kept - bit `i % 8` of byte `i / 8`: block `i` exists here and has the hash that the sender reported */
  handleCompared(transfer: number, index: number, kept: Uint8Array): void {
    this.#receivers.get(transfer)?.handleCompared(index, kept);
  }

  handleExamined(transfer: number, index: number, decision: Decision): void {
    this.#receivers.get(transfer)?.handleExamined(index, decision);
  }

  /** @param bytes - bytes of `write` requests of this transfer that left memory: written or dropped */
  handleWritten(transfer: number, bytes: number): void {
    this.#receivers.get(transfer)?.handleWritten(bytes);
  }

  handleStored(transfer: number, index: number, result: StoreResult): void {
    this.#receivers.get(transfer)?.handleStored(index, result);
  }

  /** @param failed - directories and links that could not be made or set */
  handleFinished(transfer: number, failed: readonly { index: number; reason: Reason }[]): void {
    const receiver = this.#receivers.get(transfer);
    if (receiver?.handleFinished(failed) === true) this.#endReceiver(receiver, { kind: "done" });
  }

  /** Bytes that are on the receiver's disk; never decreases. 0 for a finished transfer. */
  progressBytes(direction: Direction, transfer: number): number {
    const of = direction === "send" ? this.#senders.get(transfer) : this.#receivers.get(transfer);
    return of?.progressBytes ?? 0;
  }

  /**
   * Fills one message.
   * @param into - has the length of the largest message to send; ≥ MIN_MESSAGE_BYTES
   * @returns bytes written; 0 when there is nothing to send now
   */
  pollTransmit(into: Uint8Array, nowMs: number): number {
    let at = this.#control.writeFrames(into, 0);
    if (this.#isBroken || this.#control.bytes > 0) return at;
    // Answers to the same input are sent before the credit, or in an earlier message: the order is free.
    for (const receiver of this.#receivers.values()) {
      const credit = receiver.pollCredit(this.#windowBytes(0), nowMs);
      if (credit !== undefined) this.#control.push(credit);
    }
    at = this.#control.writeFrames(into, at);
    // Reads come first: files that are sent without content join the others there.
    this.#requestReads();
    return this.#writeSenders(into, at, nowMs);
  }

  /** The transfer that was first to fill this message is the last to fill the next; one that had to wait is not. */
  #writeSenders(into: Uint8Array, start: number, nowMs: number): number {
    this.#bucket?.advance(nowMs);
    const [first] = this.#senders.values();
    let at = start;
    let isTurnUsed = false;
    for (const sender of this.#senders.values()) {
      const end = sender.writeFrames(into, at, this.#bucket);
      if (sender === first) isTurnUsed = end > at;
      at = end;
    }
    if (first !== undefined && isTurnUsed && this.#senders.size > 1) {
      this.#senders.delete(first.id);
      this.#senders.set(first.id, first);
    }
    return at;
  }

  /**
   * The time at which the rate limit lets more file data out; call `pollTransmit` then. Infinity when no data waits for
   * it.
   */
  nextDeadlineMs(): number {
    return this.#isBroken ? Number.POSITIVE_INFINITY : (this.#bucket?.nextDeadlineMs() ?? Number.POSITIVE_INFINITY);
  }

  /**
   * The reason why no more file data is sent now. Call it after `pollTransmit` has returned 0, or has not been called
   * because the channel is full.
   * @param isChannelFull - the channel takes no more
   * @param queuedBytes - counts the bytes that the channel has not delivered
   * @returns undefined: there is no file data to send
   */
  sendWait({
    isChannelFull,
    queuedBytes,
  }: {
    isChannelFull: boolean;
    queuedBytes: () => number;
  }): SendWait | undefined {
    const sender = [...this.#senders.values()].find(({ wait: has }) => has !== undefined);
    const wait = sender?.wait;
    if (sender === undefined || wait === undefined || isChannelFull) return wait && "channel";
    if (this.nextDeadlineMs() !== Number.POSITIVE_INFINITY) return "rate";
    // What is still on its way cannot have been written: the path is long, not the disk slow.
    if (wait !== "credit" || sender.unwrittenBytes === 0) return wait;
    return 2 * queuedBytes() >= sender.unwrittenBytes ? "channel" : "credit";
  }

  /** Whether files arrive faster than they are written here. */
  get isDiskBehind(): boolean {
    const windowBytes = this.#windowBytes(0);
    return [...this.#receivers.values()].some((receiver) => receiver.isBehind(windowBytes));
  }

  #requestReads(): void {
    let sending = 0;
    for (const sender of this.#senders.values()) if (sender.isSending) sending += 1;
    const budgetBytes = Math.max(MIN_TRANSFER_READ_AHEAD_BYTES, Math.floor(READ_AHEAD_BYTES / Math.max(1, sending)));
    for (const sender of this.#senders.values()) sender.requestReads(budgetBytes);
  }

  /** The share of the window of each incoming transfer, with `more` transfers than there are now. */
  #windowBytes(more: number): number {
    let receiving = more;
    for (const receiver of this.#receivers.values()) if (receiver.isReceiving) receiving += 1;
    return Math.max(MIN_TRANSFER_WINDOW_BYTES, Math.floor(RECEIVE_WINDOW_BYTES / Math.max(1, receiving)));
  }

  /** The next request or report, in order; undefined when there is none. */
  pollEvent(): EngineEvent | undefined {
    const event = this.#events[this.#eventsHead];
    this.#eventsHead += 1;
    if (event !== undefined) return event;
    this.#events = [];
    this.#eventsHead = 0;
    return undefined;
  }

  readonly #emit = (event: EngineEvent): void => {
    this.#events.push(event);
  };

  #endSender(sender: Sender, end: TransferEnd): void {
    this.#senders.delete(sender.id);
    sender.end(end);
  }

  #endReceiver(receiver: Receiver, end: TransferEnd): void {
    this.#receivers.delete(receiver.id);
    receiver.end(end);
  }

  #break(by: "me" | "peer", detail: string): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#control.clear();
    if (by === "me") this.#control.push({ type: "error", detail });
    for (const sender of this.#senders.values()) this.#endSender(sender, { kind: "broken" });
    for (const receiver of this.#receivers.values()) this.#endReceiver(receiver, { kind: "broken" });
    this.#emit({ type: "broken", by, detail });
  }
}
