// A connected session: text, control and features (path, verification, contacts, files) over their channels. The state
// machine (control/session-machine.ts) decides how it runs and ends. It owns no sockets; its owner closes the peer when
// `ended` resolves.
import { capabilitiesOf } from "../control/capabilities.ts";
import { worseExit } from "../control/ending.ts";
import type { HelloMessage } from "../control/messages.ts";
import { NOTHING_PROMISED, PromiseLedger } from "../control/promises.ts";
import { INITIAL_ACTIVITY, type SessionActivity, type SessionEffect } from "../control/session-machine.ts";
import { errorEvent } from "../lib/errors/error-event.ts";
import { P2pError, toP2pError } from "../lib/errors/p2p-error.ts";
import type { P2pEvent } from "../lib/events.ts";
import type { MessageChannel } from "../lib/message-channel.ts";
import { BinaryReports } from "./channels/binary-reports.ts";
import { ControlLink } from "./channels/control.ts";
import { HeldChannels } from "./channels/gate.ts";
import { TEXT_CAPABILITY, TextLink } from "./channels/text.ts";
import type { SessionFeature, StopReason } from "./features/feature.ts";
import { openFeatures, type SessionFeatures } from "./features/open-features.ts";
import type { Clock, SpooledFile } from "./ports.ts";
import { SessionDriver } from "./session-driver.ts";
import { endedBy, failureOfEnd, howLost, lossBy, unsentError } from "./session-end.ts";
import type { SessionOptions } from "./session-options.ts";
import { lossPercentOf } from "./transfers/limit-watch.ts";
import type { Session, SessionStats, SessionStatus } from "./session-types.ts";

type ClosedEvent = Extract<P2pEvent, { event: "closed" }>;

/** How long a foreign peer that has closed its channel has to acknowledge what was sent on it. */
const CLOSING_MS = 2_000;

export class ConnectedSession implements Session {
  readonly role: "offer" | "answer";
  readonly peerName: string | undefined;
  readonly isForeign: boolean;
  readonly ended: Promise<ClosedEvent>;
  readonly #options: SessionOptions;
  /** The text channel and the transfer channel. */
  readonly #held: HeldChannels;
  readonly #features: SessionFeatures;
  readonly #text: TextLink;
  readonly #control: ControlLink | undefined;
  readonly #binary: BinaryReports;
  readonly #clock: Clock;
  readonly #startedMs: number;
  #resolveEnded: (closed: ClosedEvent) => void = () => {};
  readonly #life: SessionDriver;
  #hasMore = true;
  /** Why the connection was lost; undefined while it is up, or when something else ended the session before. */
  #loss: P2pError | undefined;
  /** Count of the messages that arrived while the session was about to end. */
  #refusedCount = 0;
  readonly #promises: PromiseLedger;
  /** True after `connected` was emitted: the session's owner knows of it. */
  #isReady = false;

  /** Listens on its channels; sends and emits nothing before `start`. */
  constructor(options: SessionOptions) {
    this.#options = options;
    this.#clock = options.ports.clock;
    this.#promises = new PromiseLedger(options.settings.promised ?? NOTHING_PROMISED);
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
        trace: options.trace,
        activity: () => this.#activity(),
        obey: (effect) => this.#obey(effect),
        onFailed: (thrown) => this.#report(toP2pError(thrown)),
      },
    );
    this.#binary = new BinaryReports(this.#clock, (bytes) => options.events.emit({ event: "binary-message", bytes }));
    this.#held = new HeldChannels(() => this.#refuse("too much before the verification string was compared"));
    this.#text = this.#openText(options.text);
    this.#features = this.#openFeatures();
    this.#control = options.control === undefined ? undefined : this.#openControl(options.control);
  }

  /**
   * Says hello. Call it once, in the turn in which the session was created. `onReady` or `onUnready` may be called from
   * in here; a session with another WebRTC program is ready at once.
   */
  start(): void {
    if (this.#isHolding) this.#hold();
    if (this.isForeign) {
      this.#options.events.emit({ event: "foreign-peer" });
      this.#announce();
      this.#options.unusedChannels?.listen((label) => {
        this.#options.events.emit({ event: "channel-unused", label, used: this.#options.text.label });
      });
    }
    for (const feature of this.#list) feature.start?.();
    this.#control?.start();
  }

  get #list(): readonly SessionFeature[] {
    return this.#features.list;
  }

  get #isHolding(): boolean {
    return this.#list.some(({ isHolding }) => isHolding === true);
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

  #openText(channel: MessageChannel): TextLink {
    const { emit } = this.#options.events;
    const held = this.#held.take(channel);
    held.onClose = () => this.#handleChannelClosed();
    return new TextLink(held, !this.isForeign, {
      onText: (text, onTaken) => {
        this.#handleText();
        emit({ event: "message", from: "peer", text }, onTaken);
      },
      onBinary: (bytes) => {
        this.#handleText();
        this.#binary.tell(bytes);
      },
      onTaken: () => this.#control?.acknowledgeSoon(() => this.#text.takenCount),
      onFlood: () => this.#refuse("more messages than were acknowledged"),
      onAcknowledged: (text) => {
        emit({ event: "message", from: "me", text });
        this.#life.look();
      },
    });
  }

  #openFeatures(): SessionFeatures {
    const { transfer } = this.#options;
    return openFeatures(this.#options, transfer === undefined ? undefined : this.#held.take(transfer), {
      send: (message) => this.#control?.send(message),
      isOpen: () => this.#life.isOpen,
      promises: this.#promises,
      look: () => this.#life.look(),
      report: (error) => this.#report(error),
      fail: (error, reason) => this.#fail(error, reason),
      markHeard: () => this.#control?.markHeard(),
      untilReleased: async () => {
        if (this.#isHolding) await this.#held.untilReleased();
      },
      onVerified: () => {
        this.#release();
        for (const feature of this.#list) feature.handleVerified?.();
        this.#life.look();
      },
    });
  }

  /** This side's hello: the capabilities of all features, and the keys that older programs read. */
  #hello(): HelloMessage {
    const { mode, isSilent } = this.#options.settings;
    const hello: HelloMessage = { type: "hello", mode, ...(isSilent === true ? { silent: true } : {}) };
    for (const { hello: part } of this.#list) Object.assign(hello, part.keys);
    const capabilities = this.#list.flatMap(({ hello: { capability } }) => capability ?? []);
    return { ...hello, capabilities: [TEXT_CAPABILITY, ...capabilities] };
  }

  #openControl(channel: MessageChannel): ControlLink {
    channel.onClose = () => this.#handleChannelClosed();
    return new ControlLink(channel, this.#clock, this.#hello(), {
      onHello: (hello) => this.#handleHello(hello),
      onFeature: (message) => {
        this.#list.some((feature) => feature.handleMessage?.(message));
      },
      onAck: (count) => {
        if (count <= this.#text.sentCount) this.#text.acknowledge(count);
        else this.#refuse("it acknowledges messages that were not sent");
      },
      onDone: () => this.#life.handle({ input: "peer-done" }),
      onBye: () => this.#life.handle({ input: "peer-bye" }),
      onByeAck: () => this.#life.handle({ input: "peer-bye-ack" }),
      onSilence: (silentMs) => {
        if (this.#features.path.handleSilence(silentMs)) return;
        this.handleDisconnected(new P2pError("CONNECTION_LOST", { seconds: Math.round(silentMs / 1_000) }));
      },
      onMalformed: (detail) => this.#refuse(detail),
    });
  }

  #handleHello(hello: HelloMessage): void {
    const capabilities = capabilitiesOf(hello);
    this.#text.handlePeer(capabilities.has(TEXT_CAPABILITY));
    this.#announce();
    for (const feature of this.#list) {
      feature.handleHello?.({ hello, can: (capability) => capabilities.has(capability) });
    }
    if (hello.silent === true && this.#options.settings.mode === "conversation") {
      this.#options.events.emit({ event: "peer-silent" });
    }
    if (this.#isHolding) this.#hold();
    this.#life.handle({ input: "peer-hello", mode: hello.mode });
  }

  #announce(): void {
    const path = this.#options.path();
    if (path === undefined) return;
    this.#isReady = true;
    this.#options.events.emit({
      event: "connected",
      pair: path.pair,
      rttMs: Math.round(this.#control?.rttMs ?? path.rttMs),
      role: this.role,
    });
    this.#options.events.onReady();
  }

  #handleText(): void {
    this.#control?.markHeard();
    if (this.isForeign) this.#life.handle({ input: "heard" });
  }

  sendMessage(text: string): Promise<void> {
    const isOpen = this.#life.isOpen;
    this.#promises.callMessage();
    this.#refusedCount += isOpen ? 0 : 1;
    const acknowledged = isOpen ? this.#text.send(text) : Promise.reject(lossBy("over"));
    // A caller that does not await it must not crash when the session ends first.
    acknowledged.catch(() => {});
    if (isOpen && this.isForeign) this.#text.acknowledgeWhenDrained();
    this.#life.look();
    return acknowledged;
  }

  sendFiles(paths: readonly (string | SpooledFile)[]): Promise<"done" | "declined" | "failed"> {
    return this.#features.files.send(paths);
  }

  accept(transfer: string, isChosen?: (path: string) => boolean): boolean {
    return this.#features.files.accept(transfer, isChosen);
  }

  decline(transfer: string): boolean {
    return this.#features.files.decline(transfer);
  }

  cancel(transfer: string): boolean {
    return this.#features.files.cancel(transfer);
  }

  verify(): boolean {
    return this.#life.isOpen && this.#features.verification.compare();
  }

  confirmVerification(answer: boolean | string): boolean {
    return this.#life.isOpen && this.#features.verification.answer(answer);
  }

  keepContact(name: string): boolean {
    return this.#life.isOpen && this.#features.contacts?.keep(name) === true;
  }

  status(): SessionStatus {
    const path = this.#options.path();
    return {
      pair: path?.pair ?? { protocol: "udp", local: "", remote: "", kind: "host" },
      rttMs: Math.round(this.#control?.rttMs ?? path?.rttMs ?? 0),
      sinceMs: Math.round(this.#clock.nowMs() - this.#startedMs),
      peerName: this.peerName,
      isInterrupted: this.#features.path.isInterrupted,
      messagesUnacknowledged: this.#text.unacknowledgedCount,
      transfers: this.#features.files.status(),
    };
  }

  stats(): SessionStats {
    const { files } = this.#features;
    const view = this.#options.transport?.();
    return {
      sending: files.limitOf("send"),
      receiving: files.limitOf("receive"),
      transport: view && {
        rttMs: Math.round(view.rttMs),
        lossPercent: lossPercentOf(view),
        queuedBytes: view.queuedBytes,
      },
    };
  }

  finish(): void {
    this.#hasMore = false;
    this.#promises.finish();
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
    if (!this.#life.isOpen || !isConnected || !this.#features.path.handleReachable(isReachable)) return;
    if (isReachable) this.#control?.resume();
    else this.#control?.pause();
  }

  /** This side's candidates or ICE credentials have changed. */
  handleOfferChanged(): void {
    if (this.#life.isOpen) this.#features.path.tellPeer();
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
    this.#afterLastAcknowledgement(() => {
      if (!this.#life.isConnected) return;
      const loss = this.isForeign ? undefined : lossBy("channel-closed");
      if (!this.#isUnready(loss ?? lossBy("shutdown"))) this.handleDisconnected(loss);
    });
  }

  /**
   * Another WebRTC program that closes its channel may have read what was sent before, and its transport may not have said
   * so yet. Calls back once, within `CLOSING_MS`.
   */
  #afterLastAcknowledgement(callback: () => void): void {
    if (!this.isForeign || this.#text.unacknowledgedCount === 0) {
      this.#clock.nextTurn(callback);
      return;
    }
    let isCalled = false;
    const callOnce = (): void => {
      cancelTimer();
      if (!isCalled) callback();
      isCalled = true;
    };
    const cancelTimer = this.#clock.setTimer(callOnce, CLOSING_MS);
    this.#options.text.whenDrained(callOnce);
  }

  /** Ends a session that never became ready, without emitting anything. */
  discard(): void {
    this.#control?.close();
    for (const feature of this.#list) feature.close?.();
    this.#life.handle({ input: "discarded" });
  }

  #activity(): SessionActivity {
    const unacknowledgedTexts = this.#text.unacknowledgedCount;
    let activity: SessionActivity = { ...INITIAL_ACTIVITY, hasMore: this.#hasMore, unacknowledgedTexts };
    for (const feature of this.#list) activity = { ...activity, ...feature.activity };
    return activity;
  }

  #obey(effect: SessionEffect): void {
    switch (effect.effect) {
      case "say-done":
        this.#control?.send({ type: "done" });
        break;
      case "say-bye":
        this.#control?.send({ type: "bye" });
        break;
      case "say-bye-ack":
        this.#control?.sendByeAck();
        break;
      case "close-transfers":
        void this.#stop(effect.why);
        break;
      case "report-unanswered":
        this.#reportUnanswered();
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
    const { onUnready } = this.#options.events;
    if (this.#isReady || onUnready === undefined) return false;
    onUnready(error);
    return true;
  }

  /** Stops all features. Never rejects: errors of stopping are reported. */
  async #stop(why: StopReason): Promise<void> {
    const stops = this.#list.map(async (feature) => feature.stop?.(why));
    await Promise.all(stops).catch((thrown: unknown) => {
      this.#report(toP2pError(thrown));
    });
    const exit = this.#list.reduce((worst, feature) => worseExit(worst, feature.exit ?? 0), 0);
    this.#life.handle({ input: "transfers-closed", exit });
  }

  #reportUnanswered(): void {
    const { unanswered } = this.#features.verification;
    if (unanswered !== undefined) this.#report(unanswered);
  }

  #report(error: P2pError): void {
    this.#life.noteExit(error.exit);
    this.#options.events.emit(errorEvent(error));
  }

  #failTexts({ reason, loss }: Extract<SessionEffect, { effect: "fail-texts" }>): void {
    const { files, messages, hasFurther } = this.#promises.open;
    const by = endedBy(reason);
    // Whoever interrupts it knows; and a lost connection is reported as that.
    if (loss === "none" && by !== undefined) for (const { name } of files) this.#report(unsentError(name, by));
    const undelivered = this.#text.unacknowledgedCount + this.#refusedCount + messages;
    const failure = failureOfEnd(reason, loss === "none" ? undefined : this.#loss, undelivered, { hasFurther });
    if (failure !== undefined && loss !== "told") this.#report(failure);
    this.#text.fail(failure ?? lossBy("over"));
  }

  #finish(closed: ClosedEvent): void {
    this.#control?.close();
    for (const feature of this.#list) feature.close?.();
    this.#held.wake();
    this.#binary.close();
    this.#options.events.emit(closed);
    this.#resolveEnded(closed);
  }
}
