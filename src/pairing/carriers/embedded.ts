// The carrier of an embedder: their program moves the two documents by whatever it has, behind an interface of two
// functions. What others bring about through it is limited here, so that a carrier need not do it.
import { decodeExchangeDocument } from "../../exchange/codec.ts";
import { encodeShortCode } from "../../exchange/code/short-code.ts";
import { MAX_DOCUMENT_BYTES } from "../../exchange/limits.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { RecentMap } from "../../lib/recent-map.ts";
import { digestOf } from "../../store/exchange/document-file.ts";
import { REFUSAL_WAITS, TellingPace } from "../../store/exchange/telling-pace.ts";
import { openingBudget } from "../../store/exchange/opening-budget.ts";
import type { CarriedText, CarrierContext, Published, TextCarrier } from "../carrier.ts";

/** A document of ours that is to be brought to the other side. */
export interface DocumentToCarry {
  /** The document: JSON of about 1.5 KB with line breaks, or age's armor where it is sealed. A secret of the two sides. */
  readonly text: string;
  /**
   * Another form of it for ways that carry short texts: `p2p:…`, one line of ASCII, mostly 120 to 160 characters. Undefined:
   * it has none, because it is sealed, bare, or has too many addresses.
   */
  readonly code: string | undefined;
  /** From 1; a higher one replaces those before it. */
  readonly revision: number;
  /** When it expires, in milliseconds since 1970, UTC. */
  readonly expiresAtMs: number;
}

/**
 * Brings the two documents from side to side, by whatever the embedder has: an instant messenger, a queue, a database.
 * It moves texts and knows nothing of what they say: who may have written one, and whether it can serve, the line decides.
 */
export interface Carrier {
  /** The name of the carrier for people, in events and errors; default: `the carrier`. */
  readonly name?: string;
  /**
   * Brings a document of ours to the other side, either as `text` or as `code`. Called again with each newer revision. An
   * answering side has none before an offer has come. What it throws for the first one ends the line with CARRIER_FAILED.
   */
  publish(document: DocumentToCarry): Promise<void> | void;
  /**
   * Yields what comes from the other side: a document as text or bytes, or its short code. A text that has come before, or
   * is ours, is passed over, so a carrier may yield everything that it finds, as often as it likes. One that cannot serve is
   * reported as an error event, and waiting goes on. Its end says that nothing more can come; what it throws ends the line
   * with CARRIER_FAILED.
   * @param signal - aborts when nothing more is wanted; the line does not wait for the end
   */
  incoming(signal: AbortSignal): AsyncIterable<string | Uint8Array>;
  /**
   * The documents have served, or the line is over: called once, and the line's end waits for it. Nothing is published after it.
   * What it throws is ignored.
   */
  close?(): Promise<void> | void;
}

const DEFAULT_NAME = "the carrier";
/** Texts that have come, or are ours, are remembered; older ones may come once more. */
const MAX_REMEMBERED = 1_024;
/** Between two looks whether a sealed text may be opened, which takes work. */
const WORK_PAUSE_MS = 250;
/** Sealed texts that wait until they may be opened; beyond it the oldest is dropped. Each has 256 KiB at most. */
const MAX_COSTLY_TEXTS = 8;

/** The result of one call of the carrier's iterator. */
type Turn = { text: string | Uint8Array } | { failure: unknown };

/** A sealed text that waits, and the work that it takes to open it. */
interface CostlyText {
  readonly bytes: Uint8Array;
  readonly digest: string;
  /** Above 0; 1 is the costliest attempt. */
  readonly cost: number;
}

/** The carrier's iterator, read one text at a time: whoever waits for it can be woken, and the call to the carrier goes on. */
class Turns {
  readonly #texts: AsyncIterator<string | Uint8Array>;
  #turn: Turn | undefined;
  #isReading = false;
  #isAtEnd = false;
  #wake: () => void = () => {};

  constructor(texts: AsyncIterator<string | Uint8Array>) {
    this.#texts = texts;
  }

  get isAtEnd(): boolean {
    return this.#isAtEnd && this.#turn === undefined;
  }

  /** Takes the result that waits; undefined: none does. */
  take(): Turn | undefined {
    const turn = this.#turn;
    this.#turn = undefined;
    return turn;
  }

  /** Resolves when there is something to take, at the carrier's end, when it is woken, and after `ms` milliseconds. */
  async wait(ms?: number): Promise<void> {
    if (this.#turn !== undefined) return;
    let pause: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (ms !== undefined) pause = setTimeout(resolve, ms);
      if (!this.#isReading && !this.#isAtEnd) void this.#read();
    });
    clearTimeout(pause);
  }

  wake(): void {
    this.#wake();
  }

  /** Never rejects: what fails after the last text that is wanted is nobody's business. */
  async end(): Promise<void> {
    try {
      await this.#texts.return?.();
    } catch {
      // The carrier has nothing to bring any more.
    }
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      const next = await this.#texts.next();
      if (next.done === true) this.#isAtEnd = true;
      else this.#turn = { text: next.value };
    } catch (failure) {
      this.#turn = { failure };
    }
    this.#isReading = false;
    this.#wake();
  }
}

/** The line's view of an embedder's carrier. */
export class EmbeddedCarrier implements TextCarrier {
  readonly ownPlace: string;
  readonly peerPlace: string;
  readonly via: string;
  readonly carriedBy = "carrier";
  readonly isFirstDecisive = false;
  readonly #carrier: Carrier;
  readonly #known = new RecentMap<true>(MAX_REMEMBERED);
  readonly #refusalPace: TellingPace;
  readonly #now: () => number;
  readonly #work = openingBudget();
  readonly #costly: CostlyText[] = [];
  #costOf: CarrierContext["costOf"];
  #closing: Promise<void> | undefined;

  /** @param now - monotonic, in milliseconds @throws TypeError for what is no carrier */
  constructor(carrier: Carrier, now: () => number = () => performance.now()) {
    const { name = DEFAULT_NAME } = carrier;
    for (const part of ["publish", "incoming"] as const) {
      if (typeof carrier[part] !== "function")
        throw new TypeError(`Cannot use the carrier: it has no function '${part}'`);
    }
    if (carrier.close !== undefined && typeof carrier.close !== "function")
      throw new TypeError("Cannot use the carrier: 'close' must be a function");
    if (typeof name !== "string" || name === "") throw new TypeError("Cannot use the carrier: 'name' must be a text");
    this.#carrier = carrier;
    this.#refusalPace = new TellingPace(now, REFUSAL_WAITS);
    this.#now = now;
    this.ownPlace = name;
    this.peerPlace = name;
    this.via = name;
  }

  /** The line begins. */
  handleOpen({ costOf }: Pick<CarrierContext, "costOf">): this {
    this.#costOf = costOf;
    return this;
  }

  /** Does nothing once the carrier is closed: an address can change while the line connects or ends. */
  async publish(text: string, revision: number, expiresAtMs: number): Promise<Published> {
    if (this.#closing !== undefined) return { isMadeAnew: false };
    const code = shortCodeOf(text);
    for (const own of [text, code]) if (own !== undefined) this.#known.set(digestOf(own), true);
    try {
      await this.#carrier.publish({ text, code, revision, expiresAtMs });
    } catch (cause) {
      throw this.#failure(cause);
    }
    return { isMadeAnew: false };
  }

  async *incoming(signal: AbortSignal): AsyncGenerator<CarriedText, void, void> {
    const turns = new Turns(this.#iterated(signal));
    // One listener for the whole reading: a text leaves nothing behind that waits for the end.
    const handleAbort = (): void => turns.wake();
    signal.addEventListener("abort", handleAbort);
    try {
      while (!signal.aborted) {
        const bytes = this.#takeCostly() ?? this.#takeNew(turns);
        if (bytes !== undefined) yield this.#carried(bytes);
        else if (turns.isAtEnd && this.#costly.length === 0) break;
        else await turns.wait(this.#costly.length > 0 ? WORK_PAUSE_MS : undefined);
      }
    } finally {
      signal.removeEventListener("abort", handleAbort);
      this.#costly.length = 0;
      // The line does not wait for what does not heed the signal.
      void turns.end();
    }
  }

  /** @throws P2pError CARRIER_FAILED */
  #iterated(signal: AbortSignal): AsyncIterator<string | Uint8Array> {
    try {
      return this.#carrier.incoming(signal)[Symbol.asyncIterator]();
    } catch (cause) {
      throw this.#failure(cause);
    }
  }

  /**
   * Takes what the carrier has brought. Anybody who reaches it can bring sealed texts, and each takes work: one that may not
   * be opened yet waits aside, so that it does not hold up what comes behind it.
   * @returns the text, if it is new and may be examined now
   * @throws P2pError CARRIER_FAILED
   */
  #takeNew(turns: Turns): Uint8Array | undefined {
    const turn = turns.take();
    if (turn === undefined) return undefined;
    if ("failure" in turn) throw this.#failure(turn.failure);
    const bytes = bytesOf(turn.text);
    const digest = digestOf(bytes);
    if (this.#known.has(digest)) return undefined;
    this.#known.set(digest, true);
    const cost = this.#costOf?.(bytes) ?? 0;
    if (cost === 0 || (this.#costly.length === 0 && this.#work.take(this.#now(), cost))) return bytes;
    this.#costly.push({ bytes, digest, cost });
    const dropped = this.#costly.length > MAX_COSTLY_TEXTS ? this.#costly.shift() : undefined;
    // It was not examined, so it is heard when it comes once more.
    if (dropped !== undefined) this.#known.delete(dropped.digest);
    return undefined;
  }

  /** @returns the oldest text that waits, if it may be opened now */
  #takeCostly(): Uint8Array | undefined {
    const [oldest] = this.#costly;
    if (oldest === undefined || !this.#work.take(this.#now(), oldest.cost)) return undefined;
    this.#costly.shift();
    return oldest.bytes;
  }

  #carried(bytes: Uint8Array): CarriedText {
    return {
      bytes,
      label: this.peerPlace,
      isFromBefore: false,
      // In a place that everybody reads, as a chat room, our own document comes back within another text.
      tellsRefusal: ({ code }) => code !== "FILE_OWN" && this.#refusalPace.admits(code),
    };
  }

  async handleConnected(): Promise<void> {
    await this.close();
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.#carrier.close?.();
    } catch {
      // It has served or failed already, and nobody can act on this.
    }
  }

  #failure(cause: unknown): P2pError {
    if (cause instanceof P2pError) return cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new P2pError("CARRIER_FAILED", { via: this.via, reason }, { cause });
  }
}

/** The short code of a document; undefined: it has none. */
export function shortCodeOf(text: string): string | undefined {
  const decoding = decodeExchangeDocument(new TextEncoder().encode(text), DEFAULT_NAME);
  const encoded = decoding.ok ? encodeShortCode(decoding.document) : undefined;
  return encoded !== undefined && "code" in encoded ? encoded.code : undefined;
}

/** One byte more than the limit of a document is enough to detect that it is too large. */
function bytesOf(text: string | Uint8Array): Uint8Array {
  const limit = MAX_DOCUMENT_BYTES + 1;
  return (typeof text === "string" ? new TextEncoder().encode(text.slice(0, limit)) : text).slice(0, limit);
}
