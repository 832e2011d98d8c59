// Pairing for embedders: a line whose documents are strings, carried by whatever the embedder has. It uses no files
// except received ones and those of a state directory, no console and no signals.
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { P2pEvent } from "../lib/events.ts";
import type { Session } from "../session/session-types.ts";
import { type Carrier, EmbeddedCarrier, shortCodeOf } from "./carriers/embedded.ts";
import { DOCUMENT_NAME, MemoryCarrier } from "./carriers/memory.ts";
import type { TextFate } from "./carrier.ts";
import { type LineOptions, PairingLine } from "./line.ts";
import { nodeLinePorts } from "./node-ports.ts";
import { completeSettings, type PeerOptions } from "./settings.ts";

/** A line whose documents a carrier of the embedder brings from side to side. */
export interface PendingLine {
  /** Every event of pairing and session, `closed` last once a document of ours was published. Read it only once. */
  readonly events: AsyncIterable<P2pEvent>;
  /**
   * The session once it is connected. Rejects with P2pError CANNOT_CONNECT, PEER_NOT_AUTHENTIC, CARRIER_FAILED,
   * NOTHING_TO_RESUME or BIND_FAILED. Where no document served until the wait was over, or the carrier had no more: with the
   * FILE_… error of the last text that was refused, or FILE_NOT_THERE if none was.
   */
  readonly session: Promise<Session>;
  /** Ends pairing, or the session, and closes the carrier. Resolves when what this side was writing to its disk is there. */
  close(): Promise<void>;
}

/** Our side of a pairing that is waiting for the other side. */
export interface PendingPeer {
  /** The current document to carry to the other side. A `file-rewritten` event reports each change. */
  readonly document: string;
  /**
   * The short code of `document`, another form of it that a person can paste or type: `p2p:…`, one line of ASCII. A secret
   * like the document. Undefined: it has none, because it is sealed, bare, or has too many addresses.
   */
  readonly code: string | undefined;
  /** The id of our documents, 32 hex digits. */
  readonly id: string;
  /** Every event of pairing and session, `closed` last. Read it only once. */
  readonly events: AsyncIterable<P2pEvent>;
  /**
   * Ends pairing and releases the sockets. If it has led to a session, the session ends too. Resolves when what this side was
   * writing to its disk is there.
   */
  close(): Promise<void>;
}

/** An offer that is waiting for its answer. */
export interface PendingOffer extends PendingPeer {
  /**
   * Takes the other side's document, or its short code, and connects. A newer document may be passed at any time before the connection is
   * made: if it is usable, it replaces the one that is being tried.
   * @throws P2pError FILE_… when the document is refused, FILE_SUPERSEDED when a newer one replaced it, CANNOT_CONNECT,
   *   PEER_NOT_AUTHENTIC; TypeError when a connection was already made
   */
  accept(document: string | Uint8Array): Promise<Session>;
}

/** An answer that keeps trying to connect until the offering side has received it. */
export interface PendingAnswer extends PendingPeer {
  /** Rejects with P2pError CANNOT_CONNECT or PEER_NOT_AUTHENTIC. */
  readonly session: Promise<Session>;
}

/**
 * Gathers candidates and makes an offer.
 * @throws P2pError NOTHING_TO_RESUME, BIND_FAILED; TypeError and RangeError for options that cannot be used
 */
export async function createOffer(options: PeerOptions = {}): Promise<PendingOffer> {
  const peer = new EmbeddedPeer("offer", options);
  await peer.untilPublished();
  return peer.asOffer();
}

/**
 * Makes the answer to an offer and begins to connect: carry `document` back.
 * @throws P2pError FILE_… when the offer is refused, NOTHING_TO_RESUME, BIND_FAILED; TypeError and RangeError for options that cannot be used
 */
export async function createAnswer(offer: string | Uint8Array, options: PeerOptions = {}): Promise<PendingAnswer> {
  const peer = new EmbeddedPeer("answer", options);
  const session = peer.accept(offer);
  // The embedder may first carry the document and look at the session later.
  session.catch(ignore);
  await peer.untilPublished(session);
  return peer.asAnswer(session);
}

/**
 * Pairs over a carrier of the embedder. Both sides may make an offer: one of them becomes the answering side.
 * @throws TypeError and RangeError for a role, a carrier or options that cannot be used; the reason of an aborted signal
 */
export function openLine(role: "offer" | "answer", carrier: Carrier, options: PeerOptions = {}): PendingLine {
  if (role !== "offer" && role !== "answer") throw new TypeError("Cannot use the role: it must be 'offer' or 'answer'");
  const settings = completeSettings(options);
  const embedded = new EmbeddedCarrier(carrier);
  options.signal?.throwIfAborted();
  const line = new PairingLine(
    {
      role,
      settings,
      place: { name: options.rememberAs ?? "" },
      carrier: (context) => Promise.resolve(embedded.handleOpen(context)),
      keepWaiting: true,
    },
    nodeLinePorts,
  );
  // A line that ends before it opens its carrier does not close it either.
  line.session.catch(() => embedded.close());
  const close = async (): Promise<void> => {
    await line.close("quit");
  };
  closeAtSignal(line, options.signal);
  return { events: line.events, session: line.session, close };
}

class EmbeddedPeer {
  readonly #carrier: MemoryCarrier;
  readonly #line: PairingLine;
  readonly #signal: AbortSignal | undefined;
  #isConnected = false;

  /** @throws the reason of an aborted signal; TypeError and RangeError as `completeSettings` */
  constructor(role: "offer" | "answer", options: PeerOptions) {
    const settings = completeSettings(options);
    options.signal?.throwIfAborted();
    this.#signal = options.signal;
    this.#carrier = new MemoryCarrier(role === "answer");
    const line: LineOptions = {
      role,
      settings,
      place: { name: options.rememberAs ?? "" },
      carrier: () => Promise.resolve(this.#carrier),
      keepWaiting: true,
      refusesForeignOffers: true,
    };
    this.#line = new PairingLine(line, nodeLinePorts);
    // A line that ends before it opens its carrier does not close it either, and who handed a text over would wait.
    this.#line.session.catch(() => this.#carrier.close());
    closeAtSignal(this.#line, options.signal);
  }

  /**
   * Resolves when our first document is ready.
   * @param first - rejects when pairing ends before a document is made
   * @throws P2pError why no document is made; the reason of an aborted signal
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
        if (this.#line.id === undefined) await this.#throwWhyUnopened();
        throw new P2pError("CANNOT_CONNECT", {
          seconds: 0,
          pairs: [],
          why: "not-known",
          stage: "no-pairs",
          isOfferer: true,
          isForeign: false,
        });
    }
  }

  /** @throws P2pError why the line ended before it made a document; returns when it was closed by its owner */
  async #throwWhyUnopened(): Promise<void> {
    await this.#line.session.catch((error: unknown) => {
      if (error instanceof P2pError) throw error;
    });
  }

  #pending<Rest extends object>(rest: Rest): PendingPeer & Rest {
    const carrier = this.#carrier;
    return {
      get document() {
        return carrier.document;
      },
      get code() {
        return shortCodeOf(carrier.document);
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
}

/** Closes the line when the signal aborts. A signal can outlive many lines, so nothing of one that has ended stays with it. */
function closeAtSignal(line: PairingLine, signal: AbortSignal | undefined): void {
  // Errors are ignored: nobody waits for this, and the events have ended.
  const handleAbort = (): void => void line.close("quit").catch(ignore);
  const release = (): void => signal?.removeEventListener("abort", handleAbort);
  signal?.addEventListener("abort", handleAbort);
  void line.ended.then(release, release);
}

function ignore(): void {}

function isConnectedAlready(): TypeError {
  return new TypeError("Cannot take another document: it is connected");
}
