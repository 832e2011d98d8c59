// Where media leaves and arrives: on the pair of addresses that the data takes, beside DTLS. The session knows it as its
// MediaTransport. Nothing is kept here: a datagram is passed on at once, or it is lost. RFC 5764 §5.1, RFC 7983.
import type { SrtpKeyMaterial } from "../../media/srtp.ts";

/** What every path carries whole, relayed ones included; browsers send no more either. */
const MAX_DATAGRAM_BYTES = 1_200;

export interface MediaPathOptions {
  keys: SrtpKeyMaterial;
  /** Sends a datagram on the selected pair. It may keep the bytes until they have left. */
  send: (datagram: Buffer) => void;
  /** False: the path would keep it until it is worth nothing any more. */
  isPrompt: () => boolean;
}

export class MediaPath {
  readonly keys: SrtpKeyMaterial;
  /** Limit of one datagram; a longer one is not sent. */
  readonly maxDatagramBytes = MAX_DATAGRAM_BYTES;
  readonly #options: MediaPathOptions;
  #listener: ((datagram: Uint8Array) => void) | undefined;
  #datagrams = 0;

  constructor(options: MediaPathOptions) {
    this.keys = options.keys;
    this.#options = options;
  }

  /** How many were given to be sent, and have come. */
  get datagrams(): number {
    return this.#datagrams;
  }

  /** @param datagram - must not change afterwards */
  send(datagram: Uint8Array): void {
    this.#datagrams += 1;
    const { length, buffer, byteOffset } = datagram;
    if (length > MAX_DATAGRAM_BYTES || !this.#options.isPrompt()) return;
    this.#options.send(Buffer.from(buffer, byteOffset, length));
  }

  /** @param listener - takes the place of the one before. What it is given does not change afterwards */
  onDatagram(listener: (datagram: Uint8Array) => void): void {
    this.#listener = listener;
  }

  /** A datagram has come from the peer's address. It is lost unless somebody listens. */
  handle(datagram: Uint8Array): void {
    this.#datagrams += 1;
    this.#listener?.(datagram);
  }
}
