// A connected session: text, control and features (path, verification, contacts, files) over their channels. The state
// machine (control/session-machine.ts) decides how it runs and ends. It owns no sockets; its owner closes the peer when
// `ended` resolves.
import { capabilitiesOf } from "../control/capabilities.ts";
import type { HelloMessage } from "../control/messages.ts";
import { NOTHING_PROMISED, PromiseLedger } from "../control/promises.ts";
import { INITIAL_ACTIVITY, type SessionActivity, type SessionEffect } from "../control/session-machine.ts";
import { errorEvent } from "../lib/errors/error-event.ts";
import { P2pError, toP2pError } from "../lib/errors/p2p-error.ts";
import type { P2pEvent } from "../lib/events.ts";
import type { MessageChannel } from "../lib/message-channel.ts";
import type { Transport } from "../paths/move-rule.ts";
import { ControlProtocol } from "./channels/control.ts";
import { GatedChannels } from "./channels/gate.ts";
import { TEXT_CAPABILITY } from "./channels/text.ts";
import type { StopReason } from "./features/feature.ts";
import { openFeatures, type SessionFeatures } from "./features/open-features.ts";
import type { Clock, SpooledFile } from "./ports.ts";
import { SessionDriver } from "./session-driver.ts";
import { endedBy, failureOfEnd, howLost, lossBy, unsentError } from "./session-end.ts";
import { lossPercentOf } from "./transfers/limit-watch.ts";
import { SessionTexts } from "./session-texts.ts";
import type { SessionOptions } from "./session-options.ts";
import type { Session, SessionStats, SessionStatus, StartOfFiles } from "./session-types.ts";

type ClosedEvent = Extract<P2pEvent, { event: "closed" }>;

export class ConnectedSession implements Session {
  readonly role: "offer" | "answer";
  readonly peerName: string | undefined;
  readonly isForeign: boolean;
  readonly ended: Promise<ClosedEvent>;
  readonly #options: SessionOptions;
  /** The text channel and the transfer channel. */
  readonly #gated: GatedChannels;
  readonly #features: SessionFeatures;
  readonly #texts: SessionTexts;
  readonly #control: ControlProtocol | undefined;
  readonly #clock: Clock;
  readonly #startedMs: number;
  #resolveEnded: (closed: ClosedEvent) => void = () => {};
  readonly #life: SessionDriver;
  #hasMore = true;
  /** Why the connection was lost; undefined while it is up, or when something else ended the session before. */
  #loss: P2pError | undefined;
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
    this.#gated = new GatedChannels(() => this.#refuse("too much before its hello, or before the string was compared"));
    this.#texts = this.#openTexts(options);
    this.#features = this.#openFeatures();
    this.#control = options.control === undefined ? undefined : this.#openControl(options.control);
  }

  /**
   * Says hello. Call it once, in the turn in which the session was created. `onReady` or `onUnready` may be called from
   * in here; a session with another WebRTC program is ready at once.
   */
  start(): void {
    // A text or an offer that overtakes the peer's hello waits, so that `connected` comes first.
    if (this.#features.isHolding || !this.isForeign) this.#hold();
    if (this.isForeign) {
      this.#options.events.emit({ event: "foreign-peer" });
      this.#announce();
      this.#options.unusedChannels?.listen((label) => {
        this.#options.events.emit({ event: "channel-unused", label, used: this.#options.text.label });
      });
    }
    this.#features.start();
    this.#control?.start();
  }

  #hold(): void {
    this.#texts.protocol.hold();
    this.#gated.hold();
  }

  #release(): void {
    this.#gated.release();
    this.#texts.protocol.release();
  }

  #openTexts({ text, events, ports }: SessionOptions): SessionTexts {
    const channel = this.#gated.take(text);
    channel.onClose = () => this.#handleChannelClosed();
    return new SessionTexts({
      channel,
      isForeign: this.isForeign,
      clock: ports.clock,
      promises: this.#promises,
      events: {
        emit: events.emit,
        onHeard: () => {
          this.#control?.markHeard();
          if (this.isForeign) this.#life.handle({ input: "heard" });
        },
        onTaken: () => this.#control?.acknowledgeSoon(() => this.#texts.protocol.takenCount),
        onAcknowledged: () => this.#life.look(),
        onFlood: () => this.#refuse("more messages than were acknowledged"),
      },
    });
  }

  #openFeatures(): SessionFeatures {
    const { transfer } = this.#options;
    return openFeatures(this.#options, transfer === undefined ? undefined : this.#gated.take(transfer), {
      send: (message) => this.#control?.send(message),
      isOpen: () => this.#life.isOpen,
      promises: this.#promises,
      look: () => this.#life.look(),
      report: (error) => this.#report(error),
      fail: (error, reason) => this.#fail(error, reason),
      markHeard: () => this.#control?.markHeard(),
      untilReleased: async () => {
        if (this.#features.isHolding) await this.#gated.untilReleased();
      },
      onVerified: () => {
        this.#release();
        this.#features.handleVerified();
        this.#life.look();
      },
    });
  }

  /** This side's hello: the capabilities of all features, and the keys that older programs read. */
  #hello(): HelloMessage {
    const { mode, isSilent } = this.#options.settings;
    const { capabilities, ...keys } = this.#features.hello;
    const silent = isSilent === true ? { silent: true as const } : {};
    return { type: "hello", mode, ...silent, ...keys, capabilities: [TEXT_CAPABILITY, ...capabilities] };
  }

  #openControl(channel: MessageChannel): ControlProtocol {
    channel.onClose = () => this.#handleChannelClosed();
    return new ControlProtocol(channel, this.#clock, this.#hello(), {
      onHello: (hello) => this.#handleHello(hello),
      onFeature: (message) => this.#features.handleMessage(message),
      onAck: (count) => {
        if (count <= this.#texts.protocol.sentCount) this.#texts.protocol.acknowledge(count);
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
    this.#texts.protocol.handlePeer(capabilities.has(TEXT_CAPABILITY));
    this.#announce();
    this.#features.handleHello({ hello, can: (capability) => capabilities.has(capability) });
    if (hello.silent === true && this.#options.settings.mode === "conversation") {
      this.#options.events.emit({ event: "peer-silent" });
    }
    if (this.#features.isHolding) this.#hold();
    else this.#release();
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

  sendMessage(text: string): Promise<void> {
    this.#promises.callMessage();
    const acknowledged = this.#life.isOpen ? this.#texts.protocol.send(text) : this.#texts.refuse();
    // A caller that does not await it must not crash when the session ends first.
    acknowledged.catch(() => {});
    this.#life.look();
    return acknowledged;
  }

  sendFiles(paths: readonly (string | SpooledFile)[]): Promise<"done" | "declined" | "failed"> {
    return this.#features.files.send(paths);
  }

  accept(transfer: string, isChosen?: (path: string) => boolean, from?: StartOfFiles): boolean {
    return this.#features.files.accept(transfer, isChosen, from);
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
      messagesUnacknowledged: this.#texts.protocol.unacknowledgedCount,
      transfers: this.#features.files.status(),
      media: this.#features.media.status(),
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
    this.#features.media.handleReachable(isReachable);
    if (isReachable) this.#control?.resume();
    else this.#control?.pause();
  }

  /** Data takes the pair of the other kind from now on. */
  handleMoved(): void {
    if (this.#life.isOpen) this.#features.path.handleMoved();
  }

  /** Data of the peer is taken on a pair of this kind, beside the one that carries. */
  handleReady(transport: Transport): void {
    if (this.#life.isOpen) this.#features.path.tellReady(transport);
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
    this.#texts.afterLastAcknowledgement(() => {
      if (!this.#life.isConnected) return;
      const loss = this.isForeign ? undefined : lossBy("channel-closed");
      if (!this.#isUnready(loss ?? lossBy("shutdown"))) this.handleDisconnected(loss);
    });
  }

  /** Ends a session that never became ready, without emitting anything. */
  discard(): void {
    this.#control?.close();
    this.#features.close();
    this.#life.handle({ input: "discarded" });
  }

  #activity(): SessionActivity {
    const unacknowledgedTexts = this.#texts.protocol.unacknowledgedCount;
    return { ...INITIAL_ACTIVITY, hasMore: this.#hasMore, unacknowledgedTexts, ...this.#features.activity };
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
    await this.#features.stop(why).catch((thrown: unknown) => {
      this.#report(toP2pError(thrown));
    });
    this.#life.handle({ input: "transfers-closed", exit: this.#features.exit });
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
    const { files, hasFurther } = this.#promises.open;
    const by = endedBy(reason);
    // A lost connection is reported as that.
    if (loss === "none" && by !== undefined) for (const { name } of files) this.#report(unsentError(name, by));
    const { undeliveredCount } = this.#texts;
    const failure = failureOfEnd(reason, loss === "none" ? undefined : this.#loss, undeliveredCount, { hasFurther });
    if (failure !== undefined && loss !== "told") this.#report(failure);
    this.#texts.protocol.fail(failure ?? lossBy("over"));
  }

  #finish(closed: ClosedEvent): void {
    this.#control?.close();
    this.#features.close();
    this.#gated.wake();
    this.#texts.close();
    this.#options.events.emit(closed);
    this.#resolveEnded(closed);
  }
}
