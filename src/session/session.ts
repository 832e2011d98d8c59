// A connected session: text, control and transfers over their channels. The state machine (control/session-machine.ts)
// decides how it runs and ends. It owns no sockets; its owner closes the peer when `ended` resolves.
import type { SessionActivity, SessionEffect } from "../control/session-machine.ts";
import { errorEvent } from "../lib/errors/error-event.ts";
import { P2pError, toP2pError } from "../lib/errors/p2p-error.ts";
import type { P2pEvent } from "../lib/events.ts";
import type { MessageChannel } from "../lib/message-channel.ts";
import { ContactLink } from "./features/contacts.ts";
import { BinaryNotices } from "./channels/binary-notices.ts";
import { ControlLink } from "./channels/control.ts";
import { FileSending } from "./transfers/file-sending.ts";
import { HeldChannels } from "./channels/gate.ts";
import { PathLink } from "./features/path.ts";
import type { Clock, SpooledFile } from "./ports.ts";
import { SessionDriver } from "./session-driver.ts";
import { failureOfEnd, howLost, lossBy } from "./session-end.ts";
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
  /** The text channel and the transfer channel. */
  readonly #held: HeldChannels;
  readonly #verification: VerificationLink;
  readonly #path: PathLink;
  readonly #contacts: ContactLink | undefined;
  readonly #text: TextLink;
  readonly #control: ControlLink | undefined;
  readonly #transfers: TransferSession | undefined;
  readonly #sending = new FileSending({
    files: () => this.#options.ports.files,
    transfers: () => this.#transfers,
    untilReleased: async () => {
      if (this.#verification.isHolding) await this.#held.untilReleased();
    },
    isOpen: () => this.#life.isOpen,
    report: (error) => this.#report(error),
    onChange: () => this.#life.look(),
  });
  readonly #binary: BinaryNotices;
  readonly #clock: Clock;
  readonly #startedMs: number;
  #resolveEnded: (closed: ClosedEvent) => void = () => {};
  readonly #life: SessionDriver;
  #hasMore = true;
  /** Why the connection was lost; undefined while it is up, or when something else ended the session before. */
  #loss: P2pError | undefined;
  /** Count of the messages that arrived while the session was about to end. */
  #refusedCount = 0;
  /** True after `connected` was emitted: the session's owner knows of it. */
  #isReady = false;

  /** Listens on its channels; sends and emits nothing before `start`. */
  constructor(options: SessionOptions) {
    this.#options = options;
    this.#clock = options.ports.clock;
    this.#startedMs = this.#clock.nowMs();
    this.role = options.role;
    this.peerName = options.peerName;
    this.isForeign = options.control === undefined;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#life = new SessionDriver(
      { mode: options.settings.mode, isForeign: this.isForeign },
      {
        clock: this.#clock,
        activity: () => this.#activity(),
        obey: (effect) => this.#obey(effect),
        onFailed: (thrown) => this.#report(toP2pError(thrown)),
      },
    );
    this.#binary = new BinaryNotices(this.#clock, (bytes) => options.onNotice({ notice: "binary-message", bytes }));
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
        this.#life.look();
      },
    });
    this.#transfers =
      options.transfer === undefined ? undefined : this.#openTransfers(this.#held.take(options.transfer));
    this.#control = options.control === undefined ? undefined : this.#openControl(options.control);
  }

  /**
   * Says hello. Call it once, in the turn in which the session was created. `onReady` or `onUnready` may be called from
   * in here; a session with another WebRTC program is ready at once.
   */
  start(): void {
    if (this.#verification.isHolding) this.#hold();
    this.#transfers?.start();
    this.#control?.start();
    if (!this.isForeign) return;
    this.#options.onNotice({ notice: "foreign-peer" });
    this.#announce();
    if (this.#verification.isHolding) this.#verification.start();
  }

  #openVerification(): VerificationLink {
    const { ports, role, identity, settings, emit } = this.#options;
    return new VerificationLink({
      ports,
      role,
      identity,
      settings,
      emit,
      send: (message) => this.#control?.sendVerify(message),
      onAgreed: () => {
        this.#release();
        this.#contacts?.handleAgreed();
        this.#life.look();
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
      mode: this.#options.settings.mode,
      verify: this.#verification.wish,
      recovers: this.#path.canRecover,
      contacts: this.#contacts !== undefined,
    };
    channel.onClose = () => this.#handleChannelClosed();
    return new ControlLink(channel, this.#clock, hello, {
      onHello: ({ mode, verify }, { recover, keepKeys }) => {
        this.#contacts?.handleHello(keepKeys);
        this.#announce();
        this.#path.handleHello(recover);
        this.#verification.handleHello(verify);
        if (this.#verification.isHolding) this.#hold();
        this.#life.handle({ input: "peer-hello", mode });
      },
      onPath: (message) => this.#path.handlePath(message),
      onVerify: (message) => {
        if (this.#life.isOpen) this.#verification.handle(message);
      },
      onContact: (message) => this.#contacts?.handle(message),
      onAck: (count) => {
        if (count <= this.#text.sentCount) this.#text.acknowledge(count);
        else this.#refuse("it acknowledges messages that were not sent");
      },
      onDone: () => this.#life.handle({ input: "peer-done" }),
      onBye: () => this.#life.handle({ input: "peer-bye" }),
      onByeAck: () => this.#life.handle({ input: "peer-bye-ack" }),
      onSilence: (silentMs) => {
        if (this.#path.handleSilence(silentMs)) return;
        this.handleDisconnected(new P2pError("CONNECTION_LOST", { seconds: Math.round(silentMs / 1_000) }));
      },
      onMalformed: (detail) => this.#refuse(detail),
    });
  }

  #openTransfers(channel: MessageChannel): TransferSession {
    const { emit, ports, settings, onNotice } = this.#options;
    return new TransferSession({
      channel,
      settings,
      files: ports.files,
      clock: ports.clock,
      onNotice,
      emit: (event, onTaken) => {
        this.#control?.markHeard();
        emit(event, onTaken);
      },
      onActivity: () => this.#life.look(),
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
    if (this.isForeign) this.#life.handle({ input: "heard" });
  }

  sendMessage(text: string): Promise<void> {
    const isOpen = this.#life.isOpen;
    this.#refusedCount += isOpen ? 0 : 1;
    const acknowledged = isOpen ? this.#text.send(text) : Promise.reject(lossBy("over"));
    // A caller that does not await it must not crash when the session ends first.
    acknowledged.catch(() => {});
    if (isOpen && this.isForeign) this.#text.acknowledgeWhenDrained();
    this.#life.look();
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
    return this.#life.isOpen && this.#verification.start();
  }

  confirmVerification(answer: boolean | string): boolean {
    return this.#life.isOpen && this.#verification.answer(answer);
  }

  keepContact(name: string): boolean {
    return this.#life.isOpen && this.#contacts?.keep(name) === true;
  }

  status(): SessionStatus {
    const path = this.#options.path();
    return {
      pair: path?.pair ?? { protocol: "udp", local: "", remote: "", kind: "host" },
      rttMs: Math.round(this.#control?.rttMs ?? path?.rttMs ?? 0),
      sinceMs: Math.round(this.#clock.nowMs() - this.#startedMs),
      peerName: this.peerName,
      isInterrupted: this.#path.isInterrupted,
      messagesUnacknowledged: this.#text.unacknowledgedCount,
      transfers: this.#transfers?.status() ?? [],
    };
  }

  finish(): void {
    this.#hasMore = false;
    this.#life.look();
  }

  async end(reason: "quit" | "interrupted" | "error", exit?: number): Promise<void> {
    const isInterrupted = reason === "interrupted";
    this.#life.handle({ input: "end", reason, exit: exit ?? (isInterrupted ? 130 : 0), isPatient: !isInterrupted });
    await this.ended;
  }

  /** The network path is interrupted (false) or restored (true). Queued data waits for it. */
  handleReachable(isReachable: boolean): void {
    const isConnected = this.isForeign || this.#control?.peerMode !== undefined;
    if (!this.#life.isOpen || !isConnected || !this.#path.handleReachable(isReachable)) return;
    if (isReachable) this.#control?.resume();
    else this.#control?.pause();
  }

  /** This side's candidates or ICE credentials have changed. */
  handleOfferChanged(): void {
    if (this.#life.isOpen) this.#path.tellPeer();
  }

  /** The network path or the association was lost. @param error - undefined: the other side has closed it */
  handleDisconnected(error: P2pError | undefined): void {
    const loss = error ?? lossBy("shutdown");
    if (this.#life.isOpen) this.#loss = loss;
    this.#life.handle({ input: "disconnected", how: howLost(loss) });
  }

  /**
   * The peer has closed text or control. When the whole association was lost, the owner of the association reports why.
   */
  #handleChannelClosed(): void {
    this.#clock.nextTurn(() => {
      if (!this.#life.isConnected) return;
      const loss = this.isForeign ? undefined : lossBy("channel-closed");
      if (!this.#isUnready(loss ?? lossBy("shutdown"))) this.handleDisconnected(loss);
    });
  }

  /** Ends a session that never became ready, without emitting anything. */
  discard(): void {
    this.#control?.close();
    this.#verification.close();
    this.#life.handle({ input: "discarded" });
  }

  #activity(): SessionActivity {
    const transfers = this.#transfers?.activity;
    const { sending = 0, receiving = 0, awaitingMyConsent = 0, awaitingPeerConsent = 0 } = transfers ?? {};
    return {
      hasMore: this.#hasMore,
      unacknowledgedTexts: this.#text.unacknowledgedCount,
      plannedTransfers: this.#sending.plannedCount,
      outgoing: sending + awaitingPeerConsent,
      incoming: receiving + awaitingMyConsent,
      running: sending + receiving,
      isVerificationPending: this.#verification.isPending,
      isHolding: this.#verification.isHolding,
      isVerificationUnanswered: this.#verification.unanswered !== undefined,
    };
  }

  #obey(effect: SessionEffect): void {
    switch (effect.effect) {
      case "say-done":
        this.#control?.sendDone();
        break;
      case "say-bye":
        this.#control?.sendBye();
        break;
      case "say-bye-ack":
        this.#control?.sendByeAck();
        break;
      case "close-transfers":
        void this.#closeTransfers(effect.why);
        break;
      case "report-unanswered":
        if (this.#verification.unanswered !== undefined) this.#report(this.#verification.unanswered);
        break;
      case "fail-texts":
        this.#failTexts(effect);
        break;
      case "closed":
        this.#finish({ event: "closed", reason: effect.reason, exit: effect.exit });
        break;
    }
  }

  /** Ends the session because the peer has broken the protocol. */
  #refuse(detail: string): void {
    this.#fail(new P2pError("PEER_PROTOCOL", { detail }));
  }

  #fail(error: P2pError, reason: "error" | "rejected" = "error"): void {
    if (!this.#life.isOpen) return;
    if (this.#isUnready(error)) return;
    this.#report(error);
    // A peer that broke the rules may never acknowledge anything.
    this.#life.handle({ input: "end", reason, exit: error.exit, isPatient: false });
  }

  /** @returns true when the session was not announced yet: its owner has received the error instead */
  #isUnready(error: P2pError): boolean {
    const { onUnready } = this.#options;
    if (this.#isReady || onUnready === undefined) return false;
    onUnready(error);
    return true;
  }

  /** Never rejects: errors of closing are reported. */
  async #closeTransfers(why: "ended" | "lost" | "interrupted"): Promise<void> {
    await this.#transfers?.close(why).catch((thrown: unknown) => {
      this.#report(toP2pError(thrown));
    });
    this.#life.handle({ input: "transfers-closed", exit: this.#transfers?.exit ?? 0 });
  }

  #report(error: P2pError): void {
    this.#life.noteExit(error.exit);
    this.#options.emit(errorEvent(error));
  }

  #failTexts({ reason, loss }: Extract<SessionEffect, { effect: "fail-texts" }>): void {
    const undelivered = this.#text.unacknowledgedCount + this.#refusedCount;
    const failure = failureOfEnd(reason, loss === "none" ? undefined : this.#loss, undelivered);
    if (failure !== undefined && loss !== "told") this.#report(failure);
    this.#text.fail(failure ?? lossBy("over"));
  }

  #finish(closed: ClosedEvent): void {
    this.#control?.close();
    this.#verification.close();
    this.#held.wake();
    this.#binary.close();
    this.#options.emit(closed);
    this.#resolveEnded(closed);
  }
}
