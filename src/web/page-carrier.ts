// The carrier of a page: a person takes our document from the page, and puts theirs into it, as a file or as a text.
import { OWN_FILE_NAME, PEER_FILE_NAME } from "../exchange/file-names.ts";
import { MAX_DOCUMENT_BYTES } from "../exchange/limits.ts";
import type { CarriedText, Published, TextCarrier } from "../pairing/carrier.ts";
import { WaitingTexts } from "../pairing/carriers/waiting-texts.ts";

/** Documents that wait to be judged; the oldest is dropped for one more. */
const MAX_WAITING = 16;

export class PageCarrier implements TextCarrier {
  readonly ownPlace = OWN_FILE_NAME;
  readonly peerPlace = PEER_FILE_NAME;
  readonly isFirstDecisive = false;
  readonly #onPublished: (text: string) => void;
  readonly #waiting = new WaitingTexts<CarriedText>(MAX_WAITING);

  /** @param onPublished - called with each document of ours */
  constructor(onPublished: (text: string) => void) {
    this.#onPublished = onPublished;
  }

  /** @param label - the name of the file, for errors; foreign text */
  hand(bytes: Uint8Array, label: string): void {
    // One byte more than a document may have is enough to know that it is too large.
    this.#waiting.push({ bytes: bytes.slice(0, MAX_DOCUMENT_BYTES + 1), label, isFromBefore: false });
  }

  async publish(text: string): Promise<Published> {
    this.#onPublished(text);
    return await Promise.resolve({ path: OWN_FILE_NAME, isMadeAnew: false });
  }

  incoming(signal: AbortSignal): AsyncGenerator<CarriedText, void, void> {
    return this.#waiting.read(signal);
  }

  async close(): Promise<void> {
    this.#waiting.end();
    await Promise.resolve();
  }
}
