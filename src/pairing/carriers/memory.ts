// The in-memory carrier for embedders: they fetch our document as a text and hand over the other side's by a call.
import { MAX_DOCUMENT_BYTES } from "../../exchange/limits.ts";
import type { CarriedText, Published, TellFate, TextCarrier } from "../carrier.ts";
import { WaitingTexts } from "./waiting-texts.ts";

/**
 * Limit of the texts that wait to be examined; beyond it the oldest are superseded unread. Each has at most 256 KiB.
 */
const MAX_WAITING_TEXTS = 64;

/** The name of a document that is not a file, in errors. */
export const DOCUMENT_NAME = "the document";

export class MemoryCarrier implements TextCarrier {
  readonly ownPlace = DOCUMENT_NAME;
  readonly peerPlace = DOCUMENT_NAME;
  readonly isFirstDecisive: boolean;
  /** Resolves when our first document is published. */
  readonly published: Promise<void>;
  readonly #waiting = new WaitingTexts<CarriedText & { tell: TellFate }>(MAX_WAITING_TEXTS);
  /** Callbacks of the texts whose fate is not decided yet. */
  readonly #untold = new Set<TellFate>();
  #resolvePublished: () => void = () => {};
  #document: string | undefined;
  #isOver = false;

  /** @param isFirstDecisive - nobody hands over another text when the first one is refused */
  constructor(isFirstDecisive: boolean) {
    this.isFirstDecisive = isFirstDecisive;
    this.published = new Promise((resolve) => {
      this.#resolvePublished = resolve;
    });
  }

  /** Our newest document. @throws TypeError before the first one is published */
  get document(): string {
    if (this.#document === undefined) throw new TypeError("Cannot read a document that was not made yet");
    return this.#document;
  }

  /** Hands over a text from the other side. @param tell - called once */
  hand(bytes: Uint8Array, tell: TellFate): void {
    if (this.#isOver) {
      tell({ fate: "unread" });
      return;
    }
    this.#untold.add(tell);
    const tellOnce: TellFate = (fate) => {
      if (this.#untold.delete(tell)) tell(fate);
    };
    // One byte more than the limit of a document is enough to detect that it is too large.
    const kept = bytes.length > MAX_DOCUMENT_BYTES ? bytes.slice(0, MAX_DOCUMENT_BYTES + 1) : bytes;
    const text = { bytes: kept, label: DOCUMENT_NAME, isFromBefore: false, tell: tellOnce };
    this.#waiting.push(text)?.tell({ fate: "superseded" });
  }

  async publish(text: string): Promise<Published> {
    this.#document = text;
    this.#resolvePublished();
    return await Promise.resolve({ path: DOCUMENT_NAME, isMadeAnew: false });
  }

  async *incoming(signal: AbortSignal): AsyncGenerator<CarriedText, void, void> {
    const handleAbort = (): void => this.#end();
    signal.addEventListener("abort", handleAbort);
    try {
      yield* this.#waiting.read(signal);
    } finally {
      signal.removeEventListener("abort", handleAbort);
    }
  }

  async close(): Promise<void> {
    this.#end();
    await Promise.resolve();
  }

  /** Stops reading. */
  #end(): void {
    this.#isOver = true;
    this.#waiting.end();
    for (const tell of this.#untold) tell({ fate: "unread" });
    this.#untold.clear();
  }
}
