// One attempt to connect with one document of the other side: tries again after each failure that may pass, up to the
// session that is ready. It makes no document, and ends nothing but its own session and channels.
import type { ExchangeDocument } from "../exchange/description.ts";
import type { P2pErrorCode } from "../lib/errors/codes.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { ConnectStage, P2pEvent, TriedPair } from "../lib/events.ts";
import type { MessageChannel } from "../lib/message-channel.ts";
import { ForeignChannels, type ForeignOpener } from "../session/channels/foreign-channels.ts";
import { ChannelRegistry, type ChannelSetEvents, type SessionChannels } from "../session/channels/registry.ts";
import type { SessionIdentity } from "../session/features/verification.ts";
import { ConnectedSession } from "../session/session.ts";
import type { SessionOptions } from "../session/session-options.ts";
import type { People } from "./people.ts";
import type { NetworkPeer, PairingPlatform } from "./ports.ts";
import type { PairingSettings } from "./settings.ts";

/** How long one attempt to connect lasts, and what is told meanwhile. */
export interface ConnectLimits {
  timeoutMs: number;
  signal: AbortSignal;
  /** Called when the other side has been reached: its program runs, and a connection is likely. */
  onReached?: () => void;
}

/** What one attempt needs; the network side outlives it. */
export interface AttemptOptions {
  readonly platform: PairingPlatform;
  readonly peer: NetworkPeer;
  /** The id of our documents. */
  readonly ownId: string;
  /** Without the key where the other side takes us for some WebRTC program. */
  readonly remote: ExchangeDocument;
  /** We are the offer of this pairing. */
  readonly isOfferer: boolean;
  readonly settings: PairingSettings;
  /** The store of other people's keys; undefined: none are kept. */
  readonly people: People | undefined;
  /** Paths of the exchange files of this line, which are not sent with the folder that they are in. */
  readonly exchangeFiles: (() => readonly string[]) | undefined;
  /** What both documents agree on; see DescribedMedia. */
  readonly describedMedia: SessionOptions["describedMedia"];
  /** @param onTaken - called when the reader of the events takes this one */
  readonly emit: (event: P2pEvent, onTaken?: () => void) => void;
}

const RETRY_MS = 1_000;
/** Errors after which another attempt with the same file would end in the same way. */
const FINAL_CODES: readonly P2pErrorCode[] = ["PEER_NOT_AUTHENTIC", "REFUSED_BY_PEER", "PEER_PROTOCOL"];
/** The stages beyond ICE, in their order. */
const REACHED = ["no-dtls", "no-sctp", "no-channel"] as const satisfies readonly ConnectStage[];

/** The channels of one try, with a p2p or with another WebRTC program. */
interface AttemptChannels {
  /** Reports the channels of the peer that are not used. */
  others: Pick<SessionOptions, "unknownChannels" | "unusedChannels">;
  /** Channels can be opened. */
  begin(opener: ForeignOpener): void;
  handleChannel(channel: MessageChannel): void;
  handleUnopened(streamId: number): void;
  /** The try is over without a session. */
  close(): void;
}

/** One remote side, from the first check to the announced session. */
export class ConnectAttempt {
  readonly #options: AttemptOptions;
  #session: ConnectedSession | undefined;
  #channels: AttemptChannels | undefined;
  #isSettled = false;
  #onReached: (() => void) | undefined;
  #cancelRetry: () => void = () => {};
  /** The furthest stage that any try has reached; it stopped there. */
  #reached: (typeof REACHED)[number] | undefined;

  constructor(options: AttemptOptions) {
    this.#options = options;
  }

  async run(limits: ConnectLimits): Promise<ConnectedSession> {
    this.#onReached = limits.onReached;
    let cancelTimer = (): void => {};
    let onAbort = (): void => {};
    try {
      return await new Promise<ConnectedSession>((resolve, reject) => {
        onAbort = () => {
          reject(limits.signal.reason as Error);
        };
        limits.signal.addEventListener("abort", onAbort);
        const { clock } = this.#options.platform;
        cancelTimer = clock.setTimer(() => reject(new Error("time is up")), limits.timeoutMs);
        if (limits.signal.aborted) onAbort();
        else this.#try(resolve, reject);
      });
    } finally {
      this.#isSettled = true;
      cancelTimer();
      this.#cancelRetry();
      limits.signal.removeEventListener("abort", onAbort);
    }
  }

  #noteReached(stage: (typeof REACHED)[number]): void {
    this.#onReached?.();
    const before = this.#reached === undefined ? -1 : REACHED.indexOf(this.#reached);
    if (REACHED.indexOf(stage) > before) this.#reached = stage;
  }

  /** @param pairs - as they are at the end of the attempt */
  stageOf(pairs: readonly TriedPair[]): ConnectStage {
    if (this.#reached !== undefined) return this.#reached;
    if (pairs.length === 0) return "no-pairs";
    return pairs.some(({ state }) => state === "succeeded") ? "not-chosen" : "unanswered";
  }

  /** Discards a session that was not announced. */
  discard(): void {
    this.#channels?.close();
    this.#session?.discard();
    this.#session = undefined;
  }

  #try(resolve: (session: ConnectedSession) => void, reject: (error: unknown) => void): void {
    const { platform, peer, remote, isOfferer } = this.#options;
    const isPeerP2p = remote.p2p !== undefined;
    const { localNames } = remote;
    /** Guards against late results: only those of this attempt count. */
    let isOver = false;
    const giveUp = (error: P2pError | undefined): void => {
      if (isOver || this.#isSettled) return;
      isOver = true;
      this.discard();
      if (error !== undefined && FINAL_CODES.includes(error.code)) {
        reject(error);
        return;
      }
      // A failed handshake does not predict the next one: the other side may have just started.
      this.#cancelRetry = platform.clock.setTimer(() => this.#try(resolve, reject), RETRY_MS);
    };
    const channels = this.#openChannels({
      onComplete: (all) => {
        this.#session = this.#createSession({ ...all, ...channels.others }, { onReady: resolve, onUnready: giveUp });
        this.#session.start();
      },
      onFlood: () => giveUp(new P2pError("PEER_PROTOCOL", { detail: "too much before its channels were open" })),
    });
    this.#channels = channels;
    peer.connect(
      remote.description,
      { isOfferer, isPeerP2p, ...(localNames === undefined ? {} : { localNames }) },
      {
        onPath: () => this.#noteReached("no-dtls"),
        onEncrypted: () => this.#noteReached("no-sctp"),
        onOpen: (opener) => {
          this.#noteReached("no-channel");
          channels.begin(opener);
        },
        onChannel: (channel) => channels.handleChannel(channel),
        onUnopened: (streamId) => channels.handleUnopened(streamId),
        onReachable: (isReachable) => {
          this.#session?.handleReachable(isReachable);
        },
        onMoved: () => {
          this.#session?.handleMoved();
        },
        onReady: (transport) => {
          this.#session?.handleReady(transport);
        },
        onOfferChanged: () => {
          this.#session?.handleOfferChanged();
        },
        onEnded: (error) => {
          if (this.#isSettled) {
            this.#session?.handleDisconnected(error);
            return;
          }
          giveUp(error);
        },
      },
    );
  }

  #openChannels(events: ChannelSetEvents): AttemptChannels {
    const { platform, remote, isOfferer } = this.#options;
    const role = isOfferer ? "offer" : "answer";
    if (remote.p2p === undefined) {
      const foreign = new ForeignChannels({ role, clock: platform.clock, events });
      return {
        others: { unusedChannels: foreign },
        begin: (opener) => foreign.begin(opener),
        handleChannel: (channel) => foreign.handleChannel(channel),
        handleUnopened: (streamId) => foreign.handleUnopened(streamId),
        close: () => foreign.close(),
      };
    }
    const registry = new ChannelRegistry(events);
    return {
      others: { unknownChannels: registry },
      begin: (opener) => {
        if (role === "offer") registry.openAll(opener);
      },
      handleChannel: (channel) => registry.handleChannel(channel),
      handleUnopened: () => {},
      close: () => {},
    };
  }

  #createSession(
    channels: SessionChannels & AttemptChannels["others"],
    told: { onReady: (session: ConnectedSession) => void; onUnready: (error: P2pError) => void },
  ): ConnectedSession {
    const { platform, peer, remote, isOfferer, settings, people, exchangeFiles, describedMedia, emit } = this.#options;
    const peerName = remote.p2p?.name;
    const session: ConnectedSession = new ConnectedSession({
      role: isOfferer ? "offer" : "answer",
      ...channels,
      peerName,
      settings: settings.session,
      ports: platform.sessionPorts(settings.stateDir, peerName, exchangeFiles),
      identity: this.#identity(),
      people,
      path: () => peer.selectedPair(),
      network: peer.paths,
      transport: () => peer.transport(),
      describedMedia,
      openMedia: (told) => platform.openMedia(peer, settings.session.media ?? {}, told),
      trace: settings.trace,
      events: {
        emit,
        onReady: () => {
          // From now on the session handles what happens to the connection, even in this turn of the event loop.
          this.#isSettled = true;
          told.onReady(session);
        },
        onUnready: told.onUnready,
      },
    });
    return session;
  }

  /** Identities of the session that is being made. */
  #identity(): SessionIdentity {
    const { peer, remote, ownId } = this.#options;
    const fingerprints = peer.fingerprints();
    if (fingerprints === undefined) throw new TypeError("a session before the handshake");
    const peerId = remote.p2p?.id;
    return {
      fingerprints: { mine: fingerprints.local.value, peer: fingerprints.peer.value },
      ids: peerId === undefined ? undefined : { mine: ownId, peer: peerId },
    };
  }
}
