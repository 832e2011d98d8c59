// The network side of a line and its time, as a test wants them: nothing is sent, tries end when the test says so.
import type { ExchangeDocument } from "../../../src/exchange/description.ts";
import type { P2pEvent } from "../../../src/lib/events.ts";
import type { ConnectLimits } from "../../../src/pairing/connect-attempt.ts";
import type { LinePorts } from "../../../src/pairing/line.ts";
import { nodeState, nodeTrust } from "../../../src/pairing/node-ports.ts";
import type { LinePairing, LineSession } from "../../../src/pairing/own-side.ts";
import type { LocalDocument, PairingOptions } from "../../../src/pairing/pairing.ts";
import { withResolvers } from "../../support/with-resolvers.ts";
import { ANSWER_ID, answer, NOW_MS, OFFER_ID, offer } from "../exchange/fixtures.ts";

type Closed = Extract<P2pEvent, { event: "closed" }>;

/** One try to connect. */
export interface Try {
  remote: ExchangeDocument;
  isOfferer: boolean;
  timeoutMs: number;
  signal: AbortSignal;
  onReached: (() => void) | undefined;
  succeed: (session: LineSession) => void;
  fail: (error: unknown) => void;
}

/** A session of which a line needs no more than its end. */
export function fakeSession(): LineSession {
  const ended = withResolvers<Closed>();
  const end = async (reason: Closed["reason"], exit = 0): Promise<void> => {
    ended.resolve({ event: "closed", reason, exit });
    await ended.promise;
  };
  return { ended: ended.promise, end } as LineSession;
}

export class FakeNetwork implements LinePorts {
  readonly state = nodeState;
  readonly trust = nodeTrust;
  readonly tries: Try[] = [];
  /** What a try comes to that is aborted; undefined: it fails. */
  sessionOnAbort: LineSession | undefined;
  options: PairingOptions | undefined;
  isClosed = false;
  /** Our documents have no key for the other side. */
  isBare = false;
  readonly #ownId: string;
  readonly #timers = new Map<() => void, number>();
  #passedMs = 0;
  #revision = 0;

  constructor(ownId: string = OFFER_ID) {
    this.#ownId = ownId;
  }

  async createPairing(options: PairingOptions): Promise<LinePairing> {
    this.options = options;
    return await Promise.resolve({
      id: this.#ownId,
      makeOffer: () => this.#local(offer({ id: this.#ownId, revision: (this.#revision += 1) })),
      makeAnswer: ({ p2p }) => {
        const reply = p2p === undefined ? {} : { inReplyTo: p2p.id };
        return this.#local(answer({ id: this.#ownId, revision: (this.#revision += 1), ...reply }));
      },
      connect: (remote, isOfferer, limits) => this.#connect(remote, isOfferer, limits),
      close: async () => {
        this.isClosed = true;
        await Promise.resolve();
      },
    });
  }

  nowMs(): number {
    return NOW_MS + this.#passedMs;
  }

  after(ms: number, call: () => void): () => void {
    this.#timers.set(call, this.#passedMs + ms);
    return () => this.#timers.delete(call);
  }

  /** Timers that wait for their time. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.#passedMs += ms;
    for (const [call, atMs] of this.#timers) {
      if (atMs > this.#passedMs) continue;
      this.#timers.delete(call);
      call();
    }
  }

  async #connect(
    remote: ExchangeDocument,
    isOfferer: boolean,
    { timeoutMs, signal, onReached }: ConnectLimits,
  ): Promise<LineSession> {
    const { promise, resolve, reject } = withResolvers<LineSession>();
    this.tries.push({ remote, isOfferer, timeoutMs, signal, onReached, succeed: resolve, fail: reject });
    signal.addEventListener("abort", () => {
      if (this.sessionOnAbort === undefined) reject(new Error("aborted"));
      else resolve(this.sessionOnAbort);
    });
    return await promise;
  }

  #local(document: ReturnType<typeof offer>): LocalDocument {
    const { p2p: key } = document;
    if (key === undefined) throw new TypeError("our documents have a key");
    return { document, isBare: this.isBare, key, remembered: {} as LocalDocument["remembered"] };
  }
}

/** Ids that decide about two offers: the smaller one stays the offer. */
export const LARGER_ID = ANSWER_ID;
