// The files of a session: sends those of its user over the transfer channel, and takes the peer's. Without a transfer
// channel, or towards a peer that takes no files, sending is an error that is reported.
import type { PromiseLedger } from "../../control/promises.ts";
import type { SessionActivity } from "../../control/session-machine.ts";
import type { P2pError } from "../../lib/errors/p2p-error.ts";
import type { Direction, LimitedBy } from "../../lib/events.ts";
import type { MessageChannel } from "../../lib/message-channel.ts";
import type { SpooledFile } from "../ports.ts";
import type { StartOfFiles, TransferStatus } from "../session-types.ts";
import { FileSending } from "../transfers/file-sending.ts";
import type { SendOutcome } from "../transfers/outgoing.ts";
import { TransferSession, type TransferSessionOptions } from "../transfers/transfers.ts";
import type { HelloPart, PeerHello, SessionFeature, StopReason } from "./feature.ts";

export interface FileTransfersOptions extends Omit<TransferSessionOptions, "channel"> {
  /** Undefined: the peer is another WebRTC program. */
  channel: MessageChannel | undefined;
  /** Resolves when files may be sent, or the session is over. */
  untilReleased: () => Promise<void>;
  isOpen: () => boolean;
  promises: PromiseLedger;
  report: (error: P2pError) => void;
}

export class FileTransfers implements SessionFeature {
  readonly #transfers: TransferSession | undefined;
  readonly #sending: FileSending;
  #doesPeerTake = true;

  constructor(options: FileTransfersOptions) {
    const { channel, files, untilReleased, isOpen, promises, report, events } = options;
    this.#transfers = channel === undefined ? undefined : new TransferSession({ ...options, channel });
    this.#sending = new FileSending({
      files,
      transfers: () => (this.#doesPeerTake ? this.#transfers : undefined),
      untilReleased,
      isOpen,
      promises,
      report,
      onChange: events.onActivity,
    });
  }

  get hello(): HelloPart {
    return { capability: this.#transfers === undefined ? undefined : "p2p-transfer/1" };
  }

  get activity(): Partial<SessionActivity> {
    const {
      sending = 0,
      receiving = 0,
      awaitingMyConsent = 0,
      awaitingPeerConsent = 0,
    } = this.#transfers?.activity ?? {};
    return {
      plannedTransfers: this.#sending.plannedCount,
      outgoing: sending + awaitingPeerConsent,
      incoming: receiving + awaitingMyConsent,
      running: sending + receiving,
      isPeerLeaving: this.#transfers?.isPeerLeaving === true,
    };
  }

  get exit(): number {
    return this.#transfers?.exit ?? 0;
  }

  start(): void {
    this.#transfers?.start();
  }

  handleHello({ can }: PeerHello): void {
    this.#doesPeerTake = can("p2p-transfer/1");
  }

  /** Proposes files as one transfer; see `Session.sendFiles`. */
  send(paths: readonly (string | SpooledFile)[]): Promise<SendOutcome> {
    return this.#sending.send(paths);
  }

  /** @returns false when no transfer of this id waits for consent here */
  accept(transfer: string, isChosen?: (path: string) => boolean, from?: StartOfFiles): boolean {
    return this.#transfers?.accept(transfer, isChosen, from) ?? false;
  }

  /** @returns false when no transfer of this id waits for consent here */
  decline(transfer: string): boolean {
    return this.#transfers?.decline(transfer) ?? false;
  }

  /** @returns false when no open transfer has this id */
  cancel(transfer: string): boolean {
    return this.#transfers?.cancel(transfer) ?? false;
  }

  status(): TransferStatus[] {
    return this.#transfers?.status() ?? [];
  }

  /** The cause that keeps the files of a direction from moving faster; undefined: nothing moves, or it is not known. */
  limitOf(direction: Direction): LimitedBy | undefined {
    return this.#transfers?.limitOf(direction);
  }

  stop(why: StopReason): Promise<void> {
    return this.#transfers?.close(why) ?? Promise.resolve();
  }
}
