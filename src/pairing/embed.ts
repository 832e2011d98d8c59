// Pairing for embedders: a line whose documents are strings, carried by whatever the embedder has. No files but those that
// are received and what a state directory remembers, no console, no signals.
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { P2pEvent } from "../lib/events.ts";
import type { Notice } from "../lib/notices.ts";
import type { NetworkOptions } from "../rtc/network-options.ts";
import type { Session } from "../session/session-types.ts";
import { checkRate } from "../transfer/token-bucket.ts";
import type { SessionSettings } from "./attempt.ts";
import { DOCUMENT_NAME, MemoryCarrier } from "./carriers/memory.ts";
import type { TextFate } from "./carrier.ts";
import { PairingLine } from "./line.ts";
import type { SealOptions } from "./seal.ts";

/**
 * What an embedder chooses: network, session, names. Everything has a default; no server is asked unless named. With a
 * `stateDir` used offers, people who are known and parts of files are remembered there; without one used offers are
 * remembered by the process.
 */
export interface PeerOptions extends Partial<NetworkOptions>, Partial<SessionSettings> {
  /** What the other side calls us. */
  name?: string;
  /** How the two documents are sealed; unless given, a sealed one stays closed. */
  seal?: SealOptions;
  /**
   * How long the document says that it is good for, how long an answer is tried, and how long an offer waits for its
   * answer; 24 h unless given.
   */
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

/** Gathers candidates and makes an offer. @throws P2pError BIND_FAILED */
export async function createOffer(options: PeerOptions = {}): Promise<PendingOffer> {
  const peer = new EmbeddedPeer("offer", options);
  await peer.untilPublished();
  return peer.asOffer();
}

/**
 * Makes the answer to an offer and begins to try to connect: carry `document` back.
 * @throws P2pError FILE_… when the offer cannot serve, BIND_FAILED
 */
export async function createAnswer(offer: string | Uint8Array, options: PeerOptions = {}): Promise<PendingAnswer> {
  const peer = new EmbeddedPeer("answer", options);
  const session = peer.accept(offer);
  // The embedder may first carry the document and look at the session later.
  session.catch(ignore);
  await peer.untilPublished(session);
  return peer.asAnswer(session);
}

class EmbeddedPeer {
  readonly #carrier: MemoryCarrier;
  readonly #line: PairingLine;
  readonly #signal: AbortSignal | undefined;
  #isConnected = false;

  /** @throws what the signal was aborted with; RangeError for a limit below 1 byte per second */
  constructor(role: "offer" | "answer", options: PeerOptions) {
    options.signal?.throwIfAborted();
    if (options.limitBytesPerSecond !== undefined) checkRate(options.limitBytesPerSecond);
    this.#signal = options.signal;
    this.#carrier = new MemoryCarrier(role === "answer");
    this.#line = new PairingLine({
      stunServers: [],
      turnServers: [],
      bind: [],
      legacySdp: false,
      mode: "conversation",
      consent: "ask",
      conflict: "rename",
      outputDir: ".",
      waitMs: DAY_MS,
      connectTimeoutMs: DEFAULT_CONNECT_TIMEOUT_MS,
      onNotice: ignore,
      ...options,
      role,
      carrier: () => Promise.resolve(this.#carrier),
      keepWaiting: true,
      refusesForeignOffers: true,
    });
    options.signal?.addEventListener("abort", () => this.#closeAlone(), { once: true });
  }

  /**
   * Resolves when there is a document of ours.
   * @param first - fails when there will be none
   * @throws P2pError why there will be none; what the signal was aborted with
   */
  async untilPublished(first: Promise<unknown> = this.#line.session): Promise<void> {
    try {
      await Promise.race([this.#carrier.published, first]);
      this.#signal?.throwIfAborted();
    } catch (error) {
      await this.#close();
      this.#signal?.throwIfAborted();
      throw error;
    }
  }

  asOffer(): PendingOffer {
    return this.#pending({ accept: (document: string | Uint8Array) => this.accept(document) });
  }

  asAnswer(session: Promise<Session>): PendingAnswer {
    return this.#pending({ session });
  }

  async accept(document: string | Uint8Array): Promise<Session> {
    if (this.#isConnected) throw isConnectedAlready();
    const bytes = typeof document === "string" ? new TextEncoder().encode(document) : document;
    const fate = await new Promise<TextFate>((resolve) => {
      this.#carrier.hand(bytes, resolve);
    });
    switch (fate.fate) {
      case "connected":
        this.#isConnected = true;
        return await this.#line.session;
      case "refused":
      case "failed":
        throw fate.error;
      case "superseded":
        throw new P2pError("FILE_SUPERSEDED", { path: DOCUMENT_NAME });
      case "unread":
        if (this.#isConnected) throw isConnectedAlready();
        throw new P2pError("CANNOT_CONNECT", { seconds: 0, pairs: [], why: "not-known" });
    }
  }

  #pending<Rest extends object>(rest: Rest): PendingPeer & Rest {
    const carrier = this.#carrier;
    return {
      get document() {
        return carrier.document;
      },
      id: this.#line.id ?? "",
      events: this.#line.events,
      close: () => this.#close(),
      ...rest,
    };
  }

  async #close(): Promise<void> {
    await this.#line.close("quit");
  }

  /** Where nobody waits for it. What cannot be closed then is nobody's to mend: the events are over. */
  #closeAlone(): void {
    this.#close().catch(ignore);
  }
}

function ignore(): void {}

function isConnectedAlready(): TypeError {
  return new TypeError("Cannot take another document: it is connected");
}
