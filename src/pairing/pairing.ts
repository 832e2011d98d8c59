// Turns two exchange documents into a session: owns our network side and the key of our file, makes our documents, and
// connects with the other side's. Its callers decide where the documents travel.
import type { ExchangeDocument, P2pKey, SdpLayout, SessionDescription } from "../exchange/description.ts";
import { withDigest } from "../exchange/digest.ts";
import { documentId } from "../exchange/document-id.ts";
import { P2P_KEY_VERSION } from "../exchange/document-reader.ts";
import { isSealed, wantsBareAnswer } from "../exchange/judge.ts";
import { answerRole } from "../exchange/sdp-layout.ts";
import type { P2pErrorCode } from "../lib/errors/codes.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { ConnectStage, P2pEvent, TriedPair } from "../lib/events.ts";
import type { MessageChannel } from "../lib/message-channel.ts";
import { type CandidateChange, candidateChange } from "../nat/keepalive.ts";
import { predict, type Side } from "../nat/prediction.ts";
import type { RememberedPairing } from "../store/state/pairing-memory.ts";
import type { OwnKey } from "../trust/signing.ts";
import { DescribedMedia } from "./described-media.ts";
import type { People } from "./people.ts";
import type { NetworkPeer, PairingPlatform } from "./ports.ts";
import { ConnectedSession } from "../session/session.ts";
import { ForeignChannels, type ForeignOpener } from "../session/channels/foreign-channels.ts";
import { ChannelRegistry, type ChannelSetEvents, type SessionChannels } from "../session/channels/registry.ts";
import type { SessionOptions } from "../session/session-options.ts";
import type { SessionIdentity } from "../session/features/verification.ts";
import type { PairingSettings } from "./settings.ts";

/** Options of our network side. */
export interface PairingOptions {
  settings: PairingSettings;
  /** Ends gathering. */
  signal?: AbortSignal;
  /** The key that signs our documents. */
  signingKey?: OwnKey | undefined;
  /** The store of other people's keys; undefined: none are kept. */
  people?: People | undefined;
  /** Paths of the exchange files of this line, which are not sent with the folder that they are in. */
  exchangeFiles?: () => readonly string[];
  events: PairingEvents;
}

export interface PairingEvents {
  /** @param onTaken - called when the reader of the events takes this one */
  emit: (event: P2pEvent, onTaken?: () => void) => void;
  /** The addresses in our document are outdated: it has to be rewritten. */
  onCandidatesChanged: (why: CandidateChange) => void;
}

export interface LocalDocument {
  document: Omit<ExchangeDocument, "remarks">;
  /** It is written as a bare `{type, sdp}`: the other side knows nothing of the key. */
  isBare: boolean;
  key: P2pKey;
  /** Why this document differs from the file of the run that this one resumes; undefined when it does not. */
  differsBy?: CandidateChange | "new-offer";
  /** State from which another run can resume; undefined: none can. */
  remembered: RememberedPairing | undefined;
}

/** How long one attempt to connect lasts, and what is told meanwhile. */
export interface ConnectLimits {
  timeoutMs: number;
  signal: AbortSignal;
  /** Called when the other side has been reached: its program runs, and a connection is likely. */
  onReached?: () => void;
}

/** The kind of document that we make. */
interface DocumentPlan {
  role: Pick<SessionDescription, "type" | "form" | "mid" | "setup">;
  /** The description that it answers; undefined: it is an offer. */
  answered?: SessionDescription;
  reply: { inReplyTo?: string; inReplyToRevision?: number };
  /** The sections of the offer that it answers; undefined: nothing but a data channel, or it is an offer. */
  offered?: SdpLayout | undefined;
  /** No other program reads it. */
  isForP2p: boolean;
  isBare: boolean;
}

/** The options of one try with one other side. */
interface AttemptOptions extends PairingOptions {
  /** What both documents agree on; see DescribedMedia. */
  describedMedia: SessionOptions["describedMedia"];
}

const TOOL = "p2p/1";
const RETRY_MS = 1_000;
/** Errors after which another attempt with the same file would end in the same way. */
const FINAL_CODES: readonly P2pErrorCode[] = ["PEER_NOT_AUTHENTIC", "REFUSED_BY_PEER", "PEER_PROTOCOL"];
const DEFAULT_MID = "data";
/** The stages beyond ICE, in their order. */
const REACHED = ["no-dtls", "no-sctp", "no-channel"] as const satisfies readonly ConnectStage[];

export class Pairing {
  readonly #platform: PairingPlatform;
  readonly #peer: NetworkPeer;
  readonly #options: PairingOptions;
  /** Undefined before our first document is made. */
  #id: string | undefined;
  /** An earlier run, or the user, has decided that our offer has the form of 2018. */
  readonly #isLegacy: boolean;
  /** An earlier run, or the user, has decided that our documents have no key. */
  readonly #isAlwaysBare: boolean;
  /** The other side has a document of ours without key, so to it we are some WebRTC program. */
  #isBare = false;
  #revision = 0;
  /** The attempt that currently owns the network side. */
  #latest: ConnectAttempt | undefined;
  #createdAtMs: number;
  #expiresAtMs = 0;
  /** The document written by an earlier run; undefined once this run has written its own. */
  #before: RememberedPairing | undefined;
  readonly #media: DescribedMedia;

  private constructor(
    platform: PairingPlatform,
    peer: NetworkPeer,
    options: PairingOptions,
    before: RememberedPairing | undefined,
  ) {
    this.#platform = platform;
    this.#peer = peer;
    this.#options = options;
    this.#before = before;
    this.#media = new DescribedMedia(options.settings.session.media);
    this.#id = before?.id;
    this.#isLegacy = before?.legacySdp ?? options.settings.network.legacySdp;
    this.#isAlwaysBare = before?.bare ?? options.settings.bare ?? false;
    this.#createdAtMs = before?.createdAtMs ?? 0;
  }

  /**
   * Gathers our candidates.
   * @param before - the run that this one resumes
   * @throws P2pError BIND_FAILED
   */
  static async create(
    platform: PairingPlatform,
    options: PairingOptions,
    before?: RememberedPairing,
  ): Promise<Pairing> {
    const { settings, signal, events } = options;
    const gathering = { network: settings.network, events, trace: settings.trace };
    const peer = await platform.createPeer(signal === undefined ? gathering : { ...gathering, signal }, before?.self);
    return new Pairing(platform, peer, options, before);
  }

  /**
   * Our current offer. Each call makes a new revision, except one that repeats the document of an earlier run.
   * @param isForP2p - no other program can read it, as where it is sealed
   */
  async makeOffer({ isForP2p }: { isForP2p: boolean }): Promise<LocalDocument> {
    return await this.#make({
      isForP2p,
      role: { type: "offer", form: this.#isLegacy ? "legacy" : "modern", mid: DEFAULT_MID, setup: "actpass" },
      reply: {},
      isBare: this.#isAlwaysBare,
    });
  }

  /** Our answer to an offer, in the form and the shape of that offer; each call is a new revision. */
  async makeAnswer(offer: ExchangeDocument): Promise<LocalDocument> {
    const { layout, p2p } = offer;
    // A program that can open a sealed offer reads every shape; and a sealed answer is for p2p.
    const isBare = !isSealed(offer) && (this.#isAlwaysBare || wantsBareAnswer(offer));
    return await this.#make({
      answered: offer.description,
      role: answerRole(offer),
      reply: p2p === undefined ? {} : { inReplyTo: p2p.id, inReplyToRevision: p2p.revision },
      offered: layout,
      isForP2p: p2p !== undefined && !isBare,
      isBare,
    });
  }

  async #make({ role, answered, reply, offered, isForP2p, isBare }: DocumentPlan): Promise<LocalDocument> {
    const description = await this.#peer.describe(role, answered);
    const layout = this.#media.layoutOf(description, { offered, isForP2p });
    const before = this.#before;
    const differsBy = before === undefined ? undefined : differenceFrom(before, description, reply);
    this.#before = undefined;
    this.#isBare = isBare;
    this.#revision = before === undefined ? this.#revision + 1 : before.revision + (differsBy === undefined ? 0 : 1);
    this.#id ??= documentId(description);
    // Whole seconds: a short code is shorter so.
    this.#createdAtMs ||= Math.floor(this.#platform.clock.wallMs() / 1_000) * 1_000;
    this.#expiresAtMs ||= before?.expiresAtMs ?? this.#createdAtMs + this.#options.settings.waitMs;
    const { name } = this.#options.settings;
    const key: P2pKey = {
      version: P2P_KEY_VERSION,
      id: this.#id,
      ...reply,
      revision: this.#revision,
      createdAt: new Date(this.#createdAtMs).toISOString(),
      expiresAt: new Date(this.#expiresAtMs).toISOString(),
      ...(name === undefined ? {} : { name }),
      tool: TOOL,
      nat: this.#peer.nat,
    };
    const { kept } = this.#peer;
    const remembered: RememberedPairing | undefined = kept && {
      version: 1,
      id: this.#id,
      revision: this.#revision,
      createdAtMs: this.#createdAtMs,
      expiresAtMs: this.#expiresAtMs,
      legacySdp: this.#isLegacy,
      bare: this.#isAlwaysBare,
      ...reply,
      candidates: description.candidates.map(({ type, address, port }) => ({ type, address, port })),
      self: kept,
    };
    const { signingKey } = this.#options;
    const { localNames = [] } = this.#peer;
    const own = {
      description,
      ...(layout === undefined ? {} : { layout }),
      ...(localNames.length === 0 ? {} : { localNames: [...localNames] }),
    };
    const unsigned = { ...own, p2p: withDigest(description, key) };
    const document = signingKey === undefined ? unsigned : this.#platform.sign(unsigned, signingKey);
    return { document, isBare, key, ...(differsBy === undefined ? {} : { differsBy }), remembered };
  }

  /**
   * Tries to connect with the other side until it succeeds, the time limit passes or `signal` aborts.
   * @param isOfferer - we are the offer of this pairing
   * @throws P2pError CANNOT_CONNECT (also when aborted), PEER_NOT_AUTHENTIC
   */
  async connect(remote: ExchangeDocument, isOfferer: boolean, limits: ConnectLimits): Promise<ConnectedSession> {
    this.#options.events.emit({ event: "connecting" });
    const prediction = predict({ nat: this.#peer.nat, candidates: this.#peer.candidates }, sideOf(remote));
    if (prediction.outlook !== "unknown") this.#options.events.emit({ event: "prediction", prediction });
    const { p2p: _, ...withoutKey } = remote;
    const known = this.#isBare ? withoutKey : remote;
    const options = { ...this.#options, describedMedia: this.#media.agreedWith(known) };
    const attempt = new ConnectAttempt(this.#platform, this.#peer, this.#id ?? "", known, isOfferer, options);
    const { clock } = this.#platform;
    const startedMs = clock.nowMs();
    this.#latest = attempt;
    try {
      return await attempt.run(limits);
    } catch (error) {
      attempt.discard();
      // A later attempt owns the network side by now.
      if (this.#latest === attempt) await this.#peer.disconnect();
      if (error instanceof P2pError) throw error;
      const seconds = Math.round((clock.nowMs() - startedMs) / 1_000);
      const pairs = this.#peer.pairs();
      const facts = { seconds, pairs, why: prediction.why, isOfferer, isForeign: remote.p2p === undefined };
      throw new P2pError("CANNOT_CONNECT", { ...facts, stage: attempt.stageOf(pairs) }, { cause: error });
    }
  }

  async close(): Promise<void> {
    await this.#peer.close();
  }
}

function sideOf({ description, p2p }: ExchangeDocument): Side {
  return { nat: p2p?.nat, candidates: description.candidates };
}

/** The difference between our document and that of an earlier run; undefined when it does not. */
function differenceFrom(
  before: RememberedPairing,
  { candidates }: SessionDescription,
  reply: { inReplyTo?: string; inReplyToRevision?: number },
): CandidateChange | "new-offer" | undefined {
  const isSameReply = before.inReplyTo === reply.inReplyTo && before.inReplyToRevision === reply.inReplyToRevision;
  return isSameReply ? candidateChange(before.candidates, candidates) : "new-offer";
}

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
class ConnectAttempt {
  readonly #platform: PairingPlatform;
  readonly #peer: NetworkPeer;
  readonly #ownId: string;
  readonly #remote: ExchangeDocument;
  readonly #isOfferer: boolean;
  readonly #options: AttemptOptions;
  #session: ConnectedSession | undefined;
  #channels: AttemptChannels | undefined;
  #isSettled = false;
  #onReached: (() => void) | undefined;
  #cancelRetry: () => void = () => {};
  /** The furthest stage that any try has reached; it stopped there. */
  #reached: (typeof REACHED)[number] | undefined;

  constructor(
    platform: PairingPlatform,
    peer: NetworkPeer,
    ownId: string,
    remote: ExchangeDocument,
    isOfferer: boolean,
    options: AttemptOptions,
  ) {
    this.#platform = platform;
    this.#peer = peer;
    this.#ownId = ownId;
    this.#remote = remote;
    this.#isOfferer = isOfferer;
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
        // Timers are limited to 2^31-1 ms; --wait may be longer than these 24 days.
        const ms = Math.min(limits.timeoutMs, 2 ** 31 - 1);
        cancelTimer = this.#platform.clock.setTimer(() => reject(new Error("time is up")), ms);
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
    const isPeerP2p = this.#remote.p2p !== undefined;
    const { localNames } = this.#remote;
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
      this.#cancelRetry = this.#platform.clock.setTimer(() => this.#try(resolve, reject), RETRY_MS);
    };
    const channels = this.#openChannels({
      onComplete: (all) => {
        this.#session = this.#createSession({ ...all, ...channels.others }, { onReady: resolve, onUnready: giveUp });
        this.#session.start();
      },
      onFlood: () => giveUp(new P2pError("PEER_PROTOCOL", { detail: "too much before its channels were open" })),
    });
    this.#channels = channels;
    this.#peer.connect(
      this.#remote.description,
      { isOfferer: this.#isOfferer, isPeerP2p, ...(localNames === undefined ? {} : { localNames }) },
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
    const role = this.#isOfferer ? "offer" : "answer";
    if (this.#remote.p2p === undefined) {
      const foreign = new ForeignChannels({ role, clock: this.#platform.clock, events });
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
    const { settings, people, exchangeFiles, events } = this.#options;
    const peerName = this.#remote.p2p?.name;
    const session: ConnectedSession = new ConnectedSession({
      role: this.#isOfferer ? "offer" : "answer",
      ...channels,
      peerName,
      settings: settings.session,
      ports: this.#platform.sessionPorts(settings.stateDir, peerName, exchangeFiles),
      identity: this.#identity(),
      people,
      path: () => this.#peer.selectedPair(),
      network: this.#peer.paths,
      transport: () => this.#peer.transport(),
      describedMedia: this.#options.describedMedia,
      openMedia: (told) => this.#platform.openMedia(this.#peer, settings.session.media ?? {}, told),
      trace: settings.trace,
      events: {
        emit: events.emit,
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
    const fingerprints = this.#peer.fingerprints();
    if (fingerprints === undefined) throw new TypeError("a session before the handshake");
    const peerId = this.#remote.p2p?.id;
    return {
      fingerprints: { mine: fingerprints.local.value, peer: fingerprints.peer.value },
      ids: peerId === undefined ? undefined : { mine: this.#ownId, peer: peerId },
    };
  }
}
