// Stream carriers: our document is written to one stream (`--out -`), theirs is read from another (`--in -`, or a
// pipe).
import { documentsOfStream } from "../../store/exchange/documents-of-stream.ts";
import type { CarriedText, Published, TextCarrier } from "../carrier.ts";

/** Names of stdin and stdout in messages for people. */
const STREAM_NAME = "-";

/** Writes our documents one after another. */
export class StreamWriter implements Pick<TextCarrier, "ownPlace" | "publish"> {
  readonly ownPlace = STREAM_NAME;
  readonly #write: (document: string) => void;

  constructor(write: (document: string) => void) {
    this.#write = write;
  }

  async publish(text: string): Promise<Published> {
    this.#write(text);
    return await Promise.resolve({ path: STREAM_NAME, isMadeAnew: false });
  }
}

/** Reads the other side's documents until the stream ends; yields each as soon as it is complete. */
export class StreamReader implements Pick<TextCarrier, "peerPlace" | "isFirstDecisive" | "incoming"> {
  readonly peerPlace: string;
  readonly isFirstDecisive = true;
  readonly #stream: AsyncIterable<Uint8Array>;

  /** @param name - the name of the stream in messages for people */
  constructor(stream: AsyncIterable<Uint8Array>, name = STREAM_NAME) {
    this.#stream = stream;
    this.peerPlace = name;
  }

  async *incoming(signal: AbortSignal): AsyncGenerator<CarriedText, void, void> {
    for await (const bytes of documentsOfStream(this.#stream)) {
      if (signal.aborted) return;
      yield { bytes, label: this.peerPlace, isFromBefore: false };
    }
  }
}
