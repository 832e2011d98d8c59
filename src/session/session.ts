// A connected session: text, control and transfers over their channels, and how it ends. It owns no sockets;
// whoever made it closes the peer when `ended` resolves.
import { shouldEnd, worseExit } from "../control/ending.ts";
import { errorEvent } from "../lib/errors/error-event.ts";
import { P2pError, toP2pError } from "../lib/errors/p2p-error.ts";
import type { ClosedReason, P2pEvent } from "../lib/events.ts";
import type { MessageChannel } from "../lib/message-channel.ts";
import type { SpooledFile } from "../store/transfer/spool.ts";
import { ChangeSignal } from "./change-signal.ts";
import { ContactLink } from "./features/contacts.ts";
import { BinaryNotices } from "./channels/binary-notices.ts";
import { ControlLink } from "./channels/control.ts";
import { FileSending } from "./transfers/file-sending.ts";
import { HeldChannels } from "./channels/gate.ts";
import { PathLink } from "./features/path.ts";
import * as end from "./session-end.ts";
import type { SessionOptions } from "./session-options.ts";
import type { Session, SessionStatus } from "./session-types.ts";
import { TextLink } from "./channels/text.ts";
import { TransferSession } from "./transfers/transfers.ts";
import { VerificationLink } from "./features/verification.ts";

type ClosedEvent = Extract<P2pEvent, { event: "closed" }>;

export class ConnectedSession implements Session {
  readonly role: "offer" | "answer";
  readonly peerName: string | undefined;
  readonly isForeign: boolean;
  readonly ended: Promise<ClosedEvent>;
  readonly #options: SessionOptions;
  /** Text and transfer. */
  readonly #held: HeldChannels;
  readonly #verification: VerificationLink;
  readonly #path: PathLink;
  readonly #contacts: ContactLink | undefined;
  readonly #text: TextLink;
  readonly #control: ControlLink | undefined;
  readonly #transfers: TransferSession | undefined;
  readonly #sending = new FileSending({
    transfers: () => this.#transfers,
    untilReleased: async () => {
      if (this.#verification.isHolding) await this.#held.untilReleased();
    },
    isOpen: () => this.#phase === "open",
    report: (error) => this.#report(error),
    onChange: () => this.#check(),
  });
  readonly #binary = new BinaryNotices((bytes) => this.#options.onNotice({ notice: "binary-message", bytes }));
  readonly #startedMs = performance.now();
  #resolveEnded: (closed: ClosedEvent) => void = () => {};
  #phase: "open" | "ending" | "ended" = "open";
  #hasMore = true;
  #isDoneSaid = false;
  #isPeerDone = false;
  #exit = 0;
  readonly #quiet = new end.QuietTimer(() => this.#background(this.#end("done", 0)));
  /** Of anything that an ending side may wait for. */
  readonly #change = new ChangeSignal();
  #isByeAnswered = false;
  #isDisconnected = false;
  /** Messages that came when the session was about to end. */
  #refusedCount = 0;
  /** `connected` was emitted: the session's owner knows of it. */
  #isReady = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.role = options.role;
    this.peerName = options.peerName;
    this.isForeign = options.control === undefined;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#held = new HeldChannels(() => this.#refuse("too much before the verification string was compared"));
    this.#verification = this.#openVerification();
    this.#path = new PathLink({
      network: options.network,
      send: (message) => this.#control?.sendPath(message),
      emit: options.emit,
    });
    this.#contacts = ContactLink.open(options, this.#verification, {
      send: (message) => this.#control?.sendContact(message),
      onError: (error) => (error.code === "PEER_PROTOCOL" ? this.#fail(error) : this.#report(error)),
    });
    const text = this.#held.take(options.text);
    text.onClose = () => this.#handleChannelClosed();
    this.#text = new TextLink(text, !this.isForeign, {
      onText: (text, onTaken) => {
        this.#handleText();
        options.emit({ event: "message", from: "peer", text }, onTaken);
      },
      onBinary: (bytes) => {
        this.#handleText();
        this.#binary.tell(bytes);
      },
      onTaken: () => this.#control?.acknowledgeSoon(() => this.#text.takenCount),
      onFlood: () => this.#refuse("more messages than were acknowledged"),
      onAcknowledged: (text) => {
        options.emit({ event: "message", from: "me", text });
        this.#check();
      },
    });
    this.#transfers =
      options.transfer === undefined ? undefined : this.#openTransfers(this.#held.take(options.transfer));
    // Last, since it speaks at once.
    this.#control = options.control === undefined ? undefined : this.#openControl(options.control);
    if (this.#verification.isHolding) this.#hold();
    if (this.isForeign) {
      options.onNotice({ notice: "foreign-peer" });
      this.#announce();
      if (options.verify) this.#verification.start();
    }
  }

  #openVerification(): VerificationLink {
    return new VerificationLink({
      ...this.#options,
      isRequired: this.#options.verify,
      expected: this.#options.verifyExpect,
      send: (message) => this.#control?.sendVerify(message),
      onAgreed: () => {
        this.#release();
        this.#contacts?.handleAgreed();
        this.#check();
      },
      onRejected: (error) => this.#fail(error, "rejected"),
    });
  }

  #hold(): void {
    this.#text.hold();
    this.#held.hold();
  }

  #release(): void {
    this.#held.release();
    this.#text.release();
    if (this.isForeign) this.#text.acknowledgeWhenDrained();
  }

  #openControl(channel: MessageChannel): ControlLink {
    const hello = {
      mode: this.#options.mode,
      verify: this.#verification.wish,
      recovers: this.#path.canRecover,
      contacts: this.#contacts !== undefined,
    };
    channel.onClose = () => this.#handleChannelClosed();
    return new ControlLink(channel, hello, {
      onHello: (verify, { recover, keepKeys }) => {
        this.#contacts?.handleHello(keepKeys);
        this.#announce();
        this.#path.handleHello(recover);
        this.#verification.handleHello(verify);
        if (this.#verification.isHolding) this.#hold();
        this.#check();
      },
      onPath: (message) => this.#path.handlePath(message),
      onVerify: (message) => {
        if (this.#phase === "open") this.#verification.handle(message);
      },
      onContact: (message) => this.#contacts?.handle(message),
      onAck: (count) => {
        if (count <= this.#text.sentCount) this.#text.acknowledge(count);
        else this.#refuse("it acknowledges messages that were not sent");
      },
      onDone: () => {
        this.#isPeerDone = true;
        this.#check();
      },
      onBye: () => this.#background(this.#handleBye()),
      onByeAck: () => {
        this.#isByeAnswered = true;
        this.#check();
      },
      onSilence: (silentMs) => {
        if (this.#path.handleSilence(silentMs)) return;
        this.handleDisconnected(new P2pError("CONNECTION_LOST", { seconds: Math.round(silentMs / 1_000) }));
      },
      onMalformed: (detail) => this.#refuse(detail),
    });
  }

  #openTransfers(channel: MessageChannel): TransferSession {
    const { stateDir, emit } = this.#options;
    return new TransferSession({
      ...this.#options,
      channel,
      keep: { stateDir, from: this.peerName },
      emit: (event, onTaken) => {
        this.#control?.markHeard();
        emit(event, onTaken);
      },
      nowMs: () => performance.now(),
      onActivity: () => this.#check(),
    });
  }

  #announce(): void {
    const path = this.#options.path();
    if (path === undefined) return;
    this.#isReady = true;
    this.#options.emit({
      event: "connected",
      pair: path.pair,
      rttMs: Math.round(this.#control?.rttMs ?? path.rttMs),
      role: this.role,
    });
    this.#options.onReady();
  }

  #handleText(): void {
    this.#control?.markHeard();
    if (this.isForeign) this.#check();
  }

  sendMessage(text: string): Promise<void> {
    const isOpen = this.#phase === "open";
    this.#refusedCount += isOpen ? 0 : 1;
    const acknowledged = isOpen ? this.#text.send(text) : Promise.reject(end.lossBy("over"));
    // Whoever does not wait for it must not crash when the session ends first.
    acknowledged.catch(() => {});
    if (isOpen && this.isForeign) this.#text.acknowledgeWhenDrained();
    return acknowledged;
  }

  sendFiles(paths: readonly (string | SpooledFile)[]): Promise<"done" | "declined" | "failed"> {
    return this.#sending.send(paths);
  }

  accept(transfer: string): boolean {
    return this.#transfers?.accept(transfer) ?? false;
  }

  decline(transfer: string): boolean {
    return this.#transfers?.decline(transfer) ?? false;
  }

  cancel(transfer: string): boolean {
    return this.#transfers?.cancel(transfer) ?? false;
  }

  verify(): boolean {
    return this.#phase === "open" && this.#verification.start();
  }

  confirmVerification(answer: boolean | string): boolean {
    return this.#phase === "open" && this.#verification.answer(answer);
  }

  keepContact(name: string): boolean {
    return this.#phase === "open" && this.#contacts?.keep(name) === true;
  }

  status(): SessionStatus {
    const path = this.#options.path();
    return {
      pair: path?.pair ?? { protocol: "udp", local: "", remote: "", kind: "host" },
      rttMs: Math.round(this.#control?.rttMs ?? path?.rttMs ?? 0),
      sinceMs: Math.round(performance.now() - this.#startedMs),
      peerName: this.peerName,
      isInterrupted: this.#path.isInterrupted,
      messagesUnacknowledged: this.#text.unacknowledgedCount,
      transfers: this.#transfers?.status() ?? [],
    };
  }

  finish(): void {
    this.#hasMore = false;
    this.#check();
  }

  async end(reason: "quit" | "interrupted" | "error", exit?: number): Promise<void> {
    await this.#end(reason, exit ?? (reason === "interrupted" ? 130 : 0));
  }

  /** The way to the peer is interrupted, or there is one again. What is queued waits for it. */
  handleReachable(isReachable: boolean): void {
    const isConnected = this.isForeign || this.#control?.peerMode !== undefined;
    if (this.#phase !== "open" || !isConnected || !this.#path.handleReachable(isReachable)) return;
    if (isReachable) this.#control?.resume();
    else this.#control?.pause();
  }

  /** This side is to be found elsewhere. */
  handleOfferChanged(): void {
    if (this.#phase === "open") this.#path.tellPeer();
  }

  /** The network path or the association is gone. @param error - undefined: the other side has closed it */
  handleDisconnected(error: P2pError | undefined): void {
    this.#isDisconnected = true;
    this.#change.notify();
    if (this.#phase !== "open") return;
    this.#phase = "ending";
    // Another WebRTC program says goodbye by closing.
    const isForeignGoodbye = this.isForeign && end.isEndedByPeer(error) && this.#text.unacknowledgedCount === 0;
    const loss = isForeignGoodbye ? undefined : (error ?? end.lossBy("shutdown"));
    const reason = loss?.code === "PEER_PROTOCOL" ? "error" : "lost";
    this.#background(this.#close(loss === undefined ? "peer-bye" : reason, loss));
  }

  /** The peer has closed text or control. With the whole association gone, whoever owns that tells why. */
  #handleChannelClosed(): void {
    setImmediate(() => {
      if (this.#phase === "ended" || this.#isDisconnected) return;
      const loss = this.isForeign ? undefined : end.lossBy("channel-closed");
      if (!this.#isUnready(loss ?? end.lossBy("shutdown"))) this.handleDisconnected(loss);
    });
  }

  /** Ends a session that never became ready, without a word. */
  discard(): void {
    this.#phase = "ended";
    this.#control?.close();
    this.#verification.close();
    this.#background(this.#closeTransfers("lost"));
  }

  get #amDone(): boolean {
    return (
      !this.#hasMore &&
      !this.#verification.isPending &&
      this.#text.unacknowledgedCount === 0 &&
      this.#sending.plannedCount === 0 &&
      !end.isSending(this.#transfers?.activity)
    );
  }

  /** Looks at where the session stands after any change: says done, ends by itself, wakes who waits. */
  #check(): void {
    this.#change.notify();
    if (this.#phase !== "open") return;
    if (this.isForeign) {
      if (this.#options.mode === "once" && this.#amDone) this.#quiet.restart();
      else this.#quiet.stop();
      return;
    }
    if (this.#amDone && !this.#isDoneSaid && this.#control?.peerMode !== undefined) {
      this.#isDoneSaid = true;
      this.#control.sendDone();
    }
    const isOver = shouldEnd({
      myMode: this.#options.mode,
      peerMode: this.#control?.peerMode,
      amDone: this.#amDone,
      isPeerDone: this.#isPeerDone,
      hasTransfers: end.isAnythingOpen(this.#transfers?.activity),
    });
    if (isOver) this.#background(this.#end("done", 0));
  }

  /** @param isPatient - what was sent is waited for */
  async #end(reason: ClosedReason, exit: number, isPatient = reason !== "interrupted"): Promise<void> {
    if (this.#phase !== "open") {
      await this.ended;
      return;
    }
    this.#phase = "ending";
    this.#exit = worseExit(this.#exit, exit);
    if (isPatient) await this.#flush(end.FLUSH_TIMEOUT_MS);
    await this.#closeTransfers(reason === "interrupted" ? "interrupted" : "ended");
    this.#control?.sendBye();
    if (this.#control !== undefined) await this.#until(end.BYE_TIMEOUT_MS, () => this.#isByeAnswered);
    await this.#close(reason, undefined);
  }

  async #handleBye(): Promise<void> {
    if (this.#phase !== "open") {
      // Both said bye at the same time: that answers ours, and theirs wants an answer.
      this.#isByeAnswered = true;
      this.#control?.sendByeAck();
      this.#change.notify();
      return;
    }
    const isOver = this.#options.mode === "once" && this.#amDone && !end.isAnythingOpen(this.#transfers?.activity);
    const { unanswered } = this.#verification;
    const reason = unanswered !== undefined ? "rejected" : isOver ? "done" : "peer-bye";
    if (unanswered !== undefined) this.#report(unanswered);
    this.#phase = "ending";
    await this.#flush(end.BYE_TIMEOUT_MS);
    await this.#closeTransfers("ended");
    this.#control?.sendByeAck();
    // The side that said bye closes; leaving first could lose the answer.
    await this.#until(end.BYE_TIMEOUT_MS, () => this.#isDisconnected);
    await this.#close(reason, undefined);
  }

  /** Waits for what was sent; what is held back was not. */
  async #flush(timeoutMs: number): Promise<void> {
    if (!this.#verification.isHolding) await this.#until(timeoutMs, () => this.#text.unacknowledgedCount === 0);
  }

  /** The peer has broken the protocol. */
  #refuse(detail: string): void {
    this.#fail(new P2pError("PEER_PROTOCOL", { detail }));
  }

  #fail(error: P2pError, reason: "error" | "rejected" = "error"): void {
    if (this.#phase !== "open") return;
    if (this.#isUnready(error)) return;
    this.#report(error);
    // Whoever broke the rules may acknowledge nothing, ever.
    this.#background(this.#end(reason, error.exit, false));
  }

  /** @returns whether nobody knows of the session yet: whoever makes it is told */
  #isUnready(error: P2pError): boolean {
    const { onUnready } = this.#options;
    if (this.#isReady || onUnready === undefined) return false;
    onUnready(error);
    return true;
  }

  /** Nobody waits for it: what goes wrong in it is told, and is the end. */
  #background(task: Promise<void>): void {
    task.catch((thrown: unknown) => {
      this.#report(toP2pError(thrown));
      this.#finish("error");
    });
  }

  /** Never rejects: what could not be closed is told. */
  async #closeTransfers(why: "ended" | "lost" | "interrupted"): Promise<void> {
    await this.#transfers?.close(why).catch((thrown: unknown) => {
      this.#report(toP2pError(thrown));
    });
  }

  #report(error: P2pError): void {
    this.#exit = worseExit(this.#exit, error.exit);
    this.#options.emit(errorEvent(error));
  }

  async #close(reason: ClosedReason, loss: P2pError | undefined): Promise<void> {
    if (this.#phase === "ended") return;
    const wasTransferring = end.isRunning(this.#transfers?.activity);
    await this.#closeTransfers(loss === undefined ? "ended" : "lost");
    const failure = end.failureOfEnd(reason, loss, this.#text.unacknowledgedCount + this.#refusedCount);
    // With a transfer running the transfer tells what was lost, and its exit code counts.
    if (failure !== undefined && !(wasTransferring && loss?.code === "CONNECTION_LOST")) this.#report(failure);
    this.#text.fail(failure ?? end.lossBy("over"));
    this.#finish(reason);
  }

  #finish(reason: ClosedReason): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    this.#quiet.stop();
    this.#control?.close();
    this.#verification.close();
    this.#held.wake();
    this.#binary.close();
    // Whatever else went wrong, the other side is not who it should be.
    const exit = reason === "rejected" ? end.REJECTED_EXIT : worseExit(this.#exit, this.#transfers?.exit ?? 0);
    const closed: ClosedEvent = { event: "closed", reason, exit };
    this.#options.emit(closed);
    this.#resolveEnded(closed);
  }

  /** Waits until the condition holds, the connection is gone or the time is up. */
  #until(timeoutMs: number, condition: () => boolean): Promise<void> {
    return this.#change.until(timeoutMs, () => condition() || this.#isDisconnected);
  }
}
