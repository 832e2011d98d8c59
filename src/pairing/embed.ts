// Pairing for embedders: documents as strings, carried by whatever the embedder has. No files but those that are
// received, no console, no signals.
import { decodeExchangeDocument, encodeExchangeDocument } from "../exchange/codec.ts";
import type { ExchangeDocument } from "../exchange/description.ts";
import { judgeDocument, type OwnIdentity, partAfterTwoOffers, usedIdOf, type Verdict } from "../exchange/judge.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { P2pEvent } from "../lib/events.ts";
import type { NetworkOptions } from "../rtc/network-options.ts";
import type { Notice, RewriteReason } from "../lib/notices.ts";
import { EventStream } from "./event-stream.ts";
import { type LocalDocument, Pairing, type SessionSettings } from "./attempt.ts";
import { checkSignature } from "./people.ts";
import type { ConnectedSession } from "../session/session.ts";
import type { Session } from "../session/session-types.ts";

/** What an embedder chooses: network, session, names. Everything has a default; no server is asked unless named. */
export interface PeerOptions extends Partial<NetworkOptions>, Partial<SessionSettings> {
  /** What the other side calls us. */
  name?: string;
  /** How long the document says that it is good for, and how long an answer is tried; 24 h unless given. */
  waitMs?: number;
  /** From the answer applied to connected; 60 s unless given. */
  connectTimeoutMs?: number;
  onNotice?: (notice: Notice) => void;
  /** Ends pairing and the session. */
  signal?: AbortSignal;
}

/** Our side of a pairing that waits for the other side. */
export interface PendingPeer {
  /** What to carry to the other side, as it is now. A `file-rewritten` notice tells when it has changed. */
  readonly document: string;
  /** 32 hex digits. */
  readonly id: string;
  /** Every event of pairing and session, `closed` last. To be read once. */
  readonly events: AsyncIterable<P2pEvent>;
  /** Ends pairing and releases the sockets. A session that it led to ends too. */
  close(): Promise<void>;
}

/** An offer that waits for its answer. */
export interface PendingOffer extends PendingPeer {
  /**
   * Takes the other side's document and connects. A newer document may be given at any time before it is connected:
   * one that can serve takes the place of the one that is being tried.
   * @throws P2pError FILE_… when the document cannot serve, FILE_SUPERSEDED when a newer one took its place, CANNOT_CONNECT,
   *   PEER_NOT_AUTHENTIC; TypeError when it is connected already
   */
  accept(document: string | Uint8Array): Promise<Session>;
}

/** An answer that is being tried until the offering side has it. */
export interface PendingAnswer extends PendingPeer {
  /** Rejects with P2pError CANNOT_CONNECT or PEER_NOT_AUTHENTIC. */
  readonly session: Promise<Session>;
}

const DAY_MS = 86_400_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 60_000;
const DOCUMENT_NAME = "the document";

/** Gathers candidates and makes an offer. @throws P2pError BIND_FAILED */
export async function createOffer(options: PeerOptions = {}): Promise<PendingOffer> {
  const peer = await EmbeddedPeer.create(options);
  return peer.asOffer();
}

/**
 * Makes the answer to an offer and begins to try to connect: carry `document` back.
 * @throws P2pError FILE_… when the offer cannot serve, BIND_FAILED
 */
export async function createAnswer(offer: string | Uint8Array, options: PeerOptions = {}): Promise<PendingAnswer> {
  const { remote } = readJudged(offer, { role: "answer", document: undefined }, options);
  const peer = await EmbeddedPeer.create(options);
  return peer.asAnswer(remote);
}

class EmbeddedPeer {
  readonly #options: PeerOptions;
  readonly #abort = new AbortController();
  /** The latest try to connect. */
  #try: Try | undefined;
  readonly #stream = new EventStream<P2pEvent>();
  #pairing: Pairing | undefined;
  #connected: ConnectedSession | undefined;
  /** Makes our document anew. */
  #renew: (why: RewriteReason) => void = () => {};

  private constructor(options: PeerOptions) {
    this.#options = options;
    options.signal?.addEventListener("abort", () => this.#closeAlone(), { once: true });
  }

  static async create(options: PeerOptions): Promise<EmbeddedPeer> {
    options.signal?.throwIfAborted();
    const peer = new EmbeddedPeer(options);
    peer.#pairing = await Pairing.create({
      stunServers: [],
      turnServers: [],
      bind: [],
      legacySdp: false,
      mode: "conversation",
      consent: "ask",
      conflict: "rename",
      outputDir: ".",
      waitMs: DAY_MS,
      ...options,
      emit: (event, onTaken) => {
        peer.#stream.push(event, onTaken);
      },
      onNotice: options.onNotice ?? (() => {}),
      onCandidatesChanged: (why) => {
        if (peer.#connected === undefined) peer.#renew(why);
      },
    });
    if (options.signal?.aborted === true) await peer.#close();
    options.signal?.throwIfAborted();
    return peer;
  }

  get #ready(): Pairing {
    if (this.#pairing === undefined) throw new TypeError("Cannot use a peer that was not created");
    return this.#pairing;
  }

  asOffer(): PendingOffer {
    const own = this.#ready.makeOffer();
    return this.#pending(own, () => this.#ready.makeOffer(), {
      accept: async (document) => {
        const { remote, verdict } = readJudged(document, { role: "offer", document: own.document }, this.#options);
        // An offer without our key has no rule for two offers; it needs an answer, not an offer in return.
        if (verdict === "foreign-offer")
          throw new P2pError("FILE_WRONG_TYPE", { path: DOCUMENT_NAME, wanted: "answer" });
        const isOfferer = verdict !== "two-offers" || partAfterTwoOffers(own.key.id, remote.p2p?.id ?? "") === "offer";
        const { connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS, waitMs = DAY_MS } = this.#options;
        return await this.#connect(remote, isOfferer, verdict === "two-offers" ? waitMs : connectTimeoutMs);
      },
    } satisfies Omit<PendingOffer, keyof PendingPeer>);
  }

  asAnswer(remote: ExchangeDocument): PendingAnswer {
    const own = this.#ready.makeAnswer(remote);
    const session = this.#connect(remote, false, this.#options.waitMs ?? DAY_MS);
    // The embedder may first carry the document and look at the session later.
    session.catch(() => {});
    return this.#pending(own, () => this.#ready.makeAnswer(remote), { session });
  }

  #pending<Rest extends object>(own: LocalDocument, make: () => LocalDocument, rest: Rest): PendingPeer & Rest {
    let text = encodeExchangeDocument(own.document);
    this.#renew = (why) => {
      const { document, key } = make();
      text = encodeExchangeDocument(document);
      this.#options.onNotice?.({ notice: "file-rewritten", path: DOCUMENT_NAME, revision: key.revision, why });
    };
    return {
      get document() {
        return text;
      },
      id: own.key.id,
      events: this.#stream,
      close: () => this.#close(),
      ...rest,
    };
  }

  /** The newest document is tried; a try that it replaces fails at once. */
  async #connect(remote: ExchangeDocument, isOfferer: boolean, timeoutMs: number): Promise<Session> {
    if (this.#connected !== undefined) throw new TypeError("Cannot take another document: it is connected");
    const before = this.#try;
    const abort = new AbortController();
    const superseded = withReason(abort.signal);
    const result = this.#run(remote, isOfferer, {
      timeoutMs,
      signal: AbortSignal.any([this.#abort.signal, abort.signal]),
      before,
    });
    this.#try = { abort, isOver: result.then(ignore, ignore) };
    before?.abort.abort(new P2pError("FILE_SUPERSEDED", { path: DOCUMENT_NAME }));
    return await Promise.race([result, superseded]);
  }

  /** The network is of one try at a time: this one begins when the one before has let it go. */
  async #run(
    remote: ExchangeDocument,
    isOfferer: boolean,
    { before, ...limits }: { timeoutMs: number; signal: AbortSignal; before: Try | undefined },
  ): Promise<Session> {
    await before?.isOver;
    if (this.#connected !== undefined) throw new TypeError("Cannot take another document: it is connected");
    const session = await this.#ready.connect(remote, isOfferer, limits);
    this.#connected = session;
    noteUsed(remote);
    void session.ended.then(() => this.#closeAlone());
    return session;
  }

  async #close(): Promise<void> {
    this.#abort.abort();
    try {
      await this.#connected?.end("quit");
      await this.#try?.isOver;
      await this.#pairing?.close();
    } finally {
      this.#stream.end();
    }
  }

  /** Where nobody waits for it. What cannot be closed then is nobody's to mend: the events are over. */
  #closeAlone(): void {
    this.#close().catch(ignore);
  }
}

interface Try {
  abort: AbortController;
  /** Never rejects. */
  isOver: Promise<unknown>;
}

function ignore(): void {}

/** Rejects with the signal's reason, handled or not. */
function withReason(signal: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
  aborted.catch(ignore);
  return aborted;
}

/** Ids of offers from which this process was connected, oldest first. */
const usedIds = new Set<string>();
/** An id has 32 to about 320 characters; beyond the limit the oldest are forgotten. */
const MAX_USED_IDS = 10_000;

function noteUsed(remote: ExchangeDocument): void {
  const id = remote.description.type === "offer" ? usedIdOf(remote) : undefined;
  if (id === undefined) return;
  usedIds.add(id);
  for (const oldest of usedIds) {
    if (usedIds.size <= MAX_USED_IDS) break;
    usedIds.delete(oldest);
  }
}

/**
 * Reads a document and judges it as the command does.
 * @throws P2pError FILE_…
 */
function readJudged(
  document: string | Uint8Array,
  own: OwnIdentity,
  { onNotice }: PeerOptions,
): { remote: ExchangeDocument; verdict: Exclude<Verdict, P2pError> } {
  const bytes = typeof document === "string" ? new TextEncoder().encode(document) : document;
  const decoded = decodeExchangeDocument(bytes, DOCUMENT_NAME);
  if (!decoded.ok) throw decoded.error;
  const remote = decoded.document;
  checkSignature(remote, DOCUMENT_NAME);
  const isUsed = (id: string): boolean => usedIds.has(id);
  const verdict = judgeDocument(remote, own, { path: DOCUMENT_NAME, nowMs: Date.now(), isFromBefore: false, isUsed });
  if (verdict instanceof P2pError) throw verdict;
  const version = remote.p2p?.version ?? 1;
  if (version > 1) onNotice?.({ notice: "newer-version", path: DOCUMENT_NAME, version });
  return { remote, verdict };
}
