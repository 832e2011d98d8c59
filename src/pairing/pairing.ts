// Turns two exchange documents into a session: owns our network side and the key of our file, makes our documents, and
// connects with the other side's, each try by connect-attempt.ts. Its callers decide where the documents travel.
import type { ExchangeDocument, P2pKey, SdpLayout, SessionDescription } from "../exchange/description.ts";
import { withDigest } from "../exchange/digest.ts";
import { documentId } from "../exchange/document-id.ts";
import { P2P_KEY_VERSION } from "../exchange/document-reader.ts";
import { isSealed, wantsBareAnswer } from "../exchange/judge.ts";
import { answerRole } from "../exchange/sdp-layout.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { P2pEvent } from "../lib/events.ts";
import { type CandidateChange, candidateChange } from "../nat/keepalive.ts";
import { predict, type Side } from "../nat/prediction.ts";
import type { ConnectedSession } from "../session/session.ts";
import type { RememberedPairing } from "../store/state/pairing-memory.ts";
import type { OwnKey } from "../trust/signing.ts";
import { ConnectAttempt, type ConnectLimits } from "./connect-attempt.ts";
import { DescribedMedia } from "./described-media.ts";
import type { People } from "./people.ts";
import type { NetworkPeer, PairingPlatform } from "./ports.ts";
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

const TOOL = "p2p/1";
const DEFAULT_MID = "data";

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
    const { settings, people, exchangeFiles, events } = this.#options;
    const { clock } = this.#platform;
    const attempt = new ConnectAttempt({
      platform: this.#platform,
      peer: this.#peer,
      ownId: this.#id ?? "",
      remote: known,
      isOfferer,
      settings,
      people,
      exchangeFiles,
      describedMedia: this.#media.agreedWith(known),
      emit: events.emit,
    });
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

/** The difference between our document and that of an earlier run; undefined when there is none. */
function differenceFrom(
  before: RememberedPairing,
  { candidates }: SessionDescription,
  reply: { inReplyTo?: string; inReplyToRevision?: number },
): CandidateChange | "new-offer" | undefined {
  const isSameReply = before.inReplyTo === reply.inReplyTo && before.inReplyToRevision === reply.inReplyToRevision;
  return isSameReply ? candidateChange(before.candidates, candidates) : "new-offer";
}
